/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key process: its loop
 *
 * Holds the private keys and signs for the sessions, and does nothing else.
 * It opens nothing by itself: the daemon passes descriptors on a socket that
 * only the daemon has; sessions get signatures on channels of their own
 * (keyclient.h), which know nothing but "sign".  One request of a channel is
 * served at a time, several channels by several threads, in turns.  It ends
 * when the daemon, the place where channels are handed in and the last channel
 * are gone: sessions outlive a daemon that stops.
 *
 * What confines it (user, root, system calls) is in keysandbox.c.
 */

#ifndef TLS4217_TLS_KEYS_KEYSERVER_H
#define TLS4217_TLS_KEYS_KEYSERVER_H

#include <stdbool.h>
#include <stddef.h>

struct tls4217_keyserver_settings {
  int daemon_fd; /* the daemon's own; owned */
  int front_fd;  /* where channels are handed in; owned */
  unsigned int threads;

  /* Called once, when all threads are there: shuts the process in.  Returns 0,
   * or -1: the process ends. */
  int (*shut_in)(void *user);
  void *user;
};

/*
 * Serves until its end, and returns the exit status of the process.
 */
int tls4217_keyserver_run(const struct tls4217_keyserver_settings *settings);

#endif
