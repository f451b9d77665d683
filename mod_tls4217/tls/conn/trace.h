/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the messages of a handshake, in words
 *
 * What TLSOptions EnableDiags puts into TLSLog: which message went which way,
 * and how long it was.  Never what is in it, but for an alert's two bytes: no
 * secret can get there.  SSL_set_msg_callback(3), RFC 8446, sections 4 and 6.
 */

#ifndef TLS4217_TLS_CONN_TRACE_H
#define TLS4217_TLS_CONN_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that a sentence needs. */
#define TLS4217_TRACE_SIZE 128

/* Where the messages are reported; say NULL: nowhere. */
struct tls4217_trace {
  void (*say)(void *user, const char *text);
  void *user;
};

/*
 * Writes what a message callback of OpenSSL's was called with into text, of
 * TLS4217_TRACE_SIZE bytes.  Returns whether it is a message of a handshake,
 * an alert or a ChangeCipherSpec; text is left alone where it is none.
 */
bool tls4217_trace_describe(
  bool sent, int content_type, const void *bytes, size_t size, char *text);

#endif
