#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""System calls of a session fail: interrupted, with nothing to do now, with
half of what was asked, and for want of memory, descriptors or luck.

What a signal or a short count does to a transfer nobody sees.  Whatever else
fails, the client has a reply that says so, or its connection is closed, and no
226 is wrong.  ProFTPD's own part of a session does not always take what is
tried here; what fails in clear as well is not tried, and the tables say where.
"""

import errno

import faultcase    # finds the others
from faultcase import (ANY, FILE, SESSION, SHORT, SOCKET, STORED, client,
                       harness)

harness.TEST_SECONDS = 3600 if faultcase.STRIDE else 120

#: From the session's first call on: which, of what, what it comes to, the first
#: and each so many behind it.  ProFTPD sleeps 0.2 seconds for each EINTR that
#: it sees itself, and takes one of a file, or in select(2) before the greeting,
#: for an error.
HARMLESS = (
    ("read", SOCKET, errno.EINTR, 1, 2),
    ("write", SOCKET, errno.EINTR, 2, 3),
    ("recv", SOCKET, errno.EINTR, 1, 3),
    ("recvmsg", ANY, errno.EINTR, 1, 2),
    ("sendmsg", ANY, errno.EINTR, 1, 2),
    ("poll", ANY, errno.EINTR, 1, 2),
    ("select", ANY, errno.EINTR, 3, 11),
    ("accept", ANY, errno.EINTR, 1, 2),
    ("close", ANY, errno.EINTR, 5, 13),
    ("read", SOCKET, errno.EAGAIN, 2, 3),
    ("recv", SOCKET, errno.EAGAIN, 1, 2),
    ("recvmsg", ANY, errno.EAGAIN, 1, 2),
    ("sendmsg", ANY, errno.EAGAIN, 1, 2),
    ("read", SOCKET, SHORT, 1, 2),
    ("read", FILE, SHORT, 2, 3),
    ("write", SOCKET, SHORT, 1, 2),
    ("write", STORED, SHORT, 1, 2),
    ("recv", SOCKET, SHORT, 1, 2),
)

#: Each call of a phase fails alone.  dup(2) before the greeting and select(2)
#: anywhere leave ProFTPD without a session or in a wait of its own, in clear,
#: too; a file that cannot be read there is the list of users.
ENTER, RETR, STOR = "enter", "retr", "stor"
TRANSFERS = (RETR, STOR)
ALL = (ENTER, RETR, STOR)
FATAL = (
    ("read", SOCKET, errno.ECONNRESET, ALL),
    ("read", SOCKET, errno.ENOMEM, ALL),
    ("read", FILE, errno.EIO, (RETR,)),
    ("write", SOCKET, errno.ECONNRESET, ALL),
    ("write", SOCKET, errno.EPIPE, ALL),
    ("write", SOCKET, errno.ENOMEM, ALL),
    ("write", FILE, errno.EIO, ALL),
    ("write", FILE, errno.ENOSPC, ALL),
    ("recv", SOCKET, errno.ECONNRESET, ALL),
    ("recvmsg", ANY, errno.ECONNRESET, ALL),
    ("recvmsg", ANY, errno.ENOMEM, ALL),
    ("sendmsg", ANY, errno.EPIPE, ALL),
    ("sendmsg", ANY, errno.ENOMEM, ALL),
    ("poll", ANY, errno.ENOMEM, ALL),
    ("socket", ANY, errno.EMFILE, ALL),
    ("socketpair", ANY, errno.EMFILE, ALL),
    ("accept", ANY, errno.EMFILE, TRANSFERS),
    ("accept", ANY, errno.ECONNRESET, TRANSFERS),
    ("open", ANY, errno.EMFILE, TRANSFERS),
    ("open", ANY, errno.EIO, TRANSFERS),
    ("close", ANY, errno.EIO, ALL),
    ("fcntl", SOCKET, errno.EMFILE, ALL),
    ("dup", ANY, errno.EMFILE, TRANSFERS),
    ("ftruncate", ANY, errno.EIO, (STOR,)),
    ("fstat", ANY, errno.EIO, ALL),
    ("setsockopt", ANY, errno.ENOMEM, ALL),
    ("mmap", ANY, errno.ENOMEM, ALL),
)

#: What a file system says that is full, and the reply.
FULL = (
    ("write", errno.ENOSPC, 0, "452"),
    ("write", errno.ENOSPC, 1, "452"),
    ("write", errno.EDQUOT, 0, "552"),
    ("write", errno.EDQUOT, 1, "552"),
    ("write", errno.EFBIG, 1, "552"),
    ("close", errno.ENOSPC, 0, "452"),
    ("close", errno.EDQUOT, 0, "552"),
)


def describe(call, error):
    return "%s: %s" % (call, errno.errorcode.get(error, "a short count"))


class CallsCase(faultcase.FaultCase):

    def rows(self, table):
        """All of them for "make faults", else half for each version."""
        return table if faultcase.STRIDE else \
            table[self.VERSION == client.TLS1_3::2]


@harness.both_versions
class Calls(CallsCase):

    def test_harmless(self):
        for call, kind, error, first, every in self.rows(HARMLESS):
            visit = self.visit(describe(call, error))
            self.server.plan(SESSION, call, error, first, every, kind)
            came = visit.run(visit.enter, visit.retr, visit.stor, visit.quit)
            self.assertEqual(came, "ok", visit.name)
            self.note(visit.name if self.server.counted()[1] else
                      "not hit: " + visit.name)
            self.server.end_plan()
            visit.close()
        self.say("harmless")
        self.assert_over()

    def fail(self, phase, call, kind, error, first):
        """One session, in whose phase one call fails."""
        visit = self.visit("%s, %s, number %d" % (
            phase, describe(call, error), first))
        if phase != ENTER:
            self.assertEqual(visit.run(visit.enter), "ok")
        self.server.plan(SESSION, call, error, first, 0, kind)
        came = visit.run(getattr(visit, phase))
        self.server.end_plan()
        self.note(came)
        if came not in faultcase.ENDS:
            self.assertIn(came, faultcase.HANDSHAKE_ENDS | {"ok", "530"}
                          if phase == ENTER else faultcase.TRANSFER_ENDS,
                          visit.name)
        if came == "ok" or (phase != ENTER and came not in faultcase.ENDS):
            came = visit.run(visit.noop, visit.retr, visit.stor, visit.quit)
            self.assertEqual(came, "ok", "after " + visit.name)
        visit.close()

    def test_fatal(self):
        for call, kind, error, phases in self.rows(FATAL):
            for phase in phases:
                steps = (phase,) if phase == ENTER else (ENTER, phase)
                number = self.count(*steps, call=call, kind=kind)
                step = faultcase.STRIDE or max(number, 1)
                for first in range(1 + step // 2, number + 1, step):
                    self.fail(phase, call, kind, error, first)
        self.say("fatal")
        self.assert_over()
        self.assert_serves()


@harness.both_versions
class FullDisks(CallsCase):
    """452 or 552, the file as ProFTPD leaves it in clear, and the session goes
    on."""

    SERVER = {"directives": faultcase.FaultCase.SERVER["directives"],
              "vhosts": {"hidden": "HiddenStores on",
                         "deletes": "DeleteAbortedStores on"}}

    def store(self, host, protected, first, full):
        """What came of an upload, and what is in the folder then."""
        call, error, part, _ = full
        self.server.put("stored", b"previous")
        visit = self.visit("%s, %s, part %d, number %d" % (
            host, describe(call, error), part, first), host=host,
            protected=protected)
        self.assertEqual(visit.run(visit.enter), "ok")
        self.server.plan(SESSION, call, error, first, part, STORED, part)
        came = visit.run(visit.stor)
        self.server.end_plan()
        kept = self.server.get("stored")
        self.assertEqual(visit.run(visit.noop, visit.retr, visit.stor,
                                   visit.quit), "ok", visit.name)
        self.assertEqual(self.server.get("stored"), faultcase.BODY)
        visit.close()
        return visit.name, came, kept

    def test_full(self):
        for host in ("main", "hidden", "deletes"):
            for full in self.rows(FULL):
                first = 1 if full[0] == "close" else 2
                name, came, kept = self.store(host, True, first, full)
                self.assertEqual(came, full[-1], name)
                self.note(came)
                if full[2]:
                    continue    # in clear the core has 451, and the same file
                clear = self.store(host, False, first, full)
                self.assertEqual(self.describe(kept),
                                 self.describe(clear[-1]), name)
        self.say("full disk")
        self.assert_over()

    @staticmethod
    def describe(kept):
        """How much comes before the fault is a matter of the network."""
        if kept is None or kept == b"previous":
            return kept
        return "a part" if kept and faultcase.BODY.startswith(kept) else kept


if __name__ == "__main__":
    harness.main()
