/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a session costs in memory
 *
 * See warmup.h.  BIO_s_mem(3), SSL_do_handshake(3).
 */

#include "mod_tls4217/tls/warmup.h"
#include "mod_tls4217/tls/ssl_ctx.h"

#include <stdbool.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/err.h>

/* Where the unused end of the heap begins, and how many bytes are free between
 * what is in use ahead of it. */
#if defined(__GLIBC__) && \
  (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 33))
# include <malloc.h>
# include <unistd.h>
# define TRIM() ((void) malloc_trim(0))
# define CACHES (256 * 1024)
static const char *heap_end(size_t *gaps) {
  const struct mallinfo2 info = mallinfo2();

  /* Its caches of small pieces count as used. */
  *gaps = info.arena == 0 ?
    0 :
    info.fordblks + info.fsmblks - info.keepcost + CACHES;
  return (const char *) sbrk(0) - info.keepcost;
}
#else
# define TRIM() ((void) 0)
static const char *heap_end(size_t *gaps) {
  *gaps = 0;
  return NULL;
}
#endif

/* More turns than any handshake takes. */
#define MAX_TURNS 10

/* Gives ssl two memory BIOs that it owns.  Returns whether it got them. */
static bool add_memory(SSL *ssl) {
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());

  if (in == NULL || out == NULL) {
    BIO_free(in);
    BIO_free(out);
    return false;
  }

  (void) BIO_set_mem_eof_return(in, -1);
  (void) BIO_set_mem_eof_return(out, -1);
  SSL_set_bio(ssl, in, out);
  return true;
}

/* What one end has written is what the other end reads. */
static void carry(SSL *from, SSL *to) {
  char *data = NULL;
  long len;

  len = BIO_get_mem_data(SSL_get_wbio(from), &data);
  if (len > 0) {
    (void) BIO_write(SSL_get_rbio(to), data, (int) len);
    (void) BIO_reset(SSL_get_wbio(from));
  }
}

static void do_handshake(SSL *client, SSL *server) {
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);

  for (int turn = 0; turn < MAX_TURNS; turn++) {
    int done = SSL_do_handshake(client);

    carry(client, server);
    if (SSL_do_handshake(server) == 1 && done == 1) {
      break;
    }

    carry(server, client);
  }
}

static void warm_up_version(SSL_CTX *client_ctx, SSL_CTX *ctx, int version) {
  SSL *client = SSL_new(client_ctx), *server = SSL_new(ctx);

  if (client != NULL && server != NULL && add_memory(client) &&
    add_memory(server) && SSL_set_min_proto_version(client, version) == 1 &&
    SSL_set_max_proto_version(client, version) == 1) {
    do_handshake(client, server);
  }

  SSL_free(client);
  SSL_free(server);
}

void tls4217_warmup_warm_up(const struct tls4217_context *context) {
  SSL_CTX *client_ctx = tls4217_ssl_ctx_new(TLS_client_method(), NULL);

  if (client_ctx != NULL) {
    warm_up_version(client_ctx, context->ctx, TLS1_3_VERSION);
    warm_up_version(client_ctx, context->ctx, TLS1_2_VERSION);
    SSL_CTX_free(client_ctx);
  }

  ERR_clear_error();
}

void tls4217_warmup_give_back(void) {
  TRIM();
}

/* A piece of memory that is kept from being used. */
struct plug {
  struct plug *next;
};

/* Of the daemon; there is one heap. */
static struct plug *plugs = NULL;

/* The largest piece, and by how much the next is smaller. */
#define MAX_PLUG  (64 * 1024)
#define PLUG_STEP 16

void tls4217_warmup_open_gaps(void) {
  while (plugs != NULL) {
    struct plug *next = plugs->next;

    free(plugs);
    plugs = next;
  }
}

/* Larger than what glibc keeps in its caches when it is freed. */
#define UNCACHED 2048

/* What was cut off the unused end goes back to it.  In a cache it would stay
 * where it is, and the end begin behind it from then on. */
static void give_back(struct plug *plug) {
  struct plug *large = plug != NULL ? realloc(plug, UNCACHED) : NULL;

  free(large != NULL ? large : plug);
}

static size_t step(size_t size) {
  return size > 256 * PLUG_STEP ? 64 * PLUG_STEP : PLUG_STEP;
}

void tls4217_warmup_close_gaps(void) {
  size_t gaps, size = MAX_PLUG;
  const char *end;

  TRIM();
  end = heap_end(&gaps);
  while (size >= sizeof(struct plug)) {
    struct plug *plug = gaps >= size ? malloc(size) : NULL;

    if (plug != NULL && (const char *) plug < end) {
      plug->next = plugs;
      plugs = plug;
      gaps -= size;

    } else {
      if (size < UNCACHED) {
        give_back(plug);

      } else {
        free(plug);
      }

      size -= step(size);
    }
  }
}
