#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Where data connections may come from.

RFC 4217 section 15.2: whoever connects first to a passive port would have the
file. A TLS session binds a data connection to its control connection; where
none does, at level C or where reuse is not required, the address must.
"""

import socket
import ssl
import unittest

import client
import harness

FREE = "TLSOptions NoSessionReuseRequired\n"
ELSEWHERE = "127.0.0.2"


def can_connect_from(address):
    try:
        with socket.socket() as sock:
            sock.bind((address, 0))
        return True
    except OSError:
        return False


@unittest.skipUnless(can_connect_from(ELSEWHERE), "no 127.0.0.2 here")
@harness.both_versions
class ForeignAddresses(harness.LiveCase):
    """Passive data connections from another address of this machine."""

    SERVER = {
        "directives": FREE + "<Class friends>\nFrom 127.0.0.2\n</Class>\n"
                             "<Class others>\nFrom 192.0.2.1\n</Class>",
        "vhosts": {
            "bound": "",
            "on": FREE + "AllowForeignAddress on",
            "friends": FREE + "AllowForeignAddress friends",
            "others": FREE + "AllowForeignAddress others",
            "off": FREE + "AllowForeignAddress off"}}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"secret" * 1000)

    def connect_from(self, control, source):
        text = control.command("PASV", 227).text
        numbers = text[text.index("(") + 1:text.index(")")].split(",")
        port = int(numbers[4]) * 256 + int(numbers[5])
        sock = socket.create_connection(
            ("127.0.0.1", port), client.TIMEOUT, (source, 0))
        data = client.Data(control, sock)
        self.addCleanup(data.close)
        return data

    def transfer(self, control, source, protected, line="RETR file"):
        """What was received, and the last reply."""
        data = self.connect_from(control, source)
        reply = control.command(line)
        if reply.code != 150:
            return b"", reply
        received = b""
        try:
            if protected:
                data.secure()
            if line.startswith("RETR"):
                received = data.read_all()
            else:
                data.write(b"not theirs")
                data.finish()
        except (ssl.SSLError, ConnectionError):
            pass
        data.close()
        return received, control.reply()

    LEVELS = (("P", True, 522), ("C", False, 425))

    def test_stranger_gets_nothing(self):
        for host in ("main", "off", "others"):
            for level, protected, code in self.LEVELS:
                with self.subTest(host=host, level=level):
                    control = self.login(host, level)
                    received, reply = self.transfer(
                        control, ELSEWHERE, protected)
                    self.assertEqual(received, b"")
                    self.assertIn(reply.code, (code, 425))
                    self.assert_transfers(control, protected)

    def test_reason_is_said(self):
        """The core has none, where it looks by itself (1.3.10)."""
        for level, protected, _ in self.LEVELS:
            control = self.login(level=level)
            reply = self.transfer(control, ELSEWHERE, protected)[1]
            if "Unable to build" not in reply.text:
                self.assertIn("AllowForeignAddress", reply.text)

    def test_stranger_changes_no_file(self):
        path = self.server.put("kept", b"kept")
        for level, protected, code in self.LEVELS[:1]:
            control = self.login(level=level)
            reply = self.transfer(
                control, ELSEWHERE, protected, "STOR kept")[1]
            self.assertIn(reply.code, (code, 425))
            with open(path, "rb") as stream:
                self.assertEqual(stream.read(), b"kept")

    def test_administrator_allows_it(self):
        for host in ("on", "friends"):
            for level, protected, _ in self.LEVELS:
                with self.subTest(host=host, level=level):
                    control = self.login(host, level)
                    received, reply = self.transfer(
                        control, ELSEWHERE, protected)
                    self.assertEqual(reply.code, 226)
                    self.assertEqual(received, b"secret" * 1000)

    def test_own_address_is_fine(self):
        for host in ("main", "off", "others", "on"):
            for level, protected, _ in self.LEVELS:
                with self.subTest(host=host, level=level):
                    control = self.login(host, level)
                    self.assertEqual(self.transfer(
                        control, "127.0.0.1", protected)[1].code, 226)

    def test_session_binds(self):
        """Where reuse is required, the address says nothing (1.3.8)."""
        control = self.login("bound")
        reply = self.transfer(control, ELSEWHERE, True)[1]
        if "Unable to build" in reply.text:
            self.skipTest("this ProFTPD looks at the address by itself")
        self.assertEqual(reply.code, 226)


if __name__ == "__main__":
    harness.main()
