/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" does for the servers
 *
 * See control_words.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/control_words.h"
#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/ftp/daemon/inventory.h"
#include "mod_tls4217/ftp/daemon/renewal.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"

/* Those whose files could not be used. */
static void say_failures(
  struct tls4217_control_answer *answer, const struct tls4217_vhost *only) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (tls4217_error_is_set(&server->last_error) &&
      (only == NULL || server == only)) {
      tls4217_control_answer_say(answer, "%s (%s): %s: %s",
        server->rec->ServerName,
        tls4217_complaints_address(answer->pool, server->rec),
        server->tls != NULL ? "nothing was changed" : "it cannot serve TLS",
        server->last_error.text);
    }
  }
}

int tls4217_control_words_reload(struct tls4217_control_answer *answer) {
  const struct tls4217_vhost *only = NULL;
  struct tls4217_error err;
  bool failed = false;

  if (answer->argc > 0) {
    only = tls4217_inventory_find(answer->pool, answer->argv[0]);
    if (only == NULL) {
      tls4217_control_answer_say(answer,
        "there is no server '%s' with TLSEngine on: 'ftpdctl tls info' lists "
        "names and addresses",
        answer->argv[0]);
      return TLS4217_CONTROL_FAILED;
    }
  }

  tls4217_error_clear(&err);
  if (only == NULL && tls4217_ticketkeys_reload(&err) < 0) {
    tls4217_control_answer_say(answer, "nothing was changed: %s", err.text);
    failed = true;
  }

  if (tls4217_renewal_reload(only) < 0) {
    say_failures(answer, only);
    failed = true;
  }

  if (failed) {
    return TLS4217_CONTROL_FAILED;
  }

  tls4217_control_answer_say(answer, "certificates, keys and CAs are read: %s",
    only != NULL ? "the server serves TLS" : "all servers serve TLS");
  return TLS4217_CONTROL_OK;
}

int tls4217_control_words_rotate(struct tls4217_control_answer *answer) {
  struct tls4217_ticketkeys_facts facts;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_ticketkeys_rotate(&err) < 0) {
    tls4217_control_answer_say(answer, "%s", err.text);
    return TLS4217_CONTROL_FAILED;
  }

  if (tls4217_ticketkeys_tell(&facts) && facts.are_files) {
    tls4217_control_answer_say(answer,
      "the keys of session tickets are read from their files again: put a new "
      "file first to have another key");
    return TLS4217_CONTROL_OK;
  }

  if (facts.are_shared) {
    tls4217_control_answer_say(answer,
      "all hosts get another key from Redis, which encrypts session tickets "
      "one TLSReloadInterval from now; tickets of the previous ones are read "
      "for as long as TLSSessionTicketKeys keeps them");
    return TLS4217_CONTROL_OK;
  }

  tls4217_control_answer_say(answer,
    "a new key encrypts session tickets from now on; tickets of the previous "
    "ones are read for as long as TLSSessionTicketKeys keeps them");
  return TLS4217_CONTROL_OK;
}
