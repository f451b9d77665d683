/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - is a line what ProFTPD says it is?
 *
 * A module for tests that lets the running ProFTPD read commands (its
 * pr_cmd_read(), with all that is below) from rfc4217/command_buffer.c, and
 * compares each with what rfc4217/line.c has read before: where the line
 * ends, the command's name, whether there is a parameter.  The bytes are
 * random, of those that matter; the beginning of the sequence is in the
 * environment (LINES_SEED), and so is how many lines are read (LINES_COUNT).
 */

#include "conf.h"

#include "mod_tls4217/rfc4217/command_buffer.h"

extern module lines_module;

static struct tls4217_command_buffer buffer;

static int poll_cb(pr_netio_stream_t *strm) {
  (void) strm;
  return 1;
}

static int read_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  (void) strm;
  return (int) tls4217_command_buffer_take(&buffer, buf, size);
}

static int write_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  (void) strm;
  (void) buf;
  return (int) size;
}

/* A control connection that leads nowhere. */
static void make_session(void) {
  pr_netio_t *netio;
  int fd = open("/dev/null", O_RDWR);

  session.pool = make_sub_pool(permanent_pool);
  netio = pr_alloc_netio2(session.pool, &lines_module, NULL);
  netio->poll = poll_cb;
  netio->read = read_cb;
  netio->write = write_cb;
  (void) pr_register_netio(netio, PR_NETIO_STRM_CTRL);

  session.c = pcalloc(session.pool, sizeof(conn_t));
  session.c->instrm = pr_netio_open(
    session.pool, PR_NETIO_STRM_CTRL, fd, PR_NETIO_IO_RD);
  session.c->outstrm = pr_netio_open(
    session.pool, PR_NETIO_STRM_CTRL, fd, PR_NETIO_IO_WR);
}

static char pick_byte(void) {
  static const char *const kinds[] = { "ABOR", "abor", "\xff\xff\xff",
    "\xfb\xfc\xfd\xfe\xf2\xf4", "\r\n", "\n \t\v\f", "\"\\'#", "\x01\xf1" };
  const char *kind = kinds[random() % 8];

  return random() % 40 == 0 ? '\0' : kind[random() % (long) strlen(kind)];
}

static void put(const char *bytes, size_t len) {
  size_t room;
  char *at = tls4217_command_buffer_room(&buffer, &room);

  memcpy(at, bytes, len < room ? len : room);
  tls4217_command_buffer_add(&buffer, len < room ? len : room);
}

static void put_line(void) {
  static const char *const words[] = { "ABOR", "stat", "QUIT x", "NOOP ", "",
    "PROT C", "\xff\xfb\x01", "\xff\xf4\xff\xf2" };
  const char *word = words[random() % 8];
  long count = random() % (random() % 20 == 0 ? 200 : 6);

  put(word, strlen(word));
  while (count-- > 0) {
    const char byte = pick_byte();

    put(&byte, 1);
  }
  put("\r\n", 2);
}

/* Behind a NUL there may be more, or not: we take it for a parameter. */
static bool is_same(
  const struct tls4217_line *line, bool has_nul, const cmd_rec *cmd) {
  if (cmd == NULL || line->empty) {
    return cmd == NULL && line->empty;
  }

  return (line->argument == (cmd->argc > 1) || (line->argument && has_nul)) &&
    (line->verb[0] == '\0' ? strlen(cmd->argv[0]) >= sizeof(line->verb) :
                             strcasecmp(cmd->argv[0], line->verb) == 0);
}

static void complain(const char *bytes, size_t len, const cmd_rec *cmd,
  const struct tls4217_line *line) {
  (void) fprintf(stderr, "not ok - ");
  for (size_t i = 0; i < len; i++) {
    (void) fprintf(stderr, "%02x ", (unsigned char) bytes[i]);
  }
  (void) fprintf(stderr, "is '%s' of %d words, read as '%s'%s%s\n",
    cmd != NULL ? (const char *) cmd->argv[0] : "nothing",
    cmd != NULL ? (int) cmd->argc : 0, line->verb,
    line->argument ? " with an argument" : "", line->empty ? ", empty" : "");
}

/* Returns whether both read the first line alike. */
static bool compare(void) {
  struct tls4217_command_cursor cursor = tls4217_command_buffer_begin(&buffer);
  size_t before = buffer.len;
  struct tls4217_line line;
  cmd_rec *cmd = NULL;
  char bytes[512];
  bool same;

  if (tls4217_command_buffer_next(&buffer, &cursor, &line) == false ||
    cursor.at > sizeof(bytes)) {
    return false;
  }

  memcpy(bytes, buffer.bytes, cursor.at);
  same = pr_cmd_read(&cmd) == 0 && before - buffer.len == cursor.at &&
    buffer.telnet.mode == cursor.telnet.mode &&
    (cursor.at > TLS4217_LINE_SHORT ||
      is_same(&line, memchr(bytes, '\0', cursor.at) != NULL, cmd));
  if (same == false) {
    complain(bytes, cursor.at, cmd, &line);
  }

  if (cmd != NULL) {
    destroy_pool(cmd->pool);
  }

  return same;
}

static void postparse_ev(const void *event_data, void *user_data) {
  const char *seed = getenv("LINES_SEED"), *count = getenv("LINES_COUNT");
  long left = count != NULL ? atol(count) : 100000;

  (void) event_data;
  (void) user_data;

  srandom(seed != NULL ? (unsigned int) atol(seed) : 1);
  make_session();
  while (left-- > 0) {
    if (buffer.len < 2048) {
      put_line();
    }
    if (random() % 3 == 0 && tls4217_command_buffer_is_ready(&buffer) &&
      compare() == false) {
      _exit(1);
    }
  }

  _exit(0);
}

static int lines_init(void) {
  pr_event_register(&lines_module, "core.postparse", postparse_ev, NULL);
  return 0;
}

module lines_module = { NULL, NULL, 0x20, "lines", NULL, NULL, NULL, lines_init,
  NULL, "mod_lines", NULL, 0 };
