/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/config/directives.c and resolve.c
 *
 * Lines of a configuration go through the table that ProFTPD gets, and what
 * they leave is resolved into settings.  What a value may be is tested in the
 * live tests (mistakes_test.py), which see file and line.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/config/directives.h"
#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/fakes/fakes.h"

/* In place of the core's, whose parameters differ between its versions: no line
 * of a test gets there. */
void pr_ctrls_parse_acl(void);
void pr_ctrls_set_module_acls2(void);

void pr_ctrls_parse_acl(void) {
  fail();
}

void pr_ctrls_set_module_acls2(void) {
  fail();
}

static struct tls4217_settings settings;

/* Reads a line as the core does; returns why it was refused, or NULL. */
static const char *read_line(const char *name, const char *words) {
  cmd_rec *cmd = fakes_command(name, words);
  modret_t *res = NULL;

  cmd->argv[0] = pstrdup(permanent_pool, name);
  for (conftable *row = tls4217_directives_table(); row->directive != NULL;
       row++) {
    if (strcmp(row->directive, name) == 0) {
      res = row->handler(cmd);
    }
  }

  assert_non_null(res);
  return MODRET_ISERROR(res) ? MODRET_ERRMSG(res) : NULL;
}

static void resolve(void) {
  tls4217_resolve_settings(main_server->conf, &settings);
}

static void test_defaults(void **state) {
  (void) state;
  resolve();
  assert_false(settings.engine);
  assert_true(settings.key_isolation);
  assert_true(settings.tls.server_preference);
  assert_int_equal(settings.handshake_timeout, 30);
  assert_int_equal(settings.reload_interval, 60);
  assert_int_equal(settings.control_view, TLS4217_CONTROL_VIEW_OPTIONAL);
  assert_int_equal(settings.session_reuse, TLS4217_SESSION_REUSE_USER);
  assert_true(settings.options.session_reuse_required);
  assert_int_equal(settings.nfiles, 0);
}

static void test_lines(void **state) {
  (void) state;
  assert_null(read_line("TLSEngine", "on"));
  assert_null(read_line("TLSKeyIsolation", "off"));
  assert_null(read_line("TLSTimeoutHandshake", "17"));
  assert_null(read_line("TLSControlProtection", "login"));
  assert_null(read_line("TLSSessionReuse", "report"));
  resolve();
  assert_true(settings.engine);
  assert_false(settings.key_isolation);
  assert_int_equal(settings.handshake_timeout, 17);
  assert_int_equal(settings.control_view, TLS4217_CONTROL_VIEW_LOGIN);
  assert_int_equal(settings.session_reuse, TLS4217_SESSION_REUSE_REPORT);
  assert_false(settings.options.session_reuse_required);
}

/* Every row refuses a line that has too few words, or too many, with its
 * usage, and keeps nothing of it. */
static void test_numbers_of_words(void **state) {
  const struct tls4217_directive *rows;
  size_t count;

  (void) state;
  rows = tls4217_directives_rows(&count);
  assert_true(count > 50);
  for (size_t i = 0; i < count; i++) {
    const char *why = read_line(rows[i].name, NULL);

    if (why == NULL || strstr(why, rows[i].name) == NULL ||
      strstr(why, rows[i].usage) == NULL) {
      fail_msg("%s without a word: %s", rows[i].name, why);
    }

    if (rows[i].max_args == 1 && read_line(rows[i].name, "/one /two") == NULL) {
      fail_msg("%s takes two words", rows[i].name);
    }
  }

  assert_true(main_server->conf == NULL || main_server->conf->xas_list == NULL);
}

/* TLSProtocol says more than TLSPolicy, in either order. */
static void test_versions(void **state) {
  (void) state;
  assert_null(read_line("TLSProtocol", "TLSv1.3"));
  assert_null(read_line("TLSPolicy", "compatible"));
  resolve();
  assert_int_equal(settings.tls.versions, TLS4217_VERSION_TLS1_3);
}

/* The pairs in the order of their directives' kinds, and the chain of all. */
static void test_files(void **state) {
  (void) state;
  assert_null(read_line("TLSECCertificateFile", "/etc/ec.pem"));
  assert_null(read_line("TLSECCertificateKeyFile", "/etc/ec.key"));
  assert_null(read_line("TLSRSACertificateFile", "/etc/rsa.pem"));
  assert_null(read_line("TLSCertificateChainFile", "/etc/chain.pem"));
  assert_null(read_line("TLSCertificateFile", "/etc/a.pem /etc/a.key"));
  assert_null(read_line("TLSCertificateFile", "/etc/b.pem"));
  resolve();
  assert_int_equal(settings.nfiles, 4);
  assert_string_equal(settings.files[0].cert_file, "/etc/a.pem");
  assert_string_equal(settings.files[0].key_file, "/etc/a.key");
  assert_string_equal(settings.files[1].cert_file, "/etc/b.pem");
  assert_string_equal(settings.files[2].cert_file, "/etc/rsa.pem");
  assert_string_equal(settings.files[3].cert_file, "/etc/ec.pem");
  assert_string_equal(settings.files[3].key_file, "/etc/ec.key");
  for (size_t i = 0; i < settings.nfiles; i++) {
    assert_string_equal(settings.files[i].chain_file, "/etc/chain.pem");
  }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fakes_begin, fakes_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_defaults),
    CASE(test_lines),
    CASE(test_numbers_of_words),
    CASE(test_versions),
    CASE(test_files),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
