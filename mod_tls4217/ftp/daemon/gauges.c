/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what TLSMetricsFile has of servers, certificates and keys
 *
 * See gauges.h.  Each is a row: its name, what it is, and where its value is
 * found.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/gauges.h"
#include "mod_tls4217/ftp/daemon/inventory.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/rfc4217/labels.h"
#include "mod_tls4217/tls/provider.h"

/* There is no such number here. */
#define NONE INT64_MIN

struct list {
  pool *pool;
  tls4217_gauges_put put;
  void *user;
};

/* Servers. */

static int64_t find_serves(const struct tls4217_vhost *server) {
  return server->tls != NULL ? 1 : 0;
}

static int64_t find_generation(const struct tls4217_vhost *server) {
  return (int64_t) server->number;
}

static int64_t find_built(const struct tls4217_vhost *server) {
  return server->tls != NULL ? server->built : NONE;
}

static int64_t find_error(const struct tls4217_vhost *server) {
  return tls4217_error_is_set(&server->last_error) ? 1 : 0;
}

static int64_t find_error_since(const struct tls4217_vhost *server) {
  return server->failures > 0 ? server->failed_since : NONE;
}

static int64_t find_attempts(const struct tls4217_vhost *server) {
  return (int64_t) server->failures;
}

static int64_t find_unusable(const struct tls4217_vhost *server) {
  return server->tls != NULL ? (int64_t) server->tls->unusable->nelts : 0;
}

static const struct {
  const char *name, *help;
  int64_t (*find)(const struct tls4217_vhost *server);
} of_servers[] = {
  { "ftps_server_serves_tls", "Whether a server can serve TLS.", find_serves },
  { "ftps_server_generation",
    "How often a server has got certificates since the configuration was read.",
    find_generation },
  { "ftps_server_generation_timestamp_seconds",
    "When a server has got its certificates.", find_built },
  { "ftps_server_error", "Whether a server cannot use its files as they are.",
    find_error },
  { "ftps_server_error_timestamp_seconds", "Since when it cannot.",
    find_error_since },
  { "ftps_server_error_attempts", "How often that was tried since then.",
    find_attempts },
  { "ftps_server_unusable_files",
    "Files of a TLSCertificateDirectory that cannot be used.", find_unusable },
};

static void label_server(
  pool *p, struct tls4217_labels *labels, const struct tls4217_vhost *server) {
  tls4217_labels_add(
    labels, "server", tls4217_complaints_address(p, server->rec));
  tls4217_labels_add(labels, "host", server->rec->ServerName);
}

static void list_servers(const struct list *list) {
  for (size_t i = 0; i < sizeof(of_servers) / sizeof(of_servers[0]); i++) {
    list->put(list->user, of_servers[i].name, of_servers[i].help, NULL, 0);
    for (const struct tls4217_vhost *server = tls4217_vhost_first();
         server != NULL; server = server->next) {
      const int64_t value = of_servers[i].find(server);
      struct tls4217_labels labels = { .len = 0 };

      if (value != NONE) {
        label_server(list->pool, &labels, server);
        list->put(list->user, of_servers[i].name, of_servers[i].help,
          labels.text, value);
      }
    }
  }
}

/* Certificates. */

static int64_t find_end(const struct tls4217_inventory_item *item) {
  return item->facts.end;
}

static int64_t find_start(const struct tls4217_inventory_item *item) {
  return item->facts.start;
}

static int64_t find_staple(const struct tls4217_inventory_item *item) {
  return item->staple.until != 0 ? item->staple.until : NONE;
}

static int64_t find_lack(const struct tls4217_inventory_item *item) {
  return tls4217_inventory_lacks_staple(item) ? 1 : 0;
}

static const struct {
  const char *name, *help;
  int64_t (*find)(const struct tls4217_inventory_item *item);
} of_certificates[] = {
  { "ftps_certificate_expiry_timestamp_seconds",
    "Until when a certificate is valid.", find_end },
  { "ftps_certificate_start_timestamp_seconds",
    "Since when a certificate is valid.", find_start },
  { "ftps_certificate_staple_expiry_timestamp_seconds",
    "Until when the OCSP response of a certificate is valid.", find_staple },
  { "ftps_certificate_staple_missing",
    "Whether clients lack an OCSP response that they should have.", find_lack },
};

/* A certificate as it is used for all of these. */
struct certificate {
  struct tls4217_inventory_item item;
  const char *labels;
};

struct collection {
  pool *pool;
  array_header *certificates; /* of struct certificate */
};

static void collect(void *user, const struct tls4217_inventory_item *item) {
  struct collection *all = user;
  struct certificate *certificate = push_array(all->certificates);
  struct tls4217_labels labels = { .len = 0 };
  char number[32];

  (void) snprintf(number, sizeof(number), "%lu", (unsigned long) item->number);
  label_server(all->pool, &labels, item->server);
  tls4217_labels_add(&labels, "certificate", number);
  tls4217_labels_add(&labels, "name", item->facts.name);
  tls4217_labels_add(&labels, "key", item->facts.key);
  certificate->item = *item;
  certificate->labels = pstrdup(all->pool, labels.text);
}

static void list_certificates(const struct list *list) {
  struct collection all = { .pool = list->pool,
    .certificates = make_array(list->pool, 16, sizeof(struct certificate)) };
  const struct certificate *certificates;

  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    tls4217_inventory_list(server, collect, &all);
  }

  certificates = all.certificates->elts;
  for (size_t i = 0; i < sizeof(of_certificates) / sizeof(of_certificates[0]);
       i++) {
    list->put(
      list->user, of_certificates[i].name, of_certificates[i].help, NULL, 0);
    for (unsigned int at = 0; at < all.certificates->nelts; at++) {
      const int64_t value = of_certificates[i].find(&certificates[at].item);

      if (value != NONE) {
        list->put(list->user, of_certificates[i].name, of_certificates[i].help,
          certificates[at].labels, value);
      }
    }
  }
}

/* Keys. */

static void list_one(
  const struct list *list, const char *name, const char *help, int64_t value) {
  list->put(list->user, name, help, NULL, 0);
  if (value != NONE) {
    list->put(list->user, name, help, "", value);
  }
}

static void list_keys(const struct list *list) {
  struct tls4217_ticketkeys_facts tickets = { .next = 0 };
  const bool has_tickets = tls4217_ticketkeys_tell(&tickets);

  list_one(list, "ftps_key_process_up", "Whether the key process is there.",
    tls4217_keyprocess_is_there() == false ? NONE :
      tls4217_keyprocess_pid() > 0         ? 1 :
                                             0);
  list_one(list, "ftps_ticket_keys", "Keys that decrypt session tickets.",
    has_tickets ? (int64_t) tickets.count : NONE);
  list_one(list, "ftps_ticket_key_timestamp_seconds",
    "Since when the key encrypts that encrypts session tickets.",
    has_tickets ? tickets.since : NONE);
  list_one(list, "ftps_ticket_key_next_timestamp_seconds",
    "When another one will.",
    has_tickets && tickets.next > 0 ? tickets.next : NONE);
}

static void list_build(const struct list *list) {
  static const char name[] = "ftps_build_info";
  static const char help[] = "1; the labels say what runs.";
  struct tls4217_labels labels = { .len = 0 };
  char provider[256];

  tls4217_provider_describe(provider, sizeof(provider));
  tls4217_labels_add(&labels, "version", MOD_TLS4217_VERSION);
  tls4217_labels_add(&labels, "openssl", provider);
  list->put(list->user, name, help, labels.text, 1);
}

void tls4217_gauges_list(pool *p, tls4217_gauges_put put, void *user) {
  const struct list list = { .pool = p, .put = put, .user = user };

  list_servers(&list);
  list_certificates(&list);
  list_keys(&list);
  list_build(&list);
}
