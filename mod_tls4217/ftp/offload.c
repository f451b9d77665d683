/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * See offload.h.  mod_xfer's variable cannot be reached but through its
 * handler of POST_CMD PROT, which is called here directly: a command that was
 * dispatched would be seen by other modules, and would take the place of the
 * RETR that is under way.
 */

#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/tls/kernel.h"

/* Below this many bytes the library needs one write(2), and the kernel would
 * have to be given its keys to save nothing. */
#define WORTH_IT (64 * 1024)

/* Whether the kernel can, or why it cannot; asked once. */
static int ask_kernel(struct tls4217_error *err) {
  static bool asked = false;
  static int answer;
  static struct tls4217_error reason;

  if (asked == false) {
    tls4217_error_clear(&reason);

    /* As root, the kernel loads the module that it has. */
    pr_signals_block();
    PRIVS_ROOT
    answer = tls4217_kernel_probe(&reason);
    PRIVS_RELINQUISH
    pr_signals_unblock();
    asked = true;
  }

  *err = reason;
  return answer;
}

bool tls4217_offload_prepare(
  const char *server, enum tls4217_offload_mode mode) {
  struct tls4217_error err;

  if (mode == TLS4217_OFFLOAD_OFF) {
    return false;
  }

  if (ask_kernel(&err) == 0) {
    return true;
  }

  if (mode == TLS4217_OFFLOAD_ON) {
    tls4217_log_startup_warning(
      server, "TLSKernelOffload on cannot work here: %s", err.text);
  }

  return false;
}

/* The gate. */

static cmdtable *find_handler(void) {
  unsigned int hash = 0;
  int idx = -1;
  cmdtable *row = NULL;

  do {
    row = pr_stash_get_symbol2(PR_SYM_CMD, C_PROT, row, &idx, &hash);
  } while (row != NULL &&
    (row->cmd_type != POST_CMD || strcmp(row->m->name, "xfer") != 0));

  return row;
}

/* Returns whether mod_xfer was told. */
static bool tell_mod_xfer(
  const struct tls4217_session *sess, const char *text) {
  const cmdtable *row = find_handler();
  pool *tmp_pool;
  cmd_rec *cmd;

  if (row == NULL) {
    return false;
  }

  tmp_pool = make_sub_pool(sess->pool);
  cmd = pr_cmd_alloc(
    tmp_pool, 2, pstrdup(tmp_pool, C_PROT), pstrdup(tmp_pool, text));
  cmd->arg = cmd->argv[1];
  (void) pr_module_call(row->m, row->handler, cmd);
  destroy_pool(tmp_pool);
  return true;
}

/* A download that the core would send with sendfile(2) in clear.  Throttled
 * ones it reads and writes piece by piece, as it does ASCII. */
static bool is_candidate(void) {
  return session.curr_cmd != NULL && strcmp(session.curr_cmd, C_RETR) == 0 &&
    session.xfer.direction == PR_NETIO_IO_WR &&
    session.xfer.file_size >= WORTH_IT &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0 &&
    pr_throttle_have_rate() == FALSE;
}

void tls4217_offload_request(const struct tls4217_session *sess) {
  struct tls4217_error err;

  if (sess->server == NULL || sess->server->offload == false ||
    sess->settings.offload == TLS4217_OFFLOAD_OFF || is_candidate() == false) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_kernel_request(tls4217_connection_ssl(sess->data.conn), &err) <
    0) {
    pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
  }
}

/* Our timer interrupts sendfile(2), and for that alone the core takes up
 * TimeoutStalled anew; so it is counted here. */
static void check_stalled(struct tls4217_offload *offload) {
  int limit = pr_data_get_timeout(PR_DATA_TIMEOUT_STALLED);

  if (session.xfer.total_bytes != offload->seen) {
    offload->seen = session.xfer.total_bytes;
    offload->idle_seconds = 0;
    return;
  }

  if (limit <= 0 || ++offload->idle_seconds < limit) {
    return;
  }

  pr_event_generate("core.timeout-stalled", NULL);
  pr_log_pri(PR_LOG_NOTICE, "Data transfer stall timeout: %d seconds", limit);
  pr_session_disconnect(
    NULL, PR_SESS_DISCONNECT_TIMEOUT, "TimeoutStalled during data transfer");
}

static int look_cb(CALLBACK_FRAME) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;
  if (sess->offload.open == true && sess->offload.look != NULL) {
    check_stalled(&sess->offload);
    sess->offload.look(sess);
  }

  /* Again, a second later; tls4217_offload_close takes it away. */
  return 1;
}

void tls4217_offload_open(
  struct tls4217_session *sess, void (*look)(struct tls4217_session *sess)) {
  struct tls4217_offload *offload = &sess->offload;

  if (is_candidate() == false ||
    tls4217_kernel_sends(tls4217_connection_ssl(sess->data.conn)) == false) {
    return;
  }

  tls4217_kernel_let_signals_in(PR_NETIO_FD(sess->data.out));
  offload->open = tell_mod_xfer(
    sess, tls4217_names_level_text(TLS4217_LEVEL_CLEAR));
  offload->written = 0;
  offload->seen = -1;
  offload->idle_seconds = 0;
  offload->look = look;
  offload->timer = offload->open ?
    pr_timer_add(1, -1, &tls4217_module, look_cb, "look during sendfile") :
    -1;
}

void tls4217_offload_close(struct tls4217_session *sess) {
  if (sess->offload.open == false) {
    return;
  }

  /* What the next data connection is to be, from PROT. */
  (void) tell_mod_xfer(sess, tls4217_names_level_text(sess->state.level));
  sess->offload.open = false;

  if (sess->offload.timer >= 0) {
    (void) pr_timer_remove(sess->offload.timer, &tls4217_module);
  }

  pr_trace_msg("tls4217", 5,
    "%" PR_LU " bytes of the file were sent by the kernel",
    (pr_off_t) (session.xfer.total_bytes - sess->offload.written));
}

bool tls4217_offload_may_write(const struct tls4217_session *sess) {
  return sess->offload.open == false ||
    session.xfer.total_bytes == sess->offload.written;
}

void tls4217_offload_count(struct tls4217_session *sess, size_t size) {
  sess->offload.written += (off_t) size;
}
