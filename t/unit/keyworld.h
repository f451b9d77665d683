/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a key process for tests, and a daemon's and a session's end of
 * it
 *
 * The world of a test is made by keyworld_make and ended by keyworld_end, as
 * cmocka's setup and teardown: a process that runs tls/keys/keyserver.c in its
 * sandbox, and an EC pair in files.
 */

#ifndef TLS4217_UNIT_KEYWORLD_H
#define TLS4217_UNIT_KEYWORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "t/unit/pki.h"

/* The host of the pair, and what a session may ask for. */
#define KEYWORLD_SCOPE   7
#define KEYWORLD_NSCOPES 2

/* How often a session may ask. */
#define KEYWORLD_BUDGET 2

extern const uint64_t keyworld_scopes[KEYWORLD_NSCOPES];

struct keyworld {
  struct pki_dir *dir;
  struct pki_cert *cert;
  struct tls4217_remotekeys *keys;
  struct tls4217_keyclient client; /* whom the keys ask */
  struct tls4217_keyfiles files;
  int daemon, front; /* the sockets of a daemon */
  pid_t pid;
};

int keyworld_make(void **state);
int keyworld_end(void **state);

/* The daemon ends. */
void keyworld_close_daemon(struct keyworld *world);

/* The status of the key process, when it has ended. */
int keyworld_wait_for_end(struct keyworld *world);

/* Gives the session a channel. */
void keyworld_connect(struct keyworld *world, unsigned int budget);

/* Ten seconds from now, as a deadline. */
int64_t keyworld_soon(void);

/* Has the pair loaded; free it. */
struct tls4217_keypair *keyworld_load(struct keyworld *world, uint64_t *handle);

/* What a TLS 1.3 server signs, to ask without a handshake. */
struct tls4217_signjob keyworld_job(
  uint64_t handle, unsigned char message[130]);

/* Asks on the session's channel: 0, or -1 with err filled. */
int keyworld_sign(struct keyworld *world, const struct tls4217_signjob *job,
  struct tls4217_error *err);

/* The same, which must fail with these words. */
void keyworld_refused(
  struct keyworld *world, const struct tls4217_signjob *job, const char *want);

#endif
