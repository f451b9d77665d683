/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what went wrong, in words for people
 *
 * ERR_get_error(3), ERR_GET_LIB(3), ERR_reason_error_string(3).  The table
 * below is the only place that turns OpenSSL's reasons into sentences.  Which
 * call failed is the caller's to say, in front; whether to log, reply or end
 * a session is decided above this floor.  SSL_get_error(3) is sslio.c's.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509err.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/scrub.h"

/* Longest text behind the sentence; the rest of it is the sentence's. */
#define TAIL_SIZE 320

/* An alert that the peer sent arrives as a reason of its own number. */
#define ALERT(name) (SSL_AD_REASON_OFFSET + SSL_AD_##name)

struct explanation {
  int lib;
  int reason;
  const char *text;
};

#define DISTRUST \
 "the client does not trust the server's certificate; install the whole " \
 "chain (fullchain.pem), or have the client trust its CA"

#define OLDER_CLIENT \
 "the client offers only an older TLS version than TLSProtocol allows, or " \
 "none in common; update the client, or extend TLSProtocol"

#define NOT_TLS \
 "what arrived is not TLS; the client, a proxy or a firewall uses another " \
 "protocol on this port"

#define DAMAGED \
 "a record arrived damaged; something between client and server alters " \
 "the stream, or the client is faulty"

#define OUT_OF_ORDER \
 "the client sent a TLS message out of order; it is faulty, or is probing " \
 "the server"

#define WEAK_CIPHERS \
 "client and server have no cipher suite in common; the client is " \
 "outdated, TLSCipherSuite too narrow, or no certificate of a suitable key " \
 "type is loaded"

static const struct explanation explanations[] = {
  /* No agreement with the client. */
  { ERR_LIB_SSL, SSL_R_EXCESSIVE_MESSAGE_SIZE,
    "the client sent a message that is longer than any may be, or more than "
    "32 KiB of certificates" },
  { ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, WEAK_CIPHERS },
  { ERR_LIB_SSL, SSL_R_NO_SHARED_GROUPS,
    "client and server have no key exchange group in common; check "
    "TLSECDHCurve" },
  { ERR_LIB_SSL, SSL_R_NO_SUITABLE_KEY_SHARE,
    "client and server have no key exchange group in common; check "
    "TLSECDHCurve" },
  { ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
    "the client accepts no signature that the server's certificates can "
    "make; load a certificate of another key type (RSA, ECDSA P-256) "
    "beside them" },
  { ERR_LIB_SSL, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS,
    "the client accepts no signature that the server's certificates can "
    "make; load a certificate of another key type (RSA, ECDSA P-256) "
    "beside them" },
  { ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, OLDER_CLIENT },
  { ERR_LIB_SSL, SSL_R_VERSION_TOO_LOW, OLDER_CLIENT },
  { ERR_LIB_SSL, SSL_R_UNKNOWN_PROTOCOL, OLDER_CLIENT },
  { ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL,
    "the client offers another protocol than FTP (its ALPN lacks \"ftp\"); "
    "it meant to reach another server, or was redirected; TLSNextProtocol "
    "off accepts it" },
  { ERR_LIB_SSL, SSL_R_INAPPROPRIATE_FALLBACK,
    "the client retried with an older TLS version although both support a "
    "newer one; an earlier handshake failed, or someone is tampering with "
    "the connection" },
  { ERR_LIB_SSL, SSL_R_NO_RENEGOTIATION,
    "the client asked for renegotiation, which is refused; switch "
    "renegotiation off in the client" },
  { ERR_LIB_SSL, SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
    "the client lacks secure renegotiation (RFC 5746); update it" },

  /* No TLS at all, or cut, or damaged. */
  { ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, NOT_TLS },
  { ERR_LIB_SSL, SSL_R_PACKET_LENGTH_TOO_LONG, NOT_TLS },
  { ERR_LIB_SSL, SSL_R_HTTP_REQUEST,
    "an HTTP request arrived; the client is a web browser or a scanner" },
  { ERR_LIB_SSL, SSL_R_HTTPS_PROXY_REQUEST,
    "an HTTP proxy request arrived; the client treats this port as a web "
    "proxy" },
  { ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING,
    "the peer closed the connection without ending TLS (close_notify); "
    "what it sent may be truncated" },
  { ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, DAMAGED },
  { ERR_LIB_SSL, SSL_R_ENCRYPTED_LENGTH_TOO_LONG, DAMAGED },
  { ERR_LIB_SSL, SSL_R_DATA_LENGTH_TOO_LONG, DAMAGED },
  { ERR_LIB_SSL, SSL_R_BAD_RECORD_TYPE, OUT_OF_ORDER },
  { ERR_LIB_SSL, SSL_R_UNEXPECTED_MESSAGE, OUT_OF_ORDER },
  { ERR_LIB_SSL, SSL_R_UNEXPECTED_RECORD, OUT_OF_ORDER },
  { ERR_LIB_SSL, SSL_R_PROTOCOL_IS_SHUTDOWN,
    "TLS has already ended on this connection; the peer keeps using it" },

  /* The client's certificate. */
  { ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
    "the client sent no certificate, and TLSVerifyClient demands one; give "
    "the client a certificate, or set TLSVerifyClient to optional" },
  { ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED,
    "the client's certificate could not be verified; it must be issued by "
    "a CA in TLSCACertificateFile, be valid now and not be revoked" },
  { ERR_LIB_SSL, SSL_R_SESSION_ID_CONTEXT_UNINITIALIZED,
    "a session was offered to a context without a session id context; this "
    "is a bug in the module, please report it" },

  /* Alerts: the client's verdict on us. */
  { ERR_LIB_SSL, ALERT(UNKNOWN_CA), DISTRUST },
  { ERR_LIB_SSL, ALERT(BAD_CERTIFICATE), DISTRUST },
  { ERR_LIB_SSL, ALERT(CERTIFICATE_UNKNOWN), DISTRUST },
  { ERR_LIB_SSL, ALERT(CERTIFICATE_EXPIRED),
    "the client reports that the server's certificate has expired; renew "
    "it, or correct the client's clock" },
  { ERR_LIB_SSL, ALERT(CERTIFICATE_REVOKED),
    "the client reports that the server's certificate has been revoked; "
    "get a new one" },
  { ERR_LIB_SSL, ALERT(UNSUPPORTED_CERTIFICATE),
    "the client cannot use the server's certificate; load one of another "
    "key type (RSA, ECDSA P-256), meant for servers" },
  { ERR_LIB_SSL, ALERT(UNRECOGNIZED_NAME),
    "the client refused the server name; check the name it connects to" },
  { ERR_LIB_SSL, ALERT(PROTOCOL_VERSION),
    "the client refuses the TLS version; compare TLSProtocol with what the "
    "client allows" },
  { ERR_LIB_SSL, ALERT(HANDSHAKE_FAILURE),
    "the client ended the handshake without a reason; most often it did "
    "not accept the cipher suites, key type or session reuse" },
  { ERR_LIB_SSL, ALERT(INSUFFICIENT_SECURITY),
    "the client demands stronger parameters; check TLSProtocol and "
    "TLSCipherSuite" },
  { ERR_LIB_SSL, ALERT(ACCESS_DENIED),
    "the client denied access after it saw the server's certificate; see "
    "the client's log" },
  { ERR_LIB_SSL, ALERT(ILLEGAL_PARAMETER),
    "the client found an illegal parameter in the server's handshake; one "
    "of the two is faulty, see the client's log" },
  { ERR_LIB_SSL, ALERT(DECODE_ERROR),
    "the client could not read the server's message; one of the two is "
    "faulty, see the client's log" },
  { ERR_LIB_SSL, ALERT(DECRYPT_ERROR),
    "the client could not verify the server's handshake; the certificate "
    "or session does not match, or someone is tampering with the connection" },
  { ERR_LIB_SSL, ALERT(BAD_RECORD_MAC),
    "the client got a damaged record; something between client and server "
    "alters the stream" },
  { ERR_LIB_SSL, ALERT(UNEXPECTED_MESSAGE),
    "the client did not expect the server's message; one of the two is "
    "faulty, see the client's log" },
  { ERR_LIB_SSL, ALERT(INTERNAL_ERROR),
    "the client reports an internal error; see the client's log" },
  { ERR_LIB_SSL, ALERT(USER_CANCELLED),
    "the user cancelled in the client, most often when asked whether to "
    "trust the server's certificate" },
  { ERR_LIB_SSL, ALERT(NO_APPLICATION_PROTOCOL),
    "the client does not accept the protocol \"ftp\" (ALPN); it meant to "
    "reach another server" },
  { ERR_LIB_SSL, ALERT(CERTIFICATE_REQUIRED),
    "the peer demands a certificate from this side; configure one" },

  /* Our own certificate, key and settings. */
  { ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL,
    "the certificate's key is too small for the security level; get one "
    "with RSA 2048 or ECDSA P-256" },
  { ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL,
    "a certificate of the chain has too small a key for the security level; "
    "get a chain with RSA 2048 or ECDSA P-256" },
  { ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK,
    "a certificate of the chain is signed with too weak a digest (MD5, "
    "SHA-1); get one signed with SHA-256" },
  { ERR_LIB_SSL, SSL_R_DH_KEY_TOO_SMALL,
    "the DH parameters are too small; use 2048 bits or more, or leave out "
    "TLSDHParamFile" },
  { ERR_LIB_SSL, SSL_R_NO_CIPHER_MATCH,
    "no cipher suite of that name is known; see 'openssl ciphers -v ALL'" },
  { ERR_LIB_SSL, SSL_R_NO_CIPHERS_AVAILABLE,
    "TLSCipherSuite leaves no cipher suite for the versions in "
    "TLSProtocol" },
  { ERR_LIB_SSL, SSL_R_NO_PROTOCOLS_AVAILABLE,
    "TLSProtocol leaves no TLS version that this OpenSSL allows" },
  { ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH,
    "key and certificate do not belong together; a renewal replaces both" },
  { ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH,
    "key and certificate are of different types; a renewal replaces both" },
  { ERR_LIB_PEM, PEM_R_NO_START_LINE,
    "no PEM block (-----BEGIN ...-----) of the expected kind in it" },
  { ERR_LIB_PEM, PEM_R_BAD_END_LINE,
    "a PEM block has no proper end; the file is truncated or still being "
    "written" },
  { ERR_LIB_PEM, PEM_R_BAD_BASE64_DECODE,
    "a PEM block is damaged; copy the file again" },
  { ERR_LIB_PEM, PEM_R_BAD_PASSWORD_READ,
    "the key needs a pass phrase, and there is none; remove it with "
    "'openssl pkey'" },
  { ERR_LIB_PEM, PEM_R_PROBLEMS_GETTING_PASSWORD,
    "the key needs a pass phrase, and there is none; remove it with "
    "'openssl pkey'" },
  { ERR_LIB_PEM, PEM_R_BAD_DECRYPT, "the pass phrase does not match the key" },
};

#define NEXPLANATIONS (sizeof(explanations) / sizeof(explanations[0]))

void tls4217_error_clear(struct tls4217_error *err) {
  memset(err, 0, sizeof(*err));
}

bool tls4217_error_is_set(const struct tls4217_error *err) {
  return err->text[0] != '\0';
}

void tls4217_error_about(struct tls4217_error *err, const char *what) {
  char text[sizeof(err->text)];

  if (err != NULL && tls4217_error_is_set(err)) {
    (void) snprintf(text, sizeof(text), "%s", err->text);
    (void) snprintf(err->text, sizeof(err->text), "%.128s: %.380s", what, text);
  }
}

const char *tls4217_error_describe(unsigned long code) {
  int lib = ERR_GET_LIB(code), reason = ERR_GET_REASON(code);
  size_t i;

  for (i = 0; i < NEXPLANATIONS; i++) {
    if (explanations[i].lib == lib && explanations[i].reason == reason) {
      return explanations[i].text;
    }
  }

  return NULL;
}

static bool wants_error(const struct tls4217_error *err) {
  return err != NULL && !tls4217_error_is_set(err);
}

static void put_sentence(struct tls4217_error *err, const char *fmt,
  va_list args) __attribute__((format(printf, 2, 0)));

static void put_sentence(
  struct tls4217_error *err, const char *fmt, va_list args) {
  /* A text that cannot be formatted must not turn into "no error". */
  if (vsnprintf(err->text, sizeof(err->text), fmt, args) <= 0) {
    snprintf(err->text, sizeof(err->text), "failed");
  }

  tls4217_scrub(err->text, '?');
}

/* The tail says why: where room is short, the sentence gives way to it. */
static void put_tail(struct tls4217_error *err, const char *tail) {
  size_t used = strlen(err->text);
  size_t room = sizeof(err->text) - 1 - strlen(": ") - strlen(tail);

  if (used > room) {
    used = room;
    memcpy(err->text + used - 3, "...", 3);
  }

  snprintf(err->text + used, sizeof(err->text) - used, ": %s", tail);
  tls4217_scrub(err->text, '?');
}

void tls4217_error_set(
  struct tls4217_error *err, int errnum, const char *fmt, ...) {
  va_list args;

  if (!wants_error(err)) {
    return;
  }

  va_start(args, fmt);
  put_sentence(err, fmt, args);
  va_end(args);
  err->errnum = errnum;
}

void tls4217_error_set_errno(
  struct tls4217_error *err, int errnum, const char *fmt, ...) {
  char tail[TAIL_SIZE];
  va_list args;

  if (!wants_error(err)) {
    return;
  }

  snprintf(tail, sizeof(tail), "%s", strerror(errnum));
  va_start(args, fmt);
  put_sentence(err, fmt, args);
  va_end(args);
  put_tail(err, tail);
  err->errnum = errnum;
}

/* OpenSSL's own words, for what the table does not know. */
static void quote_openssl(
  unsigned long code, const char *data, char *buf, size_t size) {
  const char *reason = ERR_reason_error_string(code);
  bool has_data = data != NULL && data[0] != '\0';

  if (reason == NULL) {
    reason = "no reason known";
  }

  snprintf(buf, size, "%s%s%.100s%s (OpenSSL error %08lX)", reason,
    has_data ? " (" : "", has_data ? data : "", has_data ? ")" : "", code);
}

static void describe(
  unsigned long code, const char *data, char *buf, size_t size) {
  const char *text = tls4217_error_describe(code);

  if (code == 0) {
    text = "OpenSSL gave no reason";

  } else if (ERR_SYSTEM_ERROR(code)) {
    text = strerror(ERR_GET_REASON(code));

  } else if (ERR_GET_LIB(code) == ERR_LIB_USER && data != NULL) {
    /* A callback of ours, in its own words. */
    text = data;
  }

  if (text != NULL) {
    snprintf(buf, size, "%s", text);
    return;
  }

  quote_openssl(code, data, buf, size);
}

void tls4217_error_set_openssl(
  struct tls4217_error *err, const char *fmt, ...) {
  char tail[TAIL_SIZE];
  const char *data = NULL;
  unsigned long code;
  int flags = 0;
  va_list args;

  /* The text belongs to the queue's slot: used up before the queue is. */
  code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags);
  describe(
    code, (flags & ERR_TXT_STRING) != 0 ? data : NULL, tail, sizeof(tail));
  ERR_clear_error();

  if (!wants_error(err)) {
    return;
  }

  va_start(args, fmt);
  put_sentence(err, fmt, args);
  va_end(args);
  put_tail(err, tail);
  err->code = code;
  err->errnum = ERR_SYSTEM_ERROR(code) ? ERR_GET_REASON(code) : 0;
}

bool tls4217_error_is_no_certificate(const struct tls4217_error *err) {
  return ERR_GET_LIB(err->code) == ERR_LIB_SSL &&
    ERR_GET_REASON(err->code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE;
}
