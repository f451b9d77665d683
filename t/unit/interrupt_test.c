/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/interrupt.c
 *
 * Serves RFC 959, sections 4.1 and 5.1.1, and RFC 4217, section 14: every
 * command that ProFTPD and its modules know, and every order of lines.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/interrupt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
  const char *verb;
  enum tls4217_interrupt what;
} served[] = {
  { "ABOR", TLS4217_INTERRUPT_ABORT },
  { "NOOP", TLS4217_INTERRUPT_SERVE },
  { "QUIT", TLS4217_INTERRUPT_LEAVE },
  { "STAT", TLS4217_INTERRUPT_SERVE },
};

/* RFC 959, 2228, 2389, 2428, 2640, 3659, 7151, and what ProFTPD adds. */
static const char *const held[] = { "ACCT", "ADAT", "ALLO", "APPE", "AUTH",
  "CCC", "CDUP", "CLNT", "CONF", "CPFR", "CPTO", "CSID", "CWD", "DELE", "ENC",
  "EPRT", "EPSV", "ESTA", "ESTP", "FEAT", "HASH", "HELP", "HOST", "LANG",
  "LIST", "MDTM", "MFF", "MFMT", "MIC", "MKD", "MLSD", "MLST", "MODE", "NLST",
  "OPTS", "PASS", "PASV", "PBSZ", "PORT", "PROT", "PWD", "RANG", "REIN", "REST",
  "RETR", "RMD", "RNFR", "RNTO", "SITE", "SIZE", "SMNT", "STOR", "STOU", "STRU",
  "SYST", "TYPE", "USER", "XCRC", "XCUP", "XCWD", "XMD5", "XMKD", "XPWD",
  "XRMD", "XSHA", "", "ABO", "ABORT", "XABOR", "NOOPS", "QUI", "STATS", "abor",
  "\377ABOR" };

static struct tls4217_line make_line(const char *verb, bool argument) {
  struct tls4217_line line = { .argument = argument };

  strncpy(line.verb, verb, sizeof(line.verb) - 1);
  return line;
}

static void test_every_command(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(served); i++) {
    const struct tls4217_line bare = make_line(served[i].verb, false);
    const struct tls4217_line more = make_line(served[i].verb, true);

    assert_int_equal(tls4217_interrupt_classify(&bare), served[i].what);
    assert_int_equal(tls4217_interrupt_classify(&more), TLS4217_INTERRUPT_HOLD);
  }

  for (size_t i = 0; i < COUNT(held); i++) {
    for (int argument = 0; argument < 2; argument++) {
      const struct tls4217_line line = make_line(held[i], argument);

      print_message("  %s\n", held[i]);
      assert_int_equal(
        tls4217_interrupt_classify(&line), TLS4217_INTERRUPT_HOLD);
    }
  }
}

/* A sequence by letters: A abor, N noop, S stat, Q quit, P prot, - empty;
 * before "|" they came with the transfer's command. */
static const struct {
  const char *lines;
  bool abort, serve;
} sequences[] = {
  { "", false, false },
  { "A", true, false },
  { "A|", true, false },
  { "N", false, true },
  { "N|", false, true },
  { "S", false, true },
  { "P", false, false },
  { "-", false, false },
  { "Q", true, false },
  { "Q|", false, false },
  { "|Q", true, false },
  { "NA", true, true },
  { "SA", true, true },
  { "-A", true, false },
  { "PA", true, false },
  { "PPPA", true, false },
  { "QA", true, false },
  { "Q|A", true, false },
  { "NQ", true, true },
  { "SNQ", true, true },
  { "-Q", true, false },
  { "PQ", false, false },
  { "NPQ", false, true },
  { "P|Q", false, false },
  { "Q|Q", false, false },
  { "PN", false, false },
  { "-N", false, false },
  { "NP", false, true },
};

static void test_sequences(void **state) {
  static const char letters[] = "ANSQP-";
  static const char *const verbs[] = { "ABOR", "NOOP", "STAT", "QUIT", "PROT",
    "" };

  (void) state;
  for (size_t i = 0; i < COUNT(sequences); i++) {
    const char *at, *border = strchr(sequences[i].lines, '|');
    struct tls4217_interrupts all = { .lines = 0 };

    print_message("  %s\n", sequences[i].lines);
    for (at = sequences[i].lines; *at != '\0'; at++) {
      const char *letter = strchr(letters, *at);
      struct tls4217_line line;

      if (letter == NULL) {
        continue;
      }
      line = make_line(verbs[letter - letters], *at == 'P');
      line.empty = *at == '-';
      tls4217_interrupt_add(&all, &line, border != NULL && at < border);
    }
    assert_int_equal(all.abort, sequences[i].abort);
    assert_int_equal(all.serve, sequences[i].serve);
  }
}

/* Whatever else is sent: an ABOR aborts, and without one and without a QUIT
 * nothing does. */
static void test_every_short_sequence(void **state) {
  static const char *const verbs[] = { "ABOR", "NOOP", "STAT", "QUIT", "PROT",
    "" };
  const unsigned int kinds = COUNT(verbs);

  (void) state;
  for (unsigned int n = 0; n < kinds * kinds * kinds * kinds; n++) {
    struct tls4217_interrupts all = { .lines = 0 };
    bool abor = false, quit = false;
    unsigned int rest = n;

    for (int i = 0; i < 4; i++, rest /= kinds) {
      struct tls4217_line line = make_line(verbs[rest % kinds], false);

      line.empty = rest % kinds == 5;
      abor = abor || rest % kinds == 0;
      quit = quit || rest % kinds == 3;
      tls4217_interrupt_add(&all, &line, false);
    }
    assert_true(all.abort || !abor);
    assert_true(!all.abort || abor || quit);
    assert_int_equal(all.serve, n % kinds == 1 || n % kinds == 2);
    assert_int_equal(all.lines, 4);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_command),
    cmocka_unit_test(test_sequences),
    cmocka_unit_test(test_every_short_sequence),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
