/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what other modules remember of a client before its login
 *
 * See preferences.h.
 */

#include "mod_tls4217/ftp/control/preferences.h"

#define DEFLATE "mod_deflate.c"

/* A line of FEAT whose words in force end with '*', and its command. */
struct preference {
  const char *feature;
  const char *command;
  const char *end;      /* behind each word that the command takes */
  const char *fallback; /* its parameter where FEAT had no such line */
  bool renewed_by_host;
};

/* Replies that are set aside. */
struct waiting {
  pr_response_t *list, *err_list;
};

/* What mod_facts shows where FactsAdvertise is off. */
#define ALL_FACTS \
 "modify;perm;size;type;unique;UNIX.group;UNIX.groupname;UNIX.mode;" \
 "UNIX.owner;UNIX.ownername;"

static const struct preference preferences[TLS4217_PREFERENCES] = {
  { "MLST ", "OPTS_MLST", ";", ALL_FACTS, true },
  { "HASH ", "OPTS_HASH", "", NULL, true },
  { "LANG ", "LANG", "", NULL, false },
};

/* The line of FEAT as of now, or NULL. */
static const char *find_feature(const char *prefix) {
  const char *line;

  for (line = pr_feat_get(); line != NULL; line = pr_feat_get_next()) {
    if (strncmp(line, prefix, strlen(prefix)) == 0) {
      return line;
    }
  }

  return NULL;
}

static void remember(struct tls4217_session *sess, size_t i) {
  sess->origin.features[i] = pstrdup(
    sess->pool, find_feature(preferences[i].feature));
}

static bool may_set_one(const cmd_rec *cmd) {
  return strncmp(cmd->argv[0], "OPTS", 4) == 0 ||
    strcmp(cmd->argv[0], C_LANG) == 0 || strcmp(cmd->argv[0], C_MODE) == 0;
}

void tls4217_preferences_before(
  struct tls4217_session *sess, const cmd_rec *cmd) {
  if (sess->origin.host != NULL || may_set_one(cmd) == false) {
    return;
  }

  sess->origin.host = main_server;
  for (size_t i = 0; i < TLS4217_PREFERENCES; i++) {
    remember(sess, i);
  }
}

/* The words of a line that have an asterisk, or NULL. */
static char *find_words_in_force(
  pool *tmp_pool, const struct preference *preference, const char *line) {
  char *rest = pstrdup(tmp_pool, line + strlen(preference->feature));
  char *words = NULL, *word;

  while ((word = pr_str_get_token(&rest, ";")) != NULL) {
    size_t len = strlen(word);

    if (len > 0 && word[len - 1] == '*') {
      word[len - 1] = '\0';
      words = pstrcat(
        tmp_pool, words != NULL ? words : "", word, preference->end, NULL);
    }
  }

  return words;
}

/* As if the client had sent it, but without a reply and without a log. */
static void dispatch(
  pool *tmp_pool, const char *command, const char *first, const char *second) {
  unsigned int argc = first == NULL ? 1 : second == NULL ? 2 : 3;
  cmd_rec *cmd = pr_cmd_alloc(tmp_pool, argc, pstrdup(tmp_pool, command),
    pstrdup(tmp_pool, first), pstrdup(tmp_pool, second));

  cmd->arg = pstrdup(tmp_pool, first != NULL ? first : "");
  (void) pr_cmd_dispatch_phase(cmd, CMD, 0);
}

static void restore(
  pool *tmp_pool, const struct preference *preference, const char *line) {
  const char *now = pstrdup(tmp_pool, find_feature(preference->feature));

  if (now == NULL || (line != NULL && strcmp(now, line) == 0)) {
    return;
  }

  dispatch(tmp_pool, preference->command,
    line != NULL ? find_words_in_force(tmp_pool, preference, line) :
                   preference->fallback,
    NULL);

  /* A line that had no asterisk, or was not there, is not restored. */
  now = pstrdup(tmp_pool, find_feature(preference->feature));
  if (now != NULL && (line == NULL || strcmp(now, line) != 0)) {
    (void) pr_feat_remove(now);
    (void) pr_feat_add(line);
  }
}

/* The replies that are waiting already, to this command, stay. */
static void be_silent(struct waiting *waiting) {
  waiting->list = resp_list;
  waiting->err_list = resp_err_list;
  resp_list = resp_err_list = NULL;
  pr_response_block(TRUE);
}

static void be_heard(const struct waiting *waiting) {
  pr_response_block(FALSE);
  pr_response_clear(&resp_list);
  pr_response_clear(&resp_err_list);
  resp_list = waiting->list;
  resp_err_list = waiting->err_list;
}

/* mod_deflate does not show in FEAT what is in force. */
static void restore_mode(pool *tmp_pool) {
  if (pr_module_exists(DEFLATE)) {
    dispatch(tmp_pool, C_MODE, "S", NULL);
    dispatch(tmp_pool, "OPTS_MODE", "Z", "Z");
  }
}

void tls4217_preferences_restore(struct tls4217_session *sess) {
  struct waiting waiting;
  pool *tmp_pool;

  if (sess->origin.host == NULL) {
    return;
  }

  tmp_pool = make_sub_pool(sess->pool);

  /* mod_xfer requires a login before MODE. */
  be_silent(&waiting);
  for (size_t i = 0; i < TLS4217_PREFERENCES; i++) {
    restore(tmp_pool, &preferences[i], sess->origin.features[i]);
  }

  restore_mode(tmp_pool);
  be_heard(&waiting);
  destroy_pool(tmp_pool);
}

void tls4217_preferences_host(struct tls4217_session *sess) {
  bool is_other = sess->origin.host != main_server;
  struct waiting waiting;
  pool *tmp_pool;

  if (sess->origin.host == NULL) {
    return;
  }

  tmp_pool = make_sub_pool(sess->pool);
  sess->origin.host = main_server;
  be_silent(&waiting);
  for (size_t i = 0; i < TLS4217_PREFERENCES; i++) {
    if (preferences[i].renewed_by_host == false) {
      restore(tmp_pool, &preferences[i], sess->origin.features[i]);

    } else if (is_other) {
      remember(sess, i);
    }
  }

  be_heard(&waiting);
  destroy_pool(tmp_pool);
}
