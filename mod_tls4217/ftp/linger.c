/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client still sends on a connection that is over
 *
 * See linger.h.
 */

#include <poll.h>
#include <sys/socket.h>

#include "mod_tls4217/ftp/linger.h"
#include "mod_tls4217/ftp/wait.h"
#include "mod_tls4217/tls/conn/waiter.h"

/* How long, in milliseconds, and how much, in bytes, an upload that has been
 * refused may go on. */
#define TIME (30 * 1000)
#define ROOM ((off_t) 64 * 1024 * 1024)

/* Read before others have a turn, in pieces of 16 KiB. */
#define TURN 64

/* ProFTPD's own are below. */
#define FIRST_DESCRIPTOR 3

static void finish(struct tls4217_linger *linger) {
  (void) close(linger->fd);
  linger->open = false;
}

/* Without waiting.  Closes when it is over. */
static void read_away(struct tls4217_linger *linger) {
  char scratch[16 * 1024];

  for (int i = 0; i < TURN; i++) {
    ssize_t len = recv(linger->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

    if (len > 0) {
      linger->room -= len;

    } else if (len < 0 && errno == EAGAIN) {
      break;

    } else if (len == 0 || errno != EINTR) {
      finish(linger);
      return;
    }
  }

  if (linger->room <= 0 || tls4217_waiter_now() >= linger->deadline) {
    finish(linger);
  }
}

int tls4217_linger_begin(struct tls4217_linger *linger, int fd) {
  tls4217_linger_end(linger);

  linger->fd = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
  if (linger->fd < 0) {
    return shutdown(fd, SHUT_RDWR);
  }

  linger->open = true;
  linger->deadline = tls4217_waiter_deadline(TIME);
  linger->room = ROOM;
  return shutdown(fd, SHUT_WR);
}

void tls4217_linger_wait(struct tls4217_linger *linger, int command_fd) {
  bool command = false;

  while (linger->open && command == false) {
    int64_t left = linger->deadline - tls4217_waiter_now();

    if (tls4217_wait(linger->fd, POLLIN, command_fd, left > 0 ? (int) left : 0,
          &command) < 0) {
      finish(linger);
      return;
    }

    read_away(linger);
  }
}

void tls4217_linger_end(struct tls4217_linger *linger) {
  if (linger->open) {
    read_away(linger);
  }

  if (linger->open) {
    finish(linger);
  }
}

void tls4217_linger_before_close(int fd, int timeout) {
  struct tls4217_linger linger = { .open = false };

  (void) tls4217_linger_begin(&linger, fd);
  linger.deadline = tls4217_waiter_deadline(timeout);
  tls4217_linger_wait(&linger, -1);
}
