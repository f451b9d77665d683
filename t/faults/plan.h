/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what is to go wrong in a server, for tests
 *
 * A library for LD_PRELOAD: memory.c makes allocations of OpenSSL's fail, and
 * calls.c system calls.  Which, in which process and how often, a test writes
 * into the file that TLS4217_FAULTS names, which all processes of the server
 * have mapped.
 */

#ifndef TLS4217_FAULTS_PLAN_H
#define TLS4217_FAULTS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum faults_role {
  FAULTS_NOBODY,
  FAULTS_DAEMON,
  FAULTS_SESSION,
  FAULTS_KEYS
};

/* Of which descriptors a system call fails. */
enum faults_kind {
  FAULTS_ANY,
  FAULTS_SOCKET,
  FAULTS_FILE,  /* a regular one */
  FAULTS_STORED /* one that is open for writing alone, and not a log */
};

/* As faultcase.py has it, too. */
struct faults_plan {
  volatile uint32_t epoch; /* another number: the count begins at zero */
  volatile uint32_t role;
  volatile uint32_t call; /* enum faults_call, or 0 for an allocation */
  volatile uint32_t kind;
  volatile int32_t error;  /* errno; 0: a short count */
  volatile uint32_t part;  /* 1: the first that is hit does a part, and no
                            * error comes before the next */
  volatile uint32_t first; /* this one fails, counted from 1; 0: none does */
  volatile uint32_t every; /* and each so many behind it; 0: no other */
  volatile uint32_t seen;  /* how many there have been, of one process */
  volatile uint32_t hits;  /* how many have failed, of all */
};

/* What can fail, in the order in which faultcase.py names them. */
enum faults_call {
  FAULTS_MEMORY,
  FAULTS_READ,
  FAULTS_WRITE,
  FAULTS_RECV,
  FAULTS_SEND,
  FAULTS_RECVMSG,
  FAULTS_SENDMSG,
  FAULTS_POLL,
  FAULTS_SELECT,
  FAULTS_ACCEPT,
  FAULTS_SOCKET_CALL,
  FAULTS_SOCKETPAIR,
  FAULTS_OPEN,
  FAULTS_CLOSE,
  FAULTS_FCNTL,
  FAULTS_DUP,
  FAULTS_FTRUNCATE,
  FAULTS_FSTAT,
  FAULTS_SETSOCKOPT,
  FAULTS_MMAP,
  FAULTS_CONNECT,
  FAULTS_CALLS
};

/* Whether this one, in this process, is to fail. */
bool faults_hit(enum faults_call call);

/* The same for a call that works on a descriptor; what is of another kind than
 * the plan's is not counted. */
bool faults_hit_fd(enum faults_call call, int fd);

/* Sets errno and returns -1. */
long faults_fail(void);

/* How much of size bytes a call may do: less, where the plan is for a short
 * count and this one is hit.  0 and more; -1 where it fails. */
long faults_cut(enum faults_call call, int fd, unsigned long size);

/* memory.c: to be called before OpenSSL allocates anything. */
void faults_take_memory(void);

#endif
