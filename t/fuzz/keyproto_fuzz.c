/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/keys/keyproto.c, signform.c and keybook.c
 *
 * The input is what somebody sends to the key process: a session, which may
 * have been taken over, or the daemon.  Its first byte says who; with REPAIRED
 * version and length are made right, so that what is behind them is reached.
 */

#define _GNU_SOURCE

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/keys/keybook.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "t/fuzz/fuzz.h"

#define REPAIRED 0x80
#define DAEMON   0x40
#define FILES    0x03

/* The host of the key that is there, whose handle is 1. */
#define SCOPE 7

static struct tls4217_keybook *book;
static unsigned char frame[TLS4217_KEYPROTO_MAX];
static char *pem;
static size_t pem_size;

/* A certificate of a new key, and the key, as one file. */
static void make_pem(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = X509_new();
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes;
  long size;

  fuzz_insist(key != NULL && cert != NULL && bio != NULL);
  fuzz_insist(X509_set_version(cert, X509_VERSION_3) == 1 &&
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1) == 1 &&
    X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL &&
    X509_gmtime_adj(X509_getm_notAfter(cert), 1000) != NULL &&
    X509_set_pubkey(cert, key) == 1 && X509_sign(cert, key, EVP_sha256()) > 0);
  fuzz_insist(PEM_write_bio_X509(bio, cert) == 1 &&
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
  size = BIO_get_mem_data(bio, &bytes);
  pem = OPENSSL_memdup(bytes, (size_t) size);
  pem_size = (size_t) size;
  BIO_free(bio);
  X509_free(cert);
  EVP_PKEY_free(key);
}

static int make_file(void) {
  int fd = memfd_create("pem", MFD_CLOEXEC);

  fuzz_insist(fd >= 0 && write(fd, pem, pem_size) == (ssize_t) pem_size);
  return fd;
}

/* Keys add up, and each input costs more: from time to time all are new. */
static void renew(void) {
  struct tls4217_keyproto_writer writer;
  int fd = make_file();
  size_t size;

  tls4217_keybook_free(book);
  book = tls4217_keybook_new();
  fuzz_insist(book != NULL);

  tls4217_keyproto_begin(&writer, frame, sizeof(frame), TLS4217_KEYPROTO_LOAD);
  tls4217_keyproto_put_text(&writer, "id");
  tls4217_keyproto_put_u64(&writer, SCOPE);
  tls4217_keyproto_put_u64(&writer, 0);
  tls4217_keyproto_put_text(&writer, "/a.pem");
  for (int i = 0; i < 2; i++) {
    tls4217_keyproto_put_text(&writer, NULL);
  }
  size = tls4217_keybook_serve(
    book, frame, tls4217_keyproto_end(&writer), sizeof(frame), &fd, 1);
  fuzz_insist(size > 0 && frame[1] == TLS4217_KEYPROTO_DONE);
}

/* What a thread of the key process does with a session's frame. */
static void ask_as_session(size_t size) {
  static const uint64_t scopes[] = { SCOPE };
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t len = sizeof(signature);
  struct tls4217_keyproto_reader reader;
  struct tls4217_error err = { .text = "" };
  struct tls4217_signjob job;
  uint64_t deadline;
  EVP_PKEY *key;

  if (tls4217_keyproto_open(&reader, frame, size) != TLS4217_KEYPROTO_SIGN ||
    tls4217_keyproto_read_sign(&reader, &job, &deadline) == false) {
    return;
  }

  fuzz_insist(job.size <= TLS4217_SIGN_MAX_MESSAGE);
  key = tls4217_keybook_get1(book, job.handle, scopes, 1, &err);
  if (key != NULL) {
    int res = tls4217_signer_sign(key, &job, signature, &len, &err);

    fuzz_insist((res == 0) != tls4217_error_is_set(&err));
    fuzz_insist(res < 0 ||
      tls4217_signform_find(job.message, job.size) != TLS4217_SIGNFORM_NONE);
    EVP_PKEY_free(key);
  }
}

static void ask_as_daemon(size_t size, size_t files) {
  struct tls4217_keyproto_reader reader;
  int fds[TLS4217_KEYSOCKET_MAX_FDS];

  for (size_t i = 0; i < files; i++) {
    fds[i] = make_file();
  }

  size = tls4217_keybook_serve(book, frame, size, sizeof(frame), fds, files);
  fuzz_insist(
    tls4217_keyproto_open(&reader, frame, size) >= TLS4217_KEYPROTO_DONE);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void) argc;
  (void) argv;
  make_pem();
  renew();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned int count;
  struct fuzz_input in = { data, size };
  const unsigned int how = fuzz_byte(&in);
  size_t len;

  if (++count % 1000 == 0) {
    renew();
  }

  len = fuzz_take(&in, frame, sizeof(frame));
  if ((how & REPAIRED) != 0 && len >= TLS4217_KEYPROTO_HEADER) {
    frame[0] = TLS4217_KEYPROTO_VERSION;
    for (size_t i = 0; i < 4; i++) {
      frame[4 + i] = (unsigned char) (len >> (8 * (3 - i)));
    }
  }

  if ((how & DAEMON) != 0) {
    ask_as_daemon(len, how & FILES);

  } else {
    ask_as_session(len);
  }

  ERR_clear_error();
  return 0;
}
