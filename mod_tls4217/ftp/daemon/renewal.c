/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the generations of the hosts: built, and swapped for newer ones
 *
 * See renewal.h.  What a generation is, and how one is built, is
 * generation.c's.
 */

#include "mod_tls4217/ftp/config/client_check.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/daemon/expiry.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/phrases.h"
#include "mod_tls4217/ftp/daemon/renewal.h"
#include "mod_tls4217/ftp/daemon/remembered.h"
#include "mod_tls4217/ftp/daemon/selfsigning.h"
#include "mod_tls4217/ftp/daemon/stapling.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/tls/warmup.h"

/* The files of a host, as they are now. */
static struct tls4217_filelook look_at_files(
  const struct tls4217_vhost *server) {
  const struct tls4217_settings *settings = &server->settings;
  const struct tls4217_verify_settings *verify = &settings->client.verify;
  const int64_t now = (int64_t) time(NULL);
  struct tls4217_filelook look = { .digest = 0 };

  pr_signals_block();
  PRIVS_ROOT
  for (size_t i = 0; i < settings->nfiles; i++) {
    tls4217_filestamp_look(&look, settings->files[i].cert_file, 0, now);
    tls4217_filestamp_look(&look, settings->files[i].key_file, 0, now);
    tls4217_filestamp_look(&look, settings->files[i].chain_file, 0, now);
  }

  for (size_t i = 0; i < settings->staple_files.count; i++) {
    tls4217_filestamp_look(&look, settings->staple_files.paths[i], 0, now);
  }

  tls4217_filestamp_look(&look, settings->certificate_directory, 2, now);
  tls4217_filestamp_look(&look, verify->ca_file, 0, now);
  tls4217_filestamp_look(&look, verify->ca_path, 1, now);
  tls4217_filestamp_look(&look, verify->crl_file, 0, now);
  tls4217_filestamp_look(&look, verify->crl_path, 1, now);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return look;
}

/* Ahead of reading: what changes meanwhile is seen at the next look. */
static void note_attempt(struct tls4217_vhost *server) {
  const struct tls4217_filelook look = look_at_files(server);

  tls4217_filewatch_begin(&server->files, &look);
}

/* A host's own, unless it has been said. */
static void note_failure(
  struct tls4217_vhost *server, const struct tls4217_error *err) {
  const bool is_new = strcmp(server->last_error.text, err->text) != 0;

  server->last_error = *err;
  if (server->failures++ == 0) {
    server->failed_since = (int64_t) time(NULL);
  }

  if (is_new && server->tls != NULL &&
    tls4217_generation_has_lost_key(server->tls) == false) {
    tls4217_complaints_warning(server->rec,
      "%s; the previous certificates, keys and CAs remain in use", err->text);

  } else if (is_new) {
    tls4217_complaints_error(server->rec, "%s", err->text);
  }
}

/* Sessions that were forked before have the old one. */
static void swap(struct tls4217_vhost *server,
  struct tls4217_generation *generation, const char *cause) {
  struct tls4217_generation *old = server->tls;

  tls4217_ticketkeys_apply(generation->context);
  server->tls = generation;
  server->number++;
  server->built = (int64_t) time(NULL);
  server->cause = cause;
  tls4217_generation_accept(generation, server->rec);
  tls4217_expiry_check(server, true);
  tls4217_generation_free(old);
}

/* What OpenSSL keeps from a handshake is the same for every context. */
static void warm_up(const struct tls4217_vhost *server) {
  tls4217_keyprocess_warm_up_begin(server->rec);
  tls4217_warmup_warm_up(server->tls->context);
  tls4217_keyprocess_warm_up_end();
}

/* The ring of ticket keys has become another one. */
static void apply_tickets(void) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (server->tls != NULL) {
      tls4217_ticketkeys_apply(server->tls->context);
    }
  }
}

/* Again. */

static int reload(struct tls4217_vhost *server, const char *cause) {
  struct tls4217_generation *generation;
  struct tls4217_error err;
  bool is_quiet;

  if (server->is_refused) {
    return -1;
  }

  tls4217_warmup_open_gaps();
  is_quiet = tls4217_filewatch_has_changed(&server->files) == false &&
    tls4217_error_is_set(&server->last_error) == false;
  note_attempt(server);
  tls4217_error_clear(&err);
  generation = tls4217_generation_build(server->rec, &server->settings,
    server->tls, TLS4217_GENERATION_FROM_FILES, &err);
  if (generation == NULL) {
    note_failure(server, &err);
    tls4217_warmup_close_gaps();
    return -1;
  }

  swap(server, generation, cause);
  tls4217_error_clear(&server->last_error);
  server->failures = 0;
  if (is_quiet == false) {
    tls4217_complaints_notice(server->rec,
      "certificates, keys and CAs were read again: generation %lu serves new "
      "connections",
      server->number);
  }

  return 0;
}

static void renew(bool changed);

/* What follows for all hosts from what one of them has new. */
static void settle(const struct tls4217_vhost *server) {
  tls4217_keyprocess_settle(renew);
  warm_up(server);
  tls4217_warmup_close_gaps();
}

int tls4217_renewal_reload(const struct tls4217_vhost *only) {
  const struct tls4217_vhost *swapped = NULL;
  int ret = 0;

  for (struct tls4217_vhost *server = tls4217_vhost_list(); server != NULL;
       server = server->next) {
    pr_signals_handle();
    if (only != NULL && server != only) {
      continue;
    }

    if (reload(server, TLS4217_RENEWAL_CONTROL) < 0) {
      ret = -1;

    } else {
      swapped = server;
    }
  }

  if (swapped != NULL) {
    settle(swapped);
  }

  tls4217_vhost_say_complaints();
  return ret;
}

static bool calls_for_attempt(struct tls4217_vhost *server) {
  const struct tls4217_filelook look = look_at_files(server);

  return tls4217_filewatch_calls_for_reading(
    &server->files, &look, tls4217_error_is_set(&server->last_error));
}

/* Seconds between two attempts to renew a self-signed certificate. */
#define RENEWAL_PAUSE 3600

/* Whether the one of TLSSelfSignedCertificate, the last of those that have a
 * directive, is due: building the host again renews it. */
static bool calls_for_renewal(struct tls4217_vhost *server) {
  const struct tls4217_generation *generation = server->tls;
  const time_t now = time(NULL);

  if (generation == NULL || generation->nnamed_from == 0 ||
    server->settings.self_signed == NULL || server->is_refused ||
    (server->self_signed_tried <= now &&
      now - server->self_signed_tried < RENEWAL_PAUSE) ||
    tls4217_selfsigning_is_due(&server->settings,
      generation->pairs[generation->nnamed_from - 1]) == false) {
    return false;
  }

  server->self_signed_tried = now;
  return true;
}

void tls4217_renewal_look(void) {
  const struct tls4217_vhost *swapped = NULL;

  tls4217_phrases_hold_back(true);
  for (struct tls4217_vhost *server = tls4217_vhost_list(); server != NULL;
       server = server->next) {
    pr_signals_handle();
    if ((calls_for_attempt(server) || calls_for_renewal(server)) &&
      reload(server, TLS4217_RENEWAL_FILES) == 0) {
      swapped = server;
    }
  }

  if (swapped != NULL) {
    settle(swapped);
  }

  tls4217_phrases_hold_back(false);
  tls4217_vhost_say_complaints();
}

void tls4217_renewal_check_ages(void) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (server->tls != NULL) {
      tls4217_stapling_check_age(server->tls, server->rec);
      tls4217_expiry_check(server, false);
    }
  }

  tls4217_vhost_say_complaints();
}

/* A host whose key is in no process any more: what serves has to go. */
static void replace_lost(struct tls4217_vhost *server) {
  tls4217_error_clear(&server->last_error);
  if (reload(server, TLS4217_RENEWAL_KEYS) < 0) {
    tls4217_generation_free(server->tls);
    server->tls = NULL;
  }
}

/* There is another key process. */
static void renew(bool changed) {
  const struct tls4217_vhost *serving = NULL;

  for (struct tls4217_vhost *server = tls4217_vhost_list();
       server != NULL && changed; server = server->next) {
    if (server->tls != NULL && tls4217_generation_has_lost_key(server->tls)) {
      replace_lost(server);
    }

    if (server->tls != NULL) {
      serving = server;
    }
  }

  if (serving != NULL) {
    settle(serving);
  }

  tls4217_vhost_say_complaints();
}

/* The first time. */

/* Without what files have now: a self-signed certificate is made only where
 * there has never been another. */
static struct tls4217_generation *build_without_files(
  struct tls4217_vhost *server, const struct tls4217_generation *previous,
  struct tls4217_error *err) {
  struct tls4217_generation *generation;
  struct tls4217_error later;

  tls4217_error_clear(&later);
  generation = tls4217_generation_build(server->rec, &server->settings,
    previous, TLS4217_GENERATION_FROM_LAST_GOOD, &later);
  if (generation != NULL && tls4217_error_is_set(&later)) {
    tls4217_complaints_warning(server->rec,
      "%s; the previous CAs and revocation lists remain in use", later.text);
  }

  if (generation != NULL || err->errnum != ENOENT) {
    return generation;
  }

  tls4217_error_clear(&later);
  switch (tls4217_selfsigning_make(server->rec, &server->settings, &later)) {
    case 0:
      return NULL;

    case 1:
      note_attempt(server);
      tls4217_error_clear(&later);
      generation = tls4217_generation_build(server->rec, &server->settings,
        previous, TLS4217_GENERATION_FROM_FILES, &later);
      break;
  }

  *err = later;
  return generation;
}

static struct tls4217_generation *build_first(
  struct tls4217_vhost *server, struct tls4217_error *err) {
  const struct tls4217_vhost *old = tls4217_vhost_find_old(server);
  const struct tls4217_generation *previous = old != NULL ? old->tls : NULL;
  struct tls4217_generation *generation = tls4217_generation_build(server->rec,
    &server->settings, previous, TLS4217_GENERATION_FROM_FILES, err);

  return generation != NULL ? generation :
                              build_without_files(server, previous, err);
}

static void prepare(struct tls4217_vhost *server, const char *cause) {
  struct tls4217_generation *generation;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  note_attempt(server);
  if (tls4217_client_check(server->rec, &server->settings) < 0) {
    server->is_refused = true;
    tls4217_error_set(
      &server->last_error, 0, "%s", tls4217_complaints_reason(server->rec));
    return;
  }

  generation = build_first(server, &err);
  if (generation != NULL) {
    swap(server, generation, cause);
    tls4217_contradictions_check(server->rec, &server->settings,
      generation->pairs, generation->nnamed_from,
      tls4217_keyfork_is_configured());
  }

  if (tls4217_error_is_set(&err)) {
    note_failure(server, &err);
  }
}

/* Where the module stays mapped there are hosts still. */
void tls4217_renewal_leave(void) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (server->tls != NULL) {
      tls4217_generation_remember(server->tls, server->scope);
    }
  }

  tls4217_remembered_leave();
}

enum tls4217_readiness tls4217_renewal_build_all(const char *cause) {
  const struct tls4217_vhost *serving = NULL;
  unsigned int ready = 0, wanted = 0;

  tls4217_warmup_open_gaps();
  tls4217_renewal_leave();
  tls4217_remembered_begin();
  tls4217_vhost_begin();
  tls4217_keyprocess_begin();
  tls4217_phrases_begin(strcmp(cause, TLS4217_RENEWAL_START) == 0);

  for (server_rec *rec = (server_rec *) server_list->xas_list; rec != NULL;
       rec = rec->next) {
    struct tls4217_vhost *server = NULL;

    pr_signals_handle();
    if (rec->ServerPort != 0) {
      server = tls4217_vhost_add(rec);
    }

    if (server != NULL) {
      prepare(server, cause);
      wanted++;
      if (server->tls != NULL) {
        serving = server;
        ready++;
      }
    }
  }

  tls4217_vhost_end();
  tls4217_remembered_end();
  tls4217_keyprocess_settle(renew);
  tls4217_ticketkeys_begin(apply_tickets);
  if (serving != NULL) {
    warm_up(serving);
  }

  tls4217_warmup_close_gaps();
  if (ready == wanted) {
    return TLS4217_READY_ALL;
  }

  return ready > 0 ? TLS4217_READY_SOME : TLS4217_READY_NONE;
}
