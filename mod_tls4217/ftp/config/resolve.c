/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the settings of one server, from its records
 *
 * Reads what the table of directives.c says: for each row the default, then
 * the records.  Values were checked when they were parsed, so that nothing can
 * fail here.
 */

#include "mod_tls4217/ftp/config/directives.h"
#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/config/value.h"

static void *member_of(struct tls4217_settings *settings,
  const struct tls4217_directive *directive) {
  return (char *) settings + directive->field;
}

static void preset(const struct tls4217_directive *directive,
  struct tls4217_settings *settings) {
  if (directive->type->preset != NULL) {
    directive->type->preset(
      directive->type, directive->otherwise, member_of(settings, directive));
  }
}

static void take(xaset_t *set, const struct tls4217_directive *directive,
  struct tls4217_settings *settings) {
  const char *name = directive->name;
  config_rec *c;

  if (directive->type->take == NULL) {
    return;
  }

  for (c = find_config(set, CONF_PARAM, name, FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, name, FALSE)) {
    directive->type->take(c, member_of(settings, directive));
    if (directive->type->repeats == false) {
      return;
    }
  }
}

/* Those that have names by the kind of key come behind the others. */
static void complete_files(struct tls4217_settings *settings) {
  const struct tls4217_named_files *named = &settings->named;

  tls4217_value_add_files(
    settings, "TLSRSACertificateFile", named->rsa_file, named->rsa_key_file);
  tls4217_value_add_files(
    settings, "TLSECCertificateFile", named->ec_file, named->ec_key_file);
  tls4217_value_add_files(
    settings, "TLSPKCS12File", named->pkcs12_file, NULL);
  for (size_t i = 0; i < settings->nfiles; i++) {
    settings->files[i].chain_file = named->chain_file;
  }

  tls4217_value_add_files(
    settings, "TLSSelfSignedCertificate", settings->self_signed, NULL);
}

/* TLSPolicy says which versions, but where TLSProtocol does. */
static void complete_versions(xaset_t *set, struct tls4217_settings *settings) {
  if (find_config(set, CONF_PARAM, "TLSProtocol", FALSE) == NULL) {
    settings->tls.versions = tls4217_profile_get(settings->tls.profile)
                               ->versions;
  }
}

/* The old names are "off" (TLSOptions NoSessionReuseRequired, TLSSessionCache
 * off), but where the directive itself says what holds. */
static void complete_reuse(xaset_t *set, struct tls4217_settings *settings) {
  enum tls4217_session_reuse *reuse = &settings->session_reuse;

  if (settings->options.session_reuse_required == false) {
    if (find_config(set, CONF_PARAM, "TLSSessionReuse", FALSE) == NULL) {
      *reuse = TLS4217_SESSION_REUSE_OFF;
    }

    settings->reuse_overridden = *reuse != TLS4217_SESSION_REUSE_OFF;
  }

  settings->options.session_reuse_required = *reuse ==
      TLS4217_SESSION_REUSE_CONNECTION ||
    *reuse == TLS4217_SESSION_REUSE_USER;
}

void tls4217_resolve_settings(xaset_t *set, struct tls4217_settings *settings) {
  const struct tls4217_directive *rows;
  size_t count;

  memset(settings, 0, sizeof(*settings));
  rows = tls4217_directives_rows(&count);
  for (size_t i = 0; i < count; i++) {
    preset(&rows[i], settings);
  }

  for (size_t i = 0; i < count; i++) {
    take(set, &rows[i], settings);
  }

  complete_files(settings);
  complete_versions(set, settings);
  complete_reuse(set, settings);
}

bool tls4217_resolve_reuse_required(
  const server_rec *rec, const struct tls4217_settings *settings) {
  bool required = settings->options.session_reuse_required;
  const config_rec *c = rec->conf != NULL ?
    (const config_rec *) rec->conf->xas_list :
    NULL;

  for (; c != NULL; c = c->next) {
    struct tls4217_settings inner;

    if (c->subset != NULL) {
      tls4217_resolve_settings(c->subset, &inner);
      required = required && inner.options.session_reuse_required;
    }
  }

  return required;
}
