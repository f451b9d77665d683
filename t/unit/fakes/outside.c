/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: JSON, a Redis that is not there, bytes of addresses
 *
 * See fakes.h.
 */

#include <errno.h>

#include "t/unit/fakes/fakes.h"

#include <json.h>
#include <redis.h>

#include "mod_ctrls.h"

/* JSON: members are written as they come. */

struct json_obj_st {
  char *text;
};

pr_json_object_t *pr_json_object_alloc(pool *p) {
  pr_json_object_t *json = pcalloc(p, sizeof(*json));

  json->text = pstrdup(p, "");
  return json;
}

static int add_member(
  pool *p, pr_json_object_t *json, const char *key, const char *value) {
  json->text = pstrcat(p, json->text, json->text[0] != '\0' ? "," : "", "\"",
    key, "\":", value, NULL);
  return 0;
}

int pr_json_object_set_bool(
  pool *p, pr_json_object_t *json, const char *key, int value) {
  return add_member(p, json, key, value ? "true" : "false");
}

int pr_json_object_set_number(
  pool *p, pr_json_object_t *json, const char *key, double value) {
  char text[64];

  (void) snprintf(text, sizeof(text), "%.0f", value);
  return add_member(p, json, key, text);
}

int pr_json_object_set_string(
  pool *p, pr_json_object_t *json, const char *key, const char *value) {
  char *text = palloc(p, 2 * strlen(value) + 3), *to = text;

  *to++ = '"';
  for (; *value != '\0'; value++) {
    if (*value == '"' || *value == '\\') {
      *to++ = '\\';
    }
    *to++ = *value;
  }

  *to++ = '"';
  *to = '\0';
  return add_member(p, json, key, text);
}

char *pr_json_object_to_text(
  pool *p, const pr_json_object_t *json, const char *indent) {
  (void) indent;
  return pstrcat(p, "{", json->text, "}", NULL);
}

/* Access lists of mod_ctrls. */

char **pr_ctrls_parse_acl(pool *p, const char *text) {
  char **words = pcalloc(p, 2 * sizeof(*words));

  words[0] = pstrdup(p, text);
  return words;
}

int pr_ctrls_set_module_acls2(ctrls_acttab_t *table, pool *p, char **actions,
  const char *allow, const char *type, char *list, const char **bad) {
  (void) table;
  (void) p;
  (void) actions;
  (void) allow;
  (void) type;
  (void) list;
  (void) bad;
  return 0;
}

/* Redis, which nobody reaches. */

pr_redis_t *pr_redis_conn_new(pool *p, module *owner, unsigned long flags) {
  (void) p;
  (void) owner;
  (void) flags;
  errno = ECONNREFUSED;
  return NULL;
}

int pr_redis_command(pr_redis_t *redis, const array_header *args, int type) {
  (void) redis;
  (void) args;
  (void) type;
  return -1;
}

void *pr_redis_get(
  pool *p, pr_redis_t *redis, module *m, const char *key, size_t *size) {
  (void) p;
  (void) redis;
  (void) m;
  (void) key;
  (void) size;
  return NULL;
}

int pr_redis_remove(pr_redis_t *redis, module *m, const char *key) {
  (void) redis;
  (void) m;
  (void) key;
  return -1;
}

int pr_redis_set(pr_redis_t *redis, module *m, const char *key, void *value,
  size_t size, time_t expires) {
  (void) redis;
  (void) m;
  (void) key;
  (void) value;
  (void) size;
  (void) expires;
  return -1;
}

/* Addresses and tables. */

void *pr_netaddr_get_inaddr(const pr_netaddr_t *addr) {
  return (void *) &addr->na_addr.v4.sin_addr;
}

size_t pr_netaddr_get_inaddr_len(const pr_netaddr_t *addr) {
  return sizeof(addr->na_addr.v4.sin_addr);
}

pr_table_t *pr_table_nalloc(pool *p, int flags, unsigned int chains) {
  (void) flags;
  (void) chains;
  return fakes_table(p);
}
