/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the words of RFC 4217 and of the directives that speak of it
 *
 * Tables that turn the parameters of AUTH, PBSZ and PROT, and the values of
 * the policy directives, into the enumerations used by the rest of this
 * floor, and back into words.  RFC 2228 section 3 makes all of them
 * case-insensitive.  What a word is allowed to do is decided in state.c and
 * policy.c, not here.
 */

#ifndef TLS4217_RFC4217_NAMES_H
#define TLS4217_RFC4217_NAMES_H

/* The parameter of AUTH (RFC 4217, sections 8 and 17). */
enum tls4217_mechanism {
  TLS4217_MECHANISM_UNKNOWN,
  TLS4217_MECHANISM_TLS,   /* "TLS" */
  TLS4217_MECHANISM_TLS_C, /* "TLS-C", a synonym of "TLS" */
  TLS4217_MECHANISM_SSL,   /* "SSL": as TLS, the data level starts at P */
  TLS4217_MECHANISM_TLS_P  /* "TLS-P": the same */
};

/* The data channel protection level (RFC 4217, section 9). */
enum tls4217_level {
  TLS4217_LEVEL_CLEAR,        /* C: without TLS */
  TLS4217_LEVEL_PRIVATE,      /* P: with TLS */
  TLS4217_LEVEL_SAFE,         /* S: known to RFC 2228, not offered by TLS */
  TLS4217_LEVEL_CONFIDENTIAL, /* E: the same */
  TLS4217_LEVEL_UNKNOWN,
};

/* The server's view of the data connection (RFC 4217, section 10.2). */
enum tls4217_view {
  TLS4217_VIEW_NONE,         /* view 1: no protection at all */
  TLS4217_VIEW_OPTIONAL,     /* view 2: the client chooses */
  TLS4217_VIEW_REQUIRED,     /* view 3: protection is insisted on */
  TLS4217_VIEW_PER_TRANSFER, /* view 4: decided for each data connection */
  TLS4217_VIEW_UNKNOWN,
};

/* The server's view of the control connection (RFC 4217, section 10.1). */
enum tls4217_control_view {
  TLS4217_CONTROL_VIEW_OPTIONAL, /* the client chooses */
  TLS4217_CONTROL_VIEW_LOGIN,    /* USER, PASS and ACCT only behind TLS */
  TLS4217_CONTROL_VIEW_REQUIRED, /* nearly nothing before TLS */
  TLS4217_CONTROL_VIEW_UNKNOWN
};

/* How a parameter of PBSZ reads (RFC 2228, section 3; RFC 4217, section 9). */
enum tls4217_pbsz {
  TLS4217_PBSZ_MALFORMED, /* not a decimal number of at most 32 bits */
  TLS4217_PBSZ_ZERO,      /* 0, the value that RFC 4217 asks for */
  TLS4217_PBSZ_OTHER      /* a valid size that we answer with PBSZ=0 */
};

/*
 * Names an AUTH mechanism.  word may be in any case; NULL and words that we
 * do not know give TLS4217_MECHANISM_UNKNOWN.
 */
enum tls4217_mechanism tls4217_names_mechanism(const char *word);

/*
 * Names a protection level.  word is the whole parameter of PROT in any
 * case; NULL and unknown words give TLS4217_LEVEL_UNKNOWN.
 */
enum tls4217_level tls4217_names_level(const char *word);

/* The one letter of a level ("C", "P", "S", "E"), or "?".  Static text. */
const char *tls4217_names_level_text(enum tls4217_level level);

/*
 * Names a view: "none", "optional", "required" or "per-transfer" in any
 * case; NULL and unknown words give TLS4217_VIEW_UNKNOWN.
 */
enum tls4217_view tls4217_names_view(const char *word);

/* The word that tls4217_names_view reads as view, or "?".  Static text. */
const char *tls4217_names_view_text(enum tls4217_view view);

/*
 * Names a view of the control connection: "optional", "login" or "required"
 * in any case; NULL and unknown words give TLS4217_CONTROL_VIEW_UNKNOWN.
 */
enum tls4217_control_view tls4217_names_control_view(const char *word);

/* The word that tls4217_names_control_view reads as view, or "?".  Static
 * text. */
const char *tls4217_names_control_view_text(enum tls4217_control_view view);

/*
 * Reads the parameter of PBSZ.  Only digits count: no sign, no blank, no
 * base prefix; 4294967295 is the largest size (RFC 2228, section 8.1).
 * NULL is malformed.
 */
enum tls4217_pbsz tls4217_names_pbsz(const char *word);

#endif
