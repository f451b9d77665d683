/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls"
 *
 * See controls.h.  The daemon calls the handler between two connections; no
 * client waits for it longer than a start takes.
 */

#include "mod_tls4217/ftp/daemon/controls.h"

#ifdef PR_USE_CTRLS

# include "mod_tls4217/ftp/config/controls_directives.h"
# include "mod_tls4217/ftp/daemon/control_answer.h"
# include "mod_tls4217/ftp/daemon/control_words.h"
# include "mod_tls4217/ftp/daemon/session_words.h"

/* ProFTPD 1.3.9 has given the failures numbers. */
# ifdef PR_CTRLS_STATUS_OK
#  define DENIED  PR_CTRLS_STATUS_ACCESS_DENIED
#  define UNKNOWN PR_CTRLS_STATUS_UNSUPPORTED_OPERATION
#  define FAILED  PR_CTRLS_STATUS_INTERNAL_ERROR
# else
#  define DENIED  (-1)
#  define UNKNOWN (-1)
#  define FAILED  (-1)
# endif

/* An action; one without a function is mod_tls', and gets that answer. */
struct word {
  const char *name;
  const char *arguments; /* or "" */
  const char *what;      /* for users; of one of mod_tls': the answer */
  int (*run)(const struct tls4217_control_answer *answer);
};

static const struct word words[] = {
  { "info", "", "the servers, their certificates and whether they serve TLS",
    tls4217_control_words_info },
  { "reload", " [SERVER]", "reads certificates, keys and CAs again",
    tls4217_control_words_reload },
  { "sessions", "",
    "who is logged in, and whom TLSSessionReuse user would refuse",
    tls4217_session_words_list },
  { "rotate", "", "has a new key encrypt session tickets",
    tls4217_control_words_rotate },

  { "sesscache", "",
    "there is no cache of TLS sessions to show or to clear: a session is in "
    "the ticket that its client has, or in the process that serves it",
    NULL },
  { "ocspcache", "",
    "there is no cache of OCSP responses to show or to clear: nothing is "
    "fetched by the server",
    NULL },
  { "clear", "", "use 'info' or 'reload': there are no caches to clear", NULL },
  { "remove", "", "use 'info' or 'reload': there are no caches to remove",
    NULL },
};

# define NWORDS (sizeof(words) / sizeof(words[0]))

/* The same as ProFTPD's access lists want it. */
static ctrls_acttab_t table[NWORDS + 1];
static pool *table_pool = NULL;

static const struct word *find_word(const char *name) {
  for (size_t i = 0; i < NWORDS; i++) {
    if (strcmp(words[i].name, name) == 0) {
      return &words[i];
    }
  }

  return NULL;
}

static void say_usage(const struct tls4217_control_answer *answer) {
  for (size_t i = 0; i < NWORDS; i++) {
    if (words[i].run != NULL) {
      tls4217_control_answer_say(answer, "usage: tls %s%s [-j]: %s",
        words[i].name, words[i].arguments, words[i].what);
    }
  }
}

/* Removes "-j", wherever it is. */
static void find_options(struct tls4217_control_answer *answer) {
  int kept = 0;

  for (int i = 0; i < answer->argc; i++) {
    if (strcmp(answer->argv[i], "-j") == 0) {
      answer->json = true;

    } else {
      answer->argv[kept++] = answer->argv[i];
    }
  }

  answer->argc = kept;
}

static int run_word(
  const struct word *word, const struct tls4217_control_answer *answer) {
  if (word->run == NULL) {
    tls4217_control_answer_say(answer, "%s: %s", word->name, word->what);
    return 0;
  }

  return word->run(answer) < 0 ? FAILED : 0;
}

static int handle_tls_cb(pr_ctrls_t *ctrl, int argc, char **argv) {
  struct tls4217_control_answer answer = {
    .pool = ctrl->ctrls_tmp_pool, .argc = argc, .argv = argv, .ctrl = ctrl
  };
  const struct word *word;

  find_options(&answer);
  if (answer.argc < 1) {
    say_usage(&answer);
    return UNKNOWN;
  }

  word = find_word(answer.argv[0]);
  if (word == NULL) {
    tls4217_control_answer_say(
      &answer, "tls: there is no '%s'", answer.argv[0]);
    say_usage(&answer);
    return UNKNOWN;
  }

  if (pr_ctrls_check_acl(ctrl, table, word->name) != TRUE) {
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: 'ftpdctl tls %s' is denied to %s: TLSControlsACLs does not "
      "allow it",
      MOD_TLS4217_VERSION, word->name,
      ctrl->ctrls_cl->cl_user != NULL ? ctrl->ctrls_cl->cl_user : "(unknown)");
    tls4217_control_answer_say(&answer,
      "access denied: 'TLSControlsACLs %s allow user NAME' in proftpd.conf "
      "would allow it",
      word->name);
    return DENIED;
  }

  answer.argc--;
  answer.argv++;
  return run_word(word, &answer);
}

/* Access lists are those of one reading of the configuration. */
static void make_table(void) {
  if (table_pool != NULL) {
    destroy_pool(table_pool);
  }

  table_pool = make_sub_pool(permanent_pool);
  pr_pool_tag(table_pool, MOD_TLS4217_VERSION " controls");
  memset(table, 0, sizeof(table));
  for (size_t i = 0; i < NWORDS; i++) {
    table[i].act_action = words[i].name;
    table[i].act_desc = words[i].what;
    table[i].act_acl = pcalloc(table_pool, sizeof(ctrls_acl_t));
    (void) pr_ctrls_init_acl(table[i].act_acl);
  }

  tls4217_controls_directives_offer(table, table_pool);
}

void tls4217_controls_begin(void) {
  bool is_first = table_pool == NULL;

  make_table();
  if (is_first &&
    pr_ctrls_register(&tls4217_module, "tls",
      "certificates, sessions and counters of TLS", handle_tls_cb) < 0) {
    pr_log_pri(PR_LOG_WARNING,
      "warning: %s: 'ftpdctl tls' cannot be registered: %s",
      MOD_TLS4217_VERSION, strerror(errno));
  }
}

void tls4217_controls_end(void) {
  tls4217_controls_directives_offer(NULL, NULL);
  (void) pr_ctrls_unregister(&tls4217_module, "tls");
  if (table_pool != NULL) {
    destroy_pool(table_pool);
    table_pool = NULL;
  }
}

#else

void tls4217_controls_begin(void) {
}

void tls4217_controls_end(void) {
}

#endif
