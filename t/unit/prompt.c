/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who asks for a pass phrase
 *
 * See prompt.h.  UI_create_method(3).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ui.h>

#include "t/unit/prompt.h"

static const char *answer;
static int asked;
static UI_METHOD *method;

static int read_cb(UI *ui, UI_STRING *string) {
  if (UI_get_string_type(string) == UIT_PROMPT) {
    asked++;
    return UI_set_result(ui, string, answer) == 0 ? 1 : 0;
  }
  return 1;
}

void prompt_begin(const char *passphrase) {
  answer = passphrase;
  asked = 0;
  method = UI_create_method("prompt");
  assert_non_null(method);
  assert_int_equal(UI_method_set_reader(method, read_cb), 0);
  UI_set_default_method(method);
}

int prompt_end(void) {
  UI_set_default_method(UI_OpenSSL());
  UI_destroy_method(method);
  method = NULL;
  return asked;
}

size_t prompt_encrypted_pem(char *buf, size_t size, i2d_of_void *i2d,
  const char *name, const void *object, const char *passphrase) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  long len;

  assert_int_equal(
    PEM_ASN1_write_bio(i2d, name, bio, object, EVP_aes_128_cbc(),
      (const unsigned char *) passphrase, (int) strlen(passphrase), NULL, NULL),
    1);
  len = BIO_get_mem_data(bio, &text);
  assert_true(len > 0 && (size_t) len < size);
  memcpy(buf, text, (size_t) len);
  BIO_free(bio);
  return (size_t) len;
}
