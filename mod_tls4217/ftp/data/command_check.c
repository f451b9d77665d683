/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - may this command touch what it names?
 *
 * RFC 4217, section 10.2, lets the server have a view of each transfer.  Here
 * the view is found for every name of everything that the command touches;
 * where that cannot be listed, the strictest view that may apply there decides.
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/data/ftpaccess.h"
#include "mod_tls4217/ftp/data/command_check.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/data/spelling.h"
#include "mod_tls4217/ftp/data/target.h"

typedef struct tls4217_verdict (*decision)(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below);

/* Where the name stands in the command. */
enum place {
  ARGUMENT,   /* all of it */
  RESOLVED,   /* and what the core has made of it */
  SUBCOMMAND, /* behind the sub-command: SITE CPFR path with blanks */
  SECOND,     /* the word behind the sub-command: SITE COPY from to */
};

/* How a command is checked. */
struct kind {
  const char *verb;
  const char *subcommand; /* of SITE; or NULL */
  enum place place;
  enum tls4217_reading reading;
  decision decide;
  const char *as; /* what TLSDataRule's command is compared with */
  bool takes_all; /* what it names goes with all that is below */
};

#define NAME    TLS4217_READING_NAME
#define LISTING TLS4217_READING_LISTING

static const struct kind kinds[] = {
  { C_APPE, NULL, RESOLVED, NAME, tls4217_state_transfer_below, C_APPE, false },
  { C_RETR, NULL, RESOLVED, NAME, tls4217_state_transfer_below, C_RETR, false },
  { C_STOR, NULL, RESOLVED, NAME, tls4217_state_transfer_below, C_STOR, false },
  { C_STOU, NULL, ARGUMENT, TLS4217_READING_UNIQUE,
    tls4217_state_transfer_below, C_STOU, false },
  { C_LIST, NULL, ARGUMENT, LISTING, tls4217_state_transfer_below, C_LIST,
    false },
  { C_NLST, NULL, ARGUMENT, LISTING, tls4217_state_transfer_below, C_NLST,
    false },
  { C_MLSD, NULL, ARGUMENT, NAME, tls4217_state_transfer_below, C_MLSD, false },

  { C_STAT, NULL, ARGUMENT, LISTING, tls4217_state_reveal, C_LIST, false },
  { C_MLST, NULL, ARGUMENT, NAME, tls4217_state_reveal, C_MLSD, false },

  { C_RNFR, NULL, ARGUMENT, NAME, tls4217_state_move, C_RETR, true },
  { "CPFR", NULL, ARGUMENT, NAME, tls4217_state_move, C_RETR, true },
  { C_SITE, "CPFR", SUBCOMMAND, NAME, tls4217_state_move, C_RETR, true },
  { C_SITE, "COPY", SECOND, NAME, tls4217_state_move, C_RETR, true },
};

/* One command that is being checked. */
struct hearing {
  cmd_rec *cmd;
  const struct tls4217_session *sess;
  const struct kind *kind;
  struct tls4217_facts facts;
  struct tls4217_transfer transfer;
  struct tls4217_verdict verdict;
  const char *about;  /* what was refused; or NULL */
  const char *opened; /* what the core will open; NULL: not known */
};

static const struct kind *find_kind(const cmd_rec *cmd) {
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    const struct kind *kind = &kinds[i];

    if (strcmp(kind->verb, cmd->argv[0]) == 0 &&
      (kind->subcommand == NULL ||
        (cmd->argc > 2 && strcasecmp(kind->subcommand, cmd->argv[1]) == 0))) {
      return kind;
    }
  }

  return NULL;
}

/* STAT without a path reports on the session. */
static bool names_nothing(const cmd_rec *cmd, const struct kind *kind) {
  return cmd->argc == 1 && strcmp(kind->verb, C_STAT) == 0;
}

/* No .ftpaccess can refuse a transfer that is protected. */
static bool is_at_ease(const struct hearing *hearing) {
  static const struct tls4217_data_policy tightened = {
    .view = TLS4217_VIEW_REQUIRED
  };
  struct tls4217_facts facts = hearing->facts;

  facts.data = &tightened;
  return hearing->kind
    ->decide(&hearing->sess->state, &facts, &hearing->transfer, NULL)
    .accepted;
}

/* Whether the verdict depends on what the command touches.  An .ftpaccess
 * can only turn optional into required. */
static bool needs_target(const struct hearing *hearing) {
  const struct tls4217_data_policy *data = &hearing->sess->settings.data;

  return data->directory_views || data->view == TLS4217_VIEW_PER_TRANSFER ||
    (data->view == TLS4217_VIEW_OPTIONAL && is_at_ease(hearing) == false);
}

static bool decide(
  struct hearing *hearing, const struct tls4217_views_below *below) {
  hearing->verdict = hearing->kind->decide(
    &hearing->sess->state, &hearing->facts, &hearing->transfer, below);
  if (hearing->verdict.accepted == false) {
    hearing->about = hearing->transfer.path != NULL ?
      pstrdup(hearing->cmd->pool, hearing->transfer.path) :
      NULL;
  }

  return hearing->verdict.accepted;
}

/* All that any place of this server may say. */
static bool decide_everywhere(struct hearing *hearing) {
  struct tls4217_views_below below;

  tls4217_policies_views_below(hearing->cmd->tmp_pool, "/", &below);
  below.tightened = is_at_ease(hearing) == false;
  return decide(hearing, &below);
}

static bool decide_name(struct hearing *hearing, pool *p, const char *path) {
  struct tls4217_views_below below;

  hearing->transfer.path = path;
  hearing->transfer.directory_view = tls4217_policies_directory_view(
    p, path, &hearing->transfer.tightened);
  if (hearing->kind->takes_all == false) {
    return decide(hearing, NULL);
  }

  tls4217_policies_views_below(p, path, &below);
  return decide(hearing, &below);
}

static bool visit(void *data, const char *name) {
  struct hearing *hearing = data;
  pool *p = make_sub_pool(hearing->cmd->tmp_pool);
  const char *path = hearing->opened != NULL ?
    hearing->opened :
    tls4217_spelling_resolve(p, name);
  array_header *names;
  bool complete = true, ok = true;

  if (is_at_ease(hearing) == false) {
    tls4217_ftpaccess_load(p, path);
  }

  names = tls4217_spelling_find(p, name, path, &complete);
  for (unsigned int i = 0; ok && i < names->nelts; i++) {
    ok = decide_name(hearing, p, ((const char **) names->elts)[i]);
  }

  if (ok && complete == false) {
    ok = decide_everywhere(hearing);
  }

  hearing->transfer.path = NULL;
  destroy_pool(p);
  return ok;
}

static bool is_harmless(void *data) {
  struct hearing trial = *((const struct hearing *) data);

  return decide_everywhere(&trial);
}

/* The name as the core decodes it, and what the core has resolved it to, and
 * will open; or NULL. */
static const char *find_note(const struct hearing *hearing) {
  const cmd_rec *cmd = hearing->cmd;
  const char *path;

  if (hearing->kind->place != RESOLVED) {
    return NULL;
  }

  path = pr_table_get(cmd->notes, "mod_xfer.store-path", NULL);
  return path != NULL ? path :
                        pr_table_get(cmd->notes, "mod_xfer.retr-path", NULL);
}

static const char *find_argument(const struct hearing *hearing) {
  const cmd_rec *cmd = hearing->cmd;
  const char *text = "";

  switch (hearing->kind->place) {
    case ARGUMENT:
    case RESOLVED:
      return cmd->argc > 1 ? pr_fs_decode_path(cmd->tmp_pool, cmd->arg) : "";

    case SECOND:
      return pr_fs_decode_path(cmd->tmp_pool, cmd->argv[2]);

    case SUBCOMMAND:
      break;
  }

  for (unsigned int i = 2; i < cmd->argc; i++) {
    text = pstrcat(cmd->tmp_pool, text, *text != '\0' ? " " : "",
      pr_fs_decode_path(cmd->tmp_pool, cmd->argv[i]), NULL);
  }

  return text;
}

static bool hear(struct hearing *hearing) {
  const struct tls4217_visitor visitor = { visit, is_harmless, hearing };
  bool unlisted = false;

  hearing->opened = find_note(hearing);
  if (tls4217_target_visit(hearing->cmd->tmp_pool, hearing->kind->reading,
        find_argument(hearing), &visitor, &unlisted)) {
    return true;
  }

  /* Ended by a refusal, or because there is too much to visit. */
  return unlisted && decide_everywhere(hearing);
}

/* Commands that a data connection waits for. */
static bool is_transfer(const struct kind *kind) {
  return kind->decide == tls4217_state_transfer_below;
}

modret_t *tls4217_command_check(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  struct hearing hearing = { .cmd = cmd,
    .sess = sess,
    .kind = find_kind(cmd),
    .facts = tls4217_session_facts(sess),
    .transfer = { .directory_view = TLS4217_VIEW_UNKNOWN } };
  bool ok;

  if (hearing.kind == NULL || hearing.facts.logged_in == false ||
    names_nothing(cmd, hearing.kind)) {
    return NULL;
  }

  hearing.transfer.command = hearing.kind->as;
  ok = needs_target(&hearing) ? hear(&hearing) : decide(&hearing, NULL);
  if (ok) {
    return NULL;
  }

  if (is_transfer(hearing.kind)) {
    /* Without this the core would take the next LIST for a passive one that
     * has lost its socket, and not answer it. */
    pr_data_reset();
  }

  return tls4217_response_refuse(
    cmd, sess, hearing.verdict.reply, hearing.about, NULL);
}
