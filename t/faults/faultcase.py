# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A server in which allocations and system calls fail, as a test plans it.

plan.h has the plan, which lies in a page that the server's processes share
with the test.  A session under a plan must end in one of few ways: as if
nothing had been, with a reply that refuses, or with its connection closed; and
at once.  TLS4217_FAULTS_STRIDE says of which faults in a row one is tried; 1
is all of them ("make faults").
"""

import errno
import mmap
import os
import re
import shutil
import ssl
import struct
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "live"))

import client   # noqa: E402
import harness  # noqa: E402

COMPILER = shutil.which(os.environ.get("CC", "").split(" ")[0] or "cc")
STRIDE = int(os.environ.get("TLS4217_FAULTS_STRIDE", "0"))

NOBODY, DAEMON, SESSION, KEYS = range(4)
ANY, SOCKET, FILE, STORED = range(4)
CALLS = ("memory", "read", "write", "recv", "send", "recvmsg", "sendmsg",
         "poll", "select", "accept", "socket", "socketpair", "open", "close",
         "fcntl", "dup", "ftruncate", "fstat", "setsockopt", "mmap", "connect")
SHORT = 0

#: The members of struct faults_plan behind the epoch.
MEMBERS = struct.Struct("=IIIiIIIII")

#: Seconds: the time limit of a handshake here, and what a step may take on a
#: machine that does much else.  Beyond that a session hangs.
HANDSHAKE = 3
HANG = 10

#: How a connection may end, and the replies that a fault may have.
ENDS = {"SSLError", "SSLEOFError", "Cut", "ConnectionResetError",
        "BrokenPipeError"}
HANDSHAKE_ENDS = ENDS | {"421", "431"}
TRANSFER_ENDS = {"ok", "425", "426", "450", "451", "452", "522", "550"}

BODY = client.pattern(300000)


def each(count, stride):
    """The faults to try among so many: the first one, and whether all behind
    it fail, too."""
    for every in (0, 1):
        for first in range(1 + every * (stride // 2), count + 1, stride):
            yield first, every


class FaultServer(harness.Server):
    """One that asks the plan."""

    def environment(self):
        environment = super().environment()
        environment["LD_PRELOAD"] = ":".join(
            filter(None, [environment.get("LD_PRELOAD"),
                          self.path("faults.so")]))
        environment["TLS4217_FAULTS"] = self.path("faults")
        return environment

    def build(self):
        sources = [os.path.join(HERE, name)
                   for name in ("plan.c", "keyname.c", "memory.c",
                                "calls.c")]
        subprocess.run(
            [COMPILER, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o",
             self.path("faults.so"), *sources, "-lcrypto", "-ldl"],
            check=True, stdin=subprocess.DEVNULL, timeout=60)
        with open(self.path("faults"), "w+b") as stream:
            os.fchmod(stream.fileno(), 0o666)
            stream.truncate(mmap.PAGESIZE)
            self.page = mmap.mmap(stream.fileno(), mmap.PAGESIZE)

    page = None
    epoch = 0

    def plan(self, role, call="memory", error=SHORT, first=0, every=0,
             kind=ANY, part=0):
        """From now on, for the processes of this role."""
        self.end_plan()
        self.page[4:4 + MEMBERS.size] = MEMBERS.pack(
            NOBODY, CALLS.index(call), kind, error, part, first, every, 0,
            0)
        self.epoch += 1
        self.page[0:4] = struct.pack("=I", self.epoch)
        self.page[4:8] = struct.pack("=I", role)

    def end_plan(self):
        self.page[4:8] = struct.pack("=I", NOBODY)

    def counted(self):
        """How many calls there have been in a process, and how many of all
        have failed."""
        return MEMBERS.unpack(self.page[4:4 + MEMBERS.size])[-2:]


class Hang(AssertionError):
    """Something took longer than it may."""


class Visit:
    """One client's session, and what came of its steps."""

    def __init__(self, case, name, host="main", protected=True):
        self.case = case
        self.name = name
        self.host = host
        self.protected = protected
        self.control = None

    def run(self, *steps):
        """Returns what the last of them came to: "ok", a reply's code, or how
        the connection ended."""
        begin = time.monotonic()
        came = "ok"
        for step in steps:
            try:
                step()
            except client.Refused as refused:
                came = self.code_of(refused)
            except (client.Cut, ConnectionError, ssl.SSLError) as error:
                came = type(error).__name__
            except TimeoutError as error:
                raise Hang("%s: %s: nothing came in %.1f s" % (
                    self.name, step.__name__, client.TIMEOUT)) from error
            if time.monotonic() - begin > HANG:
                raise Hang("%s: %s took %.1f s" % (
                    self.name, step.__name__, time.monotonic() - begin))
            if came != "ok":
                break
        return came

    @staticmethod
    def code_of(refused):
        found = re.search(r"got (\d{3})[ -]", str(refused))
        if not found:
            raise AssertionError("no reply: %s" % refused) from refused
        return found.group(1)

    # -- steps

    def enter(self):
        """Connects, with TLS, and logs in."""
        self.control = self.case.connect(self.host)
        if self.protected:
            self.control.auth()
        self.control.login()
        if self.protected:
            self.control.protect()
        self.control.command("TYPE I", 200)

    def noop(self):
        self.control.command("NOOP", 200)

    def retr(self):
        got, trouble, reply = self.transfer("RETR body", lambda data:
                                            data.read_all())
        if reply.code == 226 and (trouble or got != BODY):
            raise AssertionError("%s: 226, and the client has %r" % (
                self.name, trouble or len(got)))
        self.expect(reply)

    def stor(self):
        _, _, reply = self.transfer("STOR stored", lambda data:
                                    data.write(BODY))
        if reply.code == 226 and self.case.server.get("stored") != BODY:
            raise AssertionError("%s: 226 for a file that is not whole" %
                                 self.name)
        self.expect(reply)

    def transfer(self, line, act):
        """What the client got, what went wrong on the data connection, and
        the last reply: one must come, whatever happens there."""
        got = trouble = None
        with self.control.data() as data:
            reply = self.control.command(line)
            if reply.code == 150:
                try:
                    data.open()
                    if self.protected:
                        data.secure()
                    got = act(data)
                    data.finish()
                except (ssl.SSLError, ConnectionError) as error:
                    trouble = error
                client.cut(data.sock)
                reply = self.control.reply()
        return got, trouble, reply

    @staticmethod
    def expect(reply):
        if reply.code != 226:
            raise client.Refused("wanted 226, got %s" % (reply,))

    def quit(self):
        self.control.quit()

    def close(self):
        if self.control is not None:
            self.control.close()


@unittest.skipUnless(COMPILER, "there is no C compiler")
class FaultCase(harness.LiveCase):

    SERVER_CLASS = FaultServer
    SERVER = {"directives": "TLSTimeoutHandshake %d\nTimeoutLinger 2\n" %
              HANDSHAKE}

    @classmethod
    def prepare(cls):
        cls.server.build()
        cls.server.put("body", BODY)

    def setUp(self):
        self.addCleanup(self.server.end_plan)
        self.came = {}

    def visit(self, name, **how):
        visit = Visit(self, name, **how)
        self.addCleanup(visit.close)
        return visit

    def count(self, *steps, **plan):
        """How many calls or allocations the last step needs where all of them
        succeed."""
        visit = self.visit("count")
        if steps[:-1]:
            self.assertEqual(visit.run(*(getattr(visit, step)
                                         for step in steps[:-1])), "ok")
        self.server.plan(SESSION, **plan)
        self.assertEqual(visit.run(getattr(visit, steps[-1])), "ok")
        number = self.server.counted()[0]
        self.server.end_plan()
        visit.close()
        return number

    def note(self, came):
        self.came[came] = self.came.get(came, 0) + 1

    def say(self, what):
        print("# %s: %s" % (what, ", ".join(
            "%s %d" % item for item in sorted(self.came.items()))))

    def assert_serves(self, name="afterwards"):
        """A session without faults."""
        self.server.end_plan()
        visit = self.visit(name)
        self.assertEqual(visit.run(visit.enter,
                                   visit.retr, visit.stor, visit.quit),
                         "ok")

    def assert_over(self):
        """No session is left behind."""
        self.assertTrue(client.until(lambda: not self.server.sessions(), HANG),
                        "sessions %s are left" % self.server.sessions())
