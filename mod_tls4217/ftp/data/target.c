/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a command is about
 *
 * Where the core takes the options of a listing to end depends on the
 * configuration.  Here every reading that could be the core's is visited, so
 * that a client gains nothing by writing it oddly.
 */

#include "mod_tls4217/ftp/data/spelling.h"
#include "mod_tls4217/ftp/data/target.h"

/* The core's own limit for a pattern; here for all that one command may make
 * us look at. */
#define MAX_VISITS 100000

/* Of directories that were reached through links. */
#define MAX_SEEN 4096

/* Options longer than this are no options. */
#define MAX_READINGS 64

/* One command's visit. */
struct walk {
  pool *pool;
  const struct tls4217_visitor *visitor;
  unsigned int visits;
  bool recursive; /* the listing goes down */
  bool follows;   /* through symbolic links, too */
  bool unlisted;
};

static bool visit(struct walk *walk, const char *name) {
  pr_signals_handle();

  if (++walk->visits > MAX_VISITS) {
    walk->unlisted = true;
    return false;
  }

  return walk->visitor->visit(walk->visitor->data, name);
}

/* Going down. */

/* A directory that has been seen, when links are followed. */
struct seen {
  dev_t dev;
  ino_t ino;
};

static bool is_news(array_header *seen, const struct stat *st) {
  struct seen *each = seen->elts;

  for (unsigned int i = 0; i < seen->nelts; i++) {
    if (each[i].dev == st->st_dev && each[i].ino == st->st_ino) {
      return false;
    }
  }

  each = push_array(seen);
  each->dev = st->st_dev;
  each->ino = st->st_ino;
  return true;
}

static bool is_directory(
  const struct walk *walk, const char *path, struct stat *st) {
  int res = walk->follows ? pr_fsio_stat(path, st) : pr_fsio_lstat(path, st);

  return res == 0 && S_ISDIR(st->st_mode);
}

/* Puts the directories in path on the heap of those to come. */
static void add_directories(
  struct walk *walk, const char *path, array_header *heap, array_header *seen) {
  void *dir = pr_fsio_opendir(path);
  struct dirent *entry;

  /* What cannot be opened cannot be listed. */
  if (dir == NULL) {
    return;
  }

  while ((entry = pr_fsio_readdir(dir)) != NULL) {
    char below[PR_TUNABLE_PATH_MAX + 1];
    struct stat st;

    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
      pr_fs_dircat(below, sizeof(below), path, entry->d_name) < 0) {
      continue;
    }

    if (is_directory(walk, below, &st) &&
      (walk->follows == false || is_news(seen, &st))) {
      *((const char **) push_array(heap)) = pstrdup(heap->pool, below);
    }
  }

  (void) pr_fsio_closedir(dir);
}

static bool visit_below(struct walk *walk, const char *name) {
  pool *p = make_sub_pool(walk->pool);
  array_header *heap = make_array(p, 64, sizeof(char *));
  array_header *seen = make_array(p, 64, sizeof(struct seen));
  bool ok = true;

  *((const char **) push_array(heap)) = tls4217_spelling_resolve(p, name);
  while (ok && heap->nelts > 0) {
    const char *path = ((const char **) heap->elts)[--heap->nelts];

    ok = visit(walk, path);
    if (ok) {
      add_directories(walk, path, heap, seen);
    }

    if (seen->nelts > MAX_SEEN) {
      walk->unlisted = true;
      ok = false;
    }
  }

  destroy_pool(p);
  return ok;
}

static bool visit_place(struct walk *walk, const char *name) {
  return visit(walk, name) &&
    (walk->recursive == false ||
      walk->visitor->is_harmless(walk->visitor->data) ||
      visit_below(walk, name));
}

/* Patterns. */

static bool visit_matches(struct walk *walk, const char *pattern) {
  bool ok = true;
  glob_t found;
  int res;

  memset(&found, 0, sizeof(found));
  res = pr_fs_glob(pattern, GLOB_NOSORT | GLOB_PERIOD, NULL, &found);
  if (res != 0 && res != GLOB_NOMATCH) {
    walk->unlisted = true;
    ok = false;
  }

  for (size_t i = 0; res == 0 && ok && i < found.gl_pathc; i++) {
    ok = visit_place(walk, found.gl_pathv[i]);
  }

  pr_fs_globfree(&found);
  return ok;
}

/* A name that may be a pattern, and may begin with a tilde. */
static bool visit_pattern(struct walk *walk, const char *name) {
  const char *home = tls4217_spelling_expand(walk->pool, name);

  return visit_place(walk, name) && (home == NULL || visit_place(walk, home)) &&
    (pr_str_is_fnmatch(name) == FALSE ||
      (visit_matches(walk, name) &&
        (home == NULL || visit_matches(walk, home))));
}

/* Options. */

static const char *skip_blanks(const char *text) {
  while (PR_ISSPACE(*text)) {
    text++;
  }

  return text;
}

/* Behind the options, if they end with the first blank. */
static const char *skip_options(const char *text) {
  const char *rest = skip_blanks(text);

  while (*rest == '-') {
    while (*rest != '\0' && !PR_ISSPACE(*rest)) {
      rest++;
    }

    rest = skip_blanks(rest);
  }

  return rest;
}

/* What ListOptions adds to the options of every listing, here or elsewhere. */
static bool is_list_option(xaset_t *set, int letter) {
  config_rec *c;

  c = find_config(set, CONF_PARAM, "ListOptions", TRUE);
  while (c != NULL) {
    if (c->argv[0] != NULL && strchr(c->argv[0], letter) != NULL) {
      return true;
    }

    c = find_config_next(c, c->next, CONF_PARAM, "ListOptions", TRUE);
  }

  return false;
}

static bool hides_links(xaset_t *set) {
  config_rec *c;

  c = find_config(set, CONF_PARAM, "ShowSymlinks", TRUE);
  while (c != NULL) {
    if (*((const unsigned char *) c->argv[0]) == FALSE) {
      return true;
    }

    c = find_config_next(c, c->next, CONF_PARAM, "ShowSymlinks", TRUE);
  }

  return false;
}

static bool is_option(const char *options, const char *end, int letter) {
  return memchr(options, letter, (size_t) (end - options)) != NULL ||
    is_list_option(main_server->conf, letter);
}

/*
 * mod_ls takes the options to end at the first byte that is no letter, at a
 * blank before or behind which it may stop short, or takes the whole argument
 * for a name, if there is such a file.
 */
static bool visit_readings(
  struct walk *walk, const char *arg, const char *end) {
  unsigned int readings = 0;

  for (const char *at = arg; at < end; at++) {
    struct stat st;

    if (PR_ISALNUM(*at) && at != arg) {
      continue;
    }

    if (++readings > MAX_READINGS) {
      walk->unlisted = true;
      return false;
    }

    /* A reading that names nothing lists nothing. */
    pr_fs_clear_cache2(at);
    if ((pr_str_is_fnmatch(at) || pr_fsio_lstat(at, &st) == 0) &&
      visit_pattern(walk, at) == false) {
      return false;
    }
  }

  return true;
}

static bool visit_listing(struct walk *walk, const char *arg) {
  const char *name = skip_options(arg);

  walk->recursive = is_option(arg, name, 'R');
  walk->follows = walk->recursive &&
    (is_option(arg, name, 'L') || hides_links(main_server->conf));

  return visit_pattern(walk, *name != '\0' ? name : ".") &&
    visit_readings(walk, arg, name);
}

bool tls4217_target_visit(pool *p, enum tls4217_reading reading,
  const char *arg, const struct tls4217_visitor *visitor, bool *unlisted) {
  struct walk walk = { .pool = p, .visitor = visitor };
  bool ok = false;

  switch (reading) {
    case TLS4217_READING_NAME:
      ok = visit(&walk, *arg != '\0' ? arg : ".");
      break;

    case TLS4217_READING_LISTING:
      ok = visit_listing(&walk, arg);
      break;

    case TLS4217_READING_UNIQUE:
      /* The name is the server's choice, the place is not. */
      ok = visit(&walk, pdircat(p, pr_fs_getcwd(), "*", NULL));
      break;
  }

  *unlisted = walk.unlisted;
  return ok;
}
