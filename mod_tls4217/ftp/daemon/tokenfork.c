/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a token's process is forked
 *
 * See tokenfork.h.
 */

#include "mod_tls4217/ftp/daemon/child.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/tokenfork.h"
#include "mod_tls4217/tls/fnv.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/tokenbook.h"
#include "mod_tls4217/tls/keys/tokenkey.h"
#include "mod_tls4217/tls/keys/tokenserver.h"

/* URIs whose PIN has been refused. */
#define MAX_REFUSED 64

static struct {
  int pin;                        /* for the next one, if it is above 2 */
  struct tls4217_tokenbook *book; /* where there is no key process */
  uint64_t refused[MAX_REFUSED];  /* hashes */
  size_t nrefused;
} self;

/* PINs. */

static uint64_t hash(const char *uri) {
  return tls4217_fnv_add(TLS4217_FNV_BEGIN, uri, strlen(uri));
}

static bool is_refused(const char *uri) {
  const uint64_t wanted = hash(uri);

  for (size_t i = 0; i < self.nrefused; i++) {
    if (self.refused[i] == wanted) {
      return true;
    }
  }

  return false;
}

static void note_refusal(const char *uri) {
  if (is_refused(uri) == false && self.nrefused < MAX_REFUSED) {
    self.refused[self.nrefused++] = hash(uri);
  }
}

int tls4217_tokenfork_unlock(int pipe, struct tls4217_error *err) {
  if (self.pin > STDERR_FILENO) {
    (void) close(self.pin);
  }

  self.pin = fcntl(pipe, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (self.pin < 0) {
    tls4217_error_set_errno(err, errno, "no descriptor for the PIN");
    return -1;
  }

  return 0;
}

/* Starting. */

static void serve(const char *uri, int parent_fd, int fd, int pin,
  const struct tls4217_keysandbox_settings *sandbox) {
  const struct tls4217_tokenserver_settings settings = { .uri = uri,
    .parent_fd = parent_fd,
    .fd = fd,
    .pin_fd = pin,
    .sandbox = *sandbox };
  const int fds[] = { parent_fd, fd, pin };

  tls4217_child_detach(fds, pin >= 0 ? 3 : 2, "tls4217-token");
  if (sandbox->is_root && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) {
    _exit(EXIT_FAILURE);
  }

  _exit(tls4217_tokenserver_run(&settings));
}

static void close_both(const int fds[2]) {
  (void) close(fds[0]);
  (void) close(fds[1]);
}

static int make_sockets(
  int birth[2], int requests[2], struct tls4217_error *err) {
  if (tls4217_keysocket_pair(birth) < 0) {
    tls4217_error_set_errno(err, errno, "no socket for a token's process");
    return -1;
  }

  if (tls4217_keysocket_pair(requests) < 0) {
    tls4217_error_set_errno(err, errno, "no socket for a token's process");
    close_both(birth);
    return -1;
  }

  return 0;
}

/* Returns the end of the one who asks, or -1 with err filled. */
static int start(const char *uri, int pin, struct tls4217_error *err) {
  struct tls4217_keysandbox_settings sandbox = { .is_root = geteuid() == 0 };
  int birth[2], requests[2], res = -1;
  pid_t pid;

  (void) tls4217_keyfork_choose_user(&sandbox);
  if (make_sockets(birth, requests, err) < 0) {
    return -1;
  }

  pid = fork();
  if (pid == 0) {
    serve(uri, birth[1], requests[1], pin, &sandbox);
  }

  (void) close(birth[1]);
  (void) close(requests[1]);
  if (pid < 0) {
    tls4217_error_set_errno(err, errno, "a token's process cannot be forked");

  } else {
    res = tls4217_tokenserver_hear(birth[0], err);
  }

  (void) close(birth[0]);
  if (res < 0) {
    (void) close(requests[0]);
    return -1;
  }

  return requests[0];
}

int tls4217_tokenfork_start(const char *uri, struct tls4217_error *err) {
  const int pin = self.pin > STDERR_FILENO ? self.pin : -1;
  int fd;

  if (pin < 0 && is_refused(uri)) {
    tls4217_error_set(err, TLS4217_TOKENKEY_BAD_PIN,
      "the token has not accepted its PIN, which is not tried again before "
      "SIGHUP, because that would lock the token");
    return -1;
  }

  pr_signals_block();
  PRIVS_ROOT
  fd = start(uri, pin, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (pin >= 0) {
    (void) close(pin);
    self.pin = 0;
  }

  if (fd < 0 && err->errnum == TLS4217_TOKENKEY_BAD_PIN) {
    note_refusal(uri);
  }

  return fd;
}

/* Without a key process. */

static struct tls4217_keypair *load(
  const struct tls4217_tokenfiles *files, struct tls4217_error *err) {
  struct tls4217_keypair *pair;

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_tokenbook_load(self.book, NULL, files, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return pair;
}

struct tls4217_keypair *tls4217_tokenfork_load(
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_tokenfiles wanted = { .cert_file = files->cert_file,
    .chain_file = files->chain_file,
    .uri = files->key_file,
    .fd = -1 };
  struct tls4217_keypair *pair;

  if (ServerType == SERVER_STANDALONE && tls4217_keyfork_is_check() == false) {
    tls4217_error_set(err, EINVAL,
      "a key in a token is used by the key process alone, which "
      "'TLSKeyIsolation "
      "off' does without: remove that line, or use a key in a file");
    return NULL;
  }

  if (self.book == NULL) {
    self.book = tls4217_tokenbook_new();
  }

  if (self.book == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  pair = load(&wanted, err);
  if (pair != NULL || err->errnum != TLS4217_TOKENBOOK_CLOSED) {
    return pair;
  }

  tls4217_error_clear(err);
  wanted.fd = tls4217_tokenfork_start(files->key_file, err);
  if (wanted.fd >= 0) {
    pair = load(&wanted, err);
    (void) close(wanted.fd);
  }

  return pair;
}

bool tls4217_tokenfork_is_used(void) {
  return self.book != NULL;
}
