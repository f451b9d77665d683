/*
 * mod_tls4217 - an upload touches nothing until TLS is up
 *
 * The layer lies on "/", above whatever is registered there (mod_vroot), and
 * passes everything on but the four calls below, and these only for the one
 * file of the upload that waits.  It is registered with the first protected
 * upload: after login, so that chroot(2) and other layers are in place.
 */

#include "mod_tls4217/ftp/layer.h"
#include "mod_tls4217/ftp/upload.h"

/* Opens the target as it is; makes it only if it is not there. */
static int open_held_back(
  struct tls4217_upload *upload, pr_fh_t *fh, const char *path, int flags) {
  int fd;

  if (flags & O_EXCL) {
    fd = tls4217_layer_open(upload->fs, fh, path, flags);
    upload->created = (fd >= 0);
    return fd;
  }

  fd = tls4217_layer_open(upload->fs, fh, path, flags & ~(O_CREAT | O_TRUNC));
  if (fd >= 0) {
    upload->truncate = (flags & O_TRUNC) != 0;
    upload->created = upload->made_by_stou;
    return fd;
  }

  if (errno != ENOENT) {
    return -1;
  }

  fd = tls4217_layer_open(upload->fs, fh, path, (flags & ~O_TRUNC) | O_EXCL);
  upload->created = (fd >= 0);
  if (fd < 0 && errno == EEXIST) {
    /* A symbolic link that leads nowhere: the core's own way. */
    fd = tls4217_layer_open(upload->fs, fh, path, flags);
  }

  return fd;
}

static int open_cb(pr_fh_t *fh, const char *path, int flags) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_upload *upload = &sess->upload;
  int fd;

  if (upload->armed == false || upload->fh != NULL || !(flags & O_CREAT)) {
    return tls4217_layer_open(upload->fs, fh, path, flags);
  }

  fd = open_held_back(upload, fh, path, flags);
  if (fd >= 0) {
    upload->fh = fh;
    upload->path = pstrdup(
      session.xfer.p != NULL ? session.xfer.p : sess->pool, path);
  }

  return fd;
}

/* MaxStoreFileSize is judged by the size that the core believes in. */
static int fstat_cb(pr_fh_t *fh, int fd, struct stat *st) {
  const struct tls4217_upload *upload = &tls4217_session_get()->upload;
  int res;

  res = tls4217_layer_fstat(upload->fs, fh, fd, st);

  if (res == 0 && upload->fh == fh && upload->truncate) {
    st->st_size = 0;
  }

  return res;
}

static int close_cb(pr_fh_t *fh, int fd) {
  struct tls4217_upload *upload = &tls4217_session_get()->upload;

  if (upload->fh == fh) {
    upload->fh = NULL;
  }

  return tls4217_layer_close(upload->fs, fh, fd);
}

/* DeleteAbortedStores means what an upload has written; this one has written
 * nothing, and the file was there before it. */
static int unlink_cb(pr_fs_t *fs, const char *path) {
  const struct tls4217_upload *upload = &tls4217_session_get()->upload;

  (void) fs;
  if (upload->armed && upload->created == false && upload->path != NULL &&
    strcmp(upload->path, path) == 0) {
    errno = ENOENT;
    return -1;
  }

  return tls4217_layer_unlink(upload->fs, path);
}

static bool register_layer(struct tls4217_session *sess) {
  pr_fs_t *fs;

  if (sess->upload.fs != NULL) {
    return true;
  }

  fs = pr_register_fs(sess->pool, "tls4217", "/");
  if (fs == NULL) {
    tls4217_session_log(
      sess, "uploads cannot be watched over: %s", strerror(errno));
    return false;
  }

  fs->open = open_cb;
  fs->fstat = fstat_cb;
  fs->close = close_cb;
  fs->unlink = unlink_cb;
  sess->upload.fs = fs;
  return true;
}

void tls4217_upload_begin(struct tls4217_session *sess, const cmd_rec *cmd) {
  struct tls4217_upload *upload = &sess->upload;

  if (register_layer(sess) == false) {
    return;
  }

  upload->armed = true;
  upload->made_by_stou = (strcmp(cmd->argv[0], C_STOU) == 0);
  upload->created = upload->truncate = false;
  upload->fh = NULL;
  upload->path = NULL;
}

int tls4217_upload_commit(struct tls4217_session *sess) {
  struct tls4217_upload *upload = &sess->upload;

  if (upload->armed == false) {
    return 0;
  }

  if (upload->fh != NULL && upload->truncate &&
    pr_fsio_ftruncate(upload->fh, 0) < 0) {
    return -1;
  }

  upload->truncate = false;
  upload->armed = false;
  return 0;
}

void tls4217_upload_end(struct tls4217_session *sess) {
  struct tls4217_upload *upload = &sess->upload;

  if (upload->armed && upload->created && upload->path != NULL) {
    (void) tls4217_layer_unlink(upload->fs, upload->path);
    pr_fs_clear_cache2(upload->path);
  }

  upload->armed = false;
  upload->fh = NULL;
  upload->path = NULL;
}
