/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/transfers.c
 *
 * Serves RFC 4217, section 10.2: what is asked, and done, before a transfer
 * and after it.  The neighbours are stood in for: they note that they were
 * called.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/data/data_opening.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/data/command_check.h"
#include "mod_tls4217/ftp/data/offload.h"
#include "mod_tls4217/ftp/data/transfers.h"
#include "mod_tls4217/ftp/data/upload.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"
#include "t/unit/fakes/tree.h"

static struct tls4217_session *const sess = &fakes_session.session;

static char calls[512]; /* " name name" */
static modret_t refusal;
static bool refuse;

static void call(const char *name) {
  fakes_note(calls, sizeof(calls), " %s", name);
}

modret_t *tls4217_command_check(
  cmd_rec *cmd, const struct tls4217_session *who) {
  call("check");
  return refuse ? &refusal : NULL;
}

void tls4217_control_ignore_urgent(const struct tls4217_session *who) {
}

void tls4217_control_issue_ticket(struct tls4217_session *who, bool last) {
  assert_false(last);
  call("ticket");
}

void tls4217_data_opening_watch(struct tls4217_session *who) {
  call("watch");
}

void tls4217_data_opening_end(struct tls4217_session *who) {
  call("unwatch");
}

void tls4217_offload_begin(struct tls4217_session *who, off_t size) {
  call("offload");
}

void tls4217_upload_begin(struct tls4217_session *who, const cmd_rec *cmd) {
  call("hold");
}

void tls4217_upload_end(struct tls4217_session *who) {
  call("release");
}

static int begin(void **state) {
  int res = fakes_session_begin(state);

  *calls = '\0';
  refuse = false;
  sess->xfer_level = -1;
  return res;
}

static void be_private(void) {
  sess->state.control = TLS4217_CONTROL_PROTECTED;
  sess->state.level = TLS4217_LEVEL_PRIVATE;
}

static void assert_calls(const char *want) {
  assert_string_equal(calls, want);
  *calls = '\0';
}

static void test_engine_off(void **state) {
  cmd_rec *cmd = fakes_command("RETR", "a");

  (void) state;
  fakes_session.is_on = false;
  assert_null(tls4217_transfers_pre(cmd));
  assert_null(tls4217_transfers_begin(cmd));
  tls4217_transfers_issue_ticket();
  assert_calls("");
}

static void test_listing(void **state) {
  cmd_rec *cmd = fakes_command("LIST", "a");

  (void) state;
  assert_null(tls4217_transfers_pre(cmd));
  assert_calls(" check watch");
  refuse = true;
  assert_ptr_equal(tls4217_transfers_pre(cmd), &refusal);
  assert_calls(" check");
}

static const struct {
  const char *verb;
  const char *in_clear, *at_private;
} transfers[] = {
  { "STOR", " check watch", " check hold watch" },
  { "APPE", " check watch", " check hold watch" },
  { "RETR", " check watch", " check offload watch" },

  /* Checked before the core made the file. */
  { "STOU", " watch", " hold watch" },
};

static void test_transfers(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(transfers) / sizeof(transfers[0]); i++) {
    cmd_rec *cmd = fakes_command(transfers[i].verb, "a");

    tls4217_state_reset(&sess->state);
    assert_null(tls4217_transfers_begin(cmd));
    assert_calls(transfers[i].in_clear);
    be_private();
    assert_null(tls4217_transfers_begin(cmd));
    assert_calls(transfers[i].at_private);
  }
}

/* A refused transfer is not begun. */
static void test_refused(void **state) {
  (void) state;
  be_private();
  refuse = true;
  assert_ptr_equal(
    tls4217_transfers_begin(fakes_command("STOR", "a")), &refusal);
  assert_calls(" check");
  assert_int_equal(fakes.dispatched, 0);
}

/* mod_xfer sends by itself what it takes for clear. */
static void test_level_is_told_to_mod_xfer(void **state) {
  (void) state;
  be_private();
  (void) tls4217_transfers_begin(fakes_command("RETR", "a"));
  assert_string_equal(fakes.log, "dispatch: PROT P\n");
  (void) tls4217_transfers_begin(fakes_command("RETR", "a"));
  assert_int_equal(fakes.dispatched, 1);

  sess->state.level = TLS4217_LEVEL_CLEAR;
  (void) tls4217_transfers_begin(fakes_command("RETR", "a"));
  assert_string_equal(fakes.log, "dispatch: PROT P\ndispatch: PROT C\n");
}

static int chunk_for(long size) {
  cmd_rec *cmd = fakes_command("RETR", "a");

  tree_make_file("file", "");
  assert_int_equal(truncate(tree_path("file"), size), 0);
  (void) pr_table_add(cmd->notes, "mod_xfer.retr-path", tree_path("file"), 0);
  (void) tls4217_transfers_begin(cmd);
  return main_server->tcp_sndbuf_len;
}

/* Small files are read as ever, large ones at once. */
static void test_chunk(void **state) {
  (void) state;
  (void) tree_begin();
  sess->core_chunk = 16384;
  assert_int_equal(chunk_for(16384), 16384);
  assert_int_equal(chunk_for(16385), 112 * 1024);
  assert_int_equal(chunk_for(0), 16384);

  sess->core_chunk = 256 * 1024;
  assert_int_equal(chunk_for(1 << 20), 256 * 1024);

  /* What the administrator has set stays. */
  main_server->tcp_sndbuf_override = TRUE;
  main_server->tcp_sndbuf_len = 4711;
  assert_int_equal(chunk_for(1 << 20), 4711);
  tree_end();
}

static void test_ticket(void **state) {
  (void) state;
  tls4217_transfers_issue_ticket();
  assert_calls("");
  be_private();
  tls4217_transfers_issue_ticket();
  assert_calls(" ticket");
  fakes_session.facts.logged_in = false;
  tls4217_transfers_issue_ticket();
  assert_calls("");
}

static void fail_transfer(void) {
  tls4217_failure_set(sess, TLS4217_REPLY_DATA_HANDSHAKE, "100 % sure");
}

static void test_reply_to_a_failure(void **state) {
  cmd_rec *cmd = fakes_command("RETR", "a");

  (void) state;
  fail_transfer();
  pr_response_add_err("425", "the core's");
  pr_response_add_err(NULL, "and more");
  assert_null(tls4217_transfers_end_failed(cmd));
  assert_calls(" unwatch release");
  assert_string_equal(resp_err_list->num, "522");
  assert_non_null(strstr(resp_err_list->msg, ": 100 % sure"));
  assert_null(resp_err_list->next);

  /* Said once. */
  pr_response_clear(&resp_err_list);
  pr_response_add_err("425", "another's");
  (void) tls4217_transfers_end_failed(cmd);
  assert_string_equal(resp_err_list->num, "425");
}

/* The client has its reply already: 426, after ABOR. */
static void test_no_second_reply(void **state) {
  (void) state;
  fail_transfer();
  (void) tls4217_transfers_end_failed(fakes_command("RETR", "a"));
  assert_null(resp_err_list);
}

/* A command in mid-transfer ends nothing of it. */
static void test_command_in_between(void **state) {
  (void) state;
  session.sf_flags |= SF_XFER;
  (void) tls4217_transfers_end_failed(fakes_command("STAT", NULL));
  assert_calls("");
  fail_transfer();
  tls4217_transfers_forget_failure();
  assert_calls("");
  assert_true(tls4217_failure_is_set(sess));

  session.sf_flags = 0;
  tls4217_transfers_forget_failure();
  assert_calls(" unwatch");
  assert_false(tls4217_failure_is_set(sess));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_engine_off),
    TEST(test_listing),
    TEST(test_transfers),
    TEST(test_refused),
    TEST(test_level_is_told_to_mod_xfer),
    TEST(test_chunk),
    TEST(test_ticket),
    TEST(test_reply_to_a_failure),
    TEST(test_no_second_reply),
    TEST(test_command_in_between),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
