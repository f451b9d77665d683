/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyprobe.c, and of what signer.c suggests
 */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/rsa.h>

#include "mod_tls4217/tls/keys/keyprobe.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "t/unit/keyworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIME         10000

/* Asks for the key of handle, as if it belonged to cert. */
static struct tls4217_keyprobe *ask(struct keyworld *world, uint64_t handle,
  const struct pki_cert *cert, int time) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keyprobe *probe = tls4217_keyprobe_new(world->front,
    KEYWORLD_SCOPE, handle, X509_get0_pubkey(cert->cert), time, &err);

  assert_string_equal(err.text, "");
  assert_non_null(probe);
  return probe;
}

/* Looks until there is an answer: that, and its words. */
static enum tls4217_keyprobe_state wait_for(
  struct tls4217_keyprobe *probe, struct tls4217_error *err) {
  enum tls4217_keyprobe_state state;
  int64_t end = keyworld_soon();

  tls4217_error_clear(err);
  do {
    state = tls4217_keyprobe_look(probe, err);
    (void) poll(NULL, 0, 1);
  } while (state == TLS4217_KEYPROBE_WAITS && keyworld_soon() < end + TIME);

  tls4217_keyprobe_free(probe);
  return state;
}

static void assert_fails(struct tls4217_keyprobe *probe, const char *want) {
  struct tls4217_error err;

  assert_int_equal(wait_for(probe, &err), TLS4217_KEYPROBE_FAILS);
  if (strstr(err.text, want) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, want);
  }
}

static void test_the_right_key(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err;
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  assert_int_equal(wait_for(ask(world, handle, world->cert, TIME), &err),
    TLS4217_KEYPROBE_HOLDS);
  assert_string_equal(err.text, "");
}

static void test_another_key(void **state) {
  struct keyworld *world = *state;
  struct pki_cert *other = pki_leaf("other.example.org", PKI_EC, NULL);
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  assert_fails(ask(world, handle, other, TIME), "not the certificate's");
  pki_free(other);
}

static void test_no_key(void **state) {
  assert_fails(ask(*state, 42, ((struct keyworld *) *state)->cert, TIME),
    "there is no such key");
}

/* Halted: nothing is waited for; and what it answers then is of no use. */
static void test_a_halted_process(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyprobe *probe;
  struct tls4217_error err = { .text = "" };
  uint64_t handle;
  int status;

  tls4217_keypair_free(keyworld_load(world, &handle));
  assert_int_equal(kill(world->pid, SIGSTOP), 0);
  assert_int_equal(waitpid(world->pid, &status, WUNTRACED), world->pid);
  probe = ask(world, handle, world->cert, 1);
  for (int i = 0; i < 10; i++) {
    (void) poll(NULL, 0, 1);
    assert_int_equal(
      tls4217_keyprobe_look(probe, &err), TLS4217_KEYPROBE_WAITS);
  }
  assert_int_equal(kill(world->pid, SIGCONT), 0);
  assert_fails(probe, "has ended this channel");
}

static void test_a_dead_process(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyprobe *probe;
  uint64_t handle;
  int status;

  tls4217_keypair_free(keyworld_load(world, &handle));
  assert_int_equal(kill(world->pid, SIGSTOP), 0);
  assert_int_equal(waitpid(world->pid, &status, WUNTRACED), world->pid);
  probe = ask(world, handle, world->cert, TIME);
  assert_int_equal(kill(world->pid, SIGKILL), 0);
  (void) keyworld_wait_for_end(world);
  assert_fails(probe, "has ended this channel");
}

/* No room for one more channel: the daemon does not wait for it. */
static void test_a_full_front(void **state) {
  static const char junk[1000];
  struct keyworld *world = *state;
  EVP_PKEY *key = X509_get0_pubkey(world->cert->cert);
  struct tls4217_error err = { .text = "" };
  int64_t begin;
  int fds[2];

  assert_int_equal(tls4217_keysocket_pair(fds), 0);
  while (tls4217_keysocket_send(fds[0], junk, sizeof(junk), NULL, 0, 0) == 0) {
  }

  begin = tls4217_keysocket_now();
  assert_null(tls4217_keyprobe_new(fds[0], KEYWORLD_SCOPE, 1, key, TIME, &err));
  assert_true(
    tls4217_keysocket_now() - begin < TLS4217_KEYCLIENT_OPEN_TIME / 2);
  assert_int_equal(err.errnum, EAGAIN);
  (void) close(fds[0]);
  (void) close(fds[1]);
}

/* RSA-PSS, restricted to a digest, or to none. */
static EVP_PKEY *make_pss_key(const EVP_MD *digest) {
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
  EVP_PKEY *key = NULL;

  assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
  assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
  if (digest != NULL) {
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_md(ctx, digest), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md(ctx, digest), 1);
  }
  assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
  EVP_PKEY_CTX_free(ctx);
  return key;
}

/* What is suggested for a key, that key signs, and only that. */
static void check_suggestion(EVP_PKEY *key) {
  static const unsigned char hash[TLS4217_SIGNFORM_HASH] = "hash";
  unsigned char message[TLS4217_SIGNFORM_VERIFY];
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  struct tls4217_signjob job = tls4217_signer_suggest(key);
  struct tls4217_error err = { .text = "" };
  size_t size = sizeof(signature);

  tls4217_signform_write(message, hash);
  assert_int_equal(tls4217_signform_find(message, sizeof(message)),
    TLS4217_SIGNFORM_CERTIFICATE_VERIFY);
  job.message = message;
  job.size = sizeof(message);
  assert_int_equal(tls4217_signer_sign(key, &job, signature, &size, &err), 0);
  assert_string_equal(err.text, "");
  assert_true(tls4217_signer_verify(key, &job, signature, size));
  signature[size - 12] ^= 1;
  assert_false(tls4217_signer_verify(key, &job, signature, size));
  EVP_PKEY_free(key);
}

static void test_each_kind_of_key(void **state) {
  (void) state;
  check_suggestion(EVP_RSA_gen(2048));
  check_suggestion(EVP_EC_gen("P-256"));
  check_suggestion(EVP_EC_gen("P-384"));
  check_suggestion(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
  check_suggestion(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"));
  check_suggestion(make_pss_key(NULL));
  check_suggestion(make_pss_key(EVP_sha384()));
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_the_right_key),
    CASE(test_another_key),
    CASE(test_no_key),
    CASE(test_a_halted_process),
    CASE(test_a_dead_process),
    CASE(test_a_full_front),
    cmocka_unit_test(test_each_kind_of_key),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
