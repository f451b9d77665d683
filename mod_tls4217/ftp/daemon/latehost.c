/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a host that the daemon has not known
 *
 * See latehost.h.
 */

#include "mod_tls4217/ftp/daemon/latehost.h"
#include "mod_tls4217/ftp/daemon/phrases.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"

/* The certificates of all lenders, as if one host had them. */
static void gather(struct tls4217_generation *all,
  const struct tls4217_generation *const *lenders, size_t nlenders) {
  size_t count = 0;

  for (size_t i = 0; i < nlenders; i++) {
    count += lenders[i]->npairs;
  }

  all->credentials = pcalloc(
    all->pool, (count + 1) * sizeof(struct tls4217_credential *));
  for (size_t i = 0; i < nlenders; i++) {
    for (size_t j = 0; j < lenders[i]->npairs; j++) {
      all->credentials[all->npairs++] = lenders[i]->credentials[j];
    }
  }

  all->nnamed_from = all->npairs;
}

struct tls4217_generation *tls4217_latehost_build(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *const *lenders, size_t nlenders,
  struct tls4217_error *err) {
  pool *p = make_sub_pool(session.pool);
  struct tls4217_generation all = { .pool = p,
    .troubles = make_array(p, 0, sizeof(const char *)) };
  struct tls4217_generation *generation;

  gather(&all, lenders, nlenders);
  tls4217_phrases_hold_back(true);
  generation = tls4217_generation_build(
    rec, settings, &all, TLS4217_GENERATION_FROM_OTHERS, err);
  tls4217_phrases_hold_back(false);
  destroy_pool(p);

  if (generation != NULL) {
    tls4217_ticketkeys_apply(generation->context);
  }

  return generation;
}
