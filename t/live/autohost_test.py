#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Hosts that mod_autohost makes in a session, from files of their own.

The daemon has not known them: their keys are those that it has, by the names
of their files, or are read where keys are not isolated.
"""

import os
import ssl
import unittest

import certcase
import client
import harness

NAME = "auto.example.org"

FILE = """\
ServerName "auto host"
ServerAlias %s
WtmpLog off
AuthOrder mod_auth_file.c
AuthUserFile {root}/passwd
RequireValidShell off
AllowOverwrite on
TLSEngine on
TLSLog {root}/auto.log
""" % NAME

#: As harness.TLS names them.
KNOWN = """\
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
TLSCertificateChainFile {pki}/inter.pem
"""

#: The same certificate, in a file that no server has.
UNKNOWN = "TLSCertificateFile {pki}/rsa-all.pem\n"

CLIENTS = KNOWN + """\
TLSVerifyClient on
TLSCACertificateFile {clients}/root.pem
"""


class AutohostCase(harness.LiveCase):
    """The server, and the files of its hosts."""

    PATH = "%n"
    FILES = {NAME: KNOWN}
    MORE = ""

    @classmethod
    def setUpClass(cls):
        if not harness.stock_module("mod_autohost"):
            raise unittest.SkipTest("no mod_autohost here")
        cls.SERVER = {"modules": ("mod_autohost",), "directives": """\
AutoHostEngine on
AutoHostConfig {root}/auto/%s.conf
""" % cls.PATH + cls.MORE}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        folder = cls.server.path("auto")
        os.mkdir(folder, 0o755)
        for name, lines in cls.FILES.items():
            text = cls.server.expand(certcase.CertCase.expand(FILE + lines))
            with open(os.path.join(folder, name + ".conf"), "w",
                      encoding="ascii") as stream:
                stream.write(text)

    def check(self, control):
        control.login().protect()
        self.assert_transfers(control)
        self.assert_logged("control connection .*TLSv1", "auto.log")

    def by_host(self, **options):
        control = self.connect(**options)
        control.command("HOST " + NAME, 220)
        return control


@harness.both_versions
class ByName(AutohostCase):

    def test_sni(self):
        self.check(self.secure(server_name=NAME))

    def test_host(self):
        self.check(self.by_host().auth())

    def test_sni_and_host(self):
        control = self.by_host(server_name=NAME)
        self.check(control.auth())

    def test_sessions_of_other_connections(self):
        """The daemon cannot tell hosts of one name apart, nor their users."""
        context = self.context()
        mine, other = (self.secure(context=context, server_name=NAME)
                       .login().protect() for _ in range(2))
        self.assert_transfers(other)
        with mine.data() as data:
            mine.command("LIST", 150)
            try:
                data.secure(other.session)
                data.read_all()
            except (ssl.SSLError, ConnectionError):
                pass
            mine.reply(522)
        self.assert_transfers(mine)

    def test_others_are_the_servers(self):
        control = self.secure(server_name="other.example.org").login()
        self.assert_transfers(control.protect())


@harness.both_versions
class ByAddress(AutohostCase):
    PATH = "%0"
    FILES = {"127.0.0.1": KNOWN}

    def test_address(self):
        self.check(self.secure())


class UnknownKey(AutohostCase):
    FILES = {NAME: UNKNOWN}
    MORE = "TLSKeyIsolation on\n"

    @classmethod
    def setUpClass(cls):
        if os.environ.get("TLS4217_KEY_ISOLATION") == "off":
            raise unittest.SkipTest("keys are not isolated here")
        super().setUpClass()

    def test_it_is_refused_and_told(self):
        self.by_host().command("AUTH TLS", 431)
        self.assert_logged("rsa-all.pem': its key is unknown to the key "
                           "process, .*TLSCertificateDirectory", "system.log")

    def test_named_in_tls_it_has_the_servers(self):
        self.check(self.secure(server_name=NAME))


class KeysInTheSession(AutohostCase):
    FILES = {NAME: UNKNOWN}
    MORE = "" if os.environ.get("TLS4217_KEY_ISOLATION") == "off" \
        else "TLSKeyIsolation off\n"

    def test_any_certificate(self):
        self.check(self.by_host().auth())


class Clients(AutohostCase):
    """Client certificates are asked for, as the host's file says."""

    FILES = {NAME: CLIENTS}

    def context_of(self, name):
        context = self.server.context(client.TLS1_2)
        if name is not None:
            context.load_cert_chain(*certcase.clients().pair(name))
        return context

    def test_of_one_who_has_one(self):
        for control in (self.by_host(context=self.context_of("alice")),
                        self.connect(context=self.context_of("alice"),
                                     server_name=NAME)):
            self.check(control.auth())

    def test_of_one_who_has_none(self):
        for control in (self.by_host(context=self.context_of(None)),
                        self.connect(context=self.context_of(None),
                                     server_name=NAME)):
            with self.assertRaises((client.Refused, ssl.SSLError, OSError)):
                control.auth()
                control.login()


if __name__ == "__main__":
    harness.main()
