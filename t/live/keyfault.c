/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a key process that goes wrong, for tests
 *
 * A library for LD_PRELOAD.  In the key process, and nowhere else, it changes
 * what is answered to a session that has asked for a signature, or answers
 * late, or never.  How, a test writes into the file that TLS4217_FAULT names:
 * one letter, which may change at any time.  The file is mapped before the
 * process has its sandbox, and only system calls are made that this allows.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../faults/keyname.h"

enum fault {
  NONE = 0,
  NONSENSE = 'n',
  TOO_LONG = 'l',
  NOTHING = 'e',
  OTHER_VERSION = 'v',
  QUESTION = 'q',
  WRONG_SIGNATURE = 'w',
  DEATH = 'd',
  HANG = 'h',
  LATE = 'p'
};

/* Milliseconds: longer than the handshake of the test may take. */
#define DELAY 4000

/* An answer to a session: its header has no tag, and what is in it is longer
 * than that to a question whether the process lives. */
#define HEADER     8
#define MIN_ANSWER 32

static volatile const char *fault = NULL;
static int is_key_process = 0;

__attribute__((constructor)) static void map_file(void) {
  const char *path = getenv("TLS4217_FAULT");
  int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

  if (fd >= 0) {
    void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

    fault = page != MAP_FAILED ? page : NULL;
    (void) close(fd);
  }
}

void keyname_given(void) {
  is_key_process = 1;
}

static ssize_t send_really(int fd, const struct msghdr *msg, int flags) {
  return syscall(SYS_sendmsg, fd, msg, flags);
}

static ssize_t send_bytes(int fd, const void *bytes, size_t size, int flags) {
  struct iovec iov = { (void *) bytes, size };
  const struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

  return send_really(fd, &msg, flags);
}

/* The same answer with one byte changed. */
static ssize_t send_changed(
  int fd, const struct iovec *iov, int flags, size_t at, unsigned char to) {
  unsigned char copy[16384];
  size_t size = iov->iov_len < sizeof(copy) ? iov->iov_len : sizeof(copy);

  memcpy(copy, iov->iov_base, size);
  copy[at] = to;
  return send_bytes(fd, copy, size, flags);
}

static int is_answer(const struct msghdr *msg) {
  const unsigned char *bytes = msg->msg_iov->iov_base;

  return is_key_process && msg->msg_iov->iov_len > MIN_ANSWER &&
    bytes[2] == 0 && bytes[3] == 0;
}

static ssize_t go_wrong(int fd, const struct msghdr *msg, int flags) {
  static const unsigned char much[20000];
  const struct iovec *iov = msg->msg_iov;
  const unsigned char *bytes = iov->iov_base;
  const size_t middle = iov->iov_len - 12;

  switch ((enum fault) * fault) {
    case NONE:
      break;

    case NONSENSE:
      return send_bytes(fd, "garbage", 7, flags);

    case TOO_LONG:
      return send_bytes(fd, much, sizeof(much), flags);

    case NOTHING:
      return send_bytes(fd, "", 0, flags);

    case OTHER_VERSION:
      return send_changed(fd, iov, flags, 0, bytes[0] + 1);

    case QUESTION:
      return send_changed(fd, iov, flags, 1, 1);

    case WRONG_SIGNATURE:
      return send_changed(fd, iov, flags, middle, bytes[middle] ^ 1);

    case DEATH:
      _exit(EXIT_FAILURE);

    case HANG:
      while (*fault == HANG) {
        (void) poll(NULL, 0, 100);
      }
      break;

    case LATE:
      (void) poll(NULL, 0, DELAY);
      break;
  }

  return send_really(fd, msg, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
  return fault != NULL && is_answer(msg) ? go_wrong(fd, msg, flags) :
                                           send_really(fd, msg, flags);
}
