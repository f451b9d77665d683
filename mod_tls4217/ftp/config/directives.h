/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives of proftpd.conf
 *
 * One table declares each directive once; its values are checked when they
 * are read, so that ProFTPD can name file and line, and stored in the layout
 * that the row's type (value.h) reads.
 */

#ifndef TLS4217_FTP_CONFIG_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/* All rows; *count becomes their number.  Static data. */
const struct tls4217_directive *tls4217_directives_rows(size_t *count);

/* The table that ProFTPD wants, made from ours.  Static data. */
conftable *tls4217_directives_table(void);

#endif
