/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - kernel.c: what is asked for, and what is believed
 *
 * Everywhere: a connection whose keys the kernel does not have is never taken
 * for one whose keys it has, and works.  Where the kernel has TLS, bytes that
 * are written to the bare socket arrive as TLS; elsewhere that test is
 * skipped.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_tls4217/tls/conn/writebuf.h"
#include "mod_tls4217/tls/conn/kernel.h"
#include "mod_tls4217/tls/conn/kernel_stream.h"
#include "t/unit/world.h"

#define SIZE  50000
#define STEPS 1000000

static void test_probe_says_what_is_missing(void **unused) {
  struct tls4217_error err;
  int first;

  (void) unused;
  tls4217_error_clear(&err);
  first = tls4217_kernel_probe(&err);
  if (first < 0) {
    assert_true(strstr(err.text, "modprobe tls") != NULL ||
      strstr(err.text, "enable-ktls") != NULL);
  }

  /* It leaves nothing behind that would change the answer. */
  for (int i = 0; i < 2000; i++) {
    tls4217_error_clear(&err);
    assert_int_equal(tls4217_kernel_probe(&err), first);
  }
}

/* A socket that cannot be given keys: the library goes on by itself. */
static void test_falls_back(void **state) {
  struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_DATA,
    .version = *(const int *) *state };
  unsigned char *bytes = endpoint_pattern(SIZE);

  for (int i = 0; i < 2; i++) {
    struct endpoint *ep;
    struct tls4217_error err;
    SSL *ssl;
    char *got = NULL;

    spec.two_descriptors = i == 1;
    ep = endpoint_new(&spec);
    ssl = tls4217_connection_ssl(ep->conn);

    tls4217_error_clear(&err);
    assert_int_equal(tls4217_kernel_request(ssl, &err), 0);
    assert_false(tls4217_kernel_sends(ssl));
    assert_int_equal(tls4217_connection_handshake(ep->conn, 10000, &err), 0);
    assert_false(tls4217_kernel_sends(ssl));

    assert_int_equal(
      tls4217_connection_write(ep->conn, bytes, SIZE, 10000, &err), 0);
    endpoint_settle(ep);
    assert_int_equal(BIO_get_mem_data(ep->received, &got), SIZE);
    assert_memory_equal(got, bytes, SIZE);
    endpoint_free(ep);
  }

  free(bytes);
}

/* Over TCP. */

struct ends {
  SSL_CTX *ctx;
  SSL *server, *client;
  struct tls4217_kernel_stream stream; /* of the server */
  int listener, fds[3]; /* the client's; the server's; a dup(2) of that */
};

static void connect_ends(struct ends *ends) {
  struct sockaddr_in addr = { .sin_family = AF_INET,
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof(addr);

  ends->listener = socket(AF_INET, SOCK_STREAM, 0);
  ends->fds[0] = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(
    bind(ends->listener, (struct sockaddr *) &addr, sizeof(addr)), 0);
  assert_int_equal(listen(ends->listener, 1), 0);
  assert_int_equal(
    getsockname(ends->listener, (struct sockaddr *) &addr, &len), 0);
  assert_int_equal(connect(ends->fds[0], (struct sockaddr *) &addr, len), 0);
  ends->fds[1] = accept(ends->listener, NULL, NULL);
  ends->fds[2] = dup(ends->fds[1]);

  for (int i = 0; i < 3; i++) {
    assert_int_equal(fcntl(ends->fds[i], F_SETFL, O_NONBLOCK), 0);
  }
}

static void open_ends(struct ends *ends, int version) {
  struct tls4217_error err;

  connect_ends(ends);
  ends->ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(ends->ctx, SSL_VERIFY_NONE, NULL);
  ends->client = SSL_new(ends->ctx);
  SSL_set_fd(ends->client, ends->fds[0]);
  SSL_set_max_proto_version(ends->client, version);
  SSL_set_connect_state(ends->client);

  ends->server = SSL_new(world.context->ctx);
  SSL_set_rfd(ends->server, ends->fds[1]);
  SSL_set_wfd(ends->server, ends->fds[2]);
  SSL_set_num_tickets(ends->server, 0);
  SSL_set_accept_state(ends->server);
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_kernel_request(ends->server, &err), 0);
  assert_false(tls4217_kernel_sends(ends->server));

  for (int i = 0; i < STEPS && SSL_in_init(ends->server); i++) {
    (void) SSL_do_handshake(ends->client);
    (void) SSL_do_handshake(ends->server);
  }

  assert_int_equal(SSL_is_init_finished(ends->server), 1);
  memset(&ends->stream, 0, sizeof(ends->stream));
  if (tls4217_kernel_sends(ends->server)) {
    tls4217_kernel_stream_begin(&ends->stream, ends->server);
  }
}

static void close_ends(struct ends *ends) {
  SSL_free(ends->server);
  SSL_free(ends->client);
  SSL_CTX_free(ends->ctx);
  (void) close(ends->listener);
  for (int i = 0; i < 3; i++) {
    (void) close(ends->fds[i]);
  }
}

static void read_all(SSL *ssl, unsigned char *buf, size_t size) {
  size_t total = 0, done = 0;

  for (int i = 0; i < STEPS && total < size; i++) {
    if (SSL_read_ex(ssl, buf + total, size - total, &done) == 1) {
      total += done;
    }
  }

  assert_int_equal(total, size);
}

static void test_bytes_of_the_socket_are_tls(void **state) {
  unsigned char *bytes = endpoint_pattern(SIZE), *got = malloc(SIZE);
  struct tls4217_error err;
  struct ends ends;
  ssize_t sent;

  tls4217_error_clear(&err);
  if (tls4217_kernel_probe(&err) < 0) {
    print_message("# %s\n", err.text);
    free(bytes);
    free(got);
    skip();
  }

  open_ends(&ends, *(const int *) *state);
  assert_true(tls4217_kernel_sends(ends.server));
  assert_false(BIO_get_ktls_recv(SSL_get_rbio(ends.server)));

  sent = send(ends.fds[2], bytes, SIZE, 0);
  assert_int_equal(sent, SIZE);
  read_all(ends.client, got, SIZE);
  assert_memory_equal(got, bytes, SIZE);

  assert_int_equal(SSL_write(ends.server, "end", 3), 3);
  read_all(ends.client, got, 3);
  assert_memory_equal(got, "end", 3);
  assert_true(SSL_shutdown(ends.server) >= 0);
  while (
    SSL_read(ends.client, got, 1) < 0 && SSL_get_shutdown(ends.client) == 0) {
  }
  assert_int_equal(SSL_get_shutdown(ends.client), SSL_RECEIVED_SHUTDOWN);

  /* A buffer that holds bytes back is no socket. */
  assert_int_equal(tls4217_writebuf_install(ends.server, SIZE, &err), 0);
  assert_false(tls4217_kernel_sends(ends.server));

  free(bytes);
  free(got);
  close_ends(&ends);
}

/* The end, where the client is slow. */

/* Writes until the socket takes no more.  Returns how many bytes it took. */
static size_t fill(int fd) {
  unsigned char *bytes = endpoint_pattern(SIZE);
  size_t total = 0;
  ssize_t sent;

  do {
    sent = send(fd, bytes + total % SIZE, SIZE - total % SIZE, 0);
    total += sent > 0 ? (size_t) sent : 0;
  } while (sent > 0);

  free(bytes);
  return total;
}

/* In a process of its own: reads to the end, a little late, and says how many
 * bytes there were before the close_notify. */
static pid_t start_reader(struct ends *ends, int answer) {
  static unsigned char buf[SIZE];
  size_t total = 0, done = 0;
  pid_t pid = fork();

  if (pid != 0) {
    return pid;
  }

  (void) usleep(300000);
  (void) fcntl(ends->fds[0], F_SETFL, 0);
  (void) close(ends->fds[1]);
  (void) close(ends->fds[2]);
  while (SSL_read_ex(ends->client, buf, SIZE, &done) == 1) {
    total += done;
  }

  if (SSL_get_shutdown(ends->client) != SSL_RECEIVED_SHUTDOWN) {
    total = 0;
  }

  _exit(write(answer, &total, sizeof(total)) == sizeof(total) ? 0 : 1);
}

static void test_close_notify_is_behind_everything(void **state) {
  struct tls4217_error err;
  struct ends ends;
  size_t sent, received = 0;
  int fds[2];
  pid_t pid;

  tls4217_error_clear(&err);
  if (tls4217_kernel_probe(&err) < 0) {
    print_message("# %s\n", err.text);
    skip();
  }

  open_ends(&ends, *(const int *) *state);
  assert_int_equal(pipe(fds), 0);
  sent = fill(ends.fds[2]);
  ends.stream.files = sent;

  /* Nobody reads. */
  assert_int_equal(tls4217_kernel_stream_close_notify(&ends.stream, ends.server,
                     &tls4217_waiter_poll, tls4217_waiter_deadline(100), &err),
    TLS4217_IO_LATE);
  assert_int_equal(err.errnum, ETIMEDOUT);
  assert_int_equal(SSL_get_shutdown(ends.server), 0);

  pid = start_reader(&ends, fds[1]);
  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_kernel_stream_close_notify(&ends.stream, ends.server,
      &tls4217_waiter_poll, tls4217_waiter_deadline(10000), &err),
    0);
  assert_true(fcntl(ends.fds[2], F_GETFL) & O_NONBLOCK);
  assert_int_equal(shutdown(ends.fds[2], SHUT_RDWR), 0);
  assert_int_equal(read(fds[0], &received, sizeof(received)), sizeof(received));
  assert_int_equal(received, sent);
  assert_int_equal(waitpid(pid, NULL, 0), pid);

  (void) close(fds[0]);
  (void) close(fds[1]);
  close_ends(&ends);
}

/* Counts how often it is asked, and how long it is away. */
static int64_t asked_at, longest_gap;

static int counting_wait(void *user, int fd, short events, int timeout) {
  int64_t now = tls4217_waiter_now();
  int res;

  if (now - asked_at > longest_gap) {
    longest_gap = now - asked_at;
  }

  res = tls4217_waiter_poll.wait(user, fd, events, timeout);
  asked_at = tls4217_waiter_now();
  return res;
}

/* Buffers smaller than a record, and a client that stops somewhere in the
 * last ones: the kernel's TLS has what TCP has no room for.  Whoever waits is
 * asked all the time, nothing is taken for sent that is not, and all arrives
 * when the client goes on. */
static void end_short(int version, size_t first) {
  static const struct tls4217_waiter waiter = { counting_wait, NULL };
  unsigned char *scratch = malloc(first);
  int small = 2048, fds[2];
  size_t sent, received = 0;
  struct tls4217_error err;
  struct ends ends;
  pid_t pid;

  open_ends(&ends, version);
  (void) setsockopt(ends.fds[0], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  (void) setsockopt(ends.fds[2], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  assert_int_equal(pipe(fds), 0);
  sent = fill(ends.fds[2]);
  ends.stream.files = sent;
  if (first > 0 && first < sent) {
    read_all(ends.client, scratch, first);
    sent -= first;
  }

  asked_at = tls4217_waiter_now();
  longest_gap = 0;
  pid = start_reader(&ends, fds[1]);
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_kernel_stream_close_notify(&ends.stream, ends.server,
                     &waiter, tls4217_waiter_deadline(20000), &err),
    0);
  assert_true(longest_gap < 1000);
  assert_int_equal(shutdown(ends.fds[2], SHUT_RDWR), 0);
  assert_int_equal(read(fds[0], &received, sizeof(received)), sizeof(received));
  assert_int_equal(received, sent);
  assert_int_equal(waitpid(pid, NULL, 0), pid);

  free(scratch);
  (void) close(fds[0]);
  (void) close(fds[1]);
  close_ends(&ends);
}

static void test_close_notify_serves_its_caller(void **state) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_kernel_probe(&err) < 0) {
    print_message("# %s\n", err.text);
    skip();
  }

  for (size_t first = 0; first < 16 * 3000; first += 3000) {
    end_short(*(const int *) *state, first);
  }
}

static int give_up(void *user, int fd, short events, int timeout) {
  (void) user;
  (void) fd;
  (void) events;
  assert_int_equal(timeout, 0);
  errno = ECONNABORTED;
  return -1;
}

/* Where there is room for a piece, nobody has to wait; but a command of the
 * client's may have come. */
static void test_every_piece_lets_others_have_their_turn(void **state) {
  const struct tls4217_waiter waiter = { give_up, NULL };
  struct pki_dir *dir = pki_dir_new();
  FILE *file = fopen(pki_path(dir, "file"), "w+");
  struct tls4217_error err;
  struct ends ends;
  off_t sent;

  assert_non_null(file);
  assert_int_equal(ftruncate(fileno(file), 2000), 0);
  open_ends(&ends, *(const int *) *state);

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_kernel_stream_send_file(&ends.stream, ends.server,
                     fileno(file), 1000, &sent, &waiter, &err),
    TLS4217_IO_STOPPED);
  assert_int_equal(sent, 1000);
  assert_int_equal(err.errnum, ECONNABORTED);

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_kernel_stream_send_file(&ends.stream, ends.server,
                     fileno(file), 1000, &sent, &tls4217_waiter_poll, &err),
    TLS4217_IO_DONE);
  assert_int_equal(sent, 1000);
  assert_int_equal(lseek(fileno(file), 0, SEEK_CUR), 2000);

  (void) fclose(file);
  pki_dir_free(dir);
  close_ends(&ends);
}

/* A client that has gone. */
static void test_close_notify_finds_nobody(void **state) {
  struct tls4217_error err;
  struct ends ends;

  open_ends(&ends, *(const int *) *state);
  (void) fill(ends.fds[2]);
  (void) close(ends.fds[0]);
  (void) usleep(10000);

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_kernel_stream_close_notify(&ends.stream, ends.server,
                     &tls4217_waiter_poll, tls4217_waiter_deadline(1000), &err),
    TLS4217_IO_CUT);
  assert_non_null(strstr(err.text, "the client has closed"));
  close_ends(&ends);
}

int main(void) {
  static int v12 = TLS1_2_VERSION, v13 = TLS1_3_VERSION;
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_probe_says_what_is_missing),
    { "falls back, TLS 1.2", test_falls_back, NULL, NULL, &v12 },
    { "falls back, TLS 1.3", test_falls_back, NULL, NULL, &v13 },
    { "bytes of the socket are TLS, TLS 1.2", test_bytes_of_the_socket_are_tls,
      NULL, NULL, &v12 },
    { "bytes of the socket are TLS, TLS 1.3", test_bytes_of_the_socket_are_tls,
      NULL, NULL, &v13 },
    { "close_notify is behind everything, TLS 1.2",
      test_close_notify_is_behind_everything, NULL, NULL, &v12 },
    { "close_notify is behind everything, TLS 1.3",
      test_close_notify_is_behind_everything, NULL, NULL, &v13 },
    { "close_notify serves its caller, TLS 1.2",
      test_close_notify_serves_its_caller, NULL, NULL, &v12 },
    { "close_notify serves its caller, TLS 1.3",
      test_close_notify_serves_its_caller, NULL, NULL, &v13 },
    { "every piece lets others have their turn",
      test_every_piece_lets_others_have_their_turn, NULL, NULL, &v13 },
    { "close_notify finds nobody", test_close_notify_finds_nobody, NULL, NULL,
      &v13 },
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
