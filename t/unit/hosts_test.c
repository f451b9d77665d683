/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/control/hosts.c
 *
 * The server name of the handshake (RFC 6066, section 3) and HOST (RFC 7151)
 * must mean one host.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/control/hosts.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"

static struct tls4217_session *const sess = &fakes_session.session;
static const char *server_name;
static server_rec *other;
static struct tls4217_context entry, of_other;
static const struct tls4217_context *default_context = &entry;
static struct tls4217_generation first = { .context = &entry },
                                 second = { .context = &of_other };
static struct tls4217_vhost hosts[2];

/* In place of tls/conn/connection.c. */
void tls4217_connection_info(
  const struct tls4217_connection *conn, struct tls4217_connection_info *info) {
  memset(info, 0, sizeof(*info));
  info->server_name = server_name;
}

static int begin(void **state) {
  int res = fakes_session_begin(state);

  server_name = NULL;
  memset(hosts, 0, sizeof(hosts));
  other = pcalloc(permanent_pool, sizeof(*other));
  other->ServerName = "other.example";
  fakes.named = other;
  hosts[0].rec = main_server;
  hosts[0].tls = &first;
  hosts[0].next = &hosts[1];
  hosts[1].rec = other;
  hosts[1].tls = &second;
  sess->settings.options.server_name = true;
  sess->origin.server = main_server;
  (void) add_config_param("ServerAlias", 1, "main.example");
  (void) add_config_param("ServerAlias", 1, "*.main.example");
  return res;
}

/* In place of tls/conn/connection.c and tls/context.c. */
static enum tls4217_choice (*chooser)(void *who, const char *name);
static const struct tls4217_context *switched_to;

void tls4217_connection_choose_with(struct tls4217_connection *conn,
  enum tls4217_choice (*choose)(void *who, const char *name), void *who) {
  assert_ptr_equal(who, sess);
  chooser = choose;
}

int tls4217_context_switch_connection(const struct tls4217_context *context,
  const struct tls4217_connection *conn, struct tls4217_error *err) {
  switched_to = context;
  return 0;
}

/* In place of ftp/report/notes.c. */
static const char *noted;

void tls4217_notes_sni(const char *name) {
  noted = name;
}

/* In place of ftp/daemon/generation.c: two certificates of the first host. */
static struct tls4217_context named, of_address;

const struct tls4217_context *tls4217_generation_find_name(
  const struct tls4217_generation *generation, const char *name) {
  return generation == &first && strcmp(name, "named.example") == 0 ? &named :
                                                                      NULL;
}

const struct tls4217_context *tls4217_generation_find_address(
  const struct tls4217_generation *generation, const pr_netaddr_t *address) {
  return address == session.c->local_addr ? default_context :
                                            generation->context;
}

/* In place of ftp/daemon/vhost.c. */
const struct tls4217_vhost *tls4217_vhost_find(const server_rec *rec) {
  for (size_t i = 0; i < 2; i++) {
    if (hosts[i].rec == rec) {
      return &hosts[i];
    }
  }

  return NULL;
}

const struct tls4217_vhost *tls4217_vhost_first(void) {
  return &hosts[0];
}

bool tls4217_vhost_answers_here(const struct tls4217_vhost *host) {
  return true;
}

/* A handshake whose client has given a name, "" for none. */
static enum tls4217_choice give(const char *name, const char *host) {
  (void) pr_table_remove(session.notes, "mod_core.host", NULL);
  if (host != NULL) {
    (void) pr_table_add(session.notes, "mod_core.host", host, 0);
  }

  fakes.events[0] = '\0';
  server_name = name;
  switched_to = NULL;
  sess->server = &hosts[0];
  sess->control.entry = &entry;
  tls4217_hosts_await_name(sess);
  return chooser(sess, name);
}

static bool is_other(const char *name) {
  return sess->binding.is_other_host(sess->binding.who, name);
}

static bool agree(const char *name, const char *host) {
  (void) give(name, host);
  return tls4217_hosts_agree(sess);
}

static void test_agree(void **state) {
  (void) state;
  assert_true(agree("", NULL));
  assert_true(agree("other.example", NULL));
  assert_true(agree("unknown.example", "main.example"));
  assert_true(agree("main.example", "main.example"));
  assert_true(agree("FTP.Main.Example", "main.example"));
  assert_false(agree("other.example", "main.example"));
  assert_null(switched_to);

  /* HOST has led there. */
  main_server = other;
  assert_true(agree("other.example", "other.example"));
  assert_false(agree("main.example", "other.example"));
}

static void test_choice(void **state) {
  (void) state;
  assert_int_equal(give("other.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(switched_to, &of_other);
  assert_ptr_equal(sess->control.context, &of_other);
  assert_ptr_equal(sess->control.named, other);
  assert_string_equal(fakes.events, "mod_tls.sni\n");
  assert_string_equal(noted, "other.example");

  assert_int_equal(give("", NULL), TLS4217_CHOICE_IGNORED);
  assert_null(switched_to);
  assert_null(sess->control.named);
  assert_string_equal(fakes.events, "");

  assert_int_equal(give("unknown.example", NULL), TLS4217_CHOICE_MADE);
  assert_null(switched_to);
  assert_ptr_equal(sess->control.context, &entry);
}

/* A ServerName, in any case; an alias comes first. */
static void test_server_names(void **state) {
  (void) state;
  fakes.named = NULL;
  assert_int_equal(give("OTHER.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(switched_to, &of_other);
  assert_int_equal(give("main", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(sess->control.named, main_server);
}

static void test_unknown_names_may_be_refused(void **state) {
  (void) state;
  sess->settings.unknown_name = TLS4217_UNKNOWN_NAME_REJECT;
  assert_int_equal(give("unknown.example", NULL), TLS4217_CHOICE_UNKNOWN);
  assert_true(tls4217_error_is_set(&sess->control.refusal));
  assert_int_equal(give("main.example", NULL), TLS4217_CHOICE_MADE);
  assert_false(tls4217_error_is_set(&sess->control.refusal));
  assert_int_equal(give("", NULL), TLS4217_CHOICE_IGNORED);
}

/* TLSCertificateDirectory, and iPAddress. */
static void test_certificates(void **state) {
  (void) state;
  assert_int_equal(give("named.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(switched_to, &named);
  assert_null(sess->control.named);
  assert_false(is_other("named.example"));

  sess->settings.unknown_name = TLS4217_UNKNOWN_NAME_REJECT;
  assert_int_equal(give("named.example", NULL), TLS4217_CHOICE_MADE);
  sess->settings.unknown_name = TLS4217_UNKNOWN_NAME_DEFAULT;

  default_context = &of_address;
  assert_int_equal(give("", NULL), TLS4217_CHOICE_IGNORED);
  assert_ptr_equal(switched_to, &of_address);
  assert_int_equal(give("unknown.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(switched_to, &of_address);
  assert_true(is_other("named.example"));

  assert_int_equal(give("", "named.example"), TLS4217_CHOICE_IGNORED);
  assert_ptr_equal(switched_to, &named);
  default_context = &entry;
}

static void test_host_that_cannot_serve(void **state) {
  (void) state;
  hosts[1].tls = NULL;
  tls4217_error_set(&hosts[1].last_error, 0, "no certificate");
  assert_int_equal(give("other.example", NULL), TLS4217_CHOICE_UNKNOWN);
  assert_non_null(strstr(sess->control.refusal.text, "no certificate"));

  /* Made by a module in this session, or without TLS. */
  hosts[1].unprepared = true;
  assert_int_equal(give("other.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(sess->control.context, &entry);
  hosts[1].rec = NULL;
  assert_int_equal(give("other.example", NULL), TLS4217_CHOICE_MADE);
  assert_ptr_equal(sess->control.context, &entry);
  assert_ptr_equal(sess->control.named, other);
}

static void test_names_may_be_ignored(void **state) {
  (void) state;
  sess->settings.options.server_name = false;
  sess->settings.unknown_name = TLS4217_UNKNOWN_NAME_REJECT;
  assert_true(agree("other.example", "main.example"));
  assert_int_equal(give("unknown.example", NULL), TLS4217_CHOICE_IGNORED);
  assert_string_equal(fakes.events, "");
  assert_false(sess->binding.is_other_host(sess, "other.example"));
}

/* What the data connections are held to. */
static void test_data_connections(void **state) {
  (void) state;
  assert_true(agree("", NULL));
  assert_false(is_other(NULL));
  assert_false(is_other("main.example"));
  assert_false(is_other("unknown.example"));
  assert_true(is_other("other.example"));

  assert_true(agree("other.example", NULL));
  assert_false(is_other("other.example"));
  assert_true(is_other("main.example"));
}

/* No connection, no address to look for hosts at. */
static void test_without_a_connection(void **state) {
  (void) state;
  session.c = NULL;
  assert_true(agree("other.example", "main.example"));
}

/* The server that has the address has no aliases of its own to the core. */
static void test_without_aliases(void **state) {
  (void) state;
  fakes_begin_config();
  sess->origin.server = main_server;
  assert_true(agree("main.example", "main.example"));
  assert_false(is_other("main.example"));
  sess->origin.server = NULL;
  assert_false(is_other("main.example"));
}

static void test_session_follows(void **state) {
  server_rec *begin_server = main_server;

  (void) state;
  (void) give("unknown.example", NULL);
  tls4217_hosts_follow_name(sess);
  assert_ptr_equal(main_server, begin_server);

  (void) give("other.example", NULL);
  fakes.events[0] = '\0';
  tls4217_hosts_follow_name(sess);
  assert_ptr_equal(main_server, other);
  assert_ptr_equal(session.prev_server, begin_server);
  assert_ptr_equal(sess->peer.server, &hosts[1]);
  assert_string_equal(fakes.events, "core.session-reinit\n");
  assert_int_equal(fakes.dispatched, 2);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_agree),
    TEST(test_choice),
    TEST(test_server_names),
    TEST(test_unknown_names_may_be_refused),
    TEST(test_certificates),
    TEST(test_host_that_cannot_serve),
    TEST(test_names_may_be_ignored),
    TEST(test_data_connections),
    TEST(test_without_a_connection),
    TEST(test_without_aliases),
    TEST(test_session_follows),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
