/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/ticketfile.c and ticketring.c: files of ticket keys,
 * and a ring as the key process keeps it over SIGHUP
 */

#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_tls4217/tls/ticketfile.h"
#include "t/fuzz/fuzz.h"

static void check_ring(const struct tls4217_ticketring *ring) {
  fuzz_insist(ring->count <= TLS4217_TICKETRING_MAX);
  for (size_t i = 0; i < ring->count; i++) {
    fuzz_insist(ring->secrets[i].size > 0 &&
      ring->secrets[i].size <= TLS4217_TICKETRING_SECRET);
  }
}

static void read_file(const uint8_t *data, size_t size) {
  static struct tls4217_ticketring ring;
  struct tls4217_error err = { .text = "" };
  int64_t modified;
  char path[64];
  int fd = memfd_create("ring", MFD_CLOEXEC), res;

  fuzz_insist(fd >= 0 && fchmod(fd, 0600) == 0);
  fuzz_insist(write(fd, data, size) == (ssize_t) size);
  (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

  memset(&ring, 0, sizeof(ring));
  res = tls4217_ticketfile_read(path, &ring, &modified, &err);
  fuzz_insist((res == 0) != tls4217_error_is_set(&err));
  fuzz_insist(res != 0 || ring.count > 0);
  check_ring(&ring);

  /* The same secret twice is an error. */
  if (res == 0) {
    size_t count = ring.count;

    fuzz_insist(tls4217_ticketfile_read(path, &ring, &modified, &err) < 0);
    fuzz_insist(ring.count == count);
  }

  tls4217_ticketring_clear(&ring);
  (void) close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_file(data, size);
  return 0;
}
