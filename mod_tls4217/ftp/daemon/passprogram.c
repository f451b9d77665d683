/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the program of TLSPassPhraseProvider
 *
 * See passprogram.h.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_tls4217/ftp/daemon/child.h"
#include "mod_tls4217/ftp/daemon/passprogram.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* Milliseconds between two looks whether it has ended. */
#define TICK 20

/* What is heard of its standard error, and the longest line. */
#define MAX_HEARD 4096
#define MAX_LINE  400

/* Whether it is the program that was meant. */

/* A directory in which everyone may create files, and no one may replace those
 * of others. */
static bool is_sticky(const struct stat *st) {
  return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;
}

static int check_part(
  const char *program, const char *part, struct tls4217_error *err) {
  struct stat st;

  if (stat(part, &st) < 0) {
    tls4217_error_set_errno(err, errno, "'%s' cannot be looked at", part);
    return -1;
  }

  if ((st.st_uid != 0 && st.st_uid != geteuid()) ||
    ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && is_sticky(&st) == false)) {
    tls4217_error_set(err, EACCES,
      "it is not run, because others can replace it: '%s' has the owner %lu "
      "and the mode %04o; 'chown root %s' and 'chmod go-w %s', or put the "
      "program into a directory of root's",
      part, (unsigned long) st.st_uid, (unsigned int) st.st_mode & 07777U, part,
      part);
    return -1;
  }

  if (strcmp(part, program) == 0 &&
    (S_ISREG(st.st_mode) == false || access(part, X_OK) < 0)) {
    tls4217_error_set(err, EACCES,
      "it cannot be run: 'chmod u+x %s', if it is a program", part);
    return -1;
  }

  return 0;
}

/* The program, and each directory above it; path is without symbolic links. */
static int check_path(const char *path, struct tls4217_error *err) {
  char part[PATH_MAX];
  char *slash;

  (void) snprintf(part, sizeof(part), "%s", path);
  for (;;) {
    if (check_part(path, part, err) < 0) {
      return -1;
    }

    slash = strrchr(part, '/');
    if (slash == NULL || part[1] == '\0') {
      return 0;
    }

    slash[slash == part ? 1 : 0] = '\0';
  }
}

/* The child. */

static int above_standard(int fd) {
  return fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
}

static void become_root(void) {
  if (geteuid() == 0 && (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)) {
    _exit(EXIT_FAILURE);
  }
}

static void run(const struct tls4217_passprogram *program, const char *path,
  int output, int error) {
  static char *const environment[] = {
    (char *) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL
  };
  const struct rlimit no_core = { 0, 0 };
  char *const words[] = { (char *) program->path, (char *) program->host,
    (char *) program->kind, NULL };
  int null = open("/dev/null", O_RDONLY);

  /* ProFTPD may have closed some of the first three. */
  null = above_standard(null);
  output = above_standard(output);
  error = above_standard(error);
  tls4217_child_reset_signals();
  if (setsid() < 0 || dup2(null, STDIN_FILENO) < 0 ||
    dup2(output, STDOUT_FILENO) < 0 || dup2(error, STDERR_FILENO) < 0 ||
    chdir("/") < 0) {
    _exit(EXIT_FAILURE);
  }

  tls4217_child_close(STDERR_FILENO + 1, INT_MAX);
  become_root();
  (void) setrlimit(RLIMIT_CORE, &no_core);
  (void) umask(S_IRWXG | S_IRWXO);
  (void) execve(path, words, environment);
  (void) dprintf(STDERR_FILENO, "cannot be executed: %s\n", strerror(errno));
  _exit(EXIT_FAILURE);
}

/* Its standard error. */

struct ear {
  const struct tls4217_passprogram *program;
  int fd;
  char line[MAX_LINE];
  size_t used, heard;
};

static void end_line(struct ear *ear) {
  ear->line[ear->used] = '\0';
  if (ear->used > 0) {
    ear->program->hear(ear->program->user, ear->line);
  }

  ear->used = 0;
}

/* One byte; what is too much is passed by. */
static void hear_byte(struct ear *ear, char byte) {
  if (byte == '\n') {
    end_line(ear);

  } else if (ear->heard < MAX_HEARD && ear->used < sizeof(ear->line) - 1) {
    ear->heard++;
    ear->line[ear->used++] = byte;
  }
}

/* What has come. */
static void listen_to(struct ear *ear) {
  char bytes[512];
  ssize_t got;

  while ((got = read(ear->fd, bytes, sizeof(bytes))) > 0) {
    for (ssize_t i = 0; i < got; i++) {
      hear_byte(ear, bytes[i]);
    }
  }

  if (got == 0) {
    (void) close(ear->fd);
    ear->fd = -1;
  }
}

/* Its end. */

/* Waits until it has ended, or its time is over.  Returns waitpid(2)'s status,
 * or -1 with err filled. */
static int wait_for_end(struct ear *ear, pid_t pid, struct tls4217_error *err) {
  const int64_t deadline = tls4217_keysocket_now() + TLS4217_PASSPROGRAM_TIME;
  pid_t ended = 0;
  int status = 0;

  while (ended == 0 && tls4217_keysocket_now() < deadline) {
    struct pollfd event = { .fd = ear->fd, .events = POLLIN };

    (void) poll(&event, 1, TICK);
    if (ear->fd >= 0) {
      listen_to(ear);
    }

    ended = waitpid(pid, &status, WNOHANG);
  }

  /* With whatever it has started. */
  (void) kill(-pid, SIGKILL);
  if (ended == 0) {
    (void) kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }

    tls4217_error_set(err, ETIMEDOUT,
      "it was killed, because it had not ended after %d seconds",
      TLS4217_PASSPROGRAM_TIME / 1000);
    return -1;
  }

  if (ear->fd >= 0) {
    listen_to(ear);
  }

  /* The core may have buried it already. */
  return ended < 0 ? 0 : status;
}

static int check_end(int status, int output, struct tls4217_error *err) {
  int waiting = 0;

  if (WIFSIGNALED(status)) {
    tls4217_error_set(
      err, ECHILD, "it was ended by signal %d", WTERMSIG(status));
    return -1;
  }

  if (WEXITSTATUS(status) != 0) {
    tls4217_error_set(err, ECHILD,
      "it has ended with the status %d, not 0: run it by hand, with the same "
      "arguments",
      WEXITSTATUS(status));
    return -1;
  }

  if (ioctl(output, FIONREAD, &waiting) == 0 && waiting == 0) {
    tls4217_error_set(err, ENODATA,
      "it has printed nothing: it must print the pass phrase on its standard "
      "output");
    return -1;
  }

  return 0;
}

static void close_both(const int fds[2]) {
  (void) close(fds[0]);
  (void) close(fds[1]);
}

static int make_pipes(int output[2], int error[2], struct tls4217_error *err) {
  if (pipe2(output, O_CLOEXEC) < 0) {
    tls4217_error_set_errno(err, errno, "no pipe for it");
    return -1;
  }

  if (pipe2(error, O_CLOEXEC) < 0) {
    tls4217_error_set_errno(err, errno, "no pipe for it");
    close_both(output);
    return -1;
  }

  (void) fcntl(output[0], F_SETFL, O_NONBLOCK);
  (void) fcntl(error[0], F_SETFL, O_NONBLOCK);
  return 0;
}

static int run_path(const struct tls4217_passprogram *program, const char *path,
  struct tls4217_error *err) {
  struct ear ear = { .program = program };
  int output[2], error[2], status = -1;
  pid_t pid;

  if (make_pipes(output, error, err) < 0) {
    return -1;
  }

  pid = fork();
  if (pid == 0) {
    run(program, path, output[1], error[1]);
  }

  (void) close(output[1]);
  (void) close(error[1]);
  ear.fd = error[0];
  if (pid < 0) {
    tls4217_error_set_errno(err, errno, "it cannot be started");

  } else {
    status = wait_for_end(&ear, pid, err);
    end_line(&ear);
  }

  if (ear.fd >= 0) {
    (void) close(ear.fd);
  }

  if (status < 0 || check_end(status, output[0], err) < 0) {
    (void) close(output[0]);
    return -1;
  }

  return output[0];
}

int tls4217_passprogram_run(
  const struct tls4217_passprogram *program, struct tls4217_error *err) {
  char path[PATH_MAX];

  if (realpath(program->path, path) == NULL) {
    tls4217_error_set_errno(err, errno,
      "there is no such program: check the path in the configuration");
    return -1;
  }

  return check_path(path, err) < 0 ? -1 : run_path(program, path, err);
}
