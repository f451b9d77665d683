/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSSelfSignedCertificate: made where it is missing, and renewed
 *
 * See selfsigning.h.
 */

#include "mod_tls4217/ftp/daemon/aside.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/selfsigning.h"
#include "mod_tls4217/tls/cert/fileguard.h"
#include "mod_tls4217/tls/cert/selfsigned.h"

/* The file, and whom the certificate is for. */
struct self_signed {
  const char *file, *name;
};

static int make_file(void *user, struct tls4217_error *err) {
  const struct self_signed *wanted = user;

  return tls4217_selfsigned_create(wanted->file, wanted->name, err);
}

/* As root, and in a process of its own where keys are kept in another. */
static int run(int (*work)(void *user, struct tls4217_error *err),
  struct self_signed *wanted, struct tls4217_error *err) {
  int res;

  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_keyprocess_is_there() ? tls4217_aside_run(work, wanted, err) :
                                        work(wanted, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  tls4217_error_about(err, "TLSSelfSignedCertificate");
  return res;
}

int tls4217_selfsigning_make(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_error *err) {
  struct self_signed wanted = { settings->self_signed,
    rec->ServerAddress != NULL ? rec->ServerAddress : "localhost" };

  return settings->self_signed != NULL ? run(make_file, &wanted, err) : 0;
}

static int renew_file(void *user, struct tls4217_error *err) {
  const struct self_signed *wanted = user;

  return tls4217_selfsigned_renew(wanted->file, time(NULL), err);
}

bool tls4217_selfsigning_is_due(const struct tls4217_settings *settings,
  const struct tls4217_keypair *pair) {
  return settings->self_signed != NULL &&
    tls4217_selfsigned_is_due(pair, time(NULL));
}

int tls4217_selfsigning_renew(
  const struct tls4217_settings *settings, struct tls4217_error *err) {
  struct self_signed wanted = { settings->self_signed, NULL };

  return settings->self_signed != NULL && tls4217_keyfork_is_check() == false ?
    run(renew_file, &wanted, err) :
    0;
}

int tls4217_selfsigning_check(
  const struct tls4217_settings *settings, struct tls4217_error *err) {
  int res;

  if (settings->self_signed == NULL) {
    return 0;
  }

  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_fileguard_made(settings->self_signed, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  tls4217_error_about(err, "TLSSelfSignedCertificate");
  return res;
}
