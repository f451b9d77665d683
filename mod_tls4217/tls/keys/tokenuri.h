/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the URI of a key in a token
 *
 * RFC 7512: "pkcs11:token=ftp;object=key?pin-source=file:/etc/pin".  What is in
 * front of the "?" says which key it is, and may be shown; what is behind it
 * says how to get there, and may hold the PIN.
 */

#ifndef TLS4217_TLS_KEYS_TOKENURI_H
#define TLS4217_TLS_KEYS_TOKENURI_H

#include <stdbool.h>
#include <stddef.h>

/* The longest URI, and the longest path of a PKCS #11 module, with the NUL. */
#define TLS4217_TOKENURI_MAX 1024

/* Whether a text is such a URI, and not the path of a file.  NULL is none. */
bool tls4217_tokenuri_is(const char *text);

/* What is wrong with it, and what to write instead; NULL: nothing that can be
 * seen without the token.  Static text. */
const char *tls4217_tokenuri_check(const char *uri);

/* What messages call it, without the PIN, into buf of size bytes.  Returns
 * buf. */
const char *tls4217_tokenuri_show(const char *uri, char *buf, size_t size);

/* Whether it says what the PIN is: pin-value, pin-source. */
bool tls4217_tokenuri_has_pin(const char *uri);

/*
 * The PKCS #11 module that it names (module-path), decoded, into buf of size
 * bytes.  Returns whether it names one.
 */
bool tls4217_tokenuri_module(const char *uri, char *buf, size_t size);

/* The same for the PIN (pin-value), and for the file that has it
 * (pin-source). */
bool tls4217_tokenuri_pin(const char *uri, char *buf, size_t size);
bool tls4217_tokenuri_pin_file(const char *uri, char *buf, size_t size);

/*
 * The URI as pkcs11-provider gets it, into buf of size bytes: that of a private
 * key, without what only this module reads.  Returns buf.
 */
const char *tls4217_tokenuri_for_provider(
  const char *uri, char *buf, size_t size);

#endif
