/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file system layer that passes on what it does not change
 *
 * See fslayer.h.  The lowest layer, ProFTPD's own, has every callback.
 */

#include "mod_tls4217/ftp/data/fslayer.h"

/* Goes down to the next layer that has the callback. */
#define DESCEND(fs, layer, callback) \
 do { \
  (fs) = (layer)->fs_next; \
  while ((fs)->fs_next != NULL && (fs)->callback == NULL) { \
   (fs) = (fs)->fs_next; \
  } \
 } while (0)

/*
 * The core does not go down where it resolves links: it takes a layer without
 * lstat for the system's own, and ignores what is below.
 */
static int stat_cb(pr_fs_t *layer, const char *path, struct stat *st) {
  pr_fs_t *fs;

  DESCEND(fs, layer, stat);
  return fs->stat(fs, path, st);
}

static int lstat_cb(pr_fs_t *layer, const char *path, struct stat *st) {
  pr_fs_t *fs;

  DESCEND(fs, layer, lstat);
  return fs->lstat(fs, path, st);
}

static int readlink_cb(
  pr_fs_t *layer, const char *path, char *buf, size_t size) {
  pr_fs_t *fs;

  DESCEND(fs, layer, readlink);
  return fs->readlink(fs, path, buf, size);
}

pr_fs_t *tls4217_fslayer_register(pool *p, const char *name) {
  pr_fs_t *fs = pr_register_fs(p, name, "/");

  if (fs != NULL) {
    fs->stat = stat_cb;
    fs->lstat = lstat_cb;
    fs->readlink = readlink_cb;
  }

  return fs;
}

int tls4217_fslayer_open(
  const pr_fs_t *layer, pr_fh_t *fh, const char *path, int flags) {
  pr_fs_t *fs;

  DESCEND(fs, layer, open);
  return fs->open(fh, path, flags);
}

int tls4217_fslayer_fstat(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, struct stat *st) {
  pr_fs_t *fs;

  DESCEND(fs, layer, fstat);
  return fs->fstat(fh, fd, st);
}

int tls4217_fslayer_lstat(
  const pr_fs_t *layer, const char *path, struct stat *st) {
  pr_fs_t *fs;

  DESCEND(fs, layer, lstat);
  return fs->lstat(fs, path, st);
}

int tls4217_fslayer_read(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, char *buf, size_t size) {
  pr_fs_t *fs;

  DESCEND(fs, layer, read);
  return fs->read(fh, fd, buf, size);
}

int tls4217_fslayer_write(
  const pr_fs_t *layer, pr_fh_t *fh, int fd, const char *buf, size_t size) {
  pr_fs_t *fs;

  DESCEND(fs, layer, write);
  return fs->write(fh, fd, buf, size);
}

int tls4217_fslayer_close(const pr_fs_t *layer, pr_fh_t *fh, int fd) {
  pr_fs_t *fs;

  DESCEND(fs, layer, close);
  return fs->close(fh, fd);
}

int tls4217_fslayer_unlink(const pr_fs_t *layer, const char *path) {
  pr_fs_t *fs;

  DESCEND(fs, layer, unlink);
  return fs->unlink(fs, path);
}
