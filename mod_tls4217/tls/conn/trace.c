/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the messages of a handshake, in words
 *
 * See trace.h.
 */

#include <stdio.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/trace.h"

/* HandshakeType of RFC 8446, appendix B.3, and of RFC 5246. */
static const struct {
  unsigned char type;
  const char *name;
} messages[] = {
  { SSL3_MT_HELLO_REQUEST, "HelloRequest" },
  { SSL3_MT_CLIENT_HELLO, "ClientHello" },
  { SSL3_MT_SERVER_HELLO, "ServerHello" },
  { SSL3_MT_NEWSESSION_TICKET, "NewSessionTicket" },
  { SSL3_MT_END_OF_EARLY_DATA, "EndOfEarlyData" },
  { SSL3_MT_ENCRYPTED_EXTENSIONS, "EncryptedExtensions" },
  { SSL3_MT_CERTIFICATE, "Certificate" },
  { SSL3_MT_SERVER_KEY_EXCHANGE, "ServerKeyExchange" },
  { SSL3_MT_CERTIFICATE_REQUEST, "CertificateRequest" },
  { SSL3_MT_SERVER_DONE, "ServerHelloDone" },
  { SSL3_MT_CERTIFICATE_VERIFY, "CertificateVerify" },
  { SSL3_MT_CLIENT_KEY_EXCHANGE, "ClientKeyExchange" },
  { SSL3_MT_FINISHED, "Finished" },
  { SSL3_MT_CERTIFICATE_STATUS, "CertificateStatus" },
  { SSL3_MT_KEY_UPDATE, "KeyUpdate" },
};

static const char *find_name(unsigned char type) {
  for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
    if (messages[i].type == type) {
      return messages[i].name;
    }
  }

  return "an unknown handshake message";
}

bool tls4217_trace_describe(
  bool sent, int content_type, const void *bytes, size_t size, char *text) {
  const char *way = sent ? "sent" : "received";
  const unsigned char *message = bytes;

  switch (content_type) {
    case SSL3_RT_HANDSHAKE:
      if (size == 0) {
        return false;
      }

      (void) snprintf(text, TLS4217_TRACE_SIZE, "%s %s, %lu bytes", way,
        find_name(message[0]), (unsigned long) size);
      return true;

    case SSL3_RT_ALERT:
      if (size != 2) {
        return false;
      }

      (void) snprintf(text, TLS4217_TRACE_SIZE, "%s %s alert: %s", way,
        message[0] == SSL3_AL_FATAL ? "fatal" : "warning",
        SSL_alert_desc_string_long(message[1]));
      return true;

    case SSL3_RT_CHANGE_CIPHER_SPEC:
      (void) snprintf(text, TLS4217_TRACE_SIZE, "%s ChangeCipherSpec", way);
      return true;

    default:
      return false;
  }
}
