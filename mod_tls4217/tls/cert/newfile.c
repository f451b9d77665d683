/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file that appears whole, or not at all
 *
 * See newfile.h.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/cert/newfile.h"

#define TEMP_SUFFIX ".XXXXXX"

static int write_all(int fd, const char *bytes, size_t size) {
  ssize_t done;

  while (size > 0) {
    done = write(fd, bytes, size);
    if (done < 0 && errno != EINTR) {
      return -1;
    }

    if (done > 0) {
      bytes += done;
      size -= (size_t) done;
    }
  }

  return 0;
}

/* fchmod(2), because a strange umask could take bits from mkstemp's 0600. */
static int fill(int fd, const struct tls4217_newfile *file) {
  return fchmod(fd, S_IRUSR | S_IWUSR) < 0 ||
      write_all(fd, file->bytes, file->size) < 0 || fsync(fd) < 0 ?
    -1 :
    0;
}

/*
 * Gives the finished file its name.  link(2), because unlike rename(2) it
 * never replaces a file that somebody made meanwhile.
 */
static int publish(const char *temp, const struct tls4217_newfile *file,
  struct tls4217_error *err) {
  if (file->replaces) {
    if (rename(temp, file->path) == 0) {
      return 1;
    }

    tls4217_error_set_errno(
      err, errno, "cannot replace %s '%s'", file->role, file->path);
    return -1;
  }

  if (link(temp, file->path) == 0) {
    return 1;
  }

  if (errno == EEXIST) {
    return 0;
  }

  tls4217_error_set_errno(err, errno,
    "cannot create %s '%s'; its file system must support hard links",
    file->role, file->path);
  return -1;
}

static int open_temp(char *temp, const struct tls4217_newfile *file,
  struct tls4217_error *err) {
  int fd = mkstemp(temp);

  if (fd < 0) {
    tls4217_error_set_errno(err, errno,
      "cannot create %s '%s'; its directory must exist and be writable",
      file->role, file->path);
    return -1;
  }

  (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

/* Writes to temp, a template of mkstemp(3), and publishes it. */
static int write_temp(char *temp, const struct tls4217_newfile *file,
  struct tls4217_error *err) {
  int fd, written, ret = -1;

  fd = open_temp(temp, file, err);
  if (fd < 0) {
    return -1;
  }

  written = fill(fd, file);
  if (written < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot write %s '%s'", file->role, file->path);
  }

  /* Some network file systems report a full disk only here. */
  if (close(fd) < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot write %s '%s'", file->role, file->path);
    written = -1;
  }

  if (written == 0) {
    ret = publish(temp, file, err);
  }

  (void) unlink(temp);
  return ret;
}

int tls4217_newfile_write(
  const struct tls4217_newfile *file, struct tls4217_error *err) {
  const size_t size = strlen(file->path) + sizeof(TEMP_SUFFIX);
  char *temp = OPENSSL_malloc(size);
  int ret;

  if (temp == NULL) {
    tls4217_error_set_openssl(err, "no memory for %s '%s'", file->role,
      file->path);
    return -1;
  }

  (void) snprintf(temp, size, "%s" TEMP_SUFFIX, file->path);
  ret = write_temp(temp, file, err);
  OPENSSL_free(temp);
  return ret;
}
