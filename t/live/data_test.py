#!/usr/bin/env python3
"""Data connections: every command, way and size, and every way to fail.

RFC 4217 sections 7, 9, 10.2, 12.6 and 12.7; RFC 959, 2428, 3659.
"""

import hashlib
import os
import re
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


def pattern(size, seed=b"x"):
    """Bytes in which no part repeats another."""
    blocks = (hashlib.sha256(seed + b"%d" % at).digest()
              for at in range(size // 32 + 1))
    return b"".join(blocks)[:size]


class DataCase(harness.LiveCase):
    """What the cases below have in common."""

    def transfer_works(self, control, protected=True):
        """The session lives, and its next transfers do, too."""
        self.assert_alive(control)
        control.upload("STOR next", b"next", protected=protected)
        self.assertEqual(
            control.download("RETR next", protected=protected), b"next")


@harness.both_versions
class Transfers(DataCase):
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
                body = pattern(size)
                control.upload("STOR sized", body)
                self.assertEqual(self.server.get("sized"), body)
                self.assertEqual(control.download("RETR sized"), body)

    def test_sizes_in_active_mode(self):
        control = self.login()
        for size in SIZES[-2:]:
            with self.subTest(size=size):
                body = pattern(size, b"active")
                control.upload("STOR active", body, mode="PORT")
                self.assertEqual(
                    control.download("RETR active", mode="PORT"), body)

    def test_upload_in_many_small_records(self):
        control = self.login()
        body = pattern(4000)
        with control.begin("STOR small") as data:
            data.tls.records(*[bytes([byte]) for byte in body])
            data.finish()
        control.reply(226)
        self.assertEqual(self.server.get("small"), body)

    def test_upload_that_dribbles(self):
        """Records cut at every place by TCP, with the end right behind."""
        control = self.login()
        body = pattern(700)
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
        body = pattern(40000)
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
        body = pattern(20000) + b"\0" * 100000
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
class Ends(DataCase):
    """RFC 5246 7.2.1, RFC 8446 6.1: close_notify, theirs and ours."""

    SERVER = {"vhosts": {"lenient": "TLSOptions NoCloseNotifyRequired",
                         "linger": "TimeoutLinger 2"}}

    def test_download_ends_with_close_notify(self):
        control = self.login()
        for size in (0, 1, 16384, 1 << 20):
            self.server.put("down", pattern(size))
            with self.subTest(size=size), \
                    control.begin("RETR down") as data:
                self.assertEqual(len(data.tls.read_all()), size)
            control.reply(226)

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
        self.transfer_works(control)

    def test_client_that_waits_for_our_reply(self):
        """It keeps its end open until the 226: TimeoutLinger helps."""
        control = self.login("linger")
        self.server.put("wait", b"w" * 50000)
        with control.begin("RETR wait") as data:
            self.assertEqual(data.tls.read_all(), b"w" * 50000)
            began = time.monotonic()
            control.reply(226)
            self.assertLess(time.monotonic() - began, 5)
        self.transfer_works(control)

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
        self.transfer_works(control)

    def upload_cut(self, host, end):
        """A STOR of 5000 bytes whose end is up to end(data)."""
        control = self.login(host)
        with control.begin("STOR cut") as data:
            data.write(b"c" * 5000)
            end(data)
            reply = control.reply()
        self.assertEqual(self.server.get("cut")[:5000],
                         b"c" * len(self.server.get("cut")[:5000]))
        self.transfer_works(control)
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
        self.transfer_works(control)

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
        self.transfer_works(control)


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
class FailedHandshakes(DataCase):
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
                    self.transfer_works(control)

    def assert_reason(self, reply):
        self.assertEqual(len(reply.lines), 1, reply)
        self.assertRegex(reply.text, r"(?i)TLS|handshake")
        self.assertGreater(len(reply.text.split()), 4, reply)
        self.assertNotRegex(reply.text, r"error:|not permitted|\(null\)")

    def test_failed_handshake_in_active_mode(self):
        control = self.login()
        for breaks in BROKEN:
            with self.subTest(breaks=breaks.__name__):
                seconds = self.refused(control, "LIST", breaks, "PORT")[1]
                self.assertLess(seconds, 2.0)
                self.transfer_works(control)

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
        self.transfer_works(stalled)
        self.transfer_works(trickling)

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
        self.transfer_works(control)

    def test_upload_in_clear_where_tls_is_due(self):
        control = self.login()
        with control.data() as data:
            control.command("STOR plain", 150)
            data.sock.sendall(b"plain text\r\n")
            data.finish()
            control.reply(522)
        self.assertIsNone(self.server.get("plain"))
        self.transfer_works(control)


@harness.both_versions
class KilledConnections(DataCase):
    """A data connection may end at any moment; the session never does."""

    SERVER = {}

    @classmethod
    def prepare(cls):
        cls.server.put("big", pattern(6 << 20))

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

    def killed(self, control, stage, kill):
        with control.data() as data:
            control.command(self.line, 150)
            stage(data)
            kill(data.sock)
        self.assertIn(control.reply().code, (226, 426, 450, 451, 522))
        self.transfer_works(control)

    def test_killed_before_the_command(self):
        control = self.login()
        for kill in (client.reset, client.cut):
            for line in ("RETR big", "STOR killed", "LIST"):
                with self.subTest(line=line, kill=kill.__name__):
                    with control.data() as data:
                        kill(data.sock)
                        if control.command(line).code == 150:
                            self.assertIn(control.reply().code, (425, 522))
                    self.transfer_works(control)


@harness.both_versions
class FilesAfterFailedHandshakes(DataCase):
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
