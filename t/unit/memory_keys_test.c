/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/ where memory runs out
 *
 * The key process outlives every session: what it has no memory for is an error
 * to its sender, and it goes on.  So does the daemon where it cannot take what
 * the key process has loaded.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keybook.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/remotekey.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/askbook.h"
#include "t/unit/keyworld.h"
#include "t/unit/scarce.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SCOPE        ASKBOOK_SCOPE

/* All that a daemon asks in its life. */
static bool keep_book(void *file, struct tls4217_error *err) {
  struct tls4217_keybook *book = tls4217_keybook_new();
  uint64_t first, second, era;
  bool good;

  if (book == NULL) {
    tls4217_error_set(err, ENOMEM, "no book");
    return false;
  }

  era = tls4217_keybook_enter(book);
  first = askbook_load(book, file, "one", err);
  second = first != 0 ? askbook_load(book, file, "two", err) : 0;
  good = second != 0 &&
    askbook_number(book, TLS4217_KEYPROTO_ACCEPT, first, err) &&
    askbook_text(book, TLS4217_KEYPROTO_RECALL, "one", NULL, err) &&
    askbook_text(book, TLS4217_KEYPROTO_KEEP, "ring", "bytes", err) &&
    askbook_text(book, TLS4217_KEYPROTO_KEEP, "ring", "others", err) &&
    askbook_text(book, TLS4217_KEYPROTO_FETCH, "ring", NULL, err) &&
    askbook_number(book, TLS4217_KEYPROTO_DROP, second, err) &&
    askbook_number(book, TLS4217_KEYPROTO_DROP, first, err);
  tls4217_keybook_leave(book, era);
  tls4217_keybook_free(book);
  return good;
}

static void test_book(void **state) {
  struct pki_dir *dir = pki_dir_new();
  const char *file = pki_path(dir, "pair.pem");

  (void) state;
  pki_add_cert(file, world.leaf);
  pki_add_key(file, world.leaf, NULL);
  scarce_repeat("book", keep_book, (void *) (uintptr_t) file);
  pki_dir_free(dir);
}

/* Signing. */

struct pen {
  struct tls4217_signer *signer;
  struct tls4217_signjob job;
};

static bool sign(const struct pen *pen, unsigned char *signature, size_t *size,
  struct tls4217_error *err) {
  const uint64_t scope = SCOPE;
  EVP_PKEY *key = tls4217_signer_get1(
    pen->signer, pen->job.handle, &scope, 1, err);
  bool good = key != NULL &&
    tls4217_signer_sign(key, &pen->job, signature, size, err) == 0;

  EVP_PKEY_free(key);
  return good;
}

static bool use_signer(void *arg, struct tls4217_error *err) {
  struct pki_cert *cert = arg;
  unsigned char message[130], signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);
  struct pen pen = { .signer = tls4217_signer_new() };
  bool good;

  if (pen.signer == NULL) {
    tls4217_error_set(err, ENOMEM, "no signer");
    return false;
  }

  pen.job = keyworld_job(0, message);
  if (EVP_PKEY_get_base_id(cert->key) == EVP_PKEY_RSA) {
    pen.job.padding = TLS4217_SIGN_PSS;
  }

  assert_int_equal(EVP_PKEY_up_ref(cert->key), 1);
  pen.job.handle = tls4217_signer_add(pen.signer, cert->key, SCOPE, 0, err);
  if (pen.job.handle == 0) {
    EVP_PKEY_free(cert->key);
  }

  good = pen.job.handle != 0 && sign(&pen, signature, &size, err);
  tls4217_signer_free(pen.signer);
  return good;
}

static void test_signer(void **state) {
  struct pki_cert *rsa = pki_leaf("ftp.example.org", PKI_RSA, NULL);

  (void) state;
  scarce_repeat("signer, EC", use_signer, world.leaf);
  scarce_repeat("signer, RSA", use_signer, rsa);
  pki_free(rsa);
}

/* The server's side of a key that is elsewhere. */

static int ask(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  struct pen *pen = user;
  int left = scarce_suspend();
  bool good;

  pen->job = *job;
  good = sign(pen, signature, size, err);
  scarce_resume(left);
  return good ? 0 : -1;
}

struct remote {
  struct pen pen;
  struct tls4217_remotekeys *keys;
  const struct pki_cert *cert;
  uint64_t handle;
  struct tls4217_context *context;
  int version;
};

/* With a provider of its own each time: OpenSSL keeps for good that it could
 * not fetch a method. */
static bool make_key(void *arg, struct tls4217_error *err) {
  struct remote *remote = arg;
  int left = scarce_suspend();
  struct tls4217_remotekeys *keys = tls4217_remotekey_load_provider(
    ask, &remote->pen, NULL);
  EVP_PKEY *key;

  scarce_resume(left);
  key = tls4217_remotekey_new(
    keys, X509_get0_pubkey(remote->cert->cert), remote->handle, err);
  left = scarce_suspend();
  EVP_PKEY_free(key);
  tls4217_remotekey_unload_provider(keys);
  scarce_resume(left);
  return key != NULL;
}

static bool shake(void *arg, struct tls4217_error *err) {
  const struct remote *remote = arg;
  const struct endpoint_spec spec = { .context = remote->context,
    .version = remote->version };
  int left = scarce_suspend();
  struct endpoint *ep = endpoint_new(&spec);
  bool good;

  scarce_resume(left);
  good = tls4217_connection_handshake(ep->conn, LATE, err) == TLS4217_IO_DONE;
  left = scarce_suspend();
  endpoint_free(ep);
  scarce_resume(left);
  return good;
}

static void use_remotely(struct remote *remote) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair pair = endpoint_pair(remote->cert, NULL);
  struct tls4217_keypair *pairs[] = { &pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .pairs = pairs,
    .npairs = 1,
    .scope = "test",
  };

  assert_int_equal(EVP_PKEY_up_ref(remote->cert->key), 1);
  remote->handle = tls4217_signer_add(
    remote->pen.signer, remote->cert->key, SCOPE, 0, &err);
  scarce_repeat("remote key", make_key, remote);

  pair.key = tls4217_remotekey_new(
    remote->keys, X509_get0_pubkey(remote->cert->cert), remote->handle, &err);
  remote->context = tls4217_context_new(&settings, &err);
  assert_string_equal(err.text, "");
  remote->version = TLS1_2_VERSION;
  scarce_repeat("handshake, TLS 1.2", shake, remote);
  remote->version = TLS1_3_VERSION;
  scarce_repeat("handshake, TLS 1.3", shake, remote);
  tls4217_context_free(remote->context);
  EVP_PKEY_free(pair.key);
}

static void test_remote_key(void **state) {
  static const enum pki_key types[] = { PKI_EC, PKI_RSA, PKI_ED25519 };

  (void) state;
  for (size_t i = 0; i < COUNT(types); i++) {
    struct remote remote = { .pen.signer = tls4217_signer_new() };
    struct pki_cert *cert = pki_leaf("ftp.example.org", types[i], NULL);

    remote.cert = cert;
    remote.keys = tls4217_remotekey_load_provider(ask, &remote.pen, NULL);
    assert_non_null(remote.keys);
    use_remotely(&remote);
    tls4217_remotekey_unload_provider(remote.keys);
    tls4217_signer_free(remote.pen.signer);
    pki_free(cert);
  }
}

static bool load_provider(void *arg, struct tls4217_error *err) {
  struct tls4217_remotekeys *keys = tls4217_remotekey_load_provider(
    ask, arg, err);

  tls4217_remotekey_unload_provider(keys);
  return keys != NULL;
}

/* OSSL_LIB_CTX_new(3) of OpenSSL 3.0 does not free all that it has when it
 * fails. */
static void test_provider(void **state) {
  (void) state;
  scarce_begin_leaks();
  scarce_repeat("provider", load_provider, NULL);
  scarce_end_leaks();
}

/* With a key process, whose own memory does not run out. */

static bool load_remotely(void *arg, struct tls4217_error *err) {
  struct keyworld *keyworld = arg;
  uint64_t handle = 0;
  struct tls4217_keypair *pair = tls4217_keyloader_load(
    keyworld->daemon, keyworld->keys, &keyworld->files, &handle, err);
  bool good = pair != NULL &&
    tls4217_keyloader_accept(keyworld->daemon, handle, err) == 0;

  tls4217_keypair_free(pair);
  if (good) {
    handle = 0;
    pair = tls4217_keyloader_recall(
      keyworld->daemon, keyworld->keys, &keyworld->files, &handle, err);
    good = pair != NULL;
    tls4217_keypair_free(pair);
  }

  return good;
}

static bool open_channel(void *arg, struct tls4217_error *err) {
  struct keyworld *keyworld = arg;
  bool good = tls4217_keyclient_open(&keyworld->client, keyworld->front,
                keyworld_scopes, KEYWORLD_NSCOPES, KEYWORLD_BUDGET,
                TLS4217_KEYCLIENT_OPEN_TIME, err) == 0;

  if (good) {
    tls4217_keyclient_close(&keyworld->client);
  }

  return good;
}

static bool keep_bytes(void *arg, struct tls4217_error *err) {
  const struct keyworld *keyworld = arg;
  char bytes[16];
  size_t size = sizeof(bytes), keys, channels;

  return tls4217_keyloader_keep(keyworld->daemon, "ring", "one", 3, err) == 0 &&
    tls4217_keyloader_fetch(keyworld->daemon, "ring", bytes, &size, err) == 0 &&
    tls4217_keyloader_count(keyworld->daemon, &keys, &channels, err) == 0;
}

static void test_daemon(void **state) {
  scarce_repeat("daemon", load_remotely, *state);
  scarce_repeat("channel", open_channel, *state);
  scarce_repeat("bytes", keep_bytes, *state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_book),
    cmocka_unit_test(test_signer),
    cmocka_unit_test(test_provider),
    cmocka_unit_test(test_remote_key),
    cmocka_unit_test_setup_teardown(test_daemon, keyworld_make, keyworld_end),
  };

  return scarce_install(1500) ?
    cmocka_run_group_tests(tests, world_make, world_end) :
    1;
}
