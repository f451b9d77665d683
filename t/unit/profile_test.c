/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/profile.c
 *
 * What goes over the wire under each TLSPolicy: a client that has everything
 * asks for one thing after the other.  t/unit/wire.txt says what it must find,
 * for each release of OpenSSL; what is not there is printed as a line for it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/profile.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT         4096

/* What the machine's openssl.cnf says shall not count: Debian's level. */
static const char config[] =
  "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\n"
  "system_default = all\n[all]\nCipherString = DEFAULT:@SECLEVEL=2\n";

static const struct policy {
  const char *name;
  enum tls4217_profile_name profile;
} policies[] = {
  { "default", TLS4217_PROFILE_UNNAMED },
  { "modern", TLS4217_PROFILE_MODERN },
  { "intermediate", TLS4217_PROFILE_INTERMEDIATE },
  { "compatible", TLS4217_PROFILE_COMPATIBLE },
};

static const struct {
  const char *name;
  int number;
} versions[] = {
  { "TLSv1", TLS1_VERSION },
  { "TLSv1.1", TLS1_1_VERSION },
  { "TLSv1.2", TLS1_2_VERSION },
  { "TLSv1.3", TLS1_3_VERSION },
};

static const char *const groups[] = { "X25519MLKEM768", "SecP256r1MLKEM768",
  "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024", "X25519", "P-256",
  "X448", "P-384", "P-521", "P-224", "secp256k1", "brainpoolP256r1",
  "brainpoolP256r1tls13", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144",
  "ffdhe8192" };

static struct pki_cert *rsa, *ec;
static struct tls4217_keypair rsa_pair, ec_pair;

static int make_world(void **state) {
  (void) state;
  rsa = pki_leaf("ftp.example.org", PKI_RSA, NULL);
  ec = pki_leaf("ftp.example.org", PKI_EC, NULL);
  rsa_pair = endpoint_pair(rsa, NULL);
  ec_pair = endpoint_pair(ec, NULL);
  return 0;
}

static int end_world(void **state) {
  (void) state;
  pki_free(ec);
  pki_free(rsa);
  return 0;
}

static struct tls4217_context *make_context(const struct policy *policy) {
  struct tls4217_keypair *pairs[] = { &rsa_pair, &ec_pair };
  const struct tls4217_context_settings settings = {
    .parameters = { .profile = policy->profile,
      .versions = tls4217_profile_get(policy->profile)->versions,
      .server_preference = true },
    .pairs = pairs,
    .npairs = COUNT(pairs),
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(&settings, &err);

  assert_string_equal(err.text, "");
  assert_non_null(context);
  return context;
}

/* A client that takes everything that the library has. */
static SSL *make_client(int version) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL *ssl;

  assert_non_null(ctx);
  SSL_CTX_set_security_level(ctx, 0);
  assert_int_equal(
    SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0"), 1);
  ssl = SSL_new(ctx);
  SSL_CTX_free(ctx);
  assert_non_null(ssl);
  assert_int_equal(SSL_set_min_proto_version(ssl, version), 1);
  assert_int_equal(SSL_set_max_proto_version(ssl, version), 1);
  return ssl;
}

/* Both ends over memory.  Returns whether the handshake is done. */
static bool do_handshake(SSL *client, const struct tls4217_context *context) {
  SSL *server = SSL_new(context->ctx);
  BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
  bool done = false;

  assert_true(server != NULL && up != NULL && down != NULL);
  assert_true(BIO_up_ref(up) == 1 && BIO_up_ref(down) == 1);
  SSL_set_bio(client, down, up);
  SSL_set_bio(server, up, down);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (int i = 0; i < 8 && done == false; i++) {
    const int here = SSL_do_handshake(client);

    done = SSL_do_handshake(server) == 1 && here == 1;
  }

  ERR_clear_error();
  SSL_free(server);
  return done;
}

static void add(char *text, const char *word) {
  const size_t used = strlen(text);

  (void) snprintf(text + used, TEXT - used, "%s%s", used > 0 ? ":" : "", word);
}

/* All that a client still has, but one; false: nothing is left. */
static bool leave_out(SSL *client, char *list, const char *name, bool tls13) {
  const char *left = list;
  char *at, rest[TEXT] = "";

  for (char *word = strtok_r(list, ":", &at); word != NULL;
       word = strtok_r(NULL, ":", &at)) {
    if (strcmp(word, name) != 0) {
      add(rest, word);
    }
  }

  (void) snprintf(list, TEXT, "%s", rest);
  return *left != '\0' &&
    (tls13 ? SSL_set_ciphersuites(client, list) :
             SSL_set_cipher_list(client, list)) == 1;
}

static void list_ciphers(SSL *client, bool tls13, char *list) {
  STACK_OF(SSL_CIPHER) *all = SSL_get1_supported_ciphers(client);

  *list = '\0';
  for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);

    if ((strncmp(SSL_CIPHER_get_name(cipher), "TLS_", 4) == 0) == tls13) {
      add(list, SSL_CIPHER_get_name(cipher));
    }
  }

  sk_SSL_CIPHER_free(all);
}

/* In the order in which the server takes them. */
static void find_suites(
  const struct tls4217_context *context, int version, char *found) {
  const bool tls13 = version == TLS1_3_VERSION;
  char list[TEXT], name[128] = "";
  bool open = true;

  while (open) {
    SSL *client = make_client(version);

    if (*name == '\0') {
      list_ciphers(client, tls13, list);
    }

    open = leave_out(client, list, name, tls13) &&
      do_handshake(client, context);
    if (open) {
      (void) snprintf(name, sizeof(name), "%s", SSL_get_cipher_name(client));
      add(found, name);
    }

    SSL_free(client);
  }
}

static void find_groups(const struct tls4217_context *context, char *found) {
  for (size_t i = 0; i < COUNT(groups); i++) {
    SSL *client = make_client(TLS1_3_VERSION);

    if (SSL_set1_groups_list(client, groups[i]) == 1 &&
      do_handshake(client, context)) {
      add(found, groups[i]);
    }

    SSL_free(client);
  }
}

/* SignatureScheme of RFC 8446, 4.2.3, as the server lists them. */
static int read_signatures_cb(SSL *ssl, void *arg) {
  const int count = SSL_get_sigalgs(ssl, 0, NULL, NULL, NULL, NULL, NULL);

  for (int i = 0; i < count; i++) {
    unsigned char low = 0, high = 0;
    char code[8];

    (void) SSL_get_sigalgs(ssl, i, NULL, NULL, NULL, &low, &high);
    (void) snprintf(code, sizeof(code), "%02x%02x", high, low);
    add(arg, code);
  }

  return 1;
}

static void find_signatures(
  const struct tls4217_context *context, char *found) {
  SSL *client = make_client(TLS1_3_VERSION);

  SSL_CTX_set_verify(context->ctx, SSL_VERIFY_PEER, NULL);
  SSL_set_cert_cb(client, read_signatures_cb, found);
  assert_true(do_handshake(client, context));
  SSL_free(client);
}

/* The pins. */

static FILE *open_pins(void) {
  const char *srcdir = getenv("TLS4217_SRCDIR");
  char path[TEXT];
  FILE *file;

  (void) snprintf(
    path, sizeof(path), "%s/t/unit/wire.txt", srcdir != NULL ? srcdir : ".");
  file = fopen(path, "r");
  if (file == NULL) {
    fail_msg("%s: not there; TLS4217_SRCDIR says where the sources are", path);
  }

  return file;
}

/* The pin of the newest release that is not newer than the library. */
static void read_pin(const char *policy, const char *part, char *pin) {
  const unsigned int library = OPENSSL_version_major() * 100 +
    OPENSSL_version_minor();
  unsigned int best = 0;
  char line[TEXT];
  FILE *file = open_pins();

  *pin = '\0';
  while (fgets(line, sizeof(line), file) != NULL) {
    unsigned int major, minor;
    char words[3][TEXT];

    if (sscanf(line, "%u.%u %4095s %4095s %4095s", &major, &minor, words[0],
          words[1], words[2]) == 5 &&
      strcmp(words[0], policy) == 0 && strcmp(words[1], part) == 0 &&
      major * 100 + minor <= library && major * 100 + minor > best) {
      best = major * 100 + minor;
      (void) strcpy(pin, words[2]);
    }
  }

  (void) fclose(file);
}

static unsigned int moved;

static void compare(
  const struct policy *policy, const char *part, const char *found) {
  char pin[TEXT];

  if (*found == '\0') {
    found = "-";
  }

  read_pin(policy->name, part, pin);
  if (strcmp(pin, found) != 0) {
    print_error("wire.txt has: %s\n%u.%u %s %s %s\n", pin,
      OPENSSL_version_major(), OPENSSL_version_minor(), policy->name, part,
      found);
    moved++;
  }
}

static void check_policy(const struct policy *policy) {
  struct tls4217_context *context = make_context(policy);
  char found[TEXT];

  for (size_t i = 0; i < COUNT(versions); i++) {
    found[0] = '\0';
    find_suites(context, versions[i].number, found);
    compare(policy, versions[i].name, found);
  }

  found[0] = '\0';
  find_groups(context, found);
  compare(policy, "groups", found);
  found[0] = '\0';
  find_signatures(context, found);
  compare(policy, "signatures", found);
  tls4217_context_free(context);
}

static void test_what_goes_over_the_wire(void **state) {
  (void) state;
  moved = 0;
  for (size_t i = 0; i < COUNT(policies); i++) {
    check_policy(&policies[i]);
  }

  assert_int_equal(moved, 0);
}

/* What stands beside TLSPolicy wins for its part. */
static void test_lists_of_their_own_win(void **state) {
  static const struct policy policy = { "x", TLS4217_PROFILE_COMPATIBLE };
  struct tls4217_keypair *pairs[] = { &rsa_pair };
  const struct tls4217_context_settings settings = {
    .parameters = { .profile = policy.profile,
      .versions = TLS4217_VERSION_DEFAULT,
      .ciphers = "ECDHE-RSA-AES128-SHA",
      .ciphersuites = "TLS_AES_128_GCM_SHA256",
      .groups = "P-521" },
    .pairs = pairs,
    .npairs = COUNT(pairs),
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(&settings, &err);
  static const char *const want[] = { "", "", "ECDHE-RSA-AES128-SHA",
    "TLS_AES_128_GCM_SHA256" };
  char found[TEXT];

  (void) state;
  assert_non_null(context);
  for (size_t i = 0; i < COUNT(versions); i++) {
    found[0] = '\0';
    find_suites(context, versions[i].number, found);
    assert_string_equal(found, want[i]);
  }

  found[0] = '\0';
  find_groups(context, found);
  assert_string_equal(found, "P-521");

  /* Without TLS 1.0 and 1.1 the level stays. */
  assert_int_equal(SSL_CTX_get_security_level(context->ctx), 2);
  tls4217_context_free(context);
}

/* TLS 1.0 needs level 0; the certificates of clients do not. */
static void test_old_versions_trust_no_weak_clients(void **state) {
  struct tls4217_context *context = make_context(&policies[3]);
  SSL *ssl = SSL_new(context->ctx);

  (void) state;
  assert_int_equal(SSL_get_security_level(ssl), 0);
  assert_int_equal(X509_VERIFY_PARAM_get_auth_level(SSL_get0_param(ssl)), 2);
  SSL_free(ssl);
  tls4217_context_free(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_goes_over_the_wire),
    cmocka_unit_test(test_lists_of_their_own_win),
    cmocka_unit_test(test_old_versions_trust_no_weak_clients),
  };
  char path[] = "/tmp/profile_test-XXXXXX";
  const int fd = mkstemp(path);
  int res;

  if (fd < 0 || write(fd, config, sizeof(config) - 1) < 0 ||
    setenv("OPENSSL_CONF", path, 1) < 0) {
    perror(path);
    return 1;
  }

  (void) close(fd);
  res = cmocka_run_group_tests(tests, make_world, end_world);
  (void) unlink(path);
  return res;
}
