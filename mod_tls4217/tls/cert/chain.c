/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates between a server's own and its root
 *
 * See chain.h.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/chain.h"

/* More than this is no chain, but a circle. */
#define MAX_CHAIN 10

#define NAME_SIZE 200

/* By name, key identifiers and signature. */
static bool has_issued(X509 *issuer, X509 *cert) {
  bool res;

  res = X509_check_issued(issuer, cert) == X509_V_OK &&
    X509_verify(cert, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return res;
}

/* Also a leaf, which may sign nothing else. */
static bool is_self_signed(X509 *cert) {
  bool res = X509_self_signed(cert, 1) == 1;

  ERR_clear_error();
  return res;
}

X509 *tls4217_chain_find_issuer(STACK_OF(X509) * certs, X509 *cert) {
  for (int i = 0; i < sk_X509_num(certs); i++) {
    X509 *issuer = sk_X509_value(certs, i);

    if (has_issued(issuer, cert)) {
      return issuer;
    }
  }

  return NULL;
}

int tls4217_chain_complete(struct tls4217_keypair *pair, STACK_OF(X509) * cas,
  struct tls4217_error *err) {
  X509 *last = pair->leaf;
  int added = 0;

  if (sk_X509_num(pair->chain) > 0) {
    return 0;
  }

  for (; added < MAX_CHAIN && is_self_signed(last) == false; added++) {
    X509 *issuer = tls4217_chain_find_issuer(cas, last);

    /* A root is the client's to have. */
    if (issuer == NULL || is_self_signed(issuer)) {
      break;
    }

    if (X509_up_ref(issuer) != 1 || sk_X509_push(pair->chain, issuer) == 0) {
      tls4217_error_set_openssl(err, "no memory for a chain");
      return -1;
    }

    last = issuer;
  }

  return added;
}

static const char *name_of(const X509_NAME *name, char *text) {
  BIO *bio = BIO_new(BIO_s_mem());
  int size = 0;

  if (bio != NULL &&
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >=
      0) {
    size = BIO_read(bio, text, NAME_SIZE - 1);
  }

  text[size > 0 ? size : 0] = '\0';
  BIO_free(bio);
  ERR_clear_error();
  return text;
}

int tls4217_chain_check(const struct tls4217_keypair *pair,
  STACK_OF(X509) * cas, struct tls4217_error *err) {
  const int count = sk_X509_num(pair->chain);
  X509 *last = pair->leaf;
  char text[NAME_SIZE];

  for (int i = 0; i < count; i++) {
    X509 *next = sk_X509_value(pair->chain, i);

    if (has_issued(next, last) == false) {
      tls4217_error_set(err, EINVAL,
        "certificate %d of its chain ('%s') has not issued the one in front "
        "of it: put the server's own first, then its issuer, and so on",
        i + 1, name_of(X509_get_subject_name(next), text));
      return -1;
    }

    last = next;
  }

  if (count == 0 && is_self_signed(last) == false &&
    tls4217_chain_find_issuer(cas, last) == NULL) {
    tls4217_error_set(err, EINVAL,
      "its issuer ('%s') is not sent, because no file contains it: name "
      "fullchain.pem, unless that is a root which all clients have",
      name_of(X509_get_issuer_name(last), text));
    return -1;
  }

  return 0;
}
