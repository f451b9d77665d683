/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - when files are to be read again
 *
 * See filewatch.h.
 */

#include "mod_tls4217/tls/cert/filewatch.h"

void tls4217_filewatch_begin(
  struct tls4217_filewatch *watch, const struct tls4217_filelook *now) {
  watch->read = watch->last = *now;
}

bool tls4217_filewatch_calls_for_reading(struct tls4217_filewatch *watch,
  const struct tls4217_filelook *now, bool has_failed) {
  const bool is_settled = now->digest == watch->last.digest &&
    now->is_fresh == false;

  watch->last = *now;
  return is_settled &&
    (tls4217_filewatch_has_changed(watch) || watch->read.is_fresh ||
      has_failed);
}

bool tls4217_filewatch_has_changed(const struct tls4217_filewatch *watch) {
  return watch->last.digest != watch->read.digest;
}
