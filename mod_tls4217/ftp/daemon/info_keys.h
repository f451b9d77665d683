/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the lines of "ftpdctl tls info" about keys
 */

#ifndef TLS4217_FTP_DAEMON_INFO_KEYS_H
#define TLS4217_FTP_DAEMON_INFO_KEYS_H

#include "mod_tls4217/ftp/daemon/info_lines.h"

/* Where private keys are, and the keys of session tickets. */
void tls4217_info_keys_say(const struct tls4217_info *info);

#endif
