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
#include "mod_tls4217/tls/cert/systemroots.h"

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

/*
 * Whether the CA says where the issuer's certificate is to be had (RFC 5280,
 * 4.2.2.1).  Those of an office's own CA seldom do, and end with a root that
 * its clients have and this machine need not.
 */
static bool has_published_issuer(X509 *cert) {
  AUTHORITY_INFO_ACCESS *infos = X509_get_ext_d2i(
    cert, NID_info_access, NULL, NULL);
  bool found = false;

  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(infos); i++) {
    found = found ||
      OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(infos, i)->method) ==
        NID_ad_ca_issuers;
  }

  AUTHORITY_INFO_ACCESS_free(infos);
  ERR_clear_error();
  return found;
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

/* The first that has not issued the one in front of it; the chain's length,
 * where there is none.  *last becomes the one in front of it. */
static int find_gap(const struct tls4217_keypair *pair, X509 **last) {
  int i = 0;

  *last = pair->leaf;
  while (i < sk_X509_num(pair->chain) &&
    has_issued(sk_X509_value(pair->chain, i), *last)) {
    *last = sk_X509_value(pair->chain, i++);
  }

  return i;
}

int tls4217_chain_complete(struct tls4217_keypair *pair, STACK_OF(X509) * cas,
  struct tls4217_error *err) {
  int added = 0;
  X509 *last;

  if (find_gap(pair, &last) < sk_X509_num(pair->chain)) {
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
  char text[NAME_SIZE];
  X509 *last;
  int gap;

  gap = find_gap(pair, &last);
  if (gap < count) {
    tls4217_error_set(err, EINVAL,
      "certificate %d of its chain ('%s') has not issued the one in front "
      "of it: put the server's own first, then its issuer, and so on",
      gap + 1,
      name_of(X509_get_subject_name(sk_X509_value(pair->chain, gap)), text));
    return -1;
  }

  if (is_self_signed(last) || tls4217_chain_find_issuer(cas, last) != NULL) {
    return 0;
  }

  if (count == 0) {
    tls4217_error_set(err, EINVAL,
      "its issuer ('%s') is not sent, because no file contains it: name "
      "fullchain.pem, unless that is a root which all clients have",
      name_of(X509_get_issuer_name(last), text));
    return -1;
  }

  if (has_published_issuer(last) &&
    tls4217_systemroots_may_have_issued(last) == false) {
    tls4217_error_set(err, EINVAL,
      "the issuer of the last certificate of its chain ('%s') is neither sent "
      "nor one of this machine's roots: append it to the chain, unless that is "
      "a root which all clients have",
      name_of(X509_get_issuer_name(last), text));
    return -1;
  }

  return 0;
}
