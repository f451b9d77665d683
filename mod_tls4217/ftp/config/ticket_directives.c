/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives about session tickets
 *
 * See ticket_directives.h.
 */

#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/ftp/config/ticket_directives.h"
#include "mod_tls4217/ftp/config/value.h"

/* Seconds.  RFC 8446, section 4.6.1: no ticket is good for longer than seven
 * days, and a ticket is good for half the age of a key. */
#define MIN_AGE  10
#define MAX_AGE  (14 * 24 * 60 * 60)
#define MIN_KEPT 2

static int take_age(
  cmd_rec *cmd, const char *text, struct tls4217_ticketring_rules *rules) {
  int seconds;

  if (pr_str_get_duration(text, &seconds) < 0 || seconds < MIN_AGE) {
    return -1;
  }

  if (seconds > MAX_AGE) {
    seconds = MAX_AGE;
    tls4217_directive_warn(cmd, cmd->argv[0],
      "an age of 14 days, the maximum, is used: no ticket may be good for "
      "longer than seven (RFC 8446, section 4.6.1)");
  }

  rules->age = seconds;
  return 0;
}

static int take_count(
  cmd_rec *cmd, const char *text, struct tls4217_ticketring_rules *rules) {
  char *rest = NULL;
  long count = strtol(text, &rest, 10);

  if (*text == '\0' || *rest != '\0' || count < MIN_KEPT) {
    return -1;
  }

  if (count > TLS4217_TICKETRING_KEPT) {
    count = TLS4217_TICKETRING_KEPT;
    tls4217_directive_warn(
      cmd, cmd->argv[0], "a count of 64 keys, the maximum, is used");
  }

  rules->kept = (size_t) count;
  return 0;
}

/* What Redis has the ring under: a word of ours, and a name where several
 * groups of hosts share one database. */
#define KEY      "mod_tls4217:ticket-keys"
#define MAX_NAME 64

static int take_name(
  const char *name, struct tls4217_ticket_keys *keys, pool *p) {
  const size_t len = strlen(name);

  if (len > MAX_NAME) {
    return -1;
  }

  for (size_t i = 0; i < len; i++) {
    if (isalnum((unsigned char) name[i]) == 0 &&
      strchr("._-", name[i]) == NULL) {
      return -1;
    }
  }

  keys->redis_key = pstrcat(p, KEY, len > 0 ? ":" : "", name, NULL);
  return 0;
}

/* One word with its value.  Returns NULL, or what is wrong with it. */
static const char *take_pair(cmd_rec *cmd, const char *word, const char *value,
  struct tls4217_ticket_keys *keys, pool *p) {
  if (strcasecmp(word, "age") == 0) {
    return take_age(cmd, value, &keys->rules) == 0 ?
      NULL :
      "age: write for how long a key encrypts, 10 seconds or longer, such as "
      "'age 43200' or 'age 12h'";
  }

  if (strcasecmp(word, "count") == 0) {
    return take_count(cmd, value, &keys->rules) == 0 ?
      NULL :
      "count: write how many keys are kept, 2 to 64";
  }

  if (strcasecmp(word, "secret") == 0) {
    keys->secret_file = pstrdup(p, value);
    return *value == '/' ?
      NULL :
      "secret: write the whole path of a file, from '/' on";
  }

  return "";
}

static const char *check_secret(
  cmd_rec *cmd, const struct tls4217_ticket_keys *keys) {
  if (keys->redis_key == NULL && keys->secret_file != NULL) {
    return "secret: it seals the keys that Redis has: write 'redis: secret "
           "/path/file'";
  }

  if (keys->redis_key != NULL && keys->secret_file == NULL) {
    tls4217_directive_warn(cmd, cmd->argv[0],
      "whoever can read the database of Redis, its copies or its traffic has "
      "the keys: make a file with 'openssl rand 80 >FILE', mode 0600, copy it "
      "to all hosts, and add 'secret FILE'");
  }

  return NULL;
}

/* usage: TLSSessionTicketKeys [redis:[NAME]] [secret FILE] [age SECONDS]
 *   [count NUMBER] */
modret_t *tls4217_ticket_directives_keys(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  config_rec *c = add_config_param(directive->name, 1, NULL);
  struct tls4217_ticket_keys *keys = pcalloc(c->pool, sizeof(*keys));
  const char *first = cmd->argv[1], *wrong = NULL;
  unsigned int i = 1;

  if (strncasecmp(first, "file:", 5) == 0) {
    return tls4217_directive_refuse(cmd,
      "keys for several hosts are in files, or in Redis: write "
      "'TLSSessionTicketKeyFile /path/ticket.key', and copy the file to each "
      "of them, or 'TLSSessionTicketKeys redis: secret /path/file'");
  }

  c->argv[0] = keys;
  directive->type->preset(directive->type, directive->otherwise, keys);
  if (strncasecmp(first, "redis:", 6) == 0) {
    i++;
    if (take_name(first + 6, keys, c->pool) < 0) {
      wrong = "redis: a name behind it has letters, digits, '.', '_' and '-', "
              "64 at most";
    }
  }

  for (; i + 1 < cmd->argc && wrong == NULL; i += 2) {
    wrong = take_pair(cmd, cmd->argv[i], cmd->argv[i + 1], keys, c->pool);
  }

  if (wrong == NULL && i < cmd->argc) {
    wrong = "";
  }

  wrong = wrong == NULL ? check_secret(cmd, keys) : wrong;
  if (wrong == NULL) {
    return PR_HANDLED(cmd);
  }

  return *wrong == '\0' ? tls4217_directive_refuse_usage(cmd, directive) :
                          tls4217_directive_refuse(cmd, wrong);
}
