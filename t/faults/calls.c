/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - system calls that fail, for tests
 *
 * See plan.h.  Each function is the C library's, with the plan asked first.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

/* The function of this name behind ours. */
#define REAL(result, name, parameters) \
 static result(*real) parameters = NULL; \
 if (real == NULL) { \
  real = (result(*) parameters) dlsym(RTLD_NEXT, #name); \
 }

/* One that moves bytes: fails, or moves less. */
#define MOVES(name, call, parameters, fd, size, ...) \
 ssize_t name parameters { \
  REAL(ssize_t, name, parameters) \
  long part = faults_cut(call, fd, size); \
  return part < 0 ? -1 : real(__VA_ARGS__, (size_t) part); \
 }

MOVES(read, FAULTS_READ, (int fd, void *buf, size_t size), fd, size, fd, buf)
MOVES(write, FAULTS_WRITE, (int fd, const void *buf, size_t size), fd, size, fd,
  buf)

ssize_t recv(int fd, void *buf, size_t size, int flags) {
  REAL(ssize_t, recv, (int, void *, size_t, int) )
  long part = faults_cut(FAULTS_RECV, fd, size);

  return part < 0 ? -1 : real(fd, buf, (size_t) part, flags);
}

ssize_t send(int fd, const void *buf, size_t size, int flags) {
  REAL(ssize_t, send, (int, const void *, size_t, int) )
  long part = faults_cut(FAULTS_SEND, fd, size);

  return part < 0 ? -1 : real(fd, buf, (size_t) part, flags);
}

/* One that works on a descriptor, or on none. */
#define FAILS(result, name, call, parameters, fd, ...) \
 result name parameters { \
  REAL(result, name, parameters) \
  return faults_hit_fd(call, fd) ? (result) faults_fail() : real(__VA_ARGS__); \
 }

#define FAILS_ALONE(result, name, call, parameters, ...) \
 result name parameters { \
  REAL(result, name, parameters) \
  return faults_hit(call) ? (result) faults_fail() : real(__VA_ARGS__); \
 }

FAILS(ssize_t, recvmsg, FAULTS_RECVMSG, (int fd, struct msghdr *msg, int flags),
  fd, fd, msg, flags)
FAILS(ssize_t, sendmsg, FAULTS_SENDMSG,
  (int fd, const struct msghdr *msg, int flags), fd, fd, msg, flags)
FAILS_ALONE(int, poll, FAULTS_POLL,
  (struct pollfd * fds, nfds_t count, int timeout), fds, count, timeout)
FAILS_ALONE(int, select, FAULTS_SELECT,
  (int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *wait),
  count, in, out, other, wait)
FAILS(int, accept, FAULTS_ACCEPT,
  (int fd, struct sockaddr *address, socklen_t *size), fd, fd, address, size)
FAILS(int, connect, FAULTS_CONNECT,
  (int fd, const struct sockaddr *address, socklen_t size), fd, fd, address,
  size)
FAILS_ALONE(int, socket, FAULTS_SOCKET_CALL,
  (int domain, int type, int protocol), domain, type, protocol)
FAILS_ALONE(int, socketpair, FAULTS_SOCKETPAIR,
  (int domain, int type, int protocol, int pair[2]), domain, type, protocol,
  pair)
FAILS(int, dup, FAULTS_DUP, (int fd), fd, fd)
FAILS(int, dup2, FAULTS_DUP, (int fd, int other), fd, fd, other)
FAILS(int, ftruncate, FAULTS_FTRUNCATE, (int fd, off_t size), fd, fd, size)
FAILS(int, fstat, FAULTS_FSTAT, (int fd, struct stat *st), fd, fd, st)
FAILS(int, setsockopt, FAULTS_SETSOCKOPT,
  (int fd, int level, int name, const void *value, socklen_t size), fd, fd,
  level, name, value, size)
FAILS(void *, mmap, FAULTS_MMAP,
  (void *at, size_t size, int protection, int flags, int fd, off_t offset), fd,
  at, size, protection, flags, fd, offset)

/* As the kernel does it: the descriptor is gone, whatever close(2) says. */
int close(int fd) {
  REAL(int, close, (int) )
  bool hit = faults_hit_fd(FAULTS_CLOSE, fd);
  int res = real(fd);

  return hit ? (int) faults_fail() : res;
}

int fcntl(int fd, int command, ...) {
  REAL(int, fcntl, (int, int, ...))
  va_list list;
  void *argument;

  va_start(list, command);
  argument = va_arg(list, void *);
  va_end(list);
  return faults_hit_fd(FAULTS_FCNTL, fd) ? (int) faults_fail() :
                                           real(fd, command, argument);
}

int open(const char *path, int flags, ...) {
  REAL(int, open, (const char *, int, ...))
  va_list list;
  mode_t mode;

  va_start(list, flags);
  mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
  va_end(list);
  return faults_hit(FAULTS_OPEN) ? (int) faults_fail() :
                                   real(path, flags, mode);
}
