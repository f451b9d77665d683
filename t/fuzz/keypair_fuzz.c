/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/pemfile.c and keypair.c
 *
 * The input is a PEM file of an administrator's: cut, damaged, or something
 * else altogether.  It is taken apart, then loaded as a pair.
 */

#define _GNU_SOURCE

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/pemfile.h"
#include "t/fuzz/fuzz.h"

/* A result, or else a sentence. */
static void check(bool ok, const struct tls4217_error *err) {
  fuzz_insist(ok != tls4217_error_is_set(err));
  fuzz_insist(strchr(err->text, '\n') == NULL);
}

static void parse(const char *path) {
  struct tls4217_error err = { .text = "" };
  STACK_OF(X509) *certs = sk_X509_new_null();
  struct tls4217_pemfile file;
  EVP_PKEY *key;
  int res;

  fuzz_insist(certs != NULL);
  res = tls4217_pemfile_read(&file, "certificate file", path, &err);
  check(res == 0, &err);
  if (res != 0) {
    goto out;
  }

  res = tls4217_pemfile_certs(&file, certs, &err);
  check(res == 0, &err);
  fuzz_insist(res != 0 || sk_X509_num(certs) > 0);

  tls4217_error_clear(&err);
  key = tls4217_pemfile_key(&file, &err);
  check(key != NULL, &err);

  EVP_PKEY_free(key);

out:
  sk_X509_pop_free(certs, X509_free);
  tls4217_pemfile_wipe(&file);
}

static void load(const char *path) {
  struct tls4217_error err = { .text = "" };
  char fingerprint[TLS4217_FINGERPRINT_SIZE];
  struct tls4217_keypair *pair;

  pair = tls4217_keypair_load(path, NULL, path, &err);
  check(pair != NULL, &err);

  if (pair != NULL) {
    fuzz_insist(X509_check_private_key(pair->leaf, pair->key) == 1);
    (void) tls4217_keypair_check_time(pair, 0, &err);
    (void) tls4217_keypair_fingerprint(pair, fingerprint, NULL);
  }
  tls4217_keypair_free(pair);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[64];
  int fd = memfd_create("pem", MFD_CLOEXEC);

  fuzz_insist(fd >= 0 && write(fd, data, size) == (ssize_t) size);
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  parse(path);
  load(path);
  (void) close(fd);
  return 0;
}
