/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - both ends of a TLS connection in one process, for tests
 *
 * BIO_s_mem(3), socketpair(2).  The client is driven from the server's
 * waiter; see endpoint.h.
 */

#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/ssl_ctx.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"
#include "t/unit/scarce.h"

#define MAX_PIECE 10

static void insist(bool holds, const char *what) {
  if (!holds) {
    perror(what);
    ERR_print_errors_fp(stderr);
    abort();
  }
}

/* A xorshift generator: the same pieces everywhere for the same seed. */
static uint32_t random_state;

void endpoint_seed(unsigned long seed) {
  random_state = (uint32_t) seed | 1;
}

static uint32_t random_number(void) {
  if (random_state == 0) {
    const char *seed = getenv("TLS4217_SEED");

    endpoint_seed(seed != NULL ?
        strtoul(seed, NULL, 10) :
        (unsigned long) time(NULL) ^ (unsigned long) getpid() << 16);
    print_message("  TLS4217_SEED=%lu\n", (unsigned long) random_state);
  }

  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

static size_t random_piece(void) {
  return 1 + random_number() % MAX_PIECE;
}

/* The client. */

static void take_plaintext(struct endpoint *ep) {
  char buf[4096];
  size_t done;

  while (SSL_read_ex(ep->client, buf, sizeof(buf), &done) == 1) {
    if (ep->echo) {
      insist(SSL_write(ep->client, buf, (int) done) == (int) done, "echo");
    } else {
      insist(BIO_write(ep->received, buf, (int) done) == (int) done, "keep");
    }
  }

  switch (SSL_get_error(ep->client, 0)) {
    case SSL_ERROR_WANT_READ:
      break;
    case SSL_ERROR_ZERO_RETURN:
      ep->closed = true;
      break;
    default:
      ep->client_error = ERR_peek_error();
  }
}

static void run_client(struct endpoint *ep) {
  if (ep->client_error != 0) {
    return;
  }

  ERR_clear_error();
  if (!ep->connected) {
    int res = SSL_do_handshake(ep->client);

    ep->connected = (res == 1);
    if (res != 1 && SSL_get_error(ep->client, res) != SSL_ERROR_WANT_READ) {
      ep->client_error = ERR_peek_error();
    }
  }

  if (ep->connected) {
    take_plaintext(ep);
  }

  ERR_clear_error();
}

static int keep_session_cb(SSL *ssl, SSL_SESSION *session) {
  struct endpoint *ep = SSL_get_app_data(ssl);

  SSL_SESSION_free(ep->session);
  ep->session = session;
  ep->sessions++;
  return 1;
}

static void offer(struct endpoint *ep, const struct endpoint_spec *spec) {
  SSL *ssl = ep->client;

  if (spec->version != 0) {
    insist(SSL_set_min_proto_version(ssl, spec->version) == 1 &&
        SSL_set_max_proto_version(ssl, spec->version) == 1,
      "version");
  }
  if (spec->no_tickets) {
    (void) SSL_set_options(ssl, SSL_OP_NO_TICKET);
  }
  if (spec->session != NULL) {
    insist(SSL_set_session(ssl, spec->session) == 1, "session");
  }
  if (spec->server_name != NULL) {
    insist(SSL_set_tlsext_host_name(ssl, spec->server_name) == 1, "name");
  }
  if (spec->alpn != NULL) {
    /* It returns 0 for success. */
    insist(SSL_set_alpn_protos(ssl, (const unsigned char *) spec->alpn,
             (unsigned int) strlen(spec->alpn)) == 0,
      "ALPN");
  }
  if (spec->signatures != NULL) {
    insist(SSL_set1_sigalgs_list(ssl, spec->signatures) == 1, "sigalgs");
  }
  if (spec->groups != NULL) {
    insist(SSL_set1_groups_list(ssl, spec->groups) == 1, "groups");
  }
  if (spec->distrustful) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
  }
  if (spec->falls_back) {
    (void) SSL_set_mode(ssl, SSL_MODE_SEND_FALLBACK_SCSV);
  }
  if (spec->wants_staple) {
    insist(SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp) == 1,
      "status_request");
  }
}

static void make_client(struct endpoint *ep, const struct endpoint_spec *spec) {
  SSL_CTX *ctx = tls4217_ssl_ctx_new(TLS_client_method(), NULL);

  insist(ctx != NULL && SSL_CTX_set_cipher_list(ctx, "DEFAULT") == 1, "client");
  (void) SSL_CTX_set_session_cache_mode(
    ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(ctx, keep_session_cb);
  ep->client = SSL_new(ctx);
  SSL_CTX_free(ctx);

  ep->to_client = BIO_new(BIO_s_mem());
  ep->from_client = BIO_new(BIO_s_mem());
  ep->received = BIO_new(BIO_s_mem());
  insist(ep->client != NULL && ep->to_client != NULL &&
      ep->from_client != NULL && ep->received != NULL,
    "client");
  (void) BIO_set_mem_eof_return(ep->to_client, -1);

  (void) SSL_set_app_data(ep->client, ep);
  SSL_set_bio(ep->client, ep->to_client, ep->from_client);
  SSL_set_connect_state(ep->client);
  offer(ep, spec);
  run_client(ep);
}

/* The pump. */

static bool end_client(struct endpoint *ep) {
  if (ep->end == ENDPOINT_OPEN || ep->ended) {
    return false;
  }

  ep->ended = true;
  if (ep->end == ENDPOINT_FIN) {
    insist(shutdown(ep->fd, SHUT_WR) == 0, "shutdown");
  } else {
    (void) close(ep->fd);
    ep->fd = -1;
  }
  return true;
}

/* Sends what it can of size bytes, as they are after tampering. */
static ssize_t send_copy(struct endpoint *ep, const char *bytes, size_t size) {
  unsigned char *copy = malloc(size);
  ssize_t done;

  insist(copy != NULL, "send");
  memcpy(copy, bytes, size);
  if (ep->tamper != NULL) {
    ep->tamper(ep->tamper_user, ep->sent_size, copy, size);
  }
  done = send(ep->fd, copy, size, MSG_NOSIGNAL);
  free(copy);
  return done;
}

static bool send_bytes(struct endpoint *ep, size_t most) {
  char *bytes = NULL;
  long waiting = BIO_get_mem_data(ep->from_client, &bytes);
  ssize_t done;

  if (waiting <= 0) {
    return end_client(ep);
  }

  done = send_copy(
    ep, bytes, most < (size_t) waiting ? most : (size_t) waiting);
  if (done <= 0) {
    return false;
  }
  ep->sent_size += (size_t) done;

  /* A read-write memory BIO is consumed by reading. */
  while (done > 0) {
    char scratch[4096];
    size_t size = (size_t) done < sizeof(scratch) ? (size_t) done :
                                                    sizeof(scratch);

    done -= BIO_read(ep->from_client, scratch, (int) size);
  }
  return true;
}

static bool take_bytes(struct endpoint *ep) {
  char piece[MAX_PIECE];
  ssize_t res = recv(ep->fd, piece, random_piece(), 0);

  if (res <= 0) {
    return false;
  }

  ep->received_size += (size_t) res;
  insist(BIO_write(ep->to_client, piece, (int) res) == res, "pump");
  run_client(ep);
  return true;
}

bool endpoint_pump(struct endpoint *ep) {
  bool moved = false;

  if (ep->fd >= 0 && !ep->deaf) {
    moved = take_bytes(ep);
  }
  if (ep->fd >= 0 && !ep->mute) {
    moved = send_bytes(ep, random_piece()) || moved;
  }

  return moved;
}

void endpoint_settle(struct endpoint *ep) {
  while (endpoint_pump(ep)) {
    continue;
  }
}

void endpoint_flush(struct endpoint *ep) {
  insist(send_bytes(ep, endpoint_waiting(ep)), "flush");
}

static int poll_one(int fd, short events, int timeout) {
  struct pollfd pfd = { .fd = fd, .events = events };

  return poll(&pfd, 1, timeout);
}

/* A byte now and then: the peer that only wants to keep the server busy. */
static int wait_for_trickle(
  struct endpoint *ep, int fd, short events, int timeout) {
  int pause = timeout < 0 || timeout > ep->trickle ? ep->trickle : timeout;
  int res = poll_one(fd, events, pause);

  if (res == 0) {
    (void) send_bytes(ep, 1);
  }
  return res;
}

static int wait_for_client(
  struct endpoint *ep, int fd, short events, int timeout) {
  if (ep->give_up != 0) {
    errno = ep->give_up;
    return -1;
  }

  if (ep->trickle > 0) {
    return wait_for_trickle(ep, fd, events, timeout);
  }

  while (poll_one(fd, events, 0) == 0) {
    if (!endpoint_pump(ep)) {
      if (timeout < 0) {
        errno = EDEADLK;
        return -1;
      }
      return poll_one(fd, events, timeout);
    }
  }

  return 1;
}

/* Memory that runs out does so at the server's end. */
static int wait_cb(void *user, int fd, short events, int timeout) {
  int left = scarce_suspend();
  int res = wait_for_client(user, fd, events, timeout);

  scarce_resume(left);
  return res;
}

/* Life. */

struct tls4217_keypair endpoint_pair(
  const struct pki_cert *leaf, STACK_OF(X509) * chain) {
  return (struct tls4217_keypair){
    .leaf = leaf->cert, .key = leaf->key, .chain = chain
  };
}

struct tls4217_context *endpoint_context(
  const struct pki_cert *leaf, const char *scope) {
  struct tls4217_keypair pair = endpoint_pair(leaf, NULL);
  struct tls4217_keypair *pairs[] = { &pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .pairs = pairs,
    .npairs = 1,
    .scope = scope,
  };
  struct tls4217_context *context = tls4217_context_new(&settings, NULL);

  insist(context != NULL, "context");
  return context;
}

static void make_server(struct endpoint *ep, const struct endpoint_spec *spec) {
  const struct tls4217_waiter waiter = { wait_cb, ep };

  ep->binding = spec->binding;
  if (ep->binding == NULL) {
    insist(tls4217_binding_init(&ep->own_binding, NULL) == 0, "random numbers");
    ep->binding = &ep->own_binding;
  }

  ep->conn = tls4217_connection_new(spec->context->ctx, spec->channel, ep->rfd,
    ep->wfd, ep->binding, &waiter, NULL);
  insist(ep->conn != NULL, "server");
}

struct endpoint *endpoint_new(const struct endpoint_spec *spec) {
  struct endpoint *ep = calloc(1, sizeof(*ep));
  int fds[2];

  insist(ep != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "new");
  (void) signal(SIGPIPE, SIG_IGN);

  ep->rfd = ep->wfd = fds[0];
  ep->fd = fds[1];
  if (spec->two_descriptors) {
    ep->wfd = dup(ep->rfd);
  }
  if (spec->nonblocking) {
    insist(fcntl(ep->rfd, F_SETFL, O_NONBLOCK) == 0, "new");
  }
  insist(fcntl(ep->fd, F_SETFL, O_NONBLOCK) == 0, "new");

  make_server(ep, spec);
  make_client(ep, spec);
  return ep;
}

struct endpoint *endpoint_open(const struct endpoint_spec *spec) {
  struct endpoint *ep = endpoint_new(spec);
  struct tls4217_error err = { .text = "" };

  if (tls4217_connection_handshake(ep->conn, 60000, &err) != 0) {
    fail_msg("handshake: %s", err.text);
  }
  endpoint_settle(ep);
  assert_true(ep->connected);
  return ep;
}

void endpoint_drop_server(struct endpoint *ep) {
  tls4217_connection_free(ep->conn);
  ep->conn = NULL;
}

void endpoint_free(struct endpoint *ep) {
  if (ep == NULL) {
    return;
  }

  endpoint_drop_server(ep);
  tls4217_binding_clear(&ep->own_binding);
  SSL_SESSION_free(ep->session);
  SSL_free(ep->client);
  BIO_free(ep->received);

  (void) close(ep->rfd);
  if (ep->wfd != ep->rfd) {
    (void) close(ep->wfd);
  }
  if (ep->fd >= 0) {
    (void) close(ep->fd);
  }
  free(ep);
}

/* What the client says, and the server hears. */

void endpoint_say(struct endpoint *ep, const void *bytes, size_t size) {
  insist(SSL_write(ep->client, bytes, (int) size) == (int) size, "say");
}

void endpoint_say_goodbye(struct endpoint *ep) {
  insist(SSL_shutdown(ep->client) >= 0, "goodbye");
}

void endpoint_say_raw(struct endpoint *ep, const void *bytes, size_t size) {
  insist(BIO_write(ep->from_client, bytes, (int) size) == (int) size, "raw");
}

size_t endpoint_waiting(const struct endpoint *ep) {
  return BIO_ctrl_pending(ep->from_client);
}

void endpoint_cut(struct endpoint *ep, size_t size) {
  char *bytes = malloc(size + 1);

  insist(bytes != NULL, "cut");
  insist(
    size == 0 || BIO_read(ep->from_client, bytes, (int) size) == (int) size,
    "cut");
  (void) BIO_reset(ep->from_client);
  if (size > 0) {
    endpoint_say_raw(ep, bytes, size);
  }
  free(bytes);
}

unsigned char *endpoint_pattern(size_t size) {
  unsigned char *bytes = malloc(size > 0 ? size : 1);

  insist(bytes != NULL, "pattern");
  for (size_t i = 0; i < size; i++) {
    bytes[i] = (unsigned char) (i * 31 + i / 251);
  }
  return bytes;
}
