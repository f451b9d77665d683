/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the roots that this machine trusts
 *
 * See systemroots.h.  A directory with hash links is asked first: of it, only
 * one file is read.
 */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/systemroots.h"

/* HASH.0, as "openssl rehash" names them. */
static bool is_hashed(const char *name) {
  return strlen(name) == 10 && strcmp(name + 8, ".0") == 0;
}

static bool has_directory(void) {
  const char *path = getenv(X509_get_default_cert_dir_env());
  DIR *dir = opendir(path != NULL ? path : X509_get_default_cert_dir());
  const struct dirent *entry;
  bool found = false;

  while (dir != NULL && found == false && (entry = readdir(dir)) != NULL) {
    found = is_hashed(entry->d_name);
  }

  if (dir != NULL) {
    (void) closedir(dir);
  }

  return found;
}

static bool find_issuer(X509_STORE *store, X509 *cert) {
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509 *issuer = NULL;
  bool found = ctx != NULL &&
    X509_STORE_CTX_init(ctx, store, cert, NULL) == 1 &&
    X509_STORE_CTX_get1_issuer(&issuer, ctx, cert) == 1;

  X509_free(issuer);
  X509_STORE_CTX_free(ctx);
  return found;
}

static bool ask_directory(X509 *cert) {
  X509_STORE *store = X509_STORE_new();
  X509_LOOKUP *lookup = store != NULL ?
    X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir()) :
    NULL;
  bool found = lookup != NULL &&
    X509_LOOKUP_add_dir(lookup, NULL, X509_FILETYPE_DEFAULT) == 1 &&
    find_issuer(store, cert);

  X509_STORE_free(store);
  return found;
}

static bool has_issued(X509 *issuer, X509 *cert) {
  return X509_check_issued(issuer, cert) == X509_V_OK &&
    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
}

/* One file with all of them.  Returns 1, 0, or -1 where there is none. */
static int ask_file(X509 *cert) {
  const char *path = getenv(X509_get_default_cert_file_env());
  STACK_OF(X509) *roots = tls4217_castore_list_new();
  int res = -1;

  if (roots != NULL &&
    tls4217_castore_read_file(
      path != NULL ? path : X509_get_default_cert_file(), roots, NULL) == 0) {
    res = 0;
  }

  for (int i = 0; i < sk_X509_num(roots) && res == 0; i++) {
    res = has_issued(sk_X509_value(roots, i), cert) ? 1 : 0;
  }

  tls4217_castore_list_free(roots);
  return res;
}

bool tls4217_systemroots_may_have_issued(X509 *cert) {
  const bool has_dir = has_directory();
  bool may = has_dir && ask_directory(cert);

  if (may == false) {
    const int res = ask_file(cert);

    may = res > 0 || (res < 0 && has_dir == false);
  }

  ERR_clear_error();
  return may;
}
