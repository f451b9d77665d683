/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the environment of the session (StdEnvVars, ExportCertData)
 *
 * For mod_exec's scripts, for %{env:...} of LogFormat and for SQL statements,
 * with the names of mod_tls.
 */

#ifndef TLS4217_FTP_REPORT_ENVIRONMENT_H
#define TLS4217_FTP_REPORT_ENVIRONMENT_H

#include "mod_tls4217/ftp/report/handshake_facts.h"
#include "mod_tls4217/ftp/session.h"

/* After the handshake of the control connection: what TLSOptions ask for. */
void tls4217_environment_export(
  struct tls4217_session *sess, const struct tls4217_handshake_facts *facts);

/* Takes it back (CCC, REIN). */
void tls4217_environment_forget(struct tls4217_session *sess);

#endif
