/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - rfc4217/ alone, as a program: a question a line
 *
 *   t/model/machine
 *
 * For t/model/run, which compares what is decided here with what a server
 * replies, and for t/model/automaton, which draws it.  Each line of standard
 * input is a word and what belongs to it; each is answered by one line:
 *
 *   ACCEPTED LEVEL CODE TEXT    of a decision: 1 P 200 ..., 0 ? 503 ...
 *   CONTROL PBSZ LEVEL PROT     of what changes the state: clear 0 C 0
 *
 * Nothing is decided in this file.  An unknown word ends the program.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/rfc4217/admission.h"
#include "mod_tls4217/rfc4217/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct machine {
  struct tls4217_state state;
  struct tls4217_facts facts;
  struct tls4217_data_policy policy;
  enum tls4217_control_view view;
};

/* TLSDataRule required command STOR; TLSDataRule none command NLST */
static bool is_command(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  return strcmp(rule->data, transfer->command) == 0;
}

static const struct tls4217_rule rules[] = {
  { TLS4217_VIEW_REQUIRED, is_command, "STOR", false },
  { TLS4217_VIEW_NONE, is_command, "NLST", false },
};

static void fail(const char *word) {
  (void) fprintf(stderr, "machine: '%s' is not understood\n", word);
  exit(1);
}

static void say(struct tls4217_verdict verdict) {
  const struct tls4217_reply *reply = tls4217_reply_get(verdict.reply);

  printf("%d %s %s %s\n", verdict.accepted,
    tls4217_names_level_text(verdict.level),
    *reply->code != '\0' ? reply->code : "-", reply->text);
}

static void say_state(const struct machine *machine) {
  static const char *const controls[] = {
    [TLS4217_CONTROL_CLEAR] = "clear",
    [TLS4217_CONTROL_PROTECTED] = "protected",
    [TLS4217_CONTROL_CLEARED] = "cleared",
  };
  const struct tls4217_state *state = &machine->state;

  printf("%s %d %s %d\n", controls[state->control], state->pbsz,
    tls4217_names_level_text(state->level), state->prot);
}

/* The first word of *rest, which goes on behind it; "" at its end. */
static const char *take_word(char **rest) {
  char *word = *rest;

  *rest += strcspn(*rest, " ");
  if (**rest != '\0') {
    *(*rest)++ = '\0';
  }

  return word;
}

static void set_fact(struct machine *machine, const char *name, bool value) {
  struct tls4217_facts *facts = &machine->facts;
  const struct {
    const char *name;
    bool *fact;
  } all[] = {
    { "logged-in", &facts->logged_in },
    { "certificate", &facts->certificate },
    { "pbsz-required", &facts->pbsz_required },
    { "ccc", &facts->ccc_accepted },
    { "undoable", &facts->login_undoable },
    { "implicit", &facts->implicit },
    { "exhausted", &facts->rein_exhausted },
    { "named-host", &facts->at_named_host },
    { "directories", &machine->policy.directory_views },
  };

  for (size_t i = 0; i < COUNT(all); i++) {
    if (strcmp(all[i].name, name) == 0) {
      *all[i].fact = value;
      return;
    }
  }

  fail(name);
}

/* new CONTROL-VIEW DATA-VIEW FACT...: as after connect */
static void ask_new(struct machine *machine, char *rest) {
  *machine = (struct machine){ .facts.data = &machine->policy };
  machine->view = tls4217_names_control_view(take_word(&rest));
  machine->policy.view = tls4217_names_view(take_word(&rest));
  machine->policy.rules = rules;
  machine->policy.nrules = COUNT(rules);
  machine->facts.certificate = true;
  machine->facts.control_required = machine->view ==
    TLS4217_CONTROL_VIEW_REQUIRED;
  while (*rest != '\0') {
    set_fact(machine, take_word(&rest), true);
  }
  tls4217_state_reset(&machine->state);
  say_state(machine);
}

/* fact NAME 0|1 */
static void ask_fact(struct machine *machine, char *rest) {
  const char *name = take_word(&rest);

  set_fact(machine, name, *rest == '1');
  say_state(machine);
}

/* state STATE, as say_state writes it */
static void ask_state(struct machine *machine, char *rest) {
  const char *control = take_word(&rest);

  tls4217_state_reset(&machine->state);
  machine->state.control = strcmp(control, "clear") == 0 ?
    TLS4217_CONTROL_CLEAR :
    strcmp(control, "cleared") == 0 ? TLS4217_CONTROL_CLEARED :
                                      TLS4217_CONTROL_PROTECTED;
  machine->state.pbsz = *take_word(&rest) == '1';
  machine->state.level = tls4217_names_level(take_word(&rest));
  machine->state.prot = *rest == '1';
  say_state(machine);
}

/* command VERB: may it come at all? */
static void ask_command(struct machine *machine, char *rest) {
  say(tls4217_admission_command(&machine->state, machine->view, rest));
}

/* unknown N: the N-th unknown command has come */
static void ask_unknown(struct machine *machine, char *rest) {
  say(tls4217_admission_unknown(
    (unsigned int) strtoul(rest, NULL, 10), machine->facts.logged_in));
}

/* user VIEW, login VIEW: that of TLSUserProtection */
static void ask_user(struct machine *machine, char *rest) {
  say(tls4217_admission_user(&machine->state, tls4217_names_view(rest)));
}

static void ask_login(struct machine *machine, char *rest) {
  say(tls4217_admission_login(&machine->state, tls4217_names_view(rest)));
}

static void ask_auth(struct machine *machine, char *rest) {
  say(tls4217_state_auth(&machine->state, &machine->facts, rest));
}

static void ask_pbsz(struct machine *machine, char *rest) {
  say(tls4217_state_pbsz(&machine->state, rest));
}

static void ask_prot(struct machine *machine, char *rest) {
  say(tls4217_state_prot(&machine->state, &machine->facts, rest));
}

static void ask_ccc(struct machine *machine, char *rest) {
  say(tls4217_state_ccc(&machine->state, &machine->facts, rest));
}

static void ask_rein(struct machine *machine, char *rest) {
  say(tls4217_state_rein(&machine->state, &machine->facts, rest));
}

/* KIND VERB VIEW: the view of the <Directory>, or "-" */
static struct tls4217_transfer read_transfer(char *rest) {
  const char *verb = take_word(&rest);

  return (struct tls4217_transfer){
    .command = verb, .path = "/", .directory_view = tls4217_names_view(rest)
  };
}

static void ask_transfer(struct machine *machine, char *rest) {
  const struct tls4217_transfer transfer = read_transfer(rest);

  say(tls4217_state_transfer(&machine->state, &machine->facts, &transfer));
}

static void ask_reveal(struct machine *machine, char *rest) {
  const struct tls4217_transfer transfer = read_transfer(rest);

  say(tls4217_state_reveal(&machine->state, &machine->facts, &transfer, NULL));
}

static void ask_move(struct machine *machine, char *rest) {
  const struct tls4217_transfer transfer = read_transfer(rest);

  say(tls4217_state_move(&machine->state, &machine->facts, &transfer, NULL));
}

/* without-tls active|passive */
static void ask_without_tls(struct machine *machine, char *rest) {
  say((struct tls4217_verdict){ false,
    tls4217_state_without_tls(&machine->state, strcmp(rest, "active") == 0),
    TLS4217_LEVEL_UNKNOWN });
}

/* reply NAME: of what is decided in tls/, only the words are here */
static void ask_reply(struct machine *machine, char *rest) {
  static const struct {
    const char *name;
    enum tls4217_reply_id id;
  } all[] = {
    { "handshake-failed", TLS4217_REPLY_HANDSHAKE_FAILED },
    { "tls-without-auth", TLS4217_REPLY_TLS_WITHOUT_AUTH },
    { "data-handshake", TLS4217_REPLY_DATA_HANDSHAKE },
    { "not-reused", TLS4217_REPLY_DATA_NOT_REUSED },
    { "cut", TLS4217_REPLY_DATA_CUT },
    { "aborted", TLS4217_REPLY_DATA_ABORTED },
    { "status-control", TLS4217_REPLY_STATUS_CONTROL },
    { "status-data", TLS4217_REPLY_STATUS_DATA },
  };

  (void) machine;
  for (size_t i = 0; i < COUNT(all); i++) {
    if (strcmp(all[i].name, rest) == 0) {
      say((struct tls4217_verdict){ false, all[i].id, TLS4217_LEVEL_UNKNOWN });
      return;
    }
  }

  fail(rest);
}

/* What happened. */

static void tell_protect(struct machine *machine, char *rest) {
  tls4217_state_protect(&machine->state, tls4217_names_level(rest));
  say_state(machine);
}

static void tell_pbsz(struct machine *machine, char *rest) {
  (void) rest;
  tls4217_state_set_pbsz(&machine->state);
  say_state(machine);
}

static void tell_level(struct machine *machine, char *rest) {
  tls4217_state_set_level(&machine->state, tls4217_names_level(rest));
  say_state(machine);
}

static void tell_clear(struct machine *machine, char *rest) {
  (void) rest;
  tls4217_state_clear(&machine->state);
  say_state(machine);
}

static void tell_reset(struct machine *machine, char *rest) {
  (void) rest;
  tls4217_state_reset(&machine->state);
  say_state(machine);
}

static const struct {
  const char *word;
  void (*serve)(struct machine *machine, char *rest);
} words[] = {
  { "new", ask_new },
  { "fact", ask_fact },
  { "state", ask_state },
  { "command", ask_command },
  { "unknown", ask_unknown },
  { "user", ask_user },
  { "login", ask_login },
  { "auth", ask_auth },
  { "pbsz", ask_pbsz },
  { "prot", ask_prot },
  { "ccc", ask_ccc },
  { "rein", ask_rein },
  { "transfer", ask_transfer },
  { "reveal", ask_reveal },
  { "move", ask_move },
  { "without-tls", ask_without_tls },
  { "reply", ask_reply },
  { "protect", tell_protect },
  { "set-pbsz", tell_pbsz },
  { "set-level", tell_level },
  { "clear", tell_clear },
  { "reset", tell_reset },
};

static void serve(struct machine *machine, char *line) {
  const char *word = take_word(&line);

  for (size_t i = 0; i < COUNT(words); i++) {
    if (strcmp(words[i].word, word) == 0) {
      words[i].serve(machine, line);
      return;
    }
  }

  fail(word);
}

int main(void) {
  struct machine machine = { .facts.data = &machine.policy };
  char line[512];

  while (fgets(line, sizeof(line), stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    serve(&machine, line);
    (void) fflush(stdout);
  }

  return 0;
}
