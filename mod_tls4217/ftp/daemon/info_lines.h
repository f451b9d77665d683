/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the lines of "ftpdctl tls info"
 *
 * Each for people, and as JSON: the same facts.
 */

#ifndef TLS4217_FTP_DAEMON_INFO_LINES_H
#define TLS4217_FTP_DAEMON_INFO_LINES_H

#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/ftp/daemon/inventory.h"

/* The most bytes of a text in an object: three short ones or a long one go
 * into a line (control_answer.h). */
#define TLS4217_INFO_LINES_SHORT 170
#define TLS4217_INFO_LINES_LONG  480

/* What is reported, and what of it has been counted. */
struct tls4217_info {
  struct tls4217_control_answer *answer;
  const struct tls4217_vhost *only; /* NULL: all servers */
  int64_t now;                      /* time(2) */
  unsigned int servers, serving, certificates;
  unsigned int due;               /* certificates that end within -t */
  unsigned int broken;            /* what does not work, and where */
  struct tls4217_certfacts first; /* of the certificate that ends first */
  bool any_wanted; /* a certificate of the server that is looked at */
};

/* Whether a certificate ends within the time of -t. */
bool tls4217_info_lines_is_due(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item);

/* Whether a server cannot serve TLS, or cannot use its files as they are. */
bool tls4217_info_lines_is_broken(const struct tls4217_vhost *server);

/* The first line: what has been counted, and the answer to -t. */
void tls4217_info_lines_summary(struct tls4217_info *info);

/* A server and what is wrong with it; one certificate of the last server. */
void tls4217_info_lines_server(
  const struct tls4217_info *info, const struct tls4217_vhost *server);
void tls4217_info_lines_certificate(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item);

/* A time in words, from p. */
const char *tls4217_info_lines_date(pool *p, int64_t when);

/* A counter; for people none that is 0. */
void tls4217_info_lines_counter(struct tls4217_control_answer *answer,
  const char *name, const char *labels, uint64_t value);

#endif
