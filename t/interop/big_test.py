#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""1 GiB up and down with curl, byte for byte.

The bytes are made and compared as they pass: only the server's copy is on a
disk, once.
"""

import os
import shutil
import subprocess
import unittest

import clients
import harness

SIZE = 1 << 30
BLOCK = 1 << 20

#: The most that one test may take, in seconds.
harness.TEST_SECONDS = 120

FLAGS = {clients.client.TLS1_2: ("--tls-max", "1.2"),
         clients.client.TLS1_3: ("--tlsv1.3",)}


def blocks():
    """1 GiB in blocks, none of which is like another."""
    body = clients.pattern(BLOCK)[8:]
    for at in range(SIZE // BLOCK):
        yield at.to_bytes(8, "big") + body


def first_difference(stream):
    """The block at which a stream is not what blocks() makes, or None."""
    for at, block in enumerate(blocks()):
        if stream.read(BLOCK) != block:
            return at
    return None if stream.read(1) == b"" else SIZE // BLOCK


@harness.both_versions
class Big(clients.ClientCase):
    """One file, as large as a file of their daily work."""

    NEEDS = "curl"

    @classmethod
    def prepare(cls):
        if shutil.disk_usage(cls.server.root).free < 2 * SIZE:
            raise unittest.SkipTest("less than 2 GiB free on the disk")

    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.server.home, "big")

    def tearDown(self):
        if os.path.exists(self.path):
            os.unlink(self.path)

    def curl(self, *args, **streams):
        """Starts curl; it ends by itself, whatever becomes of us."""
        url = "ftp://127.0.0.1:%d/big" % self.server.ports["main"]
        process = subprocess.Popen(
            ["curl", "-q", "-sS", "--ssl-reqd", "-u", "alice:wonder",
             "--max-time", str(harness.TEST_SECONDS), "--cacert",
             self.server.pki.path("root.pem"), *FLAGS[self.VERSION], *args,
             url], stderr=subprocess.PIPE, bufsize=0, **streams)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        return process

    def assert_ended(self, process):
        said = process.stderr.read()
        self.assertEqual(process.wait(timeout=20), 0, said)

    def upload(self):
        process = self.curl("-T", "-", stdin=subprocess.PIPE)
        with process.stdin:
            for block in blocks():
                process.stdin.write(block)
        self.assert_ended(process)

    def download(self):
        process = self.curl(stdout=subprocess.PIPE)
        with open(process.stdout.fileno(), "rb", closefd=False) as stream:
            self.assertIsNone(first_difference(stream))
        process.stdout.close()
        self.assert_ended(process)

    def test_up_and_down(self):
        self.upload()
        self.assertEqual(os.path.getsize(self.path), SIZE)
        with open(self.path, "rb") as stream:
            self.assertIsNone(first_difference(stream))
        self.download()
        self.assert_channels(control=2, data=2)


if __name__ == "__main__":
    harness.main()
