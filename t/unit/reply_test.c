/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - reply.c: codes as the RFCs fix them, texts fit for the wire
 *
 * Serves RFC 2228, section 5, and RFC 4217, sections 4.2, 5, 10 and 13.
 * The table is written from the RFCs, id by id, and leaves none out.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/reply.h"
#include "t/unit/between.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reply_case {
  enum tls4217_reply_id id;
  const char *want_code;
  const char *want_words; /* what the client must find in the text */
};

static const struct reply_case cases[] = {
  { TLS4217_REPLY_AUTH_ACCEPTED, "234", "AUTH TLS" },
  { TLS4217_REPLY_AUTH_NO_PARAMETER, "501", "send AUTH TLS" },
  { TLS4217_REPLY_AUTH_UNKNOWN, "504", "send AUTH TLS" },
  { TLS4217_REPLY_AUTH_TWICE, "534", "already protected" },
  { TLS4217_REPLY_AUTH_AFTER_LOGIN, "534", "login" },
  { TLS4217_REPLY_AUTH_AFTER_CCC, "534", "CCC" },
  { TLS4217_REPLY_AUTH_NO_CERTIFICATE, "431", "certificate" },
  { TLS4217_REPLY_HANDSHAKE_FAILED, "421", "clos" },
  { TLS4217_REPLY_TLS_WITHOUT_AUTH, "421", "clos" },
  { TLS4217_REPLY_TOO_MANY_UNKNOWN, "421", "clos" },
  { TLS4217_REPLY_PEER_REFUSED, "421", "clos" },
  { TLS4217_REPLY_PEER_OTHER_HOST, "421",
    "closing the connection: check your client certificate: this host" },
  { TLS4217_REPLY_TWO_HOSTS, "421", "the same one in both" },
  { TLS4217_REPLY_PBSZ_ZERO, "200", "PBSZ" },
  { TLS4217_REPLY_PBSZ_OTHER, "200", "PBSZ=0" },
  { TLS4217_REPLY_PBSZ_MALFORMED, "501", "send PBSZ 0" },
  { TLS4217_REPLY_PBSZ_BEFORE_AUTH, "503", "send AUTH TLS" },
  { TLS4217_REPLY_PBSZ_AFTER_CCC, "503", "CCC" },
  { TLS4217_REPLY_PROT_CLEAR, "200", "C" },
  { TLS4217_REPLY_PROT_PRIVATE, "200", "P" },
  { TLS4217_REPLY_PROT_NO_PARAMETER, "501", "PROT P or PROT C" },
  { TLS4217_REPLY_PROT_UNKNOWN, "504", "PROT P or PROT C" },
  { TLS4217_REPLY_PROT_UNSUPPORTED, "536", "PROT P or PROT C" },
  { TLS4217_REPLY_PROT_BEFORE_AUTH, "503", "send AUTH TLS and PBSZ 0" },
  { TLS4217_REPLY_PROT_BEFORE_PBSZ, "503", "PBSZ 0 before PROT" },
  { TLS4217_REPLY_PROT_AFTER_CCC, "503", "CCC" },
  { TLS4217_REPLY_PROT_CLEAR_EXCLUDED, "534", "send PROT P" },
  { TLS4217_REPLY_PROT_PRIVATE_EXCLUDED, "534", "send PROT C" },
  { TLS4217_REPLY_CCC_ACCEPTED, "200", "control connection" },
  { TLS4217_REPLY_CCC_OFF, "500", "CCC" },
  { TLS4217_REPLY_CCC_PARAMETER, "501", "CCC alone" },
  { TLS4217_REPLY_CCC_NOT_PROTECTED, "533", "not protected" },
  { TLS4217_REPLY_CCC_BEFORE_LOGIN, "534", "before login" },
  { TLS4217_REPLY_CCC_EXCLUDED, "534", "must stay protected" },
  { TLS4217_REPLY_REIN_ACCEPTED, "220", "new user" },
  { TLS4217_REPLY_REIN_PARAMETER, "501", "REIN alone" },
  { TLS4217_REPLY_REIN_AFTER_LOGIN, "502", "new connection" },
  { TLS4217_REPLY_REIN_AFTER_HOST, "502", "new connection" },
  { TLS4217_REPLY_HOST_AGAIN, "504", "new connection" },
  { TLS4217_REPLY_REIN_IMPLICIT, "502", "new connection" },
  { TLS4217_REPLY_REIN_TOO_OFTEN, "502", "new connection" },
  { TLS4217_REPLY_COMMAND_NOT_PROTECTED, "533", "send AUTH TLS first" },
  { TLS4217_REPLY_COMMAND_LIMITED, "534", "<Limit>" },
  { TLS4217_REPLY_REVEAL_NEEDS_AUTH, "533", "send AUTH TLS before login" },
  { TLS4217_REPLY_REVEAL_AFTER_CCC, "533", "protected data connection" },
  { TLS4217_REPLY_MOVE_NEEDS_AUTH, "533",
    "send AUTH TLS before login, then PBSZ 0 and PROT P" },
  { TLS4217_REPLY_MOVE_NEEDS_PRIVATE, "533", "send PBSZ 0 and PROT P" },
  { TLS4217_REPLY_MOVE_AFTER_CCC, "533", "PROT P before CCC" },
  { TLS4217_REPLY_USER_NOT_PROTECTED, "533", "send AUTH TLS first" },
  { TLS4217_REPLY_LOGIN_NOT_PROTECTED, "533", "AUTH TLS first on a new one" },
  { TLS4217_REPLY_LOGIN_PROTECTED, "533", "without AUTH on a new one" },
  { TLS4217_REPLY_LOGIN_PROTOCOL, "530", "Login incorrect." },
  { TLS4217_REPLY_USER_PROTECTED, "533", "without AUTH" },
  { TLS4217_REPLY_DATA_NEEDS_AUTH, "521",
    "send AUTH TLS before login, then PBSZ 0 and PROT P" },
  { TLS4217_REPLY_DATA_NEEDS_PRIVATE, "521", "send PBSZ 0 and PROT P" },
  { TLS4217_REPLY_DATA_NEEDS_CLEAR, "521", "PROT C" },
  { TLS4217_REPLY_DATA_FROZEN_CLEAR, "521", "PROT P before CCC" },
  { TLS4217_REPLY_DATA_FROZEN_PRIVATE, "521", "PROT C before CCC" },
  { TLS4217_REPLY_DATA_HANDSHAKE, "522", "TLS negotiation" },
  { TLS4217_REPLY_DATA_NOT_REUSED, "522", "TLSSessionReuse off" },
  { TLS4217_REPLY_DATA_FOREIGN_SESSION, "522", "TLSSessionReuse off" },
  { TLS4217_REPLY_DATA_OTHER_HOST, "522", "the same server name" },
  { TLS4217_REPLY_DATA_OTHER_PEER, "522", "same certificate" },
  { TLS4217_REPLY_DATA_ABORTED, "426", "aborted" },
  { TLS4217_REPLY_DATA_BROKEN, "426", "Transfer aborted" },
  { TLS4217_REPLY_DATA_CUT, "426", "NoCloseNotifyRequired" },
  { TLS4217_REPLY_DATA_UNPROTECTED, "426", "lost its protection" },
  { TLS4217_REPLY_UPLOAD_NOT_EMPTIED, "451", "could not be emptied" },
  { TLS4217_REPLY_UPLOAD_NO_SPACE, "452", "no space is left" },
  { TLS4217_REPLY_UPLOAD_OVER_QUOTA, "552", "quota" },
  { TLS4217_REPLY_STALLED, "421", "TimeoutStalled" },
  { TLS4217_REPLY_DATA_FOREIGN_ADDRESS, "522", "AllowForeignAddress" },
  { TLS4217_REPLY_DATA_FOREIGN_ADDRESS_CLEAR, "425", "AllowForeignAddress" },
  { TLS4217_REPLY_DATA_NO_TLS, "522", "PROT C" },
  { TLS4217_REPLY_DATA_NO_TLS_ACTIVE, "522", "on its own port" },
  { TLS4217_REPLY_DATA_NO_TLS_NO_PROT, "522", "sent no PROT" },
  { TLS4217_REPLY_STATUS_CONTROL, "211", "Control connection" },
  { TLS4217_REPLY_STATUS_DATA, "211", "Data connections" },
};

static void test_codes_and_words(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct tls4217_reply *reply = tls4217_reply_get(cases[i].id);

    assert_string_equal(reply->code, cases[i].want_code);
    if (strstr(reply->text, cases[i].want_words) == NULL) {
      fail_msg("%s \"%s\" lacks \"%s\"", reply->code, reply->text,
        cases[i].want_words);
    }
  }
}

static void test_every_id_once(void **unused) {
  int seen[TLS4217_REPLY_COUNT] = { 0 };

  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    seen[cases[i].id]++;
  }

  assert_int_equal(seen[TLS4217_REPLY_NONE], 0);
  for (int id = TLS4217_REPLY_NONE + 1; id < TLS4217_REPLY_COUNT; id++) {
    assert_int_equal(seen[id], 1);
  }
}

/* A text goes through printf-like senders and is one line of the protocol. */
static void test_texts_fit_the_wire(void **unused) {
  (void) unused;

  for (int id = TLS4217_REPLY_NONE + 1; id < TLS4217_REPLY_COUNT; id++) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      (enum tls4217_reply_id) id);

    assert_int_equal(strlen(reply->code), 3);
    assert_int_equal(strspn(reply->code, "0123456789"), 3);
    assert_between(strlen(reply->text), 1, 399);

    /* Nor must a label of Prometheus need a backslash (counters.c). */
    assert_null(strpbrk(reply->text, "\"\\"));

    for (const char *byte = reply->text; *byte != '\0'; byte++) {
      assert_between((unsigned char) *byte, ' ', '~');
      assert_int_not_equal(*byte, '%');
    }
  }
}

/* Two refusals with one text would hide from the client which it met. */
static void test_texts_differ(void **unused) {
  (void) unused;

  for (int id = 1; id < TLS4217_REPLY_COUNT; id++) {
    for (int other = id + 1; other < TLS4217_REPLY_COUNT; other++) {
      assert_string_not_equal(
        tls4217_reply_get((enum tls4217_reply_id) id)->text,
        tls4217_reply_get((enum tls4217_reply_id) other)->text);
    }
  }
}

static void test_521_opens_with_the_words_of_the_rfc(void **unused) {
  static const char words[] =
    "Data connection cannot be opened with this PROT setting";

  (void) unused;

  for (int id = 1; id < TLS4217_REPLY_COUNT; id++) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      (enum tls4217_reply_id) id);

    if (strcmp(reply->code, "521") == 0) {
      assert_memory_equal(reply->text, words, sizeof(words) - 1);
    }
  }
}

static void test_out_of_range(void **unused) {
  static const int ids[] = { TLS4217_REPLY_NONE, TLS4217_REPLY_COUNT,
    TLS4217_REPLY_COUNT + 1, -1 };

  (void) unused;

  for (size_t i = 0; i < COUNT(ids); i++) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      (enum tls4217_reply_id) ids[i]);

    assert_non_null(reply);
    assert_string_equal(reply->code, "");
    assert_string_equal(reply->text, "");
  }
}

/* RFC 2228, section 5.2.1: the login alone, whatever else is said with it. */
static void test_code_by_certificate(void **unused) {
  static const struct {
    const char *code, *want;
  } rows[] = {
    { "230", "232" },
    { "232", "232" },
    { "231", "231" },
    { "2300", "2300" },
    { "530", "530" },
    { "", "" },
  };

  (void) unused;

  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_string_equal(
      tls4217_reply_code_by_certificate(rows[i].code), rows[i].want);
  }

  assert_null(tls4217_reply_code_by_certificate(NULL));
}

/* Every refusal that a directive decides names it. */
static void test_remedies(void **state) {
  (void) state;

  assert_null(tls4217_reply_remedy(TLS4217_REPLY_NONE));
  assert_null(tls4217_reply_remedy(TLS4217_REPLY_COUNT));
  assert_null(tls4217_reply_remedy(TLS4217_REPLY_AUTH_ACCEPTED));

  for (int id = 0; id < TLS4217_REPLY_COUNT; id++) {
    const char *remedy = tls4217_reply_remedy((enum tls4217_reply_id) id);

    assert_true(remedy == NULL || strstr(remedy, "TLS") != NULL);
  }

  for (int id = 0; id < TLS4217_REPLY_COUNT; id++) {
    const char *line = tls4217_reply_exception((enum tls4217_reply_id) id);

    assert_true(line == NULL || strncmp(line, "TLS", 3) == 0);
  }

  assert_string_equal(tls4217_reply_exception(TLS4217_REPLY_DATA_CUT),
    "TLSOptions NoCloseNotifyRequired");
  assert_string_equal(tls4217_reply_exception(TLS4217_REPLY_DATA_NOT_REUSED),
    "TLSSessionReuse off");
  assert_string_equal(tls4217_reply_exception(TLS4217_REPLY_PROT_BEFORE_PBSZ),
    "TLSOptions NoPBSZRequired");
  assert_null(tls4217_reply_exception(TLS4217_REPLY_COUNT));

  for (int id = TLS4217_REPLY_DATA_NEEDS_AUTH;
       id <= TLS4217_REPLY_DATA_FROZEN_PRIVATE; id++) {
    assert_non_null(tls4217_reply_remedy((enum tls4217_reply_id) id));
  }
}

/*
 * RFC 2228, section 8.2: what each command may be answered with ("any
 * security command can return 500, 501, 502, 533, or 421"), and RFC 959,
 * section 5.4, of which REIN has one more: 501.
 */
static const struct documented {
  enum tls4217_reply_id first, last;
  const char *codes;
} documented[] = {
  { TLS4217_REPLY_AUTH_ACCEPTED, TLS4217_REPLY_TWO_HOSTS,
    "234 334 502 504 534 431 500 501 421 533" },
  { TLS4217_REPLY_PBSZ_ZERO, TLS4217_REPLY_PBSZ_AFTER_CCC,
    "200 503 500 501 421 530 502 533" },
  { TLS4217_REPLY_PROT_CLEAR, TLS4217_REPLY_PROT_PRIVATE_EXCLUDED,
    "200 504 536 503 534 431 500 501 421 530 502 533" },
  { TLS4217_REPLY_CCC_ACCEPTED, TLS4217_REPLY_CCC_EXCLUDED,
    "200 500 533 534 501 502 421" },
  { TLS4217_REPLY_REIN_ACCEPTED, TLS4217_REPLY_REIN_TOO_OFTEN,
    "120 220 421 500 502 501" },
};

static void test_replies_are_documented(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(documented); i++) {
    for (int id = documented[i].first; id <= (int) documented[i].last; id++) {
      const char *code = tls4217_reply_get((enum tls4217_reply_id) id)->code;

      if (strstr(documented[i].codes, code) == NULL) {
        fail_msg("%s is none of %s", code, documented[i].codes);
      }
    }
  }
}

/* RFC 2228, section 5: those of ADAT, of MIC and its like, and of protected
 * replies belong to nothing that is here. */
static void test_replies_that_are_never_sent(void **state) {
  static const char never[] = "232 235 334 335 336 535 537 631 632 633";

  (void) state;
  for (int id = TLS4217_REPLY_NONE + 1; id < TLS4217_REPLY_COUNT; id++) {
    assert_null(
      strstr(never, tls4217_reply_get((enum tls4217_reply_id) id)->code));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    { "2228-5-codes-and-words", test_codes_and_words, NULL, NULL, NULL },
    { "every-id-once", test_every_id_once, NULL, NULL, NULL },
    { "texts-fit-the-wire", test_texts_fit_the_wire, NULL, NULL, NULL },
    { "texts-differ", test_texts_differ, NULL, NULL, NULL },
    { "4217-10.2-521-words", test_521_opens_with_the_words_of_the_rfc, NULL,
      NULL, NULL },
    { "out-of-range", test_out_of_range, NULL, NULL, NULL },
    { "2228-5.2.1-code-by-certificate", test_code_by_certificate, NULL, NULL,
      NULL },
    { "remedies", test_remedies, NULL, NULL, NULL },
    { "2228-8.2-documented", test_replies_are_documented, NULL, NULL, NULL },
    { "2228-5-never-sent", test_replies_that_are_never_sent, NULL, NULL, NULL },
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
