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
# include "mod_tls4217/ftp/daemon/info_words.h"
# include "mod_tls4217/ftp/daemon/session_words.h"
# include "mod_tls4217/rfc4217/lifetime.h"

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

/* Which have no name there.  ftpdctl exits with the number without its sign,
 * since 1.3.9; before, with 0 always. */
# define BROKEN (-9)
# define DUE    (-10)

/* An action; one without a function is mod_tls', and gets that answer. */
struct word {
  const char *name;
  const char *options;   /* their letters */
  const char *arguments; /* with the options, for people; or "" */
  const char *what;      /* for users; of one of mod_tls': the answer */
  int (*run)(struct tls4217_control_answer *answer);
};

static const struct word words[] = {
  { "info", "jpt", " [-t DURATION] [-j] [-p PAGE] [SERVER]",
    "the servers, their certificates and whether they serve TLS; with -t "
    "(30d, 12h, 2w) what ends by then or does not work",
    tls4217_info_words_tell },
  { "reload", "j", " [SERVER]", "reads certificates, keys and CAs again",
    tls4217_control_words_reload },
  { "sessions", "jp", " [-j] [-p PAGE]",
    "who is logged in, and whom TLSSessionReuse user would refuse",
    tls4217_session_words_list },
  { "rotate", "j", "", "has a new key encrypt session tickets",
    tls4217_control_words_rotate },

  { "sesscache", "j", "",
    "there is no cache of TLS sessions to show or to clear: a session is in "
    "the ticket that its client has, or in the process that serves it",
    NULL },
  { "ocspcache", "j", "",
    "there is no cache of OCSP responses to show or to clear: nothing is "
    "fetched by the server",
    NULL },
  { "clear", "j", "", "use 'info' or 'reload': there are no caches to clear",
    NULL },
  { "remove", "j", "", "use 'info' or 'reload': there are no caches to remove",
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

static void say_usage(struct tls4217_control_answer *answer) {
  for (size_t i = 0; i < NWORDS; i++) {
    if (words[i].run != NULL) {
      tls4217_control_answer_say(answer, "usage: tls %s%s: %s", words[i].name,
        words[i].arguments, words[i].what);
    }
  }
}

static bool read_page(const char *value, unsigned int *page) {
  char *rest = NULL;
  const unsigned long number = strtoul(value, &rest, 10);

  if (*value < '1' || *value > '9' || *rest != '\0' || number > 1000000) {
    return false;
  }

  *page = (unsigned int) number;
  return true;
}

/* One option.  value is what is behind it; or "". */
static bool take_option(struct tls4217_control_answer *answer,
  const char *options, const char *option, const char *value) {
  unsigned int page;

  if (option[1] == '\0' || option[2] != '\0' ||
    strchr(options, option[1]) == NULL) {
    tls4217_control_answer_say(answer, "tls: there is no option '%s'", option);
    return false;
  }

  switch (option[1]) {
    case 'j':
      answer->json = true;
      return true;

    case 't':
      if (tls4217_lifetime_read(value, &answer->within)) {
        return true;
      }

      tls4217_control_answer_say(
        answer, "tls: '%s' is not a duration: write -t 30d, 12h or 2w", value);
      return false;

    default:
      if (read_page(value, &page)) {
        answer->page = page;
        return true;
      }

      tls4217_control_answer_say(
        answer, "tls: '%s' is not a page: write -p 2", value);
      return false;
  }
}

static bool takes_value(const char *option) {
  return strcmp(option, "-t") == 0 || strcmp(option, "-p") == 0;
}

/* Removes options, wherever they are.  Returns false where one is wrong,
 * and the answer says so. */
static bool take_options(
  struct tls4217_control_answer *answer, const char *options) {
  int kept = 0;

  for (int i = 0; i < answer->argc; i++) {
    const char *option = answer->argv[i];
    const char *value = i + 1 < answer->argc ? answer->argv[i + 1] : "";

    if (*option != '-') {
      answer->argv[kept++] = answer->argv[i];
      continue;
    }

    if (take_option(answer, options, option, value) == false) {
      return false;
    }

    i += takes_value(option) ? 1 : 0;
  }

  /* Not before: what is wrong with an option is on the first page. */
  if (answer->page > 0) {
    tls4217_pages_begin(&answer->pages, answer->page);
  }

  answer->argc = kept;
  return true;
}

/* What is asked for the next page with. */
static const char *describe_command(
  const struct word *word, const struct tls4217_control_answer *answer) {
  char within[32] = "";

  if (answer->within >= 0) {
    (void) snprintf(
      within, sizeof(within), " -t %llds", (long long) answer->within);
  }

  return pstrcat(answer->pool, word->name, within, answer->argc > 0 ? " " : "",
    answer->argc > 0 ? answer->argv[0] : "", NULL);
}

static int run_word(
  const struct word *word, struct tls4217_control_answer *answer) {
  int result;

  if (word->run == NULL) {
    tls4217_control_answer_say(answer, "%s: %s", word->name, word->what);
    return 0;
  }

  result = word->run(answer);
  if (tls4217_control_answer_end(answer, describe_command(word, answer)) ==
    false) {
    return UNKNOWN;
  }

  switch (result) {
    case TLS4217_CONTROL_OK:
      return 0;

    case TLS4217_CONTROL_DUE:
      return DUE;

    case TLS4217_CONTROL_BROKEN:
      return BROKEN;

    default:
      return FAILED;
  }
}

/* Whoever asks, where TLSControlsACLs does not allow it. */
static void deny(struct tls4217_control_answer *answer, const pr_ctrls_t *ctrl,
  const struct word *word) {
  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: 'ftpdctl tls %s' is denied to %s: TLSControlsACLs does not "
    "allow it",
    MOD_TLS4217_VERSION, word->name,
    ctrl->ctrls_cl->cl_user != NULL ? ctrl->ctrls_cl->cl_user : "(unknown)");
  tls4217_control_answer_say(answer,
    "access denied: 'TLSControlsACLs %s allow user NAME' in proftpd.conf "
    "would allow it",
    word->name);
}

/* The first argument that is no option; or NULL. */
static const char *find_name(const struct tls4217_control_answer *answer) {
  int i = 0;

  while (i < answer->argc && *answer->argv[i] == '-') {
    i += takes_value(answer->argv[i]) ? 2 : 1;
  }

  return i < answer->argc ? answer->argv[i] : NULL;
}

static int handle_tls_cb(pr_ctrls_t *ctrl, int argc, char **argv) {
  struct tls4217_control_answer answer = { .pool = ctrl->ctrls_tmp_pool,
    .argc = argc,
    .argv = argv,
    .within = -1,
    .ctrl = ctrl };
  const struct word *word;
  const char *name;

  tls4217_pages_begin(&answer.pages, 1);
  name = find_name(&answer);
  word = name != NULL ? find_word(name) : NULL;
  if (word == NULL) {
    if (name != NULL) {
      tls4217_control_answer_say(&answer, "tls: there is no '%s'", name);
    }

    say_usage(&answer);
    return UNKNOWN;
  }

  if (pr_ctrls_check_acl(ctrl, table, word->name) != TRUE) {
    deny(&answer, ctrl, word);
    return DENIED;
  }

  if (take_options(&answer, word->options) == false) {
    say_usage(&answer);
    return UNKNOWN;
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
