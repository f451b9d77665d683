/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates that servers have
 *
 * See inventory.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/inventory.h"

void tls4217_inventory_list(const struct tls4217_vhost *server,
  void (*each)(void *user, const struct tls4217_inventory_item *item),
  void *user) {
  const struct tls4217_generation *tls = server->tls;
  const int64_t now = (int64_t) time(NULL);

  for (size_t i = 0; tls != NULL && i < tls->npairs; i++) {
    struct tls4217_inventory_item item = { .server = server,
      .number = i,
      .file = tls->pairs[i]->label != NULL ? tls->pairs[i]->label : "-",
      .is_named = i >= tls->nnamed_from,
      .staple = tls4217_stapling_get_facts(tls, i, now) };

    tls4217_certfacts_get(tls->pairs[i]->leaf, &item.facts);
    each(user, &item);
  }
}

bool tls4217_inventory_lacks_staple(const struct tls4217_inventory_item *item) {
  const struct tls4217_stapling_facts *staple = &item->staple;

  return staple->trouble != NULL || staple->state == TLS4217_STAPLING_ENDED ||
    staple->state == TLS4217_STAPLING_REFUSED ||
    (staple->is_required && staple->state != TLS4217_STAPLING_VALID);
}

const struct tls4217_vhost *tls4217_inventory_find(pool *p, const char *name) {
  const struct tls4217_vhost *server = tls4217_vhost_first();

  while (server != NULL && strcasecmp(server->rec->ServerName, name) != 0 &&
    strcmp(tls4217_complaints_address(p, server->rec), name) != 0) {
    server = server->next;
  }

  return server;
}
