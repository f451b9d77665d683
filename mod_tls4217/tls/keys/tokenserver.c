/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the process of a token
 *
 * See tokenserver.h.
 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/cert/phrasebook.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/tokenkey.h"
#include "mod_tls4217/tls/keys/tokenserver.h"

/* Milliseconds after which a token that could not be opened is tried again. */
#define PAUSE 3000

/* The longest answer: a signature, or a sentence. */
#define MAX_ANSWER (TLS4217_SIGN_MAX_SIGNATURE + 64)

_Static_assert(MAX_ANSWER >= TLS4217_KEYPROTO_MAX_SIGN,
  "an answer takes the place of its request");

/* So long that a signature always comes before it. */
#define FOREVER INT64_MAX

/* The inner process. */

static int send_outcome(int fd, const struct tls4217_error *err) {
  unsigned char frame[TLS4217_ERROR_TEXT_SIZE + 64];
  struct tls4217_keyproto_writer writer;
  size_t len;

  if (tls4217_error_is_set(err)) {
    len = tls4217_keyproto_write_failure(frame, sizeof(frame), err);

  } else {
    tls4217_keyproto_begin(
      &writer, frame, sizeof(frame), TLS4217_KEYPROTO_DONE);
    len = tls4217_keyproto_end(&writer);
  }

  return tls4217_keysocket_send(fd, frame, len, NULL, 0,
    tls4217_keysocket_now() + TLS4217_TOKENSERVER_SIGN_TIME);
}

/* Opens the key, and is shut in. */
static int open_key(struct tls4217_tokenkey *key,
  const struct tls4217_tokenserver_settings *settings, const char *pin,
  struct tls4217_error *err) {
  struct tls4217_error weak;

  if (tls4217_tokenkey_open(key, settings->uri, pin, err) < 0 ||
    tls4217_tokenkey_try(key, err) < 0) {
    return -1;
  }

  /* Memory that cannot be locked is the key process' to report. */
  tls4217_error_clear(&weak);
  if (tls4217_keysandbox_enter(&settings->sandbox, &weak) < 0) {
    *err = weak;
    return -1;
  }

  return tls4217_tokenkey_try(key, err);
}

static size_t write_signature(unsigned char *frame, size_t room,
  const unsigned char *signature, size_t size) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, frame, room, TLS4217_KEYPROTO_DONE);
  tls4217_keyproto_put_bytes(&writer, signature, size);
  return tls4217_keyproto_end(&writer);
}

/* Returns whether the token is of further use. */
static bool answer(const struct tls4217_tokenkey *key, int fd,
  const struct tls4217_signjob *job) {
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE], frame[MAX_ANSWER];
  size_t size = sizeof(signature), len;
  struct tls4217_error err;
  bool works = true;

  tls4217_error_clear(&err);
  if (tls4217_tokenkey_sign(key, job, signature, &size, &err) == 0) {
    len = write_signature(frame, sizeof(frame), signature, size);

  } else {
    /* One that cannot do what was asked may be able to do something else. */
    works = err.errnum == EINVAL || tls4217_tokenkey_try(key, NULL) == 0;
    err.errnum = works ? EINVAL : EIO;
    len = tls4217_keyproto_write_failure(frame, sizeof(frame), &err);
  }

  return tls4217_keysocket_send(fd, frame, len, NULL, 0, 0) == 0 && works;
}

static void serve_inner(
  const struct tls4217_tokenserver_settings *settings, int fd) {
  unsigned char frame[TLS4217_KEYPROTO_MAX_SIGN];
  char pin[TLS4217_PHRASE_MAX + 1];
  struct tls4217_keyproto_reader reader;
  struct tls4217_tokenkey key;
  struct tls4217_signjob job;
  struct tls4217_error err;
  uint64_t deadline;
  ssize_t got;

  tls4217_error_clear(&err);
  got = tls4217_keysocket_receive(
    fd, pin, sizeof(pin), NULL, NULL, tls4217_keysocket_now() + PAUSE);
  if (got <= 0) {
    _exit(EXIT_FAILURE);
  }

  pin[sizeof(pin) - 1] = '\0';
  (void) open_key(&key, settings, *pin != '\0' ? pin : NULL, &err);
  OPENSSL_cleanse(pin, sizeof(pin));
  if (send_outcome(fd, &err) < 0 || tls4217_error_is_set(&err)) {
    _exit(EXIT_FAILURE);
  }

  do {
    got = tls4217_keysocket_receive(
      fd, frame, sizeof(frame), NULL, NULL, FOREVER);
  } while (got > 0 &&
    tls4217_keyproto_open(&reader, frame, (size_t) got) ==
      TLS4217_KEYPROTO_SIGN &&
    tls4217_keyproto_read_sign(&reader, &job, &deadline) &&
    answer(&key, fd, &job));

  _exit(EXIT_SUCCESS);
}

/* The outer process. */

struct server {
  const struct tls4217_tokenserver_settings *settings;
  struct tls4217_phrasebook *phrases; /* the PIN */
  pid_t pid;                          /* the inner one; 0: there is none */
  int fd;                             /* its socket */
  int64_t next_start;                 /* not before */
  struct tls4217_error why;           /* it could not be started */
};

static void end_inner(struct server *server) {
  if (server->pid > 0) {
    (void) kill(server->pid, SIGKILL);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {
    }

    (void) close(server->fd);
    server->pid = 0;
  }
}

/* The PIN, or an empty text.  Also that of the phrasebook is zeros behind
 * fork(2). */
static int send_pin(const struct server *server) {
  const char *pin = tls4217_phrasebook_get(server->phrases, 0);

  pin = pin != NULL ? pin : "";
  return tls4217_keysocket_send(
    server->fd, pin, strlen(pin) + 1, NULL, 0, tls4217_keysocket_now() + PAUSE);
}

static int fork_inner(struct server *server, struct tls4217_error *err) {
  int fds[2];

  if (tls4217_keysocket_pair(fds) < 0) {
    tls4217_error_set_errno(err, errno, "no socket for a token's process");
    return -1;
  }

  server->pid = fork();
  if (server->pid == 0) {
    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void) close(fds[0]);
    (void) close(server->settings->fd);
    if (server->settings->parent_fd >= 0) {
      (void) close(server->settings->parent_fd);
    }

    serve_inner(server->settings, fds[1]);
  }

  (void) close(fds[1]);
  server->fd = fds[0];
  if (server->pid < 0) {
    server->pid = 0;
    tls4217_error_set_errno(err, errno, "a token's process cannot be forked");
    (void) close(fds[0]);
    return -1;
  }

  return 0;
}

/* Its first message. */
static int read_outcome(int fd, int time, struct tls4217_error *err) {
  unsigned char frame[TLS4217_ERROR_TEXT_SIZE + 64];
  struct tls4217_keyproto_reader reader;
  ssize_t got = tls4217_keysocket_receive(
    fd, frame, sizeof(frame), NULL, NULL, tls4217_keysocket_now() + time);

  if (got < 0 && errno == ETIMEDOUT) {
    tls4217_error_set(err, EIO,
      "the token was not open after %d seconds: its PKCS #11 module hangs",
      time / 1000);

  } else if (got <= 0) {
    tls4217_error_set(err, EIO,
      "the process that opens the token has ended: its PKCS #11 module has "
      "crashed");

  } else if (tls4217_keyproto_open(&reader, frame, (size_t) got) !=
    TLS4217_KEYPROTO_DONE) {
    tls4217_keyproto_read_failure(&reader, err);
  }

  return tls4217_error_is_set(err) ? -1 : 0;
}

int tls4217_tokenserver_hear(int fd, struct tls4217_error *err) {
  return read_outcome(fd, TLS4217_TOKENSERVER_START_TIME + PAUSE, err);
}

/* Starts the inner one, unless that was tried just now. */
static int start_inner(struct server *server) {
  if (tls4217_keysocket_now() < server->next_start) {
    return -1;
  }

  tls4217_error_clear(&server->why);
  if (fork_inner(server, &server->why) == 0 && send_pin(server) == 0 &&
    read_outcome(server->fd, TLS4217_TOKENSERVER_START_TIME, &server->why) ==
      0) {
    return 0;
  }

  end_inner(server);
  tls4217_error_set(&server->why, EIO, "the token's process did not start");
  server->next_start = server->why.errnum == TLS4217_TOKENKEY_BAD_PIN ?
    FOREVER :
    tls4217_keysocket_now() + PAUSE;
  return -1;
}

/* Has the inner one serve a request, whose place the answer takes.  Returns its
 * length, or -1 where that one is of no more use: why is filled. */
static ssize_t forward(struct server *server, unsigned char *frame, size_t size,
  size_t room, struct tls4217_error *why) {
  struct tls4217_keyproto_reader reader;
  struct tls4217_error err;
  ssize_t got = -1;

  if (tls4217_keysocket_send(server->fd, frame, size, NULL, 0, 0) == 0) {
    got = tls4217_keysocket_receive(server->fd, frame, room, NULL, NULL,
      tls4217_keysocket_now() + TLS4217_TOKENSERVER_SIGN_TIME);
  }

  if (got <= 0) {
    tls4217_error_set(why, EIO, "the token's PKCS #11 module has %s",
      got < 0 && errno == ETIMEDOUT ? "not answered" : "crashed");
    return -1;
  }

  if (tls4217_keyproto_open(&reader, frame, (size_t) got) ==
    TLS4217_KEYPROTO_DONE) {
    return got;
  }

  tls4217_error_clear(&err);
  tls4217_keyproto_read_failure(&reader, &err);
  if (err.errnum == EINVAL) {
    return got;
  }

  tls4217_error_set(why, EIO, "%s", err.text);
  return -1;
}

/* Serves one request, if need be with another inner process. */
static int serve_request(
  struct server *server, const unsigned char *request, size_t size) {
  unsigned char frame[MAX_ANSWER];
  struct tls4217_error why;
  ssize_t len = -1;

  tls4217_error_clear(&why);
  for (int tries = 0; len < 0 && tries < 2; tries++) {
    if (server->pid == 0 && start_inner(server) < 0) {
      why = server->why;
      break;
    }

    memcpy(frame, request, size);
    tls4217_error_clear(&why);
    len = forward(server, frame, size, sizeof(frame), &why);
    if (len < 0) {
      end_inner(server);
    }
  }

  if (len < 0) {
    len = (ssize_t) tls4217_keyproto_write_failure(frame, sizeof(frame), &why);
  }

  return tls4217_keysocket_send(
    server->settings->fd, frame, (size_t) len, NULL, 0, 0);
}

static int begin(struct server *server) {
  const struct tls4217_tokenserver_settings *settings = server->settings;

  server->phrases = tls4217_phrasebook_new();
  if (server->phrases == NULL) {
    tls4217_error_set(&server->why, ENOMEM, "out of memory");

  } else if (settings->pin_fd < 0 ||
    tls4217_phrasebook_take(server->phrases, settings->pin_fd, &server->why) ==
      0) {
    (void) start_inner(server);
  }

  if (settings->pin_fd >= 0) {
    (void) close(settings->pin_fd);
  }

  (void) send_outcome(settings->parent_fd, &server->why);
  (void) close(settings->parent_fd);
  return tls4217_error_is_set(&server->why) ? -1 : 0;
}

int tls4217_tokenserver_run(
  const struct tls4217_tokenserver_settings *settings) {
  struct tls4217_tokenserver_settings own = *settings;
  struct server server = { .settings = &own };
  unsigned char frame[TLS4217_KEYPROTO_MAX_SIGN];
  int res = begin(&server);
  ssize_t got;

  own.parent_fd = -1;
  while (res == 0) {
    got = tls4217_keysocket_receive(
      own.fd, frame, sizeof(frame), NULL, NULL, FOREVER);
    res = got > 0 ? serve_request(&server, frame, (size_t) got) : -1;
  }

  end_inner(&server);
  tls4217_phrasebook_free(server.phrases);
  return EXIT_SUCCESS;
}
