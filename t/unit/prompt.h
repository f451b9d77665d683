/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who asks for a pass phrase
 *
 * A daemon has nobody to ask.  While a prompt is watched, OpenSSL's own way of
 * asking (UI_OpenSSL(3)) gets the right answer from here, and is counted.
 */

#ifndef TLS4217_UNIT_PROMPT_H
#define TLS4217_UNIT_PROMPT_H

#include <openssl/x509.h>

/* Answers every question with passphrase, until prompt_end. */
void prompt_begin(const char *passphrase);

/* Ends that.  Returns how often somebody was asked. */
int prompt_end(void);

/*
 * An object as a PEM block that is encrypted with passphrase (RFC 1421),
 * which nobody makes by accident: i2d is its encoder, name its label.  Returns
 * the length of what was put into buf.
 */
size_t prompt_encrypted_pem(char *buf, size_t size, i2d_of_void *i2d,
  const char *name, const void *object, const char *passphrase);

#endif
