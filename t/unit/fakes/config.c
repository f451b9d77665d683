/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: the configuration
 *
 * See fakes.h.  A server's records, as the parser would have left them.
 */

#include <fnmatch.h>

#include "t/unit/fakes/fakes.h"

xaset_t *server_list;
server_rec *main_server;

static config_rec *section; /* what is open; NULL: the server itself */
static server_rec *server;  /* what belongs to it */

static void append(xaset_t *set, config_rec *c) {
  config_rec **link = (config_rec **) &set->xas_list;

  while (*link != NULL) {
    c->prev = *link;
    link = &(*link)->next;
  }

  *link = c;
  c->set = set;
}

static xaset_t *make_set(xaset_t **set) {
  if (*set == NULL) {
    *set = pcalloc(permanent_pool, sizeof(**set));
  }

  return *set;
}

static config_rec *add(xaset_t **set, int type, const char *name) {
  config_rec *c = pcalloc(permanent_pool, sizeof(*c));

  c->config_type = type;
  c->pool = permanent_pool;
  c->name = pstrdup(permanent_pool, name);
  c->server = server;
  append(make_set(set), c);
  return c;
}

static xaset_t **current(void) {
  return section != NULL ? &section->subset : &server->conf;
}

server_rec *fakes_add_server(const char *name, const char *address) {
  server_rec **link = (server_rec **) &make_set(&server_list)->xas_list;

  while (*link != NULL) {
    link = &(*link)->next;
  }

  *link = server = pcalloc(permanent_pool, sizeof(*server));
  server->pool = permanent_pool;
  server->ServerName = name;
  server->ServerAddress = address;
  server->ServerPort = 21;
  server->addr = fakes_address(address);
  server->notes = fakes_table(permanent_pool);
  server->config_type = main_server == NULL ? CONF_ROOT : CONF_VIRTUAL;
  section = NULL;
  return server;
}

void fakes_begin_config(void) {
  server_list = NULL;
  main_server = NULL;
  main_server = fakes_add_server("main", "127.0.0.1");
}

config_rec *fakes_open(int type, const char *name) {
  config_rec *c = add(current(), type, name);

  c->parent = section;
  section = c;
  return c;
}

void fakes_close(void) {
  section = section->parent;
}

static void add_arguments(
  config_rec *c, unsigned int argc, va_list ap, bool copy) {
  c->argc = argc;
  c->argv = pcalloc(c->pool, (argc + 1) * sizeof(void *));
  for (unsigned int i = 0; i < argc; i++) {
    void *argument = va_arg(ap, void *);

    c->argv[i] = copy ? pstrdup(c->pool, argument) : argument;
  }
}

config_rec *add_config_param(const char *name, unsigned int argc, ...) {
  config_rec *c = add(current(), CONF_PARAM, name);
  va_list ap;

  c->parent = section;
  va_start(ap, argc);
  add_arguments(c, argc, ap, false);
  va_end(ap);
  return c;
}

config_rec *add_config_param_str(const char *name, unsigned int argc, ...) {
  config_rec *c = add(current(), CONF_PARAM, name);
  va_list ap;

  c->parent = section;
  va_start(ap, argc);
  add_arguments(c, argc, ap, true);
  va_end(ap);
  return c;
}

config_rec *add_config_param_set(
  xaset_t **set, const char *name, unsigned int argc, ...) {
  config_rec *c = add(set, CONF_PARAM, name);
  va_list ap;

  va_start(ap, argc);
  add_arguments(c, argc, ap, false);
  va_end(ap);
  return c;
}

config_rec *fakes_add_int(const char *name, int value) {
  config_rec *c = add_config_param(name, 1, NULL);

  c->argv[0] = pcalloc(c->pool, sizeof(int));
  *((int *) c->argv[0]) = value;
  return c;
}

/* Looking. */

static config_rec *search(config_rec *c, int type, const char *name, int deep) {
  for (; c != NULL; c = c->next) {
    config_rec *found;

    if ((type == -1 || c->config_type == type) &&
      (name == NULL || strcmp(c->name, name) == 0)) {
      return c;
    }

    found = deep && c->subset != NULL ?
      search((config_rec *) c->subset->xas_list, type, name, deep) :
      NULL;
    if (found != NULL) {
      return found;
    }
  }

  return NULL;
}

config_rec *find_config(xaset_t *set, int type, const char *name, int deep) {
  return set != NULL ? search((config_rec *) set->xas_list, type, name, deep) :
                       NULL;
}

config_rec *find_config_next(
  config_rec *prev, config_rec *c, int type, const char *name, int deep) {
  config_rec *found = search(c, type, name, deep);
  const config_rec *up = deep && prev != NULL ? prev->parent : NULL;

  for (; found == NULL && up != NULL; up = up->parent) {
    found = search(up->next, type, name, deep);
  }

  return found;
}

void *get_param_ptr(xaset_t *set, const char *name, int deep) {
  const config_rec *c = find_config(set, CONF_PARAM, name, deep);

  return c != NULL ? c->argv[0] : NULL;
}

int get_boolean(cmd_rec *cmd, int index) {
  return pr_str_is_boolean(cmd->argv[index]);
}

char *get_context_name(cmd_rec *cmd) {
  const config_rec *c = cmd->config;

  if (c == NULL) {
    return "server config";
  }

  return c->config_type == CONF_ANON ? "<Anonymous>" :
    c->config_type == CONF_DIR       ? "<Directory>" :
                                       "<Limit>";
}

unsigned char check_context(cmd_rec *cmd, int allowed) {
  return cmd->config == NULL || (cmd->config->config_type & allowed) != 0;
}

/* Directories. */

/* Whether path is what a section is about, or lies below it. */
static bool covers(const char *name, const char *path) {
  size_t len = strlen(name);

  return strcmp(name, "/") == 0 || fnmatch(name, path, FNM_PATHNAME) == 0 ||
    (strncmp(name, path, len) == 0 && (path[len] == '\0' || path[len] == '/'));
}

static config_rec *match_in(xaset_t *set, const char *path) {
  config_rec *best = NULL;

  for (config_rec *c = set != NULL ? (config_rec *) set->xas_list : NULL;
       c != NULL; c = c->next) {
    config_rec *deeper = NULL;

    if ((c->config_type != CONF_DIR && c->config_type != CONF_DYNDIR) ||
      covers(c->name, path) == false) {
      continue;
    }

    deeper = match_in(c->subset, path);
    if (best == NULL || deeper != NULL ||
      strlen(c->name) > strlen(best->name)) {
      best = deeper != NULL ? deeper : c;
    }
  }

  return best;
}

config_rec *dir_match_path(pool *p, char *path) {
  config_rec *found = session.anon_config != NULL ?
    match_in(session.anon_config->subset, path) :
    NULL;

  (void) p;
  return found != NULL ? found : match_in(main_server->conf, path);
}

void build_dyn_config(
  pool *p, const char *path, struct stat *st, unsigned char recurse) {
  (void) p;
  (void) st;
  (void) recurse;
  if (fakes.load_ftpaccess != NULL) {
    fakes.load_ftpaccess(path);
  }
}

int dir_check(
  pool *p, cmd_rec *cmd, const char *group, const char *path, int *hidden) {
  (void) p;
  (void) cmd;
  (void) group;
  (void) path;
  (void) hidden;
  return fakes.limited ? 0 : 1;
}

int dir_check_limits(
  cmd_rec *cmd, config_rec *c, const char *verb, int hidden) {
  (void) cmd;
  (void) c;
  (void) verb;
  (void) hidden;
  return fakes.limited ? 0 : 1;
}

/* The parser. */

server_rec *pr_parser_server_ctxt_get(void) {
  return fakes.is_parsing ? server : NULL;
}

unsigned int pr_parser_get_lineno(void) {
  return 7;
}

server_rec *pr_namebind_get_server(
  const char *name, const pr_netaddr_t *addr, unsigned int port) {
  (void) addr;
  (void) port;
  return fakes.named != NULL && strcmp(fakes.named->ServerName, name) == 0 ?
    fakes.named :
    NULL;
}

/* What HOST finds is not asked for behind these. */
pr_ipbind_t *pr_ipbind_find(
  const pr_netaddr_t *addr, unsigned int port, unsigned char skip_inactive) {
  (void) addr;
  (void) port;
  (void) skip_inactive;
  return NULL;
}

int pr_namebind_create(server_rec *host, const char *name, pr_ipbind_t *bind,
  const pr_netaddr_t *addr, unsigned int port) {
  (void) host;
  (void) name;
  (void) bind;
  (void) addr;
  (void) port;
  return 0;
}

int pr_namebind_open(
  const char *name, const pr_netaddr_t *addr, unsigned int port) {
  (void) name;
  (void) addr;
  (void) port;
  return 0;
}
