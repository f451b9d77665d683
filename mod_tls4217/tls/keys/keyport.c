/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one of the sockets that the key process serves
 *
 * See keyport.h.
 */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyport.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

static struct tls4217_keyport *make(
  enum tls4217_keyport_kind kind, int fd, size_t nscopes) {
  struct tls4217_keyport *port = calloc(
    1, sizeof(*port) + nscopes * sizeof(port->scopes[0]));

  if (port != NULL) {
    port->kind = kind;
    port->fd = fd;
    port->nscopes = nscopes;
  }

  return port;
}

struct tls4217_keyport *tls4217_keyport_new(
  enum tls4217_keyport_kind kind, int fd) {
  return make(kind, fd, 0);
}

struct tls4217_keyport *tls4217_keyport_read(
  const void *frame, size_t size, int fd) {
  struct tls4217_keyproto_reader reader;
  struct tls4217_keyport *port;
  unsigned int budget, count;

  if (tls4217_keyproto_open(&reader, frame, size) != TLS4217_KEYPROTO_CHANNEL) {
    return NULL;
  }

  budget = tls4217_keyproto_get_u16(&reader);
  count = tls4217_keyproto_get_u16(&reader);
  if (count > TLS4217_KEYCLIENT_MAX_SCOPES) {
    return NULL;
  }

  port = make(TLS4217_KEYPORT_CHANNEL, fd, count);
  if (port == NULL) {
    return NULL;
  }

  port->budget = budget;
  for (size_t i = 0; i < count; i++) {
    port->scopes[i] = tls4217_keyproto_get_u64(&reader);
  }

  if (tls4217_keyproto_close(&reader) == false) {
    free(port);
    port = NULL;
  }

  return port;
}

void tls4217_keyport_free(struct tls4217_keyport *port) {
  (void) close(port->fd);
  free(port->request);
  free(port);
}

bool tls4217_keyport_spend(struct tls4217_keyport *port) {
  if (port->budget == TLS4217_KEYCLIENT_UNLIMITED) {
    return true;
  }

  if (port->budget == 0) {
    return false;
  }

  port->budget--;
  return true;
}

bool tls4217_keyport_hold(
  struct tls4217_keyport *port, const void *frame, size_t size) {
  port->request = malloc(size);
  if (port->request == NULL) {
    return false;
  }

  memcpy(port->request, frame, size);
  port->request_size = size;
  return true;
}

ssize_t tls4217_keyport_take(
  struct tls4217_keyport *port, void *frame, size_t room) {
  ssize_t size;

  if (port->request == NULL) {
    return tls4217_keysocket_receive(port->fd, frame, room, NULL, NULL, 0);
  }

  size = (ssize_t) port->request_size;
  memcpy(frame, port->request, port->request_size);
  free(port->request);
  port->request = NULL;
  return size;
}
