/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ProFTPD's headers, in the one order in which they work
 *
 * Every file of this floor starts with this header.  OPENSSL_API_COMPAT must
 * be set before conf.h, which the build does on the command line.
 */

#ifndef TLS4217_FTP_CORE_H
#define TLS4217_FTP_CORE_H

#include <stdbool.h>

#include "conf.h"
#include "privs.h"

#define MOD_TLS4217_VERSION "mod_tls4217/1.0"

#if PROFTPD_VERSION_NUMBER < 0x0001030805
# error "mod_tls4217 needs ProFTPD 1.3.8 or later"
#endif

/* The first ProFTPD whose transfer loop takes only ABOR and QUIT. */
#define TLS4217_CORE_ABOR_ONLY 0x0001030A05U

/* Whether the core takes 0xff for Telnet's IAC: UseEncoding may forbid it. */
#ifdef PR_USE_NLS
# define TLS4217_CORE_READS_TELNET() (pr_encode_supports_telnet_iac() == TRUE)
#else
# define TLS4217_CORE_READS_TELNET() (true)
#endif

/* Ours; named in events, logs and disconnections. */
extern module tls4217_module;

/* The core's own, exported but declared in no header. */
extern xaset_t *server_list;
extern pid_t mpid;
extern pr_response_t *resp_list, *resp_err_list;

#endif
