/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a generation that is being built
 *
 * What those who build a part of it (generation.c, buildpairs.c) have in
 * common.
 */

#ifndef TLS4217_FTP_DAEMON_BUILDING_H
#define TLS4217_FTP_DAEMON_BUILDING_H

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/generation_struct.h"

/* What is logged when a generation serves, and not while it is built. */
struct tls4217_finding {
  enum tls4217_complaint_kind kind;
  const char *text;
};

/* What a generation is built from. */
struct tls4217_building {
  const server_rec *rec;
  const struct tls4217_settings *settings;
  const struct tls4217_generation *previous; /* or NULL */
  enum tls4217_generation_source source;
  struct tls4217_generation *generation;
  struct tls4217_error *err;
};

/* Adds a finding to the generation: the text is formatted, cut at 1023 bytes,
 * and copied into its pool.  tls4217_generation_accept says it. */
void tls4217_building_find(const struct tls4217_building *build,
  enum tls4217_complaint_kind kind, const char *fmt, ...)
  __attribute__((format(printf, 3, 4)));

/* The same, unless the previous generation has it already: what stays so is
 * said once, not with each generation. */
void tls4217_building_find_once(const struct tls4217_building *build,
  enum tls4217_complaint_kind kind, const char *text);

#endif
