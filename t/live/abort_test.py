#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""ABOR, STAT and NOOP that arrive in TLS while a transfer runs.

RFC 4217 section 14; RFC 959 section 4.1.3. No urgent data is used.
"""

import time

import client
import harness

BIG = 24 << 20


@harness.both_versions
class Abort(harness.LiveCase):
    """A transfer in the middle, and a command beside it."""

    SERVER = {"vhosts": {"slow": "TransferRate RETR,STOR,APPE 60",
                         "linger": "TimeoutLinger 2"}}

    @classmethod
    def prepare(cls):
        cls.server.put("big", b"b" * BIG)
        cls.server.put("medium", b"m" * 70000)

    def finish_abort(self, control, data):
        """At once one 426, one 226, nothing else; then life goes on.

        The client closes the data connection when it has read the 426.
        """
        began = time.monotonic()
        control.reply(426)
        data.close()
        control.reply(226)
        self.assertLess(time.monotonic() - began, 3)
        self.goes_on(control)

    def goes_on(self, control):
        control.command("NOOP", 200)
        control.upload("STOR after", b"after")
        self.assertEqual(control.download("RETR after"), b"after")
        self.assertFalse(control.pending(0.1), "a reply too many")

    def send_bytewise(self, control, raw):
        control.tls.records(*[bytes([byte]) for byte in raw])

    def ways(self, line):
        """How a command may arrive: name, and what sends it."""
        raw = line.encode() + b"\r\n"
        return (
            ("one record", lambda control: control.send(raw)),
            ("a record per byte",
             lambda control: self.send_bytewise(control, raw)),
            ("CR and LF apart",
             lambda control: control.tls.records(raw[:-1], raw[-1:])),
            ("byte by byte in TCP",
             lambda control: control.tls.dribble(raw, 1)),
        )

    def test_rfc4217_14_abor_in_a_slow_download(self):
        for name, send in self.ways("ABOR"):
            with self.subTest(way=name):
                control = self.login("slow")
                with control.begin("RETR big") as data:
                    data.tls.read(1000)
                    send(control)
                    self.finish_abort(control, data)

    def drain(self, data):
        """Reads what there is: an aborted download may end any way."""
        try:
            data.tls.read_all()
        except (client.Cut, ConnectionError):
            pass

    def test_rfc4217_14_abor_while_the_client_does_not_read(self):
        """The server is blocked in a write, and still hears."""
        for name, send in self.ways("ABOR"):
            with self.subTest(way=name):
                control = self.login()
                with control.begin("RETR big") as data:
                    data.tls.read(1000)
                    self.wait_until_blocked(data)
                    send(control)
                    self.finish_abort(control, data)

    def wait_until_blocked(self, data):
        """Until the receive buffer has stopped growing."""
        seen = [-1]

        def is_full():
            size = len(data.sock.recv(1 << 26, client.socket.MSG_PEEK))
            before, seen[0] = seen[0], size
            return size == before

        self.assertTrue(client.until(is_full))

    def test_rfc4217_14_abor_ends_with_close_notify(self):
        """The client asked for the end: it reads on, and finds it."""
        control = self.login()
        for received in (1, 1 << 20):
            with self.subTest(received=received), \
                    control.begin("RETR big") as data:
                data.tls.read(received)
                control.send(b"ABOR\r\n")
                control.reply(426)
                self.assertLess(len(data.tls.read_all()), BIG)
                control.reply(226)
        self.goes_on(control)

    def test_rfc4217_14_abor_from_a_client_that_keeps_its_data_open(self):
        """It waits for both replies first: TimeoutLinger helps it out."""
        control = self.login("linger")
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            self.wait_until_blocked(data)
            control.send(b"ABOR\r\n")
            began = time.monotonic()
            control.reply(426)
            control.reply(226)
            self.assertLess(time.monotonic() - began, 5)
        self.goes_on(control)

    def test_rfc4217_14_abor_in_a_fast_download(self):
        control = self.login()
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            control.send(b"ABOR\r\n")
            self.drain(data)
            data.close()
            first = control.reply(426, 226)
            second = control.reply(226)
        self.assertEqual(second.code, 226, first)
        self.goes_on(control)

    def test_rfc4217_14_abor_in_an_upload(self):
        for name, send in self.ways("ABOR"):
            with self.subTest(way=name):
                control = self.login()
                with control.begin("STOR aborted") as data:
                    data.write(b"u" * 50000)
                    self.assertTrue(client.until(
                        lambda: self.server.get("aborted")))
                    send(control)
                    self.push(data, control)
                    self.finish_abort(control, data)

    def push(self, data, control):
        """Goes on sending until the server answers or hangs up."""
        for _ in range(100):
            if control.pending(0.05):
                return
            try:
                data.write(b"u" * 1000)
            except ConnectionError:
                return

    def test_rfc4217_14_abor_in_an_idle_upload(self):
        """No data moves: only the control connection speaks."""
        control = self.login()
        with control.begin("STOR idle") as data:
            data.write(b"i" * 1000)
            self.assertTrue(client.until(lambda: self.server.get("idle")))
            control.send(b"ABOR\r\n")
            self.finish_abort(control, data)

    def test_abor_without_a_transfer(self):
        control = self.login()
        self.assertIn(control.command("ABOR").code, (225, 226))
        self.goes_on(control)

    def test_rfc4217_14_commands_during_a_transfer(self):
        """Answered at once or behind the transfer, but exactly once."""
        for line, code in (("NOOP", 200), ("STAT", 211)):
            for name, send in self.ways(line):
                with self.subTest(line=line, way=name):
                    control = self.login("slow")
                    self.beside_a_download(control, send, code)
                    self.beside_an_upload(control, send, code)

    def beside_a_download(self, control, send, code):
        with control.begin("RETR medium") as data:
            data.tls.read(1000)
            send(control)
            data.tls.read_all()
            data.finish()
            self.both_replies(control, code)

    def beside_an_upload(self, control, send, code):
        with control.begin("STOR beside") as data:
            data.write(b"s" * 25000)
            send(control)
            data.write(b"s" * 25000)
            data.finish()
            self.both_replies(control, code)
        self.assertEqual(self.server.get("beside"), b"s" * 50000)

    def both_replies(self, control, code):
        codes = {control.reply().code, control.reply().code}
        self.assertEqual(codes, {code, 226})
        self.goes_on(control)

    def test_several_commands_in_one_record_during_a_transfer(self):
        control = self.login("slow")
        with control.begin("RETR medium") as data:
            data.tls.read(1000)
            control.send(b"NOOP\r\nNOOP\r\nNOOP\r\n")
            data.tls.read_all()
            data.finish()
            codes = sorted(control.reply().code for _ in range(4))
        self.assertEqual(codes, [200, 200, 200, 226])
        self.goes_on(control)

    def test_control_connection_closed_during_a_transfer(self):
        """The session ends; no process stays behind."""
        for line in ("RETR big", "STOR left"):
            with self.subTest(line=line):
                before = len(self.server.sessions())
                control = self.login("slow")
                with control.begin(line):
                    control.close()
                self.assertTrue(client.until(
                    lambda: len(self.server.sessions()) <= before, 15))


if __name__ == "__main__":
    harness.main()
