/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with, as a struct
 *
 * Filled by building.h's, and read through generation.h.
 */

#ifndef TLS4217_FTP_DAEMON_GENERATION_STRUCT_H
#define TLS4217_FTP_DAEMON_GENERATION_STRUCT_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/ftp/daemon/credential.h"
#include "mod_tls4217/tls/cert/trust.h"
#include "mod_tls4217/tls/contextmap.h"

struct tls4217_generation {
  pool *pool; /* its own: goes with it */
  struct tls4217_credential **credentials;
  struct tls4217_keypair **pairs; /* of them, with whole chains */
  size_t npairs;
  size_t nnamed_from; /* from here on those of TLSCertificateDirectory */
  struct tls4217_stapling **stapling; /* of each pair (stapling.h), or NULL */
  struct tls4217_verify *verify;      /* NULL: TLSVerifyClient is off */
  const char *verify_files;         /* what its CAs and lists were read from */
  struct tls4217_trust cas;         /* for chains alone, where that is NULL */
  const char *cas_files;            /* what they were read from, or NULL */
  struct tls4217_context *context;  /* without a server name; has the tickets */
  struct tls4217_contextmap *names; /* with one */
  array_header *troubles; /* what is wrong, and said once (building.h) */
  array_header *unusable; /* of these: files of TLSCertificateDirectory */
  array_header *findings; /* to be said when it serves */
};

/* Where the certificates of a generation come from. */
enum tls4217_generation_source {
  TLS4217_GENERATION_FROM_FILES,
  TLS4217_GENERATION_FROM_LAST_GOOD, /* their files cannot be used */
  TLS4217_GENERATION_FROM_OTHERS     /* what other hosts have (latehost.h) */
};

#endif
