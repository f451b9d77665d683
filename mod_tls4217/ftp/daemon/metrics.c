/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSMetricsFile
 *
 * See metrics.h.  Written by the daemon, as root, beside the file and then
 * renamed, so that a reader finds it whole.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/gauges.h"
#include "mod_tls4217/ftp/daemon/metrics.h"
#include "mod_tls4217/ftp/daemon/shared.h"

/* Seconds. */
#define INTERVAL 15

/* What is being written. */
struct text {
  pool *pool;
  array_header *lines; /* of const char * */
  const char *name;    /* of the last metric */
};

static void add_line(struct text *text, const char *line) {
  *((const char **) push_array(text->lines)) = line;
}

static void put_head(
  struct text *text, const char *name, const char *help, const char *type) {
  if (text->name == NULL || strcmp(text->name, name) != 0) {
    text->name = pstrdup(text->pool, name);
    add_line(text, pstrcat(text->pool, "# HELP ", name, " ", help, "\n", NULL));
    add_line(text, pstrcat(text->pool, "# TYPE ", name, " ", type, "\n", NULL));
  }
}

static void put_value(
  struct text *text, const char *name, const char *labels, int64_t value) {
  char number[32];

  (void) snprintf(number, sizeof(number), "%lld", (long long) value);
  add_line(text,
    *labels != '\0' ?
      pstrcat(text->pool, name, "{", labels, "} ", number, "\n", NULL) :
      pstrcat(text->pool, name, " ", number, "\n", NULL));
}

static void put_counter(void *user, const char *name, const char *help,
  const char *labels, uint64_t value) {
  put_head(user, name, help, "counter");
  put_value(user, name, labels, (int64_t) value);
}

static void put_sessions(struct text *text) {
  const struct tls4217_roster *roster = tls4217_shared_roster();
  struct tls4217_roster_entry entry;
  int64_t sessions = 0;
  int count;

  if (roster == NULL) {
    return;
  }

  count = tls4217_roster_count(roster);
  for (int i = 0; i < count; i++) {
    if (tls4217_roster_read(roster, i, &entry) &&
      tls4217_shared_is_alive(entry.pid, entry.start)) {
      sessions++;
    }
  }

  put_head(text, "ftps_sessions",
    "Control connections that are or were "
    "protected.",
    "gauge");
  put_value(text, "ftps_sessions", "", sessions);
}

static void put_gauge(void *user, const char *name, const char *help,
  const char *labels, int64_t value) {
  put_head(user, name, help, "gauge");
  if (labels != NULL) {
    put_value(user, name, labels, value);
  }
}

static char *join(pool *p, const array_header *lines) {
  const char **line = lines->elts;
  size_t size = 1;
  char *text, *at;

  for (unsigned int i = 0; i < lines->nelts; i++) {
    size += strlen(line[i]);
  }

  text = at = pcalloc(p, size);
  for (unsigned int i = 0; i < lines->nelts; i++) {
    size_t len = strlen(line[i]);

    memcpy(at, line[i], len);
    at += len;
  }

  return text;
}

const char *tls4217_metrics_text(pool *p) {
  struct text text = { .pool = p, .lines = make_array(p, 64, sizeof(char *)) };

  tls4217_counters_list(tls4217_shared_counters(), put_counter, &text);
  put_sessions(&text);
  tls4217_gauges_list(p, put_gauge, &text);
  return join(p, text.lines);
}

static int write_whole(int fd, const char *text) {
  size_t len = strlen(text), done = 0;

  while (done < len) {
    ssize_t res = write(fd, text + done, len - done);

    if (res < 0 && errno != EINTR) {
      return -1;
    }

    done += res > 0 ? (size_t) res : 0;
  }

  return fchmod(fd, 0644);
}

/* As root. */
static int replace_file(pool *p, const char *path, const char *text) {
  const char *aside = pstrcat(p, path, ".new", NULL);
  int fd, res, saved;

  (void) unlink(aside);
  fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) {
    return -1;
  }

  res = write_whole(fd, text);
  saved = errno;
  (void) close(fd);
  if (res == 0 && rename(aside, path) == 0) {
    return 0;
  }

  saved = res < 0 ? saved : errno;
  (void) unlink(aside);
  errno = saved;
  return -1;
}

/* Once for each reason that is not the previous one. */
static void complain(const char *path, int errnum) {
  static int said = 0;

  if (errnum != said && errnum != 0) {
    pr_log_pri(PR_LOG_WARNING,
      "warning: %s: TLSMetricsFile '%s' cannot be written: %s",
      MOD_TLS4217_VERSION, path, strerror(errnum));
  }

  said = errnum;
}

static void write_file(void) {
  pool *p = make_sub_pool(permanent_pool);
  struct tls4217_settings settings;
  const char *text;
  int res, errnum;

  tls4217_resolve_settings(main_server->conf, &settings);
  if (settings.metrics_file != NULL) {
    text = tls4217_metrics_text(p);
    pr_signals_block();
    PRIVS_ROOT
    res = replace_file(p, settings.metrics_file, text);
    errnum = res < 0 ? errno : 0;
    PRIVS_RELINQUISH
    pr_signals_unblock();
    complain(settings.metrics_file, errnum);
  }

  destroy_pool(p);
}

static int write_cb(CALLBACK_FRAME) {
  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  write_file();
  return 1;
}

void tls4217_metrics_begin(void) {
  static int timer = 0;
  struct tls4217_settings settings;

  if (timer > 0) {
    (void) pr_timer_remove(timer, &tls4217_module);
    timer = 0;
  }

  tls4217_resolve_settings(main_server->conf, &settings);
  if (settings.metrics_file != NULL) {
    timer = pr_timer_add(
      INTERVAL, -1, &tls4217_module, write_cb, "TLSMetricsFile");
  }
}
