/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a data connection
 *
 * See data_waiter.h.
 */

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/data/data_waiter.h"
#include "mod_tls4217/ftp/wait.h"

bool tls4217_data_waiter_is_aborted(const struct tls4217_session *sess) {
  return (session.sf_flags & SF_ABORT) ||
    (sess->data.in->strm_flags & PR_NETIO_SESS_ABORT) ||
    (sess->data.out->strm_flags & PR_NETIO_SESS_ABORT);
}

/* The descriptor to watch for commands, or -1 when that is of no use now. */
static int watched_fd(struct tls4217_session *sess) {
  size_t room;

  (void) tls4217_command_buffer_room(&sess->control.input, &room);
  if (session.c == NULL || sess->control.ended || sess->control.writing ||
    room == 0) {
    return -1;
  }

  return PR_NETIO_FD(session.c->instrm);
}

static int wait_data(void *user, int fd, short events, int timeout) {
  struct tls4217_session *sess = user;
  bool command = false;
  int res;

  /* Seen elsewhere (membership.c): nothing more comes to wake this. */
  if (tls4217_data_waiter_is_aborted(sess)) {
    errno = ECONNABORTED;
    return -1;
  }

  if (!(session.sf_flags & SF_XFER)) {
    tls4217_wait_hurry(fd);
  }

  res = tls4217_wait(fd, events, watched_fd(sess), timeout, &command);
  if (command) {
    (void) tls4217_control_look(sess);
  }

  if (tls4217_data_waiter_is_aborted(sess)) {
    errno = ECONNABORTED;
    return -1;
  }

  return res;
}

struct tls4217_waiter tls4217_data_waiter_make(struct tls4217_session *sess) {
  return (struct tls4217_waiter){ wait_data, sess };
}
