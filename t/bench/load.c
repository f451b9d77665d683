/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/* load.c - puts one kind of load on an FTP or FTPS server
 *
 *   load [options] WORKLOAD
 *
 *   login         --count logins, each from connect to the server's close
 *   login-resume  the same, each resuming the TLS session of the one before
 *   retr, stor    --count transfers on one control connection: retr of
 *                 --file, stor of --size bytes to --file
 *   list          --count listings of the directory --file
 *   noop          --count round trips
 *   idle          --count sessions logged in, and held
 *
 * Everything up to the login (and a first transfer) is preparation.  With
 * --steps the program prints "ready" when it is done, waits for a line on
 * its standard input, works, prints the result as one line of key=value, and
 * waits for another line (or the end) before it takes leave of the server.
 */

#include "client.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct run {
  struct client_options client;
  SSL_CTX *ctx;
  const char *file;
  unsigned long count;
  unsigned long long size;
  int steps;

  struct control control;
  struct control *sessions;
  SSL_SESSION *session;

  double *latencies; /* seconds, of each operation */
  unsigned long resumed;
  unsigned long long bytes;
};

static double now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* One login; keeps its TLS session where the next one shall resume it. */
static void login_once(struct run *run) {
  SSL *ssl;

  control_login(&run->control, &run->client, run->ctx, run->session);
  ssl = run->control.stream.ssl;
  if (ssl != NULL) {
    run->resumed += SSL_session_reused(ssl) == 1;
  }
  if (run->session != NULL) {
    SSL_SESSION_free(run->session);
    run->session = SSL_get1_session(ssl);
  }
  control_quit(&run->control);
}

static void prepare_nothing(struct run *run) {
  (void) run;
}

static void prepare_resumption(struct run *run) {
  if (run->ctx == NULL) {
    fail("login-resume needs TLS");
  }
  control_login(&run->control, &run->client, run->ctx, NULL);
  run->session = SSL_get1_session(run->control.stream.ssl);
  control_quit(&run->control);
}

static void prepare_login(struct run *run) {
  control_login(&run->control, &run->client, run->ctx, NULL);
  control_command(&run->control, 200, "TYPE I");
}

static void note_transfer(struct run *run, struct transfer transfer) {
  run->bytes += transfer.bytes;
  run->resumed += (unsigned long) transfer.resumed;
}

static void download_once(struct run *run) {
  char command[512];

  snprintf(command, sizeof(command), "RETR %s", run->file);
  note_transfer(run, control_download(&run->control, command));
}

static void upload_once(struct run *run) {
  char command[512];

  snprintf(command, sizeof(command), "STOR %s", run->file);
  note_transfer(run, control_upload(&run->control, command, run->size));
}

static void list_once(struct run *run) {
  char command[512];

  snprintf(command, sizeof(command), "LIST %s", run->file);
  note_transfer(run, control_download(&run->control, command));
}

static void noop_once(struct run *run) {
  control_command(&run->control, 200, "NOOP");
}

static void hold_one(struct run *run) {
  control_login(run->sessions++, &run->client, run->ctx, NULL);
}

static void prepare_hold(struct run *run) {
  struct rlimit limit;

  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  run->sessions = calloc(run->count, sizeof(*run->sessions));
  if (run->sessions == NULL) {
    fail("no memory");
  }
}

static void leave_nothing(struct run *run) {
  (void) run;
}

static void leave_login(struct run *run) {
  control_quit(&run->control);
}

static void leave_upload(struct run *run) {
  control_command(&run->control, 250, "DELE %s", run->file);
  control_quit(&run->control);
}

static void leave_held(struct run *run) {
  unsigned long i;

  run->sessions -= run->count;
  for (i = 0; i < run->count; i++) {
    control_quit(&run->sessions[i]);
  }
  free(run->sessions);
}

/* warm: whether the first operation belongs to the preparation. */
static const struct workload {
  const char *name;
  void (*prepare)(struct run *run);
  void (*once)(struct run *run);
  void (*leave)(struct run *run);
  int warm;
} workloads[] = {
  { "login", prepare_nothing, login_once, leave_nothing, 0 },
  { "login-resume", prepare_resumption, login_once, leave_nothing, 0 },
  { "retr", prepare_login, download_once, leave_login, 1 },
  { "stor", prepare_login, upload_once, leave_upload, 1 },
  { "list", prepare_login, list_once, leave_login, 1 },
  { "noop", prepare_login, noop_once, leave_login, 1 },
  { "idle", prepare_hold, hold_one, leave_held, 0 },
};

static const struct workload *find_workload(const char *name) {
  size_t i;

  for (i = 0; i < sizeof(workloads) / sizeof(*workloads); i++) {
    if (strcmp(workloads[i].name, name) == 0) {
      return &workloads[i];
    }
  }
  fail("no such workload: %s", name);
}

static void wait_for_line(const struct run *run) {
  int byte;

  if (run->steps == 0) {
    return;
  }
  do {
    byte = getchar();
  } while (byte != '\n' && byte != EOF);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double percentile(const struct run *run, unsigned int percent) {
  return 1e3 * run->latencies[(run->count - 1) * percent / 100];
}

static void print_result(
  const struct run *run, const char *workload, double seconds) {
  qsort(run->latencies, run->count, sizeof(double), compare_doubles);
  printf("workload=%s count=%lu seconds=%.6f bytes=%llu resumed=%lu "
         "p10_ms=%.3f p50_ms=%.3f p99_ms=%.3f\n",
    workload, run->count, seconds, run->bytes, run->resumed,
    percentile(run, 10), percentile(run, 50), percentile(run, 99));
  fflush(stdout);
}

static void perform(struct run *run, const struct workload *workload) {
  double begin, last, after;
  unsigned long i;

  workload->prepare(run);
  if (workload->warm) {
    workload->once(run);
    run->bytes = run->resumed = 0;
  }
  if (run->steps != 0) {
    puts("ready");
    fflush(stdout);
  }
  wait_for_line(run);
  begin = last = now();
  for (i = 0; i < run->count; i++) {
    workload->once(run);
    after = now();
    run->latencies[i] = after - last;
    last = after;
  }
  print_result(run, workload->name, last - begin);
  wait_for_line(run);
  workload->leave(run);
}

static int parse_version(const char *text) {
  static const struct {
    const char *text;
    int version;
  } versions[] = { { "none", 0 }, { "1.2", TLS1_2_VERSION },
    { "1.3", TLS1_3_VERSION } };
  size_t i;

  for (i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
    if (strcmp(versions[i].text, text) == 0) {
      return versions[i].version;
    }
  }
  fail("--tls takes none, 1.2 or 1.3");
}

static const struct option long_options[] = {
  { "host", required_argument, NULL, 'h' },
  { "port", required_argument, NULL, 'p' },
  { "user", required_argument, NULL, 'u' },
  { "password", required_argument, NULL, 'w' },
  { "tls", required_argument, NULL, 't' },
  { "cipher", required_argument, NULL, 'c' },
  { "groups", required_argument, NULL, 'g' },
  { "cafile", required_argument, NULL, 'a' },
  { "file", required_argument, NULL, 'f' },
  { "count", required_argument, NULL, 'n' },
  { "size", required_argument, NULL, 's' },
  { "steps", no_argument, NULL, 'S' },
  { NULL, 0, NULL, 0 },
};

/* Files one option away. */
static void set_option(struct run *run, int option) {
  switch (option) {
    case 'h':
      run->client.host = optarg;
      break;
    case 'p':
      run->client.port = optarg;
      break;
    case 'u':
      run->client.user = optarg;
      break;
    case 'w':
      run->client.password = optarg;
      break;
    case 't':
      run->client.version = parse_version(optarg);
      break;
    case 'c':
      run->client.cipher = optarg;
      break;
    case 'g':
      run->client.groups = optarg;
      break;
    case 'a':
      run->client.ca_file = optarg;
      break;
    case 'f':
      run->file = optarg;
      break;
    case 'n':
      run->count = strtoul(optarg, NULL, 10);
      break;
    case 's':
      run->size = strtoull(optarg, NULL, 10);
      break;
    case 'S':
      run->steps = 1;
      break;
    default:
      fail("unknown option; load.c says which there are");
  }
}

int main(int argc, char *argv[]) {
  struct run run = {
    .client = { .host = "127.0.0.1",
      .port = "21",
      .user = "bench",
      .password = "bench" },
    .file = "small",
    .count = 1,
  };
  int option;

  while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
    set_option(&run, option);
  }
  if (optind + 1 != argc || run.count == 0) {
    fail("usage: load [options] WORKLOAD; load.c says what there is");
  }
  signal(SIGPIPE, SIG_IGN);
  run.ctx = client_context(&run.client);
  run.latencies = calloc(run.count, sizeof(double));
  if (run.latencies == NULL) {
    fail("no memory");
  }
  perform(&run, find_workload(argv[optind]));
  free(run.latencies);
  SSL_SESSION_free(run.session);
  SSL_CTX_free(run.ctx);
  return 0;
}
