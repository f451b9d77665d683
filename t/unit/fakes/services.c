/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: events, timers, addresses, users, and what is left
 *
 * See fakes.h.  What no test asks about yet says that all is well.
 */

#include <arpa/inet.h>

#include "t/unit/fakes/fakes.h"

/* Events and timers. */

int pr_event_register(module *m, const char *event,
  void (*callback)(const void *, void *), void *user) {
  (void) m;
  (void) callback;
  (void) user;
  fakes_note(fakes.listeners, sizeof(fakes.listeners), "+%s\n", event);
  return 0;
}

int pr_event_unregister(
  module *m, const char *event, void (*callback)(const void *, void *)) {
  (void) m;
  (void) callback;
  fakes_note(fakes.listeners, sizeof(fakes.listeners), "-%s\n",
    event != NULL ? event : "");
  return 0;
}

int pr_event_listening(const char *event) {
  (void) event;
  return 0;
}

void pr_event_generate(const char *event, const void *data) {
  (void) data;
  fakes_note(fakes.events, sizeof(fakes.events), "%s\n", event);
}

int pr_timer_add(
  int seconds, int id, module *m, callback_t callback, const char *text) {
  static int last = 1000;

  (void) seconds;
  (void) id;
  (void) m;
  (void) text;
  fakes.timer = callback;
  fakes.timer_id = ++last;
  return last;
}

int pr_timer_remove(int id, module *m) {
  (void) m;
  if (fakes.timer_id != id) {
    return -1;
  }

  fakes.timer_id = 0;
  return 0;
}

int pr_timer_reset(int id, module *m) {
  (void) id;
  (void) m;
  return 0;
}

/* Addresses. */

pr_netaddr_t *fakes_address(const char *text) {
  pr_netaddr_t *addr = pcalloc(permanent_pool, sizeof(*addr));

  (void) snprintf(addr->na_ipstr, sizeof(addr->na_ipstr), "%s", text);
  addr->na_have_ipstr = TRUE;
  addr->na_family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
  if (addr->na_family == AF_INET) {
    (void) inet_pton(AF_INET, text, &addr->na_addr.v4.sin_addr);
  }

  return addr;
}

const char *pr_netaddr_get_ipstr(const pr_netaddr_t *addr) {
  return addr->na_ipstr;
}

int pr_netaddr_get_family(const pr_netaddr_t *addr) {
  return addr->na_family;
}

int pr_netaddr_cmp(const pr_netaddr_t *first, const pr_netaddr_t *second) {
  return strcmp(first->na_ipstr, second->na_ipstr);
}

int pr_netaddr_is_v4mappedv6(const pr_netaddr_t *addr) {
  return strncasecmp(addr->na_ipstr, "::ffff:", 7) == 0 ? TRUE : FALSE;
}

pr_netaddr_t *pr_netaddr_v6tov4(pool *p, const pr_netaddr_t *addr) {
  (void) p;
  return fakes_address(addr->na_ipstr + 7);
}

const pr_netaddr_t *pr_netaddr_get_addr2(
  pool *p, const char *name, array_header **others, unsigned int flags) {
  char bytes[sizeof(struct in6_addr)];

  (void) p;
  (void) others;
  (void) flags;
  if (inet_pton(AF_INET, name, bytes) != 1 &&
    inet_pton(AF_INET6, name, bytes) != 1) {
    errno = ENOENT;
    return NULL;
  }

  return fakes_address(name);
}

const pr_netaddr_t *pr_netaddr_get_addr(
  pool *p, const char *name, array_header **others) {
  return pr_netaddr_get_addr2(p, name, others, 0);
}

const pr_class_t *pr_class_find(const char *name) {
  return fakes.class != NULL && strcmp(fakes.class->cls_name, name) == 0 ?
    fakes.class :
    NULL;
}

int pr_class_satisfied(
  pool *p, const pr_class_t *class, const pr_netaddr_t *addr) {
  (void) p;
  (void) class;
  (void) addr;
  return fakes.class_fits ? TRUE : FALSE;
}

/* Users. */

config_rec *pr_auth_get_anon_config(
  pool *p, const char **login, char **real, char **anonymous) {
  (void) p;
  (void) real;
  (void) anonymous;
  if (fakes.alias != NULL) {
    *login = fakes.alias;
  }

  return fakes.anonymous;
}

struct passwd *pr_auth_getpwnam(pool *p, const char *name) {
  (void) p;
  return fakes.user != NULL && strcmp(fakes.user->pw_name, name) == 0 ?
    fakes.user :
    NULL;
}

int pr_auth_add_auth_only_module(const char *name) {
  (void) name;
  return 0;
}

int pr_privs_root(const char *file, int line) {
  (void) file;
  (void) line;
  return 0;
}

int pr_privs_relinquish(const char *file, int line) {
  (void) file;
  (void) line;
  return 0;
}

/* Signals. */

void pr_signals_handle(void) {
}

void pr_signals_block(void) {
}

void pr_signals_unblock(void) {
}

/* Modules and symbols. */

unsigned char pr_module_exists(const char *name) {
  return fakes.absent_module == NULL || strcmp(fakes.absent_module, name) != 0;
}

module *pr_module_get(const char *name) {
  (void) name;
  return NULL;
}

int pr_module_load_cmdtab(module *m) {
  (void) m;
  return 0;
}

int pr_module_unload(module *m) {
  (void) m;
  return 0;
}

modret_t *pr_module_call(
  module *m, modret_t *(*handler)(cmd_rec *), cmd_rec *cmd) {
  (void) m;
  return handler(cmd);
}

int pr_stash_add_symbol(pr_stash_type_t type, void *symbol) {
  (void) type;
  (void) symbol;
  return 0;
}

int pr_stash_remove_symbol(pr_stash_type_t type, const char *name, module *m) {
  (void) type;
  (void) name;
  (void) m;
  return 0;
}

void *pr_stash_get_symbol(
  pr_stash_type_t type, const char *name, void *before, int *index) {
  (void) type;
  (void) name;
  (void) before;
  (void) index;
  return NULL;
}

void *pr_stash_get_symbol2(pr_stash_type_t type, const char *name, void *before,
  int *index, unsigned int *hash) {
  (void) hash;
  return pr_stash_get_symbol(type, name, before, index);
}

/* Data connections and transfers. */

void pr_data_reset(void) {
  fakes.data_resets++;
}

void pr_data_clear_xfer_pool(void) {
}

int pr_data_get_timeout(int which) {
  (void) which;
  return 0;
}

int pr_throttle_have_rate(void) {
  return FALSE;
}

int pr_scoreboard_entry_update(pid_t pid, ...) {
  (void) pid;
  return 0;
}

int pr_inet_set_proto_cork(int fd, int on) {
  (void) fd;
  (void) on;
  return 0;
}

pr_netio_t *pr_alloc_netio2(pool *p, module *m, const char *name) {
  (void) m;
  (void) name;
  return pcalloc(p, sizeof(pr_netio_t));
}

pr_netio_t *pr_get_netio(int type) {
  (void) type;
  return NULL;
}

int pr_register_netio(pr_netio_t *netio, int types) {
  (void) netio;
  (void) types;
  return 0;
}

void pr_netio_abort(pr_netio_stream_t *strm) {
  (void) strm;
}

/* FEAT, HELP, encodings, titles. */

int pr_feat_add(const char *line) {
  (void) line;
  return 0;
}

int pr_feat_remove(const char *line) {
  (void) line;
  return 0;
}

const char *pr_feat_get(void) {
  return NULL;
}

const char *pr_feat_get_next(void) {
  return NULL;
}

void pr_help_add(const char *command, const char *syntax, int implemented) {
  (void) command;
  (void) syntax;
  (void) implemented;
}

void pr_encode_disable_encoding(void) {
}

const char *pr_encode_get_charset(void) {
  return NULL;
}

const char *pr_encode_get_encoding(void) {
  return NULL;
}

int pr_encode_set_charset_encoding(const char *charset, const char *encoding) {
  (void) charset;
  (void) encoding;
  return 0;
}

int pr_encode_supports_telnet_iac(void) {
  return TRUE;
}

void pr_proctitle_set(const char *fmt, ...) {
  (void) fmt;
}

int pr_random_init(void) {
  return 0;
}

unsigned long pr_version_get_number(void) {
  return PROFTPD_VERSION_NUMBER;
}

const char *pr_version_get_str(void) {
  return PROFTPD_VERSION_TEXT;
}
