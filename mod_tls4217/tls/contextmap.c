/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - contexts by the names in their certificates
 *
 * See contextmap.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/tls/cert/certnames.h"
#include "mod_tls4217/tls/cert/dnsnames.h"
#include "mod_tls4217/tls/contextmap.h"

/* More key types than there are. */
#define MAX_PAIRS 8

/* What a name has: some of the pairs, by their numbers, in their order. */
struct set {
  size_t pairs[MAX_PAIRS];
  size_t npairs; /* 0: those of the context otherwise */
  const struct tls4217_context *context;
};

struct tls4217_contextmap {
  struct tls4217_dnsnames *names; /* their numbers are those of the sets */
  struct set *sets;               /* one for each name */
  size_t nsets, room;
  struct tls4217_context **contexts; /* owned; those of one set each */
  size_t ncontexts;
  size_t *latest; /* for each pair: the last set that begins with it */
  const struct tls4217_context *otherwise;
};

/* Names. */

/* The names of one pair, while they are put in. */
struct names {
  struct tls4217_contextmap *map;
  size_t pair; /* NO_PAIR: of the context otherwise */
  bool failed; /* there is no memory */
};

#define NO_PAIR ((size_t) -1)

/* An address becomes a name that no certificate can have: its last label is
 * reserved (RFC 6761). */
static int address_name(
  const unsigned char *bytes, size_t size, char *text, size_t room) {
  int len = 0;

  for (size_t i = 0; i < size && (size_t) len < room; i++) {
    len += snprintf(text + len, room - (size_t) len, "%02x", bytes[i]);
  }

  return len + snprintf(text + len, room - (size_t) len, ".address.invalid");
}

static struct set *new_set(struct tls4217_contextmap *map) {
  if (map->nsets == map->room) {
    const size_t room = map->room > 0 ? map->room * 2 : 64;
    struct set *sets = realloc(map->sets, room * sizeof(*sets));

    if (sets == NULL) {
      return NULL;
    }

    map->sets = sets;
    map->room = room;
  }

  memset(&map->sets[map->nsets], 0, sizeof(map->sets[0]));
  return &map->sets[map->nsets++];
}

static void put_name(
  void *user, bool is_address, const unsigned char *bytes, size_t size) {
  struct names *names = user;
  struct tls4217_contextmap *map = names->map;
  const char *name = (const char *) bytes;
  char text[64];
  struct set *set;
  size_t *at;

  if (is_address) {
    if (size != 4 && size != 16) { /* RFC 5280, section 4.2.1.6: no address */
      return;
    }

    size = (size_t) address_name(bytes, size, text, sizeof(text));
    name = text;
  }

  at = tls4217_dnsnames_at(map->names, name, size);
  if (at == NULL) {
    return;
  }

  if (*at == TLS4217_DNSNAMES_NONE) {
    set = new_set(map);
    if (set == NULL) {
      names->failed = true;
      return;
    }

    *at = map->nsets - 1;

  } else if (names->pair == NO_PAIR) {
    return;

  } else {
    set = &map->sets[*at];
  }

  if (names->pair != NO_PAIR && set->npairs < MAX_PAIRS &&
    (set->npairs == 0 || set->pairs[set->npairs - 1] != names->pair)) {
    set->pairs[set->npairs++] = names->pair;
  }
}

static int put_names(struct tls4217_contextmap *map, const X509 *cert,
  size_t pair, struct tls4217_error *err) {
  struct names names = { map, pair, false };

  tls4217_certnames_list(cert, put_name, &names);
  if (names.failed) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return -1;
  }

  return 0;
}

/* Contexts. */

static bool are_equal(const struct set *first, const struct set *second) {
  return first->npairs == second->npairs &&
    memcmp(first->pairs, second->pairs,
      first->npairs * sizeof(first->pairs[0])) == 0;
}

static struct tls4217_context *make_context(
  const struct tls4217_context_settings *common, const struct set *set,
  struct tls4217_keypair *const *pairs, struct tls4217_error *err) {
  struct tls4217_context_settings settings = *common;
  struct tls4217_keypair *chosen[MAX_PAIRS];

  for (size_t i = 0; i < set->npairs; i++) {
    chosen[i] = pairs[set->pairs[i]];
  }

  settings.pairs = chosen;
  settings.npairs = set->npairs;
  return tls4217_context_new(&settings, err);
}

/* Names of one certificate follow each other: what the last set that begins
 * with it has is taken, where it is the same. */
static int give_context(struct tls4217_contextmap *map,
  const struct tls4217_context_settings *common, size_t at,
  struct tls4217_keypair *const *pairs, struct tls4217_error *err) {
  struct set *set = &map->sets[at];
  size_t *latest = &map->latest[set->pairs[0]];

  if (*latest == NO_PAIR || are_equal(&map->sets[*latest], set) == false) {
    struct tls4217_context *context = make_context(common, set, pairs, err);

    if (context == NULL) {
      return -1;
    }

    map->contexts[map->ncontexts++] = context;
    set->context = context;

  } else {
    set->context = map->sets[*latest].context;
  }

  *latest = at;
  return 0;
}

static int give_contexts(struct tls4217_contextmap *map,
  const struct tls4217_context_settings *common,
  struct tls4217_keypair *const *pairs, size_t npairs,
  struct tls4217_error *err) {
  map->contexts = calloc(map->nsets + 1, sizeof(struct tls4217_context *));
  map->latest = malloc((npairs + 1) * sizeof(*map->latest));
  if (map->contexts == NULL || map->latest == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return -1;
  }

  for (size_t i = 0; i < npairs; i++) {
    map->latest[i] = NO_PAIR;
  }

  for (size_t i = 0; i < map->nsets; i++) {
    if (map->sets[i].npairs == 0) {
      map->sets[i].context = map->otherwise;

    } else if (give_context(map, common, i, pairs, err) < 0) {
      return -1;
    }
  }

  return 0;
}

static int fill(struct tls4217_contextmap *map,
  const struct tls4217_context_settings *common,
  struct tls4217_keypair *const *pairs, size_t npairs,
  struct tls4217_error *err) {
  for (size_t i = 0; i < npairs; i++) {
    if (put_names(map, pairs[i]->leaf, i, err) < 0) {
      return -1;
    }
  }

  for (size_t i = 0; i < common->npairs; i++) {
    if (put_names(map, common->pairs[i]->leaf, NO_PAIR, err) < 0) {
      return -1;
    }
  }

  return give_contexts(map, common, pairs, npairs, err);
}

struct tls4217_contextmap *tls4217_contextmap_new(
  const struct tls4217_context_settings *common,
  const struct tls4217_context *otherwise, struct tls4217_keypair *const *pairs,
  size_t npairs, struct tls4217_error *err) {
  struct tls4217_contextmap *map = calloc(1, sizeof(*map));

  if (map != NULL) {
    map->names = tls4217_dnsnames_new();
    map->otherwise = otherwise;
  }

  if (map == NULL || map->names == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    tls4217_contextmap_free(map);
    return NULL;
  }

  if (fill(map, common, pairs, npairs, err) < 0) {
    tls4217_contextmap_free(map);
    return NULL;
  }

  return map;
}

void tls4217_contextmap_free(struct tls4217_contextmap *map) {
  if (map == NULL) {
    return;
  }

  for (size_t i = 0; i < map->ncontexts; i++) {
    tls4217_context_free(map->contexts[i]);
  }

  free(map->contexts);
  free(map->latest);
  free(map->sets);
  tls4217_dnsnames_free(map->names);
  free(map);
}

const struct tls4217_context *tls4217_contextmap_find(
  const struct tls4217_contextmap *map, const char *name) {
  const size_t at = tls4217_dnsnames_find(map->names, name);

  return at != TLS4217_DNSNAMES_NONE ? map->sets[at].context : NULL;
}

const struct tls4217_context *tls4217_contextmap_find_address(
  const struct tls4217_contextmap *map, const unsigned char *address,
  size_t size) {
  char text[64];

  (void) address_name(address, size, text, sizeof(text));
  return tls4217_contextmap_find(map, text);
}
