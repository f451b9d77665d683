/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the .ftpaccess files that apply to a place
 */

#ifndef TLS4217_FTP_DATA_FTPACCESS_H
#define TLS4217_FTP_DATA_FTPACCESS_H

#include "mod_tls4217/ftp/core.h"

/*
 * Has the core load the .ftpaccess files of the directories above path, and
 * of path itself if it is one, as far as AllowOverride allows there.  path is
 * absolute and as seen below a chroot.  p holds what is needed meanwhile.
 */
void tls4217_ftpaccess_load(pool *p, const char *path);

#endif
