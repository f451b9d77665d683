/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what hosts had of their files, over SIGHUP
 *
 * See remembered.h.  One item after the other: its header, its name with a NUL,
 * its bytes.
 */

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/remembered.h"
#include "mod_tls4217/ftp/daemon/restartmemory.h"

/* The number is that of the layout: another module may be loaded next. */
#define MARK "MOD_TLS4217_REMEMBERED_1"

struct header {
  uint64_t scope;
  uint64_t name_size; /* with the NUL */
  uint64_t size;      /* of the bytes */
};

/* What is put, and what was left behind. */
static struct {
  char *items;
  size_t size;
  char *left;
  size_t left_size;
} self;

void *tls4217_remembered_put(uint64_t scope, const char *name, size_t size) {
  const struct header header = { scope, strlen(name) + 1, size };
  char *items = realloc(
    self.items, self.size + sizeof(header) + header.name_size + size);
  char *at;

  if (items == NULL) {
    return NULL;
  }

  at = items + self.size;
  memcpy(at, &header, sizeof(header));
  memcpy(at + sizeof(header), name, header.name_size);
  self.items = items;
  self.size += sizeof(header) + header.name_size + size;
  return items + self.size - size;
}

void tls4217_remembered_leave(void) {
  void *room = self.size > 0 ? tls4217_restartmemory_make(MARK, self.size) :
                               NULL;

  if (room != NULL) {
    memcpy(room, self.items, self.size);
  }

  free(self.items);
  self.items = NULL;
  self.size = 0;
}

void tls4217_remembered_begin(void) {
  tls4217_remembered_end();
  self.left = tls4217_restartmemory_take(MARK, &self.left_size);
}

void tls4217_remembered_end(void) {
  tls4217_restartmemory_release(self.left, self.left_size);
  self.left = NULL;
  self.left_size = 0;
}

const void *tls4217_remembered_find(
  uint64_t scope, const char *name, size_t *size) {
  const char *at = self.left;
  size_t rest = self.left != NULL ? self.left_size : 0;
  struct header header;

  while (rest >= sizeof(header)) {
    memcpy(&header, at, sizeof(header));
    at += sizeof(header);
    rest -= sizeof(header);
    if (header.name_size > rest || header.size > rest - header.name_size) {
      return NULL;
    }

    if (header.scope == scope && header.name_size == strlen(name) + 1 &&
      memcmp(at, name, header.name_size) == 0) {
      *size = header.size;
      return at + header.name_size;
    }

    at += header.name_size + header.size;
    rest -= header.name_size + header.size;
  }

  return NULL;
}
