/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the lines of "ftpdctl tls info" about keys
 *
 * See info_keys.h.
 */

#include "mod_tls4217/ftp/daemon/info_keys.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/rfc4217/lifetime.h"

static void put_keys(struct tls4217_control_answer *answer,
  const struct tls4217_ticketkeys_facts *tickets) {
  const struct tls4217_counters_keys keys = tls4217_counters_of_keys(
    tls4217_shared_counters());
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  (void) pr_json_object_set_bool(answer->pool, object, "isolation",
    tls4217_keyprocess_is_there() ? TRUE : FALSE);
  tls4217_control_answer_set_number(
    answer, object, "pid", tls4217_keyprocess_pid());
  tls4217_control_answer_set_number(
    answer, object, "signatures", (int64_t) keys.signatures);
  tls4217_control_answer_set_number(
    answer, object, "failures", (int64_t) keys.failures);
  tls4217_control_answer_set_number(
    answer, object, "restarts", (int64_t) keys.restarts);
  tls4217_control_answer_say_json(answer, "key_process", object);

  if (tickets != NULL) {
    object = pr_json_object_alloc(answer->pool);
    tls4217_control_answer_set(
      answer, object, "key", tickets->label, TLS4217_INFO_LINES_SHORT);
    tls4217_control_answer_set_number(
      answer, object, "keys", (int64_t) tickets->count);
    (void) pr_json_object_set_bool(
      answer->pool, object, "files", tickets->are_files ? TRUE : FALSE);
    (void) pr_json_object_set_bool(
      answer->pool, object, "shared", tickets->are_shared ? TRUE : FALSE);
    tls4217_control_answer_set_number(answer, object, "since", tickets->since);
    tls4217_control_answer_set_number(answer, object, "next", tickets->next);
    tls4217_control_answer_say_json(answer, "tickets", object);
  }
}

#define NO_TICKET_FILES \
 "TLSSessionTicketKeyFile cannot be used; ProFTPD's log says why"

static void say_refused_files(struct tls4217_control_answer *answer) {
  pr_json_object_t *object;

  if (answer->json == false) {
    tls4217_control_answer_say(answer, "session tickets: %s", NO_TICKET_FILES);
    return;
  }

  object = pr_json_object_alloc(answer->pool);
  tls4217_control_answer_set(
    answer, object, "text", NO_TICKET_FILES, TLS4217_INFO_LINES_LONG);
  tls4217_control_answer_say_json(answer, "trouble", object);
}

static void say_process(struct tls4217_control_answer *answer) {
  const struct tls4217_counters_keys keys = tls4217_counters_of_keys(
    tls4217_shared_counters());
  const unsigned long pid = (unsigned long) tls4217_keyprocess_pid();

  if (tls4217_keyprocess_is_there() == false) {
    tls4217_control_answer_say(answer,
      "private keys: in the daemon and its sessions (TLSKeyIsolation off)");

  } else if (pid == 0) {
    tls4217_control_answer_say(answer,
      "private keys: the key process is gone, and full handshakes fail until "
      "it is restarted; ProFTPD's log says why");

  } else {
    tls4217_control_answer_say(answer,
      "private keys: in the key process (%lu); signatures: %llu, failures: "
      "%llu, restarts: %llu",
      pid, (unsigned long long) keys.signatures,
      (unsigned long long) keys.failures, (unsigned long long) keys.restarts);
  }
}

static void say_tickets(const struct tls4217_info *info,
  const struct tls4217_ticketkeys_facts *tickets) {
  pool *p = info->answer->pool;
  char age[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_describe(
    info->now > tickets->since ? info->now - tickets->since : 0, age);
  tls4217_control_answer_say(info->answer,
    "session tickets: key %s encrypts since %s (%s), another one %s; %lu "
    "decrypt%s%s%s",
    tickets->label, tls4217_info_lines_date(p, tickets->since), age,
    tickets->next > 0 ?
      pstrcat(p, "from ", tls4217_info_lines_date(p, tickets->next), NULL) :
      tickets->are_shared ? "when Redis has one" :
                            "when the files have one",
    (unsigned long) tickets->count, tickets->count == 1 ? "s" : "",
    tickets->are_shared ? ", shared through Redis" : "",
    tickets->are_alone ? " (Redis does not answer as it should: see the log)" :
                         "");
}

void tls4217_info_keys_say(const struct tls4217_info *info) {
  struct tls4217_ticketkeys_facts tickets;
  const bool has_tickets = tls4217_ticketkeys_tell(&tickets);

  if (info->answer->json) {
    put_keys(info->answer, has_tickets ? &tickets : NULL);

  } else {
    say_process(info->answer);
  }

  if (info->answer->json == false && has_tickets) {
    say_tickets(info, &tickets);
  }

  if (tls4217_ticketkeys_are_refused()) {
    say_refused_files(info->answer);
  }
}
