/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates between a server's own and its root
 *
 * X509_check_issued(3), RFC 5246, section 7.4.2: each certifies the one in
 * front of it; the root may be left out, and is.
 */

#ifndef TLS4217_TLS_CERT_CHAIN_H
#define TLS4217_TLS_CERT_CHAIN_H

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/keypair.h"

/*
 * Gives a pair the intermediates that its files do not bring, and that stand
 * among these certificates, as far as they lead; nothing where its chain is out
 * of order.  Returns how many, or -1 with err filled.
 */
int tls4217_chain_complete(struct tls4217_keypair *pair, STACK_OF(X509) * cas,
  struct tls4217_error *err);

/* The one among these certificates, which may be NULL, that has issued cert, by
 * names and by signature; it stays theirs.  NULL where there is none. */
X509 *tls4217_chain_find_issuer(STACK_OF(X509) * certs, X509 *cert);

/*
 * Whether clients can follow what is sent.  Returns 0, or -1 with err saying
 * that a certificate does not certify the one in front of it; that none is sent
 * beside the server's own although neither it nor a CA of these has issued it;
 * or that the last one, whose CA publishes its issuer, was issued neither by
 * one of these nor by a root of this machine's.  cas may be NULL.
 */
int tls4217_chain_check(const struct tls4217_keypair *pair,
  STACK_OF(X509) * cas, struct tls4217_error *err);

#endif
