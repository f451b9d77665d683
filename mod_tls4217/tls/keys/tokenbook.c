/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the tokens that a process has signatures of
 *
 * See tokenbook.h.  An entry is never freed before the book is, because a
 * thread may be waiting for its turn.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/remotekey.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/keys/tokenbook.h"
#include "mod_tls4217/tls/keys/tokenkey.h"
#include "mod_tls4217/tls/keys/tokenserver.h"
#include "mod_tls4217/tls/keys/tokenuri.h"
#include "mod_tls4217/tls/random.h"

/* Milliseconds for an answer: two attempts, and the token opened between.  For
 * that of a load, on which the daemon waits, and with it all others. */
#define TIME \
 (2 * TLS4217_TOKENSERVER_SIGN_TIME + TLS4217_TOKENSERVER_START_TIME)
#define LOAD_TIME 3000

struct token {
  struct token *next;
  char *uri;
  uint64_t id;
  pthread_mutex_t lock; /* over what follows */
  int fd;               /* of its process; -1: there is none */
  bool is_refused;      /* its PIN was not accepted */
};

/* A pair that uses one. */
struct use {
  struct use *next;
  struct token *token;
  uint64_t handle;
};

struct tls4217_tokenbook {
  struct tls4217_remotekeys *keys;
  pthread_mutex_t lock; /* over the list of tokens */
  struct token *tokens;
  struct use *uses;
  uint64_t last;
};

struct tls4217_tokenbook *tls4217_tokenbook_new(void) {
  struct tls4217_tokenbook *book = calloc(1, sizeof(*book));

  if (book != NULL) {
    (void) pthread_mutex_init(&book->lock, NULL);
  }

  return book;
}

static void close_token(struct token *token) {
  if (token->fd >= 0) {
    (void) close(token->fd);
    token->fd = -1;
  }
}

void tls4217_tokenbook_free(struct tls4217_tokenbook *book) {
  if (book == NULL) {
    return;
  }

  for (struct use *it = book->uses, *next; it != NULL; it = next) {
    next = it->next;
    free(it);
  }

  for (struct token *it = book->tokens, *next; it != NULL; it = next) {
    next = it->next;
    close_token(it);
    (void) pthread_mutex_destroy(&it->lock);
    free(it->uri);
    free(it);
  }

  tls4217_remotekey_unload_provider(book->keys);
  (void) pthread_mutex_destroy(&book->lock);
  free(book);
}

/* Tokens. */

static struct token *find_by(
  struct tls4217_tokenbook *book, const char *uri, uint64_t id) {
  struct token *it;

  (void) pthread_mutex_lock(&book->lock);
  it = book->tokens;
  while (
    it != NULL && (uri != NULL ? strcmp(it->uri, uri) != 0 : it->id != id)) {
    it = it->next;
  }

  (void) pthread_mutex_unlock(&book->lock);
  return it;
}

static struct token *add_token(
  struct tls4217_tokenbook *book, const char *uri) {
  struct token *token = calloc(1, sizeof(*token));

  if (token == NULL || (token->uri = strdup(uri)) == NULL) {
    free(token);
    return NULL;
  }

  token->fd = -1;
  (void) pthread_mutex_init(&token->lock, NULL);
  (void) pthread_mutex_lock(&book->lock);
  token->id = ++book->last;
  token->next = book->tokens;
  book->tokens = token;
  (void) pthread_mutex_unlock(&book->lock);
  return token;
}

/* Signatures. */

/* The process says why; where it is gone, this does. */
static void describe_loss(struct token *token, int errnum,
  const struct tls4217_error *why, struct tls4217_error *err) {
  char shown[TLS4217_TOKENURI_MAX];

  if (token->fd < 0) {
    (void) tls4217_tokenuri_show(token->uri, shown, sizeof(shown));
    tls4217_error_set(err, EPIPE,
      "the process of the token with the key '%s' %s", shown,
      errnum == ETIMEDOUT ? "does not answer" : "has ended");

  } else {
    tls4217_error_set(err, errnum, "%s", why->text);
  }
}

/* Waits for others that have it sign. */
static int lock_token(
  struct token *token, int time, struct tls4217_error *err) {
  struct timespec until;

  (void) clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += time / 1000;
  if (pthread_mutex_timedlock(&token->lock, &until) != 0) {
    tls4217_error_set(err, EBUSY, "the token is busy with other signatures");
    return -1;
  }

  return 0;
}

static int ask_token(struct token *token, const struct tls4217_signjob *job,
  int time, unsigned char *signature, size_t *size, struct tls4217_error *err) {
  struct tls4217_keyclient client;
  struct tls4217_error why;
  int res = -1;

  tls4217_error_clear(&why);
  if (lock_token(token, time, err) < 0) {
    return -1;
  }

  client = (struct tls4217_keyclient){ .fd = token->fd,
    .deadline = tls4217_keysocket_now() + time };
  if (token->fd >= 0) {
    res = tls4217_keyclient_sign(&client, job, signature, size, &why);
    token->fd = client.fd;
  }

  if (res < 0) {
    token->is_refused = why.errnum == TLS4217_TOKENKEY_BAD_PIN;
    describe_loss(token, why.errnum, &why, err);
  }

  (void) pthread_mutex_unlock(&token->lock);
  return res;
}

/* A tls4217_remotekey_ask: the handle of the job is the token's id. */
static int ask(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  struct token *token = find_by(user, NULL, job->handle);

  if (token == NULL) {
    tls4217_error_set(err, ENOENT, "there is no such token");
    return -1;
  }

  return ask_token(token, job, TIME, signature, size, err);
}

/* One signature, by the key of a certificate. */
static int try_key(struct token *token, EVP_PKEY *public_key,
  const char *cert_file, struct tls4217_error *err) {
  unsigned char message[TLS4217_SIGNFORM_VERIFY], random[TLS4217_SIGNFORM_HASH];
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  struct tls4217_signjob job = tls4217_signer_suggest(public_key);
  char shown[TLS4217_TOKENURI_MAX];
  size_t size = sizeof(signature);
  struct tls4217_error why;
  int res;

  if (tls4217_random_fill(random, sizeof(random), err) < 0) {
    return -1;
  }

  tls4217_signform_write(message, random);
  job.message = message;
  job.size = sizeof(message);
  tls4217_error_clear(&why);
  res = ask_token(token, &job, LOAD_TIME, signature, &size, &why);

  /* A key of another kind cannot do what that of the certificate can. */
  if (res < 0 ?
      why.errnum == EINVAL :
      tls4217_signer_verify(public_key, &job, signature, size) == false) {
    tls4217_error_set(err, EINVAL,
      "key '%s' does not match certificate file '%s'; name the certificate "
      "that was issued for the token's key",
      tls4217_tokenuri_show(token->uri, shown, sizeof(shown)), cert_file);
    return -1;
  }

  if (res < 0) {
    *err = why;
  }

  return res;
}

/* Loading. */

/* One that is at work for another thread is. */
static bool is_connected(struct token *token) {
  struct pollfd pfd = { .events = 0 };
  bool res;

  if (pthread_mutex_trylock(&token->lock) != 0) {
    return true;
  }

  pfd.fd = token->fd;
  res = token->fd >= 0 && token->is_refused == false && poll(&pfd, 1, 0) == 0;
  (void) pthread_mutex_unlock(&token->lock);
  return res;
}

bool tls4217_tokenbook_is_open(
  struct tls4217_tokenbook *book, const char *uri) {
  struct token *token = find_by(book, uri, 0);

  return token != NULL && is_connected(token);
}

/* The token of a URI; with a socket it is that from now on. */
static struct token *get_token(struct tls4217_tokenbook *book,
  const struct tls4217_tokenfiles *files, struct tls4217_error *err) {
  struct token *token = find_by(book, files->uri, 0);
  char shown[TLS4217_TOKENURI_MAX];

  if (token == NULL) {
    token = add_token(book, files->uri);
  }

  if (token != NULL && files->fd >= 0) {
    (void) pthread_mutex_lock(&token->lock);
    close_token(token);
    token->fd = dup(files->fd);
    token->is_refused = false;
    (void) pthread_mutex_unlock(&token->lock);
  }

  if (token == NULL || is_connected(token) == false) {
    tls4217_error_set(err, token != NULL ? TLS4217_TOKENBOOK_CLOSED : ENOMEM,
      "no process has the key '%s' open",
      tls4217_tokenuri_show(files->uri, shown, sizeof(shown)));
    return NULL;
  }

  return token;
}

static int load_provider(
  struct tls4217_tokenbook *book, struct tls4217_error *err) {
  if (book->keys == NULL) {
    book->keys = tls4217_remotekey_load_provider(ask, book, err);
  }

  return book->keys != NULL ? 0 : -1;
}

struct tls4217_keypair *tls4217_tokenbook_load(struct tls4217_tokenbook *book,
  const struct tls4217_pemsource *source,
  const struct tls4217_tokenfiles *files, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keypair_load_public(
    source, files->cert_file, files->chain_file, err);
  struct token *token;
  EVP_PKEY *public_key;

  if (pair == NULL) {
    return NULL;
  }

  public_key = X509_get0_pubkey(pair->leaf);
  token = get_token(book, files, err);
  if (token != NULL && load_provider(book, err) == 0 &&
    try_key(token, public_key, files->cert_file, err) == 0) {
    pair->key = tls4217_remotekey_new(book->keys, public_key, token->id, err);
  }

  ERR_clear_error();
  if (pair->key == NULL) {
    tls4217_keypair_free(pair);
    pair = NULL;
  }

  return pair;
}

/* Uses. */

void tls4217_tokenbook_enter(
  struct tls4217_tokenbook *book, const char *uri, uint64_t handle) {
  struct use *use = calloc(1, sizeof(*use));

  if (use != NULL) {
    use->token = find_by(book, uri, 0);
    use->handle = handle;
    use->next = book->uses;
    book->uses = use;
  }
}

static struct use **find_use(
  struct use **link, uint64_t handle, const struct token *token) {
  while (*link != NULL &&
    (token != NULL ? (*link)->token != token : (*link)->handle != handle)) {
    link = &(*link)->next;
  }

  return link;
}

void tls4217_tokenbook_leave(struct tls4217_tokenbook *book, uint64_t handle) {
  struct use **link = find_use(&book->uses, handle, NULL), *use = *link;
  struct token *token;

  if (use == NULL) {
    return;
  }

  token = use->token;
  *link = use->next;
  free(use);

  /* One that is at work is closed when another use of it ends. */
  if (*find_use(&book->uses, 0, token) == NULL &&
    pthread_mutex_trylock(&token->lock) == 0) {
    close_token(token);
    (void) pthread_mutex_unlock(&token->lock);
  }
}

static struct use *find_handle(
  const struct tls4217_tokenbook *book, uint64_t handle) {
  struct use *use = book->uses;

  while (use != NULL && use->handle != handle) {
    use = use->next;
  }

  return use;
}

bool tls4217_tokenbook_has(
  const struct tls4217_tokenbook *book, uint64_t handle) {
  return find_handle(book, handle) != NULL;
}

/* Not known of one that is at work. */
static bool is_refused(struct token *token) {
  bool res = false;

  if (pthread_mutex_trylock(&token->lock) == 0) {
    res = token->is_refused;
    (void) pthread_mutex_unlock(&token->lock);
  }

  return res;
}

bool tls4217_tokenbook_has_ended(
  const struct tls4217_tokenbook *book, uint64_t handle) {
  const struct use *use = find_handle(book, handle);

  return use != NULL && is_refused(use->token) == false &&
    is_connected(use->token) == false;
}
