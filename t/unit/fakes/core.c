/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: the session, and whom it speaks to
 *
 * See fakes.h.
 */

#include <setjmp.h>

#include "t/unit/fakes/fakes.h"

struct fakes fakes;
session_t session;
module tls4217_module = { .name = "tls4217" };

pr_response_t *resp_list, *resp_err_list;
pid_t mpid;
char ServerType = SERVER_STANDALONE;
int ServerUseReverseDNS;

static jmp_buf *way_out;

int fakes_begin(void **state) {
  (void) state;
  memset(&fakes, 0, sizeof(fakes));
  memset(&session, 0, sizeof(session));
  resp_list = resp_err_list = NULL;
  fakes.protocol = "ftp";
  fakes_begin_pools();
  fakes_begin_config();
  fakes_begin_fs();

  session.pool = permanent_pool;
  session.notes = fakes_table(permanent_pool);
  session.pid = getpid();
  session.c = pcalloc(permanent_pool, sizeof(*session.c));
  session.c->remote_addr = fakes_address("192.0.2.7");
  session.c->local_addr = fakes_address("127.0.0.1");
  session.c->remote_name = "192.0.2.7";
  session.c->local_port = 21;
  return getcwd(session.cwd, sizeof(session.cwd)) != NULL ? 0 : -1;
}

int fakes_end(void **state) {
  (void) state;
  fakes_end_pools();
  return 0;
}

void fakes_note(char *text, size_t size, const char *fmt, ...) {
  size_t len = strlen(text);
  va_list ap;

  va_start(ap, fmt);
  (void) vsnprintf(text + len, size - len, fmt, ap);
  va_end(ap);
}

bool fakes_ends_session(void (*call)(void *data), void *data) {
  jmp_buf here;
  volatile bool ended = true;

  way_out = &here;
  if (setjmp(here) == 0) {
    call(data);
    ended = false;
  }

  way_out = NULL;
  return ended;
}

void pr_session_disconnect(module *m, int reason, const char *details) {
  (void) m;
  session.disconnect_reason = reason;
  fakes_note(fakes.log, sizeof(fakes.log), "disconnect: %s\n",
    details != NULL ? details : "");
  if (way_out == NULL) {
    abort();
  }

  longjmp(*way_out, 1);
}

void pr_session_end(int flags) {
  (void) flags;
}

const char *pr_session_get_protocol(int flags) {
  (void) flags;
  return fakes.protocol;
}

int pr_session_set_protocol(const char *protocol) {
  fakes.protocol = protocol;
  return 0;
}

/* Logs.  The formats are the callers', which the compiler has checked. */

#define NOTE_LINE(text, fmt) \
 do { \
  char line[2048]; \
  va_list ap; \
  va_start(ap, fmt); \
  (void) vsnprintf(line, sizeof(line), fmt, ap); \
  va_end(ap); \
  fakes_note(text, sizeof(text), "%s\n", line); \
 } while (0)

void pr_log_pri(int priority, const char *fmt, ...) {
  (void) priority;
  NOTE_LINE(fakes.log, fmt);
}

void pr_log_auth(int priority, const char *fmt, ...) {
  (void) priority;
  NOTE_LINE(fakes.log, fmt);
}

int pr_log_writefile(int fd, const char *ident, const char *fmt, ...) {
  (void) fd;
  (void) ident;
  NOTE_LINE(fakes.log, fmt);
  return 0;
}

int pr_log_openfile(const char *path, int *fd, mode_t mode) {
  *fd = open(path, O_CREAT | O_APPEND | O_WRONLY, mode);
  return *fd < 0 ? -1 : 0;
}

int log_opensyslog(const char *path) {
  fakes_note(fakes.log, sizeof(fakes.log), "SystemLog %s\n", path);
  return 0;
}

int pr_trace_msg(const char *channel, int level, const char *fmt, ...) {
  (void) channel;
  (void) level;
  (void) fmt;
  return 0;
}

/* Responses. */

static void add_response(
  pr_response_t **list, const char *code, const char *text) {
  pr_response_t *response = pcalloc(permanent_pool, sizeof(*response));

  while (*list != NULL) {
    list = &(*list)->next;
  }

  response->num = code != NULL ? pstrdup(permanent_pool, code) : NULL;
  response->msg = pstrdup(permanent_pool, text);
  *list = response;
}

#define FORMAT(line, fmt) \
 char line[1024]; \
 va_list ap; \
 va_start(ap, fmt); \
 (void) vsnprintf(line, sizeof(line), fmt, ap); \
 va_end(ap)

void pr_response_add(const char *code, const char *fmt, ...) {
  FORMAT(line, fmt);
  add_response(&resp_list, code, line);
}

void pr_response_add_err(const char *code, const char *fmt, ...) {
  FORMAT(line, fmt);
  add_response(&resp_err_list, code, line);
}

void pr_response_send(const char *code, const char *fmt, ...) {
  FORMAT(line, fmt);
  fakes_note(fakes.replies, sizeof(fakes.replies), "%s %s\n", code, line);
}

void pr_response_send_async(const char *code, const char *fmt, ...) {
  FORMAT(line, fmt);
  fakes_note(fakes.replies, sizeof(fakes.replies), "%s %s\n", code, line);
}

void pr_response_clear(pr_response_t **list) {
  *list = NULL;
}

int pr_response_block(int block) {
  fakes_note(fakes.replies, sizeof(fakes.replies), "%s\n",
    block ? "blocked" : "unblocked");
  return 0;
}

/* Commands. */

cmd_rec *fakes_command(const char *verb, const char *arg) {
  cmd_rec *cmd = pcalloc(permanent_pool, sizeof(*cmd));
  array_header *words = make_array(permanent_pool, 0, sizeof(char *));
  char *rest = pstrdup(permanent_pool, arg), *word;

  *((char **) push_array(words)) = pstrdup(permanent_pool, verb);
  while (rest != NULL && (word = pr_str_get_token(&rest, " ")) != NULL) {
    *((char **) push_array(words)) = word;
  }

  cmd->argc = words->nelts;
  *((char **) push_array(words)) = NULL;
  cmd->argv = words->elts;
  cmd->arg = arg != NULL ? pstrdup(permanent_pool, arg) : NULL;
  cmd->pool = permanent_pool;
  cmd->tmp_pool = permanent_pool;
  cmd->server = main_server;
  cmd->notes = fakes_table(permanent_pool);
  cmd->is_ftp = TRUE;
  return cmd;
}

cmd_rec *pr_cmd_alloc(pool *p, unsigned int argc, ...) {
  cmd_rec *cmd = pcalloc(p, sizeof(*cmd));
  va_list ap;

  cmd->pool = p;
  cmd->tmp_pool = p;
  cmd->argc = argc;
  cmd->argv = pcalloc(p, (argc + 1) * sizeof(void *));
  va_start(ap, argc);
  for (unsigned int i = 0; i < argc; i++) {
    cmd->argv[i] = va_arg(ap, void *);
  }
  va_end(ap);

  cmd->notes = fakes_table(p);
  return cmd;
}

int pr_cmd_cmp(cmd_rec *cmd, int id) {
  static const struct {
    int id;
    const char *verb;
  } ids[] = { { PR_CMD_RETR_ID, C_RETR }, { PR_CMD_STOU_ID, C_STOU },
    { PR_CMD_STOR_ID, C_STOR }, { PR_CMD_APPE_ID, C_APPE },
    { PR_CMD_USER_ID, C_USER }, { PR_CMD_PASS_ID, C_PASS },
    { PR_CMD_HOST_ID, C_HOST }, { PR_CMD_AUTH_ID, C_AUTH } };

  for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
    if (ids[i].id == id) {
      return strcmp(ids[i].verb, cmd->argv[0]);
    }
  }

  abort();
}

int pr_cmd_set_errno(cmd_rec *cmd, int xerrno) {
  (void) cmd;
  errno = xerrno;
  return 0;
}

int pr_cmd_dispatch(cmd_rec *cmd) {
  return pr_cmd_dispatch_phase(cmd, 0, 0);
}

int pr_cmd_dispatch_phase(cmd_rec *cmd, int phase, int flags) {
  (void) phase;
  (void) flags;
  fakes.dispatched++;
  fakes_note(fakes.log, sizeof(fakes.log), "dispatch: %s %s\n",
    (const char *) cmd->argv[0],
    cmd->argc > 1 ? (const char *) cmd->argv[1] : "");
  return 0;
}

modret_t *mod_create_ret(
  cmd_rec *cmd, unsigned char error, const char *code, const char *text) {
  modret_t *result = pcalloc(cmd->pool, sizeof(*result));

  result->mr_error = error;
  result->mr_numeric = code;
  result->mr_message = text;
  return result;
}

modret_t *mod_create_error(cmd_rec *cmd, int error) {
  return mod_create_ret(cmd, (unsigned char) error, NULL, NULL);
}

modret_t *mod_create_data(cmd_rec *cmd, void *data) {
  modret_t *result = mod_create_ret(cmd, 0, NULL, NULL);

  result->data = data;
  return result;
}
