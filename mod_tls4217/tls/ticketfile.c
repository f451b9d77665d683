/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys from a file
 *
 * See ticketfile.h.  EVP_DecodeBlock(3).
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/cert/wholefile.h"
#include "mod_tls4217/tls/ticketfile.h"

/* Of 16 bytes of name and two keys of 16 or 32 bytes. */
#define SHORT_SIZE 48
#define LONG_SIZE  TLS4217_TICKETRING_SECRET

/* A line of base64, and what it decodes to with its padding. */
#define LINE_SIZE 108
#define DECODED   (LINE_SIZE / 4 * 3)

/* A ring's worth of lines. */
#define LIMIT ((LINE_SIZE + 2) * TLS4217_TICKETRING_MAX)

static int refuse(
  const char *path, const char *why, struct tls4217_error *err) {
  tls4217_error_set(err, EINVAL,
    "'%s' %s; write one with 'openssl rand 80 >FILE', mode 0600", path, why);
  return -1;
}

static bool is_one_byte(const unsigned char *bytes, size_t size) {
  for (size_t i = 1; i < size; i++) {
    if (bytes[i] != bytes[0]) {
      return false;
    }
  }

  return true;
}

static int add(const char *path, const unsigned char *bytes, size_t size,
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  struct tls4217_ticketsecret *secret = &ring->secrets[ring->count];

  if (size != SHORT_SIZE && size != LONG_SIZE) {
    return refuse(path, "holds a key that has neither 48 nor 80 bytes", err);
  }

  /* The name, which everybody sees, makes no key of zeros better. */
  if (is_one_byte(bytes, size) || is_one_byte(bytes + 16, size - 16)) {
    return refuse(path, "holds a key whose bytes are all the same", err);
  }

  if (tls4217_ticketring_find(ring, bytes, size) != NULL) {
    return refuse(path, "holds a key that occurs twice", err);
  }

  if (ring->count == TLS4217_TICKETRING_MAX) {
    return refuse(path, "is one key too many: 65 are the most", err);
  }

  memcpy(secret->bytes, bytes, size);
  secret->size = size;
  secret->from = TLS4217_TICKETRING_LATER;
  ring->count++;
  return 0;
}

static int add_line(const char *path, const char *line, size_t len,
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  unsigned char bytes[DECODED];
  int size = -1, ret;

  if (len > 0 && len <= LINE_SIZE) {
    size = EVP_DecodeBlock(bytes, (const unsigned char *) line, (int) len);
  }

  /* It counts what the padding stands for. */
  for (size_t i = 0; size > 0 && i < 2 && line[len - 1 - i] == '='; i++) {
    size--;
  }

  ret = size < 0 ?
    refuse(path,
      "has neither 48 nor 80 bytes, nor is it lines of base64 of so many",
      err) :
    add(path, bytes, (size_t) size, ring, err);
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return ret;
}

/* From the end: the last line is the newest. */
static int add_lines(const char *path, const char *text, size_t size,
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  size_t end = size;

  while (end > 0) {
    size_t begin = end;

    while (begin > 0 && text[begin - 1] != '\n') {
      begin--;
    }

    if (end > begin && text[end - 1] == '\r') {
      end--;
    }

    if (end > begin &&
      add_line(path, text + begin, end - begin, ring, err) < 0) {
      return -1;
    }

    end = begin > 0 ? begin - 1 : 0;
  }

  return ring->count > 0 ? 0 : refuse(path, "holds no key", err);
}

static int check_mode(
  const char *path, const struct stat *st, struct tls4217_error *err) {
  if ((st->st_mode & (S_IROTH | S_IWOTH)) == 0) {
    return 0;
  }

  tls4217_error_set(err, EACCES,
    "every user of this machine can %s the keys in '%s' (its mode is %04o): "
    "'chmod o= %s', and replace them",
    (st->st_mode & S_IROTH) != 0 ? "read" : "replace", path,
    (unsigned int) st->st_mode & 07777U, path);
  return -1;
}

int tls4217_ticketfile_read(const char *path, struct tls4217_ticketring *ring,
  int64_t *modified, struct tls4217_error *err) {
  struct tls4217_wholefile file = {
    .role = "file of ticket keys",
    .path = path,
    .content = "48 or 80 random bytes",
    .limit = LIMIT,
  };
  struct stat st;
  int fd, ret;

  fd = tls4217_wholefile_open(&file, err);
  if (fd < 0) {
    return -1;
  }

  ret = fstat(fd, &st);
  if (ret < 0) {
    tls4217_error_set_errno(err, errno, "'%s' cannot be checked", path);

  } else {
    ret = check_mode(path, &st, err);
  }

  if (tls4217_wholefile_read(&file, fd, err) < 0) {
    ret = -1;
  }

  if (ret == 0) {
    *modified = (int64_t) st.st_mtime;
    ret = file.size == SHORT_SIZE || file.size == LONG_SIZE ?
      add(path, (const unsigned char *) file.bytes, file.size, ring, err) :
      add_lines(path, file.bytes, file.size, ring, err);
  }

  tls4217_wholefile_wipe(&file);
  return ret;
}
