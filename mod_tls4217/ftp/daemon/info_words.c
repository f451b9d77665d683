/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls info"
 *
 * See info_words.h.  Everything is counted before the first line, which has the
 * numbers; info_lines.c has the words for each thing.
 */

#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/ftp/daemon/info_keys.h"
#include "mod_tls4217/ftp/daemon/info_lines.h"
#include "mod_tls4217/ftp/daemon/info_words.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"

/* Counting. */

static void count_certificate(
  void *user, const struct tls4217_inventory_item *item) {
  struct tls4217_info *info = user;

  info->certificates++;
  info->due += tls4217_info_lines_is_due(info, item) ? 1 : 0;
  info->broken += tls4217_inventory_lacks_staple(item) ? 1 : 0;
  if (info->certificates == 1 || item->facts.end < info->first.end) {
    info->first = item->facts;
  }
}

static void count_server(
  struct tls4217_info *info, const struct tls4217_vhost *server) {
  info->servers++;
  info->serving += server->tls != NULL ? 1 : 0;
  info->broken += tls4217_info_lines_is_broken(server) ? 1 : 0;
  tls4217_inventory_list(server, count_certificate, info);
}

/* What no server is to blame for. */
static unsigned int count_broken_keys(void) {
  unsigned int broken = tls4217_ticketkeys_are_refused() ? 1 : 0;

  if (tls4217_keyprocess_is_there() && tls4217_keyprocess_pid() == 0) {
    broken++;
  }

  return broken;
}

static void count(struct tls4217_info *info) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (info->only == NULL || server == info->only) {
      count_server(info, server);
    }
  }

  if (info->only == NULL) {
    info->broken += count_broken_keys();
  }
}

/* Saying. */

/* With -t: those alone that need somebody. */
static bool is_wanted(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item) {
  return info->answer->within < 0 || tls4217_info_lines_is_due(info, item) ||
    tls4217_inventory_lacks_staple(item);
}

static void say_certificate(
  void *user, const struct tls4217_inventory_item *item) {
  const struct tls4217_info *info = user;

  if (is_wanted(info, item)) {
    tls4217_info_lines_certificate(info, item);
  }
}

static void note_wanted(void *user, const struct tls4217_inventory_item *item) {
  struct tls4217_info *info = user;

  info->any_wanted |= is_wanted(info, item);
}

static void say_servers(struct tls4217_info *info) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (info->only != NULL && server != info->only) {
      continue;
    }

    info->any_wanted = false;
    tls4217_inventory_list(server, note_wanted, info);
    if (info->answer->within < 0 || info->any_wanted ||
      tls4217_info_lines_is_broken(server)) {
      tls4217_info_lines_server(info, server);
      tls4217_inventory_list(server, say_certificate, info);
    }
  }

  tls4217_control_answer_unhead(info->answer);
}

static void say_counter(void *user, const char *name, const char *help,
  const char *labels, uint64_t value) {
  (void) help;
  tls4217_info_lines_counter(user, name, labels, value);
}

static void say_all(struct tls4217_info *info) {
  const bool is_complete = info->answer->within < 0 && info->only == NULL;

  tls4217_info_lines_summary(info);
  say_servers(info);
  if (is_complete || (info->only == NULL && count_broken_keys() > 0)) {
    tls4217_info_keys_say(info);
  }

  if (is_complete) {
    tls4217_counters_list(tls4217_shared_counters(), say_counter, info->answer);
  }
}

int tls4217_info_words_tell(struct tls4217_control_answer *answer) {
  struct tls4217_info info = { .answer = answer, .now = (int64_t) time(NULL) };

  if (answer->argc > 0) {
    info.only = tls4217_inventory_find(answer->pool, answer->argv[0]);
    if (info.only == NULL) {
      tls4217_control_answer_say(answer,
        "there is no server '%s' with TLSEngine on: 'ftpdctl tls info' lists "
        "names and addresses",
        answer->argv[0]);
      return TLS4217_CONTROL_FAILED;
    }
  }

  count(&info);
  say_all(&info);
  if (answer->within < 0) {
    return TLS4217_CONTROL_OK;
  }

  return info.broken > 0 ? TLS4217_CONTROL_BROKEN :
    info.due > 0         ? TLS4217_CONTROL_DUE :
                           TLS4217_CONTROL_OK;
}
