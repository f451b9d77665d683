/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who has the pass phrase of a key
 *
 * See phrases.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/passprogram.h"
#include "mod_tls4217/ftp/daemon/passprompt.h"
#include "mod_tls4217/ftp/daemon/phrases.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/tokenfork.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

#define PROVIDER "TLSPassPhraseProvider"

/* How often whoever starts the server may mistype. */
#define MAX_PROMPTS 3

/* How often the program is asked for one pair: certificate and key may be
 * behind phrases of their own. */
#define MAX_RUNS 2

/* Seconds for which a program that has failed is not run again by itself. */
#define PAUSE 300

/* Where the book is over SIGHUP, which unmaps this module. */
#define MARK "MOD_TLS4217_PHRASES"

/* This daemon has had one from the terminal, over SIGHUP. */
#define ENTERED "MOD_TLS4217_ENTERED"

/* A program that has failed for a file. */
struct failure {
  struct failure *next;
  const char *cert_file;
  time_t when;
  struct tls4217_error err;
};

/* The daemon's. */
static struct {
  struct tls4217_phrasebook *book; /* or NULL */
  pool *pool;                      /* of the failures */
  struct failure *failures;
  bool may_prompt;
  bool hold_back;
} self;

/* Over SIGHUP. */

static struct tls4217_phrasebook *find_again(void) {
  const char *mark = getenv(MARK);
  unsigned long pid = 0, address = 0;
  int count;

  if (mark == NULL) {
    return NULL;
  }

  count = sscanf(mark, "%lu %lu", &pid, &address);
  (void) unsetenv(MARK);
  return count == 2 && pid == (unsigned long) getpid() ?
    tls4217_phrasebook_find((void *) address) :
    NULL;
}

void tls4217_phrases_begin(bool is_start) {
  self.may_prompt = is_start;
  if (self.book == NULL) {
    self.book = find_again();
  }
}

void tls4217_phrases_hold_back(bool hold_back) {
  self.hold_back = hold_back;
}

struct tls4217_phrasebook *tls4217_phrases_book(void) {
  return self.book;
}

void tls4217_phrases_end(bool restarts) {
  char mark[64];

  if (self.book != NULL && restarts && !tls4217_keyprocess_is_there()) {
    (void) snprintf(mark, sizeof(mark), "%lu %lu", (unsigned long) getpid(),
      (unsigned long) self.book);
    (void) setenv(MARK, mark, 1);

  } else {
    tls4217_phrasebook_free(self.book);
  }

  self.book = NULL;
  self.failures = NULL;
  if (self.pool != NULL) {
    destroy_pool(self.pool);
    self.pool = NULL;
  }
}

/* Handing over. */

/* Takes the reading end of a pipe. */
static int hand_over(
  int pipe, const struct tls4217_error *locked, struct tls4217_error *err) {
  int res = -1;

  if (locked->detail == TLS4217_PASSPHRASE_PKCS11) {
    res = tls4217_tokenfork_unlock(pipe, err);

  } else if (tls4217_keyprocess_is_there()) {
    res = tls4217_keyprocess_unlock(pipe, err);

  } else {
    if (self.book == NULL) {
      self.book = tls4217_phrasebook_new();
    }

    if (self.book == NULL) {
      tls4217_error_set(err, ENOMEM, "out of memory");

    } else {
      res = tls4217_phrasebook_take(self.book, pipe, err);
    }
  }

  (void) close(pipe);
  return res;
}

/* The program. */

struct listener {
  const server_rec *rec;
  const char *path;
};

static void hear(void *user, const char *line) {
  const struct listener *listener = user;

  tls4217_complaints_notice(
    listener->rec, PROVIDER " '%s' says: %s", listener->path, line);
}

static struct failure *find_failure(const char *cert_file) {
  struct failure *it = self.failures;

  while (it != NULL && strcmp(it->cert_file, cert_file) != 0) {
    it = it->next;
  }

  return it;
}

static void note_failure(
  const char *cert_file, const struct tls4217_error *err) {
  struct failure *failure = find_failure(cert_file);

  if (self.pool == NULL) {
    self.pool = make_sub_pool(permanent_pool);
    pr_pool_tag(self.pool, MOD_TLS4217_VERSION " pass phrases");
  }

  if (failure == NULL) {
    failure = pcalloc(self.pool, sizeof(*failure));
    failure->cert_file = pstrdup(self.pool, cert_file);
    failure->next = self.failures;
    self.failures = failure;
  }

  failure->when = time(NULL);
  failure->err = *err;
}

static int run_program(const char *path, const server_rec *rec,
  const struct tls4217_error *locked, struct tls4217_error *err) {
  struct listener listener = { rec, path };
  struct tls4217_passprogram program = { .path = path,
    .kind = tls4217_passphrase_kind(locked),
    .hear = hear,
    .user = &listener };
  char host[512];
  int pipe;

  (void) snprintf(
    host, sizeof(host), "%s:%u", rec->ServerName, rec->ServerPort);
  program.host = host;

  pr_signals_block();
  PRIVS_ROOT
  pipe = tls4217_passprogram_run(&program, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return pipe < 0 ? -1 : hand_over(pipe, locked, err);
}

static int get_from_program(const char *path, const server_rec *rec,
  const struct tls4217_certificate_files *files,
  const struct tls4217_error *locked, unsigned int attempt,
  struct tls4217_error *err) {
  const struct failure *failure = find_failure(files->cert_file);
  char about[128];

  if (self.hold_back && attempt == 0 && failure != NULL &&
    time(NULL) - failure->when < PAUSE) {
    *err = failure->err;
    return -1;
  }

  if (attempt > 0 &&
    (locked->errnum == TLS4217_PASSPHRASE_WRONG || attempt >= MAX_RUNS)) {
    *err = *locked;

  } else if (run_program(path, rec, locked, err) == 0) {
    return 0;
  }

  (void) snprintf(about, sizeof(about), PROVIDER " '%.100s'", path);
  tls4217_error_about(err, about);
  note_failure(files->cert_file, err);
  return -1;
}

/* The terminal. */

/* The process that had what was entered may have ended since: that of a token
 * is started for this PIN alone. */
static bool has_gone(const struct tls4217_error *locked) {
  return getenv(ENTERED) != NULL &&
    (locked->detail == TLS4217_PASSPHRASE_PKCS11 ||
      tls4217_counters_of_keys(tls4217_shared_counters()).restarts > 0);
}

/* No one has it. */
static void refuse(const struct tls4217_certificate_files *files,
  const struct tls4217_error *locked, struct tls4217_error *err) {
  const char *file = files->key_file != NULL ? files->key_file :
                                               files->cert_file;
  char shown[TLS4217_TOKENURI_MAX];

  if (tls4217_error_is_set(err)) {
    return;
  }

  if (self.may_prompt || has_gone(locked) == false) {
    *err = *locked;
    return;
  }

  tls4217_error_set(err, locked->errnum,
    "the key '%s' needs a pass phrase, and what was entered at the terminal "
    "has gone with the process that had it: restart ProFTPD from a terminal, "
    "which asks again, or name a program that prints it in "
    "TLSPassPhraseProvider",
    tls4217_tokenuri_is(file) ?
      tls4217_tokenuri_show(file, shown, sizeof(shown)) :
      file);
}

static int get_from_terminal(const server_rec *rec,
  const struct tls4217_certificate_files *files,
  const struct tls4217_error *locked, unsigned int attempt,
  struct tls4217_error *err) {
  struct tls4217_error none;
  char question[1024];
  int pipe;

  tls4217_error_clear(&none);
  (void) snprintf(question, sizeof(question),
    "%sPass phrase for the key of %s:%u (%s, '%s'): ",
    attempt > 0 ? "That is not it.\n" : "", rec->ServerName, rec->ServerPort,
    tls4217_passphrase_kind(locked),
    files->key_file != NULL ? files->key_file : files->cert_file);
  pipe = tls4217_passprompt_ask(question, &none);
  if (pipe < 0) {
    self.may_prompt = false;
    return -1;
  }

  if (hand_over(pipe, locked, &none) < 0) {
    *err = none;
    return -1;
  }

  (void) setenv(ENTERED, "1", 1);
  return 0;
}

int tls4217_phrases_get(const server_rec *rec,
  const struct tls4217_certificate_files *files,
  const struct tls4217_error *locked, unsigned int attempt,
  struct tls4217_error *err) {
  struct tls4217_settings settings;

  tls4217_resolve_settings(main_server->conf, &settings);
  if (settings.passphrase_provider != NULL) {
    return get_from_program(
      settings.passphrase_provider, rec, files, locked, attempt, err);
  }

  if (self.may_prompt && attempt < MAX_PROMPTS &&
    get_from_terminal(rec, files, locked, attempt, err) == 0) {
    return 0;
  }

  refuse(files, locked, err);
  return -1;
}
