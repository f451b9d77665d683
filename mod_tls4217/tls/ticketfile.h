/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys from a file
 *
 * TLSSessionTicketKeyFile: 48 or 80 random bytes, as nginx takes them
 * (ssl_session_ticket_key); or lines of the same in base64, the newest last, as
 * HAProxy does (tls-ticket-keys).  All of the bytes are the secret that keys
 * are derived of (ticketcrypt.h), so that tickets of those servers are not
 * read.
 */

#ifndef TLS4217_TLS_TICKETFILE_H
#define TLS4217_TLS_TICKETFILE_H

#include <stdint.h>

#include "mod_tls4217/tls/ticketring.h"

/*
 * Reads a file with the caller's privileges, and adds its secrets to a ring,
 * behind those that it has, the newest first.  *modified becomes the time of
 * the file's last change (time(2)'s).
 *
 * Returns 0, or -1 with err filled: it cannot be read, other users of this
 * machine can read or replace it, it has another size, its bytes are all the
 * same, the ring has the same secret already, or no room.
 */
int tls4217_ticketfile_read(const char *path, struct tls4217_ticketring *ring,
  int64_t *modified, struct tls4217_error *err);

#endif
