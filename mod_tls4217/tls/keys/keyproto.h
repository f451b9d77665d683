/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the protocol of the key process
 *
 * Messages on sockets of the kind SOCK_SEQPACKET (unix(7)): one message, one
 * frame, with a header of fixed size.  The process outlives the module that
 * forked it (SIGHUP unmaps that), so each header carries the protocol's
 * version.  Numbers are big-endian, and every frame is read field by field: a
 * session that was taken over can send anything.
 */

#ifndef TLS4217_TLS_KEYS_KEYPROTO_H
#define TLS4217_TLS_KEYS_KEYPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/keys/signform.h"
#include "mod_tls4217/tls/error.h"

#define TLS4217_KEYPROTO_VERSION 4

/* Header of every frame, in bytes. */
#define TLS4217_KEYPROTO_HEADER 8

/* The longest frame: certificates with a long chain. */
#define TLS4217_KEYPROTO_MAX (160 * 1024)

/* The longest frame that a session sends. */
#define TLS4217_KEYPROTO_MAX_SIGN \
 (TLS4217_KEYPROTO_HEADER + 32 + TLS4217_SIGN_MAX_MESSAGE)

enum tls4217_keyproto_type {
  /* On a session's channel. */
  TLS4217_KEYPROTO_SIGN = 1,

  /* On the socket by which sessions hand in their channels. */
  TLS4217_KEYPROTO_CHANNEL,

  /* On the daemon's own socket (keybook.h). */
  TLS4217_KEYPROTO_LOAD,
  TLS4217_KEYPROTO_RECALL,
  TLS4217_KEYPROTO_ACCEPT,
  TLS4217_KEYPROTO_DROP,
  TLS4217_KEYPROTO_KEEP,
  TLS4217_KEYPROTO_FETCH,
  TLS4217_KEYPROTO_COUNT,
  TLS4217_KEYPROTO_UNLOCK,

  /* Answers, to all of them. */
  TLS4217_KEYPROTO_DONE,
  TLS4217_KEYPROTO_FAILED
};

/*
 * A frame that is being written: the bytes are the caller's.  What does not
 * fit makes it bad, and the rest is left out.
 */
struct tls4217_keyproto_writer {
  unsigned char *bytes;
  size_t room, size;
  bool bad;
};

/* A frame that is being read; what is missing or wrong makes it bad. */
struct tls4217_keyproto_reader {
  const unsigned char *bytes; /* what is left */
  size_t size;
  unsigned int tag; /* of the header */
  bool bad;
};

/* Begins a frame in bytes, which has room bytes. */
void tls4217_keyproto_begin(struct tls4217_keyproto_writer *writer, void *bytes,
  size_t room, enum tls4217_keyproto_type type);

void tls4217_keyproto_put_u16(
  struct tls4217_keyproto_writer *writer, unsigned int value);
void tls4217_keyproto_put_u64(
  struct tls4217_keyproto_writer *writer, uint64_t value);

/* Bytes behind their length, of 32 bits. */
void tls4217_keyproto_put_bytes(
  struct tls4217_keyproto_writer *writer, const void *bytes, size_t size);

/* The same for a text, with its NUL; NULL becomes no bytes. */
void tls4217_keyproto_put_text(
  struct tls4217_keyproto_writer *writer, const char *text);

/*
 * The frame's length in bytes, its header complete; 0 where it is bad.
 */
size_t tls4217_keyproto_end(struct tls4217_keyproto_writer *writer);

/*
 * Gives a frame that is complete its tag, 16 bits: an answer has that of its
 * question, so that one that comes too late is not taken for another's.  Frames
 * of sessions have 0.
 */
void tls4217_keyproto_set_tag(void *frame, unsigned int tag);

/*
 * Reads the header of a frame of size bytes.  Returns its type, or 0 for
 * another version, a type that there is not, or a length that is not size.
 */
enum tls4217_keyproto_type tls4217_keyproto_open(
  struct tls4217_keyproto_reader *reader, const void *bytes, size_t size);

unsigned int tls4217_keyproto_get_u16(struct tls4217_keyproto_reader *reader);
uint64_t tls4217_keyproto_get_u64(struct tls4217_keyproto_reader *reader);

/* Bytes as they were put; they stay the frame's.  NULL where it is bad. */
const void *tls4217_keyproto_get_bytes(
  struct tls4217_keyproto_reader *reader, size_t *size);

/* A text as it was put: NULL for none.  One without its NUL, or with another
 * one inside, makes the frame bad. */
const char *tls4217_keyproto_get_text(struct tls4217_keyproto_reader *reader);

/* Whether all of the frame was read, and nothing was wrong with it. */
bool tls4217_keyproto_close(const struct tls4217_keyproto_reader *reader);

/*
 * A signature that is asked for: job, and until when (milliseconds of
 * CLOCK_MONOTONIC) an answer is of use.  Returns the frame's length, or 0
 * where it does not fit.
 */
size_t tls4217_keyproto_write_sign(void *bytes, size_t room,
  const struct tls4217_signjob *job, uint64_t deadline);

/*
 * Reads one, behind its header; job->message stays the frame's.  Returns
 * whether everything about it is well-formed.
 */
bool tls4217_keyproto_read_sign(struct tls4217_keyproto_reader *reader,
  struct tls4217_signjob *job, uint64_t *deadline);

/* TLS4217_KEYPROTO_FAILED, with err's text, errnum and detail. */
size_t tls4217_keyproto_write_failure(
  void *bytes, size_t room, const struct tls4217_error *err);

/* Reads one into err, behind its header.  A bad one is an error of its own. */
void tls4217_keyproto_read_failure(
  struct tls4217_keyproto_reader *reader, struct tls4217_error *err);

#endif
