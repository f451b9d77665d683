# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the tests with real clients share: running them, reading TLSLog.

A client is a program of its own, found on PATH; where it is missing, its
tests are skipped and say so.  Every run of one ends after its time limit.
"""

import collections
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), "live")]
sys.dont_write_bytecode = True

import client   # noqa: E402
import harness  # noqa: E402

#: No single client may run longer, in seconds.
CLIENT_SECONDS = 30

#: As a client and TLSLog call the versions.
VERSION_NAMES = {client.TLS1_2: "TLSv1.2", client.TLS1_3: "TLSv1.3"}

HANDSHAKE = re.compile(
    r"(?P<channel>control|data) connection from (?P<peer>\S+): "
    r"(?P<version>TLSv[\d.]+) (?P<cipher>\S+) \(\d+ bits\), group \S+, "
    r"(?P<kind>resumed|full handshake), ")

Done = collections.namedtuple("Done", "code out err")


def run(command, cwd=None, stdin=b"", seconds=CLIENT_SECONDS):
    """Runs a client to its end, with no settings of whoever runs the test."""
    environment = dict(os.environ, HOME=cwd or "/nonexistent", LC_ALL="C")
    for name in ("all_proxy", "ftp_proxy", "ALL_PROXY", "FTP_PROXY"):
        environment.pop(name, None)
    done = subprocess.run(command, cwd=cwd, input=stdin, env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=seconds, check=False)
    return Done(done.returncode, done.stdout,
                done.stderr.decode(errors="replace"))


@functools.lru_cache(maxsize=None)
def pattern(size, seed=b"x"):
    """Bytes in which no part repeats another."""
    blocks = (hashlib.sha256(seed + b"%d" % at).digest()
              for at in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def tree(directory):
    """All files below a directory: relative path -> bytes."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                found[os.path.relpath(path, directory)] = stream.read()
    return found


class ClientCase(harness.LiveCase):
    """A LiveCase whose clients are programs.

    The server has an implicit host beside the explicit one.
    """

    SERVER = {"vhosts": {"implicit": "TLSOptions UseImplicitSSL"}}

    #: The client: a program, or None where it is this Python.
    NEEDS = None

    @classmethod
    def setUpClass(cls):
        reason = cls.reason_to_skip()
        if reason:
            raise unittest.SkipTest(reason)
        super().setUpClass()
        cls.forget_probes()

    @classmethod
    def reason_to_skip(cls):
        """Why these tests cannot be run here, or None."""
        if cls.NEEDS is not None and shutil.which(cls.NEEDS) is None:
            return cls.NEEDS + " is not installed"
        return None

    @classmethod
    def forget_probes(cls):
        """Waits until all is logged of whoever asked if the server was up.

        A port's connections are served in their order, and a process that
        is gone logs no more.
        """
        for host in cls.server.ports:
            client.Control(cls.server.address(host), cls.server.context(),
                           implicit=host == "implicit").quit()
        if not client.until(lambda: not cls.server.sessions()):
            raise AssertionError("a session does not end")

    def setUp(self):
        self.scratch = tempfile.mkdtemp(prefix="client.",
                                        dir=self.server.root)

    def local(self, name, body=None):
        """The path of a file on the client's side, with these bytes."""
        path = os.path.join(self.scratch, name)
        if body is not None:
            with open(path, "wb") as stream:
                stream.write(body)
        return path

    def local_bytes(self, name):
        with open(self.local(name), "rb") as stream:
            return stream.read()

    def assert_done(self, done, code=0):
        """The client's exit status, with what it said where it differs."""
        self.assertEqual(done.code, code, done.err + repr(done.out[-2000:]))

    def handshakes(self, channel):
        """The summary lines that TLSLog has got since the test began."""
        return [found for found in HANDSHAKE.finditer(self.server.log())
                if found["channel"] == channel]

    def assert_channels(self, control, data, resumed=True):
        """How many handshakes there were, in the client's TLS version, and
        whether data connections resumed; nothing else may be logged."""
        seen = {"control": self.handshakes("control"),
                "data": self.handshakes("data")}
        log = self.server.log()
        self.assertEqual(len(seen["control"]), control, log)
        self.assertEqual(len(seen["data"]), data, log)
        self.assertEqual({each["kind"] for each in seen["data"]},
                         {"resumed" if resumed else "full handshake"}
                         if data else set(), log)
        if self.VERSION is not None:
            self.assertEqual(
                {each["version"] for both in seen.values() for each in both},
                {VERSION_NAMES[self.VERSION]}, log)
        self.assertEqual(len(log.splitlines()), control + data, log)
