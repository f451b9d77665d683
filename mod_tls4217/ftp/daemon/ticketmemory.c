/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys in the daemon's own memory, over SIGHUP
 *
 * See ticketmemory.h.  mmap(2), madvise(2); msync(2) knows whether anything is
 * mapped at an address.
 */

#include <sys/mman.h>

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/ticketmemory.h"

#define MARK  "MOD_TLS4217_TICKETS"
#define MAGIC 0x746b7431U

struct page {
  uint32_t magic;
  uint32_t size; /* of the bytes that follow */
};

#ifdef MADV_DONTDUMP
# define KEEP_OUT_OF_DUMPS(page, size) \
  ((void) madvise((page), (size), MADV_DONTDUMP))
#else
# define KEEP_OUT_OF_DUMPS(page, size)
#endif

void tls4217_ticketmemory_keep(const void *bytes, size_t size) {
  const size_t whole = sizeof(struct page) + size;
  struct page *page;
  char mark[96];

  page = mmap(
    NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    return;
  }

  KEEP_OUT_OF_DUMPS(page, whole);
  page->magic = MAGIC;
  page->size = (uint32_t) size;
  memcpy(page + 1, bytes, size);
  (void) snprintf(mark, sizeof(mark), "%lu %lu %lu", (unsigned long) getpid(),
    (unsigned long) page, (unsigned long) whole);
  (void) setenv(MARK, mark, 1);
}

/* Returns the page and its whole size, or NULL. */
static struct page *find(size_t *whole) {
  const char *mark = getenv(MARK);
  unsigned long pid = 0, address = 0, size = 0;
  struct page *page;
  int count;

  if (mark == NULL) {
    return NULL;
  }

  count = sscanf(mark, "%lu %lu %lu", &pid, &address, &size);
  (void) unsetenv(MARK);
  page = (struct page *) address;
  if (count != 3 || pid != (unsigned long) getpid() || size < sizeof(*page) ||
    msync(page, size, MS_ASYNC) < 0 || page->magic != MAGIC ||
    page->size != size - sizeof(*page)) {
    return NULL;
  }

  *whole = size;
  return page;
}

size_t tls4217_ticketmemory_fetch(void *bytes, size_t max) {
  size_t whole = 0, size = 0;
  struct page *page = find(&whole);

  if (page == NULL) {
    return 0;
  }

  if (page->size <= max) {
    size = page->size;
    memcpy(bytes, page + 1, size);
  }

  pr_memscrub(page, whole);
  (void) munmap(page, whole);
  return size;
}
