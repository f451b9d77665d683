/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - every reply that this module decides on
 *
 * The codes are those of RFC 2228, section 5, and RFC 4217, sections 4.2, 5
 * and 10; the texts are ours.  A text of a refusal says why and what to do
 * next, because most clients show it to their user as it is.  Which reply is
 * given is decided in state.c and policy.c; how it is sent, in ftp/.
 */

#include "mod_tls4217/rfc4217/reply.h"

#include <stddef.h>
#include <string.h>

/* RFC 4217, section 10.2, gives these words to every 521. */
#define WRONG_PROT "Data connection cannot be opened with this PROT setting: "

/*
 * RFC 4217, section 10.2: where the refusal is for want of a cached session,
 * "the '522' reply should indicate this".
 */
#define REUSE_ADVICE \
 "the client must resume the TLS session of its control connection " \
 "(administrator: TLSSessionReuse off lifts this)"

/* Since 1.3.10 ProFTPD's default; it has no words for it. */
#define FOREIGN_ADDRESS \
 "The data connection came from another address than the control " \
 "connection: use the same one (administrator: AllowForeignAddress lifts " \
 "this)"

#define PEER_REFUSED \
 "This TLS session is not acceptable here, closing the connection: " \
 "check your client certificate"

static const struct tls4217_reply replies[TLS4217_REPLY_COUNT] = {
  [TLS4217_REPLY_NONE] = { "", "" },

  [TLS4217_REPLY_AUTH_ACCEPTED] = { "234", "AUTH TLS successful" },
  [TLS4217_REPLY_AUTH_NO_PARAMETER] = { "501",
    "AUTH needs a mechanism: send AUTH TLS" },
  [TLS4217_REPLY_AUTH_UNKNOWN] = { "504",
    "Unknown security mechanism: send AUTH TLS" },
  [TLS4217_REPLY_AUTH_TWICE] = { "534",
    "This connection is already protected with TLS: go on without AUTH" },
  [TLS4217_REPLY_AUTH_AFTER_LOGIN] = { "534",
    "AUTH is not accepted after login: send it first on a new connection" },
  [TLS4217_REPLY_AUTH_AFTER_CCC] = { "534",
    "AUTH is not accepted after CCC: send it on a new connection" },
  [TLS4217_REPLY_AUTH_NO_CERTIFICATE] = { "431",
    "TLS is not available, the server has no usable certificate: "
    "try again later, or inform the administrator" },
  [TLS4217_REPLY_HANDSHAKE_FAILED] = { "421",
    "TLS negotiation failed, closing the connection: send AUTH TLS on a "
    "new one and start TLS after the 234 reply" },
  [TLS4217_REPLY_TLS_WITHOUT_AUTH] = { "421",
    "TLS begins with AUTH TLS on this port, closing the connection: set the "
    "client to explicit TLS" },
  [TLS4217_REPLY_TOO_MANY_UNKNOWN] = { "421",
    "Too many unknown commands before login, closing the connection: this is "
    "an FTP server" },
  [TLS4217_REPLY_PEER_REFUSED] = { "421", PEER_REFUSED },
  [TLS4217_REPLY_PEER_OTHER_HOST] = { "421",
    PEER_REFUSED ": this host requires the client certificate in its own "
                 "handshake" },
  [TLS4217_REPLY_TWO_HOSTS] = { "421",
    "HOST and TLS (SNI) name different hosts of this server, closing the "
    "connection: name the same one in both" },
  [TLS4217_REPLY_HOST_AGAIN] = { "504",
    "This connection has named another host before: open a new connection" },

  [TLS4217_REPLY_PBSZ_ZERO] = { "200", "PBSZ 0 successful" },
  [TLS4217_REPLY_PBSZ_OTHER] = { "200", "PBSZ=0" },
  [TLS4217_REPLY_PBSZ_MALFORMED] = { "501",
    "PBSZ needs a decimal number that fits in 32 bits: send PBSZ 0" },
  [TLS4217_REPLY_PBSZ_BEFORE_AUTH] = { "503",
    "This connection is not protected: send AUTH TLS before PBSZ" },
  [TLS4217_REPLY_PBSZ_AFTER_CCC] = { "503",
    "PBSZ is not accepted after CCC: send it before CCC on a new "
    "connection" },

  [TLS4217_REPLY_PROT_CLEAR] = { "200",
    "Protection level set to C, data connections will be clear" },
  [TLS4217_REPLY_PROT_PRIVATE] = { "200",
    "Protection level set to P, data connections will use TLS" },
  [TLS4217_REPLY_PROT_NO_PARAMETER] = { "501",
    "PROT needs a level: send PROT P or PROT C" },
  [TLS4217_REPLY_PROT_UNKNOWN] = { "504",
    "Unknown protection level: send PROT P or PROT C" },
  [TLS4217_REPLY_PROT_UNSUPPORTED] = { "536",
    "TLS does not offer this protection level: send PROT P or PROT C" },
  [TLS4217_REPLY_PROT_BEFORE_AUTH] = { "503",
    "This connection is not protected: send AUTH TLS and PBSZ 0 before "
    "PROT" },
  [TLS4217_REPLY_PROT_BEFORE_PBSZ] = { "503", "Send PBSZ 0 before PROT" },
  [TLS4217_REPLY_PROT_AFTER_CCC] = { "503",
    "PROT is not accepted after CCC: send it before CCC on a new "
    "connection" },
  [TLS4217_REPLY_PROT_CLEAR_EXCLUDED] = { "534",
    "Data connections must be protected on this server: send PROT P" },
  [TLS4217_REPLY_PROT_PRIVATE_EXCLUDED] = { "534",
    "Data connections must be clear on this server: send PROT C" },

  [TLS4217_REPLY_CCC_ACCEPTED] = { "200",
    "Clearing the control connection, the protection level is now fixed" },
  [TLS4217_REPLY_CCC_OFF] = { "500",
    "CCC is not accepted on this server: go on with TLS" },
  [TLS4217_REPLY_CCC_PARAMETER] = { "501",
    "CCC has no parameter: send CCC alone" },
  [TLS4217_REPLY_CCC_NOT_PROTECTED] = { "533",
    "This connection is not protected: CCC has nothing to clear" },
  [TLS4217_REPLY_CCC_BEFORE_LOGIN] = { "534",
    "CCC is not accepted before login: send USER and PASS first" },
  [TLS4217_REPLY_CCC_EXCLUDED] = { "534",
    "The control connection must stay protected here: go on with TLS" },

  [TLS4217_REPLY_REIN_ACCEPTED] = { "220",
    "Session reset, without TLS from here: ready for a new user" },
  [TLS4217_REPLY_REIN_PARAMETER] = { "501",
    "REIN has no parameter: send REIN alone" },
  [TLS4217_REPLY_REIN_AFTER_LOGIN] = { "502",
    "REIN is not available after login: open a new connection" },
  [TLS4217_REPLY_REIN_AFTER_HOST] = { "502",
    "REIN is not available at a host chosen by name: open a new connection" },
  [TLS4217_REPLY_REIN_IMPLICIT] = { "502",
    "REIN is not available where TLS is implicit: open a new connection" },
  [TLS4217_REPLY_REIN_TOO_OFTEN] = { "502",
    "REIN was used too often here: open a new connection" },

  [TLS4217_REPLY_COMMAND_NOT_PROTECTED] = { "533",
    "This command is not accepted without TLS: send AUTH TLS first" },
  [TLS4217_REPLY_COMMAND_LIMITED] = { "534",
    "This command is denied here: go on without it, or ask the administrator "
    "(<Limit>)" },
  [TLS4217_REPLY_USER_NOT_PROTECTED] = { "533",
    "This user may not log in without TLS: send AUTH TLS first" },
  [TLS4217_REPLY_USER_PROTECTED] = { "533",
    "This user may not log in with TLS: log in without AUTH on a new "
    "connection" },
  [TLS4217_REPLY_LOGIN_NOT_PROTECTED] = { "533",
    "This user may not log in without TLS, closing the connection: send "
    "AUTH TLS first on a new one (the password was sent in clear)" },
  [TLS4217_REPLY_LOGIN_PROTECTED] = { "533",
    "This user may not log in with TLS, closing the connection: log in "
    "without AUTH on a new one" },

  /* The words of the core, which mod_auth gives a wrong password, too: who has
   * not logged in learns no more. */
  [TLS4217_REPLY_LOGIN_PROTOCOL] = { "530", "Login incorrect." },

  [TLS4217_REPLY_REVEAL_NEEDS_AUTH] = { "533",
    "The contents of this directory are not disclosed without TLS: send "
    "AUTH TLS before login, on a new connection" },
  [TLS4217_REPLY_REVEAL_AFTER_CCC] = { "533",
    "The contents of this directory are not disclosed after CCC: list it "
    "over a protected data connection (MLSD, LIST)" },
  [TLS4217_REPLY_MOVE_NEEDS_AUTH] = { "533",
    "Files may leave this directory only over TLS: send AUTH TLS before "
    "login, then PBSZ 0 and PROT P" },
  [TLS4217_REPLY_MOVE_NEEDS_PRIVATE] = { "533",
    "Files may leave this directory only over TLS: send PBSZ 0 and PROT P "
    "first" },
  [TLS4217_REPLY_MOVE_AFTER_CCC] = { "533",
    "Files may leave this directory only over TLS: send PROT P before CCC "
    "on a new connection" },

  /* A client that has logged in without TLS cannot send AUTH any more. */
  [TLS4217_REPLY_DATA_NEEDS_AUTH] = { "521",
    WRONG_PROT "send AUTH TLS before login, then PBSZ 0 and PROT P" },
  [TLS4217_REPLY_DATA_NEEDS_PRIVATE] = { "521",
    WRONG_PROT "send PBSZ 0 and PROT P first" },
  [TLS4217_REPLY_DATA_NEEDS_CLEAR] = { "521",
    WRONG_PROT "this transfer must be clear, send PBSZ 0 and PROT C first" },
  [TLS4217_REPLY_DATA_FROZEN_CLEAR] = { "521",
    WRONG_PROT "CCC has fixed it, send PROT P before CCC on a new connection" },
  [TLS4217_REPLY_DATA_FROZEN_PRIVATE] = { "521",
    WRONG_PROT "CCC has fixed it, send PROT C before CCC on a new connection" },
  [TLS4217_REPLY_DATA_HANDSHAKE] = { "522",
    "TLS negotiation on the data connection failed or was not acceptable" },
  [TLS4217_REPLY_DATA_NOT_REUSED] = { "522",
    "The data connection did not resume a TLS session: " REUSE_ADVICE },
  [TLS4217_REPLY_DATA_FOREIGN_SESSION] = { "522",
    "The data connection resumed the TLS session of another "
    "connection: " REUSE_ADVICE },
  [TLS4217_REPLY_DATA_OTHER_HOST] = { "522",
    "The data connection named another host of this server (SNI) than its "
    "control connection: give the same server name on both" },
  [TLS4217_REPLY_DATA_OTHER_PEER] = { "522",
    "The data connection did not show the client certificate of its control "
    "connection: use the same certificate on both" },
  [TLS4217_REPLY_DATA_ABORTED] = { "426",
    "Transfer aborted before its data connection was ready" },
  [TLS4217_REPLY_DATA_BROKEN] = { "426", "Transfer aborted" },
  [TLS4217_REPLY_DATA_CUT] = { "426",
    "Transfer aborted: the data connection ended without TLS close_notify, so "
    "the file may be cut short (the server accepts that with TLSOptions "
    "NoCloseNotifyRequired)" },
  [TLS4217_REPLY_DATA_UNPROTECTED] = { "426",
    "Transfer aborted: the data connection has lost its protection" },
  [TLS4217_REPLY_UPLOAD_NOT_EMPTIED] = { "451",
    "The file could not be emptied" },
  [TLS4217_REPLY_UPLOAD_NO_SPACE] = { "452",
    "The file could not be stored whole: no space is left on the server" },
  [TLS4217_REPLY_UPLOAD_OVER_QUOTA] = { "552",
    "The file could not be stored whole: the quota is used up" },
  [TLS4217_REPLY_STALLED] = { "421",
    "The transfer has moved no data for too long (administrator: "
    "TimeoutStalled), closing the connection" },
  [TLS4217_REPLY_DATA_FOREIGN_ADDRESS] = { "522", "The " FOREIGN_ADDRESS },
  [TLS4217_REPLY_DATA_FOREIGN_ADDRESS_CLEAR] = { "425",
    "The clear " FOREIGN_ADDRESS },
  [TLS4217_REPLY_DATA_NO_TLS] = { "522",
    "The client did not start TLS on the data connection, although PROT is P: "
    "start it there, or send PROT C" },
  [TLS4217_REPLY_DATA_NO_TLS_ACTIVE] = { "522",
    "The client did not start TLS on its own port: the side that sent PORT or "
    "EPRT is the TLS client there, too (or send PROT C)" },
  [TLS4217_REPLY_DATA_NO_TLS_NO_PROT] = { "522",
    "The client did not start TLS on the data connection: this session "
    "protects data from the start, and the client sent no PROT (start TLS "
    "there, or send PBSZ 0 and PROT C)" },
  [TLS4217_REPLY_STATUS_CONTROL] = { "211", "Control connection" },
  [TLS4217_REPLY_STATUS_DATA] = { "211", "Data connections" },
};

#define REUSE_REMEDY "TLSSessionReuse off accepts such clients"

#define VIEW_REMEDY "TLSDataProtection, TLSDataRule and TLSRequired decide"

static const char *const remedies[TLS4217_REPLY_COUNT] = {
  [TLS4217_REPLY_TWO_HOSTS] = "TLSOptions IgnoreSNI accepts such clients",
  [TLS4217_REPLY_PROT_BEFORE_PBSZ] =
    "TLSOptions NoPBSZRequired accepts such clients",
  [TLS4217_REPLY_PROT_CLEAR_EXCLUDED] = VIEW_REMEDY,
  [TLS4217_REPLY_PROT_PRIVATE_EXCLUDED] = VIEW_REMEDY,
  [TLS4217_REPLY_CCC_OFF] = "TLSClearCommandChannel on accepts it",
  [TLS4217_REPLY_CCC_EXCLUDED] = "TLSControlProtection required forbids it",
  [TLS4217_REPLY_REIN_AFTER_LOGIN] = "TLSOptions AllowReinitialize accepts it",
  [TLS4217_REPLY_REIN_AFTER_HOST] = "TLSOptions AllowReinitialize accepts it",
  [TLS4217_REPLY_COMMAND_NOT_PROTECTED] = "TLSControlProtection",
  [TLS4217_REPLY_USER_NOT_PROTECTED] = "TLSUserProtection",
  [TLS4217_REPLY_USER_PROTECTED] = "TLSUserProtection",
  [TLS4217_REPLY_LOGIN_NOT_PROTECTED] = "TLSUserProtection",
  [TLS4217_REPLY_LOGIN_PROTECTED] = "TLSUserProtection",
  [TLS4217_REPLY_REVEAL_NEEDS_AUTH] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_NEEDS_AUTH] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_NEEDS_PRIVATE] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_NEEDS_CLEAR] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_FROZEN_CLEAR] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_FROZEN_PRIVATE] = VIEW_REMEDY,
  [TLS4217_REPLY_DATA_NOT_REUSED] = REUSE_REMEDY,
  [TLS4217_REPLY_DATA_FOREIGN_SESSION] = REUSE_REMEDY,
  [TLS4217_REPLY_DATA_OTHER_HOST] = "TLSOptions IgnoreSNI accepts such "
                                    "clients",
};

const char *tls4217_reply_remedy(enum tls4217_reply_id id) {
  return (unsigned int) id < TLS4217_REPLY_COUNT ? remedies[id] : NULL;
}

const char *tls4217_reply_exception(enum tls4217_reply_id id) {
  switch (id) {
    case TLS4217_REPLY_DATA_NOT_REUSED:
    case TLS4217_REPLY_DATA_FOREIGN_SESSION:
      return "TLSSessionReuse off";

    case TLS4217_REPLY_PROT_BEFORE_PBSZ:
      return "TLSOptions NoPBSZRequired";

    case TLS4217_REPLY_DATA_CUT:
      return "TLSOptions NoCloseNotifyRequired";

    default:
      return NULL;
  }
}

const struct tls4217_reply *tls4217_reply_get(enum tls4217_reply_id id) {
  if ((unsigned int) id >= TLS4217_REPLY_COUNT) {
    return &replies[TLS4217_REPLY_NONE];
  }

  return &replies[id];
}

const char *tls4217_reply_code_by_certificate(const char *code) {
  return code != NULL && strcmp(code, "230") == 0 ? "232" : code;
}
