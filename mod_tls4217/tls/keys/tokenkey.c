/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a private key in a token
 *
 * See tokenkey.h.  The library context is not the default one, because PKCS #11
 * modules use OpenSSL, too: SoftHSM would wait for itself there.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/keys/tokenkey.h"
#include "mod_tls4217/tls/keys/tokenuri.h"
#include "mod_tls4217/tls/random.h"

/* What pkcs11-provider reads before its settings in openssl.cnf. */
#define MODULE_VARIABLE "PKCS11_PROVIDER_MODULE"

/* The provider. */

static OSSL_LIB_CTX *load_provider(const char *uri, struct tls4217_error *err) {
  OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
  char module[TLS4217_TOKENURI_MAX];

  if (tls4217_tokenuri_module(uri, module, sizeof(module))) {
    (void) setenv(MODULE_VARIABLE, module, 1);

  } else if (libctx != NULL) {
    char *conf = CONF_get1_default_config_file();

    /* A site that has named its module there need not name it again. */
    (void) OSSL_LIB_CTX_load_config(libctx, conf);
    OPENSSL_free(conf);
  }

  ERR_clear_error();
  if (libctx == NULL || OSSL_PROVIDER_load(libctx, "default") == NULL) {
    tls4217_error_set_openssl(err, "OpenSSL has no default provider");
    return NULL;
  }

  if (OSSL_PROVIDER_load(libctx, "pkcs11") == NULL) {
    tls4217_error_set(err, ENOSYS,
      "OpenSSL has no provider 'pkcs11' for keys in tokens: install "
      "pkcs11-provider, or have the token's key replaced by one in a file");
    return NULL;
  }

  return libctx;
}

/* The PIN. */

/* A PIN, of whoever has it. */
struct pin {
  struct tls4217_passphrase phrase;
  char text[TLS4217_TOKENURI_MAX];
};

/* The first line of a file. */
static int read_pin(
  const char *path, char *buf, size_t size, struct tls4217_error *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t got = fd >= 0 ? read(fd, buf, size - 1) : -1;

  if (got < 0) {
    tls4217_error_set_errno(
      err, errno, "the file of pin-source, '%s', cannot be read", path);

  } else {
    buf[got] = '\0';
    buf[strcspn(buf, "\r\n")] = '\0';
  }

  if (fd >= 0) {
    (void) close(fd);
  }

  return got < 0 ? -1 : 0;
}

/* That of the URI before one that was asked for. */
static int find_pin(struct pin *pin, const char *uri, const char *asked_for,
  struct tls4217_error *err) {
  char path[TLS4217_TOKENURI_MAX];

  pin->phrase = (struct tls4217_passphrase){ .text = pin->text };
  if (tls4217_tokenuri_pin(uri, pin->text, sizeof(pin->text))) {
    return 0;
  }

  if (tls4217_tokenuri_pin_file(uri, path, sizeof(path))) {
    return read_pin(path, pin->text, sizeof(pin->text), err);
  }

  pin->phrase.text = asked_for;
  return 0;
}

/* Errors. */

/* What the provider keeps to itself: it asks for the PIN where it has found the
 * token, until that is accepted. */
static void describe(const char *shown, const struct pin *pin, bool is_accepted,
  struct tls4217_error *err) {
  if (pin->phrase.was_asked == false) {
    tls4217_error_set(err, ENODEV,
      "there is no token for the key '%s': it was removed, or the URI is "
      "another one's, or the PKCS #11 module is not its own ('pkcs11-tool "
      "--module /path --list-token-slots' shows them)",
      shown);

  } else if (pin->phrase.text == NULL) {
    tls4217_error_set(err, TLS4217_PASSPHRASE_NEEDED,
      "key '%s' needs the PIN of its token: name a program that prints it in "
      "TLSPassPhraseProvider, start the server from a terminal, which asks for "
      "it, or add '?pin-source=file:/path' to the URI",
      shown);
    err->detail = TLS4217_PASSPHRASE_PKCS11;

  } else if (is_accepted == false) {
    tls4217_error_set(err, TLS4217_TOKENKEY_BAD_PIN,
      "the token of the key '%s' does not accept the PIN, which is not tried "
      "again by itself, because that would lock the token: correct it, and "
      "send SIGHUP",
      shown);

  } else {
    tls4217_error_set(err, ENOENT,
      "there is no private key '%s' in its token: 'pkcs11-tool --module /path "
      "--login --list-objects' shows their labels and ids",
      shown);
  }
}

/* The key. */

/* The first private key; a second one is an error. */
static EVP_PKEY *load_one(
  OSSL_STORE_CTX *store, const char *shown, struct tls4217_error *err) {
  EVP_PKEY *key = NULL;
  OSSL_STORE_INFO *info;

  while (OSSL_STORE_eof(store) == 0 && OSSL_STORE_error(store) == 0) {
    info = OSSL_STORE_load(store);
    if (info != NULL &&
      OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY) {
      if (key != NULL) {
        tls4217_error_set(err, EINVAL,
          "'%s' is the URI of several keys: add 'id=' or 'serial=' to it",
          shown);
        EVP_PKEY_free(key);
        OSSL_STORE_INFO_free(info);
        return NULL;
      }

      key = OSSL_STORE_INFO_get1_PKEY(info);
    }

    OSSL_STORE_INFO_free(info);
  }

  return key;
}

static OSSL_STORE_CTX *open_store(OSSL_LIB_CTX *libctx, const char *uri,
  const UI_METHOD *method, struct tls4217_passphrase *phrase) {
  char wanted[TLS4217_TOKENURI_MAX + 16];
  OSSL_STORE_CTX *store;

  (void) tls4217_tokenuri_for_provider(uri, wanted, sizeof(wanted));
  store = OSSL_STORE_open_ex(
    wanted, libctx, "provider=pkcs11", method, phrase, NULL, NULL, NULL);
  if (store != NULL) {
    (void) OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
  }

  return store;
}

/* Whether the token has accepted the PIN: it does not ask for it again then. */
static bool is_logged_in(
  OSSL_LIB_CTX *libctx, const char *uri, const UI_METHOD *method) {
  struct tls4217_passphrase none = { .text = NULL };
  OSSL_STORE_CTX *store = open_store(libctx, uri, method, &none);

  if (store != NULL) {
    OSSL_STORE_INFO_free(OSSL_STORE_load(store));
  }

  OSSL_STORE_close(store);
  return none.was_asked == false;
}

static EVP_PKEY *open_key(OSSL_LIB_CTX *libctx, const char *uri,
  struct pin *pin, struct tls4217_error *err) {
  UI_METHOD *method = UI_UTIL_wrap_read_pem_callback(tls4217_passphrase_cb, 0);
  OSSL_STORE_CTX *store = open_store(libctx, uri, method, &pin->phrase);
  char shown[TLS4217_TOKENURI_MAX];
  EVP_PKEY *key = NULL;

  (void) tls4217_tokenuri_show(uri, shown, sizeof(shown));
  if (store == NULL) {
    tls4217_error_set(err, ELIBACC,
      "no PKCS #11 module can be used for the key '%s': name it in the URI "
      "(?module-path=/usr/lib/softhsm/libsofthsm2.so), and see that it is "
      "there",
      shown);

  } else {
    key = load_one(store, shown, err);
    if (key == NULL) {
      describe(shown, pin, is_logged_in(libctx, uri, method), err);
    }
  }

  OSSL_STORE_close(store);
  UI_destroy_method(method);
  return key;
}

int tls4217_tokenkey_open(struct tls4217_tokenkey *self, const char *uri,
  const char *pin, struct tls4217_error *err) {
  struct pin found;

  *self = (struct tls4217_tokenkey){ .key = NULL };
  if (find_pin(&found, uri, pin, err) == 0) {
    self->libctx = load_provider(uri, err);
  }

  if (self->libctx != NULL) {
    self->key = open_key(self->libctx, uri, &found, err);
  }

  OPENSSL_cleanse(&found, sizeof(found));
  ERR_clear_error();
  return self->key != NULL ? 0 : -1;
}

int tls4217_tokenkey_sign(const struct tls4217_tokenkey *key,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err) {
  return tls4217_signer_sign_in(
    key->libctx, key->key, job, signature, size, err);
}

int tls4217_tokenkey_try(
  const struct tls4217_tokenkey *key, struct tls4217_error *err) {
  unsigned char message[TLS4217_SIGNFORM_VERIFY], random[TLS4217_SIGNFORM_HASH];
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);
  struct tls4217_signjob job = tls4217_signer_suggest(key->key);

  if (tls4217_random_fill(random, sizeof(random), err) < 0) {
    return -1;
  }

  tls4217_signform_write(message, random);
  job.message = message;
  job.size = sizeof(message);
  return tls4217_tokenkey_sign(key, &job, signature, &size, err);
}
