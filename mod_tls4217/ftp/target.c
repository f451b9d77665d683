/*
 * mod_tls4217 - what a transfer command is about
 *
 * The core has its own ideas of where the options of a listing end, and they
 * depend on the configuration.  Here every reading that could be the core's
 * is a target, so that a client gains nothing by writing it oddly.
 */

#include "mod_tls4217/ftp/target.h"

/* A pattern that matches more than this is judged by these and by its own
 * place: the paths that it lists lie side by side. */
#define MAX_MATCHES 512

static const char *with_chroot(pool *p, const char *path) {
  return session.chroot_path != NULL ?
    pdircat(p, session.chroot_path, path, NULL) :
    path;
}

static void add_path(array_header *targets, const char *path) {
  if (path != NULL && *path != '\0') {
    *((const char **) push_array(targets)) = with_chroot(targets->pool, path);
  }
}

/* A name of the client's, resolved as far as it exists. */
static void add_name(array_header *targets, const char *name) {
  char real[PR_TUNABLE_PATH_MAX + 1];

  add_path(targets, dir_best_path(targets->pool, name));

  /* The core follows a link before it applies a "..", where it hands a name
   * to the kernel as it is. */
  if (strstr(name, "..") != NULL && realpath(name, real) != NULL) {
    add_path(targets, real);
  }
}

/* A name that may be a pattern. */
static void add_pattern(array_header *targets, const char *name) {
  glob_t found;

  add_name(targets, name);
  if (pr_str_is_fnmatch(name) == FALSE) {
    return;
  }

  memset(&found, 0, sizeof(found));
  if (pr_fs_glob(name, GLOB_NOSORT | GLOB_PERIOD, NULL, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc && i < MAX_MATCHES; i++) {
      add_name(targets, found.gl_pathv[i]);
    }
  }

  pr_fs_globfree(&found);
}

static const char *skip_blanks(const char *text) {
  while (PR_ISSPACE(*text)) {
    text++;
  }

  return text;
}

/* Behind the options, if they end with the first blank. */
static const char *skip_words(const char *text) {
  const char *rest = skip_blanks(text);

  while (*rest == '-') {
    while (*rest != '\0' && !PR_ISSPACE(*rest)) {
      rest++;
    }

    rest = skip_blanks(rest);
  }

  return rest;
}

/* Behind the options, if they end with the first byte that is no letter. */
static const char *skip_letters(const char *text) {
  const char *rest = skip_blanks(text);

  while (*rest == '-') {
    rest++;
    while (PR_ISALNUM(*rest)) {
      rest++;
    }

    rest = skip_blanks(rest);
  }

  return rest;
}

static void add_listing(array_header *targets, const char *arg) {
  const char *words = skip_words(arg), *letters = skip_letters(arg);
  struct stat st;

  add_pattern(targets, *words != '\0' ? words : ".");
  if (letters != words && *letters != '\0') {
    add_pattern(targets, letters);
  }

  /* A file may have such a name. */
  if (words != arg && pr_fsio_lstat(arg, &st) == 0) {
    add_name(targets, arg);
  }
}

/* What the core has resolved, and will open. */
static const char *find_note(const cmd_rec *cmd) {
  const char *path;

  path = pr_table_get(cmd->notes, "mod_xfer.store-path", NULL);
  return path != NULL ? path :
                        pr_table_get(cmd->notes, "mod_xfer.retr-path", NULL);
}

array_header *tls4217_target_find(cmd_rec *cmd) {
  array_header *targets = make_array(cmd->tmp_pool, 1, sizeof(char *));
  const char *arg, *path = find_note(cmd);

  arg = cmd->argc > 1 ? pr_fs_decode_path(cmd->tmp_pool, cmd->arg) : "";

  if (path != NULL) {
    add_path(targets, path);

  } else if (pr_cmd_cmp(cmd, PR_CMD_STOU_ID) == 0) {
    /* The name is the server's choice, the place is not. */
    add_path(targets, pdircat(cmd->tmp_pool, pr_fs_getcwd(), "*", NULL));

  } else if (pr_cmd_cmp(cmd, PR_CMD_LIST_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_NLST_ID) == 0) {
    add_listing(targets, arg);

  } else {
    add_name(targets, *arg != '\0' ? arg : ".");
  }

  if (targets->nelts == 0) {
    add_path(targets, pr_fs_getcwd());
  }

  return targets;
}

/* The core wants the path as it is below the chroot. */
static const char *without_chroot(const char *path) {
  size_t len;

  if (session.chroot_path == NULL || strcmp(session.chroot_path, "/") == 0) {
    return path;
  }

  len = strlen(session.chroot_path);
  return path[len] != '\0' ? path + len : "/";
}

void tls4217_target_load_ftpaccess(cmd_rec *cmd, const array_header *targets) {
  for (unsigned int i = 0; i < targets->nelts; i++) {
    const char *path = without_chroot(((const char **) targets->elts)[i]);
    struct stat st;

    if (pr_fsio_stat(path, &st) < 0) {
      memset(&st, 0, sizeof(st));
    }

    build_dyn_config(cmd->tmp_pool, path, &st, TRUE);
  }
}
