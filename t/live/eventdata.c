/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_eventdata - writes down what the events of mod_tls carry, for tests
 *
 * A module for ProFTPD.  EventDataLog names the file: a line for each event,
 * with its name, and what its data is as mod_tls gives it: the connection of
 * the session, the server that it has become, an int, a name, or nothing.
 */

#include "conf.h"

#define VERSION "mod_eventdata/1.0"

module eventdata_module;

static int log_fd = -1;

static void say(const char *event, const char *text) {
  char line[512];
  const int len = snprintf(line, sizeof(line), "%s %s\n", event, text);

  if (log_fd >= 0 && len > 0 && (size_t) len < sizeof(line)) {
    (void) write(log_fd, line, (size_t) len);
  }
}

static void connection_ev(const void *data, void *user) {
  say(user, data == NULL  ? "nothing" :
      data == session.c ? "the session's connection" :
                          "something else");
}

static void number_ev(const void *data, void *user) {
  char text[32];

  (void) snprintf(
    text, sizeof(text), "%d", data != NULL ? *(const int *) data : -99);
  say(user, text);
}

static void nothing_ev(const void *data, void *user) {
  say(user, data == NULL ? "nothing" : "something");
}

static void name_ev(const void *data, void *user) {
  say(user, data != NULL ? (const char *) data : "nothing");
}

static void server_ev(const void *data, void *user) {
  say(user, data == NULL    ? "nothing" :
      data == main_server ? main_server->ServerName :
                            "something else");
}

static const struct {
  const char *event;
  void (*listener)(const void *data, void *user);
} events[] = {
  { "mod_tls.ctrl-handshake", connection_ev },
  { "mod_tls.ctrl-handshake-failed", number_ev },
  { "mod_tls.data-handshake-failed", number_ev },
  { "mod_tls.verify-client", nothing_ev },
  { "mod_tls.verify-client-failed", number_ev },
  { "mod_tls.sni", name_ev },
  { "core.session-reinit", server_ev },
};

static int eventdata_sess_init(void) {
  const char *path = get_param_ptr(main_server->conf, "EventDataLog", FALSE);

  if (path == NULL) {
    return 0;
  }

  log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
    pr_event_register(&eventdata_module, events[i].event, events[i].listener,
      (void *) events[i].event);
  }

  return 0;
}

MODRET set_eventdatalog(cmd_rec *cmd) {
  CHECK_ARGS(cmd, 1);
  (void) add_config_param_str(cmd->argv[0], 1, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

static conftable eventdata_conftab[] = {
  { "EventDataLog", set_eventdatalog, NULL },
  { NULL, NULL, NULL },
};

module eventdata_module = {
  NULL, NULL, 0x20, "eventdata", eventdata_conftab, NULL, NULL, NULL,
  eventdata_sess_init, VERSION
};
