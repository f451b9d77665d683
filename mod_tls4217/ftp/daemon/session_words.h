/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls sessions"
 *
 * Who is logged in, and whom TLSSessionReuse user would refuse, with the lines
 * of proftpd.conf that let these in.
 */

#ifndef TLS4217_FTP_DAEMON_SESSION_WORDS_H
#define TLS4217_FTP_DAEMON_SESSION_WORDS_H

struct tls4217_control_answer;

/* ftpdctl tls sessions [-j] [-p PAGE].  Returns TLS4217_CONTROL_OK, or
 * TLS4217_CONTROL_FAILED where there is no table. */
int tls4217_session_words_list(struct tls4217_control_answer *answer);

#endif
