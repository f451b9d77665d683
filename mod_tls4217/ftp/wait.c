/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a socket while ProFTPD stays alive
 *
 * See wait.h.  poll(2), so that descriptors above 1023 work.
 */

#include <poll.h>

#include <netinet/tcp.h>

#include "mod_tls4217/ftp/wait.h"

/* Linux alone has it, and clears it again by itself (tcp(7)). */
#ifdef TCP_QUICKACK
# define QUICKACK TCP_QUICKACK
#else
# define QUICKACK (-1)
#endif

/* A signal that arrives just before poll(2) is served this much later, in
 * milliseconds. */
#define SLICE 1000

/* pr_signals_handle() sleeps when it finds EINTR in errno. */
static void serve_signals(void) {
  errno = 0;
  pr_signals_handle();
}

void tls4217_wait_hurry(int fd) {
  int on = 1;

  if (QUICKACK >= 0) {
    (void) setsockopt(fd, IPPROTO_TCP, QUICKACK, &on, sizeof(on));
  }
}

int tls4217_wait(
  int fd, short events, int watch_fd, int timeout, bool *watch_ready) {
  struct pollfd pfds[2] = {
    { .fd = fd, .events = events },
    { .fd = watch_fd, .events = POLLIN },
  };
  int res, xerrno;

  if (watch_ready != NULL) {
    *watch_ready = false;
  }

  if (timeout < 0 || timeout > SLICE) {
    timeout = SLICE;
  }

  res = poll(pfds, 2, timeout);
  xerrno = errno;
  if (res < 0 && xerrno != EINTR) {
    errno = xerrno;
    return -1;
  }

  serve_signals();
  if (res <= 0) {
    return 0;
  }

  if (watch_ready != NULL) {
    *watch_ready = pfds[1].revents != 0;
  }

  return pfds[0].revents != 0 ? 1 : 0;
}
