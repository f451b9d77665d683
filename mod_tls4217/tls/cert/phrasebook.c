/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the pass phrases of keys
 *
 * See phrasebook.h.  mmap(2); msync(2) tells whether anything is mapped at an
 * address.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/cert/phrasebook.h"
#include "mod_tls4217/tls/cert/wholefile.h"

#define MAGIC 0x70687231U

/* One phrase, and its NUL. */
struct phrase {
  char text[TLS4217_PHRASE_MAX + 1];
};

/* Without a pointer: it may outlive the module (SIGHUP). */
struct tls4217_phrasebook {
  uint32_t magic;
  uint32_t count; /* the one on trial included */
  uint32_t has_trial;
  struct phrase phrases[TLS4217_PHRASEBOOK_MAX + 1];
};

#ifdef MADV_DONTDUMP
# define KEEP_OUT_OF_DUMPS(book) \
  ((void) madvise((book), sizeof(*(book)), MADV_DONTDUMP))
#else
# define KEEP_OUT_OF_DUMPS(book)
#endif

#ifdef MADV_WIPEONFORK
# define KEEP_OUT_OF_CHILDREN(book) \
  ((void) madvise((book), sizeof(*(book)), MADV_WIPEONFORK))
#else
# define KEEP_OUT_OF_CHILDREN(book)
#endif

struct tls4217_phrasebook *tls4217_phrasebook_new(void) {
  struct tls4217_phrasebook *book = mmap(NULL, sizeof(*book),
    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (book == MAP_FAILED) {
    return NULL;
  }

  KEEP_OUT_OF_DUMPS(book);
  KEEP_OUT_OF_CHILDREN(book);

  /* A container may permit less. */
  (void) mlock(book, sizeof(*book));
  book->magic = MAGIC;
  return book;
}

void tls4217_phrasebook_free(struct tls4217_phrasebook *book) {
  if (book != NULL) {
    OPENSSL_cleanse(book, sizeof(*book));
    (void) munmap(book, sizeof(*book));
  }
}

struct tls4217_phrasebook *tls4217_phrasebook_find(void *address) {
  struct tls4217_phrasebook *book = address;
  const long page = sysconf(_SC_PAGESIZE);

  if (book == NULL || page <= 0 ||
    (uintptr_t) address % (uintptr_t) page != 0 ||
    msync(address, sizeof(*book), MS_ASYNC) < 0 || book->magic != MAGIC ||
    book->count > TLS4217_PHRASEBOOK_MAX + 1) {
    return NULL;
  }

  return book;
}

/* Reading. */

/* Checks the first line, if all of it was read.  Returns its length, or -1. */
static int check_line(
  const char *bytes, size_t size, struct tls4217_error *err) {
  const char *end = memchr(bytes, '\n', size);
  size_t len = end != NULL ? (size_t) (end - bytes) : size;

  if (len > 0 && bytes[len - 1] == '\r') {
    len--;
  }

  if (len == 0) {
    tls4217_error_set(err, EINVAL, "the pass phrase is empty");
    return -1;
  }

  if (len > TLS4217_PHRASE_MAX) {
    tls4217_error_set(err, EINVAL,
      "the pass phrase is longer than %d bytes, which is more than OpenSSL "
      "takes",
      TLS4217_PHRASE_MAX);
    return -1;
  }

  if (memchr(bytes, '\0', len) != NULL) {
    tls4217_error_set(err, EINVAL, "the pass phrase contains a NUL");
    return -1;
  }

  return (int) len;
}

/* Puts it first, in place of the one on trial. */
static void put_first(
  struct tls4217_phrasebook *book, const char *bytes, size_t len) {
  struct phrase *first = &book->phrases[0];

  tls4217_phrasebook_end_trial(book);
  memmove(first + 1, first, TLS4217_PHRASEBOOK_MAX * sizeof(*first));
  OPENSSL_cleanse(first, sizeof(*first));
  memcpy(first->text, bytes, len);
  book->has_trial = 1;
  book->count++;
}

int tls4217_phrasebook_take(
  struct tls4217_phrasebook *book, int fd, struct tls4217_error *err) {
  char bytes[TLS4217_PHRASE_MAX + 3]; /* and what ends a line */
  ssize_t got = tls4217_wholefile_fill(fd, bytes, sizeof(bytes));
  int len = -1;

  if (got < 0) {
    tls4217_error_set_errno(err, errno, "the pass phrase cannot be read");

  } else {
    len = check_line(bytes, (size_t) got, err);
  }

  if (len > 0) {
    put_first(book, bytes, (size_t) len);
  }

  OPENSSL_cleanse(bytes, sizeof(bytes));
  return len > 0 ? 0 : -1;
}

/* What it has. */

const char *tls4217_phrasebook_get(
  const struct tls4217_phrasebook *book, size_t at) {
  return at < book->count ? book->phrases[at].text : NULL;
}

bool tls4217_phrasebook_has_trial(const struct tls4217_phrasebook *book) {
  return book->has_trial != 0;
}

static void remove_at(struct tls4217_phrasebook *book, size_t at) {
  struct phrase *phrase = &book->phrases[at];

  book->count--;
  memmove(phrase, phrase + 1, (book->count - at) * sizeof(*phrase));
  OPENSSL_cleanse(&book->phrases[book->count], sizeof(*phrase));
}

void tls4217_phrasebook_end_trial(struct tls4217_phrasebook *book) {
  if (book->has_trial != 0) {
    book->has_trial = 0;
    remove_at(book, 0);
  }
}

void tls4217_phrasebook_confirm(struct tls4217_phrasebook *book, size_t at) {
  struct phrase phrase = book->phrases[at];
  size_t first;

  if (at == 0) {
    book->has_trial = 0;
  }

  first = book->has_trial;
  memmove(&book->phrases[first + 1], &book->phrases[first],
    (at - first) * sizeof(phrase));
  book->phrases[first] = phrase;
  OPENSSL_cleanse(&phrase, sizeof(phrase));

  while (book->count > TLS4217_PHRASEBOOK_MAX + book->has_trial) {
    remove_at(book, book->count - 1);
  }
}
