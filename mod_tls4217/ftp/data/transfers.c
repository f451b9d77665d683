/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that open a data connection, and those around them
 *
 * The level is checked when the transfer command arrives, never at PORT or
 * PASV (RFC 4217, section 10.2); the decision itself is in rfc4217/state.c.
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/xferlevel.h"
#include "mod_tls4217/ftp/data/data_opening.h"
#include "mod_tls4217/ftp/data/offload.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/data/command_check.h"
#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/ftp/data/transfers.h"
#include "mod_tls4217/ftp/data/upload.h"

/*
 * What a large download reads and writes at once, in bytes: seven records.
 * Two buffers of 128 KiB would each be mapped by malloc(3) at the same place
 * in a page; the core copies from the one to the other, a byte further, and
 * some processors do that at a twentieth of their speed (rep movsb, AMD).
 */
#define TRANSFER_CHUNK (112 * 1024)

static bool is_protected(const struct tls4217_session *sess) {
  return sess != NULL && sess->state.level == TLS4217_LEVEL_PRIVATE;
}

modret_t *tls4217_transfers_pre(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  modret_t *refusal;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  tls4217_control_ignore_urgent(sess);
  refusal = tls4217_command_check(cmd, sess);
  if (refusal != NULL) {
    return refusal;
  }

  tls4217_data_opening_watch(sess);
  return PR_DECLINED(cmd);
}

/* The core's own stat costs 11,000 instructions beside the call.  Where a file
 * system of another module has the file, it is the core that finds it. */
static off_t file_size(const char *path) {
  struct stat st;

  return stat(path, &st) == 0 || pr_fsio_stat(path, &st) == 0 ? st.st_size : -1;
}

/*
 * The core reads a file in chunks of its idea of a socket's buffer, 16 KiB on
 * some versions, and looks at the control connection before each.  It clears
 * such a buffer for each file, so that small ones have no use for a large
 * one.  Socket options are left alone: the core applies them only where the
 * administrator has set them, and then we change nothing.
 */
static void choose_chunk(const struct tls4217_session *sess, off_t size) {
  if (main_server->tcp_sndbuf_override != FALSE) {
    return;
  }

  main_server->tcp_sndbuf_len = sess->core_chunk;
  if (sess->core_chunk < TRANSFER_CHUNK && size > sess->core_chunk) {
    main_server->tcp_sndbuf_len = TRANSFER_CHUNK;
  }
}

static void begin_download(struct tls4217_session *sess, const cmd_rec *cmd) {
  const char *path = pr_table_get(cmd->notes, "mod_xfer.retr-path", NULL);
  off_t size = path != NULL ? file_size(path) : -1;

  choose_chunk(sess, size);
  if (is_protected(sess)) {
    tls4217_offload_begin(sess, size);
  }
}

modret_t *tls4217_transfers_begin(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  modret_t *refusal;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  tls4217_control_ignore_urgent(sess);

  /* STOU was checked before the core made its file. */
  if (pr_cmd_cmp(cmd, PR_CMD_STOU_ID) != 0) {
    refusal = tls4217_command_check(cmd, sess);
    if (refusal != NULL) {
      return refusal;
    }
  }

  if (pr_cmd_cmp(cmd, PR_CMD_RETR_ID) == 0) {
    /* Or the core might send the file by itself (sendfile(2)), in clear. */
    tls4217_xferlevel_tell(sess);
    begin_download(sess, cmd);

  } else if (is_protected(sess)) {
    tls4217_upload_begin(sess, cmd);
  }

  tls4217_data_opening_watch(sess);
  return PR_DECLINED(cmd);
}

/* The client reads the ticket with the reply, ahead of its own handshake on
 * the data connection; some clients use a ticket only once. */
void tls4217_transfers_issue_ticket(void) {
  struct tls4217_session *sess = tls4217_session_engine();

  if (is_protected(sess) && tls4217_session_facts(sess).logged_in) {
    tls4217_control_issue_ticket(sess, false);
  }
}

/* Commands may be handled while a transfer goes on. */
static bool is_between_transfers(void) {
  return (session.sf_flags & SF_XFER) == 0;
}

modret_t *tls4217_transfers_end_failed(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  if (sess != NULL && is_between_transfers()) {
    tls4217_data_opening_end(sess);
    tls4217_upload_end(sess);
  }

  /* An empty list means that the client has its reply: 426, after ABOR. */
  if (sess != NULL) {
    tls4217_failure_say(sess, true);
  }

  return PR_DECLINED(cmd);
}

modret_t *tls4217_transfers_post_retr(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  if (sess != NULL) {
    tls4217_failure_say(sess, false);
  }

  return PR_DECLINED(cmd);
}

void tls4217_transfers_forget_failure(void) {
  struct tls4217_session *sess = tls4217_session_get();

  if (sess != NULL && is_between_transfers()) {
    tls4217_data_opening_end(sess);
    tls4217_failure_forget(sess);
  }
}
