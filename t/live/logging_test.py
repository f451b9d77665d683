#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What TLSLog and ExtendedLog say of handshakes: the summary line, the session
notes in a LogFormat.
"""

import re

import client
import harness

LOG_FORMAT = """\
LogFormat tls "%m protocol=%{protocol} version=%{note:TLS_PROTOCOL} \
cipher=%{note:TLS_CIPHER} sni=%{note:TLS_SERVER_NAME}"
ExtendedLog {root}/extended.log ALL tls
"""


@harness.both_versions
class Logs(harness.LiveCase):
    """What administrators and other modules read."""

    SERVER = {"directives": LOG_FORMAT}

    GROUP = r"(?i)(x25519|secp256r1|prime256v1|P-256|secp384r1|x448)"

    def summaries(self):
        return [line for line in self.server.log().splitlines()
                if "TLSv1." in line and re.search(r"\d ?ms", line)]

    def version(self):
        return {client.TLS1_2: "TLSv1.2", client.TLS1_3: "TLSv1.3"}[
            self.VERSION]

    def test_one_summary_line_per_handshake(self):
        self.server.mark()
        control = self.login()
        for _ in range(3):
            control.download("LIST")
        client.until(lambda: len(self.summaries()) >= 4)
        lines = self.summaries()
        self.assertEqual(len(lines), 4, lines)
        self.assertEqual([("control" in line, "data" in line)
                          for line in lines],
                         [(True, False)] + [(False, True)] * 3)

    def test_summary_says_everything(self):
        self.server.mark()
        context = self.context(alpn=["ftp"])
        control = self.login(context=context, server_name="ftp.example.test")
        control.download("LIST")
        client.until(lambda: len(self.summaries()) >= 2)
        cipher = control.tls.object.cipher()[0]
        for line, resumed in zip(self.summaries(), (False, True)):
            with self.subTest(line=line):
                for word in (self.version(), cipher, "ftp.example.test",
                             "127.0.0.1"):
                    self.assertIn(word, line)
                self.assertRegex(line, r"ALPN:? ?\W?ftp")
                self.assertRegex(line, self.GROUP)
                self.assertEqual("resumed" in line, resumed)

    def test_extended_log(self):
        control = self.connect()
        control.command("NOOP", 200)
        self.assert_logged(r"NOOP protocol=ftp version=-? ", "extended.log")
        control.auth().login()
        self.assert_logged(
            r"PASS protocol=ftps version=%s cipher=%s" % (
                re.escape(self.version()),
                re.escape(control.tls.object.cipher()[0])), "extended.log")

    def test_server_name_is_noted(self):
        self.secure(server_name="ftp.example.test").login()
        self.assert_logged(r"PASS .*sni=ftp\.example\.test", "extended.log")

    def test_refused_data_connection_is_logged(self):
        control = self.login()
        with control.data() as data:
            control.command("LIST", 150)
            data.sock.sendall(b"no TLS\r\n" * 8)
            control.reply(522)
        self.assert_logged(r"(?i)data.*(handshake|fail|TLS)")
        self.assertNotIn("panic", self.server.log())


if __name__ == "__main__":
    harness.main()
