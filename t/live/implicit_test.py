#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLS from the first byte: TLSOptions UseImplicitSSL."""

import ssl
import time

import client
import harness

LOG_FORMAT = """\
LogFormat tls "%m protocol=%{protocol} version=%{note:TLS_PROTOCOL}"
ExtendedLog {root}/extended.log ALL tls
"""


@harness.both_versions
class Implicit(harness.LiveCase):
    """TLS from the first byte: TLSOptions UseImplicitSSL."""

    SERVER = {"directives": "TLSOptions UseImplicitSSL\n" + LOG_FORMAT,
              "vhosts": {"short": "TLSOptions UseImplicitSSL\n"
                                  "TLSTimeoutHandshake 2",
                         "explicit": ""}}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"f" * 40000)

    def implicit(self, host="main", **options):
        return self.connect(host, implicit=True, **options)

    def test_login_and_transfers_start_at_p(self):
        control = self.implicit().login()
        control.command("TYPE I", 200)
        for mode in ("PASV", "PORT"):
            self.assertEqual(control.download("RETR file", mode),
                             b"f" * 40000)
            control.upload("STOR up", b"up", mode)
            control.download("LIST", mode)
        self.assertEqual(self.server.get("up"), b"up")

    def test_client_without_tls_on_its_data_connection(self):
        """It may not know that this port protects data: the 522 says so."""
        control = self.implicit().login()
        with control.data() as data:
            control.command("LIST", 150)
            client.cut(data.sock)
            self.assertIn("sent no PROT", control.reply(522).text)
        self.assert_alive(control)

    def test_auth_prot_and_feat(self):
        control = self.implicit()
        control.command("AUTH TLS", 534)
        control.command("PROT P", 503)
        control.login().protect("C")
        control.download("LIST", protected=False)
        self.assertIn("AUTH TLS", control.command("FEAT", 211).text)

    def test_protocol_is_ftps(self):
        self.implicit().login()
        self.assert_logged(r"PASS protocol=ftps version=TLSv1", "extended.log")

    def test_stranger_gets_522(self):
        control = self.implicit().login()
        with control.data() as data:
            control.command("LIST", 150)
            try:
                data.secure(None)
            except (ssl.SSLError, ConnectionError):
                pass
            control.reply(522)
        control.download("LIST")

    def test_nothing_is_said_in_clear(self):
        """No banner; and a client without TLS is sent away in time."""
        sock = client.socket.create_connection(
            self.server.address("short"), client.TIMEOUT)
        self.addCleanup(sock.close)
        began = time.monotonic()
        raw = client.read_to_end(sock)
        self.assertLess(time.monotonic() - began, 4)
        self.assertNotIn(b"220", raw)

    def test_explicit_host_beside_it(self):
        self.login("explicit").download("LIST")


if __name__ == "__main__":
    harness.main()
