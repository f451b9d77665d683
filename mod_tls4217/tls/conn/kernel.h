/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLS records that the kernel makes
 *
 * Linux can encrypt what is written to a TCP socket ("kernel TLS"); OpenSSL
 * hands it the keys at the end of a handshake (SSL_OP_ENABLE_KTLS,
 * SSL_set_options(3)).  Sending only: what a kernel receives comes record by
 * record, which costs more than reading ahead saves.
 *
 * A connection that sends this way must not be read from.  A client's KeyUpdate
 * that asks for one in return (RFC 8446, section 4.6.3) makes OpenSSL change
 * the keys for sending without giving them to the kernel: the client cannot
 * decrypt any record after that.
 */

#ifndef TLS4217_TLS_CONN_KERNEL_H
#define TLS4217_TLS_CONN_KERNEL_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"

/*
 * Whether OpenSSL and the kernel of this machine can do it at all; whether they
 * do is known after each handshake.  Tries it on a socket that is not
 * connected: as root, this makes the kernel load its module.  Returns 0, or -1
 * with err saying what is missing.
 */
int tls4217_kernel_probe(struct tls4217_error *err);

/*
 * Has OpenSSL hand the sending keys of this connection to the kernel, if the
 * cipher allows it.  Before the handshake, with the descriptors set.  Returns
 * 0, or -1 with err filled (errnum ENOBUFS where the socket's send buffer is
 * too small for it); then the SSL works as before.
 */
int tls4217_kernel_request(SSL *ssl, struct tls4217_error *err);

/*
 * Whether whatever is written to the socket of this connection, by whatever
 * system call, leaves as TLS records: the kernel has the keys and OpenSSL
 * holds nothing back.  Never true before the handshake is over.
 */
bool tls4217_kernel_sends(const SSL *ssl);

/*
 * Whether the TCP connection of a socket still carries what is sent.  To be
 * called where the kernel makes the records: up to Linux 6.4 it reports
 * everything as sent although the peer is long gone.
 */
bool tls4217_kernel_is_connected(int fd);

#endif
