/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates whose life comes to its end, in the logs
 *
 * See expiry.h.  Looking at a thousand of them takes a few milliseconds, each
 * minute.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/expiry.h"
#include "mod_tls4217/ftp/daemon/inventory.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/rfc4217/lifetime.h"

struct check {
  int64_t now;
  bool is_built;
};

/* Of a certificate at a server: each server's log has its own line. */
static uint64_t find_id(const struct tls4217_inventory_item *item) {
  const uint64_t id = item->facts.id ^ item->server->scope;

  return id != 0 ? id : 1;
}

/* What hinders that is said by who does it (selfsigning.h). */
static bool renews_itself(const struct tls4217_inventory_item *item) {
  static const char directive[] = "TLSSelfSignedCertificate ";

  return strncmp(item->file, directive, sizeof(directive) - 1) == 0;
}

static bool is_due(const struct check *check,
  const struct tls4217_inventory_item *item,
  enum tls4217_lifetime_stage stage) {
  int res;

  if (stage == TLS4217_LIFETIME_FRESH ||
    (stage < TLS4217_LIFETIME_ENDED && renews_itself(item))) {
    return false;
  }

  res = tls4217_reminders_note(
    tls4217_shared_reminders(), find_id(item), (unsigned int) stage);
  if (res < 0) {
    res = check->is_built ? 1 : 0;
  }

  return res > 0 &&
    (stage < TLS4217_LIFETIME_ENDED || check->is_built == false);
}

static void complain(const struct check *check,
  const struct tls4217_inventory_item *item,
  enum tls4217_lifetime_stage stage) {
  const struct tls4217_certfacts *facts = &item->facts;
  char left[TLS4217_LIFETIME_TEXT], date[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_date(facts->end, date);
  if (stage == TLS4217_LIFETIME_ENDED) {
    tls4217_complaints_error(item->server->rec,
      "%s: the certificate of %s ended on %s, and clients refuse it: renew it",
      item->file, facts->name, date);
    return;
  }

  tls4217_lifetime_describe(facts->end - check->now, left);
  tls4217_complaints_warning(item->server->rec,
    "%s: %s of the life of the certificate of %s is left, and it has not been "
    "renewed: it ends in %s, on %s; find out why what renews it has not done "
    "so",
    item->file, tls4217_lifetime_part(facts->start, facts->end, stage),
    facts->name, left, date);
}

static void check_one(void *user, const struct tls4217_inventory_item *item) {
  const struct check *check = user;
  const struct tls4217_certfacts *facts = &item->facts;
  const enum tls4217_lifetime_stage stage = tls4217_lifetime_stage(
    facts->start, facts->end, check->now);

  if (is_due(check, item, stage)) {
    complain(check, item, stage);
  }
}

void tls4217_expiry_check(const struct tls4217_vhost *server, bool is_built) {
  struct check check = { .now = (int64_t) time(NULL), .is_built = is_built };

  tls4217_inventory_list(server, check_one, &check);
}
