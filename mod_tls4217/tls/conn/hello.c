/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client sends in its ClientHello
 *
 * See hello.h.  RFC 8446, section 4.1.2; RFC 6066, section 3.
 */

#include "mod_tls4217/tls/conn/hello.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#include "mod_tls4217/tls/conn/shares.h"
#include "mod_tls4217/tls/sslstate.h"

/* The name goes into logs and notes: only characters that a name can have. */
static void keep_name(
  struct tls4217_hello *hello, const unsigned char *name, size_t size) {
  static const char fit[] = "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:*";
  size_t len;

  for (len = 0; len < sizeof(hello->server_name) - 1 && len < size; len++) {
    hello->server_name[len] = name[len] != '\0' &&
        strchr(fit, name[len]) != NULL ?
      (char) name[len] :
      '?';
  }

  hello->server_name[len] = '\0';
}

static size_t read_size(const unsigned char *bytes) {
  return (size_t) bytes[0] << 8 | bytes[1];
}

/* "without a trailing dot", but some clients send one. */
static void strip_root(struct tls4217_hello *hello) {
  const size_t len = strlen(hello->server_name);

  if (len > 0 && hello->server_name[len - 1] == '.') {
    hello->server_name[len - 1] = '\0';
  }
}

/* "Literal IPv4 and IPv6 addresses are not permitted in HostName": a client
 * that sends one has sent no name. */
static bool is_address(const char *name) {
  unsigned char address[16];

  return inet_pton(AF_INET, name, address) == 1 ||
    inet_pton(AF_INET6, name, address) == 1;
}

/*
 * The list of names (RFC 6066, section 3): its size, and one host_name, type 0.
 * Read here, because sessions are looked up before OpenSSL reads it; what is
 * malformed OpenSSL refuses later.
 */
static void read_server_name(SSL *ssl, struct tls4217_hello *hello) {
  const unsigned char *data;
  size_t len;

  hello->server_name[0] = '\0';
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len) ==
      1 &&
    len > 5 && data[2] == TLSEXT_NAMETYPE_host_name &&
    read_size(data + 3) == len - 5) {
    keep_name(hello, data + 5, len - 5);
    strip_root(hello);
    if (is_address(hello->server_name)) {
      hello->server_name[0] = '\0';
    }
  }
}

/* SSL 2.0 itself is refused by OpenSSL, after this callback; a client that has
 * nothing newer does not understand its alerts. */
static bool speaks_tls(SSL *ssl) {
  return SSL_client_hello_get0_legacy_version(ssl) >= SSL3_VERSION;
}

static void open_way_out(SSL *ssl, struct tls4217_hello *hello) {
  if (hello->way_out != NULL) {
    SSL_set0_wbio(ssl, hello->way_out);
    hello->way_out = NULL;
  }
}

/*
 * A session id in a ClientHello means a TLS 1.2 session, unless the client
 * knows TLS 1.3: then it may be the dummy of RFC 8446, appendix D.4.
 */
static bool offers_id(SSL *ssl) {
  const unsigned char *data;
  size_t len;

  return SSL_client_hello_get0_session_id(ssl, &data) > 0 &&
    SSL_client_hello_get0_ext(
      ssl, TLSEXT_TYPE_supported_versions, &data, &len) != 1;
}

/* Here, and not in the callback for server names: OpenSSL calls that only after
 * it has resumed a session. */
static int choose(struct tls4217_sslstate *state, int *alert) {
  const struct tls4217_chooser *chooser = &state->chooser;
  enum tls4217_choice choice = TLS4217_CHOICE_MADE;

  if (chooser->choose != NULL) {
    choice = chooser->choose(chooser->who, state->hello.server_name);
  }

  state->hello.name_is_ignored = choice == TLS4217_CHOICE_IGNORED;
  if (choice == TLS4217_CHOICE_UNKNOWN) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }

  if (choice == TLS4217_CHOICE_FAILED) {
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
  }

  return SSL_CLIENT_HELLO_SUCCESS;
}

static bool brings_x25519(SSL *ssl) {
  const unsigned char *data;
  size_t len;

  return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_key_share, &data, &len) ==
    1 &&
    tls4217_shares_has_share(data, len, TLS4217_SHARES_X25519);
}

static bool knows_hybrids(SSL *ssl) {
  const unsigned char *data;
  size_t len;

  return SSL_client_hello_get0_ext(
           ssl, TLSEXT_TYPE_supported_groups, &data, &len) == 1 &&
    tls4217_shares_has_hybrid(data, len);
}

static bool offers_session(SSL *ssl) {
  const unsigned char *data;
  size_t len;

  return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &data, &len) == 1;
}

/*
 * The secret of the session that is resumed came from the control connection's
 * handshake, with ML-KEM in it; a second one would cost a third more, and a
 * kilobyte (doc/security).  Only for a share that is there: no
 * HelloRetryRequest for the sake of speed.  Where the library has no X25519,
 * all stays as it was.
 */
static void take_x25519(SSL *ssl) {
  if (offers_session(ssl) && brings_x25519(ssl) && knows_hybrids(ssl)) {
    (void) ERR_set_mark();
    (void) SSL_set1_groups_list(ssl, "X25519");
    (void) ERR_pop_to_mark();
  }
}

/* RFC 8446, section 4.1.2: the ClientHello after a HelloRetryRequest is the
 * first one again.  What was chosen for that remains chosen. */
static int compare_again(SSL *ssl, struct tls4217_hello *hello, int *alert) {
  char first[sizeof(hello->server_name)];

  memcpy(first, hello->server_name, sizeof(first));
  read_server_name(ssl, hello);
  if (strcasecmp(first, hello->server_name) != 0) {
    *alert = SSL_AD_ILLEGAL_PARAMETER;
    return SSL_CLIENT_HELLO_ERROR;
  }

  return SSL_CLIENT_HELLO_SUCCESS;
}

static int read_hello_cb(SSL *ssl, int *alert, void *arg) {
  struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);
  struct tls4217_hello *hello;

  (void) arg;
  if (state == NULL || speaks_tls(ssl) == false) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }

  hello = &state->hello;
  if (hello->parsed) {
    return compare_again(ssl, hello, alert);
  }

  open_way_out(ssl, hello);
  hello->parsed = true;
  hello->offered_id = offers_id(ssl);
  read_server_name(ssl, hello);
  if (state->takes_x25519) {
    take_x25519(ssl);
  }

  return choose(state, alert);
}

/* Whether the name is acknowledged. */
static int answer_server_name_cb(SSL *ssl, int *alert, void *arg) {
  const struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  (void) alert;
  (void) arg;

  return state != NULL && state->hello.name_is_ignored == false &&
      state->hello.server_name[0] != '\0' ?
    SSL_TLSEXT_ERR_OK :
    SSL_TLSEXT_ERR_NOACK;
}

void tls4217_hello_install(SSL_CTX *ctx) {
  SSL_CTX_set_client_hello_cb(ctx, read_hello_cb, NULL);
  (void) SSL_CTX_set_tlsext_servername_callback(ctx, answer_server_name_cb);
}
