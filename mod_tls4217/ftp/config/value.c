/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how a directive becomes a member of the settings
 *
 * See value.h.  Records were checked when they were read, so that nothing can
 * fail here.  An enum has the size of an int, which is what records hold.
 */

#include "mod_tls4217/ftp/config/option_directives.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/ftp/config/value.h"
#include "mod_tls4217/rfc4217/names.h"
#include "mod_tls4217/tls/version.h"

/* The words of a default, at most. */
#define MAX_WORDS 8

const struct tls4217_word *tls4217_value_find_word(
  const struct tls4217_value_type *type, const char *name) {
  const struct tls4217_word *word = type->words;

  while (word->name != NULL && strcasecmp(word->name, name) != 0) {
    word++;
  }

  return word->name != NULL ? word : NULL;
}

/* Switches: mod_sftp reads an unsigned char. */

static void preset_switch(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  *((bool *) member) = strcmp(otherwise, "on") == 0;
}

static void take_switch(const config_rec *c, void *member) {
  *((bool *) member) = *((const unsigned char *) c->argv[0]) == TRUE;
}

static void take_presence(const config_rec *c, void *member) {
  *((bool *) member) = true;
}

/* "off" is mod_tls' word for it. */
static void take_session_cache(const config_rec *c, void *member) {
  if (*((const bool *) c->argv[0])) {
    *((bool *) member) = false;
  }
}

/* Numbers, words, text. */

static void preset_number(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  *((int *) member) = (int) strtol(otherwise, NULL, 10);
}

static void preset_word(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  *((int *) member) = tls4217_value_find_word(type, otherwise)->value;
}

static void preset_control_view(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  *((enum tls4217_control_view *) member) = tls4217_names_control_view(
    otherwise);
}

static void preset_view(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  *((enum tls4217_view *) member) = tls4217_names_view(otherwise);
}

static void take_int(const config_rec *c, void *member) {
  *((int *) member) = *((const int *) c->argv[0]);
}

static void take_text(const config_rec *c, void *member) {
  *((const char **) member) = c->argv[0];
}

/* What a handshake may agree on. */

static void preset_versions(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  const char *words[MAX_WORDS];
  char text[64], *rest = NULL;
  struct tls4217_error err;
  size_t nwords = 0;

  tls4217_error_clear(&err);
  (void) snprintf(text, sizeof(text), "%s", otherwise);
  for (char *word = strtok_r(text, " ", &rest);
       word != NULL && nwords < MAX_WORDS; word = strtok_r(NULL, " ", &rest)) {
    words[nwords++] = word;
  }

  *((unsigned int *) member) = tls4217_version_parse(words, nwords, NULL, &err);
}

static void take_versions(const config_rec *c, void *member) {
  *((unsigned int *) member) = *((const unsigned int *) c->argv[0]);
}

/* The first TLSCipherSuite for either kind of list counts. */
static void take_ciphers(const config_rec *c, void *member) {
  struct tls4217_parameters *parameters = member;
  const char **list = *((const bool *) c->argv[1]) ? &parameters->ciphersuites :
                                                     &parameters->ciphers;

  if (*list == NULL) {
    *list = c->argv[0];
  }
}

/* Files. */

void tls4217_value_add_files(struct tls4217_settings *settings,
  const char *directive, const char *cert_file, const char *key_file) {
  struct tls4217_certificate_files *files;

  if (cert_file == NULL || settings->nfiles == TLS4217_MAX_CERTIFICATES) {
    return;
  }

  files = &settings->files[settings->nfiles++];
  files->directive = directive;
  files->cert_file = cert_file;
  files->key_file = key_file;
}

static void take_certificate(const config_rec *c, void *member) {
  tls4217_value_add_files(member, c->name, c->argv[0], c->argv[1]);
}

/* A word behind a path holds for file and directory; two that differ are an
 * error of client_check.c's. */
static bool take_word(enum tls4217_revocation_word word, bool *lenient,
  enum tls4217_revocation_word *said) {
  const bool differs = *said != TLS4217_REVOCATION_UNSAID &&
    word != TLS4217_REVOCATION_UNSAID && word != *said;

  if (word != TLS4217_REVOCATION_UNSAID) {
    *said = word;
    *lenient = word == TLS4217_REVOCATION_LENIENT;
  }

  return differs;
}

static void take_revocation(
  const config_rec *c, struct tls4217_client_settings *client) {
  const enum tls4217_revocation_word *scope = c->argv[1];
  const enum tls4217_revocation_word *missing = c->argv[2];
  struct tls4217_verify_settings *verify = &client->verify;

  client->crl_words_differ |= take_word(
    *scope, &verify->crl_leaf_only, &client->crl_scope);
  client->crl_words_differ |= take_word(
    *missing, &verify->crl_missing_is_ok, &client->crl_missing);
}

static void take_crl_file(const config_rec *c, void *member) {
  struct tls4217_client_settings *client = member;

  client->verify.crl_file = c->argv[0];
  take_revocation(c, client);
}

static void take_crl_path(const config_rec *c, void *member) {
  struct tls4217_client_settings *client = member;

  client->verify.crl_path = c->argv[0];
  take_revocation(c, client);
}

/* Session tickets. */

static void preset_ticket_keys(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  struct tls4217_ticket_keys *keys = member;
  long age = 0, count = 0;

  (void) sscanf(otherwise, "age %ld count %ld", &age, &count);
  memset(keys, 0, sizeof(*keys));
  keys->rules.age = age;
  keys->rules.kept = (size_t) count;
}

static void take_ticket_keys(const config_rec *c, void *member) {
  *((struct tls4217_ticket_keys *) member) = *(
    (const struct tls4217_ticket_keys *) c->argv[0]);
}

static void take_path(const config_rec *c, void *member) {
  struct tls4217_paths *files = member;

  if (files->count < TLS4217_MAX_PATHS) {
    files->paths[files->count++] = c->argv[0];
  }
}

/* Options. */

static void preset_options(
  const struct tls4217_value_type *type, const char *otherwise, void *member) {
  tls4217_option_directives_preset(member);
}

static void take_options(const config_rec *c, void *member) {
  tls4217_option_directives_take(c, member);
}

static const struct tls4217_word offload_words[] = {
  { "auto", TLS4217_OFFLOAD_AUTO },
  { "on", TLS4217_OFFLOAD_ON },
  { "off", TLS4217_OFFLOAD_OFF },
  { NULL, 0 },
};

static const struct tls4217_word session_reuse_words[] = {
  { "connection", TLS4217_SESSION_REUSE_CONNECTION },
  { "user", TLS4217_SESSION_REUSE_USER },
  { "report", TLS4217_SESSION_REUSE_REPORT },
  { "off", TLS4217_SESSION_REUSE_OFF },
  { NULL, 0 },
};

static const struct tls4217_word profile_words[] = {
  { "modern", TLS4217_PROFILE_MODERN },
  { "intermediate", TLS4217_PROFILE_INTERMEDIATE },
  { "compatible", TLS4217_PROFILE_COMPATIBLE },
  { NULL, 0 },
};

static const struct tls4217_word unknown_name_words[] = {
  { "default", TLS4217_UNKNOWN_NAME_DEFAULT },
  { "reject", TLS4217_UNKNOWN_NAME_REJECT },
  { NULL, 0 },
};

static const struct tls4217_word verify_words[] = {
  { "on", TLS4217_VERIFY_REQUIRED },
  { "optional", TLS4217_VERIFY_OPTIONAL },
  { "off", TLS4217_VERIFY_OFF },
  { NULL, 0 },
};

const struct tls4217_value_type tls4217_value_none = { NULL };
const struct tls4217_value_type tls4217_value_list = { .repeats = true };
const struct tls4217_value_type tls4217_value_switch = { preset_switch,
  take_switch };
const struct tls4217_value_type tls4217_value_number = { preset_number,
  take_int };
const struct tls4217_value_type tls4217_value_text = { NULL, take_text };
const struct tls4217_value_type tls4217_value_presence = { NULL, take_presence,
  true };
const struct tls4217_value_type tls4217_value_offload = { preset_word, take_int,
  false, offload_words };
const struct tls4217_value_type tls4217_value_session_reuse = { preset_word,
  take_int, false, session_reuse_words };

/* Without a record it is TLS4217_PROFILE_UNNAMED. */
const struct tls4217_value_type tls4217_value_profile = { NULL, take_int, false,
  profile_words };
const struct tls4217_value_type tls4217_value_unknown_name = { preset_word,
  take_int, false, unknown_name_words };
const struct tls4217_value_type tls4217_value_verify = { preset_word, take_int,
  false, verify_words };
const struct tls4217_value_type tls4217_value_control_view = {
  preset_control_view, take_int
};
const struct tls4217_value_type tls4217_value_view = { preset_view, take_int };
const struct tls4217_value_type tls4217_value_versions = { preset_versions,
  take_versions };
const struct tls4217_value_type tls4217_value_ciphers = { NULL, take_ciphers,
  true };
const struct tls4217_value_type tls4217_value_crl_file = { NULL,
  take_crl_file };
const struct tls4217_value_type tls4217_value_crl_path = { NULL,
  take_crl_path };
const struct tls4217_value_type tls4217_value_certificate = { NULL,
  take_certificate, true };
const struct tls4217_value_type tls4217_value_ticket_keys = {
  preset_ticket_keys, take_ticket_keys
};
const struct tls4217_value_type tls4217_value_paths = { NULL, take_path, true };
const struct tls4217_value_type tls4217_value_options = { preset_options,
  take_options, true };
const struct tls4217_value_type tls4217_value_session_cache = { NULL,
  take_session_cache };
