/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives in sections that come too late
 *
 * See sections.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/sections.h"

#define CONTROL "TLSControlProtection"

/* When a section is known. */
enum moment {
  AFTER_CONNECT = 1,
  AFTER_LOGIN = 2
};

/* The record by which mod_ifsession knows its sections. */
static const struct section {
  const char *record, *name;
  enum moment known;
} sections[] = {
  { "_IfClassList", "IfClass", AFTER_CONNECT },
  { "_IfUserList", "IfUser", AFTER_LOGIN },
  { "_IfGroupList", "IfGroup", AFTER_LOGIN },
  { "_IfAuthenticatedList", "IfAuthenticated", AFTER_LOGIN },
};

#define NSECTIONS (sizeof(sections) / sizeof(sections[0]))

/* What is looked at again when the section is known. */
static const struct {
  const char *directive;
  int moments;
} effects[] = {
  { "TLSCipherSuite", AFTER_CONNECT },
  { "TLSClearCommandChannel", AFTER_CONNECT | AFTER_LOGIN },
  { "TLSClientCertificateMap", AFTER_CONNECT },
  { "TLSControlProtection", AFTER_CONNECT },
  { "TLSDataProtection", AFTER_CONNECT | AFTER_LOGIN },
  { "TLSDataRule", AFTER_CONNECT | AFTER_LOGIN },
  { "TLSEngine", AFTER_CONNECT },
  { "TLSMasqueradeAddress", AFTER_CONNECT | AFTER_LOGIN },
  { "TLSOptions", AFTER_CONNECT | AFTER_LOGIN },
  { "TLSPolicy", AFTER_CONNECT },
  { "TLSProtocol", AFTER_CONNECT },
  { "TLSTimeoutHandshake", AFTER_CONNECT },
  { "TLSUserName", AFTER_CONNECT },
  { "TLSUserProtection", AFTER_CONNECT },
};

#define NEFFECTS (sizeof(effects) / sizeof(effects[0]))

static bool has_effect(const char *directive, enum moment known) {
  for (size_t i = 0; i < NEFFECTS; i++) {
    if (strcmp(effects[i].directive, directive) == 0) {
      return (effects[i].moments & known) != 0;
    }
  }

  return false;
}

static const struct section *find_section(
  const config_rec *c, const config_rec **list) {
  for (size_t i = 0; i < NSECTIONS; i++) {
    *list = find_config(c->subset, -1, sections[i].record, FALSE);
    if (*list != NULL) {
      return &sections[i];
    }
  }

  return NULL;
}

/* TLSRequired is stored as this, too. */
static void complain_of_control(const server_rec *rec, const char *title,
  const char *users, const config_rec *control) {
  const bool loosens = *((const int *) control->argv[0]) ==
    TLS4217_CONTROL_VIEW_OPTIONAL;

  if (users == NULL) {
    users = "NAME,NAME";
  }

  if (loosens) {
    tls4217_complaints_warning(rec,
      "%s: TLSControlProtection (or TLSRequired) is no exception there, "
      "because USER is decided before that: write 'TLSUserProtection "
      "optional %s' followed by 'TLSUserProtection required *' in place of "
      "the server's (beside 'TLSDataProtection required' for TLSRequired "
      "on)",
      title, users);
    return;
  }

  tls4217_complaints_warning(rec,
    "%s: TLSControlProtection (or TLSRequired) comes too late there, because "
    "the password has been sent when the section is known: write "
    "'TLSUserProtection required %s' at the server's level",
    title, users);
}

static void check_directive(const server_rec *rec,
  const struct tls4217_settings *settings, const struct section *section,
  const char *title, const char *users, const config_rec *c) {
  if (c->config_type != CONF_PARAM || strncmp(c->name, "TLS", 3) != 0 ||
    has_effect(c->name, section->known)) {
    return;
  }

  if (strcmp(c->name, CONTROL) != 0) {
    tls4217_complaints_warning(rec,
      "%s: %s has no effect there, because it is asked for before the section "
      "is known: put it at the server's level",
      title, c->name);

  } else if (settings->options.per_user && users != NULL) {
    return; /* decided at USER: policies.c */

  } else if (settings->control_view != TLS4217_CONTROL_VIEW_OPTIONAL ||
    *((const int *) c->argv[0]) != TLS4217_CONTROL_VIEW_OPTIONAL) {
    complain_of_control(rec, title, users, c);
  }
}

static void check_section(const server_rec *rec,
  const struct tls4217_settings *settings, const struct section *section,
  const config_rec *list, const config_rec *c) {
  const char *words = list->argc > 0 && list->argv[0] != NULL ? list->argv[0] :
                                                                "";
  const bool names_users = strcmp(section->name, "IfUser") == 0 &&
    strncmp(words, "regex", 5) != 0;
  char title[256];

  (void) snprintf(title, sizeof(title), "<%s%s%s>", section->name,
    *words != '\0' ? " " : "", words);

  for (const config_rec *inner = (const config_rec *) c->subset->xas_list;
       inner != NULL; inner = inner->next) {
    check_directive(
      rec, settings, section, title, names_users ? words : NULL, inner);
  }
}

/* mod_tls lets anonymous users in without TLS there, under AllowPerUser. */
static void check_anonymous(const server_rec *rec,
  const struct tls4217_settings *settings, const config_rec *c) {
  const config_rec *control, *user;
  char title[256];

  control = find_config(c->subset, CONF_PARAM, CONTROL, FALSE);
  user = find_config(c->subset, CONF_PARAM, "UserName", FALSE);
  if (control != NULL && user != NULL && settings->options.per_user == false &&
    settings->control_view != TLS4217_CONTROL_VIEW_OPTIONAL &&
    *((const int *) control->argv[0]) == TLS4217_CONTROL_VIEW_OPTIONAL) {
    (void) snprintf(title, sizeof(title), "<Anonymous %s>", c->name);
    complain_of_control(rec, title, user->argv[0], control);
  }
}

void tls4217_sections_check(
  const server_rec *rec, const struct tls4217_settings *settings) {
  const config_rec *c = rec->conf != NULL ?
    (const config_rec *) rec->conf->xas_list :
    NULL;

  for (; c != NULL; c = c->next) {
    const struct section *section;
    const config_rec *list;

    if (c->subset == NULL) {
      continue;
    }

    if (c->config_type == CONF_ANON) {
      check_anonymous(rec, settings, c);
      continue;
    }

    section = find_section(c, &list);
    if (section != NULL) {
      check_section(rec, settings, section, list, c);
    }
  }
}
