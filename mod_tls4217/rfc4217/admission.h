/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which commands may come before TLS, and which users with it
 *
 * The server's view of the control connection (RFC 4217, sections 4.2 and
 * 10.1): the server cannot dictate TLS, but it can refuse to serve commands
 * until it is there.  Commands of RFC 2228 themselves are checked in state.c,
 * those that open a data connection there and in policy.c.
 */

#ifndef TLS4217_RFC4217_ADMISSION_H
#define TLS4217_RFC4217_ADMISSION_H

#include "mod_tls4217/rfc4217/names.h"
#include "mod_tls4217/rfc4217/state.h"

/*
 * Whether the command verb (upper case; a sub-command such as "OPTS_UTF8"
 * counts as its command) may be served now under a view of the control
 * connection.  Refused gives TLS4217_REPLY_COMMAND_NOT_PROTECTED.  After CCC
 * nothing is refused: the login was protected.
 */
struct tls4217_verdict tls4217_admission_command(
  const struct tls4217_state *state, enum tls4217_control_view view,
  const char *verb);

/*
 * Whether USER may be served for a user about whom TLSUserProtection has a
 * view: required denies an insecure USER, none denies a secure one, anything
 * else denies nothing (RFC 4217, section 10.1).  Asked before any password.
 */
struct tls4217_verdict tls4217_admission_user(
  const struct tls4217_state *state, enum tls4217_view view);

/*
 * The same once more behind PASS, when it is known who has logged in: under a
 * name that USER has not given, or at a server that it was not given to.
 * Refused means that the session ends: the login cannot be taken back.
 */
struct tls4217_verdict tls4217_admission_login(
  const struct tls4217_state *state, enum tls4217_view view);

/*
 * The views that hold where the sections that apply to a user have one of their
 * own (AllowPerUser; TLS4217_CONTROL_VIEW_UNKNOWN: none).  Of commands: the
 * server's, unless the user's section says that it needs no TLS.  Of the user:
 * TLSUserProtection's, unless that leaves open what the section demands.
 */
enum tls4217_control_view tls4217_admission_command_view(
  enum tls4217_control_view server, enum tls4217_control_view section);
enum tls4217_view tls4217_admission_user_view(
  enum tls4217_view user, enum tls4217_control_view section);

/*
 * Whether two names of a host that one client has given mean two different
 * ones (RFC 7151, section 3.2.2).  A host is any object of the caller's; NULL
 * is none of ours, or no name at all, and contradicts nothing.
 */
bool tls4217_admission_are_two_hosts(const void *one, const void *other);

/*
 * Whether HOST may lead from the host current to wanted (NULL: none of ours),
 * where first is the one that the client has reached.  One change is possible:
 * at a second one ProFTPD before 1.3.9 has most modules stay at the host of
 * before, with its users, while the rules are the new host's.  Refused gives
 * TLS4217_REPLY_HOST_AGAIN (RFC 7151, section 3.2: 504).
 */
struct tls4217_verdict tls4217_admission_host(
  const void *first, const void *current, const void *wanted);

/* So many commands that no FTP server has, before a login, come from a program
 * that means another protocol. */
#define TLS4217_ADMISSION_MAX_UNKNOWN 10

/*
 * Whether a session goes on in which so many unknown commands have come, where
 * there has been no login yet: a page can make a browser talk to an FTP server,
 * in TLS, too, and have its lines reflected in the replies (ALPACA).  Refused
 * gives TLS4217_REPLY_TOO_MANY_UNKNOWN, and the session ends.
 */
struct tls4217_verdict tls4217_admission_unknown(
  unsigned int count, bool logged_in);

#endif
