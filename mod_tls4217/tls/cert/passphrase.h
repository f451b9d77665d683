/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what OpenSSL is told when it wants a pass phrase
 *
 * A daemon cannot ask for one: without a pem_password_cb(3) OpenSSL would
 * prompt on the terminal, or read descriptor 0, which is the client's
 * connection in a session.  Every PEM_read of this layer has this one.
 */

#ifndef TLS4217_TLS_CERT_PASSPHRASE_H
#define TLS4217_TLS_CERT_PASSPHRASE_H

#include <stdbool.h>

struct tls4217_passphrase {
  const char *text; /* NULL: there is none, and what wants one is refused */
  bool was_asked;   /* something wanted one */
};

/* A pem_password_cb(3), whose user is a struct tls4217_passphrase. */
int tls4217_passphrase_cb(char *buf, int size, int for_writing, void *user);

#endif
