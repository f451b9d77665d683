/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what an upload may do to its file before TLS is up
 *
 * See heldfile.h.  open(2), stat(2).
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "mod_tls4217/rfc4217/heldfile.h"

void tls4217_heldfile_begin(struct tls4217_heldfile *held, bool made_before) {
  memset(held, 0, sizeof(*held));
  held->state = TLS4217_HELDFILE_WAITING;
  held->made_before = made_before;
}

bool tls4217_heldfile_takes(const struct tls4217_heldfile *held, int flags) {
  return held->state == TLS4217_HELDFILE_WAITING &&
    (flags & O_ACCMODE) != O_RDONLY;
}

static int keep(
  struct tls4217_heldfile *held, enum tls4217_heldfile_state state, int fd) {
  if (fd >= 0) {
    held->state = state;
  }

  return fd;
}

int tls4217_heldfile_open(struct tls4217_heldfile *held, int flags,
  int (*open)(void *user, int flags), void *user) {
  int fd;

  if ((flags & O_CREAT) && (flags & O_EXCL)) {
    return keep(held, TLS4217_HELDFILE_CREATED, open(user, flags));
  }

  fd = open(user, flags & ~(O_CREAT | O_TRUNC));
  if (fd >= 0) {
    held->truncate = (flags & O_TRUNC) != 0;
    return keep(held,
      held->made_before ? TLS4217_HELDFILE_CREATED : TLS4217_HELDFILE_BORROWED,
      fd);
  }

  if (errno != ENOENT || !(flags & O_CREAT)) {
    return -1;
  }

  fd = open(user, (flags & ~O_TRUNC) | O_EXCL);
  if (fd >= 0 || errno != EEXIST) {
    return keep(held, TLS4217_HELDFILE_CREATED, fd);
  }

  /* A symbolic link that leads nowhere, or another process was faster. */
  fd = open(user, flags & ~O_TRUNC);
  held->truncate = (flags & O_TRUNC) != 0;
  return keep(held, TLS4217_HELDFILE_BORROWED, fd);
}

void tls4217_heldfile_note(
  struct tls4217_heldfile *held, const struct stat *opened) {
  if (held->state != TLS4217_HELDFILE_CREATED) {
    return;
  }

  held->made = *opened;
  if (S_ISREG(opened->st_mode) == 0 || opened->st_size != 0) {
    held->state = TLS4217_HELDFILE_BORROWED;
  }
}

static bool is_same(const struct stat *left, const struct stat *right) {
  return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

/* Not by the time of the last change of status: the core's chown and chmod
 * come before the handshake. */
static bool is_unwritten(const struct stat *made, const struct stat *now) {
  return now->st_size == 0 && now->st_mtim.tv_sec == made->st_mtim.tv_sec &&
    now->st_mtim.tv_nsec == made->st_mtim.tv_nsec;
}

bool tls4217_heldfile_may_remove(const struct tls4217_heldfile *held,
  const struct stat *opened, const struct stat *named) {
  return held->state == TLS4217_HELDFILE_CREATED &&
    is_same(&held->made, opened) && is_same(opened, named) &&
    is_unwritten(&held->made, opened);
}

void tls4217_heldfile_release(struct tls4217_heldfile *held) {
  memset(held, 0, sizeof(*held));
}
