/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates of one CA and a directory, for tests of files
 *
 * See certworld.h.
 */

#include <stdlib.h>

#include "t/unit/certworld.h"

int certworld_make(void **state) {
  struct certworld *world = calloc(1, sizeof(*world));

  if (world == NULL) {
    return -1;
  }

  world->root = pki_ca("Root", NULL);
  world->issuer = pki_ca("Issuer", world->root);
  world->leaf = pki_leaf("ftp.example.org", PKI_EC, world->issuer);
  world->other = pki_leaf("ftp.example.org", PKI_RSA, world->issuer);
  *state = world;
  return 0;
}

int certworld_end(void **state) {
  struct certworld *world = *state;

  pki_free(world->root);
  pki_free(world->issuer);
  pki_free(world->leaf);
  pki_free(world->other);
  free(world);
  return 0;
}

int certworld_make_dir(void **state) {
  struct certworld *world = *state;

  world->dir = pki_dir_new();
  world->cert = pki_path(world->dir, "cert.bin");
  world->key = pki_path(world->dir, "key.bin");
  world->phrases = tls4217_phrasebook_new();
  return world->phrases != NULL ? 0 : -1;
}

int certworld_end_dir(void **state) {
  struct certworld *world = *state;

  tls4217_phrasebook_free(world->phrases);
  pki_dir_free(world->dir);
  return 0;
}
