/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/* client.h - a small FTP and FTPS client for load.c
 *
 * One control connection, blocking, and one data connection per transfer
 * that resumes the control connection's TLS session.  Every failure prints a
 * sentence and ends the program: a benchmark has nothing to recover.
 */

#ifndef TLS4217_BENCH_CLIENT_H
#define TLS4217_BENCH_CLIENT_H

#include <stddef.h>
#include <openssl/ssl.h>

struct client_options {
  const char *host;
  const char *port;
  const char *user;
  const char *password;
  const char *cipher;  /* NULL: the library's default */
  const char *groups;  /* NULL: the library's default */
  const char *ca_file; /* NULL: the server is not verified */
  int version;         /* 0: no TLS; else TLS1_2_VERSION, TLS1_3_VERSION */
};

/* A TCP connection; ssl is NULL in clear. */
struct stream {
  int fd;
  SSL *ssl;
};

struct control {
  const struct client_options *options;
  SSL_CTX *ctx;
  struct stream stream;
  char line[4096]; /* the reply's last line, without its end */
  char buffer[4096];
  size_t start;
  size_t end;
};

/* What became of a transfer. */
struct transfer {
  unsigned long long bytes;
  int resumed;
};

/* Prints the sentence, and OpenSSL's errors if there are any; exits 1. */
void fail(const char *format, ...)
  __attribute__((format(printf, 1, 2), noreturn));

/* The client's context, made once; NULL where options want no TLS. */
SSL_CTX *client_context(const struct client_options *options);

/* Connects, and reads the greeting; with TLS, AUTH TLS and the handshake,
 * which offers session (may be NULL).  Then USER, PASS and with TLS PBSZ 0
 * and PROT P.  The caller ends it with control_quit.
 */
void control_login(struct control *control,
  const struct client_options *options, SSL_CTX *ctx, SSL_SESSION *session);

/* QUIT, close_notify, and then the server's end of the connection. */
void control_quit(struct control *control);

/* Sends a command and reads its reply, whose first digit must be that of
 * want; returns the whole code.
 */
int control_command(struct control *control, int want, const char *format, ...)
  __attribute__((format(printf, 3, 4)));

/* One transfer through a data connection of its own (PASV).  download reads
 * to the end and drops what it reads; upload sends size bytes of zeros.
 */
struct transfer control_download(struct control *control, const char *command);
struct transfer control_upload(
  struct control *control, const char *command, unsigned long long size);

#endif
