/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an OCSP response that is stapled to a certificate
 *
 * See staple.h.  OCSP_response_status(3), OCSP_resp_find_status(3), RFC 6960.
 */

#define _GNU_SOURCE /* timegm(3) */

#include <errno.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/staple.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 7633, section 4.2.3: the number of the extension that must be there. */
#define STATUS_REQUEST 5

/* Of a DER SEQUENCE. */
#define SEQUENCE    (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED)

#define FETCH_AGAIN "fetch it again (contrib/ocsp-update)"

/* Parsing. */

static OCSP_RESPONSE *parse(
  const unsigned char *bytes, size_t size, struct tls4217_error *err) {
  const unsigned char *at = bytes;
  OCSP_RESPONSE *response;

  if (size == 0 || bytes[0] != SEQUENCE) {
    tls4217_error_set(err, EINVAL,
      "is not an OCSP response in DER, as 'openssl ocsp -respout' writes it");
    return NULL;
  }

  response = d2i_OCSP_RESPONSE(NULL, &at, (long) size);
  if (response == NULL) {
    tls4217_error_set(err, EINVAL, "is cut or damaged: " FETCH_AGAIN);
    return NULL;
  }

  if (at != bytes + size) {
    tls4217_error_set(err, EINVAL,
      "has %lu bytes too many behind the response: " FETCH_AGAIN,
      (unsigned long) (bytes + size - at));
    OCSP_RESPONSE_free(response);
    return NULL;
  }

  return response;
}

static OCSP_BASICRESP *open_response(
  const unsigned char *bytes, size_t size, struct tls4217_error *err) {
  OCSP_RESPONSE *response = parse(bytes, size, err);
  OCSP_BASICRESP *basic = NULL;
  int status;

  if (response == NULL) {
    return NULL;
  }

  status = OCSP_response_status(response);
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    tls4217_error_set(err, EINVAL,
      "is a responder's error, '%s', and no answer: " FETCH_AGAIN,
      OCSP_response_status_str(status));

  } else {
    basic = OCSP_response_get1_basic(response);
    if (basic == NULL) {
      tls4217_error_set(err, EINVAL, "is cut or damaged: " FETCH_AGAIN);
    }
  }

  OCSP_RESPONSE_free(response);
  return basic;
}

/* Which certificate. */

/* A responder names certificates by digests of its choice. */
static bool is_about(const OCSP_CERTID *id, X509 *leaf, X509 *issuer) {
  const EVP_MD *const digests[] = { EVP_sha1(), EVP_sha256(), EVP_sha384(),
    EVP_sha512() };
  bool found = false;

  for (size_t i = 0; i < COUNT(digests) && found == false; i++) {
    OCSP_CERTID *own = OCSP_cert_to_id(digests[i], leaf, issuer);

    found = own != NULL && OCSP_id_cmp(own, id) == 0;
    OCSP_CERTID_free(own);
  }

  return found;
}

static int status_of(OCSP_SINGLERESP *single) {
  return OCSP_single_get0_status(single, NULL, NULL, NULL, NULL);
}

/* The answer about a certificate; of two, one that says that it is revoked. */
static OCSP_SINGLERESP *find_single(
  OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer) {
  OCSP_SINGLERESP *found = NULL;

  for (int i = 0; i < OCSP_resp_count(basic); i++) {
    OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);

    if (is_about(OCSP_SINGLERESP_get0_id(single), leaf, issuer) &&
      (found == NULL || status_of(single) == V_OCSP_CERTSTATUS_REVOKED)) {
      found = single;
    }
  }

  return found;
}

/* Who says so. */

static X509_STORE *make_store(X509 *issuer, int64_t now) {
  X509_STORE *store = X509_STORE_new();
  X509_VERIFY_PARAM *param;

  if (store == NULL || X509_STORE_add_cert(store, issuer) != 1) {
    X509_STORE_free(store);
    return NULL;
  }

  param = X509_STORE_get0_param(store);
  (void) X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_time(param, (time_t) now);
  return store;
}

/* RFC 6960, section 4.2.2.2: the issuer itself, or one to whom it has given the
 * purpose OCSPSigning.  No other is trusted. */
static int check_signature(
  OCSP_BASICRESP *basic, X509 *issuer, int64_t now, X509 **signer) {
  X509_STORE *store = make_store(issuer, now);
  STACK_OF(X509) *certs = sk_X509_new_null();
  int ret = -1;

  if (store != NULL && certs != NULL && sk_X509_push(certs, issuer) > 0 &&
    OCSP_basic_verify(basic, certs, store, OCSP_NOEXPLICIT) == 1 &&
    OCSP_resp_get0_signer(basic, signer, certs) == 1) {
    ret = 0;
  }

  sk_X509_free(certs);
  X509_STORE_free(store);
  return ret;
}

/* Times. */

/* Returns -1 where there is none. */
static int64_t seconds_of(const ASN1_TIME *when) {
  struct tm tm;

  /* NULL would be now. */
  return when != NULL && ASN1_TIME_to_tm(when, &tm) == 1 ?
    (int64_t) timegm(&tm) :
    -1;
}

const char *tls4217_staple_format_time(int64_t when, char *buf) {
  const time_t time = (time_t) when;
  struct tm tm;

  if (gmtime_r(&time, &tm) == NULL ||
    strftime(buf, TLS4217_STAPLE_TIME_SIZE, "%Y-%m-%d %H:%M:%S UTC", &tm) ==
      0) {
    return "?";
  }

  return buf;
}

static int check_times(
  const struct tls4217_staple *staple, int64_t now, struct tls4217_error *err) {
  char text[TLS4217_STAPLE_TIME_SIZE];

  if (staple->until < 0) {
    tls4217_error_set(err, EINVAL,
      "does not say how long it is valid (nextUpdate): have the responder set "
      "that, as 'openssl ocsp -ndays' does");
    return -1;
  }

  if (staple->since < 0 || staple->since > now + TLS4217_STAPLE_SKEW) {
    tls4217_error_set(err, EINVAL,
      "is not valid before %s: check the clocks of this machine and of the "
      "responder",
      tls4217_staple_format_time(staple->since, text));
    return -1;
  }

  if (staple->until <= now) {
    tls4217_error_set(err, EINVAL, "is no longer valid, since %s: " FETCH_AGAIN,
      tls4217_staple_format_time(staple->until, text));
    return -1;
  }

  return 0;
}

/* A client that gets the response checks the signer's certificate, too. */
static void read_times(
  struct tls4217_staple *staple, OCSP_SINGLERESP *single, const X509 *signer) {
  ASN1_GENERALIZEDTIME *from = NULL, *to = NULL;
  int64_t end;

  (void) OCSP_single_get0_status(single, NULL, NULL, &from, &to);
  staple->since = seconds_of(from);
  staple->until = seconds_of(to);
  end = seconds_of(X509_get0_notAfter(signer));
  if (staple->until > end) {
    staple->until = end;
  }
}

/* All of it. */

static enum tls4217_staple_verdict check(struct tls4217_staple *staple,
  OCSP_BASICRESP *basic, X509 *leaf, X509 *issuer, int64_t now,
  struct tls4217_error *err) {
  OCSP_SINGLERESP *single = find_single(basic, leaf, issuer);
  X509 *signer = NULL;
  int status;

  if (single == NULL) {
    tls4217_error_set(err, EINVAL, "is about another certificate");
    return TLS4217_STAPLE_OTHERS;
  }

  if (check_signature(basic, issuer, now, &signer) < 0) {
    tls4217_error_set(err, EINVAL,
      "is signed neither by the certificate's issuer nor by a responder that "
      "has a valid certificate of it with the purpose OCSP signing");
    return TLS4217_STAPLE_UNUSABLE;
  }

  status = status_of(single);
  if (status == V_OCSP_CERTSTATUS_REVOKED) {
    tls4217_error_set(err, EINVAL,
      "says that the certificate has been REVOKED: get a new one, with a new "
      "key if the old one was stolen");
    return TLS4217_STAPLE_REVOKED;
  }

  if (status != V_OCSP_CERTSTATUS_GOOD) {
    tls4217_error_set(err, EINVAL,
      "says that the responder does not know the certificate (status %s): "
      "look whether it is the right responder",
      OCSP_cert_status_str(status));
    return TLS4217_STAPLE_UNUSABLE;
  }

  read_times(staple, single, signer);
  return check_times(staple, now, err) < 0 ? TLS4217_STAPLE_UNUSABLE :
                                             TLS4217_STAPLE_GOOD;
}

static struct tls4217_staple *make(const void *bytes, size_t size) {
  struct tls4217_staple *staple = OPENSSL_zalloc(sizeof(*staple));

  if (staple == NULL) {
    return NULL;
  }

  staple->users = 1;
  staple->size = size;
  staple->bytes = OPENSSL_memdup(bytes, size);
  if (staple->bytes == NULL) {
    OPENSSL_free(staple);
    return NULL;
  }

  return staple;
}

struct tls4217_staple *tls4217_staple_new(const void *bytes, size_t size,
  X509 *leaf, X509 *issuer, int64_t now, enum tls4217_staple_verdict *verdict,
  struct tls4217_error *err) {
  struct tls4217_staple *staple = NULL;
  OCSP_BASICRESP *basic;

  *verdict = TLS4217_STAPLE_UNUSABLE;
  if (size > TLS4217_STAPLE_MAX) {
    tls4217_error_set(err, EFBIG, "is larger than %lu bytes",
      (unsigned long) TLS4217_STAPLE_MAX);
    return NULL;
  }

  ERR_clear_error();
  basic = open_response(bytes, size, err);
  if (basic == NULL) {
    goto out;
  }

  if (issuer == NULL) {
    tls4217_error_set(err, ENOENT,
      "cannot be checked without the certificate's issuer: put that behind the "
      "certificate in its file, or into TLSCACertificateFile");
    goto out;
  }

  staple = make(bytes, size);
  if (staple == NULL) {
    tls4217_error_set(err, ENOMEM, "cannot be kept: out of memory");
    goto out;
  }

  *verdict = check(staple, basic, leaf, issuer, now, err);
  if (*verdict != TLS4217_STAPLE_GOOD) {
    tls4217_staple_release(staple);
    staple = NULL;
  }

out:
  OCSP_BASICRESP_free(basic);
  ERR_clear_error();
  return staple;
}

struct tls4217_staple *tls4217_staple_share(struct tls4217_staple *staple) {
  if (staple != NULL) {
    staple->users++;
  }

  return staple;
}

void tls4217_staple_release(struct tls4217_staple *staple) {
  if (staple != NULL && --staple->users == 0) {
    OPENSSL_free(staple->bytes);
    OPENSSL_free(staple);
  }
}

bool tls4217_staple_is_valid(const struct tls4217_staple *staple, int64_t now) {
  return now < staple->until;
}

bool tls4217_staple_is_old(const struct tls4217_staple *staple, int64_t now) {
  return staple->until - now < (staple->until - staple->since) / 4;
}

/* What a certificate says. */

bool tls4217_staple_is_required(const X509 *cert) {
  TLS_FEATURE *features = X509_get_ext_d2i(cert, NID_tlsfeature, NULL, NULL);
  bool found = false;

  for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++) {
    found = found ||
      ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
  }

  sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
  ERR_clear_error();
  return found;
}

bool tls4217_staple_has_responder(X509 *cert) {
  STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(cert);
  const bool has = sk_OPENSSL_STRING_num(urls) > 0;

  X509_email_free(urls);
  ERR_clear_error();
  return has;
}
