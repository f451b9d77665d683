/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who has which connection, in memory that processes share
 *
 * See roster.h.  A row is taken by its owner's number (compare and swap) and
 * written between an odd and an even turn; who reads compares the turns
 * before and behind.
 */

#include <stdatomic.h>
#include <string.h>

#include "mod_tls4217/rfc4217/roster.h"

/* How often one reads a row that is being written. */
#define TRIES 4

struct row {
  _Atomic int32_t owner; /* 0: free */
  _Atomic uint32_t turn;
  struct tls4217_roster_entry entry;
};

/* Rows are taken from the first on; a bit for each block of them says that one
 * of it has been. */
#define BLOCK (TLS4217_ROSTER_ROWS / 64)

struct tls4217_roster {
  _Atomic uint64_t used;
  struct row rows[TLS4217_ROSTER_ROWS];
};

size_t tls4217_roster_size(void) {
  return sizeof(struct tls4217_roster);
}

void tls4217_roster_set_text(char *buf, size_t size, const char *text) {
  size_t len = text != NULL ? strlen(text) : 0;

  memset(buf, 0, size);
  if (len > 0) {
    memcpy(buf, text, len < size ? len : size - 1);
  }
}

/* No reader takes a row between the two. */
static void begin_writing(struct row *row) {
  uint32_t turn = atomic_load(&row->turn);

  /* One that has died here has left it odd. */
  atomic_store(&row->turn, (turn | 1U) + 2);
  atomic_thread_fence(memory_order_seq_cst);
}

static void end_writing(struct row *row) {
  atomic_store(&row->turn, atomic_load(&row->turn) + 1);
}

static void write_row(
  struct row *row, const struct tls4217_roster_entry *entry) {
  begin_writing(row);
  row->entry = *entry;
  end_writing(row);
}

static void empty_row(struct row *row) {
  static const struct tls4217_roster_entry nothing;

  write_row(row, &nothing);
  atomic_store(&row->owner, 0);
}

/* Whether it was free, and is the caller's now. */
static bool take_free(struct row *row, int32_t pid) {
  int32_t owner = 0;

  return atomic_compare_exchange_strong(&row->owner, &owner, pid);
}

/* The same of a process' that has ended. */
static bool take_dead(
  struct row *row, int32_t pid, tls4217_roster_alive is_alive) {
  int32_t owner = atomic_load(&row->owner);

  return owner != 0 && is_alive(owner, row->entry.start) == false &&
    atomic_compare_exchange_strong(&row->owner, &owner, pid);
}

/* Whether a process is there costs system calls: only when there is no row
 * left. */
static int take_row(
  struct tls4217_roster *roster, int32_t pid, tls4217_roster_alive is_alive) {
  for (int i = 0; i < TLS4217_ROSTER_ROWS; i++) {
    if (take_free(&roster->rows[i], pid)) {
      return i;
    }
  }

  for (int i = 0; i < TLS4217_ROSTER_ROWS; i++) {
    if (take_dead(&roster->rows[i], pid, is_alive)) {
      return i;
    }
  }

  return -1;
}

int tls4217_roster_enter(struct tls4217_roster *roster,
  const struct tls4217_roster_entry *entry, tls4217_roster_alive is_alive) {
  int row = take_row(roster, entry->pid, is_alive);

  if (row >= 0) {
    write_row(&roster->rows[row], entry);
    atomic_fetch_or(&roster->used, UINT64_C(1) << (row / BLOCK));
  }

  return row;
}

void tls4217_roster_update(struct tls4217_roster *roster, int row,
  const struct tls4217_roster_entry *entry) {
  if (row >= 0 && row < TLS4217_ROSTER_ROWS &&
    atomic_load(&roster->rows[row].owner) == entry->pid) {
    write_row(&roster->rows[row], entry);
  }
}

void tls4217_roster_leave(struct tls4217_roster *roster, int row, int32_t pid) {
  if (row >= 0 && row < TLS4217_ROSTER_ROWS &&
    atomic_load(&roster->rows[row].owner) == pid) {
    empty_row(&roster->rows[row]);
  }
}

/* Whoever wrote it, its texts end. */
static void end_texts(struct tls4217_roster_entry *entry) {
  entry->user[sizeof(entry->user) - 1] = '\0';
  entry->address[sizeof(entry->address) - 1] = '\0';
  entry->client[sizeof(entry->client) - 1] = '\0';
}

static bool copy_row(
  const struct row *row, struct tls4217_roster_entry *entry) {
  uint32_t turn = atomic_load(&row->turn);

  if (turn % 2 != 0 || atomic_load(&row->owner) == 0) {
    return false;
  }

  *entry = row->entry;
  atomic_thread_fence(memory_order_seq_cst);
  return atomic_load(&row->turn) == turn;
}

bool tls4217_roster_read(const struct tls4217_roster *roster, int row,
  struct tls4217_roster_entry *entry) {
  for (int i = 0; i < TRIES; i++) {
    if (copy_row(&roster->rows[row], entry)) {
      end_texts(entry);
      return entry->pid != 0;
    }
  }

  return false;
}

int tls4217_roster_count(const struct tls4217_roster *roster) {
  int count = 0;

  for (uint64_t used = atomic_load(&roster->used); used != 0; used >>= 1) {
    count += BLOCK;
  }

  return count;
}

bool tls4217_roster_find(const struct tls4217_roster *roster,
  const unsigned char *digest, tls4217_roster_alive is_alive,
  struct tls4217_roster_entry *entry) {
  int count = tls4217_roster_count(roster);

  for (int i = 0; i < count; i++) {
    if (tls4217_roster_read(roster, i, entry) &&
      memcmp(entry->digest, digest, TLS4217_ROSTER_DIGEST_SIZE) == 0 &&
      is_alive(entry->pid, entry->start)) {
      return true;
    }
  }

  return false;
}

int tls4217_roster_sweep(
  struct tls4217_roster *roster, tls4217_roster_alive is_alive) {
  int count = tls4217_roster_count(roster), swept = 0;

  for (int i = 0; i < count; i++) {
    struct row *row = &roster->rows[i];
    int32_t owner = atomic_load(&row->owner);

    /* No process has the number -1: no other one empties the row meanwhile. */
    if (owner != 0 && is_alive(owner, row->entry.start) == false &&
      atomic_compare_exchange_strong(&row->owner, &owner, -1)) {
      empty_row(row);
      swept++;
    }
  }

  return swept;
}

static bool is_whole(const char *text, size_t size) {
  size_t len = strnlen(text, size);

  return len > 0 && len < size - 1;
}

bool tls4217_roster_are_companions(const struct tls4217_roster_entry *one,
  const struct tls4217_roster_entry *other) {
  return one->anonymous == false && other->anonymous == false &&
    one->server == other->server && is_whole(one->user, sizeof(one->user)) &&
    is_whole(one->address, sizeof(one->address)) &&
    strcmp(one->user, other->user) == 0 &&
    strcmp(one->address, other->address) == 0;
}

bool tls4217_roster_may_become_companions(
  const struct tls4217_roster_entry *one,
  const struct tls4217_roster_entry *other) {
  return other->user[0] == '\0' &&
    is_whole(one->address, sizeof(one->address)) &&
    strcmp(one->address, other->address) == 0;
}

bool tls4217_roster_find_heir(const struct tls4217_roster *roster,
  const struct tls4217_roster_entry *one, const unsigned char *digest,
  tls4217_roster_alive is_alive, struct tls4217_roster_entry *entry) {
  int count = tls4217_roster_count(roster);

  for (int i = 0; i < count; i++) {
    if (tls4217_roster_read(roster, i, entry) &&
      memcmp(entry->resumed, digest, TLS4217_ROSTER_DIGEST_SIZE) == 0 &&
      (tls4217_roster_are_companions(one, entry) ||
        tls4217_roster_may_become_companions(one, entry)) &&
      is_alive(entry->pid, entry->start)) {
      return true;
    }
  }

  return false;
}
