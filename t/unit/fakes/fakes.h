/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: a ProFTPD that is none
 *
 * As much of ProFTPD's API as ftp/ calls, so that a file of that layer is
 * tested without a server.  Memory comes from one malloc(3) each, so that
 * AddressSanitizer sees a byte too many; files are the system's own; what
 * would be said to somebody is kept here.
 */

#ifndef TLS4217_T_UNIT_FAKES_FAKES_H
#define TLS4217_T_UNIT_FAKES_FAKES_H

#include "mod_tls4217/ftp/core.h"

/* What the code under test did, and what it is to meet. */
struct fakes {
  char log[8192];     /* ProFTPD's log and files of log, a line each */
  char replies[4096]; /* sent at once: "530 text\n" each */
  char events[1024];  /* generated: "name\n" each */
  char listeners[512]; /* that came and went: "+name\n" and "-name\n" */
  unsigned int data_resets;
  unsigned int dispatched; /* commands that were handed to the core */

  /* One timer. */
  callback_t timer;
  int timer_id; /* 0: none */

  /* What the core would find. */
  const char *protocol;      /* of the session; "ftp" */
  config_rec *anonymous;     /* pr_auth_get_anon_config's answer */
  const char *alias;         /* what UserAlias makes of any name */
  server_rec *named;         /* pr_namebind_get_server's answer */
  bool limited;              /* <Limit> denies */
  bool is_parsing;           /* the configuration is being read */
  const pr_class_t *class;   /* pr_class_find's answer */
  bool class_fits;           /* and whether anybody is in it */
  struct passwd *user;       /* pr_auth_getpwnam's answer */
  const char *absent_module; /* the one that is not loaded */
  void (*load_ftpaccess)(const char *path); /* or NULL */
};

extern struct fakes fakes;

/* Sets everything back: a main_server without directives, a session with
 * addresses, and no memory but that.  A cmocka setup function. */
int fakes_begin(void **state);

/* Frees everything.  A cmocka teardown function. */
int fakes_end(void **state);

/*
 * Whether call(data) ends the session (pr_session_disconnect); what it had in
 * hand then is lost.
 */
bool fakes_ends_session(void (*call)(void *data), void *data);

/* A table (pr_table_t) in p. */
pr_table_t *fakes_table(pool *p);

/*
 * A command as the core hands it on, in permanent_pool: the verb in capitals,
 * the words of arg, and arg whole; NULL: none.
 */
cmd_rec *fakes_command(const char *verb, const char *arg);

/*
 * The configuration.  A section is opened, of a type such as CONF_DIR and with
 * a name, in what is open now; what add_config_param() adds goes into it.
 */
config_rec *fakes_open(int type, const char *name);
void fakes_close(void);

/* A directive with one int, as most of ours are kept. */
config_rec *fakes_add_int(const char *name, int value);

/* Another server, which what is opened and added belongs to from now on. */
server_rec *fakes_add_server(const char *name, const char *address);

/* An address from text, in permanent_pool. */
pr_netaddr_t *fakes_address(const char *text);

/* Appends a line to one of the texts above. */
void fakes_note(char *text, size_t size, const char *fmt, ...)
  __attribute__((format(printf, 3, 4)));

/* Parts of fakes_begin() and fakes_end(), for the files of this folder. */
void fakes_begin_pools(void);
void fakes_end_pools(void);
void fakes_begin_config(void);
void fakes_begin_fs(void);

#endif
