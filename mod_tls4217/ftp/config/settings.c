/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the configuration of one server, as one typed struct
 *
 * What of it is read record by record: TLSClientCertificateMap.
 */

#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/certmap.h"

#define MAP "TLSClientCertificateMap"

const char *tls4217_settings_map_user(
  xaset_t *set, const struct tls4217_identity *identity) {
  config_rec *c;

  for (c = find_config(set, CONF_PARAM, MAP, FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, MAP, FALSE)) {
    const struct tls4217_certmap_rule *rule = c->argv[0];

    if (tls4217_certmap_matches(rule, identity)) {
      return rule->user;
    }
  }

  return NULL;
}
