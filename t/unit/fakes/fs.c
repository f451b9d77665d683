/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: files
 *
 * See fakes.h.  Names are read and files opened as the system does it, below
 * the layers that are registered.
 */

#include <dirent.h>
#include <fnmatch.h>

#include "t/unit/fakes/fakes.h"

static pr_fs_t *top; /* the uppermost layer */

/* The lowest layer. */

static int system_stat(pr_fs_t *fs, const char *path, struct stat *st) {
  (void) fs;
  return stat(path, st);
}

static int system_lstat(pr_fs_t *fs, const char *path, struct stat *st) {
  (void) fs;
  return lstat(path, st);
}

static int system_readlink(
  pr_fs_t *fs, const char *path, char *buf, size_t size) {
  (void) fs;
  return (int) readlink(path, buf, size);
}

static int system_open(pr_fh_t *fh, const char *path, int flags) {
  (void) fh;
  return open(path, flags, 0644);
}

static int system_fstat(pr_fh_t *fh, int fd, struct stat *st) {
  (void) fh;
  return fstat(fd, st);
}

static int system_read(pr_fh_t *fh, int fd, char *buf, size_t size) {
  (void) fh;
  return (int) read(fd, buf, size);
}

static int system_write(pr_fh_t *fh, int fd, const char *buf, size_t size) {
  (void) fh;
  return (int) write(fd, buf, size);
}

static int system_close(pr_fh_t *fh, int fd) {
  (void) fh;
  return close(fd);
}

static int system_unlink(pr_fs_t *fs, const char *path) {
  (void) fs;
  return unlink(path);
}

void fakes_begin_fs(void) {
  top = pcalloc(permanent_pool, sizeof(*top));
  top->fs_name = "system";
  top->stat = system_stat;
  top->lstat = system_lstat;
  top->readlink = system_readlink;
  top->open = system_open;
  top->fstat = system_fstat;
  top->read = system_read;
  top->write = system_write;
  top->close = system_close;
  top->unlink = system_unlink;
}

pr_fs_t *pr_register_fs(pool *p, const char *name, const char *path) {
  pr_fs_t *fs = pcalloc(p, sizeof(*fs));

  fs->fs_name = pstrdup(p, name);
  fs->fs_path = pstrdup(p, path);
  fs->fs_next = top;
  top = fs;
  return fs;
}

pr_fs_t *pr_get_fs(const char *path, int *exact) {
  (void) path;
  (void) exact;
  return top;
}

#define DESCEND(fs, callback) \
 pr_fs_t *fs = top; \
 while ((fs)->callback == NULL) { \
  (fs) = (fs)->fs_next; \
 }

int pr_fsio_stat(const char *path, struct stat *st) {
  DESCEND(fs, stat)
  return fs->stat(fs, path, st);
}

int pr_fsio_lstat(const char *path, struct stat *st) {
  DESCEND(fs, lstat)
  return fs->lstat(fs, path, st);
}

int pr_fsio_ftruncate(pr_fh_t *fh, off_t size) {
  return ftruncate(fh->fh_fd, size);
}

void *pr_fsio_opendir(const char *path) {
  return opendir(path);
}

struct dirent *pr_fsio_readdir(void *dir) {
  return readdir(dir);
}

int pr_fsio_closedir(void *dir) {
  return closedir(dir);
}

int pr_fs_clear_cache2(const char *path) {
  (void) path;
  return 0;
}

/* Names. */

const char *pr_fs_getcwd(void) {
  return session.cwd;
}

char *pr_fs_decode_path(pool *p, const char *path) {
  return pstrdup(p, path);
}

int pr_fs_use_encoding(int use) {
  return use;
}

int pr_fs_dircat(char *buf, int size, const char *dir, const char *name) {
  int len = snprintf(buf, (size_t) size, "%s%s%s",
    strcmp(dir, "/") == 0 ? "" : dir, *name == '/' ? "" : "/", name);

  return len < size ? 0 : -1;
}

/* An absolute path without ".", ".." and double slashes; only words are
 * looked at, no links. */
static char *clean(pool *p, const char *name) {
  char *rest = *name == '/' ? pstrdup(p, name) :
                              pdircat(p, session.cwd, name, NULL);
  char *path = pcalloc(p, strlen(rest) + 2), *word;

  while ((word = pr_str_get_token(&rest, "/")) != NULL) {
    char *slash = strrchr(path, '/');

    if (strcmp(word, "..") == 0) {
      if (slash != NULL) {
        *slash = '\0';
      }

    } else if (*word != '\0' && strcmp(word, ".") != 0) {
      (void) strcat(strcat(path, "/"), word);
    }
  }

  return *path != '\0' ? path : pstrdup(p, "/");
}

char *dir_canonical_vpath(pool *p, const char *name) {
  return *name == '~' ? NULL : clean(p, name);
}

char *dir_canonical_path(pool *p, const char *name) {
  return clean(p, name);
}

/* The links of what is there are resolved. */
char *dir_best_path(pool *p, const char *name) {
  char *path = clean(p, name), *real = realpath(path, NULL), *copy;

  if (real == NULL) {
    return path;
  }

  copy = pstrdup(p, real);
  free(real);
  return copy;
}

int pr_fnmatch(const char *pattern, const char *text, int flags) {
  return fnmatch(pattern, text, (flags & PR_FNM_CASEFOLD) != 0 ? 1 << 4 : 0);
}

static bool is_match(const char *pattern, const char *name) {
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
    fnmatch(pattern, name, 0) == 0;
}

/* Patterns in the last word of a path only. */
int pr_fs_glob(const char *pattern, int flags,
  int (*errfunc)(const char *, int), glob_t *found) {
  const char *slash = strrchr(pattern, '/');
  pool *p = permanent_pool;
  const char *place = slash != NULL ?
    pstrndup(p, pattern, (size_t) (slash - pattern + 1)) :
    "";
  DIR *dir = opendir(*place != '\0' ? place : session.cwd);
  struct dirent *entry;

  (void) flags;
  (void) errfunc;
  if (dir == NULL) {
    return GLOB_NOMATCH;
  }

  while ((entry = readdir(dir)) != NULL) {
    if (is_match(slash != NULL ? slash + 1 : pattern, entry->d_name)) {
      char **longer = pcalloc(p, (found->gl_pathc + 2) * sizeof(char *));

      for (size_t i = 0; i < found->gl_pathc; i++) {
        longer[i] = found->gl_pathv[i];
      }

      longer[found->gl_pathc++] = pstrcat(p, place, entry->d_name, NULL);
      found->gl_pathv = longer;
    }
  }

  (void) closedir(dir);
  return found->gl_pathc > 0 ? 0 : GLOB_NOMATCH;
}

void pr_fs_globfree(glob_t *found) {
  memset(found, 0, sizeof(*found));
}
