/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/* client.c - a small FTP and FTPS client for load.c; see client.h
 *
 * The order of a transfer is that of the usual clients: PASV, connect, the
 * command, its 150, and then the TLS handshake on the data connection.
 */

#include "client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <openssl/err.h>

/* Nothing waits longer for a server that hangs. */
#define TIMEOUT_SECONDS  60

#define DATA_BUFFER_SIZE (64 * 1024)

void fail(const char *format, ...) {
  va_list args;

  fputs("load: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  ERR_print_errors_fp(stderr);
  exit(1);
}

SSL_CTX *client_context(const struct client_options *options) {
  SSL_CTX *ctx;

  if (options->version == 0) {
    return NULL;
  }
  ctx = SSL_CTX_new(TLS_client_method());
  if (ctx == NULL ||
    SSL_CTX_set_min_proto_version(ctx, options->version) != 1 ||
    SSL_CTX_set_max_proto_version(ctx, options->version) != 1) {
    fail("no TLS context");
  }
  if (options->cipher != NULL &&
    (options->version == TLS1_3_VERSION ?
        SSL_CTX_set_ciphersuites(ctx, options->cipher) :
        SSL_CTX_set_cipher_list(ctx, options->cipher)) != 1) {
    fail("no such cipher: %s", options->cipher);
  }
  if (options->groups != NULL &&
    SSL_CTX_set1_groups_list(ctx, options->groups) != 1) {
    fail("no such group: %s", options->groups);
  }
  if (options->ca_file != NULL) {
    if (SSL_CTX_load_verify_file(ctx, options->ca_file) != 1) {
      fail("cannot read %s", options->ca_file);
    }
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
  }
  SSL_CTX_set_read_ahead(ctx, 1);
  SSL_CTX_set_default_read_buffer_len(ctx, DATA_BUFFER_SIZE);
  return ctx;
}

static int tcp_connect(const char *host, const char *port) {
  struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
  struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
  struct addrinfo *found;
  int fd, on = 1;

  if (getaddrinfo(host, port, &hints, &found) != 0) {
    fail("no address: %s port %s", host, port);
  }
  fd = socket(found->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
    fail("connect to port %s: %s", port, strerror(errno));
  }
  freeaddrinfo(found);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

static void stream_secure(
  struct stream *stream, SSL_CTX *ctx, SSL_SESSION *session) {
  stream->ssl = SSL_new(ctx);
  if (stream->ssl == NULL || SSL_set_fd(stream->ssl, stream->fd) != 1 ||
    (session != NULL && SSL_set_session(stream->ssl, session) != 1)) {
    fail("no TLS connection");
  }
  if (SSL_connect(stream->ssl) != 1) {
    fail("TLS handshake failed");
  }
}

/* Returns 0 at the end: of TLS after close_notify, or where the connection
 * ends without (some servers leave it out).
 */
static size_t stream_read(struct stream *stream, void *buffer, size_t size) {
  size_t got = 0;
  ssize_t n;
  int error;

  if (stream->ssl == NULL) {
    n = recv(stream->fd, buffer, size, 0);
    if (n < 0 && errno != ECONNRESET) {
      fail("read: %s", strerror(errno));
    }
    return n < 0 ? 0 : (size_t) n;
  }
  if (SSL_read_ex(stream->ssl, buffer, size, &got) == 1) {
    return got;
  }
  error = SSL_get_error(stream->ssl, 0);
  if (error == SSL_ERROR_WANT_READ) {
    fail("the server was silent for %d seconds", TIMEOUT_SECONDS);
  }
  ERR_clear_error();
  return 0;
}

static void stream_write(
  struct stream *stream, const void *buffer, size_t size) {
  const char *from = buffer;
  size_t done;
  ssize_t n;

  while (size > 0) {
    if (stream->ssl != NULL) {
      if (SSL_write_ex(stream->ssl, from, size, &done) != 1) {
        fail("TLS write failed: %s", strerror(errno));
      }
    } else {
      n = send(stream->fd, from, size, MSG_NOSIGNAL);
      if (n < 0) {
        fail("write: %s", strerror(errno));
      }
      done = (size_t) n;
    }
    from += done;
    size -= done;
  }
}

/* Ends our direction, reads what the server still says, and closes. */
static void stream_close(struct stream *stream) {
  char rest[4096];

  if (stream->ssl != NULL && SSL_get_shutdown(stream->ssl) == 0) {
    SSL_shutdown(stream->ssl);
  }
  shutdown(stream->fd, SHUT_WR);
  while (stream_read(stream, rest, sizeof(rest)) > 0) {
  }
  if (stream->ssl != NULL) {
    SSL_set_shutdown(stream->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(stream->ssl);
  }
  close(stream->fd);
}

static void read_line(struct control *control) {
  size_t length = 0;
  char byte;

  do {
    if (control->start == control->end) {
      control->start = 0;
      control->end = stream_read(
        &control->stream, control->buffer, sizeof(control->buffer));
      if (control->end == 0) {
        fail(
          "the server ended the control connection after: %s", control->line);
      }
    }
    byte = control->buffer[control->start++];
    if (length + 1 < sizeof(control->line)) {
      control->line[length++] = byte;
    }
  } while (byte != '\n');
  control->line[length] = '\0';
}

/* Reads a reply to its last line (RFC 959, 4.2) and returns its code. */
static int read_reply(struct control *control, int want) {
  int code;

  do {
    read_line(control);
    code = atoi(control->line);
  } while (code < 100 || control->line[3] != ' ');
  if (code / 100 != want / 100) {
    fail("wanted %d, got: %s", want, control->line);
  }
  return code;
}

static void send_command(struct control *control, const char *command) {
  char line[1024];
  int length = snprintf(line, sizeof(line), "%s\r\n", command);

  stream_write(&control->stream, line, (size_t) length);
}

int control_command(
  struct control *control, int want, const char *format, ...) {
  char command[1000];
  va_list args;

  va_start(args, format);
  vsnprintf(command, sizeof(command), format, args);
  va_end(args);
  send_command(control, command);
  return read_reply(control, want);
}

void control_login(struct control *control,
  const struct client_options *options, SSL_CTX *ctx, SSL_SESSION *session) {
  memset(control, 0, sizeof(*control));
  control->options = options;
  control->ctx = ctx;
  control->stream.fd = tcp_connect(options->host, options->port);
  read_reply(control, 220);
  if (ctx != NULL) {
    control_command(control, 234, "AUTH TLS");
    stream_secure(&control->stream, ctx, session);
  }
  if (control_command(control, 300, "USER %s", options->user) == 331) {
    control_command(control, 230, "PASS %s", options->password);
  }
  if (ctx != NULL) {
    control_command(control, 200, "PBSZ 0");
    control_command(control, 200, "PROT P");
  }
}

void control_quit(struct control *control) {
  control_command(control, 221, "QUIT");
  stream_close(&control->stream);
}

/* Connects to where PASV says, but at the host we know. */
static int passive_connect(struct control *control) {
  unsigned int h[4], p[2];
  char port[8];
  const char *at;

  control_command(control, 227, "PASV");
  at = strchr(control->line, '(');
  if (at == NULL ||
    sscanf(at, "(%u,%u,%u,%u,%u,%u)", &h[0], &h[1], &h[2], &h[3], &p[0],
      &p[1]) != 6) {
    fail("no address in: %s", control->line);
  }
  snprintf(port, sizeof(port), "%u", p[0] * 256 + p[1]);
  return tcp_connect(control->options->host, port);
}

/* The data connection of one command, open and secured. */
static struct stream open_data(struct control *control, const char *command) {
  struct stream data = { .fd = passive_connect(control) };
  SSL_SESSION *session;

  send_command(control, command);
  read_reply(control, 150);
  if (control->stream.ssl != NULL) {
    session = SSL_get1_session(control->stream.ssl);
    stream_secure(&data, control->ctx, session);
    SSL_SESSION_free(session);
  }
  return data;
}

static int is_resumed(const struct stream *stream) {
  return stream->ssl != NULL && SSL_session_reused(stream->ssl) == 1;
}

struct transfer control_download(struct control *control, const char *command) {
  static char buffer[DATA_BUFFER_SIZE];
  struct stream data = open_data(control, command);
  struct transfer transfer = { .resumed = is_resumed(&data) };
  size_t got;

  while ((got = stream_read(&data, buffer, sizeof(buffer))) > 0) {
    transfer.bytes += got;
  }
  stream_close(&data);
  read_reply(control, 226);
  return transfer;
}

struct transfer control_upload(
  struct control *control, const char *command, unsigned long long size) {
  static const char buffer[DATA_BUFFER_SIZE];
  struct stream data = open_data(control, command);
  struct transfer transfer = { .bytes = size, .resumed = is_resumed(&data) };
  size_t piece;

  while (size > 0) {
    piece = size < sizeof(buffer) ? (size_t) size : sizeof(buffer);
    stream_write(&data, buffer, piece);
    size -= piece;
  }
  stream_close(&data);
  read_reply(control, 226);
  return transfer;
}
