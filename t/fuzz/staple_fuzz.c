/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/cert/staple.c
 *
 * The input is a file of TLSStaplingFile: a byte that says how it is read, then
 * what a responder, or the network, has made of a response.  With SIGNED it is
 * signed here, so that what lies behind the check of the signature is reached;
 * without it no damage may pass for a response.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/staple.h"
#include "t/fuzz/fuzz.h"

#define SIGNED    1
#define NO_ISSUER 2

/* Seconds: within the certificates' validity; those of the corpus are about
 * this time, too. */
#define NOW INT64_C(1800000000)

/* Certificates and a key of nobody's. */
static const char issuer_key_pem[] =
  "-----BEGIN PRIVATE KEY-----\n"
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6MJlj9ahZ+fKUEcm\n"
  "lMKNphaDdPbcYplRzoxdSSeY1GyhRANCAASYJXJMpLioBGqszyCHC64mxjpboSfQ\n"
  "sUIT9bHq5Gq53y5i49Z3GlsPVWAfU1/jpp6ar00gSTOE4iKkClLOCixO\n"
  "-----END PRIVATE KEY-----\n";

static const char issuer_pem[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBcDCCARWgAwIBAgIUAdQV9wUo+uxuogvA6UnLXcsEyTkwCgYIKoZIzj0EAwIw\n"
  "DDEKMAgGA1UEAwwBaTAgFw0yNjExMjYxOTA5NTNaGA8yMTI2MTEwMjE5MDk1M1ow\n"
  "DDEKMAgGA1UEAwwBaTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJglckykuKgE\n"
  "aqzPIIcLribGOluhJ9CxQhP1serkarnfLmLj1ncaWw9VYB9TX+OmnpqvTSBJM4Ti\n"
  "IqQKUs4KLE6jUzBRMB0GA1UdDgQWBBQtB3NPaQOpa0DH4pr5cbBNct4oMTAfBgNV\n"
  "HSMEGDAWgBQtB3NPaQOpa0DH4pr5cbBNct4oMTAPBgNVHRMBAf8EBTADAQH/MAoG\n"
  "CCqGSM49BAMCA0kAMEYCIQD2qXXIYIzaesII/9OV77LPdUoZN5oDlVCHSxISvaBl\n"
  "aQIhAJ6EmVCBX07/JNLohVsAaIfyPGquPGuDzunDeKpsH6X1\n"
  "-----END CERTIFICATE-----\n";

static const char leaf_pem[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBAjCBqAIBATAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAFpMCAXDTI2MTEyNjE5\n"
  "MDk1M1oYDzIxMjYxMTAyMTkwOTUzWjAMMQowCAYDVQQDDAFsMFkwEwYHKoZIzj0C\n"
  "AQYIKoZIzj0DAQcDQgAErd2+HIDF8NREO0gPihxQmnMTtz5KfR/E5jia0I+aqx9z\n"
  "UktGnItTPqozaMZTrHKpGP3qi8EwMUtcRzs6VeyPqTAKBggqhkjOPQQDAgNJADBG\n"
  "AiEA5HZeO9c0GO1wb436HOvaHD9ykTCqm29Du59FSdMWsx0CIQC2CwF2a7VU+FH1\n"
  "dLKjTjLDmJV6KfUqw3Y583Oc0cuBUQ==\n"
  "-----END CERTIFICATE-----\n";

static X509 *issuer, *leaf;
static EVP_PKEY *issuer_key;

static X509 *read_cert(const char *pem) {
  BIO *bio = BIO_new_mem_buf(pem, -1);
  X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

  fuzz_insist(cert != NULL);
  BIO_free(bio);
  return cert;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  BIO *bio = BIO_new_mem_buf(issuer_key_pem, -1);

  (void) argc;
  (void) argv;
  issuer = read_cert(issuer_pem);
  leaf = read_cert(leaf_pem);
  issuer_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
  fuzz_insist(issuer_key != NULL);
  BIO_free(bio);
  return 0;
}

/* What its CA would have signed; returns 0 where it is no response. */
static size_t sign(const uint8_t *data, size_t size, unsigned char **out) {
  OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &data, (long) size);
  OCSP_BASICRESP *basic = response != NULL ?
    OCSP_response_get1_basic(response) :
    NULL;
  OCSP_RESPONSE *made = NULL;
  int len = 0;

  if (basic != NULL &&
    OCSP_basic_sign(basic, issuer, issuer_key, EVP_sha256(), NULL, 0) == 1) {
    made = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    len = made != NULL ? i2d_OCSP_RESPONSE(made, out) : 0;
  }

  OCSP_RESPONSE_free(made);
  OCSP_BASICRESP_free(basic);
  OCSP_RESPONSE_free(response);
  ERR_clear_error();
  return len > 0 ? (size_t) len : 0;
}

static void check(const void *bytes, size_t size, X509 *by) {
  enum tls4217_staple_verdict verdict = TLS4217_STAPLE_GOOD;
  struct tls4217_error err = { .text = "" };
  struct tls4217_staple *staple = tls4217_staple_new(
    bytes, size, leaf, by, NOW, &verdict, &err);

  fuzz_insist((staple != NULL) == (verdict == TLS4217_STAPLE_GOOD));
  fuzz_insist((staple != NULL) != tls4217_error_is_set(&err));
  fuzz_insist(strchr(err.text, '\n') == NULL);
  fuzz_insist(ERR_peek_error() == 0);
  if (staple != NULL) {
    fuzz_insist(by != NULL && staple->size == size);
    fuzz_insist(memcmp(staple->bytes, bytes, size) == 0);
    fuzz_insist(staple->since <= NOW + TLS4217_STAPLE_SKEW);
    fuzz_insist(tls4217_staple_is_valid(staple, NOW));
    fuzz_insist(!tls4217_staple_is_valid(staple, staple->until));
    (void) tls4217_staple_is_old(staple, NOW);
  }

  tls4217_staple_release(staple);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  const uint8_t how = fuzz_byte(&in);
  X509 *by = (how & NO_ISSUER) != 0 ? NULL : issuer;
  unsigned char *bytes = NULL;

  if ((how & SIGNED) == 0) {
    check(in.size > 0 ? in.data : (const uint8_t *) "", in.size, by);
    return 0;
  }

  size = sign(in.data, in.size, &bytes);
  if (size > 0) {
    check(bytes, size, by);
  }

  OPENSSL_free(bytes);
  return 0;
}
