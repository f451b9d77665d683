/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" does to the servers
 *
 * The functions behind rows of controls.c: each answers by
 * tls4217_control_answer_say, and returns TLS4217_CONTROL_OK, or
 * TLS4217_CONTROL_FAILED where the answer says what failed.
 */

#ifndef TLS4217_FTP_DAEMON_CONTROL_WORDS_H
#define TLS4217_FTP_DAEMON_CONTROL_WORDS_H

struct tls4217_control_answer;

/* ftpdctl tls reload [SERVER] */
int tls4217_control_words_reload(struct tls4217_control_answer *answer);

/* ftpdctl tls rotate */
int tls4217_control_words_rotate(struct tls4217_control_answer *answer);

#endif
