/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/conn/ where memory runs out
 *
 * At the server's end: a handshake that has no memory fails in words, and does
 * so before a client's certificate or its session count for anything.  What
 * happens behind the handshake is in sslio_test.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/scarce.h"
#include "t/unit/world.h"

static struct {
  struct pki_dir *dir;
  struct pki_cert *root, *client, *stranger;
  struct tls4217_verify *verify;
  struct tls4217_context *context, *other;
} made;

static struct tls4217_context *make_context(const char *scope) {
  struct tls4217_keypair pair = endpoint_pair(world.leaf, NULL);
  struct tls4217_keypair *pairs[] = { &pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .pairs = pairs,
    .npairs = 1,
    .verify = made.verify,
    .scope = scope,
  };

  return tls4217_context_new(&settings, NULL);
}

static int make(void **state) {
  const struct pki_spec client = { .name = "alice", .is_client = true };
  struct pki_spec spec = client;
  struct tls4217_verify_settings settings = { .mode = TLS4217_VERIFY_REQUIRED,
    .depth = 9 };

  (void) world_make(state);
  made.dir = pki_dir_new();
  made.root = pki_ca("Root", NULL);
  spec.issuer = made.root;
  made.client = pki_make(&spec);
  made.stranger = pki_make(&client);
  settings.ca_file = pki_path(made.dir, "ca.pem");
  pki_add_cert(settings.ca_file, made.root);
  made.verify = tls4217_verify_new(&settings, NULL);
  made.context = make_context("test");
  made.other = make_context("other");
  return made.verify == NULL || made.context == NULL || made.other == NULL;
}

static int end(void **state) {
  tls4217_context_free(made.context);
  tls4217_context_free(made.other);
  tls4217_verify_free(made.verify);
  pki_free(made.root);
  pki_free(made.client);
  pki_free(made.stranger);
  pki_dir_free(made.dir);
  return world_end(state);
}

static struct endpoint *start(
  const struct endpoint_spec *spec, const struct pki_cert *who) {
  struct endpoint *ep = endpoint_new(spec);

  assert_int_equal(SSL_use_certificate(ep->client, who->cert), 1);
  assert_int_equal(SSL_use_PrivateKey(ep->client, who->key), 1);
  return ep;
}

/* What is tried, and with which client. */
struct visit {
  struct endpoint_spec spec;
  const struct pki_cert *who;
  int want_verified;
};

static bool shake(void *arg, struct tls4217_error *err) {
  const struct visit *visit = arg;
  int left = scarce_suspend();
  struct endpoint *ep = start(&visit->spec, visit->who);
  int verified;
  bool good;

  scarce_resume(left);
  good = tls4217_connection_handshake(ep->conn, LATE, err) == TLS4217_IO_DONE;

  left = scarce_suspend();
  if (good) {
    /* One that holds may be in doubt then, but not the other way round. */
    verified = tls4217_connection_verify_error(ep->conn);
    if (visit->want_verified != X509_V_OK) {
      assert_int_not_equal(verified, X509_V_OK);
    }
  }

  endpoint_free(ep);
  scarce_resume(left);
  return good;
}

static void over_versions(const char *name, const struct pki_cert *who,
  int want, enum tls4217_channel channel) {
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

  for (size_t i = 0; i < 2; i++) {
    struct visit visit = { .spec = { .context = made.context,
                             .channel = channel,
                             .version = versions[i],
                             .server_name = "ftp.example.org" },
      .who = who,
      .want_verified = want };

    scarce_repeat(name, shake, &visit);
  }
}

static void test_handshake(void **state) {
  (void) state;
  over_versions("control", made.client, X509_V_OK, TLS4217_CHANNEL_CONTROL);
  over_versions("control, stranger", made.stranger,
    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLS4217_CHANNEL_CONTROL);
}

/* A data connection that resumes: of its own control connection, or not. */
static bool resume(void *arg, struct tls4217_error *err) {
  const struct visit *visit = arg;
  int left = scarce_suspend();
  struct endpoint_spec spec = visit->spec;
  struct endpoint *ep;
  enum tls4217_reuse reuse;
  bool good;

  spec.session = SSL_SESSION_dup(visit->spec.session);
  ep = start(&spec, visit->who);
  SSL_SESSION_free(spec.session);

  scarce_resume(left);
  good = tls4217_connection_handshake(ep->conn, LATE, err) == TLS4217_IO_DONE;
  if (good) {
    reuse = tls4217_connection_reuse(ep->conn);
    assert_true(reuse != TLS4217_REUSE_OWN || visit->want_verified == 0);
  }

  left = scarce_suspend();
  endpoint_free(ep);
  scarce_resume(left);
  return good;
}

static void resume_with(const struct way *way, bool stranger) {
  struct visit visit = { .spec = { .context = made.context,
                           .version = way->version },
    .who = made.client,
    .want_verified = stranger };
  struct tls4217_binding other;
  struct endpoint *control = start(&visit.spec, made.client);

  assert_int_equal(tls4217_binding_init(&other, NULL), 0);
  assert_int_equal(tls4217_connection_handshake(control->conn, LATE, NULL), 0);
  endpoint_settle(control);
  assert_non_null(control->session);

  visit.spec.session = control->session;
  visit.spec.channel = TLS4217_CHANNEL_DATA;
  visit.spec.binding = stranger ? &other : control->binding;
  scarce_repeat(stranger ? "data, not its own" : "data", resume, &visit);

  tls4217_binding_clear(&other);
  endpoint_free(control);
}

static void test_resumption(void **state) {
  (void) state;
  for (size_t i = 0; i < 2; i++) {
    resume_with(&ways[i], false);
    resume_with(&ways[i], true);
  }
}

static bool make_connection(void *arg, struct tls4217_error *err) {
  const int *fd = arg;
  struct tls4217_binding binding;
  struct tls4217_connection *conn = NULL;
  bool good = false;

  if (tls4217_binding_init(&binding, err) == 0) {
    conn = tls4217_connection_new(made.context->ctx, TLS4217_CHANNEL_CONTROL,
      *fd, *fd, &binding, &tls4217_waiter_poll, err);
    good = conn != NULL &&
      tls4217_connection_hold_until_hello(conn, err) == 0 &&
      tls4217_context_override_connection(
        made.other, conn, &made.other->parameters, err) == 0;
    tls4217_connection_free(conn);
    tls4217_binding_clear(&binding);
  }

  return good;
}

static bool switch_context(void *arg, struct tls4217_error *err) {
  int left = scarce_suspend();
  SSL *ssl = SSL_new(made.context->ctx);
  bool good;

  (void) arg;
  scarce_resume(left);
  good = tls4217_context_switch(made.other, ssl, err) == 0;
  SSL_free(ssl);
  return good;
}

static void test_connection(void **state) {
  int fds[2];

  (void) state;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  scarce_repeat("connection", make_connection, fds);
  (void) close(fds[0]);
  (void) close(fds[1]);
  scarce_repeat("another host", switch_context, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_connection),
    cmocka_unit_test(test_handshake),
    cmocka_unit_test(test_resumption),
  };

  return scarce_install(400) ? cmocka_run_group_tests(tests, make, end) : 1;
}
