/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates of a generation that is being built
 *
 * Those that directives name, and those of TLSCertificateDirectory behind them.
 */

#ifndef TLS4217_FTP_DAEMON_BUILDPAIRS_H
#define TLS4217_FTP_DAEMON_BUILDPAIRS_H

#include "mod_tls4217/ftp/daemon/building.h"

/*
 * Adds all of them, as far as their files have.  A file of the directory that
 * cannot be used is a finding, and what it was before, or nothing, is taken;
 * one that a directive names is an error.  Returns 0, or -1 with the error
 * filled.
 */
int tls4217_buildpairs_add(const struct tls4217_building *build);

#endif
