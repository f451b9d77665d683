/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes what tls/conn/binding.c finds in a ticket
 *
 * A ticket of this host's, well encrypted, whose application data (the ids of
 * control connections) are the input: another version of this module, or who
 * has stolen the ticket keys, may have written it.  A data connection resumes
 * with it.  It must not pass for a session of this control connection.
 */

#include <stdint.h>
#include <string.h>

#include "t/fuzz/fuzz.h"
#include "t/unit/endpoint.h"

#define LIMIT 10000

static struct tls4217_context *context;
static struct tls4217_binding binding;

/* What SSL_SESSION_set1_ticket_appdata(3) is to write instead; NULL: what it
 * is given. */
static const struct fuzz_input *written;

int __real_SSL_SESSION_set1_ticket_appdata(
  SSL_SESSION *session, const void *data, size_t len);
int __wrap_SSL_SESSION_set1_ticket_appdata(
  SSL_SESSION *session, const void *data, size_t len);

int __wrap_SSL_SESSION_set1_ticket_appdata(
  SSL_SESSION *session, const void *data, size_t len) {
  return written == NULL ?
    __real_SSL_SESSION_set1_ticket_appdata(session, data, len) :
    __real_SSL_SESSION_set1_ticket_appdata(
      session, written->data, written->size);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  struct pki_cert *leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);

  (void) argc;
  (void) argv;
  endpoint_seed(1);
  context = endpoint_context(leaf, "fuzz");
  pki_free(leaf);
  fuzz_insist(tls4217_binding_init(&binding, NULL) == 0);
  return 0;
}

/* A session whose ticket says what the input says. */
static SSL_SESSION *earn_session(int version, const struct fuzz_input *in) {
  const struct endpoint_spec spec = { .context = context,
    .binding = &binding,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version };
  struct endpoint *ep;
  SSL_SESSION *session;

  written = in;
  ep = endpoint_open(&spec);
  written = NULL;
  session = ep->session;
  fuzz_insist(session != NULL && SSL_SESSION_up_ref(session) == 1);
  endpoint_free(ep);
  return session;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  int version = fuzz_byte(&in) % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  struct tls4217_error err = { .text = "" };
  struct endpoint_spec spec = { .context = context,
    .binding = &binding,
    .channel = TLS4217_CHANNEL_DATA,
    .version = version };
  struct endpoint *ep;

  if (in.size > 4096) {
    return 0;
  }

  endpoint_seed(1);
  spec.session = earn_session(version, &in);
  ep = endpoint_new(&spec);
  if (tls4217_connection_handshake(ep->conn, LIMIT, &err) == 0) {
    fuzz_insist(tls4217_connection_reuse(ep->conn) != TLS4217_REUSE_OWN);
    fuzz_insist(tls4217_connection_reuse(ep->conn) != TLS4217_REUSE_USER);
  }

  endpoint_free(ep);
  SSL_SESSION_free(spec.session);
  return 0;
}
