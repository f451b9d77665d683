/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSLog
 *
 * Opening needs root, because it happens before and again after ProFTPD has
 * become its User (SIGHUP); writing needs nothing.
 */

#include <stdarg.h>

#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/tls/scrub.h"

#define LOG_MODE 0640

static const char *describe_open(int res) {
  switch (res) {
    case PR_LOG_WRITABLE_DIR:
      return "its directory is writable by everyone";

    case PR_LOG_SYMLINK:
      return "it is a symbolic link";

    default:
      return strerror(errno);
  }
}

int tls4217_log_open(const char *path, const char **why) {
  int fd = TLS4217_LOG_NONE, res;

  *why = NULL;
  if (path == NULL) {
    return TLS4217_LOG_NONE;
  }

  pr_signals_block();
  PRIVS_ROOT
  res = pr_log_openfile(path, &fd, LOG_MODE);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    *why = describe_open(res);
    return TLS4217_LOG_NONE;
  }

  return fd;
}

void tls4217_log_write(int fd, const char *fmt, ...) {
  char text[1024];
  va_list ap;

  if (fd == TLS4217_LOG_NONE) {
    return;
  }

  va_start(ap, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);

  /* Names and paths are the client's words. */
  tls4217_scrub(text, '?');
  (void) pr_log_writefile(fd, MOD_TLS4217_VERSION, "%s", text);
}
