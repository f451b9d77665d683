/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificate files of a directory
 *
 * See certdir.h.  readdir(3), stat(2).
 */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "mod_tls4217/tls/cert/certdir.h"

#define SUFFIX ".pem"

/* A new "path/name", or "path/name/file"; NULL: out of memory. */
static char *join(const char *path, const char *name, const char *file) {
  const size_t size = strlen(path) + strlen(name) + strlen(file) + 3;
  char *full = malloc(size);

  if (full != NULL) {
    (void) snprintf(
      full, size, *file != '\0' ? "%s/%s/%s" : "%s/%s%s", path, name, file);
  }

  return full;
}

/* Takes both names. */
static int add(struct tls4217_certdir *dir, char *cert_file, char *key_file) {
  struct tls4217_certdir_entry *entries = realloc(
    dir->entries, (dir->count + 1) * sizeof(*entries));

  if (entries == NULL) {
    free(cert_file);
    free(key_file);
    return -1;
  }

  dir->entries = entries;
  dir->entries[dir->count].cert_file = cert_file;
  dir->entries[dir->count].key_file = key_file;
  dir->count++;
  return 0;
}

static bool has_suffix(const char *name) {
  const size_t len = strlen(name), suffix = strlen(SUFFIX);

  return len > suffix && strcmp(name + len - suffix, SUFFIX) == 0;
}

static int add_folder(
  struct tls4217_certdir *dir, const char *path, const char *name) {
  char *cert_file = join(path, name, "fullchain.pem");
  char *key_file = join(path, name, "privkey.pem");
  struct stat st;

  if (cert_file == NULL || key_file == NULL) {
    free(cert_file);
    free(key_file);
    return -1;
  }

  if (stat(cert_file, &st) < 0 && errno == ENOENT) {
    free(cert_file);
    free(key_file);
    return 0;
  }

  return add(dir, cert_file, key_file);
}

static int add_entry(
  struct tls4217_certdir *dir, const char *path, const char *name) {
  char *full = join(path, name, "");
  struct stat st;

  if (full == NULL) {
    return -1;
  }

  /* A link that leads nowhere is a certificate that is missing. */
  if (stat(full, &st) == 0 && S_ISDIR(st.st_mode)) {
    free(full);
    return add_folder(dir, path, name);
  }

  if (has_suffix(name) == false) {
    free(full);
    return 0;
  }

  return add(dir, full, NULL);
}

static int compare(const void *first, const void *second) {
  const struct tls4217_certdir_entry *one = first, *other = second;

  return strcmp(one->cert_file, other->cert_file);
}

int tls4217_certdir_read(
  const char *path, struct tls4217_certdir *dir, struct tls4217_error *err) {
  DIR *open_dir = opendir(path);
  const struct dirent *entry;
  int res = 0, failure;

  dir->entries = NULL;
  dir->count = 0;
  if (open_dir == NULL) {
    tls4217_error_set_errno(err, errno, "directory '%s' cannot be read", path);
    return -1;
  }

  while (res == 0 && (errno = 0, entry = readdir(open_dir)) != NULL) {
    if (entry->d_name[0] != '.') {
      res = add_entry(dir, path, entry->d_name);
    }
  }

  failure = res < 0 ? ENOMEM : errno;
  (void) closedir(open_dir);
  if (failure != 0) {
    tls4217_error_set_errno(
      err, failure, "directory '%s' cannot be read", path);
    tls4217_certdir_clear(dir);
    return -1;
  }

  if (dir->count > 0) {
    qsort(dir->entries, dir->count, sizeof(dir->entries[0]), compare);
  }

  return 0;
}

void tls4217_certdir_clear(struct tls4217_certdir *dir) {
  for (size_t i = 0; i < dir->count; i++) {
    free(dir->entries[i].cert_file);
    free(dir->entries[i].key_file);
  }

  free(dir->entries);
  dir->entries = NULL;
  dir->count = 0;
}
