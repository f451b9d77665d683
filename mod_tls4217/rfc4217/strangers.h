/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whom TLSSessionReuse user would refuse, in shared memory
 *
 * TLSSessionReuse report lets such data connections in and counts them here,
 * by user, server and client program, beyond the end of their sessions.
 * No process waits for another, and nothing that is read is trusted (roster.h).
 */

#ifndef TLS4217_RFC4217_STRANGERS_H
#define TLS4217_RFC4217_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS4217_STRANGERS_ROWS 512

struct tls4217_stranger {
  uint64_t server; /* roster.h */
  char user[128];
  char client[64];
  char host[64];  /* the server's name, for people */
  uint64_t count; /* data connections */
};

struct tls4217_strangers;

/* The memory that it needs, in bytes; all zeros is one without rows. */
size_t tls4217_strangers_size(void);

/*
 * Counts one data connection of who; who->count is not read.  Returns 0, or -1
 * where there is no room for one more.
 */
int tls4217_strangers_add(
  struct tls4217_strangers *strangers, const struct tls4217_stranger *who);

/* Copies row to *who; returns false where it is empty or being written. */
bool tls4217_strangers_read(const struct tls4217_strangers *strangers, int row,
  struct tls4217_stranger *who);

/*
 * Whether a user can be named alone in an <IfUser> of mod_ifsession: no word
 * of its expressions, no blank, nothing that ends the section.
 */
bool tls4217_strangers_is_plain(const char *user);

#endif
