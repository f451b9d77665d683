/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the settings of one server, from its records
 *
 * The one place that turns records into settings.
 */

#ifndef TLS4217_FTP_CONFIG_RESOLVE_H
#define TLS4217_FTP_CONFIG_RESOLVE_H

#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/ftp/core.h"

/*
 * Fills *settings from a set of records: a server's, with what <Global> and
 * mod_ifsession have put there.  Text belongs to the records; it lives as
 * long as the configuration does.
 */
void tls4217_resolve_settings(xaset_t *set, struct tls4217_settings *settings);

/* Whether the data connections of each session of this server must resume: by
 * its own TLSOptions, and by those of all sections. */
bool tls4217_resolve_reuse_required(
  const server_rec *rec, const struct tls4217_settings *settings);

#endif
