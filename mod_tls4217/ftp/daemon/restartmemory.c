/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - bytes in the daemon's own memory, over SIGHUP
 *
 * See restartmemory.h.  mmap(2), madvise(2); msync(2) tells whether anything is
 * mapped at an address.
 */

#include <sys/mman.h>

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/restartmemory.h"

#define MAGIC 0x726d7431U

struct page {
  uint64_t magic;
  uint64_t size; /* of the bytes after it */
};

#ifdef MADV_DONTDUMP
# define KEEP_OUT_OF_DUMPS(page, size) \
  ((void) madvise((page), (size), MADV_DONTDUMP))
#else
# define KEEP_OUT_OF_DUMPS(page, size)
#endif

void *tls4217_restartmemory_make(const char *mark, size_t size) {
  const size_t whole = sizeof(struct page) + size;
  struct page *page;
  char text[96];

  page = mmap(
    NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    return NULL;
  }

  KEEP_OUT_OF_DUMPS(page, whole);
  page->magic = MAGIC;
  page->size = size;
  (void) snprintf(text, sizeof(text), "%lu %lu %lu", (unsigned long) getpid(),
    (unsigned long) page, (unsigned long) whole);
  (void) setenv(mark, text, 1);
  return page + 1;
}

void *tls4217_restartmemory_take(const char *mark, size_t *size) {
  const char *text = getenv(mark);
  unsigned long pid = 0, address = 0, whole = 0;
  struct page *page;
  int count;

  if (text == NULL) {
    return NULL;
  }

  count = sscanf(text, "%lu %lu %lu", &pid, &address, &whole);
  (void) unsetenv(mark);
  page = (struct page *) address;
  if (count != 3 || pid != (unsigned long) getpid() || whole < sizeof(*page) ||
    msync(page, whole, MS_ASYNC) < 0 || page->magic != MAGIC ||
    page->size != whole - sizeof(*page)) {
    return NULL;
  }

  *size = page->size;
  return page + 1;
}

void tls4217_restartmemory_release(void *bytes, size_t size) {
  if (bytes != NULL) {
    struct page *page = (struct page *) bytes - 1;

    pr_memscrub(page, sizeof(*page) + size);
    (void) munmap(page, sizeof(*page) + size);
  }
}
