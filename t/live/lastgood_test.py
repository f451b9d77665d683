#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""CAs, revocation lists and OCSP responses that are broken at SIGHUP: what the
same files had before serves on, and who was refused is refused."""

import os
import shutil

import certcase
import harness
import ocsp    # its folder is on the path by now
import staplecase

MAIN = """\
TLSVerifyClient on
TLSCACertificateFile {root}/cas.pem
TLSCARevocationFile {root}/lists.crl
TLSReloadInterval 0
"""


class LastGood(certcase.CertCase):

    MAIN = MAIN

    @classmethod
    def make_certificates(cls, made):
        made.make("gone", "/O=Example/CN=gone")
        made.revoke("gone")
        made.crl(name="last-good.crl")

    @classmethod
    def prepare(cls):
        cls.mend()

    @classmethod
    def mend(cls):
        for name, source in (("cas.pem", "root.pem"),
                             ("lists.crl", "last-good.crl")):
            shutil.copy(certcase.clients().path(source),
                        cls.server.path(name))

    def setUp(self):
        self.mend()
        self.server.reload()
        self.server.mark()

    def spoil(self, name, content):
        if content is None:
            os.remove(self.server.path(name))
        else:
            with open(self.server.path(name), "wb") as stream:
                stream.write(content)

    def assert_as_before(self):
        self.admitted("alice")
        self.refused("gone", reason="has been revoked")
        self.refused("stranger", reason="a CA that this server accepts")

    def assert_told(self, directive):
        for name in ("tls.log", "system.log"):
            found = self.assert_logged(
                "warning: .*" + directive + ": .* remain in use", name)
            self.assertEqual(self.server.log(name).count(found.group(0)), 1)

    def test_broken_files(self):
        whole = certcase.clients().read("last-good.crl").encode()
        for name, directive, content in (
                ("lists.crl", "TLSCARevocationFile", whole[:-60]),
                ("lists.crl", "TLSCARevocationFile", b""),
                ("lists.crl", "TLSCARevocationFile", None),
                ("cas.pem", "TLSCACertificateFile", b"no PEM\n"),
                ("cas.pem", "TLSCACertificateFile", None)):
            with self.subTest(name=name, content=content):
                self.setUp()
                self.assert_as_before()
                self.spoil(name, content)
                self.server.reload()
                self.assert_told(directive)
                self.assert_as_before()

    def test_broken_for_long(self):
        """Each SIGHUP has what the one before had; then there is a new list."""
        self.spoil("lists.crl", b"")
        self.spoil("cas.pem", b"")
        for _ in range(3):
            self.server.mark()
            self.server.reload()
            self.assert_told("TLSCACertificateFile")
            self.assert_as_before()
        self.mend()
        self.server.reload()
        self.assert_as_before()
        self.assertNotIn("remain in use", self.server.log("tls.log")
                         .rpartition("remain in use")[2])

    def test_another_file_has_none_before(self):
        """What is not read was never there: no client is let in."""
        path = self.server.path("proftpd.conf")
        with open(path, encoding="ascii") as stream:
            text = stream.read()
        try:
            with open(path, "w", encoding="ascii") as stream:
                stream.write(text.replace("lists.crl", "other.crl"))
            self.server.reload()
            self.connect().command("AUTH TLS", 431)
        finally:
            with open(path, "w", encoding="ascii") as stream:
                stream.write(text)
        self.server.reload()
        self.assertIn("other.crl", self.server.log("tls.log"))


class LastGoodInOneProcess(LastGood):
    """Without a key process nothing is kept of certificates, and all of CAs."""

    MAIN = MAIN + "TLSKeyIsolation off\n"


class LastGoodWithCertificate(LastGood):
    """The server's own certificate is broken, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.server.path("own.pem")

    @classmethod
    def expand(cls, text):
        return super().expand(text) + "TLSCertificateFile {root}/own.pem\n"

    @classmethod
    def mend(cls):
        super().mend()
        shutil.copy(cls.server.pki.path("rsa-all.pem"),
                    cls.server.path("own.pem"))

    def spoil(self, name, content):
        super().spoil(name, content)
        super().spoil("own.pem", b"")


class Chain(harness.LiveCase):
    """An intermediate that is only in TLSCACertificateFile, for no client: the
    clients' check of the server's certificate needs it."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
                     "TLSCertificateFile {pki}/rsa.pem {pki}/rsa.key\n",
              "directives": "TLSCACertificateFile {root}/cas.pem\n"
                            "TLSReloadInterval 1\n"}

    @classmethod
    def prepare(cls):
        cls.mend()

    @classmethod
    def mend(cls):
        shutil.copy(cls.server.pki.path("inter.pem"),
                    cls.server.path("cas.pem"))

    def setUp(self):
        self.mend()
        self.server.reload()
        self.server.mark()

    def spoil(self):
        with open(self.server.path("cas.pem"), "wb") as stream:
            stream.write(b"no PEM\n")

    def assert_told(self):
        self.assert_logged("warning: .*TLSCACertificateFile: .*; what it had "
                           "before remains in use", seconds=10)
        self.login().download("LIST")

    def test_sighup(self):
        self.login()
        self.spoil()
        for _ in range(2):
            self.server.mark()
            self.server.reload()
            self.assert_told()

    def test_timer(self):
        self.spoil()
        self.assert_told()


class Staple(staplecase.StapleCase):

    DIRECTIVES = "TLSReloadInterval 0\nTLSStaplingFile {root}/own.der\n" \
        "TLSCertificateFile {root}/other.pem\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.certificate("other", algorithm=("rsa:2048",))
        cls.put("own.der", cls.answer("own"))

    def test_broken_at_sighup(self):
        self.assertEqual(self.stapled(), "good")
        for content in (b"", self.answer("own", since=-900, until=-1)):
            self.put("own.der", content)
            self.server.mark()
            self.server.reload()
            self.assert_logged("warning: .*TLSStaplingFile: .*; the previous "
                               "one, which is valid until .*, remains in use")
            self.assertEqual(self.stapled(), "good")
        self.put("own.der", self.answer("own", status=ocsp.REVOKED))
        self.server.reload()
        self.assert_logged("error: .*has been REVOKED")
        self.assertIsNone(self.stapled())
        self.put("own.der", b"")
        self.server.reload()
        self.assertIsNone(self.stapled())


if __name__ == "__main__":
    harness.main()
