/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what others may read of a handshake: notes
 *
 * Session notes are for %{note:...} of LogFormat; the same names become
 * environment variables under TLSOptions StdEnvVars.
 */

#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/rfc4217/groups.h"
#include "mod_tls4217/tls/cert/certinfo.h"

static const char *const note_names[] = { "FTPS", "TLS_PROTOCOL", "TLS_CIPHER",
  "TLS_CIPHER_BITS", "TLS_GROUP", "TLS_POST_QUANTUM", "TLS_RESUMED",
  "TLS_SERVER_NAME", "TLS_ALPN", "TLS_LIBRARY_VERSION", "TLS_DATA_PROTOCOL",
  "TLS_DATA_CIPHER", "TLS_DATA_CIPHER_BITS", "TLS_DATA_GROUP",
  "TLS_DATA_POST_QUANTUM", "TLS_DATA_RESUMED", "TLS_CLIENT_S_DN_CN",
  "TLS_CLIENT_A_KEY", "TLS_CLIENT_A_SIG", "TLS_CLIENT_FINGERPRINT",
  "mod_tls.sni" };

/* What the notes of a data connection begin with. */
#define DATA "TLS_DATA_"

/* A note that changes costs memory until the session ends: those of a data
 * connection stay as they are from one transfer to the next like it. */
static void set_note(const char *name, const char *value) {
  const char *old = pr_table_get(session.notes, name, NULL);

  if (old != NULL && value != NULL && strcmp(old, value) == 0) {
    return;
  }

  (void) pr_table_remove(session.notes, name, NULL);

  if (value != NULL) {
    (void) pr_table_add_dup(
      session.notes, pstrdup(session.pool, name), value, 0);
  }
}

void tls4217_notes_forget(void) {
  for (size_t i = 0; i < sizeof(note_names) / sizeof(note_names[0]); i++) {
    set_note(note_names[i], NULL);
  }
}

/* Of what a certificate says, the parts that are notes. */
static void put_note(void *user, const char *name, const char *value) {
  static const char *const wanted[] = { "S_DN_CN", "A_KEY", "A_SIG" };

  for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
    if (strcmp(wanted[i], name) == 0) {
      set_note(pstrcat(user, "TLS_CLIENT_", name, NULL), value);
    }
  }
}

static void note_client(const struct tls4217_identity *identity) {
  if (identity != NULL) {
    tls4217_certinfo_list(identity->cert, put_note, session.pool);
    set_note("TLS_CLIENT_FINGERPRINT", identity->fingerprint);
  }
}

static const char *describe_quantum(
  const struct tls4217_connection_info *info) {
  return tls4217_groups_is_post_quantum(info->group) ? "1" : "0";
}

void tls4217_notes_control(const struct tls4217_handshake_facts *facts) {
  const struct tls4217_connection_info *info = &facts->info;
  char bits[16];

  (void) snprintf(bits, sizeof(bits), "%d", info->cipher_bits);

  set_note("FTPS", "1");
  set_note("TLS_PROTOCOL", info->version);
  set_note("TLS_CIPHER", info->cipher);
  set_note("TLS_CIPHER_BITS", bits);
  set_note("TLS_GROUP", info->group);
  set_note("TLS_POST_QUANTUM", describe_quantum(info));
  set_note("TLS_RESUMED", info->resumed ? "1" : "0");
  set_note("TLS_SERVER_NAME", info->server_name);
  set_note("TLS_ALPN", info->alpn);
  set_note("TLS_LIBRARY_VERSION", facts->info.library);
  note_client(facts->identity);
}

void tls4217_notes_sni(const char *name) {
  set_note("mod_tls.sni", name);
}

void tls4217_notes_data(const struct tls4217_handshake_facts *facts) {
  char bits[16];

  (void) snprintf(bits, sizeof(bits), "%d", facts->info.cipher_bits);
  set_note("TLS_DATA_PROTOCOL", facts->info.version);
  set_note("TLS_DATA_CIPHER", facts->info.cipher);
  set_note("TLS_DATA_CIPHER_BITS", bits);
  set_note("TLS_DATA_GROUP", facts->info.group);
  set_note("TLS_DATA_POST_QUANTUM", describe_quantum(&facts->info));
  set_note("TLS_DATA_RESUMED", facts->info.resumed ? "1" : "0");
}

void tls4217_notes_forget_data(void) {
  if (pr_table_get(session.notes, "TLS_DATA_PROTOCOL", NULL) == NULL) {
    return;
  }

  for (size_t i = 0; i < sizeof(note_names) / sizeof(note_names[0]); i++) {
    if (strncmp(note_names[i], DATA, strlen(DATA)) == 0) {
      set_note(note_names[i], NULL);
    }
  }
}

void tls4217_notes_failure(const struct tls4217_connection *conn) {
  if (conn != NULL && tls4217_connection_is_flooded(conn)) {
    pr_event_generate("mod_tls4217.flood", session.c);
  }
}

void tls4217_notes_stream(
  pr_netio_stream_t *strm, const struct tls4217_connection *conn) {
  const SSL *ssl;

  if (conn == NULL) {
    (void) pr_table_remove(strm->notes, "mod_tls.SSL", NULL);
    return;
  }

  ssl = tls4217_connection_ssl(conn);
  (void) pr_table_add(strm->notes, "mod_tls.SSL", ssl, sizeof(ssl));
}
