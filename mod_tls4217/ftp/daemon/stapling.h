/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSStaplingFile: what is stapled to a host's certificates
 *
 * The files are read with each generation, and checked then; what was good
 * stays in use while it is valid, unless its file says "revoked" by now.  A
 * host serves whatever its files contain, and without them.
 */

#ifndef TLS4217_FTP_DAEMON_STAPLING_H
#define TLS4217_FTP_DAEMON_STAPLING_H

#include "mod_tls4217/ftp/daemon/building.h"
#include "mod_tls4217/tls/cert/staple.h"

/* What there is for one certificate; the generations that have it count as its
 * users. */
struct tls4217_stapling;

/*
 * Finds what is to be stapled to each pair of a generation whose chains are
 * complete, and gives it to the pairs.  cas may be NULL: the other certificates
 * among which an issuer may be.
 */
void tls4217_stapling_add(
  const struct tls4217_building *build, STACK_OF(X509) * cas);

/* Adds the responses that are valid to what is kept of a host over SIGHUP
 * (remembered.h). */
void tls4217_stapling_remember(
  const struct tls4217_generation *generation, uint64_t scope);

/* Releases them; the generation's contexts have been freed. */
void tls4217_stapling_release(struct tls4217_generation *generation);

/* What "ftpdctl tls info" and metrics may say of one certificate. */
enum tls4217_stapling_state {
  TLS4217_STAPLING_NONE,   /* there is no file for it */
  TLS4217_STAPLING_VALID,  /* a response is stapled */
  TLS4217_STAPLING_ENDED,  /* it has expired: nothing is stapled */
  TLS4217_STAPLING_REFUSED /* its file cannot be used: nothing is stapled */
};

struct tls4217_stapling_facts {
  enum tls4217_stapling_state state;
  const char *path;     /* of the file; NULL where there is none */
  int64_t since, until; /* seconds since the epoch, of VALID and ENDED; or 0 */
  const char *trouble;  /* why the file as it is now cannot be used; or NULL,
                        * also of VALID, whose response was in it before */
  bool is_required;     /* the certificate is must-staple */
};

/* Of the pair at a place of a generation, at now; the generation owns the
 * texts. */
struct tls4217_stapling_facts tls4217_stapling_get_facts(
  const struct tls4217_generation *generation, size_t at, int64_t now);

/* Warns of responses of a host that are in the last quarter of their life, or
 * have expired; each once. */
void tls4217_stapling_check_age(
  const struct tls4217_generation *generation, const server_rec *rec);

#endif
