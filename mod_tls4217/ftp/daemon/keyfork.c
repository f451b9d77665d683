/*
 * mod_tls4217 - a key process is forked
 *
 * See keyfork.h.
 */

#include <dirent.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>

#include <openssl/rand.h>

#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/tls/keys/keysandbox.h"
#include "mod_tls4217/tls/keys/keyserver.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* Standard input, output and error. */
#define FIRST_FD 3

/* Threads that sign: RSA-4096 of one host must not starve the others. */
#define MAX_THREADS 8

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

void tls4217_keyfork_close(struct tls4217_keyfork *fork) {
  tls4217_keyfork_close_daemon(fork);
  tls4217_keyfork_close_front(fork);
}

/* The child. */

static void close_all_but(int one, int other) {
  DIR *dir = opendir("/proc/self/fd");
  const struct dirent *entry;

  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    int fd = atoi(entry->d_name);

    if (fd >= FIRST_FD && fd != one && fd != other && fd != dirfd(dir)) {
      (void) close(fd);
    }
  }

  if (dir != NULL) {
    (void) closedir(dir);
  }
}

static void detach(void) {
  int null = open("/dev/null", O_RDWR);
  sigset_t none;

  for (int sig = 1; sig < NSIG; sig++) {
    (void) signal(sig, SIG_DFL);
  }

  (void) signal(SIGPIPE, SIG_IGN);
  (void) signal(SIGHUP, SIG_IGN);
  (void) signal(SIGINT, SIG_IGN);
  (void) sigemptyset(&none);
  (void) sigprocmask(SIG_SETMASK, &none, NULL);

  for (int fd = 0; null >= 0 && fd < FIRST_FD; fd++) {
    (void) dup2(null, fd);
  }

  (void) setsid();
  (void) chdir("/");
  (void) prctl(PR_SET_NAME, "tls4217-keys", 0, 0, 0);
}

static unsigned int count_threads(void) {
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);

  if (cpus < 2) {
    return 2;
  }

  return cpus < MAX_THREADS ? (unsigned int) cpus : MAX_THREADS;
}

/* Tells how it went, by the daemon's socket, and serves. */
static void serve(
  int daemon_fd, int front, const struct tls4217_keysandbox_settings *sandbox) {
  const struct tls4217_keyserver_settings settings = { .daemon_fd = daemon_fd,
    .front_fd = front,
    .threads = count_threads(),
    .shut_in = tls4217_keysandbox_filter };
  struct tls4217_error err;
  unsigned char byte;
  int res;

  close_all_but(daemon_fd, front);
  detach();

  /* The generator of random numbers has its file open by now. */
  (void) RAND_bytes(&byte, 1);

  tls4217_error_clear(&err);
  res = tls4217_keysandbox_enter(sandbox, &err);
  if (res != 0) {
    (void) send(daemon_fd, err.text, strlen(err.text) + 1, MSG_NOSIGNAL);

  } else {
    (void) send(daemon_fd, "", 1, MSG_NOSIGNAL);
  }

  _exit(res < 0 ? EXIT_FAILURE : tls4217_keyserver_run(&settings));
}

/* The daemon. */

/* Whom it becomes: a user of its own, or the server's. */
static bool choose_user(struct tls4217_keysandbox_settings *sandbox) {
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

/* Waits for the child's first word. */
static int hear(int fd, bool own_user, struct tls4217_error *err) {
  char text[600];
  ssize_t len;

  len = tls4217_keysocket_receive(
    fd, text, sizeof(text) - 1, NULL, NULL, tls4217_keysocket_now() + 10000);
  if (len <= 0) {
    tls4217_error_set(err, EPIPE, "the key process did not start");
    return -1;
  }

  text[len] = '\0';
  if (text[0] != '\0') {
    tls4217_error_set(err, 0, "%s", text);
    return 1;
  }

  if (own_user == false) {
    tls4217_error_set(err, 0,
      "there is no user '" TLS4217_KEYFORK_USER
      "', so the key process runs as the server's own, whose other processes "
      "could halt it: 'useradd --system " TLS4217_KEYFORK_USER "' makes one");
    return 1;
  }

  return 0;
}

static int make_front(struct tls4217_keyfork *fork) {
  return fork->front[0] >= 0 ? 0 : tls4217_keysocket_pair(fork->front);
}

int tls4217_keyfork_start(
  struct tls4217_keyfork *self, struct tls4217_error *err) {
  struct tls4217_keysandbox_settings sandbox = { .is_root = geteuid() == 0 };
  bool own_user = choose_user(&sandbox) || sandbox.is_root == false;
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
