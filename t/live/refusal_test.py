#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What TLSLog says of a refusal: whom it met, and what would let him in."""

import ssl

import client
import harness

#: The lines that let this user in, and no one else.
ALONE = r"for this user alone.*<IfUser alice> \| %s \| </IfUser>\)"
REUSE = ("522 .*TLSSessionReuse off accepts such clients; "
         + ALONE % "TLSSessionReuse off")


@harness.both_versions
class Refusals(harness.LiveCase):

    SERVER = {"directives": "TLSDataProtection required"}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file")

    def test_before_there_is_a_user(self):
        control = self.secure()
        control.command("PROT P", 503)
        self.assert_logged(
            r"\d\]: control connection from 127\.0\.0\.1: PROT refused: 503 .*"
            r"\(TLSOptions NoPBSZRequired accepts such clients; for some "
            r"clients alone in <IfClass> of mod_ifsession\)")
        control.command("CCC", 500)
        self.assert_logged(r"CCC refused: 500 .*TLSClearCommandChannel on")

    def test_the_user_who_was_named(self):
        control = self.secure()
        control.command("USER alice", 331)
        control.command("PROT P", 503)
        self.assert_logged(r"user alice: PROT refused: 503 .*NoPBSZRequired")

    def test_the_user_who_has_logged_in(self):
        control = self.secure().login()
        control.command("PROT P", 503)
        self.assert_logged("user alice: PROT refused: 503 .*" + ALONE
                           % "TLSOptions NoPBSZRequired")
        control.command("REIN", 502)
        self.assert_logged(r"user alice: REIN refused: 502 .*AllowReinit")
        control.command("PBSZ 0", 200)
        control.command("PROT C", 534)
        self.assert_logged(r"user alice: PROT refused: 534 .*TLSDataRule")
        control.command("PASV", 227)
        control.command("LIST", 521)
        self.assert_logged(r"user alice: LIST .*refused: 521 .*TLSRequired")

    def refused_session(self, control, session):
        with control.data() as data:
            control.command("RETR file", 150)
            data.open()
            try:
                data.secure(session)
                data.read_all()
            except (OSError, ssl.SSLError):
                pass
        control.reply(522)
        self.assert_logged("user alice: data connection from .*" + REUSE)

    def test_data_connection_without_a_session(self):
        self.refused_session(self.login(), None)

    def test_data_connection_with_a_foreign_session(self):
        context = self.context()
        other = self.secure(context=context).login("bob", "builder")
        other.command("NOOP", 200)
        self.refused_session(self.login(context=context), other.session)

    def test_an_upload_that_is_cut(self):
        control = self.login()
        with control.data() as data:
            control.command("STOR cut", 150)
            data.open()
            data.secure()
            data.write(b"half of it")
        control.reply(426)
        self.assert_logged("user alice: data connection from .*426 .*" + ALONE
                           % "TLSOptions NoCloseNotifyRequired")

    def test_alpn(self):
        context = self.context(alpn=["http/1.1"])
        control = self.connect(context=context)
        control.command("AUTH TLS", 234)
        with self.assertRaises((client.Cut, ssl.SSLError, OSError)):
            control.handshake()
        self.assert_logged("ALPN.*TLSNextProtocol off")


@harness.both_versions
class SomeAlone(harness.LiveCase):
    """The lines that doc/clients and the log name do what they say."""

    SERVER = {
        "modules": ("mod_ifsession",),
        "directives": """
<Class here>
  From 127.0.0.0/8
</Class>
<IfClass here>
  TLSOptions NoPBSZRequired
</IfClass>
<IfUser bob>
  TLSSessionReuse off
</IfUser>
"""}

    def test_a_class_before_login(self):
        self.secure().command("PROT P", 200)

    def test_the_user_alone(self):
        for user, password, code in (("bob", "builder", 226),
                                     ("alice", "wonder", 522)):
            control = self.secure().login(user, password).protect("P")
            with self.subTest(user=user), control.data() as data:
                control.command("LIST", 150)
                data.open()
                data.secure(None)
                try:
                    data.read_all()
                except (OSError, ssl.SSLError):
                    self.assertEqual(code, 522)
                control.reply(code)


if __name__ == "__main__":
    harness.main()
