/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the .ftpaccess files that apply to a place
 *
 * The core loads them where it checks a path, and makes of each a <Directory>
 * of its own.  Two of its peculiarities are compensated here.  It asks
 * AllowOverride of the place that was checked last, and for a file that lies at
 * the top of a chroot it reads the .ftpaccess of the working directory, and
 * keeps that as the top's own (build_dyn_config(), up to 1.3.10rc5).
 */

#include "mod_tls4217/ftp/data/ftpaccess.h"

static char *with_chroot(pool *p, const char *path) {
  char *full;
  size_t len;

  full = session.chroot_path != NULL ?
    pdircat(p, session.chroot_path, path, NULL) :
    pstrdup(p, path);

  len = strlen(full);
  if (len > 1 && full[len - 1] == '/') {
    full[len - 1] = '\0';
  }

  return full;
}

/* The directory that path is, or is in. */
static const char *find_directory(pool *p, const char *path) {
  const char *slash;
  struct stat st;

  if (pr_fsio_stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
    return pstrdup(p, path);
  }

  slash = strrchr(path, '/');
  return slash == NULL || slash == path ?
    pstrdup(p, "/") :
    pstrndup(p, path, (size_t) (slash - path));
}

/* Has the core read the top's .ftpaccess again, or forget what it has taken for
 * it: argv[0] is the time of the file that was read. */
static void doubt_top(pool *p) {
  char *name = with_chroot(p, "/");
  config_rec *dir = dir_match_path(p, name);

  if (dir != NULL && strcmp(dir->name, name) == 0 && dir->argc > 0 &&
    strcmp(pr_fs_getcwd(), "/") != 0) {
    dir->argv[0] = NULL;
  }
}

void tls4217_ftpaccess_load(pool *p, const char *path) {
  const char *dir = find_directory(p, path);
  config_rec *checked = session.dir_config;
  struct stat st;

  doubt_top(p);

  memset(&st, 0, sizeof(st));
  st.st_mode = S_IFDIR;
  session.dir_config = dir_match_path(p, with_chroot(p, dir));
  build_dyn_config(p, dir, &st, TRUE);

  /* What was checked last may be gone by now. */
  session.dir_config = checked != NULL ?
    dir_match_path(p, pstrdup(p, checked->name)) :
    NULL;
}
