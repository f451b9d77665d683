/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who else can read a private key, or put another in its place
 *
 * stat(2).  Nothing is opened here.
 */

#ifndef TLS4217_TLS_CERT_FILEGUARD_H
#define TLS4217_TLS_CERT_FILEGUARD_H

#include "mod_tls4217/tls/error.h"

/*
 * Whether a file with a private key is closed to the other users of this
 * machine.  Returns 0 (also where it cannot be looked at), or -1 with err
 * saying what they may do, and the command that ends it.
 */
int tls4217_fileguard_key(const char *path, struct tls4217_error *err);

/*
 * Whether a file that is made where it is missing can be trusted to be the one
 * that was made.  Returns 0; 1 with err where everybody may write to its
 * folder; -1 with err where it belongs neither to root nor to this process'
 * user.
 */
int tls4217_fileguard_made(const char *path, struct tls4217_error *err);

#endif
