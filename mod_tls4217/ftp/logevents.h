/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the events of ProFTPD's logs, where they are found at once
 *
 * For each line of its logs and traces, written or not, the core asks whether
 * anybody listens to them (pr_log_event_listening()), and compares the event's
 * name with all that it knows, those of this module among them: a twentieth of
 * the instructions of a login, and a tenth of those of a small file.  A name
 * that is known and has no listener ends the search, and the name that came
 * last is compared first.
 */

#ifndef TLS4217_FTP_LOGEVENTS_H
#define TLS4217_FTP_LOGEVENTS_H

/*
 * Makes the names of these events known, last of all, and listens to none of
 * them.  To be called when a session's modules have registered their
 * listeners; those keep theirs, and others may come later.
 */
void tls4217_logevents_bring_forward(void);

#endif
