/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file system layer that passes on what it does not change
 *
 * A module sees the files that the core opens by a pr_fs_t on "/", above
 * whatever is registered there (mod_vroot).  The callbacks of such a layer
 * go on with the functions below.  They begin at the layer itself, not at
 * fh->fh_fs, which is the uppermost one.
 */

#ifndef TLS4217_FTP_DATA_FSLAYER_H
#define TLS4217_FTP_DATA_FSLAYER_H

#include "mod_tls4217/ftp/core.h"

/*
 * Registers a layer on "/" that passes everything on, for the caller to put
 * callbacks of its own into.  It lives as long as p.  Returns NULL with errno
 * set if the core refuses.
 */
pr_fs_t *tls4217_fslayer_register(pool *p, const char *name);

/* As pr_fs_t's callbacks of these names, of the next layer that has them. */
int tls4217_fslayer_open(
  const pr_fs_t *layer, pr_fh_t *fh, const char *path, int flags);
int tls4217_fslayer_fstat(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, struct stat *st);
int tls4217_fslayer_lstat(
  const pr_fs_t *layer, const char *path, struct stat *st);
int tls4217_fslayer_read(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, char *buf, size_t size);
int tls4217_fslayer_write(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, const char *buf, size_t size);
int tls4217_fslayer_close(const pr_fs_t *layer, pr_fh_t *fh, int fd);
int tls4217_fslayer_unlink(const pr_fs_t *layer, const char *path);

#endif
