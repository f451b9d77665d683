/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key process: its loop
 *
 * See keyserver.h.  epoll(7): a channel's request is taken by whichever thread
 * is free, and the channel is armed again when it has its answer
 * (EPOLLONESHOT), so that each channel has one request in work and the kernel
 * keeps the turns.  What the daemon asks for, keybook.c does.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/keys/keybook.h"
#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyport.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keyserver.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/keyturns.h"

/* Milliseconds for the daemon to take an answer. */
#define ANSWER_TIMEOUT 5000

struct server {
  pthread_mutex_t lock; /* over what follows, but for epoll */
  struct tls4217_keybook *book;
  size_t open; /* daemon, front and channels */
  struct tls4217_keyturns turns;

  int epoll;
  struct tls4217_keyport *daemon, *front;
};

/* Ends a port; at the last one, the process. */
static void end_port(struct server *server, struct tls4217_keyport *port) {
  bool last;

  (void) pthread_mutex_lock(&server->lock);
  if (port->kind == TLS4217_KEYPORT_CHANNEL) {
    tls4217_keybook_leave(server->book, port->era);
  }

  last = --server->open == 0;
  (void) pthread_mutex_unlock(&server->lock);

  tls4217_keyport_free(port);
  if (last) {
    _exit(EXIT_SUCCESS);
  }
}

static int arm_for(const struct server *server, struct tls4217_keyport *port,
  int op, uint32_t events) {
  struct epoll_event event = { .events = events | EPOLLONESHOT,
    .data = { .ptr = port } };

  return epoll_ctl(server->epoll, op, port->fd, &event);
}

static int arm(
  const struct server *server, struct tls4217_keyport *port, int op) {
  return arm_for(server, port, op, EPOLLIN);
}

/* Signatures. */

static EVP_PKEY *find_key(struct server *server,
  const struct tls4217_keyport *port, uint64_t handle,
  struct tls4217_error *err) {
  EVP_PKEY *key;

  (void) pthread_mutex_lock(&server->lock);
  key = tls4217_keybook_get1(
    server->book, handle, port->scopes, port->nscopes, err);
  (void) pthread_mutex_unlock(&server->lock);
  return key;
}

typedef bool (*token_fact)(
  const struct tls4217_tokenbook *tokens, uint64_t handle);

static bool is_true(struct server *server, token_fact fact, uint64_t handle) {
  bool holds;

  (void) pthread_mutex_lock(&server->lock);
  holds = fact(tls4217_keybook_get0_tokens(server->book), handle);
  (void) pthread_mutex_unlock(&server->lock);
  return holds;
}

/* Signs, or writes why not. */
static int sign(struct server *server, struct tls4217_keyport *port,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err) {
  EVP_PKEY *key;
  int res;

  if (tls4217_keyport_spend(port) == false) {
    tls4217_error_set(err, EDQUOT, "this session has used up its signatures");
    return -1;
  }

  key = find_key(server, port, job->handle, err);
  if (key == NULL) {
    return -1;
  }

  res = tls4217_signer_sign(key, job, signature, size, err);
  if (res < 0 && is_true(server, tls4217_tokenbook_has_ended, job->handle)) {
    err->errnum = EPIPE; /* for the daemon, which restarts it */
  }

  EVP_PKEY_free(key);
  return res;
}

/* Signs, and sends the outcome. */
static int answer(struct server *server, struct tls4217_keyport *port,
  const struct tls4217_signjob *job) {
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  unsigned char frame[TLS4217_SIGN_MAX_SIGNATURE + 64];
  size_t size = sizeof(signature), len;
  struct tls4217_keyproto_writer writer;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (sign(server, port, job, signature, &size, &err) == 0) {
    tls4217_keyproto_begin(
      &writer, frame, sizeof(frame), TLS4217_KEYPROTO_DONE);
    tls4217_keyproto_put_bytes(&writer, signature, size);
    len = tls4217_keyproto_end(&writer);

  } else {
    len = tls4217_keyproto_write_failure(frame, sizeof(frame), &err);
  }

  return tls4217_keysocket_send(port->fd, frame, len, NULL, 0, 0);
}

/* Turns (keyturns.h). */

/* All tokens have the same ones: those that hang must not keep every thread
 * from the keys that are here. */
#define TOKENS 0

/*
 * Whether a request may be served now.  If not, the channel keeps it, and is
 * another thread's as soon as the lock is given back.  Without memory for it
 * there are no turns.
 */
static bool begin_turn(struct server *server, struct tls4217_keyport *port,
  uint64_t handle, const void *frame, size_t size) {
  bool is_free;

  (void) pthread_mutex_lock(&server->lock);
  is_free = tls4217_keyturns_has_room(&server->turns, handle);
  if (is_free == false) {
    is_free = tls4217_keyport_hold(port, frame, size) == false;
  }

  if (is_free) {
    tls4217_keyturns_enter(&server->turns, handle);

  } else {
    port->turn.owner = port;
    tls4217_keyturns_wait(&server->turns, handle, &port->turn);
  }

  (void) pthread_mutex_unlock(&server->lock);
  return is_free;
}

/*
 * Calls the next channel that waits for a key, after work with it, or in place
 * of one that was called and has gone.  It is queued behind those that are
 * ready: its socket can be written to at any time.
 */
static void call_next(struct server *server, uint64_t handle, bool has_worked) {
  struct tls4217_keyturn *turn;

  do {
    (void) pthread_mutex_lock(&server->lock);
    if (has_worked) {
      tls4217_keyturns_leave(&server->turns, handle);
      has_worked = false;
    }

    turn = tls4217_keyturns_next(&server->turns, handle);
    (void) pthread_mutex_unlock(&server->lock);
    if (turn == NULL ||
      arm_for(server, turn->owner, EPOLL_CTL_MOD, EPOLLOUT) == 0) {
      return;
    }

    end_port(server, turn->owner);
  } while (true);
}

/* What becomes of a channel that has been served. */
enum {
  ENDS = -1, /* its end, what is no request, an answer that is not read */
  GOES_ON = 0,
  WAITS = 1 /* for its turn: it is not this thread's any more */
};

static int serve_channel(struct server *server, struct tls4217_keyport *port) {
  unsigned char frame[TLS4217_KEYPROTO_MAX_SIGN];
  struct tls4217_keyproto_reader reader;
  struct tls4217_signjob job;
  uint64_t deadline, turn;
  bool has_waited;
  ssize_t got;
  int res;

  has_waited = port->request != NULL;
  got = tls4217_keyport_take(port, frame, sizeof(frame));
  if (got <= 0) {
    return got < 0 && errno == EAGAIN ? GOES_ON : ENDS;
  }

  if (tls4217_keyproto_open(&reader, frame, (size_t) got) !=
      TLS4217_KEYPROTO_SIGN ||
    reader.tag != 0 ||
    tls4217_keyproto_read_sign(&reader, &job, &deadline) == false) {
    return ENDS;
  }

  turn = is_true(server, tls4217_tokenbook_has, job.handle) ? TOKENS :
                                                              job.handle;
  /* The session has given up: after a halt of this process, many have. */
  if (deadline <= (uint64_t) tls4217_keysocket_now()) {
    if (has_waited) {
      call_next(server, turn, false);
    }

    return ENDS;
  }

  if (begin_turn(server, port, turn, frame, (size_t) got) == false) {
    return WAITS;
  }

  res = answer(server, port, &job);
  call_next(server, turn, true);
  return res;
}

/* Channels. */

static void add_channel(struct server *server, struct tls4217_keyport *port) {
  (void) pthread_mutex_lock(&server->lock);
  port->era = tls4217_keybook_enter(server->book);
  server->open++;
  (void) pthread_mutex_unlock(&server->lock);

  if (arm(server, port, EPOLL_CTL_ADD) < 0) {
    end_port(server, port);
  }
}

/* A session hands its channel in. */
static int serve_front(struct server *server) {
  unsigned char
    frame[TLS4217_KEYPROTO_HEADER + 4 + 8 * TLS4217_KEYCLIENT_MAX_SCOPES];
  int fds[TLS4217_KEYSOCKET_MAX_FDS];
  struct tls4217_keyport *port = NULL;
  size_t nfds = 0;
  ssize_t got;

  got = tls4217_keysocket_receive(
    server->front->fd, frame, sizeof(frame), fds, &nfds, 0);
  if (got <= 0) {
    return got < 0 && (errno == EAGAIN || errno == EMSGSIZE) ? 0 : -1;
  }

  if (nfds == 1) {
    port = tls4217_keyport_read(frame, (size_t) got, fds[0]);
  }

  if (port != NULL) {
    add_channel(server, port);
    return 0;
  }

  for (size_t i = 0; i < nfds; i++) {
    (void) close(fds[i]);
  }

  return 0;
}

/* The daemon. */

static int serve_daemon(struct server *server) {
  unsigned char *frame = malloc(TLS4217_KEYPROTO_MAX);
  int fds[TLS4217_KEYSOCKET_MAX_FDS], res = -1;
  size_t nfds = 0, len;
  ssize_t got;

  if (frame == NULL) {
    return -1;
  }

  got = tls4217_keysocket_receive(
    server->daemon->fd, frame, TLS4217_KEYPROTO_MAX, fds, &nfds, 0);
  if (got > 0) {
    (void) pthread_mutex_lock(&server->lock);
    len = tls4217_keybook_serve(
      server->book, frame, (size_t) got, TLS4217_KEYPROTO_MAX, fds, nfds);
    (void) pthread_mutex_unlock(&server->lock);

    res = tls4217_keysocket_send(server->daemon->fd, frame, len, NULL, 0,
      tls4217_keysocket_now() + ANSWER_TIMEOUT);

  } else if (got < 0 && errno == EAGAIN) {
    res = 0;
  }

  /* It may have held secrets of ticket keys. */
  OPENSSL_cleanse(frame, TLS4217_KEYPROTO_MAX);
  free(frame);
  return res;
}

/* Threads. */

static int serve(struct server *server, struct tls4217_keyport *port) {
  switch (port->kind) {
    case TLS4217_KEYPORT_DAEMON:
      return serve_daemon(server);

    case TLS4217_KEYPORT_FRONT:
      return serve_front(server);

    case TLS4217_KEYPORT_CHANNEL:
      return serve_channel(server, port);
  }

  return -1;
}

static void *work(void *user) {
  struct server *server = user;

  for (;;) {
    struct epoll_event event;
    struct tls4217_keyport *port;
    int res;

    if (epoll_wait(server->epoll, &event, 1, -1) != 1) {
      continue;
    }

    port = event.data.ptr;
    res = serve(server, port);
    if (res != WAITS && (res == ENDS || arm(server, port, EPOLL_CTL_MOD) < 0)) {
      end_port(server, port);
    }
  }

  return NULL;
}

static int start_threads(struct server *server, unsigned int count) {
  for (unsigned int i = 1; i < count; i++) {
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, server) != 0) {
      return i > 1 ? 0 : -1;
    }

    (void) pthread_detach(thread);
  }

  return 0;
}

int tls4217_keyserver_run(const struct tls4217_keyserver_settings *settings) {
  struct server server = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .book = tls4217_keybook_new(),
    .open = 2,
    .turns = { .share = settings->threads > 1 ? settings->threads - 1 : 1 },
    .epoll = epoll_create1(EPOLL_CLOEXEC),
    .daemon = tls4217_keyport_new(TLS4217_KEYPORT_DAEMON, settings->daemon_fd),
    .front = tls4217_keyport_new(TLS4217_KEYPORT_FRONT, settings->front_fd),
  };

  if (server.book == NULL || server.epoll < 0 || server.daemon == NULL ||
    server.front == NULL || start_threads(&server, settings->threads) < 0 ||
    (settings->shut_in != NULL && settings->shut_in(settings->user) < 0) ||
    arm(&server, server.daemon, EPOLL_CTL_ADD) < 0 ||
    arm(&server, server.front, EPOLL_CTL_ADD) < 0) {
    return EXIT_FAILURE;
  }

  (void) work(&server);
  return EXIT_SUCCESS;
}
