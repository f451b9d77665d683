/*
 * mod_tls4217 - the flags of TLSOptions
 *
 * The first block has the values of mod_tls, which other modules read
 * (mod_proxy tests UseImplicitSSL); the second is ours.
 */

#ifndef TLS4217_FTP_OPTIONS_H
#define TLS4217_FTP_OPTIONS_H

#define TLS4217_OPT_DNS_NAME_REQUIRED           0x00002UL
#define TLS4217_OPT_IP_ADDRESS_REQUIRED         0x00004UL
#define TLS4217_OPT_ALLOW_DOT_LOGIN             0x00008UL
#define TLS4217_OPT_EXPORT_CERT_DATA            0x00010UL
#define TLS4217_OPT_STD_ENV_VARS                0x00020UL
#define TLS4217_OPT_ALLOW_PER_USER              0x00040UL
#define TLS4217_OPT_ENABLE_DIAGS                0x00080UL
#define TLS4217_OPT_NO_SESSION_REUSE_REQUIRED   0x00100UL
#define TLS4217_OPT_USE_IMPLICIT_SSL            0x00200UL
#define TLS4217_OPT_ALLOW_CLIENT_RENEGOTIATIONS 0x00400UL
#define TLS4217_OPT_COMMON_NAME_REQUIRED        0x00800UL
#define TLS4217_OPT_NO_AUTO_ECDH                0x01000UL
#define TLS4217_OPT_ALLOW_WEAK_DH               0x02000UL
#define TLS4217_OPT_IGNORE_SNI                  0x04000UL
#define TLS4217_OPT_ALLOW_WEAK_SECURITY         0x08000UL

#define TLS4217_OPT_NO_CLOSE_NOTIFY_REQUIRED    0x10000UL
#define TLS4217_OPT_NO_PBSZ_REQUIRED            0x20000UL
#define TLS4217_OPT_ALLOW_REINITIALIZE          0x40000UL

#endif
