/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves that rfc4217/reply.c has a reply for any number
 *
 * RFC 959, section 4.2: three digits and one line.  The text has no per cent
 * sign, because it goes through a format.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/reply.c"

static bool is_code(const char *code) {
  return code[0] >= '2' && code[0] <= '6' && code[1] >= '0' && code[1] <= '5' &&
    code[2] >= '0' && code[2] <= '9' && code[3] == '\0';
}

static bool is_line(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text < ' ' || *text > '~' || *text == '%') {
      return false;
    }
  }

  return true;
}

int main(void) {
  const int number = nondet_int();
  const struct tls4217_reply *any = tls4217_reply_get(
    (enum tls4217_reply_id) number);
  const char *code = nondet_bool() ? any->code : NULL;
  const char *remedy = tls4217_reply_remedy((enum tls4217_reply_id) number);

  prove(any != NULL && any->code != NULL && any->text != NULL);
  prove(remedy == NULL || remedy[0] != '\0');
  prove((tls4217_reply_code_by_certificate(code) == NULL) == (code == NULL));

  for (int i = 0; i < TLS4217_REPLY_COUNT; i++) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      (enum tls4217_reply_id) i);

    prove(i == TLS4217_REPLY_NONE || is_code(reply->code));
    prove(is_line(reply->text));
    prove(i == TLS4217_REPLY_NONE || reply->text[0] != '\0');
  }

  return 0;
}
