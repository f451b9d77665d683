/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the names that a server's certificate is for
 *
 * See certnames.h.  X509_get_ext_d2i(3), GENERAL_NAME_get0_value(3).
 */

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/certnames.h"

static bool list_alt_names(
  const GENERAL_NAMES *alt_names, tls4217_certnames_put put, void *user) {
  bool found = false;

  for (int i = 0; i < sk_GENERAL_NAME_num(alt_names); i++) {
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(
      sk_GENERAL_NAME_value(alt_names, i), &type);

    if (type == GEN_DNS || type == GEN_IPADD) {
      found = true;
      put(user, type == GEN_IPADD, ASN1_STRING_get0_data(value),
        (size_t) ASN1_STRING_length(value));
    }
  }

  return found;
}

static void list_common_name(
  const X509 *cert, tls4217_certnames_put put, void *user) {
  const X509_NAME *subject = X509_get_subject_name(cert);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  const ASN1_STRING *value;

  if (at >= 0) {
    value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    put(user, false, ASN1_STRING_get0_data(value),
      (size_t) ASN1_STRING_length(value));
  }
}

void tls4217_certnames_list(
  const X509 *cert, tls4217_certnames_put put, void *user) {
  GENERAL_NAMES *alt_names = X509_get_ext_d2i(
    cert, NID_subject_alt_name, NULL, NULL);

  if (list_alt_names(alt_names, put, user) == false) {
    list_common_name(cert, put, user);
  }

  GENERAL_NAMES_free(alt_names);
  ERR_clear_error();
}
