/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the struct of what is known of a handshake
 *
 * Filled by handshake_report.c; borrowed from the connection and the session.
 */

#ifndef TLS4217_FTP_REPORT_HANDSHAKE_FACTS_H
#define TLS4217_FTP_REPORT_HANDSHAKE_FACTS_H

#include "mod_tls4217/ftp/config/options.h"
#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/tls/cert/identity.h"
#include "mod_tls4217/tls/conn/connection.h"

struct tls4217_handshake_facts {
  const char *channel; /* "control" or "data" */
  const char *remote;  /* the client's address */
  struct tls4217_connection_info info;

  /* Of the control connection alone. */
  const struct tls4217_identity *identity; /* the client's; NULL: none */
  struct tls4217_options options;          /* what the environment is to have */
  const char *session_id; /* in hex, where the environment has it; or NULL */
};

#endif
