/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates of one CA and a directory, for tests of files
 *
 * Fixtures of cmocka's: the certificates are made once for a driver, the rest
 * for each test.
 */

#ifndef TLS4217_UNIT_CERTWORLD_H
#define TLS4217_UNIT_CERTWORLD_H

#include "mod_tls4217/tls/cert/phrasebook.h"
#include "t/unit/pki.h"

struct certworld {
  struct pki_cert *root;
  struct pki_cert *issuer;
  struct pki_cert *leaf;  /* EC */
  struct pki_cert *other; /* same name, another key, RSA: a renewal */

  struct pki_dir *dir;
  struct tls4217_phrasebook *phrases;
  const char *cert, *key; /* files that a test may make there */
};

int certworld_make(void **state);
int certworld_end(void **state);
int certworld_make_dir(void **state);
int certworld_end_dir(void **state);

#endif
