#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSOptions EnableDiags: the messages of handshakes in TLSLog."""

import re
import ssl

import client
import harness

#: What each version sends, from the server's side.
MESSAGES = {
    client.TLS1_2: ("received ClientHello", "sent ServerHello",
                    "sent Certificate", "sent ServerKeyExchange",
                    "sent ServerHelloDone", "received ClientKeyExchange",
                    "received Finished",
                    "sent NewSessionTicket", "sent ChangeCipherSpec",
                    "sent Finished"),
    client.TLS1_3: ("received ClientHello", "sent ServerHello",
                    "sent EncryptedExtensions", "sent Certificate",
                    "sent CertificateVerify", "sent Finished",
                    "received Finished", "sent NewSessionTicket"),
}


@harness.both_versions
class Messages(harness.LiveCase):
    SERVER = {"directives": "TLSOptions EnableDiags",
              "vhosts": {"quiet": ""}}

    def lines(self, connection, pid):
        return re.findall(r"\[%d\]: %s connection: ((?:sent|received) [^,\n]*)"
                          % (pid, connection), self.server.log("tls.log"))

    def test_control_connection(self):
        _, pid = self.login_of_pid()
        found = self.lines("control", pid)
        for message in MESSAGES[self.VERSION]:
            self.assertIn(message, found)

    def test_data_connection(self):
        control, pid = self.login_of_pid()
        control.download("LIST")
        found = self.lines("data", pid)
        self.assertIn("received ClientHello", found)
        self.assertIn("sent ServerHello", found)
        self.assertNotIn("sent Certificate", found)     # it was resumed

    def test_alerts(self):
        context = self.context()
        context.set_alpn_protocols(["http/1.1"])
        control = self.connect(context=context)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            control.auth()
        self.assert_logged(r"control connection: sent fatal alert: "
                           r"no application protocol")

    def test_no_message_has_its_contents(self):
        """A line has the name and the length, and nothing besides."""
        control = self.login()
        control.download("LIST")
        for line in self.server.log("tls.log").splitlines():
            if " connection: sent " in line or " connection: rece" in line:
                self.assertRegex(
                    line, r"connection: (sent|received) (\w+, \d+ bytes|"
                    r"ChangeCipherSpec|\w+ alert: [\w ]+)$")

    def test_other_hosts_are_quiet(self):
        control, pid = self.login_of_pid("quiet")
        control.download("LIST")
        self.assertEqual(self.lines("control", pid), [])

    def test_provider_is_logged_at_the_start(self):
        with open(self.server.path("tls.log"), encoding="utf-8") as stream:
            self.assertRegex(stream.read(),
                             r"OpenSSL \d\.\d+\.\d+.*: provider 'default' "
                             r"\(\d\.\d+\.\d+.*\) serves\n")


if __name__ == "__main__":
    harness.main()
