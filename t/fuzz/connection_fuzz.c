/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/connection.c, binding.c and context.c
 *
 * The server's end of a connection against a client that is not one.  The
 * first byte of the input chooses how: the rest is what the client sends
 * instead of TLS, or says where to damage the bytes of a true client, so
 * that the handshake and what follows it is reached too.  Nothing waits: a
 * client that has no more to say closes.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/err.h>

#include "t/fuzz/fuzz.h"
#include "t/unit/endpoint.h"

/* The bits of the first byte. */
#define TAMPER    0x01
#define DATA      0x02
#define TLS12     0x04
#define CLOSE     0x08
#define RESUME    0x10
#define NO_TICKET 0x20

/* Within so many milliseconds, because nobody ever waits. */
#define LIMIT 10000

static struct tls4217_context *context;
static struct tls4217_binding binding;
static SSL_SESSION *sessions[2]; /* of TLS 1.2 and 1.3 */

static SSL_SESSION *earn_session(int version) {
  const struct endpoint_spec spec = { .context = context,
    .binding = &binding,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version };
  struct endpoint *ep = endpoint_open(&spec);
  SSL_SESSION *session = ep->session;

  fuzz_insist(session != NULL && SSL_SESSION_up_ref(session) == 1);
  endpoint_free(ep);
  return session;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  struct pki_cert *leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);

  (void) argc;
  (void) argv;
  endpoint_seed(1);
  context = endpoint_context(leaf, "fuzz");
  pki_free(leaf);
  fuzz_insist(tls4217_binding_init(&binding, NULL) == 0);
  sessions[0] = earn_session(TLS1_2_VERSION);
  sessions[1] = earn_session(TLS1_3_VERSION);
  return 0;
}

/* Where to damage: three bytes each, a distance and what to flip there. */
static void tamper_cb(
  void *user, size_t sent, unsigned char *bytes, size_t size) {
  struct fuzz_input in = *(const struct fuzz_input *) user;
  size_t at = 0;

  while (in.size >= 3) {
    at += (size_t) fuzz_byte(&in) << 8;
    at += fuzz_byte(&in);
    if (at >= sent && at < sent + size) {
      bytes[at - sent] ^= fuzz_byte(&in);
    } else {
      (void) fuzz_byte(&in);
    }
  }
}

static struct endpoint *make_ends(unsigned int how) {
  int version = (how & TLS12) != 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_SESSION *session = (how & RESUME) != 0 ?
    SSL_SESSION_dup(sessions[version == TLS1_3_VERSION]) :
    NULL;
  const struct endpoint_spec spec = { .context = context,
    .channel = (how & DATA) != 0 ? TLS4217_CHANNEL_DATA :
                                   TLS4217_CHANNEL_CONTROL,
    .binding = (how & DATA) != 0 ? &binding : NULL,
    .version = version,
    .session = session,
    .server_name = "ftp.example.org",
    .alpn = "\3ftp",
    .no_tickets = (how & NO_TICKET) != 0 };
  struct endpoint *ep = endpoint_new(&spec);

  SSL_SESSION_free(session);
  return ep;
}

/* Every error has a sentence, and an errno that a caller understands. */
static void check_error(const struct tls4217_error *err) {
  fuzz_insist(tls4217_error_is_set(err));
  fuzz_insist(err->errnum == EPROTO || err->errnum == ECONNRESET ||
    err->errnum == EPIPE || err->errnum == EDEADLK || err->errnum == ETIMEDOUT);
  fuzz_insist(ERR_peek_error() == 0);
}

/* What a true client says, and all that may ever be heard of it. */
static const char script[] = "USER anonymous\r\nPASS x\r\nQUIT\r\n";
static const size_t script_len = sizeof(script) - 1;

static void say_script(struct endpoint *ep) {
  if (ep->connected && ep->client_error == 0 && ep->fd >= 0) {
    endpoint_say(ep, script, 24);
    endpoint_say(ep, script + 24, script_len - 24);
    endpoint_say_goodbye(ep);
  }
}

static void serve(struct endpoint *ep) {
  struct tls4217_connection_info info;
  struct tls4217_error err = { .text = "" };
  size_t heard = 0;
  char buf[7];
  enum tls4217_io outcome;
  size_t done;

  while ((outcome = tls4217_connection_read(
            ep->conn, buf, sizeof(buf), &done, &err)) == TLS4217_IO_DONE) {
    fuzz_insist(heard + done <= script_len);
    fuzz_insist(memcmp(buf, script + heard, done) == 0);
    heard += done;
    if (tls4217_connection_write(ep->conn, buf, done, LIMIT, NULL) != 0) {
      break;
    }
  }
  if (outcome == TLS4217_IO_CUT || outcome == TLS4217_IO_FAILED) {
    check_error(&err);
  }

  /* Damage is never taken for an end. */
  fuzz_insist(outcome != TLS4217_IO_CLOSED || heard == script_len);
  fuzz_insist(outcome != TLS4217_IO_CLOSED ||
    !tls4217_connection_cut_between_records(ep->conn));
  tls4217_connection_info(ep->conn, &info);
  (void) tls4217_connection_reuse(ep->conn);
  (void) tls4217_connection_is_pending(ep->conn);
  (void) tls4217_connection_issue_ticket(ep->conn, NULL);
  (void) tls4217_connection_shutdown(ep->conn, true, 1, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  unsigned int how = fuzz_byte(&in);
  struct tls4217_error err = { .text = "" };
  struct endpoint *ep;

  endpoint_seed(size);
  ep = make_ends(how);
  ep->end = (how & CLOSE) != 0 ? ENDPOINT_CLOSE : ENDPOINT_OPEN;

  if ((how & TAMPER) != 0) {
    ep->tamper = tamper_cb;
    ep->tamper_user = &in;
  } else if (in.size < 60000) {
    endpoint_cut(ep, 0);
    if (in.size > 0) {
      endpoint_say_raw(ep, in.data, in.size);
    }
    ep->end = ENDPOINT_FIN;
  }

  if (tls4217_connection_handshake(ep->conn, -1, &err) == 0) {
    endpoint_settle(ep);
    say_script(ep);
    serve(ep);
  } else {
    check_error(&err);
  }

  fuzz_insist(
    ep->received_size == 0 || tls4217_connection_has_spoken(ep->conn));
  endpoint_free(ep);
  return 0;
}
