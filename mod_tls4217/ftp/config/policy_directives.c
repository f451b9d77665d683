/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives that set the server's policies
 *
 * Reads RFC 4217, sections 10.1 and 10.2, as an administrator writes them.
 * TLSRequired is translated while it is read, so that there is one engine,
 * and the nearest directive wins whichever of the two names it has.
 */

#include "mod_tls4217/ftp/config/parsing.h"
#include "mod_tls4217/ftp/config/policy_directives.h"

static bool is_ftpaccess(const cmd_rec *cmd) {
  return cmd->config != NULL && cmd->config->config_type == CONF_DYNDIR;
}

/* Whether the directive stands at a server's level, not at a path's. */
static bool is_server_level(const cmd_rec *cmd) {
  return cmd->config == NULL || cmd->config->config_type == CONF_ROOT ||
    cmd->config->config_type == CONF_VIRTUAL ||
    cmd->config->config_type == CONF_GLOBAL;
}

static void add_data_view(const cmd_rec *cmd, enum tls4217_view view) {
  config_rec *c;
  bool *ftpaccess;
  int *value;

  c = add_config_param("TLSDataProtection", 2, NULL, NULL);
  value = pcalloc(c->pool, sizeof(*value));
  *value = (int) view;
  ftpaccess = pcalloc(c->pool, sizeof(*ftpaccess));
  *ftpaccess = is_ftpaccess(cmd);
  if (*ftpaccess) {
    /* For the core to take away when the file changes, or is gone. */
    c->flags |= CF_DYNAMIC;
  }

  c->argv[0] = value;
  c->argv[1] = ftpaccess;
}

/* usage: TLSControlProtection optional|login|required */
modret_t *tls4217_policy_directives_control(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  enum tls4217_control_view view;

  view = tls4217_names_control_view(cmd->argv[1]);
  if (view == TLS4217_CONTROL_VIEW_UNKNOWN) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  (void) tls4217_directive_add_int(directive->name, (int) view);
  return PR_HANDLED(cmd);
}

/* usage: TLSDataProtection none|optional|required|per-transfer */
modret_t *tls4217_policy_directives_data(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  enum tls4217_view view;

  view = tls4217_names_view(cmd->argv[1]);
  if (view == TLS4217_VIEW_UNKNOWN) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  if (view == TLS4217_VIEW_PER_TRANSFER && cmd->config != NULL &&
    (cmd->config->config_type == CONF_DIR || is_ftpaccess(cmd))) {
    return tls4217_directive_refuse(cmd,
      "per-transfer is for servers and <Anonymous>; a directory says none, "
      "optional or required");
  }

  if (is_ftpaccess(cmd) && view != TLS4217_VIEW_REQUIRED) {
    tls4217_directive_warn(cmd, directive->name,
      "an .ftpaccess file may only tighten the policy: only 'required' has "
      "an effect there");
  }

  add_data_view(cmd, view);
  return PR_HANDLED(cmd);
}

/* A spelling of TLSRequired, and what it asks of either connection. */
struct spelling {
  const char *word;
  enum tls4217_control_view control;
  enum tls4217_view data;
};

static const struct spelling spellings[] = {
  { "off", TLS4217_CONTROL_VIEW_OPTIONAL, TLS4217_VIEW_OPTIONAL },
  { "on", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_REQUIRED },
  { "both", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_REQUIRED },
  { "ctrl+data", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_REQUIRED },
  { "ctrl+!data", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_NONE },
  { "ctrl", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_OPTIONAL },
  { "control", TLS4217_CONTROL_VIEW_REQUIRED, TLS4217_VIEW_OPTIONAL },
  { "data", TLS4217_CONTROL_VIEW_OPTIONAL, TLS4217_VIEW_REQUIRED },
  { "!data", TLS4217_CONTROL_VIEW_OPTIONAL, TLS4217_VIEW_NONE },
  { "auth", TLS4217_CONTROL_VIEW_LOGIN, TLS4217_VIEW_OPTIONAL },
  { "auth+data", TLS4217_CONTROL_VIEW_LOGIN, TLS4217_VIEW_REQUIRED },
  { "auth+!data", TLS4217_CONTROL_VIEW_LOGIN, TLS4217_VIEW_NONE },
};

static const struct spelling *find_spelling(const cmd_rec *cmd) {
  const char *word = cmd->argv[1];
  int on;

  for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
    if (strcasecmp(spellings[i].word, word) == 0) {
      return &spellings[i];
    }
  }

  on = pr_str_is_boolean(word);
  return on < 0 ? NULL : &spellings[on];
}

/* usage: TLSRequired on|off|both|ctrl|[!]data|ctrl+[!]data|auth|... */
modret_t *tls4217_policy_directives_required(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const struct spelling *spelling;

  spelling = find_spelling(cmd);
  if (spelling == NULL) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  /* A path has no control connection of its own; <Anonymous> has a login. */
  if (is_server_level(cmd) || cmd->config->config_type == CONF_ANON) {
    (void) tls4217_directive_add_int(
      "TLSControlProtection", (int) spelling->control);
  }

  add_data_view(cmd, spelling->data);
  return PR_HANDLED(cmd);
}

/* Words and lists with commas, from argv[1] on, with a NULL at the end. */
static char **read_words(pool *p, unsigned int argc, char **argv) {
  array_header *words = pr_expr_create(p, &argc, argv);

  *((char **) push_array(words)) = NULL;
  return words->elts;
}

static char **read_list(pool *p, const char *text) {
  char *argv[3] = { NULL, NULL, NULL };

  argv[0] = argv[1] = pstrdup(p, text);
  return read_words(p, 1, argv);
}

/* usage: TLSUserProtection required|none|optional user-expression */
modret_t *tls4217_policy_directives_user(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  enum tls4217_view view;
  config_rec *c;
  int *value;

  view = tls4217_names_view(cmd->argv[1]);
  if (view == TLS4217_VIEW_UNKNOWN || view == TLS4217_VIEW_PER_TRANSFER) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  c = add_config_param(directive->name, 3, NULL, NULL, NULL);
  c->flags |= CF_MULTI;
  value = pcalloc(c->pool, sizeof(*value));
  *value = (int) view;
  c->argv[0] = value;

  c->argv[1] = read_words(
    c->pool, (unsigned int) cmd->argc - 2, (char **) cmd->argv + 1);

  c->argv[2] = (void *) tls4217_parsing_place(c->pool);
  return PR_HANDLED(cmd);
}

/* TLSDataRule. */

static const char *const transfer_commands[] = {
  "APPE",
  "LIST",
  "MLSD",
  "NLST",
  "RETR",
  "STOR",
  "STOU",
};

static bool is_transfer_command(const char *verb) {
  for (size_t i = 0;
       i < sizeof(transfer_commands) / sizeof(transfer_commands[0]); i++) {
    if (strcmp(transfer_commands[i], verb) == 0) {
      return true;
    }
  }

  return false;
}

static const char *take_commands(
  pool *p, struct tls4217_policy_rule *rule, const char *text) {
  rule->commands = read_list(p, text);

  for (char **verb = rule->commands; *verb != NULL; verb++) {
    for (char *letter = *verb; *letter != '\0'; letter++) {
      *letter = (char) toupper((int) *letter);
    }

    if (is_transfer_command(*verb) == false) {
      return pstrcat(p, "'", *verb,
        "' opens no data connection; the commands "
        "that do are APPE, LIST, MLSD, NLST, RETR, STOR and STOU",
        NULL);
    }
  }

  return NULL;
}

static const char *take_path(
  pool *p, struct tls4217_policy_rule *rule, const char *text) {
  if (*text != '/' && *text != '*') {
    return "a path's pattern is absolute: it starts with '/' or '*'";
  }

  rule->path = pstrdup(p, text);
  return NULL;
}

static const char *take_users(
  pool *p, struct tls4217_policy_rule *rule, const char *text) {
  rule->users = read_list(p, text);
  return NULL;
}

static const char *take_groups(
  pool *p, struct tls4217_policy_rule *rule, const char *text) {
  rule->groups = read_list(p, text);
  return NULL;
}

static const char *take_classes(
  pool *p, struct tls4217_policy_rule *rule, const char *text) {
  rule->classes = read_list(p, text);
  return NULL;
}

/* A condition; take returns NULL, or what is wrong with its text. */
struct condition {
  const char *word;
  const char *(*take)(
    pool *p, struct tls4217_policy_rule *rule, const char *text);
};

static const struct condition conditions[] = {
  { "command", take_commands },
  { "path", take_path },
  { "user", take_users },
  { "group", take_groups },
  { "class", take_classes },
};

static const struct condition *find_condition(const char *word) {
  for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
    if (strcasecmp(conditions[i].word, word) == 0) {
      return &conditions[i];
    }
  }

  return NULL;
}

static const char *read_conditions(
  pool *p, const cmd_rec *cmd, struct tls4217_policy_rule *rule) {
  for (unsigned int i = 2; i < cmd->argc; i += 2) {
    const struct condition *condition = find_condition(cmd->argv[i]);
    const char *why;

    if (condition == NULL) {
      return pstrcat(p, "'", (char *) cmd->argv[i],
        "' is not a condition: write command, path, user, group or class",
        NULL);
    }

    if (i + 1 == cmd->argc) {
      return pstrcat(p, "'", condition->word, "' needs a value", NULL);
    }

    why = condition->take(p, rule, cmd->argv[i + 1]);
    if (why != NULL) {
      return why;
    }
  }

  return NULL;
}

/* usage: TLSDataRule none|optional|required [condition value] ... */
modret_t *tls4217_policy_directives_rule(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_policy_rule *rule;
  enum tls4217_view view;
  const char *why;
  config_rec *c;

  view = tls4217_names_view(cmd->argv[1]);
  if (view == TLS4217_VIEW_UNKNOWN || view == TLS4217_VIEW_PER_TRANSFER) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  c = add_config_param(directive->name, 1, NULL);
  c->flags |= CF_MULTI;
  rule = pcalloc(c->pool, sizeof(*rule));
  rule->view = view;
  rule->place = tls4217_parsing_place(c->pool);
  c->argv[0] = rule;

  why = read_conditions(c->pool, cmd, rule);
  return why != NULL ? tls4217_directive_refuse(cmd, why) : PR_HANDLED(cmd);
}
