#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Data connections that fail: handshakes, connections, and what is left.

RFC 4217 section 10.2: 150, then 522; the session and the files go on.
"""

import os
import ssl
import time

import client
import harness


def garbage(data):
    data.sock.sendall(b"this is no ClientHello at all, only some text\r\n")


def closed(data):
    client.cut(data.sock)


def gone(data):
    client.reset(data.sock)


def half_hello(data):
    hello = data.new_tls().hello()
    data.sock.sendall(hello[:len(hello) // 2])
    client.cut(data.sock)


def in_the_middle(data):
    data.sock.sendall(data.new_tls().hello())
    data.sock.recv(1)
    client.reset(data.sock)


BROKEN = (garbage, closed, gone, half_hello, in_the_middle)


@harness.both_versions
class FailedHandshakes(harness.LiveCase):
    """RFC 4217 section 10.2: 150, then 522; the session goes on."""

    SERVER = {}

    def refused(self, control, line, breaks, mode=None):
        """One transfer whose handshake breaks: its 522 and its duration."""
        with control.data(mode) as data:
            control.command(line, 150)
            data.open()
            began = time.monotonic()
            breaks(data)
            reply = control.reply(522)
            return reply, time.monotonic() - began

    def test_rfc4217_10_2_failed_handshake_is_522(self):
        self.server.put("file", b"file")
        control = self.login()
        for line in ("RETR file", "STOR file2", "LIST", "NLST", "MLSD",
                     "APPE file3", "STOU"):
            for breaks in BROKEN:
                with self.subTest(line=line, breaks=breaks.__name__):
                    reply, seconds = self.refused(control, line, breaks)
                    self.assertLess(seconds, 2.0)
                    self.assert_reason(reply)
                    self.assert_transfers(control)

    def assert_reason(self, reply):
        self.assertEqual(len(reply.lines), 1, reply)
        self.assertRegex(reply.text, r"(?i)TLS|handshake")
        self.assertGreater(len(reply.text.split()), 4, reply)
        self.assertNotRegex(reply.text, r"error:|not permitted|\(null\)")

    def test_rfc4217_7_client_that_does_not_start_tls(self):
        """The reason speaks of what the client has to do, not of OpenSSL."""
        control = self.login()
        for breaks in (garbage, closed):
            for mode, words in (("PASV", "although PROT is P"),
                                ("PORT", "on its own port")):
                with self.subTest(breaks=breaks.__name__, mode=mode):
                    reply = self.refused(control, "LIST", breaks, mode)[0]
                    self.assertIn(words, reply.text)
        self.assertNotIn("PROT", self.refused(control, "LIST", half_hello)[0]
                         .text)
        self.assert_transfers(control)

    def test_client_that_sends_no_prot(self):
        """AUTH SSL starts at P; implicit TLS too (implicit_test)."""
        control = self.secure(mechanism="SSL").login()
        for mode in ("PASV", "PORT"):
            with self.subTest(mode=mode):
                reply = self.refused(control, "LIST", closed, mode)[0]
                self.assertIn("sent no PROT", reply.text)
        control.protect("P")
        self.assertNotIn("sent no PROT", self.refused(
            control, "LIST", closed)[0].text)

    def test_failed_handshake_in_active_mode(self):
        control = self.login()
        for breaks in BROKEN:
            with self.subTest(breaks=breaks.__name__):
                seconds = self.refused(control, "LIST", breaks, "PORT")[1]
                self.assertLess(seconds, 2.0)
                self.assert_transfers(control)

    def test_stalled_and_trickling_handshakes(self):
        """Both at once: each has 10 s of wall clock, and no more."""
        stalled, trickling = self.login(), self.login()
        with stalled.data(), trickling.data() as data:
            stalled.command("LIST", 150)
            trickling.command("LIST", 150)
            began = time.monotonic()
            for byte in data.new_tls().hello()[:100]:
                if trickling.pending(0.3):
                    break
                data.sock.sendall(bytes([byte]))
            for control in (stalled, trickling):
                self.assert_reason(control.reply(522))
        self.assertLess(time.monotonic() - began, 11)
        self.assert_transfers(stalled)
        self.assert_transfers(trickling)

    def test_certificate_refused_by_the_client(self):
        """A client that does not trust us says so with an alert."""
        control = self.login()
        context = client.context(self.server.pki.path("rsa.pem"),
                                 self.VERSION)
        with control.data() as data:
            control.command("LIST", 150)
            with self.assertRaises(ssl.SSLError):
                client.Tls(data.sock, context).handshake()
            control.reply(522)
        self.assert_transfers(control)

    def test_upload_in_clear_where_tls_is_due(self):
        control = self.login()
        with control.data() as data:
            control.command("STOR plain", 150)
            data.sock.sendall(b"plain text\r\n")
            data.finish()
            control.reply(522)
        self.assertIsNone(self.server.get("plain"))
        self.assert_transfers(control)


@harness.both_versions
class KilledConnections(harness.LiveCase):
    """A data connection may end at any moment; the session never does."""

    SERVER = {}

    @classmethod
    def prepare(cls):
        cls.server.put("big", client.pattern(6 << 20))

    def handshaken(self, data):
        data.secure()

    def first_bytes(self, data):
        data.secure()
        if self.line.startswith("RETR"):
            data.tls.read(1000)
        else:
            data.write(b"some bytes")

    def inside_a_record(self, data):
        data.secure()
        data.sock.sendall(data.tls.encrypt(b"r" * 500)[:100])

    def last_bytes(self, data):
        data.secure()
        if self.line.startswith("RETR"):
            data.tls.read_all()
        else:
            data.write(b"all there is")
            data.tls.close_notify()

    def hello_sent(self, data):
        data.sock.sendall(data.new_tls().hello())

    def hello_answered(self, data):
        self.hello_sent(data)
        data.sock.recv(1)

    def nothing(self, data):
        pass

    def test_killed_at_every_stage(self):
        stages = (self.nothing, self.hello_sent, self.hello_answered,
                  self.handshaken, self.first_bytes, self.inside_a_record,
                  self.last_bytes)
        for self.line in ("RETR big", "STOR killed", "LIST", "APPE killed"):
            for stage in stages:
                for kill in (client.reset, client.cut):
                    with self.subTest(line=self.line, kill=kill.__name__,
                                      stage=stage.__name__):
                        self.killed(self.login(), stage, kill)

    def outcomes(self, stage, kill):
        """What a transfer may come to that was killed then: never a success
        of what was cut."""
        if stage in (self.nothing, self.hello_sent, self.hello_answered):
            return (522,)
        if self.line == "LIST":
            return (226, 426)
        if stage != self.last_bytes:
            return (426,)
        if kill is client.cut or self.line.startswith("RETR"):
            return (226,)
        # A reset may overtake what was sent before it.
        return (226, 426)

    def killed(self, control, stage, kill):
        with control.data() as data:
            control.command(self.line, 150)
            stage(data)
            kill(data.sock)
        self.assertIn(control.reply().code, self.outcomes(stage, kill))
        self.assert_transfers(control)

    def test_killed_before_the_command(self):
        control = self.login()
        for kill in (client.reset, client.cut):
            for line in ("RETR big", "STOR killed", "LIST"):
                with self.subTest(line=line, kill=kill.__name__):
                    with control.data() as data:
                        kill(data.sock)
                        if control.command(line).code == 150:
                            self.assertIn(control.reply().code, (425, 522))
                    self.assert_transfers(control)


@harness.both_versions
class FilesAfterFailedHandshakes(harness.LiveCase):
    """No file changes, appears or goes because a handshake failed."""

    SERVER = {"vhosts": {
        "delete": "DeleteAbortedStores on",
        "hidden": "HiddenStores on",
        "limited": "MaxStoreFileSize 100 Kb",
        "both": "HiddenStores on\nDeleteAbortedStores on",
    }}
    HOSTS = ("main", "delete", "hidden", "limited", "both")

    def refused(self, control, line, breaks):
        with control.data() as data:
            control.command(line, 150)
            breaks(data)
            control.reply(522)

    def listing(self):
        return sorted(os.listdir(self.server.home))

    def state(self, path):
        """All of a file that a failed handshake might have touched."""
        found = os.stat(path)
        return (found.st_ino, found.st_mode, found.st_size,
                found.st_mtime_ns, found.st_uid)

    def test_existing_file_stays_as_it_was(self):
        for host in self.HOSTS:
            control = self.login(host)
            for line in ("STOR", "APPE"):
                for breaks in (garbage, closed, gone):
                    with self.subTest(host=host, line=line,
                                      breaks=breaks.__name__):
                        self.stays(control, line, breaks)

    def stays(self, control, line, breaks):
        path = self.server.put("kept", b"old content" * 10)
        os.chmod(path, 0o640)
        os.utime(path, (1000000000, 1000000000))
        before, names = self.state(path), self.listing()
        self.refused(control, line + " kept", breaks)
        self.assertEqual(self.server.get("kept"), b"old content" * 10)
        self.assertEqual(self.state(path), before)
        self.assertEqual(self.listing(), names)

    def test_no_file_appears(self):
        for host in self.HOSTS:
            control = self.login(host)
            for line in ("STOR new", "APPE new", "STOU"):
                for breaks in (garbage, closed, gone):
                    with self.subTest(host=host, line=line,
                                      breaks=breaks.__name__):
                        names = self.listing()
                        self.refused(control, line, breaks)
                        self.assertEqual(self.listing(), names)

    def test_refused_session_changes_no_file(self):
        """A complete handshake, of a stranger: the same."""
        control = self.login()
        path = self.server.put("kept", b"old content")
        before = self.state(path)
        self.refused(control, "STOR kept", lambda data: data.secure(None))
        self.assertEqual(self.server.get("kept"), b"old content")
        self.assertEqual(self.state(path), before)

    def test_overwriting_works(self):
        """Whatever keeps old content must not stay in the way."""
        for host in self.HOSTS:
            for size in (0, 1, 50000):
                with self.subTest(host=host, size=size):
                    self.server.put("over", b"o" * 300000)
                    control = self.login(host)
                    control.upload("STOR over", b"n" * size)
                    self.assertEqual(self.server.get("over"), b"n" * size)

    def test_overwriting_works_after_a_failure(self):
        for host in self.HOSTS:
            with self.subTest(host=host):
                self.server.put("over", b"o" * 300000)
                control = self.login(host)
                self.refused(control, "STOR over", garbage)
                self.assertEqual(self.server.get("over"), b"o" * 300000)
                control.upload("STOR over", b"new")
                self.assertEqual(self.server.get("over"), b"new")

    def test_restarted_upload_keeps_the_old_part(self):
        control = self.login()
        self.server.put("resume", b"0123456789")
        control.command("REST 5", 350)
        self.refused(control, "STOR resume", garbage)
        self.assertEqual(self.server.get("resume"), b"0123456789")
        control.command("REST 5", 350)
        control.upload("STOR resume", b"abcde")
        self.assertEqual(self.server.get("resume"), b"01234abcde")

    def test_clear_upload_works_as_ever(self):
        for host in self.HOSTS:
            with self.subTest(host=host):
                self.server.put("over", b"o" * 5000)
                control = self.login(host, level="C")
                control.upload("STOR over", b"new", protected=False)
                self.assertEqual(self.server.get("over"), b"new")


if __name__ == "__main__":
    harness.main()
