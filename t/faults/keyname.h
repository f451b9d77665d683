/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - finds the key process, for libraries of LD_PRELOAD
 */

#ifndef TLS4217_FAULTS_KEYNAME_H
#define TLS4217_FAULTS_KEYNAME_H

/* To be defined by the library: this process is the key process. */
void keyname_given(void);

#endif
