/*
 * mod_tls4217 - how a data connection ends
 *
 * RFC 5246, section 7.2.1, and RFC 8446, section 6.1: close_notify says that
 * the data is whole.
 */

#include <sys/socket.h>

#include "mod_tls4217/ftp/data_end.h"
#include "mod_tls4217/ftp/data_waiter.h"
#include "mod_tls4217/ftp/failure.h"
#include "mod_tls4217/ftp/transfers.h"
#include "mod_tls4217/tls/kernel.h"

/* Milliseconds: close_notify waits for a client that is still reading. */
#define SHUTDOWN_TIMEOUT 60000

/* How often a socket is read away before it is closed, a kibibyte each. */
#define MAX_LEFTOVERS 64

void tls4217_data_end_drop(struct tls4217_session *sess) {
  tls4217_connection_free(sess->data.conn);
  memset(&sess->data, 0, sizeof(sess->data));
}

/* Without the shutdown the core would linger for the client's close before it
 * sends the reply. */
void tls4217_data_end_refuse(struct tls4217_session *sess) {
  int code = SSL_ERROR_SSL;

  pr_event_generate("mod_tls.data-handshake-failed", &code);

  (void) shutdown(PR_NETIO_FD(session.d->instrm), SHUT_RDWR);
  tls4217_data_end_drop(sess);
}

static void send_close_notify(struct tls4217_session *sess) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_connection_shutdown(
        sess->data.conn, false, SHUTDOWN_TIMEOUT, &err) == 0) {
    return;
  }

  pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
  if (sess->data.whole ||
    tls4217_kernel_sends(tls4217_connection_ssl(sess->data.conn))) {
    tls4217_failure_set(sess, R_426, "Transfer aborted: %s", err.text);
    tls4217_transfers_correct();
  }
}

/*
 * Ends the connection in both directions, so that the core does not linger
 * for a client that closes only when it has the reply.  Our close_notify is
 * behind all data: whatever the client says in answer to it, it has read all.
 * What it said before is read away, because a socket that is closed with
 * unread bytes is reset, and a reset discards what is still to be sent.
 */
static int end_stream(int fd) {
  char scratch[1024];

  for (int i = 0; i < MAX_LEFTOVERS; i++) {
    if (recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT) <= 0) {
      break;
    }
  }

  return shutdown(fd, SHUT_RDWR);
}

int tls4217_data_end_shutdown(
  struct tls4217_session *sess, pr_netio_stream_t *strm) {
  /* The end of the data, close_notify and FIN: one segment, if they fit. */
  (void) pr_inet_set_proto_cork(PR_NETIO_FD(strm), 1);

  /* A transfer that was cut must not look complete. */
  if (tls4217_data_waiter_is_aborted(sess) == false &&
    sess->failure.code == NULL) {
    send_close_notify(sess);
  }

  return end_stream(PR_NETIO_FD(strm));
}
