/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/unwrap.c
 *
 * The end of TLS on a socket that stays open (RFC 4217, sections 5, 12.3 and
 * 13): how the client ends it, and what of its bytes is left in the socket.
 * They come in pieces of 1 to 10, so every boundary is met inside a record,
 * too.
 */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/unwrap.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The header of a record that is longer than any. */
#define FORGED "\x17\x03\x03\x7f\x7f"

static const struct unwrap_case {
  const char *name;
  const char *inside; /* sent in TLS, or NULL */
  bool key_update;    /* then a record without data (TLS 1.3 only) */
  bool goodbye;       /* close_notify */
  size_t cut;         /* that many bytes of it are never sent */
  const char *clear;  /* sent in clear behind it, or NULL */
  enum endpoint_end end;
  int timeout;
  enum tls4217_unwrap want;
  const char *want_left; /* in the socket; NULL: of no interest */
} cases[] = {
  { "in order", NULL, false, true, 0, NULL, ENDPOINT_OPEN, LATE,
    TLS4217_UNWRAP_NOTIFIED, "" },
  { "4217-12.3 command behind close_notify", NULL, false, true, 0,
    "PWD\r\nNOOP\r\n", ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_NOTIFIED,
    "PWD\r\nNOOP\r\n" },
  { "what is inside is discarded", "MKD evil\r\n", false, true, 0, "PWD\r\n",
    ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_NOTIFIED, "PWD\r\n" },
  { "what looks like a record behind close_notify", NULL, false, true, 0,
    FORGED, ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_NOTIFIED, FORGED },
  { "closed in order", NULL, false, true, 0, NULL, ENDPOINT_FIN, LATE,
    TLS4217_UNWRAP_NOTIFIED, "" },
  { "command without close_notify", NULL, false, false, 0, "PWD\r\n",
    ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_CLEAR, "PWD\r\n" },
  { "959-4.1.3 Telnet signals without close_notify", NULL, false, false, 0,
    "\xff\xf4\xff\xf2"
    "ABOR\r\n",
    ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_CLEAR,
    "\xff\xf4\xff\xf2"
    "ABOR\r\n" },
  { "an empty line without close_notify", NULL, false, false, 0, "\r\n",
    ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_CLEAR, "\r\n" },
  { "inside, then a command without close_notify", "MKD evil\r\n", false, false,
    0, "PWD\r\n", ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_CLEAR, "PWD\r\n" },
  { "nothing", NULL, false, false, 0, NULL, ENDPOINT_OPEN, SOON,
    TLS4217_UNWRAP_SILENT, "" },
  { "closed", NULL, false, false, 0, NULL, ENDPOINT_FIN, LATE,
    TLS4217_UNWRAP_CLOSED, "" },
  { "closed inside a record", NULL, false, true, 3, NULL, ENDPOINT_FIN, LATE,
    TLS4217_UNWRAP_CLOSED, "" },
  { "stopped inside a record", NULL, false, true, 1, NULL, ENDPOINT_OPEN, SOON,
    TLS4217_UNWRAP_FAILED, NULL },
  { "stopped inside a record's header", NULL, false, true, 20, NULL,
    ENDPOINT_OPEN, SOON, TLS4217_UNWRAP_FAILED, NULL },
  { "goes on inside TLS", "MKD evil\r\n", false, false, 0, NULL, ENDPOINT_OPEN,
    SOON, TLS4217_UNWRAP_FAILED, NULL },
  { "a forged record", NULL, false, false, 0, FORGED "MKD evil\r\n",
    ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_FAILED, NULL },
  { "a record without data ahead of the command", NULL, true, false, 0,
    "PWD\r\n", ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_CLEAR, "PWD\r\n" },
  { "a record without data ahead of close_notify", "NOOP\r\n", true, true, 0,
    "PWD\r\n", ENDPOINT_OPEN, LATE, TLS4217_UNWRAP_NOTIFIED, "PWD\r\n" },
};

/*
 * In the place of libc's: bytes that come right behind a look that has found
 * none.  What acts upon that look must not read them as if they were TLS.
 */
static struct endpoint *late;

ssize_t recv(int fd, void *buf, size_t size, int flags) {
  ssize_t res = recvfrom(fd, buf, size, flags, NULL, NULL);

  if (res < 0 && errno == EAGAIN && (flags & MSG_PEEK) != 0 && late != NULL) {
    struct endpoint *ep = late;

    late = NULL;
    endpoint_flush(ep);
    errno = EAGAIN;
  }

  return res;
}

/* Lets the client take a step; poll(2) tells a wait from a deadlock. */
static int pump_and_wait(void *user, int fd, short events, int timeout) {
  struct pollfd pfd = { .fd = fd, .events = events };

  (void) timeout;
  return poll(&pfd, 1, endpoint_pump(user) ? 0 : 1);
}

static void prepare(struct endpoint *ep, const struct unwrap_case *want) {
  if (want->inside != NULL) {
    endpoint_say(ep, want->inside, strlen(want->inside));
  }

  if (want->key_update && SSL_version(ep->client) == TLS1_3_VERSION) {
    assert_int_equal(
      SSL_key_update(ep->client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    assert_int_equal(SSL_do_handshake(ep->client), 1);
  }

  if (want->goodbye) {
    endpoint_say_goodbye(ep);
  }

  if (want->cut > 0) {
    endpoint_cut(ep, endpoint_waiting(ep) - want->cut);
  }

  if (want->clear != NULL) {
    endpoint_say_raw(ep, want->clear, strlen(want->clear));
  }

  ep->end = want->end;
  ep->mute = false;
}

static void begin_record(struct endpoint *ep, const struct unwrap_case *want) {
  char byte;

  if (want->inside != NULL || want->goodbye) {
    assert_true(endpoint_pump(ep));
    assert_int_equal(endpoint_take_now(ep->conn, &byte, 1, NULL), -1);
  }
}

static void check_left(struct endpoint *ep, const char *want) {
  char left[256] = "";
  ssize_t res;

  if (want == NULL) {
    return;
  }

  endpoint_settle(ep);
  res = recv(ep->rfd, left, sizeof(left) - 1, MSG_DONTWAIT);
  assert_int_equal(res > 0 ? res : 0, strlen(want));
  assert_string_equal(left, want);
}

/* When the client's bytes arrive: piece by piece, the first of which OpenSSL
 * may have read already, all together and before anybody looks, or behind the
 * first look. */
enum pace {
  PIECES,
  BEGUN,
  AT_ONCE,
  BEHIND_A_LOOK,
  PACES
};

static void check_case(
  const struct unwrap_case *want, int version, enum pace pace) {
  const struct endpoint_spec spec = {
    .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version,
  };
  struct endpoint *ep = endpoint_open(&spec);
  const struct tls4217_waiter waiter = { pump_and_wait, ep };
  size_t discarded = 0;
  struct tls4217_error err;
  enum tls4217_unwrap got;

  endpoint_settle(ep);
  prepare(ep, want);
  if (pace == BEGUN) {
    begin_record(ep, want);
  } else if (pace == AT_ONCE && endpoint_waiting(ep) > 0) {
    endpoint_flush(ep);
  }
  late = pace == BEHIND_A_LOOK && endpoint_waiting(ep) > 0 ? ep : NULL;

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, &err), 0);
  got = tls4217_unwrap_await(ep->conn, &waiter,
    tls4217_waiter_deadline(want->timeout), &discarded, &err);

  assert_int_equal(got, want->want);
  assert_int_equal(tls4217_error_is_set(&err),
    want->want != TLS4217_UNWRAP_NOTIFIED &&
      want->want != TLS4217_UNWRAP_CLEAR);
  assert_int_equal(discarded, want->inside != NULL ? strlen(want->inside) : 0);
  late = NULL;
  check_left(ep, want->want_left);
  endpoint_free(ep);
}

static void test_case(void **state) {
  const struct unwrap_case *want = *state;

  for (enum pace pace = PIECES; pace < PACES; pace++) {
    check_case(want, TLS1_2_VERSION, pace);
    check_case(want, TLS1_3_VERSION, pace);
  }
}

int main(void) {
  static struct CMUnitTest tests[COUNT(cases)];

  for (size_t i = 0; i < COUNT(cases); i++) {
    tests[i] = (struct CMUnitTest){ cases[i].name, test_case, NULL, NULL,
      (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, world_make, world_end);
}
