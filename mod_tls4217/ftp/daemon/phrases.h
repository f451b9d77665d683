/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who has the pass phrase of a key
 *
 * The program of TLSPassPhraseProvider, or who starts the server, at the
 * terminal.  The phrase goes to the key process, and this process does not see
 * it; where there is no key process, it is kept here, over SIGHUP, in a page
 * that sessions do not get (phrasebook.h).
 */

#ifndef TLS4217_FTP_DAEMON_PHRASES_H
#define TLS4217_FTP_DAEMON_PHRASES_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/phrasebook.h"

/* Before key pairs are loaded: finds what was kept over SIGHUP.  At the start
 * of the server the terminal may be asked. */
void tls4217_phrases_begin(bool is_start);

/* From here on a program that has failed lately is not run again, so that it
 * does not hold up the daemon at each look at the files; false: it is. */
void tls4217_phrases_hold_back(bool hold_back);

/* Those that this process keeps, for keys that it reads itself.  NULL: there
 * are none. */
struct tls4217_phrasebook *tls4217_phrases_book(void);

/*
 * Has the phrase for a pair that could not be loaded: locked says why
 * (passphrase.h), and attempt how often it was got before.  The pair can be
 * loaded then.  Returns 0, or -1 with err filled: no one has it, or it was
 * wrong each time.
 */
int tls4217_phrases_get(const server_rec *rec,
  const struct tls4217_certificate_files *files,
  const struct tls4217_error *locked, unsigned int attempt,
  struct tls4217_error *err);

/* The module is unloaded: what this process has kept is found again when it
 * will be loaded again (SIGHUP), and else wiped. */
void tls4217_phrases_end(bool restarts);

#endif
