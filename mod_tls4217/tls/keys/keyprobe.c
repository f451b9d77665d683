/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process signs with the right key
 *
 * See keyprobe.h.  What is signed has the form of TLS 1.3's CertificateVerify
 * (RFC 8446, section 4.4.3), around random bytes in place of a hash: it is of
 * no use in any handshake.
 */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyprobe.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/random.h"

struct tls4217_keyprobe {
  struct tls4217_keyclient client;
  EVP_PKEY *key; /* the public half; owned */
  struct tls4217_signjob job;
  unsigned char message[TLS4217_SIGNFORM_VERIFY];
};

void tls4217_keyprobe_free(struct tls4217_keyprobe *probe) {
  if (probe != NULL) {
    tls4217_keyclient_close(&probe->client);
    EVP_PKEY_free(probe->key);
    OPENSSL_free(probe);
  }
}

static int prepare(
  struct tls4217_keyprobe *probe, uint64_t handle, struct tls4217_error *err) {
  unsigned char random[TLS4217_SIGNFORM_HASH];

  if (tls4217_random_fill(random, sizeof(random), err) < 0) {
    return -1;
  }

  tls4217_signform_write(probe->message, random);
  probe->job = tls4217_signer_suggest(probe->key);
  probe->job.handle = handle;
  probe->job.message = probe->message;
  probe->job.size = sizeof(probe->message);
  return 0;
}

struct tls4217_keyprobe *tls4217_keyprobe_new(int front, uint64_t scope,
  uint64_t handle, EVP_PKEY *key, int time, struct tls4217_error *err) {
  struct tls4217_keyprobe *probe = OPENSSL_zalloc(sizeof(*probe));

  if (probe == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  probe->client.fd = -1;
  if (EVP_PKEY_up_ref(key) == 1) {
    probe->key = key;
  }

  if (probe->key != NULL && prepare(probe, handle, err) == 0 &&
    tls4217_keyclient_open(&probe->client, front, &scope, 1, 1, 0, err) == 0) {
    probe->client.deadline = tls4217_keysocket_now() + time;
    if (tls4217_keyclient_ask(&probe->client, &probe->job, err) == 0) {
      return probe;
    }
  }

  tls4217_keyprobe_free(probe);
  return NULL;
}

enum tls4217_keyprobe_state tls4217_keyprobe_look(
  struct tls4217_keyprobe *probe, struct tls4217_error *err) {
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);

  probe->client.deadline = 0;
  if (tls4217_keyclient_take(&probe->client, signature, &size, err) < 0) {
    if (err->errnum == EAGAIN) {
      tls4217_error_clear(err);
      return TLS4217_KEYPROBE_WAITS;
    }

    return TLS4217_KEYPROBE_FAILS;
  }

  if (tls4217_signer_verify(probe->key, &probe->job, signature, size)) {
    return TLS4217_KEYPROBE_HOLDS;
  }

  tls4217_error_set(err, EBADMSG,
    "the key process signs with a key that is not the certificate's");
  return TLS4217_KEYPROBE_FAILS;
}
