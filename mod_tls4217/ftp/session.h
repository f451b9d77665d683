/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one session process knows
 *
 * One struct with one owner.  ProFTPD's callbacks carry no argument of ours,
 * so one file-scope pointer to it, in session.c, is what they force; everyone
 * else gets it as a parameter.  Its parts are defined here, or below; what
 * they are for is in the files named beside them.
 */

#ifndef TLS4217_FTP_SESSION_H
#define TLS4217_FTP_SESSION_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/linger.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/rfc4217/command_buffer.h"
#include "mod_tls4217/rfc4217/heldfile.h"
#include "mod_tls4217/rfc4217/reply.h"
#include "mod_tls4217/rfc4217/state.h"
#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/conn/connection.h"

/* How far TLS is on the control connection.  What is said meanwhile (a timer's
 * 421, a signal's) depends on it (output.c). */
enum tls4217_stage {
  TLS4217_STAGE_CLEAR,
  TLS4217_STAGE_HANDSHAKE,
  TLS4217_STAGE_PROTECTED,
  TLS4217_STAGE_GOODBYE, /* our close_notify is on its way */
  TLS4217_STAGE_LEFT     /* and has left: our direction is in clear */
};

/* The control connection (control.c). */
struct tls4217_control_channel {
  struct tls4217_connection *conn; /* NULL: CLEAR */
  enum tls4217_stage stage;

  /*
   * What the last handshake was made from, and what its server name has chosen
   * then.  HOST may change the server; the data connections must stay with the
   * control connection's sessions, whose tickets are the entry's.
   */
  const struct tls4217_context *entry, *context;
  server_rec *named;            /* by the handshake's server name; NULL: none */
  bool name_counts;             /* a server name chooses (IgnoreSNI) */
  struct tls4217_error refusal; /* why a server name was refused (hosts.c) */
  struct tls4217_command_buffer input;
  size_t early;         /* bytes of input that came with the last command */
  unsigned int unknown; /* commands that no server has (unknown.c) */
  bool spoken;          /* the peer has sent something */
  bool ended;           /* the peer will send no more */
  bool writing;         /* inside a write: do not write */
  bool closing;         /* the session is over: do not serve signals */
  bool ticket_waits;    /* and leaves with the next reply */
};

/* The data connection of the transfer that is under way (data.c). */
struct tls4217_data_channel {
  struct tls4217_connection *conn; /* NULL: in clear */
  pr_netio_stream_t *in, *out;     /* the streams that it serves */
  bool sends;                      /* a download or a listing, not an upload */
  bool whole; /* a small file, which leaves with the close_notify */
  bool ended; /* our end of it has been sent */
};

/* The reply that a failed transfer gets instead of the core's (failure.c). */
struct tls4217_failure {
  enum tls4217_reply_id id; /* TLS4217_REPLY_NONE: there is none */
  bool has_reason;
  char reason[TLS4217_ERROR_TEXT_SIZE]; /* goes behind it */
};

/* The file that an upload will write to, until TLS is up (upload.c). */
struct tls4217_upload {
  pr_fs_t *fs; /* NULL: not registered yet */
  struct tls4217_heldfile held;
  pool *pool;       /* of this upload; NULL: none is held */
  pr_fh_t *fh;      /* the core's; NULL: not opened yet, or closed */
  const char *path; /* as it was opened; in pool */
};

/* The file that is sent by our loop (offload.c). */
struct tls4217_offload {
  pr_fs_t *fs;           /* our layer, or NULL */
  bool retr_opening;     /* RETR is opening its file */
  pr_fh_t *fh;           /* the core's; NULL: none, or closed */
  bool takes_over;       /* this file is sent here, and not by the core */
  bool requested;        /* and by the kernel, if it can */
  int64_t next_progress; /* when the scoreboard is due (waiter.h) */
};

/* As it was when the client connected (reset.c). */
#define TLS4217_PREFERENCES 3
struct tls4217_origin {
  server_rec *server;
  const char *charset, *encoding; /* of names; NULL: as they are */
  const server_rec *host; /* whose lines of FEAT these are; NULL: there are
                             none, because no command could set any */
  const char *features[TLS4217_PREFERENCES]; /* preferences.c; NULL: no line */
  bool type_given;     /* a TYPE has been accepted since */
  bool type_forgotten; /* one had been, before AUTH or REIN */
};

/* The client's certificate (peer.c, certlogin.c). */
struct tls4217_peer {
  struct tls4217_identity *identity;  /* NULL: none was given; owned */
  const struct tls4217_vhost *server; /* whose CAs have verified it */
  bool own_pass;                      /* our own PASS is under way */
  bool pam, pam_decides; /* mod_auth_pam is asked, and no module after it */
};

/* Its row of the shared table (membership.c). */
struct tls4217_member {
  int row;         /* -1: none */
  uint64_t start;  /* of this process; 0: unknown */
  char client[64]; /* what the client calls itself (CLNT), or "" */
  bool reported;   /* TLSSessionReuse report has had its line */
};

/* What the last handshakes came to, in words (handshake_report.c); "": none. */
struct tls4217_summaries {
  char control[192], data[192];
};

struct tls4217_supervisor;

struct tls4217_session {
  pool *pool;
  pr_netio_t *plain;                  /* ProFTPD's own callbacks */
  const struct tls4217_vhost *server; /* NULL: TLSEngine is off */
  struct tls4217_settings settings;
  struct tls4217_state state;
  int xfer_level; /* the level that mod_xfer knows of; -1: any */
  struct tls4217_binding binding;
  struct tls4217_member member;
  struct tls4217_summaries summaries;
  bool implicit;
  int core_chunk; /* what the core reads of a file at once, in bytes */
  struct tls4217_origin origin;
  struct tls4217_supervisor *supervisor;
  unsigned int reins; /* accepted by this process */

  struct tls4217_control_channel control;
  struct tls4217_peer peer;
  array_header *variables; /* names, set by environment.c; or NULL */
  struct tls4217_data_channel data;
  int opening_timer;            /* of data_opening.c; 0: none */
  struct tls4217_linger linger; /* of the data connection before */
  struct tls4217_failure failure;
  struct tls4217_upload upload;
  struct tls4217_offload offload;
};

/*
 * Makes the session of this process, once, and allocates it from p; it has no
 * server yet.  supervisor is borrowed.  Returns it, or NULL with err filled.
 */
struct tls4217_session *tls4217_session_new(
  pool *p, struct tls4217_supervisor *supervisor, struct tls4217_error *err);

/* The session of this process, or NULL before tls4217_session_new. */
struct tls4217_session *tls4217_session_get(void);

/*
 * The same where TLSEngine is on, else NULL: the core answers then.
 */
struct tls4217_session *tls4217_session_engine(void);

/* Reads the settings again, as mod_ifsession and the login have left them. */
void tls4217_session_refresh(struct tls4217_session *sess);

/*
 * Reads the settings again where the login may have changed them: the user is
 * anonymous, or mod_ifsession is there.
 */
void tls4217_session_refresh_after_login(struct tls4217_session *sess);

/*
 * Gives a connection of a context whose handshake has not begun the parameters
 * of the client's class, where mod_ifsession has set some.  Returns 0, or -1
 * with err filled.
 */
int tls4217_session_apply_class(const struct tls4217_session *sess,
  const struct tls4217_context *context, const struct tls4217_connection *conn,
  struct tls4217_error *err);

/* Whether a stream is one of the protected control connection. */
bool tls4217_session_is_control(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm);

/*
 * Whether a user is logged in: mod_auth has accepted a password (or a
 * certificate), or another module has made the session a user's.  This is the
 * one place that knows; a user's name alone says nothing.
 */
bool tls4217_session_is_logged_in(void);

/* What the state machine wants to know, as of now; what only REIN is checked
 * by is rein.c's. */
struct tls4217_facts tls4217_session_facts(const struct tls4217_session *sess);

/*
 * Whom a line of the log is about: "user NAME: ", or "" before USER.  Lives in
 * the pool p.
 */
const char *tls4217_session_who(pool *p);

/* Writes a line to the session's TLSLog. */
void tls4217_session_log(const struct tls4217_session *sess, const char *fmt,
  ...) __attribute__((format(printf, 2, 3)));

#endif
