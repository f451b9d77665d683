/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/context.c
 *
 * What is fixed before a client arrives, as a client then sees it: versions,
 * ciphers, certificates, ALPN (RFC 7301), and whose sessions they are.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LATE         60000

/* A chain of three, and leaves of two types below its middle. */
static struct pki_cert *root, *issuer, *ec, *rsa, *other_ec;
static STACK_OF(X509) * chain;
static struct tls4217_keypair ec_pair, rsa_pair, other_pair;

static int make_world(void **state) {
  (void) state;
  root = pki_ca("Root", NULL);
  issuer = pki_ca("Issuer", root);
  ec = pki_leaf("ftp.example.org", PKI_EC, issuer);
  rsa = pki_leaf("ftp.example.org", PKI_RSA, issuer);
  other_ec = pki_leaf("ftp.example.org", PKI_EC, issuer);

  chain = sk_X509_new_null();
  assert_non_null(chain);
  assert_int_equal(sk_X509_push(chain, issuer->cert), 1);
  assert_int_equal(sk_X509_push(chain, root->cert), 2);
  ec_pair = endpoint_pair(ec, chain);
  rsa_pair = endpoint_pair(rsa, chain);
  other_pair = endpoint_pair(other_ec, chain);
  return 0;
}

static int end_world(void **state) {
  (void) state;
  sk_X509_free(chain);
  pki_free(other_ec);
  pki_free(rsa);
  pki_free(ec);
  pki_free(issuer);
  pki_free(root);
  return 0;
}

/* The least that makes a context; tests change what they are about. */
static struct tls4217_keypair *one_pair[] = { &ec_pair };

static struct tls4217_context_settings usual(void) {
  return (struct tls4217_context_settings){
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .pairs = one_pair,
    .npairs = 1,
    .scope = "test",
  };
}

static struct tls4217_context *make(
  const struct tls4217_context_settings *settings) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(settings, &err);

  assert_string_equal(err.text, "");
  assert_non_null(context);
  return context;
}

static void refuse(
  const struct tls4217_context_settings *settings, const char *want) {
  struct tls4217_error err = { .text = "" };

  ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST); /* somebody else's old entry */
  assert_null(tls4217_context_new(settings, &err));
  if (strstr(err.text, want) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, want);
  }
  assert_int_equal(ERR_peek_error(), 0);
}

/*
 * Whether a client gets in, and with whom it speaks then; *alert is the
 * reason for which it does not (SSL_R_TLSV1_ALERT_...), or 0.
 */
static struct endpoint *visit(
  const struct endpoint_spec *spec, bool want, int alert) {
  struct endpoint *ep = endpoint_new(spec);
  struct tls4217_error err = { .text = "" };
  int res = tls4217_connection_handshake(ep->conn, LATE, &err);

  endpoint_settle(ep);
  if ((res == 0) != want) {
    fail_msg("handshake: %d, \"%s\"", res, err.text);
  }
  if (alert != 0) {
    assert_int_equal(ERR_GET_REASON(ep->client_error), alert);
  }
  return ep;
}

static const struct version_row {
  const char *name;
  unsigned int allowed;
  int client;
  bool want;
} versions[] = {
  { "both, 1.2", TLS4217_VERSION_DEFAULT, TLS1_2_VERSION, true },
  { "both, 1.3", TLS4217_VERSION_DEFAULT, TLS1_3_VERSION, true },
  { "1.2 only, 1.2", TLS4217_VERSION_TLS1_2, TLS1_2_VERSION, true },
  { "1.2 only, 1.3", TLS4217_VERSION_TLS1_2, TLS1_3_VERSION, false },
  { "1.3 only, 1.2", TLS4217_VERSION_TLS1_3, TLS1_2_VERSION, false },
  { "1.3 only, 1.3", TLS4217_VERSION_TLS1_3, TLS1_3_VERSION, true },
};

static void test_versions(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(versions); i++) {
    struct tls4217_context_settings settings = usual();
    struct endpoint_spec spec = { .version = versions[i].client };
    struct tls4217_context *context;

    print_message("  %s\n", versions[i].name);
    settings.parameters.versions = versions[i].allowed;
    context = make(&settings);
    spec.context = context;
    endpoint_free(visit(&spec, versions[i].want,
      versions[i].want ? 0 : SSL_R_TLSV1_ALERT_PROTOCOL_VERSION));
    tls4217_context_free(context);
  }
}

/* RFC 7301, section 3.2: no_application_protocol where "ftp" is not among
 * them; a client that speaks no ALPN is as good as any. */
static const struct alpn_row {
  const char *name;
  const char *offer;
  const char *want; /* NULL: refused */
} alpns[] = {
  { "no ALPN", NULL, "" },
  { "ftp", "\3ftp", "ftp" },
  { "ftp among others", "\2h2\10http/1.1\3ftp", "ftp" },
  { "http/1.1 only", "\10http/1.1", NULL },
  { "a longer word", "\4ftps", NULL },
  { "another case", "\3FTP", NULL },
};

static void visit_with_alpn(const struct tls4217_context *context,
  const struct alpn_row *row, int version) {
  const struct endpoint_spec spec = {
    .context = context, .version = version, .alpn = row->offer
  };
  const unsigned char *selected = NULL;
  unsigned int len = 0;
  struct endpoint *ep = visit(&spec, row->want != NULL,
    row->want != NULL ? 0 : SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);

  if (row->want != NULL) {
    SSL_get0_alpn_selected(ep->client, &selected, &len);
    assert_int_equal(len, strlen(row->want));
    assert_memory_equal(selected, row->want, len);
  }
  endpoint_free(ep);
}

static void test_alpn_is_strict(void **state) {
  struct tls4217_context_settings settings = usual();
  struct tls4217_context *context = make(&settings);

  (void) state;
  for (size_t i = 0; i < COUNT(alpns); i++) {
    print_message("  %s\n", alpns[i].name);
    visit_with_alpn(context, &alpns[i], TLS1_2_VERSION);
    visit_with_alpn(context, &alpns[i], TLS1_3_VERSION);
  }
  tls4217_context_free(context);
}

static void test_alpn_refusal_says_why(void **state) {
  struct tls4217_context_settings settings = usual();
  struct tls4217_context *context = make(&settings);
  const struct endpoint_spec spec = { .context = context,
    .alpn = "\10http/1.1" };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_equal(
    tls4217_connection_handshake(ep->conn, LATE, &err), TLS4217_IO_FAILED);
  assert_int_equal(err.errnum, EPROTO);
  assert_non_null(strstr(err.text, "another protocol than FTP"));
  endpoint_free(ep);
  tls4217_context_free(context);
}

static void test_bad_lists(void **state) {
  struct tls4217_context_settings settings = usual();

  (void) state;
  tls4217_context_free(NULL);
  settings.parameters.ciphers = "NO-SUCH-CIPHER";
  refuse(&settings,
    "no cipher is left of 'NO-SUCH-CIPHER': no cipher suite of that name");
  settings.parameters.ciphers = "";
  refuse(&settings, "no cipher is left of ''");
  settings.parameters.ciphers = NULL;
  settings.parameters.ciphersuites = "TLS_NO_SUCH_SUITE";
  refuse(&settings, "no cipher is left of 'TLS_NO_SUCH_SUITE'");
  assert_null(tls4217_context_new(&settings, NULL));
}

static const struct list_row {
  const char *name;
  const char *list;
  bool tls13, want;
} lists[] = {
  { "TLS 1.2 words", "HIGH:!aNULL", false, true },
  { "TLS 1.2 names", "ECDHE-RSA-AES128-GCM-SHA256", false, true },
  { "nothing for TLS 1.2", "", false, false },
  { "unknown for TLS 1.2", "NO-SUCH-CIPHER", false, false },
  { "TLS 1.3 names", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", true,
    true },
  { "unknown for TLS 1.3", "TLS_NO_SUCH_SUITE", true, false },
};

static void test_lists_can_be_checked_alone(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(lists); i++) {
    struct tls4217_error err = { .text = "" };

    print_message("  %s\n", lists[i].name);
    assert_int_equal(
      tls4217_parameters_check_ciphers(lists[i].list, lists[i].tls13, &err),
      lists[i].want ? 0 : -1);
    assert_int_equal(tls4217_error_is_set(&err), !lists[i].want);
  }
}

static void assert_cipher(const struct tls4217_context_settings *settings,
  int version, const char *want) {
  struct tls4217_context *context = make(settings);
  const struct endpoint_spec spec = { .context = context, .version = version };
  struct endpoint *ep = endpoint_open(&spec);

  assert_string_equal(SSL_get_cipher_name(ep->client), want);
  endpoint_free(ep);
  tls4217_context_free(context);
}

static void test_lists_are_obeyed(void **state) {
  struct tls4217_context_settings settings = usual();

  (void) state;
  settings.parameters.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  settings.parameters.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
  assert_cipher(&settings, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256");
  assert_cipher(&settings, TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256");
}

/* Suites of TLS 1.2 and older; strong are those with forward secrecy by
 * elliptic curves, and AEAD. */
static int count_old_suites(const SSL_CTX *ctx, int *strong) {
  STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ctx);
  int count = 0;

  *strong = 0;
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);

    assert_true(SSL_CIPHER_get_bits(cipher, NULL) >= 128);
    assert_int_not_equal(SSL_CIPHER_get_auth_nid(cipher), NID_auth_null);
    assert_int_not_equal(SSL_CIPHER_get_auth_nid(cipher), NID_auth_psk);
    if (strcmp(SSL_CIPHER_get_version(cipher), "TLSv1.3") != 0) {
      count++;
      *strong += SSL_CIPHER_get_kx_nid(cipher) == NID_kx_ecdhe &&
        SSL_CIPHER_is_aead(cipher);
    }
  }

  return count;
}

static void test_defaults_hold_nothing_weak(void **state) {
  struct tls4217_context_settings settings = usual();
  struct tls4217_context *context = make(&settings);
  int strong;

  (void) state;
  assert_int_equal(count_old_suites(context->ctx, &strong), 6);
  assert_int_equal(strong, 6);
  tls4217_context_free(context);

  /* Old devices know nothing better; an administrator has said so. */
  settings.parameters.weak_security = true;
  context = make(&settings);
  assert_true(count_old_suites(context->ctx, &strong) > 6);
  assert_int_equal(strong, 6);
  tls4217_context_free(context);
}

/* Certificates. */

static void assert_served(const struct tls4217_context *context, int version,
  const char *signatures, const struct pki_cert *want) {
  const struct endpoint_spec spec = {
    .context = context, .version = version, .signatures = signatures
  };
  struct endpoint *ep = endpoint_open(&spec);
  STACK_OF(X509) *got = SSL_get_peer_cert_chain(ep->client);

  assert_int_equal(sk_X509_num(got), 3);
  assert_int_equal(X509_cmp(sk_X509_value(got, 0), want->cert), 0);
  assert_int_equal(X509_cmp(sk_X509_value(got, 1), issuer->cert), 0);
  assert_int_equal(X509_cmp(sk_X509_value(got, 2), root->cert), 0);
  endpoint_free(ep);
}

static void assert_both_served(struct tls4217_keypair *const *pairs,
  size_t npairs, const struct pki_cert *want_ec) {
  struct tls4217_context_settings settings = usual();
  struct tls4217_context *context;

  settings.pairs = pairs;
  settings.npairs = npairs;
  context = make(&settings);
  for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
    assert_served(context, version, "ECDSA+SHA256", want_ec);
    assert_served(context, version, "RSA-PSS+SHA256", rsa);
  }
  tls4217_context_free(context);
}

static void test_each_key_type_is_served_with_its_chain(void **state) {
  struct tls4217_keypair *ec_first[] = { &ec_pair, &rsa_pair };
  struct tls4217_keypair *rsa_first[] = { &rsa_pair, &ec_pair };

  (void) state;
  assert_both_served(ec_first, 2, ec);
  assert_both_served(rsa_first, 2, ec);
}

static void test_first_pair_of_a_type_wins(void **state) {
  struct tls4217_keypair *pairs[] = { &ec_pair, &rsa_pair, &other_pair };
  struct tls4217_keypair *reversed[] = { &other_pair, &rsa_pair, &ec_pair };

  (void) state;
  assert_both_served(pairs, 3, ec);
  assert_both_served(reversed, 3, other_ec);
}

static void test_pair_without_a_chain(void **state) {
  struct tls4217_keypair lone = endpoint_pair(ec, NULL);
  struct tls4217_keypair *pairs[] = { &lone };
  struct tls4217_context_settings settings = usual();
  struct tls4217_context *context;
  struct endpoint_spec spec = { .version = 0 };
  struct endpoint *ep;

  (void) state;
  settings.pairs = pairs;
  context = make(&settings);
  spec.context = context;
  ep = endpoint_open(&spec);
  assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(ep->client)), 1);
  endpoint_free(ep);
  tls4217_context_free(context);
}

static void test_pair_that_does_not_fit(void **state) {
  struct tls4217_keypair mixed = ec_pair;
  struct tls4217_keypair *pairs[] = { &mixed };
  struct tls4217_context_settings settings = usual();

  (void) state;
  mixed.key = other_ec->key;
  settings.pairs = pairs;
  refuse(&settings, "a pair: OpenSSL refuses the certificate: ");
}

/* Sessions. */

static bool is_resumed(const struct tls4217_context *from,
  const struct tls4217_context *to, int version) {
  struct endpoint_spec spec = { .context = from, .version = version };
  struct endpoint *first = endpoint_open(&spec), *second;
  bool resumed;

  spec.context = to;
  spec.session = first->session;
  second = endpoint_open(&spec);
  resumed = SSL_session_reused(second->client) == 1;
  endpoint_free(second);
  endpoint_free(first);
  return resumed;
}

/* With the same ticket keys, it is the scope alone that keeps them apart. */
static void test_scope_separates_sessions(void **state) {
  struct tls4217_context *one = endpoint_context(ec, "host a, policy 1");
  struct tls4217_context *same = endpoint_context(ec, "host a, policy 1");
  struct tls4217_context *other = endpoint_context(ec, "host a, policy 2");

  (void) state;
  endpoint_share_tickets(one, same);
  endpoint_share_tickets(one, other);

  for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
    assert_true(is_resumed(one, one, version));
    assert_true(is_resumed(one, same, version));
    assert_false(is_resumed(one, other, version));
    assert_false(is_resumed(other, one, version));
  }

  tls4217_context_free(one);
  tls4217_context_free(same);
  tls4217_context_free(other);
}

/* The pairs are referenced: who loaded them may let them go. */
static void test_pairs_may_go(void **state) {
  struct pki_cert *brief = pki_leaf("brief.example.org", PKI_EC, NULL);
  struct tls4217_context *context = endpoint_context(brief, "brief");
  const struct endpoint_spec spec = { .context = context };

  (void) state;
  pki_free(brief);
  endpoint_free(endpoint_open(&spec));
  tls4217_context_free(context);
}

static void test_context_freed_while_a_connection_lives(void **state) {
  struct tls4217_context *context = endpoint_context(ec, "brief");
  const struct endpoint_spec spec = { .context = context };
  struct endpoint *ep = endpoint_open(&spec);
  char heard[4];

  (void) state;
  tls4217_context_free(context);
  ep->echo = true;
  assert_int_equal(
    tls4217_connection_write(ep->conn, "ping", 4, LATE, NULL), 0);
  endpoint_read(ep, heard, 4);
  assert_memory_equal(heard, "ping", 4);
  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, NULL), 0);
  endpoint_free(ep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_versions),
    cmocka_unit_test(test_alpn_is_strict),
    cmocka_unit_test(test_alpn_refusal_says_why),
    cmocka_unit_test(test_bad_lists),
    cmocka_unit_test(test_lists_can_be_checked_alone),
    cmocka_unit_test(test_lists_are_obeyed),
    cmocka_unit_test(test_defaults_hold_nothing_weak),
    cmocka_unit_test(test_each_key_type_is_served_with_its_chain),
    cmocka_unit_test(test_first_pair_of_a_type_wins),
    cmocka_unit_test(test_pair_without_a_chain),
    cmocka_unit_test(test_pair_that_does_not_fit),
    cmocka_unit_test(test_scope_separates_sessions),
    cmocka_unit_test(test_pairs_may_go),
    cmocka_unit_test(test_context_freed_while_a_connection_lives),
  };

  return cmocka_run_group_tests(tests, make_world, end_world);
}
