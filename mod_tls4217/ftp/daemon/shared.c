/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - memory that the daemon and all of its sessions share
 *
 * See shared.h.  mmap(2) with MAP_SHARED | MAP_ANONYMOUS: pages cost nothing
 * until they are written.  What is in it is the work of roster.c and its like.
 */

#include <signal.h>
#include <sys/mman.h>

#include "mod_tls4217/ftp/daemon/shared.h"

/* Where it is, over SIGHUP, and that it is this process'. */
#define MARK "MOD_TLS4217_SHARED"

/* Of the layout: changes with each struct below. */
#define MAGIC   0x34323137U
#define VERSION 5U

struct header {
  uint32_t magic, version;
  uint64_t size;
};

/* Parts begin at a cache line's border. */
#define ALIGNED(size) (((size) + 63U) & ~(size_t) 63U)

static struct header *memory = NULL;

static size_t roster_at(void) {
  return ALIGNED(sizeof(struct header));
}

static size_t strangers_at(void) {
  return roster_at() + ALIGNED(tls4217_roster_size());
}

static size_t counters_at(void) {
  return strangers_at() + ALIGNED(tls4217_strangers_size());
}

static size_t reminders_at(void) {
  return counters_at() + ALIGNED(tls4217_counters_size());
}

static size_t whole_size(void) {
  return reminders_at() + ALIGNED(tls4217_reminders_size());
}

static void *make(void) {
  struct header *made = mmap(NULL, whole_size(), PROT_READ | PROT_WRITE,
    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  if (made == MAP_FAILED) {
    return NULL;
  }

  made->magic = MAGIC;
  made->version = VERSION;
  made->size = whole_size();
  return made;
}

/* The mark says where; msync(2) knows whether anything is there. */
static void *find(void) {
  const char *mark = getenv(MARK);
  unsigned long pid = 0, address = 0, size = 0, version = 0;
  struct header *found;
  int count;

  if (mark == NULL) {
    return NULL;
  }

  count = sscanf(mark, "%lu %lu %lu %lu", &pid, &version, &address, &size);
  (void) unsetenv(MARK);
  found = (struct header *) address;
  if (count != 4 || pid != (unsigned long) getpid() || version != VERSION ||
    size != whole_size() || msync(found, size, MS_ASYNC) < 0) {
    return NULL;
  }

  return found->magic == MAGIC && found->version == VERSION &&
      found->size == size ?
    found :
    NULL;
}

void tls4217_shared_begin(void) {
  if (memory == NULL) {
    memory = find();
  }

  if (memory == NULL) {
    memory = make();
  }

  if (memory == NULL) {
    pr_log_pri(PR_LOG_WARNING,
      "warning: %s: no memory for the table of sessions (%s): "
      "TLSSessionReuse user acts as 'connection'",
      MOD_TLS4217_VERSION, strerror(errno));
  }
}

void tls4217_shared_end(bool restarts) {
  char text[128];

  if (memory == NULL) {
    return;
  }

  if (restarts) {
    (void) snprintf(text, sizeof(text), "%lu %lu %lu %lu",
      (unsigned long) getpid(), (unsigned long) VERSION, (unsigned long) memory,
      (unsigned long) whole_size());
    (void) setenv(MARK, text, 1);

  } else {
    (void) munmap(memory, whole_size());
  }

  memory = NULL;
}

struct tls4217_roster *tls4217_shared_roster(void) {
  return memory != NULL ?
    (struct tls4217_roster *) (void *) ((char *) memory + roster_at()) :
    NULL;
}

struct tls4217_strangers *tls4217_shared_strangers(void) {
  return memory != NULL ?
    (struct tls4217_strangers *) (void *) ((char *) memory + strangers_at()) :
    NULL;
}

struct tls4217_counters *tls4217_shared_counters(void) {
  return memory != NULL ?
    (struct tls4217_counters *) (void *) ((char *) memory + counters_at()) :
    NULL;
}

struct tls4217_reminders *tls4217_shared_reminders(void) {
  return memory != NULL ?
    (struct tls4217_reminders *) (void *) ((char *) memory + reminders_at()) :
    NULL;
}

/* proc(5): the 22nd field of stat, behind a name that may hold anything. */
uint64_t tls4217_shared_start_of(int32_t pid) {
  char path[64], text[1024];
  const char *at;
  ssize_t len;
  int fd;

  (void) snprintf(path, sizeof(path), "/proc/%ld/stat", (long) pid);
  fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return 0;
  }

  len = read(fd, text, sizeof(text) - 1);
  (void) close(fd);
  text[len > 0 ? len : 0] = '\0';
  at = strrchr(text, ')');
  for (int field = 2; at != NULL && field < 22; field++) {
    at = strchr(at + 1, ' ');
  }

  return at != NULL ? strtoull(at, NULL, 10) : 0;
}

bool tls4217_shared_is_alive(int32_t pid, uint64_t start) {
  uint64_t found;

  if (pid <= 0 || (kill(pid, 0) < 0 && errno == ESRCH)) {
    return false;
  }

  found = start != 0 ? tls4217_shared_start_of(pid) : 0;
  return found == 0 || found == start;
}
