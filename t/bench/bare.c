/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/* bare.c - the least that an FTPS server can do: the benchmark's zero
 *
 * Shows what OpenSSL and the kernel themselves cost: one TLS context made
 * before the fork, one process per connection, no configuration, no logging,
 * any user and any password, one directory.  It knows the commands of load.c
 * and nothing else, and its only security is that it listens on the address
 * it is told.  Never offer it to anybody.
 *
 *   bare ADDRESS PORT DIRECTORY CERTIFICATE-CHAIN KEY
 */

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#define BUFFER_SIZE (64 * 1024)

/* One FTP connection: the control connection, and what PASV opened. */
struct bare {
  SSL_CTX *ctx;
  struct sockaddr_in address;
  int fd;
  SSL *ssl;
  int listener;
  int data_fd;
  SSL *data_ssl;
  char line[1024];
  char buffer[BUFFER_SIZE];
};

static void die(const char *what) {
  fprintf(stderr, "bare: %s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static SSL_CTX *create_context(const char *chain, const char *key) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  if (ctx == NULL || SSL_CTX_use_certificate_chain_file(ctx, chain) != 1 ||
    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *) "b", 1) != 1) {
    die("no TLS context");
  }
  SSL_CTX_set_num_tickets(ctx, 1);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  return ctx;
}

static int listen_on(struct sockaddr_in *address, int backlog) {
  socklen_t size = sizeof(*address);
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

  if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
    bind(fd, (struct sockaddr *) address, size) < 0 ||
    listen(fd, backlog) < 0 ||
    getsockname(fd, (struct sockaddr *) address, &size) < 0) {
    die("cannot listen");
  }
  return fd;
}

static SSL *secure(SSL_CTX *ctx, int fd, size_t tickets) {
  SSL *ssl = SSL_new(ctx);

  if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
    SSL_set_num_tickets(ssl, tickets) != 1 || SSL_accept(ssl) != 1) {
    _exit(0);
  }
  return ssl;
}

static int put(SSL *ssl, int fd, const char *bytes, size_t size) {
  size_t done;
  ssize_t n;

  if (ssl != NULL) {
    return SSL_write_ex(ssl, bytes, size, &done) == 1 ? 0 : -1;
  }
  for (; size > 0; bytes += n, size -= (size_t) n) {
    n = write(fd, bytes, size);
    if (n < 0) {
      return -1;
    }
  }
  return 0;
}

static ssize_t get(SSL *ssl, int fd, char *bytes, size_t size) {
  return ssl != NULL ? SSL_read(ssl, bytes, (int) size) : read(fd, bytes, size);
}

static void say(struct bare *bare, const char *format, ...)
  __attribute__((format(printf, 2, 3)));

static void say(struct bare *bare, const char *format, ...) {
  char text[256];
  va_list args;
  int length;

  va_start(args, format);
  length = vsnprintf(text, sizeof(text) - 2, format, args);
  va_end(args);
  memcpy(text + length, "\r\n", 2);
  if (put(bare->ssl, bare->fd, text, (size_t) length + 2) < 0) {
    _exit(0);
  }
}

/* load.c waits for each reply: a read is one line. */
static int hear(struct bare *bare) {
  ssize_t n = get(bare->ssl, bare->fd, bare->line, sizeof(bare->line) - 1);

  if (n <= 0) {
    return -1;
  }
  bare->line[n] = '\0';
  bare->line[strcspn(bare->line, "\r\n")] = '\0';
  return 0;
}

static void cmd_auth(struct bare *bare, const char *argument) {
  (void) argument;
  say(bare, "234 go");
  bare->ssl = secure(bare->ctx, bare->fd, 1);
}

static void cmd_user(struct bare *bare, const char *argument) {
  (void) argument;
  say(bare, "331 password");
}

static void cmd_pass(struct bare *bare, const char *argument) {
  (void) argument;
  say(bare, "230 in");
}

static void cmd_ok(struct bare *bare, const char *argument) {
  (void) argument;
  say(bare, "200 ok");
}

static void cmd_dele(struct bare *bare, const char *argument) {
  say(bare, unlink(argument) == 0 ? "250 gone" : "550 no");
}

static void cmd_quit(struct bare *bare, const char *argument) {
  (void) argument;
  say(bare, "221 bye");
  if (bare->ssl != NULL) {
    SSL_shutdown(bare->ssl);
  }
  _exit(0);
}

static void cmd_pasv(struct bare *bare, const char *argument) {
  struct sockaddr_in at = bare->address;
  unsigned int host = ntohl(at.sin_addr.s_addr), port;

  (void) argument;
  at.sin_port = 0;
  bare->listener = listen_on(&at, 1);
  port = ntohs(at.sin_port);
  say(bare, "227 at (%u,%u,%u,%u,%u,%u)", host >> 24, host >> 16 & 255,
    host >> 8 & 255, host & 255, port >> 8, port & 255);
}

static void open_data(struct bare *bare) {
  int on = 1;

  say(bare, "150 go");
  bare->data_fd = accept(bare->listener, NULL, NULL);
  close(bare->listener);
  setsockopt(bare->data_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  bare->data_ssl = bare->ssl != NULL ? secure(bare->ctx, bare->data_fd, 0) :
                                       NULL;
}

static void close_data(struct bare *bare, int failed) {
  if (bare->data_ssl != NULL) {
    SSL_shutdown(bare->data_ssl);
    SSL_free(bare->data_ssl);
  }
  close(bare->data_fd);
  say(bare, failed ? "426 broken" : "226 done");
}

static void cmd_retr(struct bare *bare, const char *argument) {
  int file = open(argument, O_RDONLY), failed = 0;
  ssize_t n;

  if (file < 0) {
    say(bare, "550 no such file");
    return;
  }
  open_data(bare);
  while (!failed && (n = read(file, bare->buffer, BUFFER_SIZE)) > 0) {
    failed = put(bare->data_ssl, bare->data_fd, bare->buffer, (size_t) n) < 0;
  }
  close(file);
  close_data(bare, failed);
}

static void cmd_stor(struct bare *bare, const char *argument) {
  int file = open(argument, O_WRONLY | O_CREAT | O_TRUNC, 0600), failed = 0;
  ssize_t n;

  if (file < 0) {
    say(bare, "550 cannot create it");
    return;
  }
  open_data(bare);
  while (!failed &&
    (n = get(bare->data_ssl, bare->data_fd, bare->buffer, BUFFER_SIZE)) > 0) {
    failed = write(file, bare->buffer, (size_t) n) != n;
  }
  close(file);
  close_data(bare, failed);
}

static size_t format_entry(
  char *line, size_t size, int directory, const char *name) {
  struct stat st;
  struct tm tm;
  char when[32];

  if (fstatat(directory, name, &st, 0) < 0) {
    return 0;
  }
  strftime(when, sizeof(when), "%b %d %H:%M", localtime_r(&st.st_mtime, &tm));
  return (size_t) snprintf(line, size, "-rw-r--r-- 1 %u %u %lld %s %s\r\n",
    st.st_uid, st.st_gid, (long long) st.st_size, when, name);
}

static void cmd_list(struct bare *bare, const char *argument) {
  DIR *directory = opendir(argument);
  struct dirent *entry;
  size_t used = 0;
  int failed = 0;

  if (directory == NULL) {
    say(bare, "550 no such directory");
    return;
  }
  open_data(bare);
  while (!failed && (entry = readdir(directory)) != NULL) {
    used += format_entry(
      bare->buffer + used, BUFFER_SIZE - used, dirfd(directory), entry->d_name);
    if (used > BUFFER_SIZE / 4) {
      failed = put(bare->data_ssl, bare->data_fd, bare->buffer, used) < 0;
      used = 0;
    }
  }
  failed |= used > 0 &&
    put(bare->data_ssl, bare->data_fd, bare->buffer, used) < 0;
  closedir(directory);
  close_data(bare, failed);
}

static const struct {
  const char *verb;
  void (*handle)(struct bare *bare, const char *argument);
} commands[] = {
  { "AUTH", cmd_auth },
  { "USER", cmd_user },
  { "PASS", cmd_pass },
  { "PBSZ", cmd_ok },
  { "PROT", cmd_ok },
  { "TYPE", cmd_ok },
  { "NOOP", cmd_ok },
  { "PASV", cmd_pasv },
  { "RETR", cmd_retr },
  { "STOR", cmd_stor },
  { "LIST", cmd_list },
  { "DELE", cmd_dele },
  { "QUIT", cmd_quit },
};

static void obey(struct bare *bare) {
  const char *argument = strchr(bare->line, ' ');
  size_t i;

  argument = argument == NULL ? "" : argument + 1;
  for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
    if (strncasecmp(bare->line, commands[i].verb, 4) == 0) {
      commands[i].handle(bare, argument);
      return;
    }
  }
  say(bare, "500 what?");
}

static void serve(SSL_CTX *ctx, int fd) {
  static struct bare bare;
  socklen_t size = sizeof(bare.address);
  int on = 1;

  bare.ctx = ctx;
  bare.fd = fd;
  getsockname(fd, (struct sockaddr *) &bare.address, &size);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  say(&bare, "220 bare");
  while (hear(&bare) == 0) {
    obey(&bare);
  }
  _exit(0);
}

int main(int argc, char *argv[]) {
  struct sockaddr_in address = { .sin_family = AF_INET };
  SSL_CTX *ctx;
  int listener, fd;

  if (argc != 6 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
    die("usage: bare ADDRESS PORT DIRECTORY CERTIFICATE-CHAIN KEY");
  }
  address.sin_port = htons((unsigned short) atoi(argv[2]));
  ctx = create_context(argv[4], argv[5]);
  listener = listen_on(&address, 512);
  if (chdir(argv[3]) < 0) {
    die("no such directory");
  }
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    fd = accept(listener, NULL, NULL);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    if (fd >= 0 && fork() == 0) {
      close(listener);
      serve(ctx, fd);
    }
    close(fd);
  }
}
