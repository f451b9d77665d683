/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - keyclient.c: a key process that answers wrongly, late, or not
 * at all
 *
 * Its answer lies in the channel before it is asked, which is the same to who
 * reads it.  What a true one answers: keyserver_test.c.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define NOT_UNDERSTOOD "the key process sent an invalid response"

/* Header: version, type, tag of 16 bits, length of 32 bits. */
#define HEADER(type, size) \
 TLS4217_KEYPROTO_VERSION, (type), 0, 0, 0, 0, 0, (size)

static const struct {
  const char *name;
  unsigned char bytes[32];
  size_t size;
  const char *want; /* NULL: a signature */
  bool goes_on;     /* the channel may be used again */
} answers[] = {
  { "a signature", { HEADER(TLS4217_KEYPROTO_DONE, 15), 0, 0, 0, 3, 1, 2, 3 },
    15, NULL, true },
  { "a refusal",
    { HEADER(TLS4217_KEYPROTO_FAILED, 19), 0, ENOENT, 0, 0, 0, 0, 0, 3, 'n',
      'o', 0 },
    19, "no", true },
  { "seven bytes", { 1, 2, 3, 4, 5, 6, 7 }, 7, NOT_UNDERSTOOD, false },
  { "another version",
    { TLS4217_KEYPROTO_VERSION + 1, TLS4217_KEYPROTO_DONE, 0, 0, 0, 0, 0, 15, 0,
      0, 0, 3, 1, 2, 3 },
    15, NOT_UNDERSTOOD, false },
  { "a question", { HEADER(TLS4217_KEYPROTO_SIGN, 15), 0, 0, 0, 3, 1, 2, 3 },
    15, NOT_UNDERSTOOD, false },
  { "a length that is not the frame's",
    { HEADER(TLS4217_KEYPROTO_DONE, 16), 0, 0, 0, 3, 1, 2, 3 }, 15,
    NOT_UNDERSTOOD, false },
  { "fewer bytes than it says",
    { HEADER(TLS4217_KEYPROTO_DONE, 15), 0, 0, 0, 4, 1, 2, 3 }, 15,
    NOT_UNDERSTOOD, false },
  { "more bytes than it says",
    { HEADER(TLS4217_KEYPROTO_DONE, 15), 0, 0, 0, 2, 1, 2, 3 }, 15,
    NOT_UNDERSTOOD, false },
  { "a signature that has no room",
    { HEADER(TLS4217_KEYPROTO_DONE, 21), 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8,
      9 },
    21, NOT_UNDERSTOOD, false },
  { "a refusal without its NUL",
    { HEADER(TLS4217_KEYPROTO_FAILED, 19), 0, ENOENT, 0, 0, 0, 0, 0, 3, 'n',
      'o', 'o' },
    19, NOT_UNDERSTOOD, false },
};

/* Asks for a signature of at most eight bytes, within milliseconds. */
static int ask(
  struct tls4217_keyclient *client, int time, struct tls4217_error *err) {
  static const unsigned char message[] = "message";
  const struct tls4217_signjob job = {
    .handle = 1, .message = message, .size = sizeof(message)
  };
  unsigned char signature[8];
  size_t size = sizeof(signature);

  tls4217_error_clear(err);
  client->deadline = tls4217_keysocket_now() + time;
  return tls4217_keyclient_sign(client, &job, signature, &size, err);
}

static void open_pair(struct tls4217_keyclient *client, int *other) {
  int fds[2];

  assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
  *client = (struct tls4217_keyclient){ .fd = fds[0] };
  *other = fds[1];
}

static void test_answers(void **unused) {
  (void) unused;
  for (size_t i = 0; i < COUNT(answers); i++) {
    struct tls4217_keyclient client;
    struct tls4217_error err;
    int other, res;

    print_message("  %s\n", answers[i].name);
    open_pair(&client, &other);
    assert_int_equal(
      send(other, answers[i].bytes, answers[i].size, 0), (int) answers[i].size);
    res = ask(&client, 10000, &err);
    assert_int_equal(res, answers[i].want == NULL ? 0 : -1);
    assert_string_equal(
      err.text, answers[i].want != NULL ? answers[i].want : "");
    assert_int_equal(client.fd >= 0, answers[i].goes_on);
    tls4217_keyclient_close(&client);
    (void) close(other);
  }
}

static void test_one_that_is_too_long(void **unused) {
  static const unsigned char much[64 * 1024];
  struct tls4217_keyclient client;
  struct tls4217_error err;
  int other;

  (void) unused;
  open_pair(&client, &other);
  assert_int_equal(send(other, much, sizeof(much), 0), (int) sizeof(much));
  assert_int_equal(ask(&client, 10000, &err), -1);
  assert_string_equal(err.text, NOT_UNDERSTOOD);
  assert_int_equal(client.fd, -1);
  (void) close(other);
}

static void test_none(void **unused) {
  struct tls4217_keyclient client;
  struct tls4217_error err;
  int other;

  (void) unused;
  open_pair(&client, &other);
  assert_int_equal(ask(&client, 50, &err), -1);
  assert_int_equal(err.errnum, ETIMEDOUT);
  assert_int_equal(client.fd, -1);
  (void) close(other);

  open_pair(&client, &other);
  (void) close(other);
  assert_int_equal(ask(&client, 10000, &err), -1);
  assert_string_equal(err.text, "the key process has ended this channel");
  assert_int_equal(client.fd, -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_answers),
    cmocka_unit_test(test_one_that_is_too_long),
    cmocka_unit_test(test_none),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
