/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/tokenbook.c, and of tokenserver.c where it
 * has no token
 *
 * A key process in its sandbox, and in place of a token's a process that signs
 * with a key of its own.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/keys/tokenbook.h"
#include "mod_tls4217/tls/keys/tokenkey.h"
#include "mod_tls4217/tls/keys/tokenserver.h"
#include "t/unit/keyworld.h"

#define URI "pkcs11:token=ftp;object=key?pin-value=1234"

/* A process in place of a token's. */
struct fake {
  pid_t pid;
  int fd;
};

/* Signs, or refuses with that number. */
static void be_a_token(int fd, EVP_PKEY *key, int errnum) {
  unsigned char frame[TLS4217_KEYPROTO_MAX_SIGN];
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  struct tls4217_error err = { .text = "the token is not there" };
  struct tls4217_keyproto_reader reader;
  struct tls4217_keyproto_writer writer;
  struct tls4217_signjob job;
  uint64_t deadline;
  ssize_t got;

  err.errnum = errnum;
  while ((got = tls4217_keysocket_receive(
            fd, frame, sizeof(frame), NULL, NULL, INT64_MAX)) > 0) {
    size_t size = sizeof(signature), len;

    if (tls4217_keyproto_open(&reader, frame, (size_t) got) !=
        TLS4217_KEYPROTO_SIGN ||
      tls4217_keyproto_read_sign(&reader, &job, &deadline) == false ||
      tls4217_signer_sign(key, &job, signature, &size, NULL) < 0) {
      _exit(EXIT_FAILURE);
    }

    if (errnum != 0) {
      len = tls4217_keyproto_write_failure(frame, sizeof(frame), &err);

    } else {
      tls4217_keyproto_begin(
        &writer, frame, sizeof(frame), TLS4217_KEYPROTO_DONE);
      tls4217_keyproto_put_bytes(&writer, signature, size);
      len = tls4217_keyproto_end(&writer);
    }

    (void) tls4217_keysocket_send(fd, frame, len, NULL, 0, 0);
  }

  _exit(EXIT_SUCCESS);
}

static struct fake start_fake(EVP_PKEY *key, int errnum) {
  struct fake fake;
  int fds[2];

  assert_int_equal(tls4217_keysocket_pair(fds), 0);
  fake.pid = fork();
  assert_true(fake.pid >= 0);
  if (fake.pid == 0) {
    (void) close(fds[0]);
    be_a_token(fds[1], key, errnum);
  }

  (void) close(fds[1]);
  fake.fd = fds[0];
  return fake;
}

/* Ours; its own end is that of the key process. */
static void release(struct fake *fake) {
  (void) close(fake->fd);
}

static void end_fake(const struct fake *fake) {
  (void) kill(fake->pid, SIGKILL);
  assert_int_equal(waitpid(fake->pid, NULL, 0), fake->pid);
}

static void refuse_load(
  struct keyworld *world, int token_fd, int errnum, const char *want) {
  struct tls4217_error err = { .text = "" };
  uint64_t handle = 0;

  world->files.key_file = URI;
  world->files.token_fd = token_fd;
  assert_null(tls4217_keyloader_load(
    world->daemon, world->keys, &world->files, &handle, &err));
  assert_int_equal(err.errnum, errnum);
  if (strstr(err.text, want) == NULL || strstr(err.text, "1234") != NULL) {
    fail_msg("\"%s\" lacks \"%s\", or has the PIN", err.text, want);
  }
}

static uint64_t load(struct keyworld *world, const struct fake *fake) {
  uint64_t handle = 0;

  world->files.key_file = URI;
  world->files.token_fd = fake != NULL ? fake->fd : 0;
  tls4217_keypair_free(keyworld_load(world, &handle));
  return handle;
}

/* A process is asked for, once; what it has open serves the next load. */
static void test_signs(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_error err;
  struct tls4217_signjob job;
  struct fake fake = start_fake(world->cert->key, 0);

  refuse_load(world, 0, TLS4217_TOKENBOOK_CLOSED, "no process has the key");
  job = keyworld_job(load(world, &fake), message);
  release(&fake);
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);

  job.handle = load(world, NULL);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);

  /* When it has died: words, at once, and another one. */
  end_fake(&fake);
  keyworld_refused(
    world, &job, "the process of the token with the key 'pkcs11:token=ftp;");
  refuse_load(world, 0, TLS4217_TOKENBOOK_CLOSED, "no process has the key");
  fake = start_fake(world->cert->key, 0);
  job.handle = load(world, &fake);
  release(&fake);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
  end_fake(&fake);
  assert_int_equal(keyworld_sign(world, &job, &err), -1);
  assert_int_equal(err.errnum, EPIPE);
}

static void test_another_key(void **state) {
  struct keyworld *world = *state;
  struct pki_cert *other = pki_leaf("other", PKI_EC, NULL);
  struct fake fake = start_fake(other->key, 0);

  refuse_load(world, fake.fd, EINVAL, "does not match certificate file");
  release(&fake);
  end_fake(&fake);
  pki_free(other);
}

static void test_refuses(void **state) {
  struct keyworld *world = *state;
  struct fake fake = start_fake(world->cert->key, ENODEV);

  refuse_load(world, fake.fd, ENODEV, "the token is not there");
  release(&fake);
  end_fake(&fake);
}

/* One whose PIN was refused is not asked again: another is to be started. */
static void test_refused_pin(void **state) {
  struct keyworld *world = *state;
  struct fake fake = start_fake(world->cert->key, TLS4217_TOKENKEY_BAD_PIN);

  refuse_load(
    world, fake.fd, TLS4217_TOKENKEY_BAD_PIN, "the token is not there");
  release(&fake);
  refuse_load(world, 0, TLS4217_TOKENBOOK_CLOSED, "no process has the key");
  end_fake(&fake);
}

/* It ends when the last pair that uses it has been dropped. */
static void test_ends(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  struct fake fake = start_fake(world->cert->key, 0);
  uint64_t first = load(world, &fake), second = load(world, NULL);
  int status = -1;

  release(&fake);
  assert_int_equal(tls4217_keyloader_drop(world->daemon, first, &err), 0);
  assert_int_equal(waitpid(fake.pid, &status, WNOHANG), 0);
  assert_int_equal(tls4217_keyloader_drop(world->daemon, second, &err), 0);
  assert_int_equal(waitpid(fake.pid, &status, 0), fake.pid);
  assert_int_equal(status, 0);
}

/* No module is where this URI says. */
static void test_no_token(void **state) {
  const char uri[] = "pkcs11:object=a?module-path=/nowhere.so&pin-value=1234";
  struct tls4217_error err = { .text = "" };
  int birth[2], requests[2], status = -1;
  pid_t pid;

  (void) state;
  assert_int_equal(tls4217_keysocket_pair(birth), 0);
  assert_int_equal(tls4217_keysocket_pair(requests), 0);
  pid = fork();
  if (pid == 0) {
    const struct tls4217_tokenserver_settings settings = {
      .uri = uri, .parent_fd = birth[1], .fd = requests[1], .pin_fd = -1
    };

    (void) close(birth[0]);
    (void) close(requests[0]);
    _exit(tls4217_tokenserver_run(&settings));
  }

  (void) close(birth[1]);
  (void) close(requests[1]);
  assert_int_equal(tls4217_tokenserver_hear(birth[0], &err), -1);
  if (strstr(err.text, "install pkcs11-provider") == NULL &&
    strstr(err.text, "no PKCS #11 module can be used") == NULL) {
    fail_msg("\"%s\"", err.text);
  }

  assert_null(strstr(err.text, "1234"));
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  (void) close(birth[0]);
  (void) close(requests[0]);
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_signs),
    CASE(test_another_key),
    CASE(test_refuses),
    CASE(test_refused_pin),
    CASE(test_ends),
    cmocka_unit_test(test_no_token),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
