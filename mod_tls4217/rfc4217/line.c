/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a command line is
 *
 * See line.h.  Follows pr_netio_telnet_gets2(), pr_cmd_read() and
 * make_ftp_cmd() of ProFTPD 1.3.8 to 1.3.10 byte by byte; RFC 854 for the
 * names.
 */

#include "mod_tls4217/rfc4217/line.h"

#include <string.h>

/* RFC 854, "Telnet command structure". */
enum {
  TELNET_DATA = 0,
  TELNET_DM = 242,
  TELNET_IP = 244,
  TELNET_WILL = 251,
  TELNET_WONT = 252,
  TELNET_DO = 253,
  TELNET_DONT = 254,
  TELNET_IAC = 255
};

size_t tls4217_line_length(const char *bytes, size_t len) {
  const char *from = bytes, *end;

  while ((end = memchr(from, '\n', len - (size_t) (from - bytes))) != NULL) {
    if (end > bytes && end[-1] == '\r') {
      return (size_t) (end - bytes) + 1;
    }

    from = end + 1;
  }

  return 0;
}

static bool is_telnet_command(unsigned char byte) {
  return byte == TELNET_DM || byte == TELNET_IP ||
    (byte >= TELNET_WILL && byte <= TELNET_DONT);
}

/*
 * One byte of a line.  Returns how many bytes it gives to the command (0, 1
 * or 2), and puts them into out.
 */
static size_t decode(
  struct tls4217_line_telnet *telnet, unsigned char byte, char out[2]) {
  unsigned char mode = telnet->mode;

  out[0] = (char) byte;
  if (telnet->off) {
    return 1;
  }

  if (mode >= TELNET_WILL && mode <= TELNET_DONT) {
    /* The option's number, which ProFTPD refuses. */
    telnet->mode = TELNET_DATA;
    return 0;
  }

  if (mode != TELNET_IAC) {
    /* IP and DM stay open in ProFTPD until the next IAC, and matter to
     * nothing. */
    if (byte == TELNET_IAC) {
      telnet->mode = byte;
      return 0;
    }

    return 1;
  }

  if (is_telnet_command(byte)) {
    telnet->mode = byte;
    return 0;
  }

  telnet->mode = TELNET_DATA;
  if (byte == TELNET_IAC) {
    return 1;
  }

  /* A command that ProFTPD does not know stays as it is. */
  out[0] = (char) TELNET_IAC;
  out[1] = (char) byte;
  return 2;
}

/* The line feed that ends a line is no byte of it: Telnet does not see it. */
static size_t without_end(const char *bytes, size_t len) {
  return len > 0 && tls4217_line_length(bytes, len) == len ? len - 1 : len;
}

bool tls4217_line_is_tls(const char *bytes, size_t len) {
  return len > 0 && bytes[0] == 0x16 && (len == 1 || bytes[1] == 0x03);
}

void tls4217_line_skip(
  struct tls4217_line_telnet *telnet, const char *bytes, size_t len) {
  char out[2];

  len = without_end(bytes, len);
  for (size_t i = 0; i < len; i++) {
    (void) decode(telnet, (unsigned char) bytes[i], out);
  }
}

/* ProFTPD's PR_ISSPACE: that of the C locale. */
static bool is_space(char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static char to_upper(char byte) {
  return byte >= 'a' && byte <= 'z' ? (char) (byte - 'a' + 'A') : byte;
}

/* A line as it is put together. */
struct reading {
  struct tls4217_line *line;
  size_t seen, verb_len;
  bool behind_verb;
  bool ended; /* at a NUL, or because the line begins with white space */
};

static void add_to_verb(struct reading *reading, char byte) {
  struct tls4217_line *line = reading->line;

  line->empty = false;
  if (reading->verb_len + 1 < sizeof(line->verb)) {
    line->verb[reading->verb_len] = to_upper(byte);
  }

  reading->verb_len++;
}

static void add(struct reading *reading, char byte) {
  bool first = reading->seen++ == 0;

  /* One carriage return in front is skipped. */
  if (reading->ended || (first && byte == '\r')) {
    return;
  }

  if (byte == '\0') {
    /* What follows counts behind CR alone (RFC 2640, section 3.1): it may. */
    reading->line->argument = reading->verb_len > 0;
    reading->ended = true;

  } else if (is_space(byte)) {
    reading->ended = reading->verb_len == 0;
    reading->behind_verb = true;

  } else if (reading->behind_verb) {
    reading->line->argument = true;

  } else {
    add_to_verb(reading, byte);
  }
}

void tls4217_line_read(struct tls4217_line_telnet *telnet, const char *bytes,
  size_t len, struct tls4217_line *line) {
  struct reading reading = { .line = line };

  memset(line, 0, sizeof(*line));
  if (len > TLS4217_LINE_SHORT) {
    tls4217_line_skip(telnet, bytes, len);
    return;
  }

  line->empty = true;
  len = without_end(bytes, len);
  for (size_t i = 0; i < len; i++) {
    char out[2];
    size_t count = decode(telnet, (unsigned char) bytes[i], out);

    for (size_t n = 0; n < count; n++) {
      add(&reading, out[n]);
    }
  }

  if (reading.verb_len >= sizeof(line->verb)) {
    memset(line->verb, 0, sizeof(line->verb));
  }
}
