#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Who is no FTP client, and crowds of those who are none yet.

Lines of another protocol, in clear and in TLS (ALPACA): the session ends before
it has said much.  Half-open handshakes: who is honest logs in as before.  More
certificates than anybody has: refused before they are all in memory.  And what
one session could reach of another host: its log.  TLS4217_CROWD says how many
half-open handshakes there are; "make floods" has 500.
"""

import os
import re
import ssl
import time
import unittest

import client
import controlcase
import harness

CROWD = int(os.environ.get("TLS4217_CROWD", "100"))
harness.TEST_SECONDS = 40 + CROWD

MOST = 10
REQUEST = (b"PROPFIND / HTTP/1.1", b"Host: ftp.example", b"Accept: */*",
           b"Cookie: secret=1", b"User-Agent: browser", b"Connection: close",
           b"A: 1", b"B: 2", b"C: 3", b"D: 4", b"E: 5", b"F: 6")


class Strangers(harness.LiveCase):

    SERVER = {"vhosts": {"implicit": "TLSOptions UseImplicitSSL"}}

    def ways(self):
        """In clear, in TLS, and in TLS from the start."""
        yield "clear", self.connect()
        yield "TLS", self.secure()
        yield "implicit", self.connect("implicit", implicit=True)

    def assert_closed(self, control):
        with self.assertRaises((client.Cut, ConnectionError)):
            control.reply()
            control.reply()

    def test_the_tenth_unknown_command_ends_it(self):
        for name, control in self.ways():
            with self.subTest(name):
                self.server.mark()
                for _ in range(MOST - 1):
                    control.command("XYZZY", 500)
                control.command("NOOP", 200)
                said = control.command("XYZZY", 421)
                self.assertIn("unknown commands", said.text)
                self.assert_closed(control)
                self.assert_logged(r"from 127.0.0.1: 10 unknown commands")

    def test_a_request_of_http(self):
        """With a verb that ProFTPD does not know either."""
        for name, control in self.ways():
            with self.subTest(name):
                control.send(b"".join(line + b"\r\n" for line in REQUEST))
                codes = []
                with self.assertRaises((client.Cut, ConnectionError)):
                    while len(codes) < len(REQUEST):
                        codes.append(control.reply().code)
                self.assertEqual(codes, [500] * (MOST - 1) + [421])

    def test_verbs_of_http(self):
        for verb in ("GET", "POST", "HEAD", "PUT"):
            for name, control in self.ways():
                with self.subTest(verb=verb, way=name):
                    self.server.mark()
                    control.send(b"%s / HTTP/1.1\r\n" % verb.encode())
                    self.assert_closed(control)
                    self.assert_logged("client sent HTTP command", "system.log")

    def test_who_has_logged_in_may_ask(self):
        control = self.login()
        for _ in range(3 * MOST):
            control.command("XYZZY", 500)
        self.assert_transfers(control)

    def test_what_is_known_does_not_count(self):
        control = self.secure()
        for _ in range(2 * MOST):
            control.command("PWD", 530)
            control.command("TYPE X", 504)
            control.command("MKD x", 530)
        control.login()


@unittest.skipUnless(harness.stock_module("mod_ban"), "no mod_ban here")
class Ban(controlcase.ControlCase):
    """mod_ban hears of it."""

    SERVER = {"modules": ("mod_ban",),
              "directives": controlcase.CONTROLS +
              "BanEngine on\nBanLog {root}/ban.log\nBanTable {root}/ban.tab\n"
              "BanOnEvent BadProtocol 2/00:01:00 00:05:00\n"}

    def test_ban(self):
        for _ in range(2):
            control = self.secure()
            with self.assertRaises((client.Cut, ConnectionError)):
                for _ in range(MOST + 1):
                    control.command("XYZZY", 500, 421)
        with self.assertRaises((client.Cut, ConnectionError,
                                client.Refused)):
            self.connect().command("NOOP", 200)


@harness.both_versions
class Certificates(harness.LiveCase):

    SERVER = {"directives": "TLSVerifyClient optional\n"
                            "TLSCACertificateFile {pki}/root.pem\n"}

    def chain(self, count):
        """A client whose chain has so many certificates, and their size in
        bytes."""
        path = self.server.path("chain-%d.pem" % count)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.server.pki.read("rsa.pem") +
                         count * self.server.pki.read("inter.pem"))
        context = self.context()
        context.load_cert_chain(path, self.server.pki.path("rsa.key"))
        size = count * len(ssl.PEM_cert_to_DER_cert(
            self.server.pki.read("inter.pem")))
        return context, size

    def greet(self, context):
        control = self.secure(context=context)
        control.command("NOOP", 200)
        return control

    def test_more_than_32_kibibytes(self):
        context, one = self.chain(1)
        self.greet(context)
        self.greet(self.chain(30 * 1024 // one)[0])
        with self.assertRaises((ssl.SSLError, ConnectionError, client.Cut)):
            self.greet(self.chain(33 * 1024 // one)[0])
        self.assert_logged("TLS handshake failed: .*certificates")
        self.greet(self.context())


class Logs(harness.LiveCase):
    """A session has the TLSLog of its own host open."""

    HOST = "TLSLog {root}/%s.log\nServerAlias %s.example\n"
    SERVER = {"directives": HOST % ("first", "first"),
              "vhosts": {"second": HOST % ("second", "second"),
                         "third": HOST % ("third", "third")},
              "tls": harness.TLS.replace("TLSLog {root}/tls.log\n", "")}

    def logs(self, pid):
        folder = "/proc/%d/fd" % pid
        found = [os.readlink(os.path.join(folder, name))
                 for name in os.listdir(folder)]
        return sorted(os.path.basename(path) for path in found
                      if re.search(r"/(first|second|third)\.log$", path))

    @unittest.skipUnless(os.geteuid() == 0, "only root may look")
    def test_own_host_alone(self):
        self.assertEqual(self.logs(self.server.process.pid),
                         ["first.log", "second.log", "third.log"])
        for host, name in (("main", "first"), ("second", "second")):
            control, pid = self.login_of_pid(host)
            self.assertEqual(self.logs(pid), [name + ".log"])
            control.download("LIST")
            self.assert_logged_in(name)

    def assert_logged_in(self, name):
        self.assertIn("data connection", self.server.text(name + ".log"))


class Crowd(harness.LiveCase):
    """Handshakes that have begun and do not go on."""

    SERVER = {"directives": "MaxInstances 700\nTLSTimeoutHandshake 60\n"}

    def login_time(self):
        begin = time.monotonic()
        self.login().close()
        return time.monotonic() - begin

    def test_an_honest_login(self):
        held = []
        hello = b"\x16\x03\x01\x02\x00"
        for number in range(CROWD):
            control = self.connect()
            control.command("AUTH TLS", 234)
            if number % 2:
                control.sock.sendall(hello)
            held.append(control)
        best = min(self.login_time() for _ in range(3))
        print("# %d half-open handshakes: a login in %.3f s" % (
            len(held), best))
        self.assertLess(best, 2)
        for control in held:
            self.assertTrue(client.is_established(control.sock))
            control.close()


@unittest.skipUnless(CROWD >= 500, "takes more than a minute")
class Silence(harness.LiveCase):
    """Replies that nobody reads: for a minute, then the session is over."""

    def test_replies_that_nobody_reads(self):
        control, pid = self.login_of_pid()
        control.sock.settimeout(1)
        begin = time.monotonic()
        while pid in self.server.sessions() and \
                time.monotonic() - begin < 100:
            try:
                control.send(b"HELP\r\n" * 200)
            except (OSError, ssl.SSLError):
                time.sleep(1)
        self.assertNotIn(pid, self.server.sessions())
        print("# a client that reads nothing: dropped after %.0f s" % (
            time.monotonic() - begin))


if __name__ == "__main__":
    harness.main()
