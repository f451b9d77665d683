/*
 * mod_tls4217 - what a client says in its ClientHello
 *
 * See hello.h.  RFC 8446, section 4.1.2; RFC 6066, section 3.
 */

#include "mod_tls4217/tls/hello.h"

#include <string.h>

/*
 * A session id in a ClientHello means a TLS 1.2 session, unless the client
 * knows TLS 1.3: then it may be the dummy of RFC 8446, appendix D.4.
 */
static int read_hello_cb(SSL *ssl, int *alert, void *arg) {
  struct tls4217_hello *hello = tls4217_connection_hello(ssl);
  const unsigned char *data;
  size_t len;

  (void) alert;
  (void) arg;

  if (hello != NULL) {
    hello->parsed = true;
    hello->offered_id = SSL_client_hello_get0_session_id(ssl, &data) > 0 &&
      SSL_client_hello_get0_ext(
        ssl, TLSEXT_TYPE_supported_versions, &data, &len) != 1;
  }

  return SSL_CLIENT_HELLO_SUCCESS;
}

/* The name goes into logs and notes: only what a name can have. */
static void keep_name(struct tls4217_hello *hello, const char *name) {
  static const char fit[] = "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:*";
  size_t len;

  for (len = 0; len < sizeof(hello->server_name) - 1 && name[len] != '\0';
       len++) {
    hello->server_name[len] = strchr(fit, name[len]) != NULL ? name[len] : '?';
  }

  hello->server_name[len] = '\0';
}

static int read_server_name_cb(SSL *ssl, int *alert, void *arg) {
  struct tls4217_hello *hello = tls4217_connection_hello(ssl);
  const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

  (void) alert;
  (void) arg;

  if (hello == NULL || name == NULL) {
    return SSL_TLSEXT_ERR_NOACK;
  }

  keep_name(hello, name);
  return SSL_TLSEXT_ERR_OK;
}

void tls4217_hello_install(SSL_CTX *ctx) {
  SSL_CTX_set_client_hello_cb(ctx, read_hello_cb, NULL);
  (void) SSL_CTX_set_tlsext_servername_callback(ctx, read_server_name_cb);
}
