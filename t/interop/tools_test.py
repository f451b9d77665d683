#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What administrators look at a server with: openssl s_client, gnutls-cli."""

import re

import clients
import harness

COMMANDS = b"USER alice\r\nPASS wonder\r\nPBSZ 0\r\nPROT P\r\nQUIT\r\n"

SUBJECT = re.compile(r"^\s*(?:\d+ )?s:CN ?= ?(.*)$", re.M)


class ToolCase(clients.ClientCase):
    """Where the server is, for a tool."""

    def port(self, host):
        return str(self.server.ports[host])

    def ca(self):
        return self.server.pki.path("root.pem")

    def assert_dialogue(self, done):
        """The replies to COMMANDS came, in this order."""
        text = done.out.decode(errors="replace")
        found = re.findall(r"^(\d{3}) ", text, re.M)
        self.assertEqual([code for code in found if code != "220"],
                         ["331", "230", "200", "200", "221"], text)


@harness.both_versions
class Openssl(ToolCase):
    """openssl s_client -starttls ftp."""

    NEEDS = "openssl"
    FLAGS = {clients.client.TLS1_2: "-tls1_2", clients.client.TLS1_3:
             "-tls1_3"}

    def s_client(self, *args, host="main", stdin=b"QUIT\r\n", code=0,
                 flag=None):
        """Runs it; returns its Done, with out in text."""
        starttls = () if host == "implicit" else ("-starttls", "ftp")
        done = clients.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:" +
             self.port(host), *starttls, "-ign_eof", "-CAfile", self.ca(),
             "-verify_return_error", flag or self.FLAGS[self.VERSION], *args],
            stdin=stdin, cwd=self.scratch)
        self.assert_done(done, code)
        return done

    def text(self, *args, **options):
        return self.s_client(*args, **options).out.decode(errors="replace")

    def test_dialogue(self):
        for host in ("main", "implicit"):
            with self.subTest(host=host):
                self.server.mark()
                self.assert_dialogue(self.s_client(host=host,
                                                   stdin=COMMANDS))
                self.assert_channels(control=1, data=0)

    def test_chain(self):
        for host in ("main", "implicit"):
            with self.subTest(host=host):
                text = self.text("-showcerts", host=host)
                self.assertEqual(SUBJECT.findall(text),
                                 ["localhost", "Test Intermediate"], text)
                self.assertIn("Verify return code: 0 (ok)", text)

    def test_session(self):
        """A control connection may go on from an earlier one."""
        path = self.local("session")
        text = self.text("-sess_out", path)
        self.assertRegex(text, "(?m)^New, " + self.name())
        self.server.mark()
        text = self.text("-sess_in", path)
        self.assertRegex(text, "(?m)^Reused, " + self.name())
        self.assertEqual([each["kind"] for each in
                          self.handshakes("control")], ["resumed"])

    def name(self):
        return re.escape(clients.VERSION_NAMES[self.VERSION])

    def test_alpn(self):
        self.assertIn("ALPN protocol: ftp",
                      self.text("-alpn", "h2,ftp"))
        self.assertIn("No ALPN negotiated", self.text())
        text = self.s_client("-alpn", "http/1.1", code=1).err
        self.assertIn("alert no application protocol", text)

    def test_server_name(self):
        for name in ("localhost", "ftp.example.test", "unknown.test"):
            with self.subTest(name=name):
                self.text("-servername", name)
                self.assert_logged("SNI " + re.escape(name))

    def test_old_version(self):
        """The alert says what is wrong; the log, in words."""
        text = self.s_client("-cipher", "ALL:@SECLEVEL=0", flag="-tls1_1",
                             code=1).err
        self.assertIn("alert protocol version", text)
        self.assert_logged("the client offers only an older TLS version")


@harness.both_versions
class Gnutls(ToolCase):
    """gnutls-cli --starttls-proto=ftp."""

    NEEDS = "gnutls-cli"
    PRIORITIES = {
        clients.client.TLS1_2: "NORMAL:-VERS-ALL:+VERS-TLS1.2",
        clients.client.TLS1_3: "NORMAL:-VERS-ALL:+VERS-TLS1.3",
    }

    def gnutls_cli(self, *args, host="main"):
        starttls = () if host == "implicit" else ("--starttls-proto=ftp",)
        done = clients.run(
            ["gnutls-cli", "--x509cafile", self.ca(), "--priority",
             self.PRIORITIES[self.VERSION], "--port", self.port(host),
             *starttls, *args, "127.0.0.1"], stdin=COMMANDS,
            cwd=self.scratch)
        self.assert_done(done)
        return done

    def test_dialogue(self):
        for host in ("main", "implicit"):
            with self.subTest(host=host):
                self.server.mark()
                done = self.gnutls_cli(host=host)
                self.assert_dialogue(done)
                self.assertIn(b"The certificate is trusted", done.out)
                self.assertIn(b"CN=Test Intermediate", done.out)
                self.assert_channels(control=1, data=0)

    def test_resume(self):
        done = self.gnutls_cli("--resume", host="implicit")
        self.assertIn(b"This is a resumed session", done.out)
        self.assertEqual([each["kind"] for each in
                          self.handshakes("control")],
                         ["full handshake", "resumed"])


if __name__ == "__main__":
    harness.main()
