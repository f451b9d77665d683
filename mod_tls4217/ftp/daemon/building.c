/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a generation that is being built
 *
 * See building.h.
 */

#include <stdarg.h>

#include "mod_tls4217/ftp/daemon/building.h"

void tls4217_building_find(const struct tls4217_building *build,
  enum tls4217_complaint_kind kind, const char *fmt, ...) {
  struct tls4217_finding *finding = push_array(build->generation->findings);
  char text[1024];
  va_list ap;

  va_start(ap, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  finding->kind = kind;
  finding->text = pstrdup(build->generation->pool, text);
}

void tls4217_building_find_once(const struct tls4217_building *build,
  enum tls4217_complaint_kind kind, const char *text) {
  const struct tls4217_generation *previous = build->previous;
  struct tls4217_generation *generation = build->generation;

  *((const char **) push_array(generation->troubles)) = pstrdup(
    generation->pool, text);
  for (unsigned int i = 0; previous != NULL && i < previous->troubles->nelts;
       i++) {
    if (strcmp(((const char **) previous->troubles->elts)[i], text) == 0) {
      return;
    }
  }

  tls4217_building_find(build, kind, "%s", text);
}
