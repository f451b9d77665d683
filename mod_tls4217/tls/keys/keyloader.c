/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the daemon's side of what the key process keeps
 *
 * See keyloader.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* Milliseconds for one answer: the daemon waits, and with it SIGHUP. */
#define TIMEOUT 5000

/* An answer to COUNT. */
#define MAX_PONG (TLS4217_KEYPROTO_HEADER + 16)

/* A question, and in its place the answer. */
struct exchange {
  unsigned char *frame;
  struct tls4217_keyproto_writer writer;
  struct tls4217_keyproto_reader reader;
};

static int begin(struct exchange *exchange, enum tls4217_keyproto_type type,
  struct tls4217_error *err) {
  exchange->frame = malloc(TLS4217_KEYPROTO_MAX);
  if (exchange->frame == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return -1;
  }

  tls4217_keyproto_begin(
    &exchange->writer, exchange->frame, TLS4217_KEYPROTO_MAX, type);
  return 0;
}

/* It may hold secrets of ticket keys. */
static void end(struct exchange *exchange) {
  if (exchange->frame != NULL) {
    OPENSSL_cleanse(exchange->frame, TLS4217_KEYPROTO_MAX);
    free(exchange->frame);
  }
}

bool tls4217_keyloader_has_lost(const struct tls4217_error *err) {
  return err->errnum == EPIPE || err->errnum == ETIMEDOUT ||
    err->errnum == EPROTO;
}

static int refuse(struct tls4217_error *err) {
  tls4217_error_set(err, EPROTO, "the key process sent an invalid response");
  return -1;
}

static int fail_at_socket(int errnum, struct tls4217_error *err) {
  tls4217_error_set(err, errnum == ETIMEDOUT ? ETIMEDOUT : EPIPE,
    "the key process %s", errnum == ETIMEDOUT ? "does not answer" : "is gone");
  return -1;
}

/* The answer to the question of that tag.  Returns its length, or -1. */
static ssize_t wait_for_answer(
  struct exchange *exchange, int fd, unsigned int tag, int64_t deadline) {
  ssize_t res;

  do {
    res = tls4217_keysocket_receive(
      fd, exchange->frame, TLS4217_KEYPROTO_MAX, NULL, NULL, deadline);
    if (res > 0) {
      (void) tls4217_keyproto_open(
        &exchange->reader, exchange->frame, (size_t) res);
    }
  } while (res > 0 && exchange->reader.tag != tag);

  if (res == 0) {
    errno = EPIPE;
  }

  return res > 0 ? res : -1;
}

/* Asks, and waits for the answer.  Returns 0 for DONE, its reader behind the
 * header, or -1 with err filled. */
static int ask(struct exchange *exchange, int fd, const int *fds, size_t nfds,
  struct tls4217_error *err) {
  size_t len = tls4217_keyproto_end(&exchange->writer);
  int64_t deadline = tls4217_keysocket_now() + TIMEOUT;
  const unsigned int tag = (unsigned int) deadline & 0xffff;
  enum tls4217_keyproto_type type;
  ssize_t res;

  if (len == 0) {
    tls4217_error_set(err, EMSGSIZE,
      "the request is too long for the key "
      "process");
    return -1;
  }

  tls4217_keyproto_set_tag(exchange->frame, tag);
  if (tls4217_keysocket_send(fd, exchange->frame, len, fds, nfds, deadline) <
      0 ||
    (res = wait_for_answer(exchange, fd, tag, deadline)) < 0) {
    return fail_at_socket(errno, err);
  }

  type = tls4217_keyproto_open(
    &exchange->reader, exchange->frame, (size_t) res);
  if (type == TLS4217_KEYPROTO_FAILED) {
    tls4217_keyproto_read_failure(&exchange->reader, err);
    if (tls4217_keyloader_has_lost(err)) {
      err->errnum = EIO; /* it has met that, with a file of another host's */
    }

    return -1;
  }

  return type == TLS4217_KEYPROTO_DONE ? 0 : refuse(err);
}

/* Pairs. */

static X509 *get_cert(struct tls4217_keyproto_reader *reader) {
  size_t size;
  const unsigned char *der = tls4217_keyproto_get_bytes(reader, &size);

  return der != NULL ? d2i_X509(NULL, &der, (long) size) : NULL;
}

static int read_chain(struct tls4217_keyproto_reader *reader,
  const struct tls4217_keypair *pair, unsigned int count) {
  for (unsigned int i = 0; i < count; i++) {
    X509 *cert = get_cert(reader);

    if (cert == NULL || sk_X509_push(pair->chain, cert) == 0) {
      X509_free(cert);
      return -1;
    }
  }

  return 0;
}

static struct tls4217_keypair *read_pair(struct tls4217_keyproto_reader *reader,
  struct tls4217_remotekeys *keys, uint64_t *handle,
  struct tls4217_error *err) {
  struct tls4217_keypair *pair = OPENSSL_zalloc(sizeof(*pair));
  unsigned int count;

  if (pair == NULL || (pair->chain = sk_X509_new_null()) == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    goto fail;
  }

  *handle = tls4217_keyproto_get_u64(reader);
  count = tls4217_keyproto_get_u16(reader);
  pair->leaf = get_cert(reader);
  if (pair->leaf == NULL || count < 1 ||
    read_chain(reader, pair, count - 1) < 0 ||
    tls4217_keyproto_close(reader) == false) {
    (void) refuse(err);
    goto fail;
  }

  pair->key = tls4217_remotekey_new(
    keys, X509_get0_pubkey(pair->leaf), *handle, err);
  if (pair->key != NULL) {
    return pair;
  }

fail:
  ERR_clear_error();
  tls4217_keypair_free(pair);
  return NULL;
}

/* The descriptors of a pair's files. */
struct opened {
  int fds[TLS4217_KEYSOCKET_MAX_FDS];
  size_t count;
};

static int open_next(struct opened *opened, const char *role, const char *path,
  struct tls4217_error *err) {
  int fd;

  if (path == NULL) {
    return 0;
  }

  fd = tls4217_pemfile_open(role, path, err);
  if (fd < 0) {
    return -1;
  }

  opened->fds[opened->count++] = fd;
  return 0;
}

static int open_files(struct opened *opened,
  const struct tls4217_keyfiles *files, struct tls4217_error *err) {
  opened->count = 0;
  return open_next(opened, "certificate file", files->cert_file, err) < 0 ||
      (tls4217_tokenuri_is(files->key_file) == false &&
        open_next(opened, "key file", files->key_file, err) < 0) ||
      open_next(opened, "chain file", files->chain_file, err) < 0 ?
    -1 :
    0;
}

static void close_files(const struct opened *opened) {
  for (size_t i = 0; i < opened->count; i++) {
    (void) close(opened->fds[i]);
  }
}

/* Those that go with a LOAD.  Returns how many. */
static size_t list_passed(const struct opened *opened, int token_fd,
  int fds[TLS4217_KEYSOCKET_MAX_FDS]) {
  size_t count = opened->count;

  memcpy(fds, opened->fds, count * sizeof(fds[0]));
  if (token_fd > 0 && count < TLS4217_KEYSOCKET_MAX_FDS) {
    fds[count++] = token_fd;
  }

  return count;
}

struct tls4217_keypair *tls4217_keyloader_load(int fd,
  struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };
  struct tls4217_keypair *pair = NULL;
  int fds[TLS4217_KEYSOCKET_MAX_FDS];
  struct opened opened;

  if (open_files(&opened, files, err) == 0 &&
    begin(&exchange, TLS4217_KEYPROTO_LOAD, err) == 0) {
    struct tls4217_keyproto_writer *writer = &exchange.writer;

    tls4217_keyproto_put_text(writer, files->id);
    tls4217_keyproto_put_u64(writer, files->scope);
    tls4217_keyproto_put_u64(writer, *handle);
    tls4217_keyproto_put_text(writer, files->cert_file);
    tls4217_keyproto_put_text(writer, files->key_file);
    tls4217_keyproto_put_text(writer, files->chain_file);
    if (ask(&exchange, fd, fds, list_passed(&opened, files->token_fd, fds),
          err) == 0) {
      pair = read_pair(&exchange.reader, keys, handle, err);
    }
  }

  end(&exchange);
  close_files(&opened);
  return pair;
}

struct tls4217_keypair *tls4217_keyloader_recall(int fd,
  struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };
  struct tls4217_keypair *pair = NULL;

  if (begin(&exchange, TLS4217_KEYPROTO_RECALL, err) == 0) {
    tls4217_keyproto_put_text(&exchange.writer, files->id);
    tls4217_keyproto_put_u64(&exchange.writer, files->scope);
    if (ask(&exchange, fd, NULL, 0, err) == 0) {
      pair = read_pair(&exchange.reader, keys, handle, err);
    }
  }

  end(&exchange);
  return pair;
}

/* The rest. */

/* Asks, with a descriptor or without one (-1), where the answer is nothing but
 * DONE. */
static int ask_with(
  struct exchange *exchange, int fd, int passed, struct tls4217_error *err) {
  int res = ask(exchange, fd, &passed, passed >= 0 ? 1 : 0, err);

  if (res == 0 && tls4217_keyproto_close(&exchange->reader) == false) {
    res = refuse(err);
  }

  end(exchange);
  return res;
}

static int ask_for_nothing(
  struct exchange *exchange, int fd, struct tls4217_error *err) {
  return ask_with(exchange, fd, -1, err);
}

int tls4217_keyloader_unlock(int fd, int pipe, struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };

  if (begin(&exchange, TLS4217_KEYPROTO_UNLOCK, err) < 0) {
    return -1;
  }

  return ask_with(&exchange, fd, pipe, err);
}

/* A question about one key. */
static int ask_about(int fd, enum tls4217_keyproto_type type, uint64_t handle,
  struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };

  if (begin(&exchange, type, err) < 0) {
    return -1;
  }

  tls4217_keyproto_put_u64(&exchange.writer, handle);
  return ask_for_nothing(&exchange, fd, err);
}

int tls4217_keyloader_accept(
  int fd, uint64_t handle, struct tls4217_error *err) {
  return ask_about(fd, TLS4217_KEYPROTO_ACCEPT, handle, err);
}

int tls4217_keyloader_drop(int fd, uint64_t handle, struct tls4217_error *err) {
  return ask_about(fd, TLS4217_KEYPROTO_DROP, handle, err);
}

int tls4217_keyloader_keep(int fd, const char *name, const void *bytes,
  size_t size, struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };

  if (begin(&exchange, TLS4217_KEYPROTO_KEEP, err) < 0) {
    return -1;
  }

  tls4217_keyproto_put_text(&exchange.writer, name);
  tls4217_keyproto_put_bytes(&exchange.writer, bytes, size);
  return ask_for_nothing(&exchange, fd, err);
}

int tls4217_keyloader_fetch(int fd, const char *name, void *bytes, size_t *size,
  struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };
  const void *got;
  size_t count;
  int res = -1;

  if (begin(&exchange, TLS4217_KEYPROTO_FETCH, err) < 0) {
    return -1;
  }

  tls4217_keyproto_put_text(&exchange.writer, name);
  if (ask(&exchange, fd, NULL, 0, err) == 0) {
    got = tls4217_keyproto_get_bytes(&exchange.reader, &count);
    if (tls4217_keyproto_close(&exchange.reader) == false || count > *size) {
      (void) refuse(err);

    } else {
      if (count > 0) {
        memcpy(bytes, got, count);
      }

      *size = count;
      res = 0;
    }
  }

  end(&exchange);
  return res;
}

int tls4217_keyloader_count(
  int fd, size_t *keys, size_t *channels, struct tls4217_error *err) {
  struct exchange exchange = { .frame = NULL };
  int res;

  if (begin(&exchange, TLS4217_KEYPROTO_COUNT, err) < 0) {
    return -1;
  }

  res = ask(&exchange, fd, NULL, 0, err);
  if (res == 0) {
    *keys = (size_t) tls4217_keyproto_get_u64(&exchange.reader);
    *channels = (size_t) tls4217_keyproto_get_u64(&exchange.reader);
    if (tls4217_keyproto_close(&exchange.reader) == false) {
      res = refuse(err);
    }
  }

  end(&exchange);
  return res;
}

/* Whether it lives. */

void tls4217_keyloader_ping(int fd) {
  unsigned char frame[TLS4217_KEYPROTO_HEADER];
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, frame, sizeof(frame), TLS4217_KEYPROTO_COUNT);
  (void) tls4217_keysocket_send(
    fd, frame, tls4217_keyproto_end(&writer), NULL, 0, 0);
}

int tls4217_keyloader_pong(int fd) {
  unsigned char frame[MAX_PONG];
  struct tls4217_keyproto_reader reader;
  ssize_t res;
  int answers = 0;

  while ((res = tls4217_keysocket_receive(
            fd, frame, sizeof(frame), NULL, NULL, 0)) > 0) {
    if (tls4217_keyproto_open(&reader, frame, (size_t) res) !=
      TLS4217_KEYPROTO_DONE) {
      return -1;
    }

    answers++;
  }

  return res < 0 && errno == EAGAIN ? answers : -1;
}
