/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one value in Redis is read, and written where it is to be
 *
 * Through ProFTPD's own API, which waits for its answers: a child of the daemon
 * does it, which has a few seconds, runs as the server's user, and gets no more
 * memory than a valid answer needs.  The first host that finds no value writes
 * one (SET NX); it is replaced by one host at a time, and only where it is
 * still what that host has read.
 */

#ifndef TLS4217_FTP_DAEMON_REDISASK_H
#define TLS4217_FTP_DAEMON_REDISASK_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/tls/error.h"

/* Bytes of a value, at most. */
#define TLS4217_REDISASK_MAX 8192

struct tls4217_redisask {
  const char *key;
  const char *if_absent;   /* what is written where there is none; a text */
  const char *seen;        /* what is replaced; NULL: nothing is */
  const char *replacement; /* by what */
  unsigned long life;      /* seconds for which Redis keeps it */
};

/* How far the child got. */
enum tls4217_redisask_step {
  TLS4217_REDISASK_NO_ANSWER = 1, /* no connection, or none in time */
  TLS4217_REDISASK_REFUSED,       /* the password, the user or the database */
  TLS4217_REDISASK_NO_READING,    /* another type, or not allowed */
  TLS4217_REDISASK_NO_WRITING,    /* there is none still */
  TLS4217_REDISASK_TOO_LONG,
  TLS4217_REDISASK_ANSWERED
};

struct tls4217_redisanswer {
  enum tls4217_redisask_step step;
  int errnum;  /* errno, where it is not answered; or 0 */
  size_t size; /* of value; it does not end in a NUL */
  char value[TLS4217_REDISASK_MAX];
};

/* A child that asks Redis. */
struct tls4217_redischild {
  int fd; /* -1: there is none */
  pid_t pid;
  int64_t since; /* milliseconds of CLOCK_MONOTONIC */
};

/*
 * Whether Redis can be asked at all: 0, or -1 with err filled, with the remedy:
 * ProFTPD was built without it, mod_redis is not loaded, or no server is named.
 * Connects to nothing.
 */
int tls4217_redisask_check(struct tls4217_error *err);

/* Forks a child that asks; after that, what ask points to is no longer needed.
 * Returns 0, or -1 with err filled. */
int tls4217_redisask_start(const struct tls4217_redisask *ask,
  struct tls4217_redischild *child, struct tls4217_error *err);

/* Waits for so many milliseconds; 0: not at all.  Returns true with answer
 * filled, and the child is gone; false: not yet. */
bool tls4217_redisask_hear(struct tls4217_redischild *child,
  struct tls4217_redisanswer *answer, int patience);

/* Ends the child, if there is one. */
void tls4217_redisask_end(struct tls4217_redischild *child);

#endif
