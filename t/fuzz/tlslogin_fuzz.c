/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes what reads an .tlslogin
 *
 * The input is the file of a user, who may write into it what he likes.  In it
 * a byte 1 stands for the certificate of the client, in PEM, and a byte 2 for
 * another one.  A file in which the client's does not occur lets nobody in;
 * one that begins with it does; and nobody is asked for a pass phrase.
 */

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/identity.h"
#include "t/fuzz/fuzz.h"
#include "t/unit/pki.h"

enum {
  CLIENT = 1,
  OTHER
};

/* Of a file: more is refused before it is read. */
#define LARGEST 65536

static struct tls4217_identity *identity;
static char pem[OTHER + 1][2048];

static void write_pem(int which, const struct pki_cert *cert) {
  BIO *bio = BIO_new(BIO_s_mem());
  int len;

  fuzz_insist(bio != NULL && PEM_write_bio_X509(bio, cert->cert) == 1);
  len = BIO_read(bio, pem[which], sizeof(pem[which]) - 1);
  fuzz_insist(len > 0);
  pem[which][len] = '\0';
  BIO_free(bio);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  struct pki_cert *client = pki_leaf("alice", PKI_EC, NULL);
  struct pki_cert *other = pki_leaf("mallory", PKI_EC, NULL);

  (void) argc;
  (void) argv;
  identity = tls4217_identity_new(client->cert, NULL);
  fuzz_insist(identity != NULL);
  write_pem(CLIENT, client);
  write_pem(OTHER, other);
  pki_free(client);
  pki_free(other);
  return 0;
}

/* Puts the certificates in; returns the size. */
static size_t expand(
  const uint8_t *data, size_t size, char *text, bool *has_client) {
  size_t len = 0;

  for (size_t i = 0; i < size; i++) {
    const bool stands = data[i] == CLIENT || data[i] == OTHER;
    const size_t count = stands ? strlen(pem[data[i]]) : 1;

    if (len + count > LARGEST) {
      break;
    }

    memcpy(text + len, stands ? pem[data[i]] : (const char *) &data[i], count);
    len += count;
    *has_client = *has_client || data[i] == CLIENT;
  }

  return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(LARGEST), *exact;
  bool has_client = false, found;
  size_t len;

  fuzz_insist(text != NULL);
  len = expand(data, size, text, &has_client);

  /* Of its own size: a sanitizer sees a read behind its end. */
  exact = malloc(len + 1);
  fuzz_insist(exact != NULL);
  memcpy(exact, text, len);
  exact = realloc(exact, len > 0 ? len : 1);
  fuzz_insist(exact != NULL);

  found = tls4217_identity_is_listed(identity, exact, len);
  fuzz_insist(found == false || has_client);
  fuzz_insist(found || size == 0 || data[0] != CLIENT);
  free(exact);
  free(text);
  return 0;
}
