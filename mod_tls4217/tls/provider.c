/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which of OpenSSL's providers serves
 *
 * See provider.h.
 */

#include <stdio.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "mod_tls4217/tls/provider.h"

/* The one cipher that every TLS server has. */
#define CIPHER "AES-128-GCM"

static const char *version_of(const OSSL_PROVIDER *provider) {
  const char *version = NULL;
  OSSL_PARAM params[] = {
    OSSL_PARAM_utf8_ptr(OSSL_PROV_PARAM_VERSION, (char **) &version, 0),
    OSSL_PARAM_END,
  };

  return OSSL_PROVIDER_get_params(provider, params) == 1 && version != NULL ?
    version :
    "unknown version";
}

void tls4217_provider_describe(char *text, size_t size) {
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, CIPHER, NULL);
  const OSSL_PROVIDER *provider = cipher != NULL ?
    EVP_CIPHER_get0_provider(cipher) :
    NULL;
  const char *library = OpenSSL_version(OPENSSL_VERSION);

  if (provider == NULL) {
    (void) snprintf(
      text, size, "%s: no provider has " CIPHER ", see openssl.cnf", library);

  } else {
    (void) snprintf(text, size, "%s: provider '%s' (%s) serves%s", library,
      OSSL_PROVIDER_get0_name(provider), version_of(provider),
      EVP_default_properties_is_fips_enabled(NULL) == 1 ?
        ", with what is approved for FIPS alone" :
        "");
  }

  EVP_CIPHER_free(cipher);
  ERR_clear_error();
}
