/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who else can read a private key, or put another in its place
 *
 * See fileguard.h.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_tls4217/tls/cert/fileguard.h"

int tls4217_fileguard_key(const char *path, struct tls4217_error *err) {
  struct stat st;

  if (stat(path, &st) < 0 || (st.st_mode & (S_IROTH | S_IWOTH)) == 0) {
    return 0;
  }

  tls4217_error_set(err, EACCES,
    "every user of this machine can %s the private key in '%s' (its mode "
    "is %04o): 'chmod o= %s', and replace the key if others have accounts",
    (st.st_mode & S_IWOTH) != 0 ? "replace" : "read", path,
    (unsigned int) st.st_mode & 07777U, path);
  return -1;
}

int tls4217_fileguard_made(const char *path, struct tls4217_error *err) {
  const char *name = strrchr(path, '/');
  char folder[PATH_MAX];
  struct stat st;

  if (stat(path, &st) == 0 && st.st_uid != 0 && st.st_uid != geteuid()) {
    tls4217_error_set(err, EACCES,
      "'%s' belongs to user %lu, who can read the key in it: remove the "
      "file, and name one in a directory owned by root",
      path, (unsigned long) st.st_uid);
    return -1;
  }

  (void) snprintf(folder, sizeof(folder), "%.*s",
    name != NULL ? (int) (name - path) + 1 : 0, path);
  if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH) != 0) {
    tls4217_error_set(err, EACCES,
      "everyone may create files in '%s', so anyone could put '%s' there "
      "first: name a file in a directory owned by root",
      folder, path);
    return 1;
  }

  return 0;
}
