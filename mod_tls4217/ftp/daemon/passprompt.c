/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a pass phrase is asked for at the terminal
 *
 * See passprompt.h.  Signals of the terminal are off while it is asked, and
 * those that end a process only end the question, so that it is never left
 * without echo.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/child.h"
#include "mod_tls4217/ftp/daemon/passprompt.h"

/* Ctrl-C. */
#define INTERRUPT '\003'

#define MAX_TYPED 2048

/* The child's exit status, where it has no line. */
#define NO_TERMINAL 2
#define NO_ANSWER   3

static void stop_waiting(int sig) {
  (void) sig;
}

static void listen_to_signals(void) {
  static const int ends[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT };
  struct sigaction action;

  tls4217_child_reset_signals();
  (void) signal(SIGTTIN, SIG_IGN);
  (void) signal(SIGTTOU, SIG_IGN);
  memset(&action, 0, sizeof(action));
  action.sa_handler = stop_waiting;
  for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
    (void) sigaction(ends[i], &action, NULL);
  }
}

/* The terminal of this process, if it is in front there; or -1. */
static int open_terminal(void) {
  int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

  if (fd >= 0 && tcgetpgrp(fd) != getpgrp()) {
    (void) close(fd);
    fd = -1;
  }

  return fd;
}

static void write_text(int fd, const char *text) {
  (void) !write(fd, text, strlen(text));
}

/* One line, without showing it.  Returns its length, or -1. */
static ssize_t read_line(
  int fd, const char *question, char *line, size_t size) {
  struct pollfd event = { .fd = fd, .events = POLLIN };
  struct termios before, quiet;
  ssize_t got = -1;

  if (tcgetattr(fd, &before) < 0) {
    return -1;
  }

  quiet = before;
  quiet.c_lflag &= (tcflag_t) ~(ECHO | ECHOE | ECHOK | ISIG);
  quiet.c_lflag |= ECHONL | ICANON;
  quiet.c_cc[VEOL] = INTERRUPT;
  if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0) {
    return -1;
  }

  write_text(fd, question);
  if (poll(&event, 1, TLS4217_PASSPROMPT_TIME * 1000) == 1) {
    got = read(fd, line, size);
  }

  (void) tcsetattr(fd, TCSAFLUSH, &before);
  if (got <= 0 || line[got - 1] != '\n') {
    write_text(fd, "\n");
    return -1;
  }

  return got;
}

static void ask(const char *question, int output) {
  char line[MAX_TYPED];
  int fd, status = NO_ANSWER;
  ssize_t got;

  listen_to_signals();
  fd = open_terminal();
  if (fd < 0) {
    _exit(NO_TERMINAL);
  }

  got = read_line(fd, question, line, sizeof(line));
  if (got > 0 && write(output, line, (size_t) got) == got) {
    status = EXIT_SUCCESS;
  }

  pr_memscrub(line, sizeof(line));
  _exit(status);
}

static int wait_for_end(pid_t pid) {
  int status = 0;

  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return NO_ANSWER;
    }
  }

  return WIFEXITED(status) ? WEXITSTATUS(status) : NO_ANSWER;
}

int tls4217_passprompt_ask(const char *question, struct tls4217_error *err) {
  int fds[2], status;
  pid_t pid;

  if (pipe2(fds, O_CLOEXEC) < 0) {
    tls4217_error_set_errno(err, errno, "no pipe for a pass phrase");
    return -1;
  }

  (void) fcntl(fds[0], F_SETFL, O_NONBLOCK);
  pid = fork();
  if (pid == 0) {
    ask(question, fds[1]);
  }

  (void) close(fds[1]);
  status = pid > 0 ? wait_for_end(pid) : NO_ANSWER;
  if (status == EXIT_SUCCESS) {
    return fds[0];
  }

  (void) close(fds[0]);
  tls4217_error_set(
    err, status == NO_TERMINAL ? ENOTTY : EINTR, "no pass phrase was entered");
  return -1;
}
