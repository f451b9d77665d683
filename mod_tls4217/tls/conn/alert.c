/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a fatal alert, sent on purpose
 *
 * See alert.h.  OpenSSL is given a record to read that is longer than is
 * permitted; it sends the alert record_overflow.
 */

#include <openssl/bio.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/conn/alert.h"

void tls4217_alert_provoke(SSL *ssl) {
  static const unsigned char record[] = { SSL3_RT_APPLICATION_DATA, 3, 3, 0xff,
    0xff };
  char scratch[1024];
  BIO *bio;

  ERR_clear_error();
  bio = BIO_new_mem_buf(record, sizeof(record));
  if (bio != NULL) {
    SSL_set0_rbio(ssl, bio);

    /* Valid records that OpenSSL has read ahead come first. */
    while (SSL_read(ssl, scratch, sizeof(scratch)) > 0) {
    }
  }

  ERR_clear_error();
}
