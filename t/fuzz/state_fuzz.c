/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes rfc4217/names.c, state.c and policy.c
 *
 * The input is a dialogue under a policy: the first bytes are facts, each
 * line behind them a command's number and its parameter.  What RFC 4217
 * never allows must not come out, whatever the order of commands.
 */

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "mod_tls4217/rfc4217/state.h"
#include "t/fuzz/fuzz.h"

#define WORD_SIZE 64

struct dialogue {
  struct tls4217_state state;
  struct tls4217_facts facts;
  struct tls4217_data_policy policy;
  char word[WORD_SIZE];
};

/* A reply there is, and its code agrees with the verdict. */
static bool check_verdict(struct tls4217_verdict verdict) {
  const struct tls4217_reply *reply = tls4217_reply_get(verdict.reply);
  char first = reply->code[0];

  fuzz_insist(verdict.accepted ? first == '2' || first == '\0' :
                                 first == '4' || first == '5');
  fuzz_insist(strlen(reply->code) == 3 || first == '\0');
  fuzz_insist(verdict.accepted || verdict.level == TLS4217_LEVEL_UNKNOWN);
  return verdict.accepted;
}

/* RFC 2228, section 3: no word depends on its case. */
static void check_names(const char *word) {
  char other[WORD_SIZE];
  size_t i;

  for (i = 0; word[i] != '\0'; i++) {
    int c = (unsigned char) word[i];

    other[i] = (char) (c < 0x80 && islower(c) ? toupper(c) :
        c < 0x80                              ? tolower(c) :
                                                c);
  }
  other[i] = '\0';

  fuzz_insist(tls4217_names_mechanism(word) == tls4217_names_mechanism(other));
  fuzz_insist(tls4217_names_level(word) == tls4217_names_level(other));
  fuzz_insist(tls4217_names_view(word) == tls4217_names_view(other));
  fuzz_insist(tls4217_names_pbsz(word) == tls4217_names_pbsz(other));
  fuzz_insist(tls4217_names_pbsz(word) == TLS4217_PBSZ_MALFORMED ||
    strspn(word, "0123456789") == strlen(word));
}

static void cmd_auth(struct dialogue *d) {
  struct tls4217_verdict verdict = tls4217_state_auth(
    &d->state, &d->facts, d->word);

  if (check_verdict(verdict)) {
    fuzz_insist(d->state.control == TLS4217_CONTROL_CLEAR &&
      !d->facts.logged_in && d->facts.certificate);
    tls4217_state_protect(&d->state, verdict.level);
  }
}

static void cmd_pbsz(struct dialogue *d) {
  if (check_verdict(tls4217_state_pbsz(&d->state, d->word))) {
    fuzz_insist(d->state.control == TLS4217_CONTROL_PROTECTED);
    tls4217_state_set_pbsz(&d->state);
  }
}

static void cmd_prot(struct dialogue *d) {
  struct tls4217_verdict verdict = tls4217_state_prot(
    &d->state, &d->facts, d->word);

  if (check_verdict(verdict)) {
    fuzz_insist(d->state.control == TLS4217_CONTROL_PROTECTED &&
      (d->state.pbsz || !d->facts.pbsz_required));
    tls4217_state_set_level(&d->state, verdict.level);
  }
}

static void cmd_ccc(struct dialogue *d) {
  if (check_verdict(tls4217_state_ccc(&d->state, &d->facts, NULL))) {
    fuzz_insist(d->facts.ccc_accepted && d->facts.logged_in &&
      !d->facts.control_required);
    tls4217_state_clear(&d->state);
  }
}

static void cmd_rein(struct dialogue *d) {
  if (check_verdict(tls4217_state_rein(&d->state, &d->facts, NULL))) {
    fuzz_insist(!d->facts.logged_in || d->facts.login_undoable);
    tls4217_state_reset(&d->state);
    d->facts.logged_in = false;
  }
}

static void cmd_pass(struct dialogue *d) {
  d->facts.logged_in = true;
}

static void cmd_transfer(struct dialogue *d) {
  const struct tls4217_transfer transfer = {
    .command = "RETR",
    .directory_view = TLS4217_VIEW_UNKNOWN,
    .tightened = d->word[0] == 't',
  };
  struct tls4217_verdict verdict = tls4217_state_transfer(
    &d->state, &d->facts, &transfer);

  if (check_verdict(verdict)) {
    fuzz_insist(verdict.level == d->state.level);
    fuzz_insist(d->policy.view != TLS4217_VIEW_REQUIRED ||
      verdict.level == TLS4217_LEVEL_PRIVATE);
    fuzz_insist(!transfer.tightened || d->policy.view == TLS4217_VIEW_NONE ||
      verdict.level == TLS4217_LEVEL_PRIVATE);
  }
}

static void (*const commands[])(struct dialogue *) = { cmd_auth, cmd_pbsz,
  cmd_prot, cmd_ccc, cmd_rein, cmd_pass, cmd_transfer };

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void check_state(const struct dialogue *d) {
  const struct tls4217_state *state = &d->state;

  fuzz_insist(state->level == TLS4217_LEVEL_CLEAR ||
    state->level == TLS4217_LEVEL_PRIVATE);
  fuzz_insist(state->control != TLS4217_CONTROL_CLEAR ||
    (!state->pbsz && state->level == TLS4217_LEVEL_CLEAR));
}

static void read_word(struct dialogue *d, struct fuzz_input *in) {
  size_t len = 0;

  while (in->size > 0 && len < WORD_SIZE - 1) {
    char byte = (char) fuzz_byte(in);

    if (byte == '\n' || byte == '\0') {
      break;
    }
    d->word[len++] = byte;
  }
  d->word[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  struct dialogue d = { .word = "" };
  unsigned int bits = fuzz_byte(&in);

  d.policy.view = (enum tls4217_view)(
    fuzz_byte(&in) % (TLS4217_VIEW_UNKNOWN + 1));
  d.policy.directory_views = (bits & 1) != 0;
  d.facts = (struct tls4217_facts){ .certificate = (bits & 2) != 0,
    .pbsz_required = (bits & 4) != 0,
    .ccc_accepted = (bits & 8) != 0,
    .control_required = (bits & 16) != 0,
    .login_undoable = (bits & 32) != 0,
    .data = &d.policy };
  tls4217_state_reset(&d.state);

  while (in.size > 0) {
    unsigned int command = fuzz_byte(&in);

    read_word(&d, &in);
    check_names(d.word);
    commands[command % NCOMMANDS](&d);
    check_state(&d);
  }

  return 0;
}
