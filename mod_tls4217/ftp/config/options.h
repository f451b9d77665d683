/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the options of TLSOptions, as they hold
 *
 * Each says what is done, not what is left out: a word such as
 * NoSessionReuseRequired makes one false.  The words, and which of these they
 * set, are in option_directives.c.
 */

#ifndef TLS4217_FTP_CONFIG_OPTIONS_H
#define TLS4217_FTP_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct tls4217_options {
  /* Of a client's certificate. */
  bool dns_name_required;
  bool ip_address_required;
  bool common_name_required;
  bool dot_login;

  /* Of a session. */
  bool implicit;    /* TLS before the greeting */
  bool server_name; /* the client's SNI counts */
  bool pbsz_required;
  bool reinitialize; /* REIN after login */
  bool per_user;     /* sections of users say who needs TLS, at USER */

  /* Of data connections. */
  bool session_reuse_required;
  bool close_notify_required;

  bool diagnostics; /* the messages of handshakes are logged */

  /* For other programs. */
  bool standard_variables;
  bool certificate_data;
};

/* One of them by its place, offsetof(3): for tables of them. */
static inline bool tls4217_options_get(
  const struct tls4217_options *options, size_t member) {
  return *((const bool *) ((const char *) options + member));
}

#endif
