/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client says in its ClientHello
 *
 * See hello.h.  RFC 8446, section 4.1.2; RFC 6066, section 3.
 */

#include "mod_tls4217/tls/conn/hello.h"

#include <string.h>

#include "mod_tls4217/tls/sslstate.h"

static struct tls4217_hello *find_hello(const SSL *ssl) {
  struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  return state != NULL ? &state->hello : NULL;
}

/* The name goes into logs and notes: only what a name can have. */
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

/*
 * The list of names (RFC 6066, section 3): its size, and one host_name, type 0.
 * Read here, because sessions are looked up before OpenSSL reads it; what is
 * malformed OpenSSL refuses later.
 */
static void read_server_name(SSL *ssl, struct tls4217_hello *hello) {
  const unsigned char *data;
  size_t len;

  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len) ==
      1 &&
    len > 5 && data[2] == TLSEXT_NAMETYPE_host_name &&
    read_size(data + 3) == len - 5) {
    keep_name(hello, data + 5, len - 5);
  }
}

/* SSL 2.0 itself is refused by OpenSSL, behind this callback; a client that
 * speaks no more does not understand our alerts. */
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
static int read_hello_cb(SSL *ssl, int *alert, void *arg) {
  struct tls4217_hello *hello = find_hello(ssl);
  const unsigned char *data;
  size_t len;

  (void) alert;
  (void) arg;

  if (hello != NULL && speaks_tls(ssl)) {
    open_way_out(ssl, hello);
    hello->parsed = true;
    hello->offered_id = SSL_client_hello_get0_session_id(ssl, &data) > 0 &&
      SSL_client_hello_get0_ext(
        ssl, TLSEXT_TYPE_supported_versions, &data, &len) != 1;
    read_server_name(ssl, hello);
  }

  return SSL_CLIENT_HELLO_SUCCESS;
}

/* Whether the name is acknowledged. */
static int answer_server_name_cb(SSL *ssl, int *alert, void *arg) {
  const struct tls4217_hello *hello = find_hello(ssl);

  (void) alert;
  (void) arg;

  return hello != NULL && hello->server_name[0] != '\0' ? SSL_TLSEXT_ERR_OK :
                                                          SSL_TLSEXT_ERR_NOACK;
}

void tls4217_hello_install(SSL_CTX *ctx) {
  SSL_CTX_set_client_hello_cb(ctx, read_hello_cb, NULL);
  (void) SSL_CTX_set_tlsext_servername_callback(ctx, answer_server_name_cb);
}
