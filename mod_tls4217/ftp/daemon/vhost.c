/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * See vhost.h.  What a host serves TLS with is generation.c's.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/config/sections.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/tls/conn/kernel.h"
#include "mod_tls4217/tls/warmup.h"

#define UNPREPARED \
 "nothing was prepared for this server: the module was loaded behind the " \
 "configuration (ftpdctl insmod), or TLSEngine is on for a class of clients " \
 "alone; put 'TLSEngine on' at the server's level, and have ProFTPD read its " \
 "configuration (SIGHUP)"

/* The servers live from one reading of the configuration to the next. */
static pool *servers_pool = NULL;
static bool has_ifsession = false;
static struct tls4217_vhost *servers = NULL;

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

/* Returns the server, or NULL where TLSEngine is off. */
static struct tls4217_vhost *prepare(const server_rec *rec) {
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
  if (tls4217_generation_build(
        servers_pool, rec, &server->settings, &server->tls) < 0) {
    server->trouble = pstrdup(servers_pool, tls4217_complaints_reason(rec));

  } else {
    tls4217_contradictions_check(
      rec, &server->settings, server->tls.pairs, server->tls.npairs);
  }

  return server;
}

/* What OpenSSL keeps from a handshake is the same for every context. */
static void warm_up(void) {
  const struct tls4217_vhost *server = servers;

  while (server != NULL && server->tls.context == NULL) {
    server = server->next;
  }

  if (server != NULL) {
    tls4217_keyprocess_warm_up_begin(server->rec);
    tls4217_warmup_warm_up(server->tls.context);
    tls4217_keyprocess_warm_up_end();
  }
}

bool tls4217_vhost_has_ifsession(void) {
  return has_ifsession;
}

int tls4217_vhost_check_files(pool *p, const char **why) {
  *why = NULL;
  for (const struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    if (server->tls.context != NULL &&
      tls4217_generation_check(p, server->rec, &server->settings) < 0) {
      *why = pstrcat(p, server->rec->ServerName, " (",
        tls4217_complaints_address(p, server->rec),
        "): ", tls4217_complaints_reason(server->rec), NULL);
    }
  }

  /* What does not keep the files from being taken is said when they are. */
  if (*why == NULL) {
    tls4217_complaints_forget();
    return 0;
  }

  tls4217_vhost_say_complaints();
  return -1;
}

enum tls4217_readiness tls4217_vhost_rebuild(void) {
  enum tls4217_readiness readiness = tls4217_vhost_build_all();

  tls4217_vhost_say_complaints();
  return readiness;
}

/* The ticket keys of all hosts, where they outlive SIGHUP. */
static void keep_tickets(void) {
  struct tls4217_ticketring *ring = tls4217_ticketkeys_begin();

  for (const struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    tls4217_ticketkeys_add(ring, server->tls.context);
  }

  tls4217_ticketkeys_keep(ring);
}

/* Those of before, for hosts that are what they were. */
static void take_over_tickets(void) {
  struct tls4217_ticketring *ring = tls4217_ticketkeys_fetch();

  for (const struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    tls4217_ticketkeys_use(ring, server->tls.context);
  }

  tls4217_ticketkeys_end(ring);
  keep_tickets();
}

int tls4217_vhost_rotate(struct tls4217_error *err) {
  int ret = 0;

  for (const struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    if (server->tls.context != NULL &&
      tls4217_ticketring_renew(server->tls.context, time(NULL), err) < 0) {
      ret = -1;
    }
  }

  keep_tickets();
  return ret;
}

/* There is another key process. */
static void renew(bool changed) {
  keep_tickets();
  if (changed) {
    (void) tls4217_vhost_rebuild();
  }
}

const struct tls4217_vhost *tls4217_vhost_first(void) {
  return servers;
}

enum tls4217_readiness tls4217_vhost_build_all(void) {
  unsigned int ready = 0, wanted = 0;

  tls4217_vhost_free_all();
  has_ifsession = pr_module_exists("mod_ifsession.c") == TRUE;
  tls4217_keyprocess_begin();

  for (server_rec *rec = (server_rec *) server_list->xas_list; rec != NULL;
       rec = rec->next) {
    const struct tls4217_vhost *server = NULL;

    pr_signals_handle();
    if (rec->ServerPort != 0) {
      server = prepare(rec);
    }

    if (server != NULL) {
      wanted++;
      ready += server->tls.context != NULL ? 1 : 0;
    }
  }

  tls4217_keyprocess_settle(renew);
  take_over_tickets();
  warm_up();
  tls4217_warmup_give_back();

  if (ready == wanted) {
    return TLS4217_READY_ALL;
  }

  return ready > 0 ? TLS4217_READY_SOME : TLS4217_READY_NONE;
}

#define READING "mod_tls4217"

bool tls4217_vhost_has_read(void) {
  return find_config(main_server->conf, CONF_PARAM, READING, FALSE) != NULL;
}

void tls4217_vhost_note_reading(void) {
  (void) add_config_param_set(&main_server->conf, READING, 0);
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

/* Whether a host answers at an address, its first one or another of its. */
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

  return count;
}

static const struct tls4217_vhost *find_prepared(const server_rec *rec) {
  const struct tls4217_vhost *server = servers;

  while (server != NULL && server->rec != rec) {
    server = server->next;
  }

  return server;
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

void tls4217_vhost_free_all(void) {
  for (struct tls4217_vhost *server = servers; server != NULL;
       server = server->next) {
    tls4217_generation_free(&server->tls);

    if (server->log_fd != TLS4217_LOG_NONE && is_log_shared(server) == false) {
      (void) close(server->log_fd);
    }
  }

  servers = NULL;
  if (servers_pool != NULL) {
    destroy_pool(servers_pool);
    servers_pool = NULL;
  }
}

const struct tls4217_vhost *tls4217_vhost_find(const server_rec *rec) {
  const struct tls4217_vhost *server = find_prepared(rec);
  struct tls4217_vhost *unprepared;
  struct tls4217_settings settings;

  if (server != NULL) {
    return server;
  }

  tls4217_resolve_settings(rec->conf, &settings);
  if (settings.engine == false) {
    return NULL;
  }

  resolve(rec, &settings);
  unprepared = add_server(rec, &settings);
  unprepared->trouble = UNPREPARED;
  return unprepared;
}
