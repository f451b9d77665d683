/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives with one value: a switch, a path, a number
 *
 * See value_directives.h.
 */

#include "mod_tls4217/ftp/config/value.h"
#include "mod_tls4217/ftp/config/value_directives.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* One handshake should never hold a process longer than this, in seconds. */
#define MAX_HANDSHAKE_TIMEOUT 3600

/* usage: NAME on|off */
modret_t *tls4217_value_directives_switch(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  unsigned char *value;
  config_rec *c;
  int on;

  on = get_boolean(cmd, 1);
  if (on < 0) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  /* mod_sftp reads TLSEngine as an unsigned char. */
  c = add_config_param(directive->name, 1, NULL);
  value = pcalloc(c->pool, sizeof(*value));
  *value = (unsigned char) on;
  c->argv[0] = value;
  return PR_HANDLED(cmd);
}

modret_t *tls4217_value_directives_text(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  (void) add_config_param_str(directive->name, 1, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

/* usage: NAME word|... */
modret_t *tls4217_value_directives_word(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const struct tls4217_word *word;
  int on;

  word = tls4217_value_find_word(directive->type, cmd->argv[1]);
  if (word == NULL) {
    on = get_boolean(cmd, 1);
    word = on < 0 ?
      NULL :
      tls4217_value_find_word(directive->type, on == TRUE ? "on" : "off");
  }

  if (word == NULL) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  (void) tls4217_directive_add_int(directive->name, word->value);
  return PR_HANDLED(cmd);
}

/* usage: TLSLog path|none */
modret_t *tls4217_value_directives_log(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *path = cmd->argv[1];

  if (strcasecmp(path, "none") == 0) {
    (void) add_config_param(directive->name, 1, NULL);
    return PR_HANDLED(cmd);
  }

  if (*path != '/') {
    return tls4217_directive_refuse(cmd,
      "write the whole path, from '/' on, such as /var/log/proftpd/tls.log");
  }

  return tls4217_value_directives_text(cmd, directive);
}

/* What is wrong with a URI in place of a path; NULL: nothing. */
static const char *check_token(const cmd_rec *cmd, unsigned int at) {
  if (at < 2 &&
    strstr((const char *) cmd->argv[0], "CertificateKeyFile") == NULL) {
    return "only keys can be in a token (PKCS #11): write its certificate, "
           "which is no secret, into a file: 'pkcs11-tool --read-object --type "
           "cert --label LABEL | openssl x509 -inform DER'";
  }

  return tls4217_tokenuri_check(cmd->argv[at]);
}

/* usage: NAME /path [/path] */
modret_t *tls4217_value_directives_files(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *paths[2] = { NULL, NULL };
  config_rec *c;

  for (unsigned int i = 1; i < cmd->argc; i++) {
    paths[i - 1] = cmd->argv[i];

    if (strspn(paths[i - 1], "\\ \t") == strlen(paths[i - 1])) {
      return tls4217_directive_refuse(cmd,
        "a space follows the backslash at the end of the line: remove it, "
        "so that the next line continues this one");
    }

    if (tls4217_tokenuri_is(paths[i - 1])) {
      const char *wrong = check_token(cmd, i);

      if (wrong != NULL) {
        return tls4217_directive_refuse(cmd, wrong);
      }

    } else if (*paths[i - 1] != '/') {
      return tls4217_directive_refuse(cmd,
        pstrcat(
          cmd->tmp_pool, "'", paths[i - 1], "' must start with '/'", NULL));
    }
  }

  c = add_config_param(directive->name, 2, NULL, NULL);
  c->argv[0] = pstrdup(c->pool, paths[0]);
  c->argv[1] = paths[1] != NULL ? pstrdup(c->pool, paths[1]) : NULL;
  return PR_HANDLED(cmd);
}

/* usage: TLSMasqueradeAddress address|name|interface
 * The core reads the record: PASV of a session that is protected. */
modret_t *tls4217_value_directives_masquerade(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  config_rec *c = add_config_param(directive->name, 2, NULL, NULL);

  c->argv[1] = pstrdup(c->pool, cmd->argv[1]);
  c->argv[0] = (void *) pr_netaddr_get_addr2(
    c->pool, cmd->argv[1], NULL, PR_NETADDR_GET_ADDR_FL_INCL_DEVICE);
  if (c->argv[0] == NULL) {
    return tls4217_directive_refuse(cmd,
      pstrcat(cmd->tmp_pool, "'", cmd->argv[1],
        "' is neither an address nor a host name or interface with one; "
        "write the address that clients reach",
        NULL));
  }

  return PR_HANDLED(cmd);
}

/* usage: TLSTimeoutHandshake seconds */
modret_t *tls4217_value_directives_timeout(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  int seconds;

  if (pr_str_get_duration(cmd->argv[1], &seconds) < 0 || seconds < 0) {
    return tls4217_directive_refuse(cmd,
      "must be between 1 and 3600 "
      "seconds");
  }

  if (seconds == 0 || seconds > MAX_HANDSHAKE_TIMEOUT) {
    seconds = MAX_HANDSHAKE_TIMEOUT;
    tls4217_directive_warn(cmd, directive->name,
      "3600 seconds, the maximum, is used: without a limit (0 in mod_tls), "
      "a silent client would occupy a process forever");
  }

  (void) tls4217_directive_add_int(directive->name, seconds);
  return PR_HANDLED(cmd);
}

/* usage: TLSReloadInterval seconds */
modret_t *tls4217_value_directives_interval(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  int seconds;

  if (pr_str_get_duration(cmd->argv[1], &seconds) < 0 || seconds < 0) {
    return tls4217_directive_refuse(cmd,
      "write the number of seconds between two looks at the certificate files, "
      "or 0: they are read at SIGHUP and 'ftpdctl tls reload' only");
  }

  (void) tls4217_directive_add_int(directive->name, seconds);
  return PR_HANDLED(cmd);
}

/* A directive of mod_tls that has lost its meaning. */
modret_t *tls4217_value_directives_nothing(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  tls4217_directive_warn(cmd, directive->name, directive->usage);
  return PR_HANDLED(cmd);
}

/* One without which a site would be another. */
modret_t *tls4217_value_directives_refused(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  return tls4217_directive_refuse(cmd, directive->usage);
}
