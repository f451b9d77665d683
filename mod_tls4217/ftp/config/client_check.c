/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - mistakes in what is said about client certificates
 *
 * See client_check.h.
 */

#include <stddef.h>

#include "mod_tls4217/ftp/config/client_check.h"
#include "mod_tls4217/ftp/config/complaints.h"

/* Options that say something about a certificate that must be asked for. */
static const struct {
  size_t option; /* offset of a bool in struct tls4217_options */
  const char *name;
  bool needs_dns;
} options[] = {
  { offsetof(struct tls4217_options, dns_name_required),
    "TLSOptions dNSNameRequired", true },
  { offsetof(struct tls4217_options, common_name_required),
    "TLSOptions CommonNameRequired", true },
  { offsetof(struct tls4217_options, ip_address_required),
    "TLSOptions iPAddressRequired", false },
  { offsetof(struct tls4217_options, dot_login), "TLSOptions AllowDotLogin",
    false },
};

static void warn_unasked(const server_rec *rec, const char *directive) {
  tls4217_complaints_warning(rec,
    "%s has no effect, because no client is asked for a certificate: add "
    "'TLSVerifyClient on' or 'TLSVerifyClient optional'",
    directive);
}

int tls4217_client_check(
  const server_rec *rec, const struct tls4217_settings *settings) {
  const struct tls4217_client_settings *client = &settings->client;
  const bool is_off = client->verify.mode == TLS4217_VERIFY_OFF;
  int res = 0;

  if (is_off && client->user_name != NULL) {
    warn_unasked(rec, "TLSUserName");
  }

  if (is_off && client->has_map) {
    warn_unasked(rec, "TLSClientCertificateMap");
  }

  if (is_off &&
    (client->verify.crl_file != NULL || client->verify.crl_path != NULL)) {
    warn_unasked(rec, "TLSCARevocationFile or TLSCARevocationPath");
  }

  if (client->crl_words_differ) {
    tls4217_complaints_error(rec,
      "TLSCARevocationFile and TLSCARevocationPath contradict each other: leaf "
      "or chain, and missing=, hold for both, so write them once, or the same "
      "behind each");
    res = -1;
  }

  for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
    if (tls4217_options_get(&settings->options, options[i].option) == false) {
      continue;
    }

    if (is_off) {
      warn_unasked(rec, options[i].name);

    } else if (options[i].needs_dns && ServerUseReverseDNS == FALSE) {
      /* Every client would be refused, or, as in mod_tls, none. */
      tls4217_complaints_error(rec,
        "%s needs the clients' names in DNS: add 'UseReverseDNS on'",
        options[i].name);
      res = -1;
    }
  }

  return res;
}
