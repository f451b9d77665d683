/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls info"
 *
 * The servers, their certificates, and what serves them; or what of it needs
 * somebody's attention.  doc/mod_tls4217.html has the members of the JSON.
 */

#ifndef TLS4217_FTP_DAEMON_INFO_WORDS_H
#define TLS4217_FTP_DAEMON_INFO_WORDS_H

struct tls4217_control_answer;

/*
 * ftpdctl tls info [-t DURATION] [-j] [-p PAGE] [SERVER].  Returns an enum
 * tls4217_control_result; without -t none but OK and FAILED.
 */
int tls4217_info_words_tell(struct tls4217_control_answer *answer);

#endif
