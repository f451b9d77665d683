#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSKernelOffload: downloads whose records the kernel makes.

What matters is tested everywhere: no byte of a file leaves in clear, and
transfers work where the kernel has no TLS.  Where it has (modprobe tls), the
counters of /proc/net/tls_stat prove that it did the work.
"""

import contextlib
import functools
import os
import re
import signal
import ssl
import time
import unittest
import zlib

import client
import harness
from tap import Tap, records

BIG = 8 << 20
HUGE = 4
SENDS = r"data connection .*kernel TLS: send"


def kernel_has_tls():
    try:
        with open("/proc/sys/net/ipv4/tcp_available_ulp",
                  encoding="ascii") as stream:
            return "tls" in stream.read().split()
    except OSError:
        return False


def sent_by_kernel():
    """How many connections got their sending keys from OpenSSL."""
    with open("/proc/net/tls_stat", encoding="ascii") as stream:
        return int(re.search(r"^TlsTxSw\s+(\d+)", stream.read(),
                             re.MULTILINE).group(1))


@functools.lru_cache(None)
def bodies():
    """Of a file, and of one that is more than two sockets hold.  Once for all
    cases: user-mode-linux maps each page of a process by itself, and the
    system that it runs on allows 65530 of them."""
    body = client.pattern(BIG)
    return body, body * HUGE


class KernelCase(harness.LiveCase):
    """What the cases share."""

    @classmethod
    def prepare(cls):
        cls.body, cls.huge = bodies()
        cls.server.put("big", cls.body)
        cls.server.put("huge", cls.huge)
        cls.server.put("small", cls.body[:1000])
        cls.server.put("text", b"line\n" * 40000)

    def context(self, **options):
        """Clients that do not take a bare end for close_notify."""
        made = super().context(**options)
        made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
        return made

    def tapped(self, control, line, *before):
        """Downloads through a tap: plaintext, and what was on the wire."""
        for command in before:
            control.command(command, 200, 350)
        with control.data() as data:
            tap = Tap(data.sock)
            data.sock = tap.near
            control.command(line, 150)
            data.secure()
            received = data.read_all()
            data.finish()
            control.reply(226)
            tap.close()
        return received, tap.raw

    def assert_protected(self, raw, body):
        """Records only, and no piece of the file between or in them."""
        records(raw)
        for at in range(0, len(body), 1 << 16):
            self.assertNotIn(body[at:at + 16], raw)

    def assert_aborted(self, control, data):
        """ABOR gets one 426 and one 226, and the data connection, cut at the
        client's own wish, its close_notify."""
        received = bytearray(data.tls.read(1000))
        control.send(b"ABOR\r\n")
        control.reply(426)
        received += data.tls.read_all()
        control.reply(226)
        self.assertTrue(self.huge.startswith(received), "not of the file")
        self.assertLess(len(received), len(self.huge))


@harness.both_versions
class Everywhere(KernelCase):
    """With and without a kernel that has TLS."""

    SERVER = {"cuts": True,     # TimeoutStalled
              "modules": ("mod_deflate",) if
              harness.stock_module("mod_deflate") else (),
              "directives": "<IfModule mod_deflate.c>\n"
                            "DeflateEngine on\n</IfModule>",
              "vhosts": {"on": "TLSKernelOffload on",
                         "off": "TLSKernelOffload off",
                         "nosendfile": "UseSendfile off",
                         "ends": "TLSOptions AllowReinitialize\n"
                                 "TLSClearCommandChannel on",
                         "pieces": "UseSendfile 100 KB",
                         "stall": "TimeoutStalled 4",
                         # ProFTPD makes buffers larger, never smaller than
                         # the system's 16 KiB; Linux doubles the number.
                         "tiny": "SocketOptions sndbuf 17000",
                         "slow": "TransferRate RETR 40000"}}

    def test_a_download_in_every_host(self):
        for host in ("main", "on", "off", "nosendfile", "pieces", "tiny",
                     "slow"):
            with self.subTest(host=host):
                control = self.login(host)
                received, raw = self.tapped(control, "RETR big")
                self.assertEqual(received, self.body)
                self.assert_protected(raw, self.body)
                self.assert_transfers(control)

    def test_nothing_in_clear_before_the_handshake(self):
        for host in ("main", "on"):
            control = self.login(host)
            with self.subTest(host=host), control.data() as data:
                control.command("RETR big", 150)
                data.sock.settimeout(0.5)
                with self.assertRaises(TimeoutError):
                    data.sock.recv(1)
            control.reply(522)

    def test_levels_mixed_in_one_session(self):
        control = self.login("on")
        for level in "PCPPCCP":
            with self.subTest(level=level):
                control.command("PROT " + level, 200)
                self.assertEqual(control.download(
                    "RETR big", protected=level == "P"), self.body)

    def test_every_kind_of_transfer_behind_a_download(self):
        control = self.login("on")
        for line in ("LIST", "MLSD", "NLST"):
            self.assertEqual(control.download("RETR big"), self.body)
            self.assertIn(b"big", self.tapped_listing(control, line))
        self.assertEqual(control.download("RETR big"), self.body)
        control.upload("STOR up", self.body)
        self.assertEqual(self.server.get("up"), self.body)
        self.assertEqual(control.download("RETR up"), self.body)

    def tapped_listing(self, control, line):
        received, raw = self.tapped(control, line)
        records(raw)
        return received

    def test_ascii_behind_binary(self):
        control = self.login("on")
        text = b"line\r\n" * 40000
        for _ in range(2):
            self.assertEqual(
                self.tapped(control, "RETR big", "TYPE I")[0], self.body)
            received, raw = self.tapped(control, "RETR text", "TYPE A")
            self.assertEqual(received, text)
            records(raw)

    def test_rest(self):
        control = self.login("on")
        for at in (1, 70000, BIG - 100000, BIG - 1, BIG):
            with self.subTest(at=at):
                received, raw = self.tapped(
                    control, "RETR big", "REST %d" % at)
                self.assertEqual(received, self.body[at:])
                records(raw)

    @unittest.skipUnless(harness.stock_module("mod_deflate"),
                         "this ProFTPD has no mod_deflate")
    def test_mode_z(self):
        control = self.login()
        self.assertEqual(control.download("RETR big"), self.body)
        received, raw = self.tapped(control, "RETR big", "MODE Z")
        self.assertEqual(zlib.decompress(received), self.body)
        records(raw)
        self.assertEqual(self.tapped(control, "RETR big", "MODE S")[0],
                         self.body)

    def test_abor_in_the_middle(self):
        control = self.login("on")
        for _ in range(2):
            with control.begin("RETR huge") as data:
                self.assert_aborted(control, data)
            self.assertEqual(control.download("LIST")[-2:], b"\r\n")
            self.assertEqual(self.tapped(control, "RETR big")[0], self.body)

    def test_client_that_goes_away_in_the_middle(self):
        control = self.login("on")
        for end in (client.cut, client.reset):
            with control.begin("RETR huge") as data:
                data.tls.read(1000)
                end(data.sock)
                data.close()
                control.reply(426)
            received, raw = self.tapped(control, "RETR big")
            self.assertEqual(received, self.body)
            self.assert_protected(raw, self.body)

    def leave_tls(self, control, line, code):
        """CCC or REIN: the TLS session that it leaves."""
        session = control.session
        control.command(line, code)
        self.assertEqual(control.tls.read(), b"", "close_notify")
        control.tls.close_notify()
        control.tls = None
        return session

    def test_ccc_keeps_data_protected(self):
        control = self.login("ends")
        self.assertEqual(control.download("RETR big"), self.body)
        session = self.leave_tls(control, "CCC", 200)
        for line in ("RETR big", "LIST", "RETR big"):
            with control.data() as data:
                control.command(line, 150)
                data.secure(session)
                received = data.read_all()
                data.finish()
            control.reply(226)
            self.assertTrue(line == "LIST" or received == self.body)

    def test_rein_in_the_middle_of_everything(self):
        """The next user's transfers are as the next user wants them."""
        control = self.login("ends")
        self.assertEqual(control.download("RETR big"), self.body)
        self.leave_tls(control, "REIN", 220)
        control.auth().login("bob", "builder").command("TYPE I", 200)
        self.assertEqual(control.download("RETR big", protected=False),
                         self.body)
        control.protect()
        received, raw = self.tapped(control, "RETR big")
        self.assertEqual(received, self.body)
        self.assert_protected(raw, self.body)

    def test_client_that_reads_no_more(self):
        """TimeoutStalled, which is 4 seconds."""
        control = self.login("stall")
        with control.begin("RETR huge") as data:
            data.tls.read(1000)
            self.assertTrue(client.until(
                lambda: not self.server.sessions(), 25))
        self.assert_logged("stall timeout: 4 seconds", "system.log")

    def test_client_that_reads_slowly(self):
        """... as long as it reads."""
        control = self.login("stall")
        with control.begin("RETR huge") as data:
            received = bytearray()
            for _ in range(10):
                for _ in range(64):
                    received += data.tls.read(16384)
                time.sleep(0.5)
            received += data.read_all()
            data.finish()
            control.reply(226)
        self.assertTrue(received == self.huge)

    def test_signals_in_the_middle(self):
        """ProFTPD's timers are signals, and cut nothing."""
        for host in ("main", "tiny"):
            control = self.login(host)
            session = self.server.sessions()
            with self.subTest(host=host), control.begin("RETR big") as data:
                received = bytearray()
                for _ in range(40):
                    received += data.tls.read(16384)
                    for pid in session:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGALRM)
                    time.sleep(0.03)
                received += data.read_all()
                data.finish()
                control.reply(226)
                self.assertTrue(received == self.body)
            control.close()

    def test_last_bytes_wait_for_the_client(self):
        """A client that stops short of the end, and then reads on."""
        for host in ("main", "tiny"):
            control = self.login(host)
            with self.subTest(host=host), control.begin("RETR big") as data:
                received = bytearray()
                while len(received) < BIG - 300000:
                    received += data.tls.read(16384)
                time.sleep(2)
                received += data.read_all()
                data.finish()
                control.reply(226)
                self.assertTrue(received == self.body)

    def test_file_that_changes_meanwhile(self):
        """Shorter: what is left of it.  Longer: nothing twice."""
        for size in (BIG, 2 * HUGE * BIG):
            path = self.server.put("grows", self.huge)
            control = self.login("on")
            with self.subTest(size=size), control.begin("RETR grows") as data:
                received = bytearray(data.tls.read(1000))
                os.truncate(path, size)
                received += data.read_all()
                data.finish()
                control.reply(226)
                self.assertTrue(
                    (self.huge + bytes(HUGE * BIG)).startswith(received))

    def test_control_connection_that_ends_in_the_middle(self):
        control = self.login("on")
        with control.begin("RETR huge") as data:
            data.tls.read(1000)
            control.close()
            self.assertTrue(client.until(
                lambda: not self.server.sessions(), 25))  # TimeoutLinger


class Fallback(KernelCase):
    """Directive values; what is said where it cannot work."""

    def test_values(self):
        for value, fine in (("auto", True), ("on", True), ("off", True),
                            ("Auto", True), ("perhaps", False), ("", False),
                            ("on off", False)):
            with self.subTest(value=value):
                server = harness.Server(
                    directives="TLSKernelOffload " + value)
                code, text = server.check_config()
                self.assertEqual(code == 0, fine, text)
                if not fine:
                    self.assertIn("write TLSKernelOffload auto|on|off", text)

    def test_on_warns_where_it_cannot_work(self):
        if kernel_has_tls():
            self.skipTest("it works here")
        for value, warns in (("on", True), ("auto", False), ("off", False)):
            server = harness.Server(directives="TLSKernelOffload " + value)
            with self.subTest(value=value):
                code, text = server.check_config()
                self.assertEqual(code, 0, text)
                self.assertEqual("modprobe tls" in text, warns, text)

    def test_log_says_nothing_where_it_cannot_work(self):
        if kernel_has_tls():
            self.skipTest("it works here")
        control = self.login()
        self.assertEqual(control.download("RETR big"), self.body)
        self.assert_logged("data connection from")
        self.assertNotIn("kernel TLS", self.server.log())


@harness.both_versions
class Kernel(KernelCase):
    """Where the kernel has TLS."""

    @classmethod
    def prepare(cls):
        if not kernel_has_tls():
            raise unittest.SkipTest("this kernel has no TLS (modprobe tls)")
        super().prepare()

    SERVER = {"directives": "TraceLog {root}/trace.log\n"
                            "Trace tls4217:5",
              "vhosts": {"on": "TLSKernelOffload on",
                         "off": "TLSKernelOffload off",
                         "nosendfile": "UseSendfile off",
                         "cbc": "TLSCipherSuite ECDHE-RSA-AES256-SHA384:"
                                "ECDHE-ECDSA-AES256-SHA384"}}

    def kernel_bytes(self):
        return [int(number) for number in re.findall(
            r"(\d+) bytes of the file were sent by the kernel",
            self.server.text("trace.log"))]

    def download_in(self, host, line="RETR big", *before):
        """One download: whether the kernel had the keys."""
        control = self.login(host)
        count = sent_by_kernel()
        received, raw = self.tapped(control, line, *before)
        records(raw)
        return received, sent_by_kernel() - count

    def test_sendfile_sends_the_whole_file(self):
        for host in ("main", "on"):
            with self.subTest(host=host):
                before = len(self.kernel_bytes())
                received, count = self.download_in(host)
                self.assertEqual(received, self.body)
                self.assertEqual(count, 1)
                self.assert_logged(SENDS)
                self.assertTrue(client.until(
                    lambda: self.kernel_bytes()[before:] == [BIG]))

    def test_sendfile_behind_an_upload(self):
        """Two layers of ours lie above the file system then."""
        control = self.login("main")
        control.upload("STOR up", self.body)
        count = sent_by_kernel()
        received, raw = self.tapped(control, "RETR up")
        records(raw)
        self.assertEqual(received, self.body)
        self.assertEqual(sent_by_kernel(), count + 1)
        self.assertTrue(client.until(lambda: self.kernel_bytes()[-1:] == [BIG]))

    def test_off(self):
        for host in ("off", "nosendfile"):
            with self.subTest(host=host):
                self.assertEqual(self.download_in(host), (self.body, 0))
                self.assertNotIn("kernel TLS", self.server.log())

    def test_cipher_that_the_kernel_does_not_have(self):
        if self.VERSION == client.TLS1_3:
            self.skipTest("TLS 1.3 has no such cipher")
        self.assertEqual(self.download_in("cbc"), (self.body, 0))
        self.assertNotIn("kernel TLS", self.server.log())

    def test_small_files_and_others_stay_with_the_library(self):
        self.assertEqual(self.download_in("on", "RETR small"),
                         (self.body[:1000], 0))
        self.assertEqual(self.download_in("on", "LIST")[1], 0)
        self.assertEqual(self.download_in("on", "RETR text", "TYPE A")[1], 0)

    def test_only_downloads_leave_the_gate_open(self):
        control = self.login("on")
        self.assertEqual(control.download("RETR big"), self.body)
        count = sent_by_kernel()
        control.upload("STOR up", self.body)
        received, raw = self.tapped(control, "LIST")
        records(raw)
        self.assertIn(b"up", received)
        self.assertEqual(sent_by_kernel(), count)

    def test_abor_from_a_client_that_reads_on(self):
        """Who takes everything at once never leaves the server waiting."""
        control = self.login("on")
        for _ in range(3):
            with control.begin("RETR huge") as data:
                received = bytearray(data.tls.read(1000))
                control.send(b"ABOR\r\n")
                received += data.tls.read_all()
                control.reply(426)
                control.reply(226)
            self.assertTrue(self.huge.startswith(received))
            self.assertLess(len(received), len(self.huge))

    def test_what_is_sent_beside(self):
        """NOOP in the middle is answered, at the end at the latest."""
        control = self.login("on")
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            control.send(b"NOOP\r\n")
            data.tls.read_all()
            data.finish()
            replies = [control.reply().code, control.reply().code]
        self.assertEqual(sorted(replies), [200, 226])


if __name__ == "__main__":
    harness.main()
