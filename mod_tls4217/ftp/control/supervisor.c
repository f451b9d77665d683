/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the process that outlives a login
 *
 * See supervisor.h.  Nothing here knows TLS; which command asks for it is in
 * rein.c.
 */

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "mod_tls4217/ftp/control/supervisor.h"

/* What the daemon and administrators send to the process that they know. */
static const int forwarded[] = { SIGTERM, SIGINT, SIGUSR1, SIGUSR2 };

#define NFORWARDED (sizeof(forwarded) / sizeof(forwarded[0]))

void tls4217_supervisor_end_alone(const struct tls4217_supervisor *supervisor) {
  if (supervisor->page != NULL &&
    tls4217_supervisor_is_there(supervisor) == false) {
    pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
      "the supervisor of this session has ended");
  }
}

/* The process that serves the client. */
static void begin_serving(struct tls4217_supervisor *supervisor,
  pid_t supervisor_pid, const sigset_t *mask) {
  supervisor->pid = supervisor_pid;
  supervisor->holds_greeting = supervisor->page->reins > 0;

  session.pid = getpid();
  (void) pr_random_init();
  (void) signal(SIGCHLD, SIG_DFL);
  (void) sigprocmask(SIG_SETMASK, mask, NULL);

  /* The client has had its 220, in reply to REIN. */
  if (supervisor->holds_greeting) {
    (void) pr_response_block(TRUE);
  }
}

/* SIGCHLD has to be pending where it is blocked, not ignored. */
static void note_child(int signo) {
  (void) signo;
}

/* After a login the other process belongs to its user. */
static void pass_on(pid_t pid, int signo) {
  int res;

  PRIVS_ROOT
  res = kill(pid, signo);
  PRIVS_RELINQUISH

  if (res < 0) {
    pr_log_pri(PR_LOG_NOTICE, "%s: cannot pass signal %d on: %s",
      MOD_TLS4217_VERSION, signo, strerror(errno));
  }
}

static int await_end(pid_t pid) {
  sigset_t awaited;
  int status = 0;

  (void) sigemptyset(&awaited);
  (void) sigaddset(&awaited, SIGCHLD);
  for (size_t i = 0; i < NFORWARDED; i++) {
    (void) sigaddset(&awaited, forwarded[i]);
  }

  while (waitpid(pid, &status, WNOHANG) == 0) {
    int signo = 0;

    if (sigwait(&awaited, &signo) == 0 && signo != SIGCHLD) {
      pass_on(pid, signo);
    }
  }

  return status;
}

/* As the other process ended, so that the daemon logs the truth. */
static void end_as(int status) {
  const struct rlimit no_core = { 0, 0 };
  sigset_t none;

  if (WIFSIGNALED(status)) {
    (void) setrlimit(RLIMIT_CORE, &no_core);
    (void) signal(WTERMSIG(status), SIG_DFL);
    (void) sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
    (void) raise(WTERMSIG(status));
  }

  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* The first time, this process serves by itself; later, the client has been
 * promised a new session, and there is no process for it. */
static void give_up(
  struct tls4217_supervisor *supervisor, const sigset_t *mask) {
  pr_log_pri(PR_LOG_ERR, "error: %s: cannot fork for AllowReinitialize: %s",
    MOD_TLS4217_VERSION, strerror(errno));

  if (supervisor->page->again) {
    _exit(1);
  }

  (void) munmap(supervisor->page, sizeof(*supervisor->page));
  supervisor->page = NULL;
  (void) signal(SIGCHLD, SIG_DFL);
  (void) sigprocmask(SIG_SETMASK, mask, NULL);
}

/* Returns in the processes that it forks, or where it cannot fork. */
static void supervise(
  struct tls4217_supervisor *supervisor, const sigset_t *mask) {
  struct tls4217_supervisor_page *page = supervisor->page;
  pid_t supervisor_pid = getpid();

  (void) signal(SIGCHLD, note_child);

  for (;;) {
    int status;
    pid_t pid;

    pid = fork();
    if (pid == 0) {
      page->again = false;
      begin_serving(supervisor, supervisor_pid, mask);
      return;
    }

    if (pid < 0) {
      give_up(supervisor, mask);
      return;
    }

    pr_proctitle_set(
      "supervising the session of process %lu", (unsigned long) pid);
    status = await_end(pid);
    if (WIFEXITED(status) == 0 || page->again == false) {
      end_as(status);
    }
  }
}

void tls4217_supervisor_start(struct tls4217_supervisor *supervisor) {
  sigset_t all, mask;
  void *page;

  memset(supervisor, 0, sizeof(*supervisor));
  if (ServerType != SERVER_STANDALONE || getpid() == mpid) {
    return;
  }

  page = mmap(NULL, sizeof(*supervisor->page), PROT_READ | PROT_WRITE,
    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    pr_log_pri(PR_LOG_WARNING, "warning: %s: no memory for AllowReinitialize",
      MOD_TLS4217_VERSION);
    return;
  }

  supervisor->page = page;
  (void) sigfillset(&all);
  (void) sigprocmask(SIG_SETMASK, &all, &mask);
  supervise(supervisor, &mask);
}

bool tls4217_supervisor_is_there(const struct tls4217_supervisor *supervisor) {
  return supervisor->page != NULL && getppid() == supervisor->pid;
}

void tls4217_supervisor_leave(struct tls4217_supervisor *supervisor) {
  supervisor->rein_accepted = true;
}

void tls4217_supervisor_count_failure(
  struct tls4217_supervisor *supervisor, unsigned int limit) {
  if (supervisor->page == NULL) {
    return;
  }

  supervisor->own_failures++;
  supervisor->page->failures++;

  /* Where this process alone has reached it, mod_auth ends the session. */
  supervisor->denied = limit > 0 && supervisor->page->failures >= limit &&
    supervisor->own_failures < limit;
}

static void deny(void) {
  pr_log_auth(PR_LOG_NOTICE,
    "Maximum login attempts exceeded over several REIN, connection refused");
  pr_event_generate("mod_auth.max-login-attempts", session.c);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_CONFIG_ACL,
    "Denied by MaxLoginAttempts");
}

void tls4217_supervisor_before_command(struct tls4217_supervisor *supervisor) {
  if (supervisor->holds_greeting) {
    supervisor->holds_greeting = false;
    (void) pr_response_block(FALSE);
  }

  tls4217_supervisor_end_alone(supervisor);
  if (supervisor->denied) {
    deny();
  }

  if (supervisor->rein_accepted) {
    supervisor->page->again = true;
    pr_session_end(PR_SESS_END_FL_NOEXIT);
    _exit(0);
  }
}
