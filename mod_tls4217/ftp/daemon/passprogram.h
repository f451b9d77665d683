/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the program of TLSPassPhraseProvider
 *
 * Run with the surface that mod_tls gives it: "servername:port" as the first
 * argument, the kind of the key as the second ("RSA", "EC", "PKCS12"); it
 * prints the pass phrase.  What it prints stays in the pipe: this process does
 * not read it.  execve(2), pipe(7).
 */

#ifndef TLS4217_FTP_DAEMON_PASSPROGRAM_H
#define TLS4217_FTP_DAEMON_PASSPROGRAM_H

#include "mod_tls4217/tls/error.h"

/* Milliseconds until it is killed. */
#define TLS4217_PASSPROGRAM_TIME 10000

/* What is run, and who hears each line of its standard error. */
struct tls4217_passprogram {
  const char *path;
  const char *host; /* "servername:port" */
  const char *kind;
  void (*hear)(void *user, const char *line);
  void *user;
};

/*
 * Runs it, with the caller's privileges, and waits for its end.  It has nothing
 * but its arguments, PATH, and three descriptors.  A program that others than
 * root and this process' user could replace is not run.
 *
 * Returns the reading end of the pipe with what it has printed, which does not
 * wait, for the caller to close; or -1 with err saying what is wrong with the
 * program, or how it has ended.
 */
int tls4217_passprogram_run(
  const struct tls4217_passprogram *program, struct tls4217_error *err);

#endif
