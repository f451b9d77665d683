/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a key process is forked
 *
 * See keyfork.h.
 */

#define _GNU_SOURCE

#include <pwd.h>
#include <signal.h>

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/child.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/tls/keys/keysandbox.h"
#include "mod_tls4217/tls/keys/keyserver.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/random.h"

/* What finds a process again. */
#define MARK "MOD_TLS4217_KEYPROCESS"

/* Threads that sign: RSA-4096 of one host must not starve the others. */
#define MAX_THREADS 8

/* Milliseconds for the child's first message, and its length. */
#define PATIENCE 5000
#define MAX_WORD 1200

static void close_fd(int *fd) {
  if (*fd >= 0) {
    (void) close(*fd);
    *fd = -1;
  }
}

void tls4217_keyfork_close_daemon(struct tls4217_keyfork *fork) {
  close_fd(&fork->daemon_fd);
}

void tls4217_keyfork_close_front(struct tls4217_keyfork *fork) {
  close_fd(&fork->front[0]);
  close_fd(&fork->front[1]);
}

void tls4217_keyfork_give_up(struct tls4217_keyfork *fork,
  const struct tls4217_error *why, unsigned int restart) {
  pr_log_pri(PR_LOG_ERR,
    "error: %s: %s (process %lu): it is being restarted (restart %u), and "
    "until then full handshakes fail",
    MOD_TLS4217_VERSION, why->text, (unsigned long) fork->pid, restart);

  if (why->errnum != EPIPE && fork->pid > 0) {
    pr_signals_block();
    PRIVS_ROOT(void)
    kill(fork->pid, SIGKILL);
    PRIVS_RELINQUISH
    pr_signals_unblock();
    fork->pid = 0;
  }

  tls4217_keyfork_close_daemon(fork);
}

void tls4217_keyfork_close(struct tls4217_keyfork *fork) {
  tls4217_keyfork_close_daemon(fork);
  tls4217_keyfork_close_front(fork);
}

/* The child. */

static unsigned int count_threads(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);

  if (cpus < 2) {
    return 2;
  }

  return cpus < MAX_THREADS ? (unsigned int) cpus : MAX_THREADS;
}

/* What the child has found on its way, and where it reports it. */
struct birth {
  int daemon_fd;
  struct tls4217_error weak;
};

/* The message is a letter, whether it goes on or ends, and a reason. */
#define LIVES 'L'
#define DEAD  'D'

static void tell(int fd, char how, const char *reason) {
  char word[MAX_WORD];

  (void) snprintf(word, sizeof(word), "%c%s", how, reason);
  (void) tls4217_keysocket_send(fd, word, strlen(word) + 1, NULL, 0, 0);
}

/* The last step: the daemon is informed of the outcome. */
static int shut_in(void *user) {
  const struct birth *birth = user;
  struct tls4217_error unfiltered;
  char text[MAX_WORD - 2];

  tls4217_error_clear(&unfiltered);
  (void) tls4217_keysandbox_filter(&unfiltered);
  (void) snprintf(text, sizeof(text), "%s%s%s", birth->weak.text,
    tls4217_error_is_set(&birth->weak) && tls4217_error_is_set(&unfiltered) ?
      "; " :
      "",
    unfiltered.text);
  tell(birth->daemon_fd, LIVES, text);
  return 0;
}

static void serve(
  int daemon_fd, int front, const struct tls4217_keysandbox_settings *sandbox) {
  struct birth birth = { .daemon_fd = daemon_fd };
  const struct tls4217_keyserver_settings settings = { .daemon_fd = daemon_fd,
    .front_fd = front,
    .threads = count_threads(),
    .shut_in = shut_in,
    .user = &birth };
  const int fds[] = { daemon_fd, front };
  unsigned char byte;

  tls4217_child_detach(fds, 2, "tls4217-keys");

  /* The generator of random numbers has its file open by now. */
  (void) tls4217_random_fill(&byte, 1, NULL);

  tls4217_error_clear(&birth.weak);
  if (tls4217_keysandbox_enter(sandbox, &birth.weak) < 0) {
    tell(daemon_fd, DEAD, birth.weak.text);
    _exit(EXIT_FAILURE);
  }

  _exit(tls4217_keyserver_run(&settings));
}

/* The daemon. */

bool tls4217_keyfork_choose_user(struct tls4217_keysandbox_settings *sandbox) {
  const struct passwd *own = getpwnam(TLS4217_KEYFORK_USER);
  const uid_t *uid = get_param_ptr(main_server->conf, "UserID", FALSE);
  const gid_t *gid = get_param_ptr(main_server->conf, "GroupID", FALSE);

  if (own != NULL) {
    sandbox->uid = own->pw_uid;
    sandbox->gid = own->pw_gid;
    return true;
  }

  sandbox->uid = uid != NULL && *uid != 0 ? *uid : 65534;
  sandbox->gid = gid != NULL && *gid != 0 ? *gid : 65534;
  return false;
}

/* Waits for the child's first message. */
static int hear(int fd, bool own_user, struct tls4217_error *err) {
  char word[MAX_WORD];
  ssize_t len;

  len = tls4217_keysocket_receive(
    fd, word, sizeof(word) - 1, NULL, NULL, tls4217_keysocket_now() + PATIENCE);
  if (len <= 0) {
    tls4217_error_set(err, EPIPE, "the key process did not start");
    return -1;
  }

  word[len] = '\0';
  if (word[0] != LIVES) {
    tls4217_error_set(err, 0, "%s", word + 1);
    return -1;
  }

  if (word[1] == '\0' && own_user) {
    return 0;
  }

  tls4217_error_set(err, 0, "%s%s%s", word + 1,
    word[1] != '\0' && own_user == false ? "; " : "",
    own_user ?
      "" :
      "there is no user '" TLS4217_KEYFORK_USER
      "', so the key process runs as the server's own, whose other "
      "processes could halt it: 'useradd --system " TLS4217_KEYFORK_USER
      "' makes one");
  return 1;
}

static int make_front(struct tls4217_keyfork *fork) {
  return fork->front[0] >= 0 ? 0 : tls4217_keysocket_pair(fork->front);
}

int tls4217_keyfork_start(
  struct tls4217_keyfork *self, struct tls4217_error *err) {
  struct tls4217_keysandbox_settings sandbox = { .is_root = geteuid() == 0 };
  bool own_user = tls4217_keyfork_choose_user(&sandbox) ||
    sandbox.is_root == false;
  int fds[2], res;

  tls4217_keyfork_close_daemon(self);
  if (make_front(self) < 0 || tls4217_keysocket_pair(fds) < 0) {
    tls4217_error_set_errno(err, errno, "no socket for the key process");
    return -1;
  }

  self->pid = fork();
  if (self->pid < 0) {
    tls4217_error_set_errno(err, errno, "the key process cannot be forked");
    (void) close(fds[0]);
    (void) close(fds[1]);
    return -1;
  }

  if (self->pid == 0) {
    (void) close(fds[0]);
    serve(fds[1], self->front[1], &sandbox);
  }

  (void) close(fds[1]);
  self->daemon_fd = fds[0];
  res = hear(fds[0], own_user, err);
  if (res < 0) {
    tls4217_keyfork_close_daemon(self);
  }

  return res;
}

/* Over SIGHUP. */

void tls4217_keyfork_leave(struct tls4217_keyfork *fork, int version) {
  char text[128];

  (void) snprintf(text, sizeof(text), "%d %lu %d %d %d %lu", version,
    (unsigned long) getpid(), fork->daemon_fd, fork->front[0], fork->front[1],
    (unsigned long) fork->pid);
  (void) setenv(MARK, text, 1);
  fork->daemon_fd = fork->front[0] = fork->front[1] = -1;
}

int tls4217_keyfork_find(struct tls4217_keyfork *fork) {
  const char *mark = getenv(MARK);
  unsigned long daemon = 0, pid = 0;
  struct tls4217_keyfork left;
  int version = 0, count;

  if (mark == NULL) {
    return 0;
  }

  count = sscanf(mark, "%d %lu %d %d %d %lu", &version, &daemon,
    &left.daemon_fd, &left.front[0], &left.front[1], &pid);
  (void) unsetenv(MARK);
  if (count != 6 || daemon != (unsigned long) getpid()) {
    return 0;
  }

  left.pid = (pid_t) pid;
  *fork = left;
  return version;
}

bool tls4217_keyfork_is_configured(void) {
  struct tls4217_settings settings;

  tls4217_resolve_settings(main_server->conf, &settings);
  return settings.key_isolation && ServerType == SERVER_STANDALONE;
}

/* One word of the command line: whether it has the option. */
static bool has_check(const char *word) {
  if (strcmp(word, "--configtest") == 0) {
    return true;
  }

  if (word[0] != '-' || word[1] == '-') {
    return false;
  }

  /* These take the rest of the word. */
  for (const char *at = word + 1; *at != '\0'; at++) {
    if (*at == 't') {
      return true;
    }

    if (strchr("cdDpS", *at) != NULL) {
      return false;
    }
  }

  return false;
}

bool tls4217_keyfork_is_check(void) {
  char words[8192];
  int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  ssize_t len = fd >= 0 ? read(fd, words, sizeof(words) - 1) : -1;
  bool found = false;

  if (fd >= 0) {
    (void) close(fd);
  }

  if (len <= 0) {
    return false;
  }

  words[len] = '\0';
  for (const char *word = words; word < words + len && found == false;
       word += strlen(word) + 1) {
    found = has_check(word);
  }

  return found;
}
