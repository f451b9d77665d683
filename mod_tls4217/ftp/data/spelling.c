/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - all the names of one place
 *
 * See spelling.h.  Every function here that returns a path returns a copy in
 * the pool that it was given.
 */

#include "mod_tls4217/ftp/data/spelling.h"

/* To come back to the working directory, which need not be readable. */
#ifdef O_PATH
# define OPEN_PLACE (O_PATH | O_DIRECTORY)
#else
# define OPEN_PLACE O_RDONLY
#endif

const char *tls4217_spelling_resolve(pool *p, const char *name) {
  const char *path = dir_best_path(p, name);

  return path != NULL && *path != '\0' ? path : pstrdup(p, pr_fs_getcwd());
}

const char *tls4217_spelling_expand(pool *p, const char *name) {
  size_t len = strcspn(name, "/");
  const char *user = len > 1 ? pstrndup(p, name + 1, len - 1) : session.user;
  struct passwd *pw;

  if (*name != '~' || user == NULL) {
    return NULL;
  }

  pw = pr_auth_getpwnam(p, user);
  return pw != NULL ? pstrcat(p, pw->pw_dir, name + len, NULL) : NULL;
}

static const char *with_chroot(pool *p, const char *path) {
  return session.chroot_path != NULL ?
    pdircat(p, session.chroot_path, path, NULL) :
    pstrdup(p, path);
}

static bool is_there(const array_header *names, const char *path) {
  for (unsigned int i = 0; i < names->nelts; i++) {
    if (strcmp(((const char **) names->elts)[i], path) == 0) {
      return true;
    }
  }

  return false;
}

static void add(array_header *names, const char *path) {
  char *copy;
  size_t len;

  if (path == NULL || *path != '/') {
    return;
  }

  copy = pstrdup(names->pool, path);
  for (len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--) {
    copy[len - 1] = '\0';
  }

  if (is_there(names, copy) == false) {
    *((const char **) push_array(names)) = copy;
  }
}

/* The core follows a link before it applies a "..", where it hands a name to
 * the kernel as it is. */
static const char *ask_kernel(pool *p, const char *name) {
  char *real, *copy;

  real = realpath(name, NULL);
  if (real == NULL) {
    return NULL;
  }

  copy = pstrdup(p, real);
  free(real);
  return copy;
}

/* mod_vroot. */

bool tls4217_spelling_is_virtual(void) {
  for (const pr_fs_t *fs = pr_get_fs("/", NULL); fs != NULL; fs = fs->fs_next) {
    if (fs->fs_name != NULL && strcmp(fs->fs_name, "vroot") == 0) {
      return true;
    }
  }

  return false;
}

/*
 * Where a directory really is.  mod_vroot does not show its root and its
 * aliases, but it opens the directory: the kernel says where that is.
 */
static const char *locate_directory(pool *p, const char *path) {
  int here = open(".", OPEN_PLACE);
  char buf[PR_TUNABLE_PATH_MAX + 1];
  const char *found = NULL;
  void *dir;

  if (here < 0) {
    return NULL;
  }

  dir = pr_fsio_opendir(path);
  if (dir != NULL) {
    if (fchdir(dirfd((DIR *) dir)) == 0) {
      found = getcwd(buf, sizeof(buf)) != NULL ? pstrdup(p, buf) : NULL;
      if (fchdir(here) < 0) {
        found = NULL;
      }
    }

    (void) pr_fsio_closedir(dir);
  }

  (void) close(here);
  return found;
}

/* The same of a file, which need not be there. */
static const char *locate(pool *p, const char *path) {
  const char *found, *real, *slash;

  found = locate_directory(p, path);
  slash = strrchr(path, '/');
  if (found != NULL || slash == NULL || slash[1] == '\0') {
    return found;
  }

  found = locate_directory(
    p, slash == path ? "/" : pstrndup(p, path, (size_t) (slash - path)));
  if (found == NULL) {
    return NULL;
  }

  found = pdircat(p, found, slash + 1, NULL);
  real = ask_kernel(p, found);
  return real != NULL ? real : found;
}

/* Adds the real name and the one that it has inside the virtual root, where
 * a link may have led elsewhere.  Returns false if they cannot be found. */
static bool add_real(array_header *names, const char *path) {
  const char *root, *real = locate(names->pool, path);
  size_t len;

  root = locate_directory(names->pool, "/");
  if (real == NULL || root == NULL) {
    return false;
  }

  add(names, with_chroot(names->pool, real));
  add(names, real);

  len = strlen(root);
  if (strncmp(real, root, len) == 0 && (real[len] == '/' || len == 1)) {
    add(names, with_chroot(names->pool, real + (len == 1 ? 0 : len)));
  }

  return true;
}

array_header *tls4217_spelling_find(
  pool *p, const char *name, const char *path, bool *complete) {
  array_header *names = make_array(p, 4, sizeof(char *));
  const char *written = dir_canonical_vpath(p, name), *home;

  add(names, with_chroot(p, path));
  if (written != NULL) {
    add(names, with_chroot(p, written));
  }

  if (strstr(name, "..") != NULL) {
    const char *real = ask_kernel(p, name);

    add(names, real != NULL ? with_chroot(p, real) : NULL);
  }

  home = tls4217_spelling_expand(p, name);
  if (home != NULL) {
    add(names, with_chroot(p, tls4217_spelling_resolve(p, home)));
  }

  if (tls4217_spelling_is_virtual() && add_real(names, path) == false) {
    *complete = false;
  }

  return names;
}
