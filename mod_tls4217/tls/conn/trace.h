/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the messages of a handshake, in words
 *
 * What TLSOptions EnableDiags puts into TLSLog: which message went which way,
 * and how long it was.  Never its contents, except for an alert's two bytes: no
 * secret can get into the log.  SSL_set_msg_callback(3), RFC 8446, sections 4
 * and 6.
 */

#ifndef TLS4217_TLS_CONN_TRACE_H
#define TLS4217_TLS_CONN_TRACE_H

#include <stdbool.h>
#include <stddef.h>

/* The most bytes of a sentence. */
#define TLS4217_TRACE_SIZE 128

/* Where the messages are reported; say NULL: nowhere. */
struct tls4217_trace {
  void (*say)(void *user, const char *text);
  void *user;
};

/*
 * Describes in text, of TLS4217_TRACE_SIZE bytes, what OpenSSL's message
 * callback was called with.  Returns whether that is a handshake message, an
 * alert or a ChangeCipherSpec; otherwise text is unchanged.
 */
bool tls4217_trace_describe(
  bool sent, int content_type, const void *bytes, size_t size, char *text);

#endif
