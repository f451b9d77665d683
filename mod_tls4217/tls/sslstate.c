/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what hangs on one SSL
 *
 * See sslstate.h.
 */

#include "mod_tls4217/tls/sslstate.h"

int tls4217_sslstate_attach(SSL *ssl, struct tls4217_sslstate *state) {
  return SSL_set_app_data(ssl, state) == 1 ? 0 : -1;
}

struct tls4217_sslstate *tls4217_sslstate_find(const SSL *ssl) {
  return SSL_get_app_data(ssl);
}
