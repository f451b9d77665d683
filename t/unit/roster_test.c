/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/roster.c
 *
 * Rows, who may take them, and what is read of them; who is whose companion is
 * in roster_companions_test.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/roster.h"

/* Processes from here on have ended; and one that is another by now. */
#define DEAD   1000
#define REUSED 77

static struct tls4217_roster *roster;

/* The roster ends where a page begins that must not be touched. */
static struct {
  char *begin;
  size_t size, page;
} memory;

static bool is_alive(int32_t pid, uint64_t start) {
  /* 0 is no process. */
  assert_int_not_equal(pid, 0);
  return pid < DEAD && (pid != REUSED || start == 99);
}

static int begin(void **state) {
  const size_t size = tls4217_roster_size();

  (void) state;
  memory.page = (size_t) sysconf(_SC_PAGESIZE);
  memory.size = (size / memory.page + 2) * memory.page;
  memory.begin = mmap(NULL, memory.size, PROT_READ | PROT_WRITE,
    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory.begin == MAP_FAILED) {
    return -1;
  }

  roster = (void *) (memory.begin + memory.size - memory.page - size);
  return mprotect(
    memory.begin + memory.size - memory.page, memory.page, PROT_NONE);
}

static int end(void **state) {
  (void) state;
  return munmap(memory.begin, memory.size);
}

static struct tls4217_roster_entry make(int32_t pid, const char *user) {
  struct tls4217_roster_entry entry = { .pid = pid, .start = 1, .server = 5 };

  memset(entry.digest, pid % 251, sizeof(entry.digest));
  tls4217_roster_set_text(entry.user, sizeof(entry.user), user);
  tls4217_roster_set_text(entry.address, sizeof(entry.address), "192.0.2.7");
  return entry;
}

static int enter(int32_t pid) {
  struct tls4217_roster_entry entry = make(pid, "alice");

  return tls4217_roster_enter(roster, &entry, is_alive);
}

static bool is_found(int32_t pid) {
  struct tls4217_roster_entry entry = make(pid, ""), found;

  return tls4217_roster_find(roster, entry.digest, is_alive, &found) &&
    found.pid == pid;
}

static void test_life_of_a_row(void **state) {
  int row = enter(1);

  (void) state;
  assert_int_equal(row, 0);
  assert_true(is_found(1));
  assert_false(is_found(2));

  /* Another one's row cannot be given back. */
  tls4217_roster_leave(roster, row, 2);
  assert_true(is_found(1));
  tls4217_roster_leave(roster, row, 1);
  assert_false(is_found(1));
  tls4217_roster_leave(roster, -1, 1);
  tls4217_roster_leave(roster, TLS4217_ROSTER_ROWS, 1);
  assert_int_equal(enter(2), 0);
}

/* What the other sessions can still read of one that has left. */
static bool is_in_memory(const char *text) {
  const char *bytes = (const char *) roster;
  const size_t len = strlen(text);

  for (size_t i = 0; i + len <= tls4217_roster_size(); i++) {
    if (memcmp(bytes + i, text, len) == 0) {
      return true;
    }
  }

  return false;
}

static void test_nothing_is_left(void **state) {
  int row = enter(1);

  (void) state;
  assert_true(is_in_memory("alice"));
  tls4217_roster_leave(roster, row, 1);
  assert_false(is_in_memory("alice"));
  assert_false(is_in_memory("192.0.2.7"));

  assert_int_equal(enter(DEAD), 0);
  assert_int_equal(tls4217_roster_sweep(roster, is_alive), 1);
  assert_false(is_in_memory("alice"));
}

/* The longest text that fits comes back whole. */
static void test_long_texts(void **state) {
  struct tls4217_roster_entry entry = make(1, ""), found;

  (void) state;
  memset(entry.user, 'u', sizeof(entry.user) - 1);
  memset(entry.address, 'a', sizeof(entry.address) - 1);
  memset(entry.client, 'c', sizeof(entry.client) - 1);
  assert_int_equal(tls4217_roster_enter(roster, &entry, is_alive), 0);
  assert_true(tls4217_roster_read(roster, 0, &found));
  assert_string_equal(found.user, entry.user);
  assert_string_equal(found.address, entry.address);
  assert_string_equal(found.client, entry.client);
  assert_int_equal(strlen(found.client), sizeof(found.client) - 1);
}

static void test_rows_of_the_dead(void **state) {
  (void) state;
  assert_int_equal(enter(DEAD), 0);
  assert_int_equal(enter(REUSED), 1);
  assert_int_equal(enter(3), 2);
  assert_false(is_found(DEAD));
  assert_false(is_found(REUSED));
  assert_true(is_found(3));
  assert_int_equal(tls4217_roster_sweep(roster, is_alive), 2);
  assert_int_equal(tls4217_roster_sweep(roster, is_alive), 0);
  assert_int_equal(enter(4), 0);
  assert_int_equal(enter(DEAD), 1);

  /* They are taken where there is no other. */
  for (int i = 3; i < TLS4217_ROSTER_ROWS; i++) {
    assert_int_equal(enter(5), i);
  }

  assert_int_equal(enter(6), 1);
  assert_true(is_found(6));
  assert_int_equal(enter(7), -1);
}

static void test_full(void **state) {
  (void) state;
  for (int i = 0; i < TLS4217_ROSTER_ROWS; i++) {
    assert_int_equal(enter(1), i);
  }

  assert_int_equal(enter(2), -1);
  assert_false(is_found(2));
  tls4217_roster_leave(roster, 17, 1);
  assert_int_equal(enter(2), 17);
  assert_true(is_found(2));
}

/* A session that is killed while it writes stops nobody: whatever bytes lie
 * there, reading ends, and texts do.  An odd turn says that a row is not
 * whole. */
static void test_nonsense(void **state) {
  struct tls4217_roster_entry entry;

  (void) state;
  for (int byte = 0; byte < 256; byte++) {
    memset(roster, byte, tls4217_roster_size());
    assert_int_equal(tls4217_roster_count(roster) > 0, byte != 0);
    for (int i = 0; i < tls4217_roster_count(roster); i++) {
      bool is_read = tls4217_roster_read(roster, i, &entry);

      assert_int_equal(is_read, byte % 2 == 0);
      if (is_read) {
        assert_true(strlen(entry.user) < sizeof(entry.user));
        assert_true(strlen(entry.address) < sizeof(entry.address));
        assert_true(strlen(entry.client) < sizeof(entry.client));
      }
    }

    (void) is_found(1);
    (void) tls4217_roster_sweep(roster, is_alive);
  }
}

/* Each of many processes has a row of its own. */
static void test_processes(void **state) {
  enum {
    PROCESSES = 8,
    ROUNDS = 200
  };
  pid_t pids[PROCESSES];
  int status;

  (void) state;
  for (int i = 0; i < PROCESSES; i++) {
    pids[i] = fork();
    assert_true(pids[i] >= 0);
    if (pids[i] == 0) {
      for (int round = 0; round < ROUNDS; round++) {
        int row = enter(i + 10);

        if (row < 0 || is_found(i + 10) == false) {
          _exit(1);
        }

        tls4217_roster_leave(roster, row, i + 10);
      }

      _exit(0);
    }
  }

  for (int i = 0; i < PROCESSES; i++) {
    assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
    assert_int_equal(status, 0);
  }

  assert_int_equal(tls4217_roster_sweep(roster, is_alive), 0);
  assert_true(tls4217_roster_count(roster) <= TLS4217_ROSTER_ROWS / 64);
}

/* What another process does while we look whether a row's is there: it takes a
 * row itself, or gives one back. */
static struct {
  int leaves; /* the row that is given back then, whoever has it; -1: none */
  int32_t pid;
} meanwhile;

static bool is_alive_meanwhile(int32_t pid, uint64_t start) {
  tls4217_roster_leave(roster, meanwhile.leaves, meanwhile.pid);
  meanwhile.leaves = -1;
  return is_alive(pid, start);
}

static void fill_with_dead(void) {
  for (int i = 0; i < TLS4217_ROSTER_ROWS; i++) {
    assert_int_equal(enter(DEAD + i), i);
  }
}

static int enter_meanwhile(int32_t pid, int leaves) {
  struct tls4217_roster_entry entry = make(pid, "alice");

  meanwhile.leaves = leaves;
  meanwhile.pid = DEAD + leaves;
  return tls4217_roster_enter(roster, &entry, is_alive_meanwhile);
}

/* A row that is no longer what it was a moment ago is left alone. */
static void test_rows_that_change_meanwhile(void **state) {
  (void) state;
  fill_with_dead();
  assert_int_equal(enter_meanwhile(1, 0), 1);
  assert_int_equal(enter_meanwhile(2, -1), 0);

  /* One that is given back ahead of us is not looked at as a dead one's. */
  assert_int_equal(enter_meanwhile(3, 3), 2);
  assert_int_equal(enter_meanwhile(4, -1), 3);
  assert_int_equal(enter_meanwhile(5, 4), 5);
  assert_true(is_found(1));
  assert_true(is_found(2));
  assert_true(is_found(3));
  assert_true(is_found(4));
}

/* The first row, too. */
static void test_all_are_dead(void **state) {
  (void) state;
  fill_with_dead();
  assert_int_equal(tls4217_roster_count(roster), TLS4217_ROSTER_ROWS);
  assert_false(is_found(1));
  assert_int_equal(enter(1), 0);
  assert_int_equal(enter(2), 1);
  assert_int_equal(
    tls4217_roster_sweep(roster, is_alive), TLS4217_ROSTER_ROWS - 2);
  assert_true(is_found(1));
  assert_true(is_found(2));
}

static void test_sweeping_meanwhile(void **state) {
  (void) state;
  fill_with_dead();
  meanwhile.leaves = 0;
  meanwhile.pid = DEAD;
  assert_int_equal(
    tls4217_roster_sweep(roster, is_alive_meanwhile), TLS4217_ROSTER_ROWS - 1);
}

static void test_update(void **state) {
  struct tls4217_roster_entry entry = make(1, ""), found;
  int row = tls4217_roster_enter(roster, &entry, is_alive);

  (void) state;
  tls4217_roster_set_text(entry.user, sizeof(entry.user), "alice");
  tls4217_roster_update(roster, row, &entry);
  assert_true(tls4217_roster_find(roster, entry.digest, is_alive, &found));
  assert_string_equal(found.user, "alice");

  /* Not another one's. */
  entry = make(2, "bob");
  tls4217_roster_update(roster, row, &entry);
  tls4217_roster_update(roster, -1, &entry);
  tls4217_roster_update(roster, TLS4217_ROSTER_ROWS, &entry);
  assert_false(tls4217_roster_find(roster, entry.digest, is_alive, &found));
}

/* Who has resumed the session of one that is over, and is the same user. */
static void test_heir(void **state) {
  struct tls4217_roster_entry mine = make(1, "alice"), heir = make(2, "alice"),
                              first = make(3, ""), found;

  (void) state;
  memcpy(heir.resumed, first.digest, sizeof(heir.resumed));
  assert_int_equal(tls4217_roster_enter(roster, &mine, is_alive), 0);
  assert_int_equal(tls4217_roster_enter(roster, &heir, is_alive), 1);
  assert_true(
    tls4217_roster_find_heir(roster, &mine, first.digest, is_alive, &found));
  assert_int_equal(found.pid, 2);
  assert_false(
    tls4217_roster_find_heir(roster, &mine, mine.digest, is_alive, &found));

  /* One that has not logged in yet may become one; another user is none. */
  tls4217_roster_set_text(heir.user, sizeof(heir.user), "");
  tls4217_roster_update(roster, 1, &heir);
  assert_true(
    tls4217_roster_find_heir(roster, &mine, first.digest, is_alive, &found));
  tls4217_roster_set_text(heir.user, sizeof(heir.user), "bob");
  tls4217_roster_update(roster, 1, &heir);
  assert_false(
    tls4217_roster_find_heir(roster, &mine, first.digest, is_alive, &found));

  /* Nor one that has ended. */
  tls4217_roster_leave(roster, 1, 2);
  heir = make(DEAD, "alice");
  memcpy(heir.resumed, first.digest, sizeof(heir.resumed));
  assert_int_equal(tls4217_roster_enter(roster, &heir, is_alive), 1);
  assert_false(
    tls4217_roster_find_heir(roster, &mine, first.digest, is_alive, &found));
}

/* In the first row, and in the last one of all; a stranger is none. */
static void test_heir_in_any_row(void **state) {
  struct tls4217_roster_entry mine = make(1, "alice"), heir = make(2, "alice"),
                              other = make(5, "bob"), found;
  const unsigned char *digest = mine.digest;

  (void) state;
  memcpy(heir.resumed, digest, sizeof(heir.resumed));
  memcpy(other.resumed, digest, sizeof(other.resumed));
  assert_int_equal(tls4217_roster_enter(roster, &heir, is_alive), 0);
  assert_true(
    tls4217_roster_find_heir(roster, &mine, digest, is_alive, &found));
  assert_int_equal(found.pid, 2);
  tls4217_roster_leave(roster, 0, 2);
  for (int i = 0; i < TLS4217_ROSTER_ROWS; i++) {
    assert_int_equal(tls4217_roster_enter(roster, &other, is_alive), i);
  }

  assert_false(
    tls4217_roster_find_heir(roster, &mine, digest, is_alive, &found));
  tls4217_roster_leave(roster, TLS4217_ROSTER_ROWS - 1, 5);
  assert_int_equal(
    tls4217_roster_enter(roster, &heir, is_alive), TLS4217_ROSTER_ROWS - 1);
  assert_true(
    tls4217_roster_find_heir(roster, &mine, digest, is_alive, &found));
  assert_int_equal(found.pid, 2);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_life_of_a_row),
    TEST(test_nothing_is_left),
    TEST(test_long_texts),
    TEST(test_rows_of_the_dead),
    TEST(test_full),
    TEST(test_nonsense),
    TEST(test_processes),
    TEST(test_rows_that_change_meanwhile),
    TEST(test_all_are_dead),
    TEST(test_sweeping_meanwhile),
    TEST(test_update),
    TEST(test_heir),
    TEST(test_heir_in_any_row),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
