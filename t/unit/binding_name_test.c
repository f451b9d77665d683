/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - binding.c: the server name of a data connection
 *
 * RFC 6066, section 3: no resumption under the name of another host, for the
 * three ways in which a client can hold a session.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OWN_NAME     "ftp.example.org"
#define OTHER_NAME   "ftp.example.com"

struct name_case {
  const char *name;
  bool watched;
  enum tls4217_reuse want;
};

static const struct name_case cases[] = {
  { NULL, true, TLS4217_REUSE_OWN },
  { OWN_NAME, true, TLS4217_REUSE_OWN },
  { "unknown.example.org", true, TLS4217_REUSE_OWN },
  { OTHER_NAME, true, TLS4217_REUSE_OTHER_HOST },
  { OTHER_NAME, false, TLS4217_REUSE_OWN },
};

static bool is_other_host(const void *who, const char *name) {
  return strcmp(who, name) == 0;
}

static struct endpoint *open_end(const struct kind *kind, const char *name,
  struct tls4217_binding *binding, SSL_SESSION *session) {
  const struct endpoint_spec spec = {
    .context = world.context,
    .channel = binding != NULL ? TLS4217_CHANNEL_DATA : TLS4217_CHANNEL_CONTROL,
    .binding = binding,
    .version = kind->version,
    .no_tickets = kind->no_tickets,
    .session = session,
    .server_name = name,
  };

  return endpoint_open(&spec);
}

static void check_case(const struct kind *kind, const struct name_case *c) {
  struct endpoint *control = open_end(kind, OWN_NAME, NULL, NULL), *data;
  SSL_SESSION *session = SSL_SESSION_dup(kind->version == TLS1_3_VERSION ?
      control->session :
      SSL_get0_session(control->client));

  print_message("# %s, %s\n", kind->name, c->name != NULL ? c->name : "none");
  control->binding->is_other_host = c->watched ? is_other_host : NULL;
  control->binding->who = OTHER_NAME;

  data = open_end(kind, c->name, control->binding, session);
  assert_int_equal(tls4217_connection_reuse(data->conn), c->want);
  assert_int_equal(
    SSL_session_reused(data->client), c->want == TLS4217_REUSE_OWN);

  endpoint_free(data);
  endpoint_free(control);
  SSL_SESSION_free(session);
}

static void test_names(void **state) {
  (void) state;

  for (size_t i = 0; i < KINDS; i++) {
    for (size_t j = 0; j < COUNT(cases); j++) {
      check_case(&kinds[i], &cases[j]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
