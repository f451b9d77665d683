/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an upload touches nothing until TLS is up
 *
 * The layer lies on "/", above whatever is registered there (mod_vroot), and
 * passes everything on but the calls below: open, fstat, close and unlink for
 * the one file of the upload that waits, write for all.  It is registered with
 * the first protected upload: after login, so that chroot(2) and other layers
 * are in place.
 */

#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/data/fslayer.h"
#include "mod_tls4217/ftp/data/upload.h"

/* Linux alone has leases; -1 is a command that no system knows. */
#ifdef F_SETLEASE
# define SET_LEASE F_SETLEASE
#else
# define SET_LEASE (-1)
#endif

/* One open of the core's, for heldfile.c. */
struct opening {
  const pr_fs_t *fs;
  pr_fh_t *fh;
  const char *path;
};

static int open_below(void *user, int flags) {
  const struct opening *opening = user;

  return tls4217_fslayer_open(opening->fs, opening->fh, opening->path, flags);
}

/* Other modules open files, too, while an upload begins.  This is the core's,
 * by the path that mod_xfer has just set. */
static bool is_target(const pr_fh_t *fh) {
  const char *path = session.xfer.xfer_type == STOR_HIDDEN ?
    session.xfer.path_hidden :
    session.xfer.path;

  return path != NULL && fh->fh_path != NULL && strcmp(path, fh->fh_path) == 0;
}

static int open_cb(pr_fh_t *fh, const char *path, int flags) {
  struct tls4217_upload *upload = &tls4217_session_get()->upload;
  struct opening opening = { upload->fs, fh, path };
  struct stat st;
  int fd;

  if (tls4217_heldfile_takes(&upload->held, flags) == false ||
    is_target(fh) == false) {
    return tls4217_fslayer_open(upload->fs, fh, path, flags);
  }

  fd = tls4217_heldfile_open(&upload->held, flags, open_below, &opening);
  if (fd >= 0) {
    memset(&st, 0, sizeof(st));
    (void) tls4217_fslayer_fstat(upload->fs, fh, fd, &st);
    tls4217_heldfile_note(&upload->held, &st);
    upload->fh = fh;
    upload->path = pstrdup(upload->pool, path);
  }

  return fd;
}

/* MaxStoreFileSize is checked against the size that the core has counted. */
static int fstat_cb(pr_fh_t *fh, int fd, struct stat *st) {
  const struct tls4217_upload *upload = &tls4217_session_get()->upload;
  int res;

  res = tls4217_fslayer_fstat(upload->fs, fh, fd, st);

  if (res == 0 && upload->fh == fh && upload->held.truncate) {
    st->st_size = 0;
  }

  return res;
}

/*
 * A disk that becomes full takes a part of what it is given, and says why at
 * the next attempt.  The core makes none, takes the part for a fault of the
 * device, and answers 451 in place of 452 or 552.  It aborts the upload
 * whatever has been written; where it would write again, for a signal, nothing
 * has been.
 */
static int write_cb(pr_fh_t *fh, int fd, const char *buf, size_t size) {
  const struct tls4217_upload *upload = &tls4217_session_get()->upload;
  size_t done = 0;

  while (done < size) {
    int res = tls4217_fslayer_write(
      upload->fs, fh, fd, buf + done, size - done);

    if (res == 0 || (res < 0 && (errno != EINTR || done == 0))) {
      return res < 0 ? -1 : (int) done;
    }

    if (res > 0) {
      done += (size_t) res;
    }
  }

  return (int) done;
}

/*
 * Whether another process has the file open, and may be about to write to it:
 * no lease is granted then (fcntl(2)).  A process that opens it meanwhile waits
 * until we close it.
 */
static bool is_open_elsewhere(int fd) {
  return fcntl(fd, SET_LEASE, F_WRLCK) < 0 && errno == EAGAIN;
}

/* Removes what the upload has made; fd is still open, so that no other file
 * can have got its inode. */
static void undo(struct tls4217_upload *upload, pr_fh_t *fh, int fd) {
  struct stat opened, named;

  if (upload->held.state == TLS4217_HELDFILE_CREATED &&
    is_open_elsewhere(fd) == false &&
    tls4217_fslayer_fstat(upload->fs, fh, fd, &opened) == 0 &&
    tls4217_fslayer_lstat(upload->fs, upload->path, &named) == 0 &&
    tls4217_heldfile_may_remove(&upload->held, &opened, &named)) {
    (void) tls4217_fslayer_unlink(upload->fs, upload->path);
    pr_fs_clear_cache2(upload->path);
  }
}

/* Some file systems say as late as this that there is no room; the core has
 * 550 for it, mostly. */
static void note_no_room(struct tls4217_session *sess, int xerrno) {
  if (xerrno == ENOSPC) {
    tls4217_failure_set(sess, TLS4217_REPLY_UPLOAD_NO_SPACE, NULL);

  } else if (xerrno == EDQUOT) {
    tls4217_failure_set(sess, TLS4217_REPLY_UPLOAD_OVER_QUOTA, NULL);
  }
}

static int close_cb(pr_fh_t *fh, int fd) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_upload *upload = &sess->upload;
  const bool is_upload = session.xfer.direction == PR_NETIO_IO_RD &&
    is_target(fh);
  int res, xerrno;

  if (upload->fh == fh) {
    undo(upload, fh, fd);
    upload->fh = NULL;
  }

  res = tls4217_fslayer_close(upload->fs, fh, fd);
  xerrno = errno;
  if (res < 0 && is_upload) {
    note_no_room(sess, xerrno);
  }

  errno = xerrno;
  return res;
}

/* DeleteAbortedStores is about what an upload has written.  This one has
 * written nothing, and its file was removed, if that was due, when it was
 * closed. */
static int unlink_cb(pr_fs_t *fs, const char *path) {
  const struct tls4217_upload *upload = &tls4217_session_get()->upload;

  (void) fs;
  if (upload->path != NULL && strcmp(upload->path, path) == 0) {
    errno = ENOENT;
    return -1;
  }

  return tls4217_fslayer_unlink(upload->fs, path);
}

static bool register_layer(struct tls4217_session *sess) {
  pr_fs_t *fs;

  if (sess->upload.fs != NULL) {
    return true;
  }

  fs = tls4217_fslayer_register(sess->pool, "tls4217");
  if (fs == NULL) {
    tls4217_session_log(
      sess, "uploads cannot be monitored: %s", strerror(errno));
    return false;
  }

  fs->open = open_cb;
  fs->fstat = fstat_cb;
  fs->write = write_cb;
  fs->close = close_cb;
  fs->unlink = unlink_cb;
  sess->upload.fs = fs;
  return true;
}

static void release(struct tls4217_upload *upload) {
  tls4217_heldfile_release(&upload->held);
  upload->fh = NULL;
  upload->path = NULL;
  if (upload->pool != NULL) {
    destroy_pool(upload->pool);
    upload->pool = NULL;
  }
}

void tls4217_upload_begin(struct tls4217_session *sess, const cmd_rec *cmd) {
  struct tls4217_upload *upload = &sess->upload;

  if (register_layer(sess) == false) {
    return;
  }

  release(upload);
  upload->pool = make_sub_pool(sess->pool);
  pr_pool_tag(upload->pool, MOD_TLS4217_VERSION " upload");
  tls4217_heldfile_begin(&upload->held, strcmp(cmd->argv[0], C_STOU) == 0);
}

int tls4217_upload_commit(struct tls4217_session *sess) {
  struct tls4217_upload *upload = &sess->upload;

  if (upload->fh != NULL && upload->held.truncate &&
    pr_fsio_ftruncate(upload->fh, 0) < 0) {
    return -1;
  }

  release(upload);
  return 0;
}

void tls4217_upload_end(struct tls4217_session *sess) {
  struct tls4217_upload *upload = &sess->upload;

  if (upload->fh != NULL) {
    undo(upload, upload->fh, PR_FH_FD(upload->fh));
  }

  release(upload);
}
