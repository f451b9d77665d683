/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: a few files in a temporary directory
 */

#ifndef TLS4217_T_UNIT_FAKES_TREE_H
#define TLS4217_T_UNIT_FAKES_TREE_H

/* Makes the directory, and makes it the working directory of the session and
 * of this process.  Returns its real name. */
const char *tree_begin(void);

/* Removes it with all that is in it. */
void tree_end(void);

/* The absolute name of something in it, in one of a few buffers in turn. */
const char *tree_path(const char *name);

/* All with names below the directory. */
void tree_make_directory(const char *name);
void tree_make_file(const char *name, const char *text);
void tree_make_link(const char *name, const char *target);

/* The size of a file; -1: there is none. */
long tree_size(const char *name);

#endif
