/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a session's own channel to the key process
 *
 * See keyclient.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* An answer: a signature or a sentence. */
#define MAX_ANSWER (TLS4217_KEYPROTO_HEADER + 4 + TLS4217_SIGN_MAX_SIGNATURE)

static size_t write_channel(unsigned char *frame, size_t room,
  const uint64_t *scopes, size_t nscopes, unsigned int budget) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, frame, room, TLS4217_KEYPROTO_CHANNEL);
  tls4217_keyproto_put_u16(&writer, budget);
  tls4217_keyproto_put_u16(&writer, (unsigned int) nscopes);
  for (size_t i = 0; i < nscopes; i++) {
    tls4217_keyproto_put_u64(&writer, scopes[i]);
  }

  return tls4217_keyproto_end(&writer);
}

int tls4217_keyclient_open(struct tls4217_keyclient *client, int front,
  const uint64_t *scopes, size_t nscopes, unsigned int budget, int timeout,
  struct tls4217_error *err) {
  size_t room = TLS4217_KEYPROTO_HEADER + 4 + 8 * nscopes;
  unsigned char *frame;
  int fds[2], res = -1;

  *client = (struct tls4217_keyclient){ .fd = -1 };
  frame = nscopes <= TLS4217_KEYCLIENT_MAX_SCOPES ? malloc(room) : NULL;
  if (frame == NULL || tls4217_keysocket_pair(fds) < 0) {
    tls4217_error_set_errno(
      err, frame == NULL ? ENOMEM : errno, "no channel to the key process");
    free(frame);
    return -1;
  }

  /* A key process that is being restarted reads it when it is there. */
  res = tls4217_keysocket_send(front, frame,
    write_channel(frame, room, scopes, nscopes, budget), &fds[1], 1,
    timeout > 0 ? tls4217_keysocket_now() + timeout : 0);
  if (res < 0) {
    tls4217_error_set_errno(
      err, errno, "the key process accepts no more channels");
    (void) close(fds[0]);

  } else {
    client->fd = fds[0];
  }

  (void) close(fds[1]);
  free(frame);
  return res;
}

void tls4217_keyclient_close(struct tls4217_keyclient *client) {
  if (client->fd >= 0) {
    (void) close(client->fd);
    client->fd = -1;
  }
}

/* Reads what was answered. */
static int read_answer(const unsigned char *frame, size_t len,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  struct tls4217_keyproto_reader reader;
  const void *bytes;
  size_t got;

  if (tls4217_keyproto_open(&reader, frame, len) != TLS4217_KEYPROTO_DONE) {
    tls4217_keyproto_read_failure(&reader, err);
    return -1;
  }

  bytes = tls4217_keyproto_get_bytes(&reader, &got);
  if (bytes == NULL || tls4217_keyproto_close(&reader) == false ||
    got > *size) {
    tls4217_error_set(err, EBADMSG, "the key process sent an invalid response");
    return -1;
  }

  memcpy(signature, bytes, got);
  *size = got;
  return 0;
}

static void describe_failure(
  int errnum, ssize_t res, struct tls4217_error *err) {
  if (res == 0 || errnum == EPIPE || errnum == ECONNRESET) {
    tls4217_error_set(err, EPIPE, "the key process has ended this channel");

  } else if (errnum == ETIMEDOUT) {
    tls4217_error_set(err, ETIMEDOUT, "the key process has not answered");

  } else if (errnum == EMSGSIZE) {
    tls4217_error_set(err, EBADMSG, "the key process sent an invalid response");

  } else {
    tls4217_error_set_errno(err, errnum,
      "the request could not be sent to "
      "the key process");
  }
}

int tls4217_keyclient_ask(struct tls4217_keyclient *client,
  const struct tls4217_signjob *job, struct tls4217_error *err) {
  unsigned char request[TLS4217_KEYPROTO_MAX_SIGN];
  size_t len;

  if (client->fd < 0) {
    tls4217_error_set(err, EBADF, "there is no channel to the key process");
    return -1;
  }

  len = tls4217_keyproto_write_sign(
    request, sizeof(request), job, (uint64_t) client->deadline);
  if (len == 0) {
    tls4217_error_set(err, EMSGSIZE, "the data to sign is too long");
    return -1;
  }

  if (tls4217_keysocket_send(
        client->fd, request, len, NULL, 0, client->deadline) < 0) {
    describe_failure(errno, -1, err);
    tls4217_keyclient_close(client);
    return -1;
  }

  return 0;
}

int tls4217_keyclient_take(struct tls4217_keyclient *client,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  unsigned char answer[MAX_ANSWER];
  ssize_t got;
  int res;

  got = tls4217_keysocket_receive(
    client->fd, answer, sizeof(answer), NULL, NULL, client->deadline);
  if (got < 0 && errno == EAGAIN) {
    tls4217_error_set(err, EAGAIN, "the key process has not answered yet");
    return -1;
  }

  if (got <= 0) {
    /* A late answer must not be taken for that to the next request. */
    describe_failure(errno, got, err);
    tls4217_keyclient_close(client);
    return -1;
  }

  res = read_answer(answer, (size_t) got, signature, size, err);
  client->spent = res < 0 && err->errnum == EDQUOT;
  if (res < 0 && (err->errnum == EBADMSG || err->errnum == EPROTO)) {
    /* A process that sends invalid responses may go on to do so. */
    tls4217_keyclient_close(client);
  }

  return res;
}

int tls4217_keyclient_sign(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  return tls4217_keyclient_ask(user, job, err) < 0 ?
    -1 :
    tls4217_keyclient_take(user, signature, size, err);
}
