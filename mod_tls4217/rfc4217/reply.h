/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - every reply that this module decides on
 *
 * One table holds the code and the text of each reply of RFC 4217 and
 * RFC 2228 that we give, so that the wording is found, translated and tested
 * in one place.  A text says why a command was refused and what to do next.
 * Which reply is given is decided in state.c and policy.c.
 */

#ifndef TLS4217_RFC4217_REPLY_H
#define TLS4217_RFC4217_REPLY_H

enum tls4217_reply_id {
  TLS4217_REPLY_NONE, /* no reply of ours: the core goes on */

  TLS4217_REPLY_AUTH_ACCEPTED,       /* 234 */
  TLS4217_REPLY_AUTH_NO_PARAMETER,   /* 501 */
  TLS4217_REPLY_AUTH_UNKNOWN,        /* 504 */
  TLS4217_REPLY_AUTH_TWICE,          /* 534 */
  TLS4217_REPLY_AUTH_AFTER_LOGIN,    /* 534 */
  TLS4217_REPLY_AUTH_AFTER_CCC,      /* 534 */
  TLS4217_REPLY_AUTH_NO_CERTIFICATE, /* 431 */
  TLS4217_REPLY_HANDSHAKE_FAILED,    /* 421, in clear */
  TLS4217_REPLY_TLS_WITHOUT_AUTH,    /* 421, in clear */
  TLS4217_REPLY_TOO_MANY_UNKNOWN,
  TLS4217_REPLY_PEER_REFUSED,        /* 421; the caller adds ": reason" */
  TLS4217_REPLY_PEER_OTHER_HOST,     /* 421: HOST, and TLSVerifyClient there */
  TLS4217_REPLY_TWO_HOSTS,           /* 421: HOST and SNI differ */
  TLS4217_REPLY_HOST_AGAIN,          /* 504: HOST has named another before */

  TLS4217_REPLY_PBSZ_ZERO,        /* 200 */
  TLS4217_REPLY_PBSZ_OTHER,       /* 200, with PBSZ=0 */
  TLS4217_REPLY_PBSZ_MALFORMED,   /* 501 */
  TLS4217_REPLY_PBSZ_BEFORE_AUTH, /* 503 */
  TLS4217_REPLY_PBSZ_AFTER_CCC,   /* 503 */

  TLS4217_REPLY_PROT_CLEAR,            /* 200 */
  TLS4217_REPLY_PROT_PRIVATE,          /* 200 */
  TLS4217_REPLY_PROT_NO_PARAMETER,     /* 501 */
  TLS4217_REPLY_PROT_UNKNOWN,          /* 504 */
  TLS4217_REPLY_PROT_UNSUPPORTED,      /* 536: S and E */
  TLS4217_REPLY_PROT_BEFORE_AUTH,      /* 503 */
  TLS4217_REPLY_PROT_BEFORE_PBSZ,      /* 503 */
  TLS4217_REPLY_PROT_AFTER_CCC,        /* 503 */
  TLS4217_REPLY_PROT_CLEAR_EXCLUDED,   /* 534: every transfer needs P */
  TLS4217_REPLY_PROT_PRIVATE_EXCLUDED, /* 534: no transfer may use P */

  TLS4217_REPLY_CCC_ACCEPTED,      /* 200 */
  TLS4217_REPLY_CCC_OFF,           /* 500 */
  TLS4217_REPLY_CCC_PARAMETER,     /* 501 */
  TLS4217_REPLY_CCC_NOT_PROTECTED, /* 533 */
  TLS4217_REPLY_CCC_BEFORE_LOGIN,  /* 534 */
  TLS4217_REPLY_CCC_EXCLUDED,      /* 534: control must stay protected */

  TLS4217_REPLY_REIN_ACCEPTED,    /* 220 */
  TLS4217_REPLY_REIN_PARAMETER,   /* 501 */
  TLS4217_REPLY_REIN_AFTER_LOGIN, /* 502 */
  TLS4217_REPLY_REIN_AFTER_HOST,  /* 502 */
  TLS4217_REPLY_REIN_IMPLICIT,    /* 502: TLS cannot be given up */
  TLS4217_REPLY_REIN_TOO_OFTEN,   /* 502 */

  TLS4217_REPLY_COMMAND_NOT_PROTECTED, /* 533: send AUTH TLS first */
  TLS4217_REPLY_COMMAND_LIMITED,       /* 534: <Limit> denies it */
  TLS4217_REPLY_USER_NOT_PROTECTED,    /* 533: this user needs AUTH TLS */
  TLS4217_REPLY_USER_PROTECTED,        /* 533: this user may not use TLS */
  TLS4217_REPLY_LOGIN_NOT_PROTECTED,   /* 533 to PASS; the session ends */
  TLS4217_REPLY_LOGIN_PROTECTED,       /* 533 to PASS; the session ends */
  TLS4217_REPLY_LOGIN_PROTOCOL,        /* 530: Protocols has no ftps */

  TLS4217_REPLY_REVEAL_NEEDS_AUTH,  /* 533: STAT, MLST in clear */
  TLS4217_REPLY_REVEAL_AFTER_CCC,   /* 533 */
  TLS4217_REPLY_MOVE_NEEDS_AUTH,    /* 533: RNFR, CPFR in clear */
  TLS4217_REPLY_MOVE_NEEDS_PRIVATE, /* 533: at level C */
  TLS4217_REPLY_MOVE_AFTER_CCC,     /* 533 */

  TLS4217_REPLY_DATA_NEEDS_AUTH,      /* 521, before any 1xx: no TLS yet */
  TLS4217_REPLY_DATA_NEEDS_PRIVATE,   /* 521, before any 1xx */
  TLS4217_REPLY_DATA_NEEDS_CLEAR,     /* 521, before any 1xx */
  TLS4217_REPLY_DATA_FROZEN_CLEAR,    /* 521: needs P, after CCC at C */
  TLS4217_REPLY_DATA_FROZEN_PRIVATE,  /* 521: needs C, after CCC at P */
  TLS4217_REPLY_DATA_HANDSHAKE,       /* 522; the caller adds ": reason" */
  TLS4217_REPLY_DATA_NOT_REUSED,      /* 522: full handshake */
  TLS4217_REPLY_DATA_FOREIGN_SESSION, /* 522: session of someone else */
  TLS4217_REPLY_DATA_OTHER_HOST,      /* 522: another server name */
  TLS4217_REPLY_DATA_OTHER_PEER,      /* 522: another client certificate */
  TLS4217_REPLY_DATA_ABORTED,         /* 426: by ABOR or QUIT, in between */
  TLS4217_REPLY_DATA_BROKEN,          /* 426; the caller adds ": reason" */
  TLS4217_REPLY_DATA_CUT,             /* 426: no close_notify */
  TLS4217_REPLY_DATA_UNPROTECTED,     /* 426: of a transfer at level P */
  TLS4217_REPLY_UPLOAD_NOT_EMPTIED,   /* 451; the caller adds ": reason" */
  TLS4217_REPLY_UPLOAD_NO_SPACE,
  TLS4217_REPLY_UPLOAD_OVER_QUOTA,
  TLS4217_REPLY_STALLED,              /* 421: TimeoutStalled */
  TLS4217_REPLY_DATA_FOREIGN_ADDRESS, /* 522: of another host */
  TLS4217_REPLY_DATA_FOREIGN_ADDRESS_CLEAR, /* 425: the same, at level C */
  TLS4217_REPLY_DATA_NO_TLS,                /* 522; ": reason", too */
  TLS4217_REPLY_DATA_NO_TLS_ACTIVE,         /* 522; to PORT or EPRT */
  TLS4217_REPLY_DATA_NO_TLS_NO_PROT,        /* 522; P was the default */
  TLS4217_REPLY_STATUS_CONTROL,             /* 211; ": state", of STAT */
  TLS4217_REPLY_STATUS_DATA,                /* the same */

  TLS4217_REPLY_COUNT,
};

struct tls4217_reply {
  const char *code; /* three digits */
  const char *text; /* one line, without CRLF and without % */
};

/*
 * The reply of an id.  Static data; never NULL.  TLS4217_REPLY_NONE and ids
 * out of range give an entry whose code and text are "".
 */
const struct tls4217_reply *tls4217_reply_get(enum tls4217_reply_id id);

/*
 * The code that a login by certificate gives where a login by password gives
 * code: 232 for 230 (RFC 2228, section 5.2.1), and else code itself, which may
 * be NULL.  Static text, or code.
 */
const char *tls4217_reply_code_by_certificate(const char *code);

/*
 * What an administrator may change for a client that gets this refusal: the
 * directive that decided, for the log.  NULL where the RFC leaves no choice.
 * Static text.
 */
const char *tls4217_reply_remedy(enum tls4217_reply_id id);

/*
 * The directive, with its parameter, that accepts what this refusal is about
 * and that can be given to one user or class alone.  NULL where there is none.
 * Static text.
 */
const char *tls4217_reply_exception(enum tls4217_reply_id id);

#endif
