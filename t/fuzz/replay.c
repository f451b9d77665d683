/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - replays a corpus through a fuzz harness, without libFuzzer
 *
 *   NAME_replay [FILE...]
 *
 * In the place of libFuzzer's main(): calls a harness with each FILE, or with
 * all that is in t/fuzz/corpus/NAME, and prints TAP.  Any compiler builds it,
 * so that "make check" sees whether a harness still compiles, and whether what
 * has been found once stays fixed.  An input that fails is named by the last
 * line before the crash.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/fuzz/fuzz.h"

#define CORPUS TLS4217_SRCDIR "/t/fuzz/corpus"

/* Larger than any input: t/fuzz/run's -max_len. */
#define LARGEST 8192

/* The weak one is for a harness that has nothing to initialize. */
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void) argc;
  (void) argv;
  return 0;
}

/* Replays one file; returns -1 where it cannot be read. */
static int replay(const char *path) {
  uint8_t *data;
  FILE *file = fopen(path, "rb");
  size_t size;

  if (file == NULL) {
    printf("# %s: %s\n", path, strerror(errno));
    return -1;
  }

  /* Of its own size: a sanitizer sees a read behind its end. */
  data = malloc(LARGEST);
  fuzz_insist(data != NULL);
  size = fread(data, 1, LARGEST, file);
  (void) fclose(file);
  if (size > 0) {
    data = realloc(data, size);
    fuzz_insist(data != NULL);
  }

  printf("# %s\n", path);
  (void) fflush(stdout);
  (void) LLVMFuzzerTestOneInput(data, size);
  free(data);
  return 0;
}

/* Replays what is in the corpus of the harness that this program is,
 * NAME_replay; returns how many there were, or -1. */
static int replay_corpus(const char *program) {
  char folder[4096];
  struct dirent **names;
  int count = -1;
  int done = 0;

  (void) snprintf(folder, sizeof(folder), CORPUS "/%.*s",
    (int) (strlen(program) - strlen("_replay")), program);
  if (chdir(folder) == 0) {
    count = scandir(".", &names, NULL, alphasort);
  }

  if (count < 0) {
    printf("# %s: %s\n", folder, strerror(errno));
    return -1;
  }

  for (int i = 0; i < count; i++) {
    if (names[i]->d_name[0] != '.' && done >= 0) {
      done = replay(names[i]->d_name) == 0 ? done + 1 : -1;
    }
    free(names[i]);
  }
  free(names);
  return done;
}

int main(int argc, char **argv) {
  int done = 0;

  (void) LLVMFuzzerInitialize(&argc, &argv);
  for (int i = 1; i < argc && done >= 0; i++) {
    done = replay(argv[i]) == 0 ? done + 1 : -1;
  }
  if (argc == 1) {
    done = replay_corpus(program_invocation_short_name);
  }
  if (done <= 0) {
    printf("not ok 1 - the corpus is replayed\n1..1\n");
    return 1;
  }
  printf("ok 1 - %d inputs replayed\n1..1\n", done);
  return 0;
}
