/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/config/sections.c
 *
 * A directive that is read before its section is known has no effect there:
 * the administrator is told, and how to write it instead.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/sections.h"
#include "t/unit/fakes/fakes.h"

#define OPTIONAL TLS4217_CONTROL_VIEW_OPTIONAL
#define REQUIRED TLS4217_CONTROL_VIEW_REQUIRED

/* In place of ftp/config/complaints.c. */
void tls4217_complaints_warning(const server_rec *rec, const char *fmt, ...) {
  char line[1024];
  va_list ap;

  (void) rec;
  va_start(ap, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, ap);
  va_end(ap);
  fakes_note(fakes.log, sizeof(fakes.log), "%s\n", line);
}

static const char *check(enum tls4217_control_view view) {
  struct tls4217_settings settings;

  *fakes.log = '\0';
  memset(&settings, 0, sizeof(settings));
  settings.control_view = view;
  tls4217_sections_check(main_server, &settings);
  return fakes.log;
}

/* A section of mod_ifsession's, as it is stored. */
static void open_section(const char *record, const char *words) {
  (void) fakes_open(CONF_DYNDIR, "_IfSection");
  (void) add_config_param(record, 1, words);
}

static const struct {
  const char *record, *words, *directive;
  const char *want; /* ""; or what is said */
} cases[] = {
  { "_IfClassList", "lan", "TLSProtocol", "" },
  { "_IfUserList", "anna", "TLSProtocol", "<IfUser anna>: TLSProtocol has no" },
  { "_IfGroupList", "staff", "TLSProtocol", "<IfGroup staff>: TLSProtocol" },
  { "_IfAuthenticatedList", NULL, "TLSEngine", "<IfAuthenticated>: TLSEngine" },
  { "_IfUserList", "anna", "TLSDataProtection", "" },
  { "_IfUserList", "anna", "TLSOptions", "" },
  { "_IfClassList", "lan", "TLSCertificateFile", "<IfClass lan>: TLSCert" },
  { "_IfUserList", "anna", "HideFiles", "" },
};

static void test_directives(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const char *said;

    fakes_begin_config();
    open_section(cases[i].record, cases[i].words);
    (void) fakes_add_int(cases[i].directive, 1);
    fakes_close();
    said = check(OPTIONAL);
    if (*cases[i].want == '\0' ? *said != '\0' :
                                 strstr(said, cases[i].want) == NULL) {
      fail_msg("%s %s: '%s'", cases[i].record, cases[i].directive, said);
    }
  }
}

/* Two sections of one kind are two; other sections are none of these. */
static void test_other_sections(void **state) {
  (void) state;
  (void) fakes_open(CONF_DIR, "/srv");
  (void) fakes_add_int("TLSProtocol", 1);
  fakes_close();
  (void) fakes_add_int("TLSProtocol", 1);
  assert_string_equal(check(OPTIONAL), "");
}

static const char *check_control(enum tls4217_control_view here,
  const char *record, const char *words, enum tls4217_control_view there) {
  fakes_begin_config();
  open_section(record, words);
  (void) fakes_add_int("TLSControlProtection", (int) there);
  fakes_close();
  return check(here);
}

static void test_control(void **state) {
  (void) state;
  assert_string_equal(
    check_control(OPTIONAL, "_IfUserList", "anna", OPTIONAL), "");
  assert_non_null(
    strstr(check_control(OPTIONAL, "_IfUserList", "anna", REQUIRED),
      "'TLSUserProtection required anna'"));
  assert_non_null(
    strstr(check_control(REQUIRED, "_IfUserList", "anna", OPTIONAL),
      "'TLSUserProtection optional anna'"));

  /* Whom a pattern or a group means cannot be copied. */
  assert_non_null(
    strstr(check_control(OPTIONAL, "_IfUserList", "regex ^a", REQUIRED),
      "required NAME,NAME'"));
  assert_non_null(
    strstr(check_control(OPTIONAL, "_IfGroupList", "staff", REQUIRED),
      "required NAME,NAME'"));

  /* Before USER a class is known. */
  assert_string_equal(
    check_control(OPTIONAL, "_IfClassList", "lan", REQUIRED), "");
}

static const char *check_anonymous(
  enum tls4217_control_view here, enum tls4217_control_view there) {
  fakes_begin_config();
  (void) fakes_open(CONF_ANON, "/srv/ftp");
  (void) add_config_param("UserName", 1, "ftp");
  (void) fakes_add_int("TLSControlProtection", (int) there);
  fakes_close();
  return check(here);
}

static void test_anonymous(void **state) {
  (void) state;
  assert_string_equal(check_anonymous(OPTIONAL, OPTIONAL), "");
  assert_string_equal(check_anonymous(REQUIRED, REQUIRED), "");
  assert_non_null(strstr(check_anonymous(REQUIRED, OPTIONAL),
    "<Anonymous /srv/ftp>: TLSControlProtection (or TLSRequired) is no"));
}

static void test_server_without_directives(void **state) {
  (void) state;
  main_server->conf = NULL;
  assert_string_equal(check(OPTIONAL), "");
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fakes_begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_directives),
    TEST(test_other_sections),
    TEST(test_control),
    TEST(test_anonymous),
    TEST(test_server_without_directives),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
