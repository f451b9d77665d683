#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Large downloads, which the module reads and encrypts in one loop.

That the loop has run is read in the trace; the bytes, counts and replies must
be those of a download that the core sends.
"""

import hashlib
import os
import re
import unittest

import client
import harness

BIG = 6 << 20
EDGE = 64 * 1024
TRACED = {"directives": "TraceLog {root}/trace.log\nTrace tls4217:5\n"
                        "TLSKernelOffload off"}


class DownloadCase(harness.LiveCase):
    """What the cases share."""

    SERVER = TRACED

    @classmethod
    def prepare(cls):
        cls.body = client.pattern(BIG)
        cls.server.put("big", cls.body)

    def sent(self):
        """How many bytes the loop has sent in each transfer so far."""
        if not os.path.exists(self.server.path("trace.log")):
            return []
        return [int(number) for number in re.findall(
            r"(\d+) bytes of the file were sent$",
            self.server.text("trace.log"), re.MULTILINE)]

    def download(self, control, line):
        """Returns the bytes of a download, and how many the loop has sent."""
        before = len(self.sent())
        received = control.download(line)
        return received, sum(self.sent()[before:])


@harness.both_versions
class Download(DownloadCase):
    """Binary files in PROT P."""

    def test_the_loop_sends_a_large_file(self):
        control = self.login()
        received, sent = self.download(control, "RETR big")
        self.assertTrue(received == self.body)
        self.assertEqual(sent, BIG)

    def test_sizes_around_the_edge(self):
        control = self.login()
        for size in (EDGE - 1, EDGE, EDGE + 1, 112 * 1024, 112 * 1024 + 1):
            with self.subTest(size=size):
                self.server.put("edge", self.body[:size])
                received, sent = self.download(control, "RETR edge")
                self.assertTrue(received == self.body[:size])
                self.assertEqual(sent, size if size >= EDGE else 0)

    def test_rest(self):
        control = self.login()
        control.command("REST 12345", 350)
        received, sent = self.download(control, "RETR big")
        self.assertTrue(received == self.body[12345:])
        self.assertEqual(sent, BIG - 12345)

    def test_ascii_is_left_to_the_core(self):
        self.server.put("lines", b"line\n" * (EDGE // 2))
        control = self.login()
        control.command("TYPE A", 200)
        received, sent = self.download(control, "RETR lines")
        self.assertEqual(received, b"line\r\n" * (EDGE // 2))
        self.assertEqual(sent, 0)

    def test_file_that_changes_meanwhile(self):
        """Shorter: what is left of it.  Longer: nothing twice."""
        for size in (BIG, 8 * BIG):
            path = self.server.put("grows", self.body * 4)
            control = self.login()
            with self.subTest(size=size), control.begin("RETR grows") as data:
                received = bytearray(data.tls.read(1000))
                os.truncate(path, size)
                received += data.read_all()
                data.finish()
                control.reply(226)
                self.assertTrue(
                    (self.body * 4 + bytes(4 * BIG)).startswith(received))
                self.assertGreaterEqual(len(received), min(size, 4 * BIG))

    def test_commands_behind_a_transfer_in_the_loop(self):
        control = self.login()
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            control.send(b"NOOP\r\n")
            control.reply(200)
            received = data.read_all()
            data.finish()
            control.reply(226)
            self.assertTrue(received == self.body[1000:])


class InClear(DownloadCase):
    """The loop writes TLS; what is in clear is the core's."""

    def test_level_c(self):
        control = self.login(level="C")
        before = len(self.sent())
        received = control.download("RETR big", protected=False)
        self.assertTrue(received == self.body)
        self.assertEqual(sum(self.sent()[before:]), 0)


@unittest.skipUnless(harness.stock_module("mod_digest"),
                     "this ProFTPD has no mod_digest")
class BesideDigest(DownloadCase):
    """With UseSendfile off mod_digest makes its digest of what the core
    writes: it would be that of an empty file."""

    SERVER = dict(TRACED, modules=("mod_digest",),
                  directives=TRACED["directives"] + "\nUseSendfile off\n"
                  "DigestEngine on\nDigestAlgorithms sha256\n"
                  "DigestDefaultAlgorithm sha256")

    def test_the_core_sends_it(self):
        control = self.login()
        received, sent = self.download(control, "RETR big")
        self.assertTrue(received == self.body)
        self.assertEqual(sent, 0)
        self.assertIn(hashlib.sha256(self.body).hexdigest(),
                      control.command("XSHA256 big", 250).text.lower())


if __name__ == "__main__":
    harness.main()
