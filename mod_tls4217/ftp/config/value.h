/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how a directive becomes a member of the settings
 *
 * A row of directives.c names one of these types and a member: what holds
 * without the directive is put there first, then what its records say.
 */

#ifndef TLS4217_FTP_CONFIG_VALUE_H
#define TLS4217_FTP_CONFIG_VALUE_H

#include "mod_tls4217/ftp/core.h"

/* A word of a directive, and the enumerator that it stands for. */
struct tls4217_word {
  const char *name; /* NULL: the last one */
  int value;
};

struct tls4217_value_type {
  /* Sets the member to a row's default, which may be NULL; NULL: it stays all
   * zero. */
  void (*preset)(
    const struct tls4217_value_type *type, const char *otherwise, void *member);

  /* Sets it to what a record says; NULL: read elsewhere, or not at all. */
  void (*take)(const config_rec *c, void *member);

  bool repeats; /* every record counts, in their order; else the first */
  const struct tls4217_word *words; /* or NULL */
};

extern const struct tls4217_value_type tls4217_value_none, /* no member */
  tls4217_value_list,   /* no member: several records, which policies.c reads */
  tls4217_value_switch, /* bool */
  tls4217_value_number, /* int */
  tls4217_value_text,   /* const char *, of the record's */
  tls4217_value_presence,      /* bool: there is a record */
  tls4217_value_offload,       /* enum tls4217_offload_mode */
  tls4217_value_session_reuse, /* enum tls4217_session_reuse */
  tls4217_value_profile,       /* enum tls4217_profile_name */
  tls4217_value_unknown_name,  /* enum tls4217_unknown_name */
  tls4217_value_verify,        /* enum tls4217_verify_mode */
  tls4217_value_control_view,  /* enum tls4217_control_view */
  tls4217_value_view,          /* enum tls4217_view */
  tls4217_value_versions,      /* unsigned int, TLS4217_VERSION_... */
  tls4217_value_ciphers,       /* struct tls4217_parameters */
  tls4217_value_crl_file,      /* struct tls4217_client_settings */
  tls4217_value_crl_path,      /* the same */
  tls4217_value_certificate,   /* struct tls4217_settings: its files */
  tls4217_value_ticket_keys,   /* struct tls4217_ticket_keys */
  tls4217_value_paths,         /* struct tls4217_paths */
  tls4217_value_options,       /* struct tls4217_settings */
  tls4217_value_session_cache; /* bool: reuse is required */

/* A word of a type, in any case; NULL where it has none of that name. */
const struct tls4217_word *tls4217_value_find_word(
  const struct tls4217_value_type *type, const char *name);

/* Adds a pair of files to those of the settings, as far as there is room;
 * cert_file NULL: there is none. */
struct tls4217_settings;
void tls4217_value_add_files(struct tls4217_settings *settings,
  const char *directive, const char *cert_file, const char *key_file);

#endif
