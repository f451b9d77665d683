/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a host that the daemon has not known
 *
 * mod_autohost reads the file of a host when its client is there, and a class
 * of clients may have TLSEngine on where others have not.  Such a host is
 * built in the session, before a login; but its keys are those that the daemon
 * has: a session has no way to give the key process another one.
 */

#ifndef TLS4217_FTP_DAEMON_LATEHOST_H
#define TLS4217_FTP_DAEMON_LATEHOST_H

#include "mod_tls4217/ftp/daemon/generation.h"

/*
 * Builds what such a host serves TLS with.  Its certificates are taken, by the
 * names of their files, from those of the nlenders hosts whose keys this
 * session can use; where keys are not isolated, others are read, as root.
 *
 * Returns a new generation (tls4217_generation_free), or NULL with err filled.
 * Nothing is logged.
 */
struct tls4217_generation *tls4217_latehost_build(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *const *lenders, size_t nlenders,
  struct tls4217_error *err);

#endif
