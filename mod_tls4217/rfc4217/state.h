/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the session state machine of RFC 4217
 *
 * Holds what RFC 2228 and RFC 4217 let a session be in (control connection
 * clear, protected or cleared again; PBSZ seen; data protection level) and
 * decides, for every command that touches it, whether it is accepted and with
 * which reply.  Decisions do not change the state: the caller does what an
 * accepted command asks for (send the reply, do the handshake) and then tells
 * the machine what happened.  No input or output, no OpenSSL, no ProFTPD.
 */

#ifndef TLS4217_RFC4217_STATE_H
#define TLS4217_RFC4217_STATE_H

#include <stdbool.h>

#include "mod_tls4217/rfc4217/names.h"
#include "mod_tls4217/rfc4217/policy.h"
#include "mod_tls4217/rfc4217/reply.h"

enum tls4217_control {
  TLS4217_CONTROL_CLEAR,     /* as after connect, or after REIN */
  TLS4217_CONTROL_PROTECTED, /* after a completed handshake */
  TLS4217_CONTROL_CLEARED    /* after CCC */
};

/* What the protocol remembers of one control connection. */
struct tls4217_state {
  enum tls4217_control control;
  bool pbsz;                /* PBSZ has been accepted */
  enum tls4217_level level; /* of the data connection: C or P */
  bool prot;                /* the client has chosen it: PROT was accepted */
};

/* What the rest of the server knows at the moment of a command. */
struct tls4217_facts {
  bool logged_in;        /* USER and PASS have been accepted */
  bool certificate;      /* there is a key pair for a handshake */
  bool pbsz_required;    /* PROT needs a PBSZ before it */
  bool ccc_accepted;     /* TLSClearCommandChannel */
  bool control_required; /* the control connection must be protected */
  bool login_undoable;   /* a login, or a host, can be undone by REIN */
  bool implicit;         /* TLS from the first byte, without AUTH */
  bool rein_exhausted;   /* REIN was used as often as it may be */
  bool at_named_host;    /* HOST or SNI has led away from the first server */
  const struct tls4217_data_policy *data; /* never NULL */
};

/* The answer to a command. */
struct tls4217_verdict {
  bool accepted;
  enum tls4217_reply_id reply;

  /*
   * Of an accepted AUTH the level to start at, of an accepted PROT the level
   * asked for, of an accepted transfer the level of its data connection;
   * otherwise TLS4217_LEVEL_UNKNOWN.
   */
  enum tls4217_level level;
};

/* Puts *state as after connect: clear, no PBSZ, level C (section 9). */
void tls4217_state_reset(struct tls4217_state *state);

/*
 * AUTH (section 4, 8, 17).  mechanism is the whole parameter as received, or
 * NULL or "" when there was none.  Accepted means: send the reply in clear, do
 * the handshake, then call tls4217_state_protect with verdict.level.  Refused,
 * by the first reason that holds: 501 without a parameter, 504 unknown
 * mechanism (RFC 2228, section 3, names it first), 534 protected already, after
 * CCC, or logged in, 431 without a certificate.
 */
struct tls4217_verdict tls4217_state_auth(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *mechanism);

/*
 * A completed handshake on the control connection: protected, no PBSZ seen,
 * data level as given (C; P after AUTH SSL, AUTH TLS-P and implicit TLS; C
 * for anything else).
 */
void tls4217_state_protect(
  struct tls4217_state *state, enum tls4217_level level);

/*
 * PBSZ (section 9).  size is the whole parameter as received, or NULL or "".
 * Accepted means: call tls4217_state_set_pbsz, which does nothing unless the
 * control connection is protected.  Refused: 503 in clear and after CCC,
 * then 501.
 */
struct tls4217_verdict tls4217_state_pbsz(
  const struct tls4217_state *state, const char *size);
void tls4217_state_set_pbsz(struct tls4217_state *state);

/*
 * PROT (section 9, 10.2).  level is the whole parameter as received, or NULL
 * or "".  Accepted means: call tls4217_state_set_level with verdict.level.
 * Refused: 503 in clear and after CCC, 501 without a parameter, 536 or 504,
 * 503 before PBSZ, 534 for a level that no transfer may use (the order of
 * RFC 2228, section 3).
 */
struct tls4217_verdict tls4217_state_prot(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *level);

/*
 * Sets the level of the data connections to come.  Does nothing unless the
 * control connection is protected and level is C or P: after CCC the level
 * is frozen.
 */
void tls4217_state_set_level(
  struct tls4217_state *state, enum tls4217_level level);

/*
 * CCC (section 5, 15.3).  parameter is what stood behind it, or NULL or "".
 * Accepted means: send the reply protected, shut TLS
 * down, then call tls4217_state_clear, which does nothing unless the control
 * connection is protected.  The data level is frozen from there.  Refused:
 * 500 off, 501 with a parameter, 533 not protected, 534 excluded, 534 before
 * login.
 */
struct tls4217_verdict tls4217_state_ccc(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *parameter);
void tls4217_state_clear(struct tls4217_state *state);

/*
 * REIN (section 13).  Accepted means: send the reply at the level that the
 * control connection has, shut TLS down if there is any, then call
 * tls4217_state_reset.  Refused with 501 for a parameter, which RFC 959 does
 * not give it, and with 502, and nothing changes: on a connection
 * whose TLS is implicit, after a login or a change of the host that is not
 * undoable, and when it was used too often.
 */
struct tls4217_verdict tls4217_state_rein(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *parameter);

/*
 * A command that opens a data connection (section 10.2), asked when that
 * command arrives and never at PORT or PASV.  Refused means: 521 before any
 * 1xx; the state stays as it is.  Accepted gives TLS4217_REPLY_NONE: the
 * core goes on.
 */
struct tls4217_verdict tls4217_state_transfer(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer);

/*
 * The same of a listing that goes down, which has not been looked through what
 * is below transfer->path: the strictest view there decides. below NULL is
 * tls4217_state_transfer.
 */
struct tls4217_verdict tls4217_state_transfer_below(
  const struct tls4217_state *state, const struct tls4217_facts *facts,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below);

/*
 * A command that shows on the control connection what a listing would show on a
 * data connection (STAT and MLST of a path): where the view says required, it
 * needs TLS on the control connection.  Refused means 533, before TLS and after
 * CCC.  transfer is the listing; below as above, or NULL.
 */
struct tls4217_verdict tls4217_state_reveal(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below);

/*
 * A command that takes something out of its directory, to where another view
 * may hold (RNFR, CPFR, SITE COPY): where the view says required, it needs
 * the level that a download needs.  Refused means 533.  transfer is that
 * download; below as above, or NULL.
 */
struct tls4217_verdict tls4217_state_move(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below);

/*
 * A data connection at level P whose client did not begin TLS (section 7): the
 * 522 that says what it is to do.  active: the server has connected.
 */
enum tls4217_reply_id tls4217_state_without_tls(
  const struct tls4217_state *state, bool active);

#endif
