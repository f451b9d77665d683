/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file that is read whole
 *
 * See wholefile.h.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/cert/wholefile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct open_advice {
  int errnum;
  const char *text;
};

static const struct open_advice open_advices[] = {
  { ENOENT, "it does not exist; check the path in the configuration" },
  { ENOTDIR,
    "a part of its path is not a directory; check the path in the "
    "configuration" },
  { EACCES,
    "it may not be read; check owner and mode of the file and of the "
    "directories above it" },
  { EISDIR, "it is a directory; name the file itself" },
};

void tls4217_wholefile_refuse(
  const struct tls4217_wholefile *file, int errnum, struct tls4217_error *err) {
  size_t i;

  for (i = 0; i < COUNT(open_advices); i++) {
    if (open_advices[i].errnum == errnum) {
      tls4217_error_set(err, errnum, "cannot open %s '%s': %s", file->role,
        file->path, open_advices[i].text);
      return;
    }
  }

  tls4217_error_set_errno(
    err, errnum, "cannot open %s '%s'", file->role, file->path);
}

/* Says why a file is not one that can be read, or returns 0. */
static int check_kind(const struct tls4217_wholefile *file,
  const struct stat *st, struct tls4217_error *err) {
  if (S_ISDIR(st->st_mode)) {
    tls4217_wholefile_refuse(file, EISDIR, err);
    return -1;
  }

  if (!S_ISREG(st->st_mode)) {
    tls4217_error_set(err, EINVAL,
      "%s '%s' is not a regular file; copy the %s into one", file->role,
      file->path, file->content);
    return -1;
  }

  if (st->st_size == 0) {
    tls4217_error_set(err, EINVAL, "%s '%s' is empty", file->role, file->path);
    return -1;
  }

  if (st->st_size > (off_t) file->limit) {
    tls4217_error_set(err, EFBIG,
      "%s '%s' is larger than %lu bytes; it is not a file of %s", file->role,
      file->path, (unsigned long) file->limit, file->content);
    return -1;
  }

  return 0;
}

ssize_t tls4217_wholefile_fill(int fd, char *buf, size_t size) {
  size_t used = 0;
  ssize_t got = 1;

  while (used < size && got > 0) {
    got = read(fd, buf + used, size - used);
    if (got > 0) {
      used += (size_t) got;

    } else if (got < 0 && errno == EINTR) {
      got = 1;
    }
  }

  return got < 0 && errno != EAGAIN ? -1 : (ssize_t) used;
}

/*
 * Reads what fstat(2) promised.  One byte is asked for beyond it: more, or
 * less, means that the file is being written right now.
 */
static int read_bytes(struct tls4217_wholefile *file, int fd, size_t size,
  struct tls4217_error *err) {
  ssize_t got;

  file->size = size;
  file->bytes = OPENSSL_zalloc(size + 2);
  if (file->bytes == NULL) {
    tls4217_error_set_openssl(
      err, "cannot read %s '%s'", file->role, file->path);
    return -1;
  }

  got = tls4217_wholefile_fill(fd, file->bytes, size + 1);
  if (got < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot read %s '%s'", file->role, file->path);
    return -1;
  }

  if ((size_t) got != size) {
    tls4217_error_set(err, EAGAIN,
      "%s '%s' changed while it was read; load "
      "it again when it is complete",
      file->role, file->path);
    return -1;
  }

  return 0;
}

/* O_NONBLOCK: a FIFO in place of the file must not stop the daemon. */
static int open_with(
  const struct tls4217_wholefile *file, int flags, struct tls4217_error *err) {
  int fd;

  do {
    fd = open(file->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
  } while (fd < 0 && errno == EINTR);

  if (fd < 0) {
    tls4217_wholefile_refuse(file, errno, err);
  }

  return fd;
}

int tls4217_wholefile_open(
  const struct tls4217_wholefile *file, struct tls4217_error *err) {
  return open_with(file, 0, err);
}

int tls4217_wholefile_open_nofollow(
  const struct tls4217_wholefile *file, struct tls4217_error *err) {
  return open_with(file, O_NOFOLLOW, err);
}

int tls4217_wholefile_read(
  struct tls4217_wholefile *file, int fd, struct tls4217_error *err) {
  struct stat st;
  int ret = -1;

  file->bytes = NULL;
  file->size = 0;

  if (fstat(fd, &st) < 0) {
    tls4217_wholefile_refuse(file, errno, err);
    goto out;
  }

  file->owner = st.st_uid;
  file->mode = st.st_mode;
  if (check_kind(file, &st, err) < 0 ||
    read_bytes(file, fd, (size_t) st.st_size, err) < 0) {
    goto out;
  }

  ret = 0;

out:
  close(fd);
  return ret;
}

void tls4217_wholefile_wipe(struct tls4217_wholefile *file) {
  OPENSSL_clear_free(file->bytes, file->size + 2);
  file->bytes = NULL;
  file->size = 0;
}
