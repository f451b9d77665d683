#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""How a session ends while TLS begins, is in use, or ends.

Timers and signals are served in every wait; what they have to say never comes
as text between TLS records (RFC 4217, section 10.1).  A reply that cannot be
sent ends the session: nothing is executed whose reply cannot be read.
"""

import os
import signal
import time

import client
import harness


def is_record(raw):
    """Whether raw is whole TLS records and nothing else."""
    while raw:
        size = 5 + int.from_bytes(raw[3:5], "big")
        if raw[0] not in (20, 21, 22, 23) or raw[1] != 3 or len(raw) < size:
            return False
        raw = raw[size:]
    return True


class EndingCase(harness.LiveCase):

    SERVER = {
        "directives": "TLSTimeoutHandshake 30\nTLSClearCommandChannel on",
        "vhosts": {
            "login": "TimeoutLogin 2\nTLSTimeoutHandshake 30",
            "idle": "TimeoutIdle 2\nTLSTimeoutHandshake 30",
            "implicit": "TLSOptions UseImplicitSSL\nTimeoutLogin 2\n"
                        "TLSTimeoutHandshake 30",
            "idleccc": "TimeoutIdle 2\nTLSClearCommandChannel on",
        },
    }

    def watched(self, make):
        """What make returns, and the process that serves it."""
        control = make()
        pid = client.until(lambda: self.serving(control.sock), 3)
        self.assertTrue(pid, "nobody serves this connection")
        return control, pid

    def serving(self, sock):
        """The session at the other end of a socket, or None."""
        own = ":%04X" % sock.getsockname()[1]
        inodes = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as stream:
                rows = [line.split() for line in stream]
            inodes |= {"socket:[%s]" % row[9] for row in rows
                       if row[2].endswith(own)}
        for pid in self.server.sessions():
            try:
                if os.readlink("/proc/%d/fd/0" % pid) in inodes:
                    return pid
            except OSError:
                pass
        return None

    def assert_gone(self, pid, seconds=3):
        self.assertTrue(
            client.until(lambda: pid not in self.server.sessions(), seconds),
            "the session is still there")

    def begun(self, host="main"):
        control = self.connect(host)
        control.command("AUTH TLS", 234)
        return control


@harness.both_versions
class DuringTheHandshake(EndingCase):
    """After the ServerHello there is TLS, or the close."""

    def socket(self, host):
        sock = client.socket.create_connection(
            self.server.address(host), client.TIMEOUT)
        self.addCleanup(sock.close)
        return sock

    def in_the_middle(self, host="main"):
        control = self.begun(host)
        control.send(control.new_tls().hello())
        control.first = control.sock.recv(65536)
        return control

    def assert_only_tls(self, raw):
        self.assertTrue(is_record(raw), raw[-80:])

    def test_rfc4217_10_1_timer_in_the_middle(self):
        for host in ("login", "idle"):
            with self.subTest(host=host):
                control = self.in_the_middle(host)
                began = time.monotonic()
                raw = client.read_to_end(control.sock)
                self.assertLess(time.monotonic() - began, 5)
                self.assert_only_tls(control.first + raw)
        self.assert_logged("ended during the TLS handshake")

    def test_timer_in_the_middle_of_implicit_tls(self):
        sock = self.socket("implicit")
        sock.sendall(client.Tls(sock, self.context()).hello())
        self.assert_only_tls(client.read_to_end(sock))

    def test_timer_ahead_of_implicit_tls(self):
        self.assertEqual(client.read_to_end(self.socket("implicit")), b"")

    def test_rfc4217_10_1_timer_ahead_of_the_hello(self):
        """Nothing of TLS yet: the reply can be read, and is sent."""
        for host in ("login", "idle"):
            with self.subTest(host=host):
                raw = client.read_to_end(self.begun(host).sock)
                self.assertRegex(raw, rb"\A421 [^\r\n]+\r\n\Z")

    def test_sigterm(self):
        control, pid = self.watched(self.in_the_middle)
        os.kill(pid, signal.SIGTERM)
        self.assert_only_tls(control.first + client.read_to_end(control.sock))
        self.assert_gone(pid)


@harness.both_versions
class UnsentReplies(EndingCase):
    """Pipelined commands of a client that cannot hear any more."""

    def stopped(self, line, make=None):
        """A session that finds commands, and no client behind them."""
        control, pid = self.watched(make or self.login)
        os.kill(pid, signal.SIGSTOP)
        try:
            control.send(line)
            client.reset(control.sock)
        finally:
            os.kill(pid, signal.SIGCONT)
        self.assert_gone(pid)

    def test_no_command_whose_reply_cannot_be_read(self):
        self.stopped(b"NOOP\r\nMKD one\r\nMKD two\r\n")
        for name in ("one", "two"):
            self.assertFalse(os.path.exists(
                os.path.join(self.server.home, name)), name)
        self.assert_logged("a reply could not be sent, and the session ends")

    def test_the_same_in_clear(self):
        self.stopped(b"NOOP\r\nMKD clear1\r\nMKD clear2\r\n",
                     lambda: self.connect().login())
        for name in ("clear1", "clear2"):
            self.assertFalse(os.path.exists(
                os.path.join(self.server.home, name)), name)

    def test_quit_is_logged_in_order(self):
        self.stopped(b"QUIT\r\n")
        self.assertNotIn("could not be sent", self.server.log("tls.log"))


@harness.both_versions
class WhileTlsEnds(EndingCase):
    """Behind our close_notify of CCC our own direction is in clear."""

    def parting(self, host="main"):
        control = self.login(host)
        control.command("CCC", 200)
        self.assertEqual(control.tls.read(), b"", "close_notify")
        return control

    def test_timer(self):
        control = self.parting("idleccc")
        began = time.monotonic()
        self.assertRegex(client.read_to_end(control.sock),
                         rb"\A421 [^\r\n]+\r\n\Z")
        self.assertLess(time.monotonic() - began, 4)

    def test_sigterm(self):
        control, pid = self.watched(self.parting)
        os.kill(pid, signal.SIGTERM)
        client.read_to_end(control.sock)
        self.assert_gone(pid)


@harness.both_versions
class Signals(EndingCase):
    """No wait keeps a session from ending."""

    def test_sigterm_while_nobody_reads_the_replies(self):
        control, pid = self.watched(self.login)
        control.sock.settimeout(0.5)
        try:
            while True:
                control.send(b"FEAT\r\n" * 100)
        except OSError:
            pass
        os.kill(pid, signal.SIGTERM)
        self.assert_gone(pid)

    def test_sigterm_while_data_is_waited_for(self):
        for line in ("RETR big", "STOR up", "LIST"):
            with self.subTest(line=line):
                self.server.put("big", b"b" * (8 << 20))
                control, pid = self.watched(self.login)
                with control.data() as data:
                    control.command(line, 150)
                    data.open()
                    os.kill(pid, signal.SIGTERM)
                    self.assert_gone(pid)

    def test_sigterm_while_a_download_is_not_read(self):
        self.server.put("big", b"b" * (48 << 20))
        control, pid = self.watched(self.login)
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            os.kill(pid, signal.SIGTERM)
            self.assert_gone(pid)

    def test_sigterm_in_an_upload(self):
        control, pid = self.watched(self.login)
        with control.begin("STOR up") as data:
            data.write(b"some")
            os.kill(pid, signal.SIGTERM)
            self.assert_gone(pid)


if __name__ == "__main__":
    harness.main()
