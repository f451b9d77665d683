/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * Built after the configuration has been read: settings, key pairs, TLS
 * context, log.  Sessions get it through fork(2) and change nothing in it.
 */

#ifndef TLS4217_FTP_SERVER_H
#define TLS4217_FTP_SERVER_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/settings.h"
#include "mod_tls4217/tls/context.h"

struct tls4217_server {
  struct tls4217_server *next;
  const server_rec *rec;
  struct tls4217_settings settings;
  struct tls4217_keypair *pairs[TLS4217_MAX_CERTIFICATES];
  size_t npairs;
  struct tls4217_verify *verify;   /* NULL: TLSVerifyClient is off */
  struct tls4217_context *context; /* NULL: cannot serve TLS */
  int log_fd;
  bool offload; /* the kernel can make records (offload.c) */
};

/*
 * Builds the servers of server_list that have TLSEngine on, in place of those
 * that were built before.  Every mistake is logged with the file and the
 * directive.  Returns 0, or -1 where a server with TLSEngine on cannot serve
 * TLS (it is kept, without a context, so that AUTH gets 431).
 */
int tls4217_server_build_all(void);

/* Frees all servers.  Sessions of this process must not use them after. */
void tls4217_server_free_all(void);

/*
 * Whether mod_ifsession is there: it puts records into main_server's
 * configuration, or takes some out, for the class at the start of a session
 * and for the user after login.
 */
bool tls4217_server_has_ifsession(void);

/* The server of a server_rec, or NULL where TLSEngine is off. */
const struct tls4217_server *tls4217_server_find(const server_rec *rec);

#endif
