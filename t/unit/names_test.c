/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - names.c: words in any case, and nothing but those words
 *
 * Serves RFC 2228, sections 3 and 8.1, and RFC 4217, sections 8, 9, 10.2
 * and 17.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct word_case {
  const char *word;
  int want;
};

static int read_mechanism(const char *word) {
  return (int) tls4217_names_mechanism(word);
}

static int read_level(const char *word) {
  return (int) tls4217_names_level(word);
}

static int read_view(const char *word) {
  return (int) tls4217_names_view(word);
}

static int read_pbsz(const char *word) {
  return (int) tls4217_names_pbsz(word);
}

static int read_control_view(const char *word) {
  return (int) tls4217_names_control_view(word);
}

static void check_words(
  int (*read)(const char *word), const struct word_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int got = read(cases[i].word);

    if (got != cases[i].want) {
      fail_msg("\"%s\": got %d, want %d",
        cases[i].word == NULL ? "(null)" : cases[i].word, got, cases[i].want);
    }
  }
}

static const struct word_case mechanisms[] = {
  { "TLS", TLS4217_MECHANISM_TLS },
  { "tls", TLS4217_MECHANISM_TLS },
  { "tLs", TLS4217_MECHANISM_TLS },
  { "TLS-C", TLS4217_MECHANISM_TLS_C },
  { "tls-c", TLS4217_MECHANISM_TLS_C },
  { "SSL", TLS4217_MECHANISM_SSL },
  { "Ssl", TLS4217_MECHANISM_SSL },
  { "TLS-P", TLS4217_MECHANISM_TLS_P },
  { "Tls-p", TLS4217_MECHANISM_TLS_P },
  { NULL, TLS4217_MECHANISM_UNKNOWN },
  { "", TLS4217_MECHANISM_UNKNOWN },
  { "T", TLS4217_MECHANISM_UNKNOWN },
  { "TL", TLS4217_MECHANISM_UNKNOWN },
  { "TLSX", TLS4217_MECHANISM_UNKNOWN },
  { "XTLS", TLS4217_MECHANISM_UNKNOWN },
  { "TLS-", TLS4217_MECHANISM_UNKNOWN },
  { "TLS-CC", TLS4217_MECHANISM_UNKNOWN },
  { "TLS-E", TLS4217_MECHANISM_UNKNOWN },
  { "TLS_C", TLS4217_MECHANISM_UNKNOWN },
  { "TLS C", TLS4217_MECHANISM_UNKNOWN },
  { "TLS ", TLS4217_MECHANISM_UNKNOWN },
  { " TLS", TLS4217_MECHANISM_UNKNOWN },
  { "T LS", TLS4217_MECHANISM_UNKNOWN },
  { "TLS\t", TLS4217_MECHANISM_UNKNOWN },
  { "SSLv3", TLS4217_MECHANISM_UNKNOWN },
  { "GSSAPI", TLS4217_MECHANISM_UNKNOWN },
  { "\xd4LS", TLS4217_MECHANISM_UNKNOWN },
  { "?", TLS4217_MECHANISM_UNKNOWN },
};

static const struct word_case levels[] = {
  { "C", TLS4217_LEVEL_CLEAR },
  { "c", TLS4217_LEVEL_CLEAR },
  { "P", TLS4217_LEVEL_PRIVATE },
  { "p", TLS4217_LEVEL_PRIVATE },
  { "S", TLS4217_LEVEL_SAFE },
  { "s", TLS4217_LEVEL_SAFE },
  { "E", TLS4217_LEVEL_CONFIDENTIAL },
  { "e", TLS4217_LEVEL_CONFIDENTIAL },
  { NULL, TLS4217_LEVEL_UNKNOWN },
  { "", TLS4217_LEVEL_UNKNOWN },
  { "PP", TLS4217_LEVEL_UNKNOWN },
  { "P ", TLS4217_LEVEL_UNKNOWN },
  { " P", TLS4217_LEVEL_UNKNOWN },
  { "P C", TLS4217_LEVEL_UNKNOWN },
  { "Private", TLS4217_LEVEL_UNKNOWN },
  { "X", TLS4217_LEVEL_UNKNOWN },
  { "0", TLS4217_LEVEL_UNKNOWN },
  { "?", TLS4217_LEVEL_UNKNOWN },
};

static const struct word_case views[] = {
  { "none", TLS4217_VIEW_NONE },
  { "NONE", TLS4217_VIEW_NONE },
  { "optional", TLS4217_VIEW_OPTIONAL },
  { "OPTIONAL", TLS4217_VIEW_OPTIONAL },
  { "required", TLS4217_VIEW_REQUIRED },
  { "Required", TLS4217_VIEW_REQUIRED },
  { "per-transfer", TLS4217_VIEW_PER_TRANSFER },
  { "Per-Transfer", TLS4217_VIEW_PER_TRANSFER },
  { NULL, TLS4217_VIEW_UNKNOWN },
  { "", TLS4217_VIEW_UNKNOWN },
  { "non", TLS4217_VIEW_UNKNOWN },
  { "nones", TLS4217_VIEW_UNKNOWN },
  { "per transfer", TLS4217_VIEW_UNKNOWN },
  { "per-transfers", TLS4217_VIEW_UNKNOWN },
  { " required", TLS4217_VIEW_UNKNOWN },
  { "on", TLS4217_VIEW_UNKNOWN },
  { "?", TLS4217_VIEW_UNKNOWN },
};

static const struct word_case sizes[] = {
  { "0", TLS4217_PBSZ_ZERO },
  { "00", TLS4217_PBSZ_ZERO },
  { "000000000000000000000000000000", TLS4217_PBSZ_ZERO },
  { "1", TLS4217_PBSZ_OTHER },
  { "01", TLS4217_PBSZ_OTHER },
  { "10", TLS4217_PBSZ_OTHER },
  { "16384", TLS4217_PBSZ_OTHER },
  { "4294967295", TLS4217_PBSZ_OTHER },
  { "00000000000000000004294967295", TLS4217_PBSZ_OTHER },
  { "4294967296", TLS4217_PBSZ_MALFORMED },
  { "4294967300", TLS4217_PBSZ_MALFORMED },
  { "8589934592", TLS4217_PBSZ_MALFORMED },
  { "18446744073709551616", TLS4217_PBSZ_MALFORMED },
  { "99999999999999999999", TLS4217_PBSZ_MALFORMED },
  { "340282366920938463463374607431768211456", TLS4217_PBSZ_MALFORMED },
  { NULL, TLS4217_PBSZ_MALFORMED },
  { "", TLS4217_PBSZ_MALFORMED },
  { "-1", TLS4217_PBSZ_MALFORMED },
  { "-0", TLS4217_PBSZ_MALFORMED },
  { "+0", TLS4217_PBSZ_MALFORMED },
  { "0x10", TLS4217_PBSZ_MALFORMED },
  { " 0", TLS4217_PBSZ_MALFORMED },
  { "0 ", TLS4217_PBSZ_MALFORMED },
  { "0 0", TLS4217_PBSZ_MALFORMED },
  { "\t0", TLS4217_PBSZ_MALFORMED },
  { "0\r", TLS4217_PBSZ_MALFORMED },
  { "0.0", TLS4217_PBSZ_MALFORMED },
  { "1e3", TLS4217_PBSZ_MALFORMED },
  { "/", TLS4217_PBSZ_MALFORMED },
  { "1/", TLS4217_PBSZ_MALFORMED },
  { "1:", TLS4217_PBSZ_MALFORMED },
  { ":", TLS4217_PBSZ_MALFORMED },
  { "x", TLS4217_PBSZ_MALFORMED },
  { "\xb2", TLS4217_PBSZ_MALFORMED },
};

static void test_mechanisms(void **unused) {
  (void) unused;
  check_words(read_mechanism, mechanisms, COUNT(mechanisms));
}

static void test_levels(void **unused) {
  (void) unused;
  check_words(read_level, levels, COUNT(levels));
}

static void test_views(void **unused) {
  (void) unused;
  check_words(read_view, views, COUNT(views));
}

static void test_sizes(void **unused) {
  (void) unused;
  check_words(read_pbsz, sizes, COUNT(sizes));
}

static const struct word_case control_views[] = {
  { "optional", TLS4217_CONTROL_VIEW_OPTIONAL },
  { "login", TLS4217_CONTROL_VIEW_LOGIN },
  { "LOGIN", TLS4217_CONTROL_VIEW_LOGIN },
  { "Required", TLS4217_CONTROL_VIEW_REQUIRED },
  { NULL, TLS4217_CONTROL_VIEW_UNKNOWN },
  { "", TLS4217_CONTROL_VIEW_UNKNOWN },
  { "none", TLS4217_CONTROL_VIEW_UNKNOWN },
  { "logi", TLS4217_CONTROL_VIEW_UNKNOWN },
  { "logins", TLS4217_CONTROL_VIEW_UNKNOWN },
};

static void test_control_views(void **unused) {
  (void) unused;
  check_words(read_control_view, control_views, COUNT(control_views));

  for (int i = 0; i < TLS4217_CONTROL_VIEW_UNKNOWN; i++) {
    assert_int_equal(tls4217_names_control_view(tls4217_names_control_view_text(
                       (enum tls4217_control_view) i)),
      i);
  }

  assert_string_equal(
    tls4217_names_control_view_text(TLS4217_CONTROL_VIEW_UNKNOWN), "?");
}

static void test_level_texts(void **unused) {
  (void) unused;
  assert_string_equal(tls4217_names_level_text(TLS4217_LEVEL_CLEAR), "C");
  assert_string_equal(tls4217_names_level_text(TLS4217_LEVEL_PRIVATE), "P");
  assert_string_equal(tls4217_names_level_text(TLS4217_LEVEL_SAFE), "S");
  assert_string_equal(
    tls4217_names_level_text(TLS4217_LEVEL_CONFIDENTIAL), "E");
  assert_string_equal(tls4217_names_level_text(TLS4217_LEVEL_UNKNOWN), "?");
  assert_string_equal(tls4217_names_level_text((enum tls4217_level) 99), "?");
  assert_string_equal(tls4217_names_level_text((enum tls4217_level) - 1), "?");
}

static void test_view_texts(void **unused) {
  (void) unused;

  for (int i = 0; i < TLS4217_VIEW_UNKNOWN; i++) {
    enum tls4217_view view = (enum tls4217_view) i;
    const char *text = tls4217_names_view_text(view);

    assert_int_equal(tls4217_names_view(text), view);
  }

  assert_string_equal(tls4217_names_view_text(TLS4217_VIEW_UNKNOWN), "?");
  assert_string_equal(tls4217_names_view_text((enum tls4217_view) 99), "?");
  assert_string_equal(tls4217_names_view_text((enum tls4217_view) - 1), "?");
}

/* What is a word of one list is none of another's. */
static void test_lists_are_apart(void **unused) {
  static const char *const of_mechanisms[] = { "TLS", "TLS-C", "SSL", "TLS-P" };
  static const char *const of_levels[] = { "C", "P", "S", "E" };
  static const char *const of_views[] = { "none", "optional", "required",
    "per-transfer" };

  (void) unused;
  for (size_t i = 0; i < COUNT(of_levels); i++) {
    assert_int_equal(read_mechanism(of_levels[i]), TLS4217_MECHANISM_UNKNOWN);
    assert_int_equal(read_mechanism(of_views[i]), TLS4217_MECHANISM_UNKNOWN);
    assert_int_equal(read_level(of_mechanisms[i]), TLS4217_LEVEL_UNKNOWN);
    assert_int_equal(read_level(of_views[i]), TLS4217_LEVEL_UNKNOWN);
    assert_int_equal(read_view(of_mechanisms[i]), TLS4217_VIEW_UNKNOWN);
    assert_int_equal(read_view(of_levels[i]), TLS4217_VIEW_UNKNOWN);
    assert_int_equal(
      read_control_view(of_levels[i]), TLS4217_CONTROL_VIEW_UNKNOWN);
    assert_int_equal(
      read_control_view(of_mechanisms[i]), TLS4217_CONTROL_VIEW_UNKNOWN);
  }

  assert_int_equal(read_view("login"), TLS4217_VIEW_UNKNOWN);
}

int main(void) {
  const struct CMUnitTest tests[] = { { "4217-17-2228-3-mechanisms",
                                        test_mechanisms, NULL, NULL, NULL },
    { "4217-9-2228-3-levels", test_levels, NULL, NULL, NULL },
    { "4217-10.2-views", test_views, NULL, NULL, NULL },
    { "4217-10.1-control-views", test_control_views, NULL, NULL, NULL },
    { "4217-9-2228-8.1-sizes", test_sizes, NULL, NULL, NULL },
    { "4217-9-level-texts", test_level_texts, NULL, NULL, NULL },
    { "lists-are-apart", test_lists_are_apart, NULL, NULL, NULL },
    { "4217-10.2-view-texts", test_view_texts, NULL, NULL, NULL } };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
