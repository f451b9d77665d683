/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether a file is still what it was
 *
 * See filestamp.h.  stat(2), readdir(3).
 */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mod_tls4217/tls/cert/filestamp.h"
#include "mod_tls4217/tls/fnv.h"

#define NANOSECONDS INT64_C(1000000000)

/* A coarse clock ticks every 10 ms at worst; some file systems, each second
 * or two. */
#define FRESH (2 * NANOSECONDS)

/* Field by field: a struct may have gaps. */
static uint64_t add_stamp(
  uint64_t digest, const struct tls4217_filestamp *stamp) {
  const uint64_t fields[] = { stamp->device, stamp->inode, stamp->size,
    (uint64_t) stamp->modified, (uint64_t) stamp->changed, stamp->entries,
    (uint64_t) stamp->errnum };

  return tls4217_fnv_add(digest, fields, sizeof(fields));
}

static int64_t nanoseconds(struct timespec time) {
  return (int64_t) time.tv_sec * NANOSECONDS + time.tv_nsec;
}

struct tls4217_filestamp tls4217_filestamp_of(const struct stat *st) {
  const struct tls4217_filestamp stamp = {
    .device = (uint64_t) st->st_dev,
    .inode = (uint64_t) st->st_ino,
    .size = (uint64_t) st->st_size,
    .modified = nanoseconds(st->st_mtim),
    .changed = nanoseconds(st->st_ctim),
  };

  return stamp;
}

/* The order in which a directory lists its entries means nothing: their
 * digests are added up. */
static void add_entry(struct tls4217_filestamp *stamp, const char *path,
  const char *name, unsigned int levels) {
  struct tls4217_filestamp entry;
  char full[4096];
  int len;

  len = snprintf(full, sizeof(full), "%s/%s", path, name);
  if (len < 0 || (size_t) len >= sizeof(full)) {
    return;
  }

  tls4217_filestamp_take(full, levels, &entry);
  stamp->entries += add_stamp(
    tls4217_fnv_add(TLS4217_FNV_BEGIN, name, strlen(name)), &entry);
  if (entry.changed > stamp->changed) {
    stamp->changed = entry.changed;
  }
}

static void add_entries(
  struct tls4217_filestamp *stamp, const char *path, unsigned int levels) {
  DIR *dir = opendir(path);
  const struct dirent *entry;

  if (dir == NULL) {
    stamp->errnum = errno;
    return;
  }

  while ((errno = 0, entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.') {
      add_entry(stamp, path, entry->d_name, levels);
    }
  }

  stamp->errnum = errno;
  (void) closedir(dir);
}

void tls4217_filestamp_take(
  const char *path, unsigned int levels, struct tls4217_filestamp *stamp) {
  struct stat st;

  if (stat(path, &st) < 0) {
    *stamp = (struct tls4217_filestamp){ .errnum = errno };
    return;
  }

  *stamp = tls4217_filestamp_of(&st);
  if (S_ISDIR(st.st_mode) && levels > 0) {
    add_entries(stamp, path, levels - 1);
  }
}

bool tls4217_filestamp_equal(const struct tls4217_filestamp *first,
  const struct tls4217_filestamp *second) {
  return first->device == second->device && first->inode == second->inode &&
    first->size == second->size && first->modified == second->modified &&
    first->changed == second->changed && first->entries == second->entries &&
    first->errnum == second->errnum;
}

bool tls4217_filestamp_is_fresh(
  const struct tls4217_filestamp *stamp, int64_t now) {
  const int64_t age = now * NANOSECONDS - stamp->changed;

  /* A clock that was put back far makes nothing fresh for ever. */
  return age > -FRESH && age < FRESH;
}

void tls4217_filestamp_look(struct tls4217_filelook *look, const char *path,
  unsigned int levels, int64_t now) {
  struct tls4217_filestamp stamp;

  if (path == NULL) {
    return;
  }

  tls4217_filestamp_take(path, levels, &stamp);
  look->digest = add_stamp(
    look->digest != 0 ? look->digest : TLS4217_FNV_BEGIN, &stamp);
  look->is_fresh = look->is_fresh || tls4217_filestamp_is_fresh(&stamp, now);
}
