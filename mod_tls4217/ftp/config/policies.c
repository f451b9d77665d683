/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the server's policies, as they apply to this session
 *
 * The records were made by policy_directives.c.  Directories are searched
 * from the target outwards, because a record of an outer one counts only
 * where no inner one has its own.
 */

#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/policy_directives.h"
#include "mod_tls4217/rfc4217/expression.h"

#ifndef FNM_PATHNAME
# include <fnmatch.h>
#endif

/* The first record's value; NULL: there is none. */
static const int *find_value(xaset_t *set, const char *name) {
  const config_rec *c = set != NULL ?
    find_config(set, CONF_PARAM, name, FALSE) :
    NULL;

  return c != NULL ? c->argv[0] : NULL;
}

/* Whom a list may mean (rfc4217/expression.h). */

#define MAX_NAMES 3

/* The names of one user; NULL: no such name. */
struct user_names {
  const char *of[MAX_NAMES];
};

static bool is_user(const void *who, const char *name) {
  const struct user_names *names = who;

  for (int i = 0; i < MAX_NAMES; i++) {
    if (names->of[i] != NULL && strcmp(names->of[i], name) == 0) {
      return true;
    }
  }

  return false;
}

static bool is_group(const void *who, const char *name) {
  char **groups;

  (void) who;
  if (session.group != NULL && strcmp(session.group, name) == 0) {
    return true;
  }

  groups = session.groups != NULL ? session.groups->elts : NULL;
  for (unsigned int i = 0; groups != NULL && i < session.groups->nelts; i++) {
    if (groups[i] != NULL && strcmp(groups[i], name) == 0) {
      return true;
    }
  }

  return false;
}

static bool is_class(const void *who, const char *name) {
  (void) who;
  return session.conn_class != NULL &&
    strcmp(session.conn_class->cls_name, name) == 0;
}

static const char *typed_user(void) {
  return pr_table_get(session.notes, "mod_auth.orig-user", NULL);
}

/* Rules. */

static bool is_command(char *const *commands, const char *verb) {
  for (; *commands != NULL; commands++) {
    if (strcmp(*commands, verb) == 0) {
      return true;
    }
  }

  return false;
}

static bool matches_rule(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  const struct tls4217_policy_rule *wanted = rule->data;
  const struct user_names names = { { session.user, typed_user() } };

  return (wanted->commands == NULL ||
           is_command(wanted->commands, transfer->command)) &&
    (wanted->path == NULL || transfer->path == tls4217_policy_any_path ||
      (transfer->path != NULL &&
        pr_fnmatch(wanted->path, transfer->path, 0) == 0)) &&
    (wanted->users == NULL ||
      tls4217_expression_matches(wanted->users, is_user, &names)) &&
    (wanted->groups == NULL ||
      tls4217_expression_matches(wanted->groups, is_group, NULL)) &&
    (wanted->classes == NULL ||
      tls4217_expression_matches(wanted->classes, is_class, NULL));
}

static bool means_everybody(char **words) {
  return words == NULL ||
    tls4217_expression_reach(words) == TLS4217_REACH_EVERYBODY;
}

static bool is_unconditional(const struct tls4217_policy_rule *rule) {
  return rule->commands == NULL && rule->path == NULL &&
    means_everybody(rule->users) && means_everybody(rule->groups) &&
    means_everybody(rule->classes);
}

/* Whether a pattern that fits a place fits all that is below: fnmatch(3) lets
 * an asterisk stand for slashes, too. */
static bool covers_below(const char *path) {
  const size_t len = path != NULL ? strlen(path) : 0;

  return len > 0 && path[len - 1] == '*' && strpbrk(path, "[\\") == NULL;
}

static void add_rules(array_header *rules, xaset_t *set) {
  config_rec *c;

  if (set == NULL) {
    return;
  }

  for (c = find_config(set, CONF_PARAM, "TLSDataRule", FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, "TLSDataRule", FALSE)) {
    const struct tls4217_policy_rule *wanted = c->argv[0];
    struct tls4217_rule *rule = push_array(rules);

    rule->view = wanted->view;
    rule->matches = is_unconditional(wanted) ? NULL : matches_rule;
    rule->data = wanted;
    rule->covers_below = covers_below(wanted->path);
  }
}

/* Whether a record lies below the level of the server itself.  The core has
 * no set at all for a server without directives. */
static bool has_deeper(xaset_t *set, const char *name) {
  if (set == NULL) {
    return false;
  }

  for (config_rec *c = (config_rec *) set->xas_list; c != NULL; c = c->next) {
    if (c->subset != NULL && c->config_type != CONF_LIMIT &&
      find_config(c->subset, CONF_PARAM, name, TRUE) != NULL) {
      return true;
    }
  }

  return false;
}

/* The first TLSUserProtection, and the next. */
static config_rec *first_user_line(xaset_t *server) {
  return find_config(server, CONF_PARAM, "TLSUserProtection", FALSE);
}

static config_rec *next_user_line(config_rec *c) {
  return find_config_next(c, c->next, CONF_PARAM, "TLSUserProtection", FALSE);
}

void tls4217_policies_resolve(pool *p, xaset_t *server, xaset_t *anonymous,
  struct tls4217_settings *settings) {
  array_header *rules = make_array(p, 0, sizeof(struct tls4217_rule));
  struct tls4217_data_policy *data = &settings->data;
  const int *control_view = find_value(anonymous, "TLSControlProtection");
  const int *view = find_value(anonymous, "TLSDataProtection");

  if (control_view != NULL) {
    settings->control_view = (enum tls4217_control_view) * control_view;
  }

  if (view != NULL) {
    data->view = (enum tls4217_view) * view;
  }

  add_rules(rules, anonymous);
  add_rules(rules, server);
  data->rules = rules->elts;
  data->nrules = (size_t) rules->nelts;
  data->directory_views = has_deeper(server, "TLSDataProtection");
  settings->user_views = first_user_line(server) != NULL ||
    has_deeper(server, "TLSControlProtection");
}

/* Users. */

static enum tls4217_view find_user_view(
  xaset_t *server, const struct user_names *names) {
  for (config_rec *c = first_user_line(server); c != NULL;
       c = next_user_line(c)) {
    if (tls4217_expression_matches(c->argv[1], is_user, names)) {
      return (enum tls4217_view) * ((const int *) c->argv[0]);
    }
  }

  return TLS4217_VIEW_UNKNOWN;
}

enum tls4217_view tls4217_policies_user_view(
  pool *tmp_pool, xaset_t *server, const char *user) {
  const config_rec *anonymous, *control = NULL;
  struct user_names names = { { user, user, session.user } };
  enum tls4217_view view;

  anonymous = pr_auth_get_anon_config(tmp_pool, &names.of[1], NULL, NULL);

  view = find_user_view(server, &names);
  if (view != TLS4217_VIEW_UNKNOWN) {
    return view;
  }

  if (anonymous != NULL && anonymous->subset != NULL) {
    control = find_config(
      anonymous->subset, CONF_PARAM, "TLSControlProtection", FALSE);
  }

  return control != NULL &&
      *((const int *) control->argv[0]) != TLS4217_CONTROL_VIEW_OPTIONAL ?
    TLS4217_VIEW_REQUIRED :
    TLS4217_VIEW_OPTIONAL;
}

/* What mod_ifsession makes of <IfUser>: the section's words, how they are
 * evaluated, and a list of names. */
#define IFUSER       "_IfUserList"
#define IFUSER_NAMES 2

static bool is_section_of(const config_rec *c, const struct user_names *names) {
  const config_rec *list = find_config(c->subset, -1, IFUSER, FALSE);

  return list != NULL && list->argc > IFUSER_NAMES &&
    *((const unsigned char *) list->argv[1]) != PR_EXPR_EVAL_REGEX &&
    tls4217_expression_matches(
      (char *const *) list->argv + IFUSER_NAMES, is_user, names);
}

static const int *find_section_value(
  xaset_t *server, const struct user_names *names) {
  const config_rec *c = server != NULL ? (config_rec *) server->xas_list : NULL;
  const int *value = NULL;

  for (; c != NULL && value == NULL; c = c->next) {
    if (c->subset != NULL && is_section_of(c, names)) {
      value = find_value(c->subset, "TLSControlProtection");
    }
  }

  return value;
}

enum tls4217_control_view tls4217_policies_section_view(
  pool *tmp_pool, xaset_t *server, const char *user) {
  struct user_names names = { { user, user } };
  const config_rec *anonymous;
  const int *value;

  anonymous = pr_auth_get_anon_config(tmp_pool, &names.of[1], NULL, NULL);
  value = anonymous != NULL ?
    find_value(anonymous->subset, "TLSControlProtection") :
    find_section_value(server, &names);
  return value != NULL ? (enum tls4217_control_view) * value :
                         TLS4217_CONTROL_VIEW_UNKNOWN;
}

/* Directories. */

enum tls4217_view tls4217_policies_directory_view(
  pool *tmp_pool, const char *path, bool *tightened) {
  const config_rec *dir;

  *tightened = false;

  for (dir = dir_match_path(tmp_pool, pstrdup(tmp_pool, path)); dir != NULL;
       dir = dir->parent) {
    const config_rec *c = NULL;
    enum tls4217_view view;

    if (dir->subset != NULL) {
      c = find_config(dir->subset, CONF_PARAM, "TLSDataProtection", FALSE);
    }

    if (c == NULL ||
      (dir->config_type != CONF_DIR && dir->config_type != CONF_DYNDIR)) {
      continue;
    }

    view = (enum tls4217_view) * ((const int *) c->argv[0]);
    if (*((const bool *) c->argv[1]) == false) {
      return view;
    }

    *tightened = *tightened || view == TLS4217_VIEW_REQUIRED;
  }

  return TLS4217_VIEW_UNKNOWN;
}

/* Whether a section of this name may speak of path, or of what is below. */
static bool may_lie_below(const char *name, const char *path) {
  size_t len = strlen(path), fixed = strcspn(name, "*?[\\");

  if (strcmp(path, "/") == 0 || *name == '~') {
    return true;
  }

  /* A pattern may match below whatever its first part leads to. */
  if (name[fixed] != '\0') {
    return strncmp(name, path, fixed < len ? fixed : len) == 0;
  }

  return strncmp(name, path, len) == 0 &&
    (name[len] == '/' || name[len] == '\0');
}

static void add_view(const config_rec *dir, struct tls4217_views_below *below) {
  const config_rec *c;
  enum tls4217_view view;

  c = dir->subset != NULL ?
    find_config(dir->subset, CONF_PARAM, "TLSDataProtection", FALSE) :
    NULL;
  if (c == NULL) {
    return;
  }

  view = (enum tls4217_view) * ((const int *) c->argv[0]);
  if (*((const bool *) c->argv[1])) {
    below->tightened = below->tightened || view == TLS4217_VIEW_REQUIRED;
    return;
  }

  below->none = below->none || view == TLS4217_VIEW_NONE;
  below->optional = below->optional || view == TLS4217_VIEW_OPTIONAL;
  below->required = below->required || view == TLS4217_VIEW_REQUIRED;
}

static void add_views(
  pool *p, xaset_t *set, const char *path, struct tls4217_views_below *below) {
  if (set == NULL) {
    return;
  }

  for (config_rec *c = (config_rec *) set->xas_list; c != NULL; c = c->next) {
    const char *name = c->name;

    if (c->config_type != CONF_DIR && c->config_type != CONF_DYNDIR) {
      continue;
    }

    /* A section of <Anonymous> is named from its root. */
    if (c->argc > 1 && c->argv[1] != NULL) {
      name = pdircat(p, (const char *) c->argv[1], name, NULL);
    }

    if (may_lie_below(name, path)) {
      add_view(c, below);
    }

    add_views(p, c->subset, path, below);
  }
}

void tls4217_policies_views_below(
  pool *p, const char *path, struct tls4217_views_below *below) {
  memset(below, 0, sizeof(*below));
  add_views(p, main_server->conf, path, below);
  if (session.anon_config != NULL) {
    add_views(p, session.anon_config->subset, path, below);
  }
}

/* What cannot be meant. */

static void check_rules(
  const server_rec *rec, const struct tls4217_settings *settings) {
  const struct tls4217_data_policy *data = &settings->data;
  const struct tls4217_policy_rule *last = NULL;
  char text[256];

  if (data->nrules > 0 && data->view != TLS4217_VIEW_PER_TRANSFER) {
    last = data->rules[0].data;
    (void) snprintf(text, sizeof(text),
      "TLSDataRule has no effect: it needs 'TLSDataProtection "
      "per-transfer', and here it is %s",
      tls4217_names_view_text(data->view));
    tls4217_complaints_warning_on(rec, last->place, text);
    return;
  }

  for (size_t i = 0; i + 1 < data->nrules; i++) {
    if (data->rules[i].matches == NULL) {
      last = data->rules[i].data;
      tls4217_complaints_warning_on(rec, last->place,
        "this TLSDataRule has no condition: the rules after it can never "
        "match; move it to the end");
      return;
    }
  }
}

static void warn_of_nobody(const server_rec *rec, const char *directive,
  const char *place, char **words) {
  char text[256];

  if (words != NULL &&
    tls4217_expression_reach(words) == TLS4217_REACH_NOBODY) {
    (void) snprintf(text, sizeof(text),
      "this %s can never match: its list excludes everyone that it names",
      directive);
    tls4217_complaints_warning_on(rec, place, text);
  }
}

static void check_lists(
  const server_rec *rec, const struct tls4217_data_policy *data) {
  for (size_t i = 0; i < data->nrules; i++) {
    const struct tls4217_policy_rule *rule = data->rules[i].data;

    warn_of_nobody(rec, "TLSDataRule", rule->place, rule->users);
    warn_of_nobody(rec, "TLSDataRule", rule->place, rule->groups);
    warn_of_nobody(rec, "TLSDataRule", rule->place, rule->classes);
  }
}

static void check_users(const server_rec *rec) {
  for (config_rec *c = first_user_line(rec->conf); c != NULL;
       c = next_user_line(c)) {
    const char *place = c->argv[2];

    warn_of_nobody(rec, "TLSUserProtection", place, c->argv[1]);
    if (means_everybody(c->argv[1]) && next_user_line(c) != NULL) {
      tls4217_complaints_warning_on(rec, place,
        "this TLSUserProtection applies to everyone: the lines after it "
        "can never match; move it to the end");
      return;
    }
  }
}

void tls4217_policies_check(
  const server_rec *rec, const struct tls4217_settings *settings) {
  if (settings->engine) {
    check_rules(rec, settings);
    check_lists(rec, &settings->data);
    check_users(rec);

  } else if (settings->data.view == TLS4217_VIEW_REQUIRED ||
    settings->control_view != TLS4217_CONTROL_VIEW_OPTIONAL) {
    tls4217_complaints_warning(rec,
      "TLS is required (TLSControlProtection, TLSDataProtection or "
      "TLSRequired), but 'TLSEngine on' is missing: nothing is protected");
  }
}
