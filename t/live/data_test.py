#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Data connections that work: every command, way, size and end.

RFC 4217 sections 7, 9, 10.2, 12.6 and 12.7; RFC 959, 2428, 3659.
"""

import contextlib
import os
import re
import signal
import socket
import ssl
import time
import unittest
import zlib

import client
import harness

SIZES = (0, 1, 16383, 16384, 16385, 65537, 1 << 20)

WAYS = [(mode, ipv6) for ipv6 in (False, True)
        for mode in ("PASV", "EPSV", "PORT", "EPRT")
        if not ipv6 or mode.startswith("E")]


@harness.both_versions
class Transfers(harness.LiveCase):
    """All that works."""

    SERVER = {"modules": ("mod_deflate",) if
              harness.stock_module("mod_deflate") else (),
              "directives": "<IfModule mod_deflate.c>\n"
                            "DeflateEngine on\n</IfModule>"}

    def test_rfc4217_7_every_command_over_every_way(self):
        for level in "PC":
            for mode, ipv6 in WAYS:
                if ipv6 and not harness.has_ipv6():
                    print("no IPv6 here: skipped", mode)
                    continue
                with self.subTest(level=level, mode=mode, ipv6=ipv6):
                    control = self.login(level=level, ipv6=ipv6)
                    self.every_command(control, mode, level == "P")

    def every_command(self, control, mode, protected):
        way = {"mode": mode, "protected": protected}
        self.server.put("old", b"old")
        control.upload("STOR a", b"alpha", **way)
        control.upload("APPE a", b"beta", **way)
        self.assertEqual(self.server.get("a"), b"alphabeta")
        self.assertEqual(control.download("RETR a", **way), b"alphabeta")
        self.store_unique(control, way)
        for line in ("LIST", "NLST", "MLSD", "LIST -a", "NLST ."):
            self.assertIn(b"old\r\n", control.download(line, **way), line)

    def store_unique(self, control, way):
        with control.data(way["mode"]) as data:
            reply = control.command("STOU", 150)
            name = re.search(r"FILE: (\S+)", reply.text).group(1)
            data.open()
            if way["protected"]:
                data.secure()
            data.write(b"unique")
            data.finish()
        control.reply(226)
        self.assertEqual(self.server.get(name), b"unique")

    def test_sizes_both_ways(self):
        control = self.login()
        for size in SIZES:
            with self.subTest(size=size):
                body = client.pattern(size)
                control.upload("STOR sized", body)
                self.assertEqual(self.server.get("sized"), body)
                self.assertEqual(control.download("RETR sized"), body)

    def test_sizes_in_active_mode(self):
        control = self.login()
        for size in SIZES[-2:]:
            with self.subTest(size=size):
                body = client.pattern(size, b"active")
                control.upload("STOR active", body, mode="PORT")
                self.assertEqual(
                    control.download("RETR active", mode="PORT"), body)

    def test_upload_in_many_small_records(self):
        control = self.login()
        body = client.pattern(4000)
        with control.begin("STOR small") as data:
            data.tls.records(*[bytes([byte]) for byte in body])
            data.finish()
        control.reply(226)
        self.assertEqual(self.server.get("small"), body)

    def test_upload_that_dribbles(self):
        """Records cut at every place by TCP, with the end right behind."""
        control = self.login()
        body = client.pattern(700)
        with control.begin("STOR dribble") as data:
            data.tls.dribble(body, 3)
            data.finish()
        control.reply(226)
        self.assertEqual(self.server.get("dribble"), body)

    def test_ascii(self):
        control = self.login()
        control.command("TYPE A", 200)
        control.upload("STOR text", b"one\r\ntwo\r\n")
        self.assertEqual(self.server.get("text"), b"one\ntwo\n")
        self.assertEqual(control.download("RETR text"), b"one\r\ntwo\r\n")

    def test_ascii_long(self):
        control = self.login()
        control.command("TYPE A", 200)
        body = b"".join(b"line %d\n" % at for at in range(40000))
        self.server.put("long", body)
        self.assertEqual(control.download("RETR long"),
                         body.replace(b"\n", b"\r\n"))

    def test_rest(self):
        control = self.login()
        body = client.pattern(40000)
        self.server.put("whole", body)
        for at in (0, 1, 16384, 39999, 40000):
            with self.subTest(at=at):
                control.command("REST %d" % at, 350)
                self.assertEqual(control.download("RETR whole"), body[at:])
                self.server.put("part", body[:at])
                control.command("REST %d" % at, 350)
                control.upload("STOR part", body[at:])
                self.assertEqual(self.server.get("part"), body)

    @unittest.skipUnless(harness.stock_module("mod_deflate"),
                         "this ProFTPD has no mod_deflate")
    def test_mode_z(self):
        body = client.pattern(20000) + b"\0" * 100000
        for level in "PC":
            with self.subTest(level=level):
                control = self.login(level=level)
                self.compressed(control, body, level == "P")

    def compressed(self, control, body, protected):
        control.command("MODE Z", 200)
        control.upload("STOR z", zlib.compress(body), protected=protected)
        self.assertEqual(self.server.get("z"), body)
        raw = control.download("RETR z", protected=protected)
        self.assertEqual(zlib.decompress(raw), body)
        control.command("MODE S", 200)
        self.assertEqual(control.download("RETR z", protected=protected),
                         body)

    def test_level_changes_between_transfers(self):
        control = self.login()
        self.server.put("f", b"f" * 70000)
        for level in "PCPPCCP":
            control.command("PROT " + level, 200)
            self.assertEqual(
                control.download("RETR f", protected=level == "P"),
                b"f" * 70000)

    def test_rfc4217_10_2_reply_150_comes_before_the_handshake(self):
        control = self.login()
        for mode in ("PASV", "PORT"):
            with self.subTest(mode=mode), control.data(mode) as data:
                began = time.monotonic()
                control.command("LIST", 150)
                self.assertLess(time.monotonic() - began, 1.0)
                data.open()
                data.secure()
                data.read_all()
            control.reply(226)

    def test_download_without_tls_from_us_stays_silent(self):
        """Not one byte of a file leaves before the handshake."""
        control = self.login()
        self.server.put("secret", b"secret" * 1000)
        with control.data() as data:
            control.command("RETR secret", 150)
            data.sock.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                data.sock.recv(1)
        control.reply(522)


@harness.both_versions
class Refusals(harness.LiveCase):
    """RFC 4217 section 10.2: a client that is refused reads the reason.

    The server must not close before the client has said all that it wants to
    say: a client that cannot write shows its user that, and not our reply.
    """

    SERVER = {"vhosts": {"full": "MaxStoreFileSize 10 Kb"}}
    SIZES = (0, 1, 16385, 5 << 20)

    def send_all(self, data, size):
        """As a client that looks at the control connection afterwards."""
        data.write(b"u" * size)
        data.tls.close_notify()
        self.assertEqual(data.tls.read_all(), b"")
        client.cut(data.sock)

    def test_upload_of_a_stranger(self):
        """In a session each: there are so many full handshakes for one."""
        for size in self.SIZES:
            for line in ("STOR refused", "APPE refused", "STOU"):
                control = self.login()
                with self.subTest(size=size, line=line), \
                        control.data() as data:
                    control.command(line, 150)
                    self.send_all(data.open().secure(None), size)
                    self.assertIn("resume", control.reply(522).text)
                self.assert_transfers(control)

    def test_reply_does_not_wait_for_the_upload(self):
        control = self.login()
        with control.data() as data:
            control.command("STOR refused", 150)
            data.open().secure(None)
            began = time.monotonic()
            control.reply(522)
            control.command("NOOP", 200)
            self.assertLess(time.monotonic() - began, 2)
            self.send_all(data, 1 << 20)
        self.assert_transfers(control)

    def test_download_of_a_stranger(self):
        self.server.put("down", b"d" * 1000)
        control = self.login()
        for line in ("LIST", "NLST", "MLSD", "RETR down"):
            with self.subTest(line=line), control.data() as data:
                control.command(line, 150)
                self.assertEqual(data.open().secure(None).read_all(), b"")
                data.tls.close_notify()
                self.assertIn("resume", control.reply(522).text)
        self.assert_transfers(control)

    def test_upload_that_is_too_long(self):
        """552 in mid-upload, from ProFTPD: the same."""
        control = self.login("full")
        for size in self.SIZES[2:]:
            with self.subTest(size=size), control.begin("STOR big") as data:
                self.send_all(data, size)
                control.reply(552)
        self.assert_transfers(control)

    def test_session_goes_on_beside_the_upload(self):
        """Other transfers, while the refused one still sends."""
        control = self.login()
        with control.data() as data:
            control.command("STOR refused", 150)
            data.open().secure(None)
            control.reply(522)
            data.write(b"u" * 100000)
            self.assert_transfers(control)


@harness.both_versions
class Ends(harness.LiveCase):
    """RFC 5246 7.2.1, RFC 8446 6.1: close_notify, theirs and ours."""

    SERVER = {"cuts": True,
              "vhosts": {"lenient": "TLSOptions NoCloseNotifyRequired",
                         "linger": "TimeoutLinger 2",
                         "limited": "TransferRate RETR 2000"}}

    def test_download_ends_with_close_notify(self):
        control = self.login()
        for size in (0, 1, 16384, 1 << 20):
            self.server.put("down", client.pattern(size))
            with self.subTest(size=size), \
                    control.begin("RETR down") as data:
                self.assertEqual(len(data.tls.read_all()), size)
            control.reply(226)

    def test_small_download_and_its_end_are_one_segment(self):
        self.server.put("small", b"small" * 200)
        control = self.login()
        with control.begin("RETR small") as data:
            self.assertEqual(data.tls.read_all(), b"small" * 200)
            # The server's part of a resumed handshake is one, too.
            self.assertEqual(client.segments(data.sock), 2)
            data.finish()
        control.reply(226)

    def test_download_ends_without_a_reset(self):
        """The client's close_notify, which it must send, is read."""
        control = self.login()
        for size in (0, 1000, 1 << 20):
            self.server.put("down", client.pattern(size))
            for again in range(10):
                with self.subTest(size=size, again=again), \
                        control.begin("RETR down") as data:
                    self.assertEqual(len(data.tls.read_all()), size)
                    control.reply(226)
                    data.tls.close_notify()
                    self.assertTrue(client.until(
                        lambda: client.is_acknowledged(data.sock)))
                    self.assertEqual(data.sock.getsockopt(
                        socket.SOL_SOCKET, socket.SO_ERROR), 0)

    def test_no_reply_waits_for_the_client(self):
        """It keeps its end open over several transfers."""
        control = self.login()
        self.server.put("down", b"d" * 1000)
        began = time.monotonic()
        with contextlib.ExitStack() as stack:
            for _ in range(5):
                data = stack.enter_context(control.begin("RETR down"))
                self.assertEqual(data.tls.read_all(), b"d" * 1000)
                control.reply(226)
            self.assertLess(time.monotonic() - began, 2)

    def test_client_that_never_says_close_notify(self):
        control = self.login()
        for line in ("LIST", "NLST", "MLSD", "NLST nothing*"):
            with self.subTest(line=line), control.data() as data:
                reply = control.command(line)
                if reply.code == 150:
                    data.secure().read_all()
                    client.cut(data.sock)
                    reply = control.reply()
                self.assertIn(reply.code, (226, 450))

    def test_empty_directory(self):
        os.makedirs(os.path.join(self.server.home, "empty"), exist_ok=True)
        harness.own(os.path.join(self.server.home, "empty"))
        control = self.login()
        for line in ("LIST empty", "MLSD empty"):
            with self.subTest(line=line):
                control.download(line)

    def test_client_that_waits_for_our_close_notify(self):
        """It reads to the end before it says anything itself."""
        control = self.login()
        self.server.put("wait", b"w" * 50000)
        with control.begin("RETR wait") as data:
            began = time.monotonic()
            self.assertEqual(data.tls.read_all(), b"w" * 50000)
            data.finish()
            control.reply(226)
        self.assertLess(time.monotonic() - began, 2)
        self.assert_transfers(control)

    def test_client_that_waits_for_our_reply(self):
        """It keeps its end open until the 226: TimeoutLinger helps."""
        control = self.login("linger")
        self.server.put("wait", b"w" * 50000)
        with control.begin("RETR wait") as data:
            self.assertEqual(data.tls.read_all(), b"w" * 50000)
            began = time.monotonic()
            control.reply(226)
            self.assertLess(time.monotonic() - began, 5)
        self.assert_transfers(control)

    def test_upload_gets_our_close_notify(self):
        control = self.login()
        with control.begin("STOR answered") as data:
            data.write(b"whole")
            data.tls.close_notify()
            self.assertEqual(data.tls.read_all(), b"")
        control.reply(226)

    def test_client_that_sends_close_notify_first_in_a_download(self):
        control = self.login()
        self.server.put("early", b"e" * 50000)
        with control.begin("RETR early") as data:
            data.tls.close_notify()
            client.read_to_end(data.sock)
        self.assertIn(control.reply().code, (226, 426))
        self.assert_transfers(control)

    def test_session_that_ends_cuts_a_download(self):
        """What has come must not look whole: an alert."""
        self.server.put("long", b"l" * (8 << 20))
        control, pid = self.login_of_pid("limited")
        with control.begin("RETR long") as data:
            data.tls.read()
            os.kill(pid, signal.SIGTERM)
            with self.assertRaisesRegex(ssl.SSLError, "(?i)alert"):
                data.tls.read_all()

    def test_client_that_leaves_cuts_a_download(self):
        self.server.put("long", b"l" * (8 << 20))
        control = self.login("limited")
        with control.begin("RETR long") as data:
            data.tls.read()
            client.cut(control.sock)
            with self.assertRaisesRegex(ssl.SSLError, "(?i)alert"):
                data.tls.read_all()

    def upload_cut(self, host, end):
        """A STOR of 5000 bytes whose end is up to end(data)."""
        control = self.login(host)
        with control.begin("STOR cut") as data:
            data.write(b"c" * 5000)
            end(data)
            reply = control.reply()
        self.assertEqual(self.server.get("cut")[:5000],
                         b"c" * len(self.server.get("cut")[:5000]))
        self.assert_transfers(control)
        return reply.code

    @staticmethod
    def half_record(data):
        raw = data.tls.encrypt(b"d" * 100)
        data.sock.sendall(raw[:len(raw) // 2])
        client.cut(data.sock)

    @staticmethod
    def half_header(data):
        data.sock.sendall(data.tls.encrypt(b"d" * 100)[:3])
        client.cut(data.sock)

    def test_upload_without_close_notify_fails(self):
        for end in (lambda data: client.cut(data.sock),
                    lambda data: client.reset(data.sock),
                    self.half_record, self.half_header):
            with self.subTest(end=end):
                self.assertEqual(self.upload_cut("main", end), 426)

    def test_upload_with_close_notify_succeeds(self):
        for host in ("main", "lenient"):
            code = self.upload_cut(host, lambda data: data.finish())
            self.assertEqual(code, 226)

    def test_empty_upload_without_close_notify_fails(self):
        control = self.login()
        with control.begin("STOR nothing") as data:
            client.cut(data.sock)
            control.reply(426)
        self.assert_transfers(control)

    def test_option_accepts_an_end_between_records(self):
        code = self.upload_cut("lenient", lambda data: client.cut(data.sock))
        self.assertEqual(code, 226)

    def test_option_does_not_accept_an_end_inside_a_record(self):
        for end in (self.half_record, self.half_header):
            with self.subTest(end=end):
                self.assertEqual(self.upload_cut("lenient", end), 426)

    def test_garbage_inside_an_upload(self):
        control = self.login()
        with control.begin("STOR garbled") as data:
            data.write(b"g" * 1000)
            data.sock.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32)
            reply = control.reply()
        self.assertIn(reply.code, (426, 451))
        self.assert_transfers(control)


if __name__ == "__main__":
    harness.main()
