/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/version.c
 *
 * The range is proved against OpenSSL itself: every set of versions is given
 * to a context, and each version alone tries to get in.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/version.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define V10          TLS4217_VERSION_TLS1_0
#define V11          TLS4217_VERSION_TLS1_1
#define V12          TLS4217_VERSION_TLS1_2
#define V13          TLS4217_VERSION_TLS1_3
#define VALL         (V10 | V11 | V12 | V13)

#define MAX_WORDS    6

static const struct {
  const char *name;
  const char *words[MAX_WORDS];
  unsigned int want;
  const char *want_ignored;
  const char *want_text; /* where want is 0 */
} parses[] = {
  { "one", { "TLSv1.2" }, V12, NULL, NULL },
  { "two", { "TLSv1.2", "TLSv1.3" }, V12 | V13, NULL, NULL },
  { "order does not matter", { "TLSv1.3", "TLSv1.2" }, V12 | V13, NULL, NULL },
  { "twice", { "TLSv1.2", "TLSv1.2" }, V12, NULL, NULL },
  { "any case", { "tlsV1", "TLSV1.1" }, V10 | V11, NULL, NULL },
  { "gap", { "TLSv1", "TLSv1.3" }, V10 | V13, NULL, NULL },
  { "other name", { "TLSv1.0" }, V10, NULL, NULL },
  { "all", { "ALL" }, VALL, NULL, NULL },
  { "all in lower case", { "all" }, VALL, NULL, NULL },
  { "SSLv23 is all", { "SSLv23" }, VALL, NULL, NULL },
  { "all less two", { "ALL", "-TLSv1", "-TLSv1.1" }, V12 | V13, NULL, NULL },
  { "less and more", { "ALL", "-TLSv1.2", "+TLSv1.2" }, VALL, NULL, NULL },
  { "SSLv23 less one", { "SSLv23", "-TLSv1" }, V11 | V12 | V13, NULL, NULL },
  { "word without sign after all", { "ALL", "-TLSv1", "TLSv1" }, VALL, NULL,
    NULL },
  { "SSLv3 beside others", { "SSLv3", "TLSv1.2" }, V12, "SSLv3", NULL },
  { "SSLv3 in lower case", { "TLSv1.2", "sslv3" }, V12, "SSLv3", NULL },
  { "all and SSLv3", { "ALL", "+SSLv3" }, VALL, "SSLv3", NULL },
  { "all less SSLv3 is what they get", { "ALL", "-SSLv3" }, VALL, NULL, NULL },
  { "nothing", { NULL }, 0, NULL, "no TLS version is left" },
  { "SSLv3 alone", { "SSLv3" }, 0, "SSLv3", "no TLS version is left" },
  { "all less all", { "ALL", "-ALL" }, 0, NULL, "name at least one of TLSv1" },
  { "unknown", { "TLSv1.4" }, 0, NULL, "unknown TLS version 'TLSv1.4'" },
  { "unknown lists the known", { "TLS1.2" }, 0, NULL, "TLSv1.2, TLSv1.3" },
  { "unknown with sign", { "ALL", "-TLSv9" }, 0, NULL, "'-TLSv9'" },
  { "empty word", { "" }, 0, NULL, "unknown TLS version ''" },
  { "sign alone", { "ALL", "-" }, 0, NULL, "unknown TLS version '-'" },
  { "two signs", { "ALL", "--TLSv1" }, 0, NULL, "unknown TLS version" },
  { "sign without all", { "-TLSv1" }, 0, NULL, "not preceded by ALL" },
  { "plus without all", { "TLSv1.2", "+TLSv1.3" }, 0, NULL,
    "'ALL -TLSv1 -TLSv1.1'" },
  { "all too late", { "-TLSv1", "ALL" }, 0, NULL, "not preceded by ALL" },
  { "all with a sign", { "+ALL" }, 0, NULL, "not preceded by ALL" },
};

static size_t count_words(const char *const *words) {
  size_t n = 0;

  while (n < MAX_WORDS && words[n] != NULL) {
    n++;
  }
  return n;
}

static void test_parse(void **state) {
  const char *const *words;
  size_t i;

  (void) state;
  for (i = 0; i < COUNT(parses); i++) {
    struct tls4217_error err = { .text = "" };
    const char *ignored = "unset";

    print_message("  %s\n", parses[i].name);
    words = parses[i].words;
    assert_int_equal(
      tls4217_version_parse(words, count_words(words), &ignored, &err),
      parses[i].want);

    if (parses[i].want_ignored == NULL && parses[i].want != 0) {
      assert_null(ignored);
    } else if (parses[i].want_ignored != NULL) {
      assert_string_equal(ignored, parses[i].want_ignored);
    }

    assert_int_equal(tls4217_error_is_set(&err), parses[i].want == 0);
    if (parses[i].want_text != NULL) {
      assert_non_null(strstr(err.text, parses[i].want_text));
    }
  }
}

static void test_parse_without_ignored_and_err(void **state) {
  const char *const words[] = { "SSLv3", "TLSv1.2" };
  const char *const wrong[] = { "nonsense" };

  (void) state;
  assert_int_equal(tls4217_version_parse(words, 2, NULL, NULL), V12);
  assert_int_equal(tls4217_version_parse(wrong, 1, NULL, NULL), 0);
}

static const struct {
  const char *name;
  unsigned int set;
  int min;
  int max;
  uint64_t options;
} ranges[] = {
  { "default", TLS4217_VERSION_DEFAULT, TLS1_2_VERSION, TLS1_3_VERSION, 0 },
  { "all", VALL, TLS1_VERSION, TLS1_3_VERSION, 0 },
  { "one", V12, TLS1_2_VERSION, TLS1_2_VERSION, 0 },
  { "lowest", V10, TLS1_VERSION, TLS1_VERSION, 0 },
  { "gap of one", V11 | V13, TLS1_1_VERSION, TLS1_3_VERSION,
    SSL_OP_NO_TLSv1_2 },
  { "gap of two", V10 | V13, TLS1_VERSION, TLS1_3_VERSION,
    SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 },
  { "none", 0, 0, 0, 0 },
};

static void test_range(void **state) {
  struct tls4217_version_range range;
  size_t i;

  (void) state;
  for (i = 0; i < COUNT(ranges); i++) {
    print_message("  %s\n", ranges[i].name);
    range = tls4217_version_range(ranges[i].set);
    assert_int_equal(range.min, ranges[i].min);
    assert_int_equal(range.max, ranges[i].max);
    assert_true(range.options == ranges[i].options);
  }
}

/* A pair of contexts at security level 0, where TLS 1.0 still works. */
static SSL_CTX *make_ctx(
  const SSL_METHOD *method, const struct tls4217_version_range *range) {
  SSL_CTX *ctx = SSL_CTX_new(method);

  assert_non_null(ctx);
  SSL_CTX_set_security_level(ctx, 0);
  assert_int_equal(SSL_CTX_set_min_proto_version(ctx, range->min), 1);
  assert_int_equal(SSL_CTX_set_max_proto_version(ctx, range->max), 1);
  SSL_CTX_set_options(ctx, range->options);
  return ctx;
}

/* Whether a client that knows one version only gets through. */
static int gets_in(SSL_CTX *server_ctx, int version) {
  const struct tls4217_version_range only = { version, version, 0 };
  SSL_CTX *client_ctx = make_ctx(TLS_client_method(), &only);
  SSL *client = SSL_new(client_ctx), *server = SSL_new(server_ctx);
  BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
  int i, done = 0;

  assert_int_equal(BIO_up_ref(up) + BIO_up_ref(down), 2);
  SSL_set_bio(client, down, up);
  SSL_set_bio(server, up, down);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (i = 0; i < 8 && done != 2; i++) {
    done = (SSL_do_handshake(client) == 1) + (SSL_do_handshake(server) == 1);
  }

  ERR_clear_error();
  SSL_free(client);
  SSL_free(server);
  SSL_CTX_free(client_ctx);
  return done == 2;
}

static void test_openssl_lets_in_what_the_set_says(void **state) {
  static const int numbers[] = {
    TLS1_VERSION,
    TLS1_1_VERSION,
    TLS1_2_VERSION,
    TLS1_3_VERSION,
  };
  struct pki_cert *pair = pki_leaf("localhost", PKI_EC, NULL);
  struct tls4217_version_range range;
  unsigned int set;
  SSL_CTX *ctx;
  size_t i;

  (void) state;
  for (set = 1; set <= VALL; set++) {
    range = tls4217_version_range(set);
    ctx = make_ctx(TLS_server_method(), &range);
    assert_int_equal(SSL_CTX_use_certificate(ctx, pair->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(ctx, pair->key), 1);
    for (i = 0; i < COUNT(numbers); i++) {
      assert_int_equal(gets_in(ctx, numbers[i]), (set >> i) & 1);
    }
    SSL_CTX_free(ctx);
  }
  pki_free(pair);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parse),
    cmocka_unit_test(test_parse_without_ignored_and_err),
    cmocka_unit_test(test_range),
    cmocka_unit_test(test_openssl_lets_in_what_the_set_says),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
