/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives about session tickets
 *
 * See ticket_directives.h.
 */

#include "mod_tls4217/ftp/config/ticket_directives.h"
#include "mod_tls4217/ftp/config/value.h"
#include "mod_tls4217/tls/ticketring.h"

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

/* usage: TLSSessionTicketKeys [age SECONDS] [count NUMBER] */
modret_t *tls4217_ticket_directives_keys(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_ticketring_rules *rules;
  config_rec *c = add_config_param(directive->name, 1, NULL);

  if (strncasecmp(cmd->argv[1], "redis:", 6) == 0 ||
    strncasecmp(cmd->argv[1], "file:", 5) == 0) {
    return tls4217_directive_refuse(cmd,
      "keys for several hosts are in files: write 'TLSSessionTicketKeyFile "
      "/path/ticket.key', and copy the file to each of them");
  }

  rules = pcalloc(c->pool, sizeof(*rules));
  c->argv[0] = rules;
  directive->type->preset(directive->type, directive->otherwise, rules);
  for (unsigned int i = 1; i + 1 < cmd->argc; i += 2) {
    const char *word = cmd->argv[i], *value = cmd->argv[i + 1];

    if (strcasecmp(word, "age") == 0) {
      if (take_age(cmd, value, rules) < 0) {
        return tls4217_directive_refuse(cmd,
          "age: write for how long a key encrypts, 10 seconds or longer, such "
          "as 'age 43200' or 'age 12h'");
      }

    } else if (strcasecmp(word, "count") == 0) {
      if (take_count(cmd, value, rules) < 0) {
        return tls4217_directive_refuse(
          cmd, "count: write how many keys are kept, 2 to 64");
      }

    } else {
      return tls4217_directive_refuse_usage(cmd, directive);
    }
  }

  return cmd->argc % 2 == 1 ? PR_HANDLED(cmd) :
                              tls4217_directive_refuse_usage(cmd, directive);
}
