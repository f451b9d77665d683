/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSSelfSignedCertificate: made where it is missing
 *
 * See selfsigning.h.
 */

#include "mod_tls4217/ftp/daemon/aside.h"
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

int tls4217_selfsigning_make(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_error *err) {
  struct self_signed wanted = { settings->self_signed,
    rec->ServerAddress != NULL ? rec->ServerAddress : "localhost" };
  int made;

  if (settings->self_signed == NULL) {
    return 0;
  }

  pr_signals_block();
  PRIVS_ROOT
  made = tls4217_keyprocess_is_there() ?
    tls4217_aside_run(make_file, &wanted, err) :
    make_file(&wanted, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  tls4217_error_about(err, "TLSSelfSignedCertificate");
  return made;
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
