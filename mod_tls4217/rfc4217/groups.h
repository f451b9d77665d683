/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - key exchange groups that withstand a quantum computer
 *
 * By the names that OpenSSL gives them (SSL_get0_group_name(3)): ML-KEM
 * (FIPS 203) together with an elliptic curve, as draft-ietf-tls-ecdhe-mlkem
 * has them, or alone.
 */

#ifndef TLS4217_RFC4217_GROUPS_H
#define TLS4217_RFC4217_GROUPS_H

#include <stdbool.h>

/* Whether what was agreed on in such a group stays secret.  NULL: it was none,
 * and it does not. */
bool tls4217_groups_is_post_quantum(const char *name);

#endif
