/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * Where the kernel makes the records of a data connection, ProFTPD may send a
 * binary file with sendfile(2), as it does in clear.  Whether it may is known
 * to mod_xfer alone, which keeps it in a variable that only PROT sets: C
 * allows sendfile(2), anything else forbids it.  That variable is the gate.
 * It is open from the end of a data handshake, on a connection whose every
 * byte the kernel encrypts, to the end of that one connection.
 */

#ifndef TLS4217_FTP_OFFLOAD_H
#define TLS4217_FTP_OFFLOAD_H

#include "mod_tls4217/ftp/session.h"

/*
 * Once per host, in the daemon: whether its sessions shall try.  Warns where
 * the mode is "on" and it cannot work.
 */
bool tls4217_offload_prepare(
  const char *server, enum tls4217_offload_mode mode);

/*
 * Before the handshake of the data connection (sess->data.conn): asks for the
 * kernel, where this transfer can gain by it.  Falls back silently.
 */
void tls4217_offload_request(const struct tls4217_session *sess);

/*
 * After that handshake: opens the gate, if the kernel has the keys.  look is
 * called every second while it is open, because the core does not look at the
 * control connection while the kernel sends; it may shut the socket down.
 */
void tls4217_offload_open(
  struct tls4217_session *sess, void (*look)(struct tls4217_session *sess));

/* Closes the gate.  To be called wherever a data connection may end, before
 * its descriptors are closed; harmless when it is not open. */
void tls4217_offload_close(struct tls4217_session *sess);

/*
 * Whether the core's own way of sending may go on: it begins anew at the
 * start of the file, so not where the kernel has failed in the middle of it.
 * tls4217_offload_count is told what was sent that way.
 */
bool tls4217_offload_may_write(const struct tls4217_session *sess);
void tls4217_offload_count(struct tls4217_session *sess, size_t size);

#endif
