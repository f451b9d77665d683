/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - while ProFTPD waits for a data connection
 *
 * See data_opening.h.  Timers run between two system calls: the one that
 * waits has been interrupted by SIGALRM, and is called once more.
 */

#include <poll.h>
#include <sys/socket.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/data/data_opening.h"
#include "mod_tls4217/ftp/data/failure.h"

#define INTERVAL 1 /* seconds */

/* An active connection has no socket yet. */
static bool is_there(void) {
  struct pollfd pfd = { .events = POLLIN };

  if (session.d == NULL) {
    return false;
  }

  pfd.fd = session.d->listen_fd;
  return poll(&pfd, 1, 0) > 0;
}

/* Has the next call fail: accept(2) on a socket that is shut down, connect(2)
 * on one that does not wait.  (One that is shut down would connect again.)   */
static void end_wait(conn_t *data) {
  if (data->mode == CM_CONNECT) {
    (void) pr_inet_set_nonblock(session.pool, data);

  } else {
    (void) shutdown(data->listen_fd, SHUT_RDWR);
  }
}

static int look_cb(CALLBACK_FRAME) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  if (sess->control.writing || sess->control.ended || session.d == NULL ||
    tls4217_control_look(sess) < TLS4217_CONTROL_ABORT) {
    return 1;
  }

  tls4217_failure_set(sess, TLS4217_REPLY_DATA_ABORTED, NULL);
  end_wait(session.d);

  /* It removes itself. */
  sess->opening_timer = 0;
  return 0;
}

void tls4217_data_opening_watch(struct tls4217_session *sess) {
  if (sess->opening_timer <= 0 && is_there() == false) {
    sess->opening_timer = pr_timer_add(INTERVAL, -1, &tls4217_module, look_cb,
      "commands while a data connection is waited for");
  }
}

void tls4217_data_opening_end(struct tls4217_session *sess) {
  if (sess->opening_timer > 0) {
    (void) pr_timer_remove(sess->opening_timer, &tls4217_module);
    sess->opening_timer = 0;
  }
}
