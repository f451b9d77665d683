/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the reading of the configuration: where it is, what it refused
 *
 * See parsing.h.  That a file was left out in part shows in two ways.  The
 * core goes on with the lines of the included file as if they stood in the
 * including one, so that its two counts of lines differ.  Or no line follows
 * an Include, although the file has more.
 */

#include <stdio.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/parsing.h"

#define MAX_LINE 4096

/* An Include whose end has not been seen yet. */
struct pending {
  const char *file;
  unsigned int line;
};

struct refusal {
  const char *place, *why;
};

/* One reading; the core's callbacks get no argument of ours. */
static struct {
  pool *pool; /* NULL: nothing has been noted yet */
  char *file; /* of the line being read */
  unsigned int line;
  array_header *pending;  /* struct pending */
  array_header *refusals; /* struct refusal */
} reading;

static void begin(void) {
  if (reading.pool == NULL) {
    reading.pool = make_sub_pool(permanent_pool);
    pr_pool_tag(reading.pool, MOD_TLS4217_VERSION " parsing");
    reading.pending = make_array(reading.pool, 4, sizeof(struct pending));
    reading.refusals = make_array(reading.pool, 4, sizeof(struct refusal));
  }
}

bool tls4217_parsing_is_under_way(void) {
  return session.c == NULL && pr_parser_server_ctxt_get() != NULL;
}

const char *tls4217_parsing_place(pool *p) {
  char line[32];

  (void) snprintf(line, sizeof(line), "line %u", pr_parser_get_lineno());
  return reading.file != NULL ?
    pstrcat(p, line, " of '", reading.file, "'", NULL) :
    pstrdup(p, line);
}

static void add_refusal(const char *place, const char *why) {
  struct refusal *refusal;

  begin();
  refusal = push_array(reading.refusals);
  refusal->place = pstrdup(reading.pool, place);
  refusal->why = pstrdup(reading.pool, why);
}

void tls4217_parsing_refuse(const char *why) {
  if (tls4217_parsing_is_under_way()) {
    begin();
    add_refusal(tls4217_parsing_place(reading.pool), why);
  }
}

static void add_cut(const char *file) {
  add_refusal(pstrcat(reading.pool, "'", file, "'", NULL),
    "a file that is included has an error, see the lines above; ProFTPD "
    "ignores everything after that Include");
}

/* A line of a file behind its Includes: they have ended. */
static void end_includes(const char *file) {
  struct pending *pending = reading.pending->elts;

  for (unsigned int i = 0; i < reading.pending->nelts; i++) {
    if (strcmp(pending[i].file, file) == 0) {
      reading.pending->nelts = i;
      return;
    }
  }
}

static void note_include(void) {
  struct pending *pending = push_array(reading.pending);

  pending->file = reading.file;
  pending->line = reading.line;
}

/* Every TLS directive of mod_tls has a row of ours; what is left is a typo, in
 * ours or of another module's name. */
static bool is_unknown(const char *name) {
  return strncasecmp(name, "TLS", 3) == 0 &&
    pr_stash_get_symbol2(PR_SYM_CONF, name, NULL, NULL, NULL) == NULL;
}

static void parsed_line_ev(const void *event_data, void *user_data) {
  const pr_parsed_line_t *parsed = event_data;
  const char *name;

  (void) user_data;

  if (tls4217_parsing_is_under_way() == false || parsed->cmd->argc == 0) {
    return;
  }

  begin();
  name = parsed->cmd->argv[0];
  if (reading.file == NULL || strcmp(reading.file, parsed->source_file) != 0) {
    reading.file = pstrdup(reading.pool, parsed->source_file);
  }
  reading.line = parsed->source_lineno;

  if (parsed->source_lineno != pr_parser_get_lineno()) {
    if (reading.refusals->nelts == 0) {
      add_cut(reading.file);
    }
    return;
  }

  end_includes(reading.file);
  if (strcasecmp(name, "Include") == 0) {
    note_include();

  } else if (is_unknown(name)) {
    tls4217_parsing_refuse(
      pstrcat(reading.pool, "there is no directive ", name, NULL));
  }
}

void tls4217_parsing_watch(void) {
  pr_event_register(&tls4217_module, "core.parsed-line", parsed_line_ev, NULL);
}

/* Whether a file has a directive behind a line. */
static bool has_more(const char *path, unsigned int line) {
  char text[MAX_LINE];
  bool found = false;
  FILE *file;

  file = fopen(path, "r");
  if (file == NULL) {
    return false;
  }

  for (unsigned int at = 1;
       found == false && fgets(text, sizeof(text), file) != NULL; at++) {
    const char *start = text + strspn(text, " \t\r\n");

    found = at > line && *start != '\0' && *start != '#';
  }

  (void) fclose(file);
  return found;
}

/* The file is the administrator's, and may be root's alone. */
static bool is_cut(const struct pending *pending) {
  bool cut;

  pr_signals_block();
  PRIVS_ROOT
  cut = has_more(pending->file, pending->line);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return cut;
}

bool tls4217_parsing_complain(void) {
  const struct refusal *refusals;
  const struct pending *pending;

  if (reading.pool == NULL) {
    return false;
  }

  pending = reading.pending->elts;
  for (unsigned int i = 0;
       i < reading.pending->nelts && reading.refusals->nelts == 0; i++) {
    if (is_cut(&pending[i])) {
      add_cut(pending[i].file);
    }
  }

  refusals = reading.refusals->elts;
  for (unsigned int i = 0; i < reading.refusals->nelts; i++) {
    tls4217_complaints_line(
      TLS4217_COMPLAINT_ERROR, refusals[i].place, refusals[i].why);
  }

  return reading.refusals->nelts > 0;
}

void tls4217_parsing_forget(void) {
  if (reading.pool != NULL) {
    destroy_pool(reading.pool);
  }

  memset(&reading, 0, sizeof(reading));
}
