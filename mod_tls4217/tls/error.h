/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what went wrong, in words for people
 *
 * Every function of this floor that can fail fills a struct tls4217_error of
 * its caller.  The first error wins: a later, vaguer one never overwrites it.
 * OpenSSL's error codes are translated here and nowhere else (ERR_get_error(3),
 * SSL_get_error(3)).  This floor never logs.
 */

#ifndef TLS4217_TLS_ERROR_H
#define TLS4217_TLS_ERROR_H

#include <stdbool.h>

/* Bytes of a sentence, with the NUL. */
#define TLS4217_ERROR_TEXT_SIZE 512

struct tls4217_error {
  char text[TLS4217_ERROR_TEXT_SIZE]; /* one sentence, without newline; or "" */
  unsigned long code;                 /* OpenSSL's packed error code, or 0 */
  int errnum;                         /* errno, or 0 */
  int detail;                         /* what errnum alone does not say, or 0 */
};

/*
 * What mod_tls' events of a failed handshake carry, and those who count them
 * expect: SSL_ERROR_SSL of SSL_get_error(3), whatever the reason.
 */
#define TLS4217_ERROR_EVENT_CODE 1

/* Empties err. */
void tls4217_error_clear(struct tls4217_error *err);

/* Whether err holds an error. */
bool tls4217_error_is_set(const struct tls4217_error *err);

/*
 * Sets the sentence, and errnum (0 for none) beside it.  Does nothing where err
 * is NULL or holds an error already.  Too long a sentence is cut, before what
 * the functions below put behind it.  Control characters become "?": a name
 * that others choose must not forge a line of the log.
 */
void tls4217_error_set(struct tls4217_error *err, int errnum, const char *fmt,
  ...) __attribute__((format(printf, 3, 4)));

/* The same, with ": " and strerror(errnum) behind it. */
void tls4217_error_set_errno(struct tls4217_error *err, int errnum,
  const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The same, with ": " and the translation of the oldest entry of OpenSSL's
 * error queue behind it (OpenSSL's own words and code where we have no better
 * ones).  The oldest is the cause, the later ones are its echo: clear the
 * queue ahead of the call that may fail.  Empties the queue in every case,
 * also where err is NULL or holds an error already.  errnum is set only where
 * that entry was a system error.
 */
void tls4217_error_set_openssl(struct tls4217_error *err, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

/*
 * Puts "what: " in front of the sentence, the directive that it is about.
 * Does nothing where err is NULL or holds none.
 */
void tls4217_error_about(struct tls4217_error *err, const char *what);

/*
 * What a packed OpenSSL error code, or an alert of the peer's in one, means to
 * an administrator, with what to do next; NULL where the table has no entry.
 * Static text.
 */
const char *tls4217_error_describe(unsigned long code);

/* Whether the peer was asked for a certificate that must be, and gave none. */
bool tls4217_error_is_no_certificate(const struct tls4217_error *err);

#endif
