#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The table of doc/howto/reading-the-log: "the client says, the log says, do
this".  Each row is provoked, and both sides have to say what stands there."""

import os
import re
import socket
import ssl
import time

import certcase
import client
import harness
from howto_test import HOWTO

ROW = re.compile(r"(?m)^  client: (.+)\n  log:    (.+)\n  do:     (.+)$")

OLD = {"ciphers": "AES256-SHA"}


def rows():
    with open(os.path.join(HOWTO, "reading-the-log"),
              encoding="ascii") as stream:
        return [found.groups() for found in ROW.finditer(stream.read())]


class Troubles(harness.LiveCase):

    SERVER = {
        "vhosts": {
            "login": "TLSControlProtection login\nTLSDataProtection required",
            "user": "TLSUserProtection required alice",
            "implicit": "TLSOptions UseImplicitSSL",
            "newest": "TLSProtocol TLSv1.3",
            "certificate": "TLSVerifyClient on\n"
                           "TLSCACertificateFile {pki}/root.pem",
            "hurried": "TLSTimeoutHandshake 1",
            "without": "TLSCertificateFile {root}/missing.pem",
        }}

    # One for each row: what the client is told.

    def row_533_command(self):
        return self.connect("login").command("USER alice").text

    def row_533_user(self):
        return self.connect("user").command("USER alice").text

    def row_521(self):
        return self.login("login", level=None).command("LIST").text

    def row_534_prot(self):
        control = self.login("login", level=None)
        control.command("PBSZ 0", 200)
        return control.command("PROT C").text

    def listing(self, control, session):
        with control.data() as data:
            control.command("LIST", 150)
            data.open()
            data.secure(session=session)
            return control.reply().text

    def row_522_not_resumed(self):
        return self.listing(self.login(), None)

    def row_522_another(self):
        context = self.context()
        other = self.secure(context=context).login("bob", "builder")
        other.protect()
        other.download("LIST")
        return self.listing(self.login(context=context), other.session)

    def row_522_no_tls(self):
        control = self.login()
        with control.data() as data:
            control.command("LIST", 150)
            data.open()
            data.sock.sendall(b"clear text, and more of it\r\n")
            return control.reply().text

    def row_426(self):
        control = self.login()
        with control.begin("STOR cut") as data:
            data.write(b"half")
            client.cut(data.sock)
            return control.reply().text

    def row_503(self):
        return self.login(level=None).command("PROT P").text

    def row_500_ccc(self):
        return self.login().command("CCC").text

    def row_534_auth(self):
        return self.connect().login().command("AUTH TLS").text

    def row_431(self):
        return self.connect("without").command("AUTH TLS").text

    def row_421_failed(self):
        control = self.connect("hurried")
        control.command("AUTH TLS", 234)
        return control.reply().text

    def row_421_certificate(self):
        """A certificate of a CA that the server does not accept."""
        context = self.context()
        context.load_cert_chain(*certcase.clients().pair("alice"))
        return self.connect("certificate", context=context).auth() \
            .reply().text

    def failing(self, host="main", **options):
        """What the client's TLS says of a handshake."""
        try:
            self.connect(host, **options).auth().command("NOOP")
        except (ssl.SSLError, ConnectionError) as error:
            return str(error).lower().replace("_", " ")
        return ""

    def row_not_trusted(self):
        return self.failing(context=ssl.create_default_context(),
                            server_name="localhost")

    def row_version(self):
        return self.failing("newest", context=self.server.context(
            client.TLS1_2))

    def row_cipher(self):
        return self.failing(context=self.server.context(client.TLS1_2, **OLD))

    def row_no_certificate(self):
        return self.failing("certificate")

    def row_alpn(self):
        return self.failing(context=self.context(alpn=("http/1.1",)))

    def row_clear_to_implicit(self):
        with socket.create_connection(self.server.address("implicit"),
                                      10) as sock:
            sock.sendall(b"USER alice\r\n")
            self.assertNotIn(b"USER", client.read_to_end(sock))
        return "nothing, the connection is closed"

    def row_tls_to_explicit(self):
        with socket.create_connection(self.server.address(), 10) as sock:
            try:
                self.context().wrap_socket(sock, server_hostname="localhost")
            except (ssl.SSLError, ConnectionError) as error:
                return str(error).lower().replace("_", " ")
        return ""

    PROVOKED = (
        row_533_command, row_533_user, row_521, row_534_prot,
        row_522_not_resumed, row_522_another, row_522_no_tls, row_426,
        row_503, row_500_ccc, row_534_auth, row_431, row_421_failed,
        row_421_certificate, row_not_trusted, row_version, row_cipher,
        row_no_certificate, row_alpn, row_clear_to_implicit,
        row_tls_to_explicit)

    def test_each_row(self):
        found = rows()
        self.assertEqual(len(found), len(self.PROVOKED))
        for (says, logs, does), provoke in zip(found, self.PROVOKED):
            with self.subTest(client=says):
                self.server.mark()
                self.assertIn(says, provoke(self))
                self.assert_logged(re.escape(logs))
                self.assertTrue(does)

    def test_tls_on_a_port_without(self):
        """The client of the last row is told in clear, and does not wait."""
        with socket.create_connection(self.server.address(), 10) as sock:
            began = time.monotonic()
            sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            said = client.read_to_end(sock)
            self.assertRegex(said, rb"\r\n421 TLS begins with AUTH TLS on this "
                             rb"port, closing the connection: .*\r\n\Z")
            self.assertLess(time.monotonic() - began, 8)

    def test_later_it_is_a_command_like_others(self):
        control = self.connect()
        control.command("NOOP", 200)
        control.send(b"\x16\x03\x01\r\n")
        control.reply(500)
        self.assert_alive(control)


if __name__ == "__main__":
    harness.main()
