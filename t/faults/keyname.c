/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - finds the key process, for libraries of LD_PRELOAD
 *
 * It is known by the name that it gives itself.  keyname_given, of the library
 * that this file is linked into, is called in it then.
 */

#define _GNU_SOURCE

#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keyname.h"

int prctl(int option, ...) {
  unsigned long word[4];
  va_list list;

  va_start(list, option);
  for (int i = 0; i < 4; i++) {
    word[i] = va_arg(list, unsigned long);
  }
  va_end(list);

  if (option == PR_SET_NAME &&
    strcmp((const char *) word[0], "tls4217-keys") == 0) {
    keyname_given();
  }

  return (int) syscall(SYS_prctl, option, word[0], word[1], word[2], word[3]);
}
