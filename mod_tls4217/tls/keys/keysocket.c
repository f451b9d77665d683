/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - messages with descriptors on sockets of the kind SEQPACKET
 *
 * See keysocket.h.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mod_tls4217/tls/keys/keysocket.h"

/* Standard input, output and error. */
#define FIRST_FD 3

/* Room for the descriptors of a message, aligned as they must be. */
union control {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(TLS4217_KEYSOCKET_MAX_FDS * sizeof(int))];
};

int64_t tls4217_keysocket_now(void) {
  struct timespec now;

  (void) clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Moves a descriptor out of the way.  Returns it, or -1. */
static int raise_fd(int fd) {
  int res = fd;

  if (fd < FIRST_FD) {
    res = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    (void) close(fd);
  }

  return res;
}

int tls4217_keysocket_pair(int fds[2]) {
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
    return -1;
  }

  fds[0] = raise_fd(fds[0]);
  fds[1] = raise_fd(fds[1]);
  if (fds[0] >= 0 && fds[1] >= 0) {
    return 0;
  }

  for (int i = 0; i < 2; i++) {
    if (fds[i] >= 0) {
      (void) close(fds[i]);
    }
  }

  errno = EMFILE;
  return -1;
}

/* Waits for events until the deadline; signals do not end it. */
static int wait_for(int fd, short events, int64_t deadline) {
  struct pollfd pfd = { .fd = fd, .events = events };

  for (;;) {
    int64_t left = deadline - tls4217_keysocket_now();
    int res;

    if (left <= 0) {
      errno = ETIMEDOUT;
      return -1;
    }

    res = poll(&pfd, 1, left < 60000 ? (int) left : 60000);
    if (res > 0) {
      return 0;
    }

    if (res < 0 && errno != EINTR) {
      return -1;
    }
  }
}

/* Whether a call that failed is to be made again. */
static bool goes_on(int fd, short events, int64_t deadline) {
  if (errno == EINTR) {
    return true;
  }

  return errno == EAGAIN && deadline != 0 &&
    wait_for(fd, events, deadline) == 0;
}

int tls4217_keysocket_send(int fd, const void *bytes, size_t size,
  const int *fds, size_t nfds, int64_t deadline) {
  struct iovec iov = { (void *) bytes, size };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  union control control;
  ssize_t res;

  if (nfds > 0) {
    memset(&control, 0, sizeof(control));
    msg.msg_control = &control;
    msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
    CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
    CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
    CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(nfds * sizeof(int));
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), fds, nfds * sizeof(int));
  }

  do {
    res = sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (res < 0 && goes_on(fd, POLLOUT, deadline));

  return res < 0 ? -1 : 0;
}

static void close_all(const int *fds, size_t nfds) {
  for (size_t i = 0; i < nfds; i++) {
    (void) close(fds[i]);
  }
}

/* Takes the descriptors of a message.  Returns how many. */
static size_t take_fds(struct msghdr *msg, int *fds) {
  struct cmsghdr *header = CMSG_FIRSTHDR(msg);
  size_t nfds;

  if (header == NULL || header->cmsg_level != SOL_SOCKET ||
    header->cmsg_type != SCM_RIGHTS) {
    return 0;
  }

  nfds = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(fds, CMSG_DATA(header), nfds * sizeof(int));
  return nfds;
}

ssize_t tls4217_keysocket_receive(
  int fd, void *bytes, size_t size, int *fds, size_t *nfds, int64_t deadline) {
  struct iovec iov = { bytes, size };
  union control control;
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  int got[TLS4217_KEYSOCKET_MAX_FDS];
  size_t ngot;
  ssize_t res;

  do {
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    res = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (res < 0 && goes_on(fd, POLLIN, deadline));

  if (res < 0) {
    return -1;
  }

  ngot = take_fds(&msg, got);
  if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
    (fds == NULL && ngot > 0)) {
    close_all(got, ngot);
    errno = EMSGSIZE;
    return -1;
  }

  if (fds != NULL) {
    memcpy(fds, got, ngot * sizeof(int));
    *nfds = ngot;
  }

  return res;
}
