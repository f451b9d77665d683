/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the key process keeps for the daemon
 *
 * See keybook.h.  Each drop begins a new era (keyera.h): what was dropped in
 * one goes with the last channel of it and of those before.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/phrasebook.h"
#include "mod_tls4217/tls/keys/keybook.h"
#include "mod_tls4217/tls/keys/keybytes.h"
#include "mod_tls4217/tls/keys/keyera.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keyshelf.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* A key that new channels may not ask for. */
struct dropped {
  struct dropped *next;
  uint64_t handle;
  uint64_t era; /* in which it was dropped */
};

struct tls4217_keybook {
  struct tls4217_signer *signer;
  struct tls4217_keyshelf shelf;
  struct dropped *dropped;
  struct tls4217_keyeras eras;
  struct tls4217_keybytes kept;
  struct tls4217_phrasebook *phrases;
  struct tls4217_tokenbook *tokens;
};

struct tls4217_keybook *tls4217_keybook_new(void) {
  struct tls4217_keybook *book = calloc(1, sizeof(*book));

  if (book != NULL) {
    book->signer = tls4217_signer_new();
    book->phrases = tls4217_phrasebook_new();
    book->tokens = tls4217_tokenbook_new();
    if (book->signer == NULL || book->phrases == NULL || book->tokens == NULL) {
      tls4217_keybook_free(book);
      book = NULL;
    }
  }

  return book;
}

void tls4217_keybook_free(struct tls4217_keybook *book) {
  if (book == NULL) {
    return;
  }

  tls4217_keyshelf_clear(&book->shelf);

  for (struct dropped *it = book->dropped, *next; it != NULL; it = next) {
    next = it->next;
    free(it);
  }

  tls4217_keyera_free(&book->eras);

  tls4217_keybytes_clear(&book->kept);
  tls4217_phrasebook_free(book->phrases);
  tls4217_signer_free(book->signer);
  tls4217_tokenbook_free(book->tokens);
  free(book);
}

/* Channels. */

/* Frees what no channel can ask for any more. */
static void sweep(struct tls4217_keybook *book) {
  struct dropped **link = &book->dropped;
  uint64_t oldest = tls4217_keyera_oldest(&book->eras);

  while (*link != NULL) {
    struct dropped *dropped = *link;

    if (dropped->era < oldest) {
      (void) tls4217_signer_drop(book->signer, dropped->handle);
      tls4217_tokenbook_leave(book->tokens, dropped->handle);
      *link = dropped->next;
      free(dropped);

    } else {
      link = &dropped->next;
    }
  }
}

uint64_t tls4217_keybook_enter(struct tls4217_keybook *book) {
  return tls4217_keyera_enter(&book->eras);
}

void tls4217_keybook_leave(struct tls4217_keybook *book, uint64_t era) {
  tls4217_keyera_leave(&book->eras, era);
  sweep(book);
}

EVP_PKEY *tls4217_keybook_get1(const struct tls4217_keybook *book,
  uint64_t handle, const uint64_t *scopes, size_t nscopes,
  struct tls4217_error *err) {
  return tls4217_signer_get1(book->signer, handle, scopes, nscopes, err);
}

struct tls4217_tokenbook *tls4217_keybook_get0_tokens(
  const struct tls4217_keybook *book) {
  return book->tokens;
}

/* Loading. */

/* The files of a request, in the order of their descriptors. */
struct passed {
  const char *paths[TLS4217_KEYSOCKET_MAX_FDS];
  const int *fds;
  size_t count, nfds;
};

static int open_passed(void *user, const char *path) {
  const struct passed *passed = user;

  for (size_t i = 0; i < passed->count && i < passed->nfds; i++) {
    if (strcmp(passed->paths[i], path) == 0) {
      (void) lseek(passed->fds[i], 0, SEEK_SET);
      return dup(passed->fds[i]);
    }
  }

  errno = ENOENT;
  return -1;
}

/* The key into the signer, the rest on the shelf. */
static const struct tls4217_keyshelf_entry *add_pair(
  struct tls4217_keybook *book, const char *id, uint64_t scope, uint64_t wanted,
  struct tls4217_keypair *pair, const struct tls4217_keystamps *files,
  struct tls4217_error *err) {
  const struct tls4217_keyshelf_entry *entry;
  uint64_t handle;

  handle = tls4217_signer_add(book->signer, pair->key, scope, wanted, err);
  if (handle == 0) {
    return NULL;
  }

  pair->key = NULL; /* the signer's now */
  entry = tls4217_keyshelf_add(&book->shelf, id, scope, handle, pair, files);
  if (entry == NULL) {
    (void) tls4217_signer_drop(book->signer, handle);
    tls4217_error_set(err, ENOMEM, "out of memory");
  }

  return entry;
}

/* One request: what is read of it, what is answered. */
struct request {
  struct tls4217_keybook *book;
  struct tls4217_keyproto_reader reader;
  struct tls4217_keyproto_writer writer;
  const int *fds;
  size_t nfds;
  struct tls4217_error *err;
};

static int refuse(const struct request *request) {
  tls4217_error_set(
    request->err, EPROTO, "the key process received an invalid request");
  return -1;
}

/* What a LOAD has after its header. */
struct wanted {
  const char *id;
  uint64_t scope, handle;
  const char *files[TLS4217_KEYSOCKET_MAX_FDS];
  const char *token; /* the key's URI, where it has no file */
  int token_fd;
  struct passed passed;
  struct tls4217_pemsource source;
};

static int read_wanted(struct request *request, struct wanted *wanted) {
  *wanted = (struct wanted){
    .id = tls4217_keyproto_get_text(&request->reader),
    .passed = { .fds = request->fds, .nfds = request->nfds },
    .source = { .open = open_passed,
      .user = &wanted->passed,
      .phrases = request->book->phrases },
  };
  wanted->scope = tls4217_keyproto_get_u64(&request->reader);
  wanted->handle = tls4217_keyproto_get_u64(&request->reader);
  for (size_t i = 0; i < TLS4217_KEYSOCKET_MAX_FDS; i++) {
    wanted->files[i] = tls4217_keyproto_get_text(&request->reader);
    if (i == 1 && tls4217_tokenuri_is(wanted->files[i])) {
      wanted->token = wanted->files[i];

    } else if (wanted->files[i] != NULL) {
      wanted->passed.paths[wanted->passed.count++] = wanted->files[i];
    }
  }

  /* The socket of a token comes last, if it comes. */
  wanted->token_fd = -1;
  if (wanted->token != NULL && request->nfds == wanted->passed.count + 1) {
    wanted->token_fd = request->fds[--request->nfds];
  }

  return tls4217_keyproto_close(&request->reader) == false ||
      wanted->id == NULL || wanted->files[0] == NULL ||
      wanted->passed.count != request->nfds ?
    refuse(request) :
    0;
}

/* Reads the files, or the certificate of a token's key. */
static struct tls4217_keypair *load_pair(
  const struct request *request, const struct wanted *wanted) {
  const struct tls4217_tokenfiles of_token = { .cert_file = wanted->files[0],
    .chain_file = wanted->files[2],
    .uri = wanted->token,
    .fd = wanted->token_fd };

  return wanted->token != NULL ?
    tls4217_tokenbook_load(
      request->book->tokens, &wanted->source, &of_token, request->err) :
    tls4217_keypair_load_from(&wanted->source, wanted->files[0],
      wanted->files[1], wanted->files[2], request->err);
}

/* What has not changed is not parsed again. */
static const struct tls4217_keyshelf_entry *find_same(
  const struct request *request, const struct wanted *wanted,
  const struct tls4217_keystamps *now) {
  const struct tls4217_keybook *book = request->book;

  return wanted->handle == 0 &&
      (wanted->token == NULL ||
        tls4217_tokenbook_is_open(book->tokens, wanted->token)) ?
    tls4217_keyshelf_find_same(&book->shelf, wanted->id, wanted->scope, now) :
    NULL;
}

static int load_wanted(struct request *request) {
  const struct tls4217_keyshelf_entry *entry;
  struct tls4217_keystamps now;
  struct tls4217_keypair *pair;
  struct wanted wanted;

  if (read_wanted(request, &wanted) < 0) {
    return -1;
  }

  now = tls4217_keyshelf_look(request->fds, request->nfds);
  entry = find_same(request, &wanted, &now);
  if (entry == NULL) {
    pair = load_pair(request, &wanted);
    if (pair == NULL) {
      return -1;
    }

    entry = add_pair(request->book, wanted.id, wanted.scope, wanted.handle,
      pair, &now, request->err);
    if (entry == NULL) {
      tls4217_keypair_free(pair);
      return -1;
    }

    if (wanted.token != NULL) {
      tls4217_tokenbook_enter(
        request->book->tokens, wanted.token, entry->handle);
    }
  }

  tls4217_keyshelf_write(entry, &request->writer);
  return 0;
}

static int load(struct request *request) {
  int res = load_wanted(request);

  tls4217_phrasebook_end_trial(request->book->phrases);
  return res;
}

static int unlock(struct request *request) {
  return tls4217_keyproto_close(&request->reader) == false ||
      request->nfds != 1 ?
    refuse(request) :
    tls4217_phrasebook_take(
      request->book->phrases, request->fds[0], request->err);
}

static int recall(struct request *request) {
  const char *id = tls4217_keyproto_get_text(&request->reader);
  uint64_t scope = tls4217_keyproto_get_u64(&request->reader);
  const struct tls4217_keyshelf_entry *entry;

  if (tls4217_keyproto_close(&request->reader) == false || id == NULL) {
    return refuse(request);
  }

  entry = tls4217_keyshelf_find_good(&request->book->shelf, id, scope);
  if (entry == NULL) {
    tls4217_error_set(
      request->err, ENOENT, "there is no previous working certificate");
    return -1;
  }

  tls4217_keyshelf_write(entry, &request->writer);
  return 0;
}

static int accept_pair(struct request *request) {
  uint64_t handle = tls4217_keyproto_get_u64(&request->reader);

  if (tls4217_keyproto_close(&request->reader) == false) {
    return refuse(request);
  }

  if (tls4217_keyshelf_accept(&request->book->shelf, handle) == false) {
    tls4217_error_set(request->err, ENOENT, "there is no such key");
    return -1;
  }

  return 0;
}

static int drop(struct request *request) {
  uint64_t handle = tls4217_keyproto_get_u64(&request->reader);
  struct tls4217_keybook *book = request->book;
  struct dropped *dropped;

  if (tls4217_keyproto_close(&request->reader) == false) {
    return refuse(request);
  }

  dropped = calloc(1, sizeof(*dropped));
  if (dropped == NULL) {
    tls4217_error_set(request->err, ENOMEM, "out of memory");
    return -1;
  }

  tls4217_keyshelf_remove(&book->shelf, handle);
  dropped->handle = handle;
  dropped->era = tls4217_keyera_next(&book->eras);
  dropped->next = book->dropped;
  book->dropped = dropped;
  sweep(book);
  return 0;
}

/* The daemon's bytes. */

static int keep(struct request *request) {
  const char *name = tls4217_keyproto_get_text(&request->reader);
  const void *bytes;
  size_t size;

  bytes = tls4217_keyproto_get_bytes(&request->reader, &size);
  if (tls4217_keyproto_close(&request->reader) == false || name == NULL) {
    return refuse(request);
  }

  if (tls4217_keybytes_keep(&request->book->kept, name, bytes, size) == false) {
    tls4217_error_set(request->err, ENOMEM, "out of memory");
    return -1;
  }

  return 0;
}

static int fetch(struct request *request) {
  const char *name = tls4217_keyproto_get_text(&request->reader);
  const void *bytes;
  size_t size;

  if (tls4217_keyproto_close(&request->reader) == false || name == NULL) {
    return refuse(request);
  }

  bytes = tls4217_keybytes_find(&request->book->kept, name, &size);
  tls4217_keyproto_put_bytes(&request->writer, bytes, size);
  return 0;
}

static int count(struct request *request) {
  if (tls4217_keyproto_close(&request->reader) == false) {
    return refuse(request);
  }

  tls4217_keyproto_put_u64(
    &request->writer, tls4217_signer_count(request->book->signer));
  tls4217_keyproto_put_u64(
    &request->writer, tls4217_keyera_channels(&request->book->eras));
  return 0;
}

/* Serving. */

static int dispatch(struct request *request, enum tls4217_keyproto_type type) {
  switch (type) {
    case TLS4217_KEYPROTO_LOAD:
      return load(request);

    case TLS4217_KEYPROTO_UNLOCK:
      return unlock(request);

    case TLS4217_KEYPROTO_RECALL:
      return recall(request);

    case TLS4217_KEYPROTO_ACCEPT:
      return accept_pair(request);

    case TLS4217_KEYPROTO_DROP:
      return drop(request);

    case TLS4217_KEYPROTO_KEEP:
      return keep(request);

    case TLS4217_KEYPROTO_FETCH:
      return fetch(request);

    case TLS4217_KEYPROTO_COUNT:
      return count(request);

    default:
      return refuse(request);
  }
}

size_t tls4217_keybook_serve(struct tls4217_keybook *book, void *frame,
  size_t size, size_t room, const int *fds, size_t nfds) {
  struct request request = { .book = book, .fds = fds, .nfds = nfds };
  unsigned char *answer = malloc(room);
  enum tls4217_keyproto_type type;
  struct tls4217_error err;
  size_t len = 0;

  tls4217_error_clear(&err);
  request.err = &err;
  type = tls4217_keyproto_open(&request.reader, frame, size);
  tls4217_keyproto_begin(
    &request.writer, answer, answer != NULL ? room : 0, TLS4217_KEYPROTO_DONE);

  if (dispatch(&request, type) == 0) {
    len = tls4217_keyproto_end(&request.writer);
    tls4217_error_set(&err, EMSGSIZE, "the chain is too long");
  }

  if (len > 0) {
    memcpy(frame, answer, len);

  } else {
    len = tls4217_keyproto_write_failure(frame, room, &err);
  }

  tls4217_keyproto_set_tag(frame, request.reader.tag);
  for (size_t i = 0; i < nfds; i++) {
    (void) close(fds[i]);
  }

  ERR_clear_error();
  free(answer);
  return len;
}
