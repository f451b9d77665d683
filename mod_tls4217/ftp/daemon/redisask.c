/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one value in Redis is read, and written where it is to be
 *
 * See redisask.h.  ProFTPD's redis.h; SET and SETEX of Redis.
 */

#define _GNU_SOURCE

#include <grp.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "redis.h"

#include "mod_tls4217/ftp/daemon/child.h"
#include "mod_tls4217/ftp/daemon/redisask.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* Seconds for which a child may run, and milliseconds until it is given up. */
#define LIFE     5
#define TOO_LATE ((LIFE + 1) * 1000)

/* Seconds for which one host alone may replace the value: longer than its
 * child lives. */
#define TURN "30"

/* Bytes that a child may use in addition to what the daemon has. */
#define ROOM ((rlim_t) 64 << 20)

/* Called without a pool, the core returns which of the two is missing. */
static bool is_built(void) {
  errno = 0;
  return pr_redis_conn_new(NULL, &tls4217_module, 0) != NULL || errno != ENOSYS;
}

static bool has_record(const char *name) {
  return find_config(main_server->conf, CONF_PARAM, name, FALSE) != NULL;
}

int tls4217_redisask_check(struct tls4217_error *err) {
  if (is_built() == false) {
    tls4217_error_set(err, ENOSYS,
      "this ProFTPD was built without Redis ('proftpd -V'): install one that "
      "was configured with --enable-redis, as Debian's is, or use "
      "TLSSessionTicketKeyFile");
    return -1;
  }

  if (pr_module_exists("mod_redis.c") != TRUE) {
    tls4217_error_set(err, EPERM,
      "mod_redis is not loaded: add 'LoadModule mod_redis.c' and 'RedisServer "
      "address:6379 default password'");
    return -1;
  }

  if (has_record("RedisServer") == false &&
    has_record("RedisSentinel") == false) {
    tls4217_error_set(err, EPERM,
      "no server is named: add 'RedisServer address:6379 default password' to "
      "the main server, and 'RedisEngine on'");
    return -1;
  }

  return 0;
}

/* The child. */

/* What a server sends is read under the user id with which sessions connect to
 * it. */
static void become_user(void) {
  const char *name = get_param_ptr(main_server->conf, "UserName", FALSE);
  const uid_t *uid = get_param_ptr(main_server->conf, "UserID", FALSE);
  const gid_t *gid = get_param_ptr(main_server->conf, "GroupID", FALSE);
  const uid_t user = uid != NULL && *uid != 0 ? *uid : 65534;
  const gid_t group = gid != NULL && *gid != 0 ? *gid : 65534;

  (void) seteuid(0);
  if (geteuid() != 0) {
    return;
  }

  if (setgroups(0, NULL) < 0 ||
    (name != NULL && user != 65534 && initgroups(name, group) < 0) ||
    setresgid(group, group, group) < 0 || setresuid(user, user, user) < 0) {
    _exit(EXIT_FAILURE);
  }
}

/* hiredis reads whatever a server sends.  proc(5) says what there is. */
static void bound_memory(void) {
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[128];
  ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
  struct rlimit limit;
  unsigned long pages;

  if (fd >= 0) {
    (void) close(fd);
  }

  if (len <= 0) {
    return;
  }

  text[len] = '\0';
  pages = strtoul(text, NULL, 10);
  limit.rlim_cur = limit.rlim_max = ROOM +
    (rlim_t) pages * (rlim_t) sysconf(_SC_PAGESIZE);
  if (pages > 0) {
    (void) setrlimit(RLIMIT_AS, &limit);
  }
}

/* mod_redis makes a session connect to the server, with the time limits, of the
 * configuration. */
static void prepare_redis(void) {
  const module *m = pr_module_get("mod_redis.c");

  if (m != NULL && m->sess_init != NULL) {
    (void) m->sess_init();
  }
}

struct talk {
  pool *pool;
  pr_redis_t *redis;
  const struct tls4217_redisask *ask;
  struct tls4217_redisanswer *answer;
};

/* Sends a command that is answered with OK.  If it is not, for whatever reason,
 * what is read next shows that. */
static bool command(const struct talk *talk, size_t count, ...) {
  array_header *args = make_array(talk->pool, 8, sizeof(char *));
  va_list words;

  va_start(words, count);
  for (size_t i = 0; i < count; i++) {
    *((const char **) push_array(args)) = va_arg(words, const char *);
  }

  va_end(words);
  return pr_redis_command(talk->redis, args, PR_REDIS_REPLY_TYPE_STATUS) == 0;
}

/* What it means when the core returns no value. */
static enum tls4217_redisask_step find_step(int errnum) {
  switch (errnum) {
    case EIO:
      return TLS4217_REDISASK_NO_ANSWER;

    case ENOENT:
      return TLS4217_REDISASK_NO_WRITING;

    default:
      return TLS4217_REDISASK_NO_READING;
  }
}

static bool read_value(const struct talk *talk) {
  struct tls4217_redisanswer *answer = talk->answer;
  size_t size = 0;
  const void *value;

  value = pr_redis_get(
    talk->pool, talk->redis, &tls4217_module, talk->ask->key, &size);
  answer->errnum = errno;
  answer->size = 0;
  answer->step = value != NULL ? TLS4217_REDISASK_ANSWERED :
                                 find_step(answer->errnum);
  if (answer->step != TLS4217_REDISASK_ANSWERED) {
    return false;
  }

  if (size > sizeof(answer->value)) {
    answer->step = TLS4217_REDISASK_TOO_LONG;
    return false;
  }

  memcpy(answer->value, value, size);
  answer->size = size;
  answer->errnum = 0;
  return true;
}

static bool is_seen(const struct talk *talk) {
  const char *seen = talk->ask->seen;

  return seen != NULL && talk->answer->size == strlen(seen) &&
    memcmp(talk->answer->value, seen, talk->answer->size) == 0;
}

/* One host at a time.  Two that replace the value at once would do no harm:
 * both read what one of them has written long before it is used. */
static void replace(const struct talk *talk) {
  const char *turn = pstrcat(talk->pool, talk->ask->key, ":turn", NULL);

  if (command(talk, 6, "SET", turn, "1", "NX", "EX", TURN) == false ||
    read_value(talk) == false) {
    return;
  }

  if (is_seen(talk)) {
    (void) pr_redis_set(talk->redis, &tls4217_module, talk->ask->key,
      (void *) talk->ask->replacement, strlen(talk->ask->replacement),
      (time_t) talk->ask->life);
  }

  (void) pr_redis_remove(talk->redis, &tls4217_module, turn);
  (void) read_value(talk);
}

static void talk_to_redis(
  const struct tls4217_redisask *ask, struct tls4217_redisanswer *answer) {
  struct talk talk = {
    .pool = make_sub_pool(permanent_pool), .ask = ask, .answer = answer
  };
  char life[32];

  errno = 0;
  talk.redis = pr_redis_conn_new(
    talk.pool, &tls4217_module, PR_REDIS_CONN_FL_NO_RECONNECT);
  if (talk.redis == NULL) {
    answer->errnum = errno;
    answer->step = errno == EINVAL ? TLS4217_REDISASK_REFUSED :
                                     TLS4217_REDISASK_NO_ANSWER;
    return;
  }

  if (read_value(&talk) == false &&
    answer->step == TLS4217_REDISASK_NO_WRITING) {
    (void) snprintf(life, sizeof(life), "%lu", ask->life);
    (void) command(&talk, 6, "SET", ask->key, ask->if_absent, "NX", "EX", life);
    (void) read_value(&talk);

  } else if (is_seen(&talk)) {
    replace(&talk);
  }
}

static void run_child(const struct tls4217_redisask *ask, int fd) {
  struct tls4217_redisanswer answer;

  memset(&answer, 0, sizeof(answer));
  tls4217_child_drop_sockets_but(fd);
  tls4217_child_reset_signals();
  (void) signal(SIGPIPE, SIG_IGN);
  (void) signal(SIGHUP, SIG_IGN);
  (void) alarm(LIFE);
  prepare_redis();
  become_user();
  bound_memory();
  talk_to_redis(ask, &answer);
  (void) tls4217_keysocket_send(
    fd, &answer, sizeof(answer), NULL, 0, tls4217_keysocket_now() + TOO_LATE);
  _exit(EXIT_SUCCESS);
}

/* The daemon. */

int tls4217_redisask_start(const struct tls4217_redisask *ask,
  struct tls4217_redischild *child, struct tls4217_error *err) {
  int fds[2];

  if (tls4217_keysocket_pair(fds) < 0) {
    tls4217_error_set_errno(err, errno, "cannot make a socket for a process");
    return -1;
  }

  child->pid = fork();
  if (child->pid == 0) {
    run_child(ask, fds[1]);
  }

  (void) close(fds[1]);
  if (child->pid < 0) {
    tls4217_error_set_errno(err, errno, "cannot fork a process");
    (void) close(fds[0]);
    return -1;
  }

  child->fd = fds[0];
  child->since = tls4217_keysocket_now();
  return 0;
}

/* It has written its answer, or is killed; or the core has waited for it, or it
 * is the child of a process that has since become a daemon. */
static void close_child(struct tls4217_redischild *child) {
  while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR) {
  }

  (void) close(child->fd);
  child->fd = -1;
}

bool tls4217_redisask_hear(struct tls4217_redischild *child,
  struct tls4217_redisanswer *answer, int patience) {
  const int64_t now = tls4217_keysocket_now();
  ssize_t len;

  len = tls4217_keysocket_receive(child->fd, answer, sizeof(*answer), NULL,
    NULL, patience > 0 ? now + patience : 0);
  if (len < 0 && (errno == EAGAIN || errno == ETIMEDOUT)) {
    if (now - child->since < TOO_LATE) {
      return false;
    }

    (void) kill(child->pid, SIGKILL);
  }

  if (len != (ssize_t) sizeof(*answer)) {
    answer->step = TLS4217_REDISASK_NO_ANSWER;
    answer->errnum = ETIMEDOUT;
    answer->size = 0;
  }

  close_child(child);
  return true;
}

void tls4217_redisask_end(struct tls4217_redischild *child) {
  struct tls4217_redisanswer answer;

  /* Only a child that still exists is killed. */
  if (child->fd >= 0 && tls4217_redisask_hear(child, &answer, 0) == false) {
    (void) kill(child->pid, SIGKILL);
    close_child(child);
  }
}
