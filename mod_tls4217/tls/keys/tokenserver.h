/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the process of a token: it alone uses the token's PKCS #11
 * module
 *
 * Two processes, in fact.  The outer one never loads a module: it has the PIN,
 * takes requests on a socket that only the key process has, hands each to the
 * inner one, and starts another inner one where that has ended, hangs, or has
 * lost its token.  The inner one opens the key as root, makes a signature,
 * gives up root and the file system (keysandbox.h, but for the filter of
 * system calls), and signs what a TLS server signs.
 *
 * Requests and answers are those of a session's channel (keyproto.h).  One is
 * served at a time.  A token that is gone is looked for again when a signature
 * is asked for, but not more often than every few seconds; a PIN that was not
 * accepted is not tried again.
 */

#ifndef TLS4217_TLS_KEYS_TOKENSERVER_H
#define TLS4217_TLS_KEYS_TOKENSERVER_H

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/keysandbox.h"

/* Milliseconds for the token to be opened, and for one signature. */
#define TLS4217_TOKENSERVER_START_TIME 10000
#define TLS4217_TOKENSERVER_SIGN_TIME  8000

struct tls4217_tokenserver_settings {
  const char *uri;
  int parent_fd; /* the daemon's: one message when the token is open; owned */
  int fd;        /* the key process': requests; owned */
  int pin_fd;    /* a pipe with the PIN (phrasebook.h), or -1; owned */
  struct tls4217_keysandbox_settings sandbox;
};

/*
 * Serves until the socket of the key process ends, and returns the exit status
 * of the process.
 */
int tls4217_tokenserver_run(
  const struct tls4217_tokenserver_settings *settings);

/*
 * The daemon's side: waits for that message.  Returns 0, or -1 with err filled:
 * why the key could not be opened, as of tokenkey.h.
 */
int tls4217_tokenserver_hear(int fd, struct tls4217_error *err);

#endif
