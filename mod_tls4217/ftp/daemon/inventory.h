/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates that servers have
 *
 * For all who tell people of them: "ftpdctl tls info", TLSMetricsFile, the
 * lines about their lives.
 */

#ifndef TLS4217_FTP_DAEMON_INVENTORY_H
#define TLS4217_FTP_DAEMON_INVENTORY_H

#include "mod_tls4217/ftp/daemon/stapling.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/tls/cert/certfacts.h"

struct tls4217_inventory_item {
  const struct tls4217_vhost *server;
  size_t number;    /* among those of the server, from 0 */
  const char *file; /* the directive and its file */
  bool is_named;    /* of TLSCertificateDirectory: chosen by its names */
  struct tls4217_certfacts facts;
  struct tls4217_stapling_facts staple;
};

/* Calls each for every certificate of a server; none where it serves no TLS.
 * The item is valid during the call. */
void tls4217_inventory_list(const struct tls4217_vhost *server,
  void (*each)(void *user, const struct tls4217_inventory_item *item),
  void *user);

/* Whether clients lack an OCSP response that they should have: there is a file,
 * or the certificate is must-staple, and none of it is valid, or the file as it
 * is now cannot be used. */
bool tls4217_inventory_lacks_staple(const struct tls4217_inventory_item *item);

/* The server of that ServerName or address ("192.0.2.1:21"); NULL: none.
 * Memory that is needed meanwhile comes from p. */
const struct tls4217_vhost *tls4217_inventory_find(pool *p, const char *name);

#endif
