/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * See vhost.h.  What a host serves TLS with is generation.c's, and when that is
 * built renewal.c's.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/latehost.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/config/sections.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/tls/conn/kernel.h"
#include "mod_tls4217/tls/provider.h"

#define UNPREPARED \
 "nothing was prepared for this server: the module was loaded after the " \
 "configuration (ftpdctl insmod), or TLSEngine is on for a class of clients " \
 "alone; put 'TLSEngine on' at the server's level, and have ProFTPD read its " \
 "configuration (SIGHUP)"

/* The servers live from one reading of the configuration to the next. */
static pool *servers_pool = NULL;
static bool has_ifsession = false;
static struct tls4217_vhost *servers = NULL;

/* Those of the previous reading, while their successors are made. */
static pool *old_pool = NULL;
static struct tls4217_vhost *old_servers = NULL;

/* The main server's TLSLog, where its TLSEngine is off. */
static int spare_log = TLS4217_LOG_NONE;

static const struct tls4217_vhost *find_log(const char *path) {
  const struct tls4217_vhost *server = servers;

  while (server != NULL &&
    (server->settings.log_path == NULL ||
      strcmp(server->settings.log_path, path) != 0)) {
    server = server->next;
  }

  return server;
}

/* What the hosts have whose keys a session can use. */
static struct {
  const struct tls4217_generation **all;
  size_t count;
} lenders;

static void log_provider(int fd) {
  char text[256];

  tls4217_provider_describe(text, sizeof(text));
  tls4217_log_write(fd, "%s", text);
}

/* Once for all hosts that have the same: the core, too, complains each time
 * that it cannot open it. */
static void open_log(struct tls4217_vhost *server) {
  const char *path = server->settings.log_path;
  const struct tls4217_vhost *other;

  server->log_fd = TLS4217_LOG_NONE;
  if (path == NULL) {
    return;
  }

  other = find_log(path);
  if (other != NULL) {
    server->log_fd = other->log_fd;
    server->log_why = other->log_why;

  } else {
    server->log_fd = tls4217_log_open(path, &server->log_why);
    if (server->log_why != NULL) {
      server->log_why = pstrdup(servers_pool, server->log_why);

    } else {
      log_provider(server->log_fd);
    }
  }

  if (server->log_why != NULL) {
    tls4217_complaints_warning(
      server->rec, "TLSLog '%s' cannot be used: %s", path, server->log_why);
  }
}

static struct tls4217_vhost *add_server(
  const server_rec *rec, const struct tls4217_settings *settings) {
  struct tls4217_vhost *server = pcalloc(servers_pool, sizeof(*server));

  server->rec = rec;
  server->scope = tls4217_keychannel_scope(rec);
  server->settings = *settings;
  open_log(server);
  server->next = servers;
  servers = server;
  return server;
}

static void resolve(const server_rec *rec, struct tls4217_settings *settings) {
  if (servers_pool == NULL) {
    servers_pool = make_sub_pool(permanent_pool);
    pr_pool_tag(servers_pool, MOD_TLS4217_VERSION " servers");
  }

  tls4217_resolve_settings(rec->conf, settings);
  tls4217_policies_resolve(servers_pool, rec->conf, NULL, settings);
}

/* The first of those that share an address is who answers there; the list has
 * the last one first. */
static void compare_with_others(const struct tls4217_vhost *server) {
  const struct tls4217_vhost *first = NULL;

  for (const struct tls4217_vhost *other = server->next; other != NULL;
       other = other->next) {
    if (other->rec->ServerPort == server->rec->ServerPort &&
      other->rec->addr != NULL && server->rec->addr != NULL &&
      pr_netaddr_cmp(other->rec->addr, server->rec->addr) == 0) {
      first = other;
    }
  }

  if (first != NULL) {
    tls4217_contradictions_shared(
      first->rec, &first->settings, server->rec, &server->settings);
  }
}

/* Whether the kernel can, or why it cannot; asked once. */
static int ask_kernel(struct tls4217_error *err) {
  static bool asked = false;
  static int answer;
  static struct tls4217_error reason;

  if (asked == false) {
    tls4217_error_clear(&reason);

    /* As root, the kernel loads the module that it has. */
    pr_signals_block();
    PRIVS_ROOT
    answer = tls4217_kernel_probe(&reason);
    PRIVS_RELINQUISH
    pr_signals_unblock();
    asked = true;
  }

  *err = reason;
  return answer;
}

/* Whether the sessions of a host shall try TLSKernelOffload. */
static bool can_offload(const server_rec *rec, enum tls4217_offload_mode mode) {
  struct tls4217_error err;

  if (mode == TLS4217_OFFLOAD_OFF) {
    return false;
  }

  if (ask_kernel(&err) == 0) {
    return true;
  }

  if (mode == TLS4217_OFFLOAD_ON) {
    tls4217_complaints_warning(
      rec, "TLSKernelOffload on cannot work here: %s", err.text);
  }

  return false;
}

struct tls4217_vhost *tls4217_vhost_add(const server_rec *rec) {
  struct tls4217_settings settings;
  struct tls4217_vhost *server;

  resolve(rec, &settings);
  tls4217_policies_check(rec, &settings);
  if (settings.engine == false) {
    return NULL;
  }

  server = add_server(rec, &settings);
  server->offload = can_offload(rec, settings.offload);
  compare_with_others(server);
  tls4217_sections_check(rec, &server->settings);
  server->reuse_required = tls4217_resolve_reuse_required(
    rec, &server->settings);
  return server;
}

bool tls4217_vhost_has_ifsession(void) {
  return has_ifsession;
}

const struct tls4217_vhost *tls4217_vhost_first(void) {
  return servers;
}

struct tls4217_vhost *tls4217_vhost_list(void) {
  return servers;
}

const struct tls4217_vhost *tls4217_vhost_find_old(
  const struct tls4217_vhost *server) {
  const struct tls4217_vhost *old = old_servers;

  while (old != NULL && old->scope != server->scope) {
    old = old->next;
  }

  return old;
}

#define READING "mod_tls4217"

bool tls4217_vhost_has_read(void) {
  return main_server->notes != NULL &&
    pr_table_get(main_server->notes, READING, NULL) != NULL;
}

void tls4217_vhost_note_reading(void) {
  if (main_server->notes == NULL) {
    main_server->notes = pr_table_nalloc(main_server->pool, 0, 4);
  }

  /* The table keeps the pointer to its key, and outlives this module's text. */
  (void) pr_table_add(main_server->notes,
    pstrdup(main_server->pool, READING), main_server, 0);
}

bool tls4217_vhost_has_engine(void) {
  for (const server_rec *rec = (const server_rec *) server_list->xas_list;
       rec != NULL; rec = rec->next) {
    if (find_config(rec->conf, CONF_PARAM, "TLSEngine", FALSE) != NULL) {
      return true;
    }
  }

  return false;
}

/* Whether a host answers at an address: its first one, or another one of its
 * own. */
static bool answers_at(const server_rec *rec, const pr_netaddr_t *addr) {
  config_rec *c;

  if (rec->addr != NULL && pr_netaddr_cmp(rec->addr, addr) == 0) {
    return true;
  }

  for (c = find_config(rec->conf, CONF_PARAM, "_bind_", FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, "_bind_", FALSE)) {
    const pr_netaddr_t *bound = pr_netaddr_get_addr(
      session.pool, c->argv[0], NULL);

    if (bound != NULL && pr_netaddr_cmp(bound, addr) == 0) {
      return true;
    }
  }

  return false;
}

bool tls4217_vhost_answers_here(const struct tls4217_vhost *server) {
  return session.c != NULL &&
    (int) server->rec->ServerPort == session.c->local_port &&
    answers_at(server->rec, session.c->local_addr);
}

static const struct tls4217_vhost *find_prepared(const server_rec *rec) {
  const struct tls4217_vhost *server = servers;

  while (server != NULL && server->rec != rec) {
    server = server->next;
  }

  return server;
}

/* Of a host that the daemon has not known, at an address that no other one has
 * by itself: the server that ProFTPD would have taken. */
static const struct tls4217_vhost *find_instead(const server_rec *rec) {
  return find_config(rec->conf, CONF_PARAM, "TLSEngine", FALSE) != NULL ?
    find_prepared((const server_rec *) server_list->xas_list) :
    NULL;
}

size_t tls4217_vhost_list_neighbours(const server_rec *rec,
  const server_rec **recs, size_t max, bool *reuse_required) {
  size_t count = 0;

  *reuse_required = true;
  for (const struct tls4217_vhost *server = servers;
       server != NULL && count < max; server = server->next) {
    if (server->rec == rec ||
      (server->rec->ServerPort == rec->ServerPort && session.c != NULL &&
        answers_at(server->rec, session.c->local_addr))) {
      recs[count++] = server->rec;
      *reuse_required = *reuse_required && server->reuse_required;
    }
  }

  if (count == 0 && max > 0 && find_instead(rec) != NULL) {
    recs[count++] = find_instead(rec)->rec;
  }

  return count;
}

static int log_of_main(void) {
  const struct tls4217_vhost *server = find_prepared(main_server);
  struct tls4217_settings settings;

  if (server != NULL) {
    return server->log_fd;
  }

  if (spare_log == TLS4217_LOG_NONE) {
    const char *why;

    tls4217_resolve_settings(main_server->conf, &settings);
    spare_log = tls4217_log_open(settings.log_path, &why);
  }

  return spare_log;
}

static int log_of(const server_rec *rec) {
  const struct tls4217_vhost *server = find_prepared(rec);

  return server != NULL && server->log_fd != TLS4217_LOG_NONE ? server->log_fd :
                                                                log_of_main();
}

void tls4217_vhost_say_complaints(void) {
  tls4217_complaints_say(log_of);

  /* It has no other use, and sessions shall not inherit it. */
  if (spare_log != TLS4217_LOG_NONE) {
    (void) close(spare_log);
    spare_log = TLS4217_LOG_NONE;
  }
}

/* Whether a server behind this one in the list writes to the same log. */
static bool is_log_shared(const struct tls4217_vhost *server) {
  for (const struct tls4217_vhost *other = server->next; other != NULL;
       other = other->next) {
    if (other->log_fd == server->log_fd) {
      return true;
    }
  }

  return false;
}

enum log_use {
  UNUSED,
  KEPT,
  CLOSED
};

static int find_highest_log(void) {
  int highest = TLS4217_LOG_NONE;

  for (const struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    highest = server->log_fd > highest ? server->log_fd : highest;
  }

  return highest;
}

void tls4217_vhost_keep_logs(const server_rec *const *recs, size_t n) {
  const int highest = find_highest_log();
  unsigned char *uses;
  size_t at = 0;

  if (highest == TLS4217_LOG_NONE) {
    return;
  }

  uses = pcalloc(session.pool, (size_t) highest + 1);
  for (struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    const bool is_listed = at < n && server->rec == recs[at];

    at += is_listed ? 1 : 0;
    if ((is_listed || server->unprepared) &&
      server->log_fd != TLS4217_LOG_NONE) {
      uses[server->log_fd] = KEPT;
    }
  }

  for (struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    if (server->log_fd != TLS4217_LOG_NONE && uses[server->log_fd] != KEPT) {
      if (uses[server->log_fd] == UNUSED) {
        (void) close(server->log_fd);
      }

      uses[server->log_fd] = CLOSED;
      server->log_fd = TLS4217_LOG_NONE;
    }
  }
}

static void free_servers(struct tls4217_vhost **list, pool **p) {
  for (const struct tls4217_vhost *server = *list; server != NULL;
       server = server->next) {
    tls4217_generation_free(server->tls);

    if (server->log_fd != TLS4217_LOG_NONE && is_log_shared(server) == false) {
      (void) close(server->log_fd);
    }
  }

  *list = NULL;
  if (*p != NULL) {
    destroy_pool(*p);
    *p = NULL;
  }
}

void tls4217_vhost_begin(void) {
  free_servers(&old_servers, &old_pool);
  old_servers = servers;
  old_pool = servers_pool;
  servers = NULL;
  servers_pool = NULL;
  has_ifsession = pr_module_exists("mod_ifsession.c") == TRUE;
}

void tls4217_vhost_end(void) {
  free_servers(&old_servers, &old_pool);
}

void tls4217_vhost_free_all(void) {
  free_servers(&old_servers, &old_pool);
  free_servers(&servers, &servers_pool);
}

void tls4217_vhost_lend(const server_rec *const *recs, size_t n) {
  lenders.count = 0;
  lenders.all = pcalloc(session.pool, (n + 1) * sizeof(lenders.all[0]));
  for (size_t i = 0; i < n; i++) {
    const struct tls4217_vhost *server = find_prepared(recs[i]);

    if (server != NULL && server->tls != NULL) {
      lenders.all[lenders.count++] = server->tls;
    }
  }
}

/* One that the daemon has not known. */
static const struct tls4217_vhost *build_late(
  const server_rec *rec, const struct tls4217_settings *settings) {
  struct tls4217_vhost *late = add_server(rec, settings);

  late->unprepared = true;
  if (lenders.count == 0) {
    tls4217_error_set(&late->last_error, 0, "%s", UNPREPARED);
    return late;
  }

  late->tls = tls4217_latehost_build(
    rec, settings, lenders.all, lenders.count, &late->last_error);
  if (late->tls == NULL) {
    pr_log_pri(PR_LOG_WARNING, "warning: %s: server '%s': %s",
      MOD_TLS4217_VERSION, rec->ServerName, late->last_error.text);
  }

  return late;
}

const struct tls4217_vhost *tls4217_vhost_find(const server_rec *rec) {
  const struct tls4217_vhost *server = find_prepared(rec);
  struct tls4217_settings settings;

  if (server != NULL) {
    return server;
  }

  tls4217_resolve_settings(rec->conf, &settings);
  if (settings.engine == false) {
    return NULL;
  }

  resolve(rec, &settings);
  return build_late(rec, &settings);
}
