#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSStaplingFile: the OCSP response that comes with a certificate.

Only one that is good, about this certificate and still valid is sent; what was
good stays while it is, and whatever a file has, the host serves.
"""

import os
import re
import signal
import subprocess
import time
import unittest

import client
import controlcase
import harness
import ocsp
import staplecase

MUST_STAPLE = ("tlsfeature=status_request",)
RESPONDER = ("extendedKeyUsage=OCSPSigning",)
RESPONSE = r"OCSP response '.*/%s' "


class Stapled(staplecase.StapleCase):
    """Two key types on a host, each with a response of its own; one of a
    delegated responder."""

    DIRECTIVES = """\
TLSCertificateFile {root}/rsa-own.pem
TLSStaplingFile {root}/rsa.der
TLSStaplingFile {root}/own.der
"""

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.certificate("rsa-own", algorithm=("rsa:2048",))
        cls.certificate("responder", more=RESPONDER)
        cls.put("own.der", cls.answer("own", signer="responder"))
        cls.put("rsa.der", cls.answer("rsa-own"))

    def test_each_certificate_has_its_own(self):
        for version in (client.TLS1_2, client.TLS1_3):
            for kind in ("ECDSA", "RSA-PSS"):
                with self.subTest(version=version, kind=kind):
                    said = self.s_client(
                        self.server.address("main"), "-starttls", "ftp",
                        "-sigalgs", kind + "+SHA256", "-tls1_2"
                        if version == client.TLS1_2 else "-tls1_3")
                    self.assertIn("Cert Status: good", said)
                    self.assertIn("Verify return code: 0", said)
                    serial = self.serial("own" if kind == "ECDSA"
                                         else "rsa-own")
                    self.assertIn("Serial Number: " + serial, said)

    def serial(self, name):
        return subprocess.run(
            ["openssl", "x509", "-in", self.server.pki.path(name + ".pem"),
             "-noout", "-serial"], capture_output=True, text=True, check=True,
            timeout=20).stdout.strip().partition("=")[2]

    def test_data_connection(self):
        """A full handshake there brings the response, too."""
        for option in ("-tls1_2", "-tls1_3"):
            with self.subTest(option):
                control = self.login()
                text = control.command("PASV", 227).text
                high, low = re.search(r",(\d+),(\d+)\)", text).groups()
                port = int(high) * 256 + int(low)
                control.send(b"RETR file\r\n")
                said = self.s_client(("127.0.0.1", port), option)
                self.assertIn("Cert Status: good", said)
                control.reply(150)
                control.reply(226)

    def test_who_does_not_ask_gets_none(self):
        self.login().download("LIST")


#: What a file becomes, what is logged, and whether the response before it goes
#: on being stapled.
BAD = (
    ("cut", lambda self: self.good[:-20], "is cut or damaged", True),
    ("half", lambda self: self.good[:len(self.good) // 2],
     "is cut or damaged", True),
    ("one byte", lambda self: self.good[:1], "is cut or damaged", True),
    ("empty", lambda self: b"", "is empty", True),
    ("gone", lambda self: None, "it does not exist", True),
    ("more behind", lambda self: self.good + b"\0",
     "has 1 bytes too many", True),
    ("no DER", lambda self: b"-----BEGIN", "is not an OCSP response", True),
    ("too large", lambda self: self.good + b"\0" * 65536,
     "is larger than 65536 bytes", True),
    ("huge", lambda self: b"\x30\x84\x7f\xff\xff\xff" + b"\0" * 60000,
     "is cut or damaged", True),
    ("an error", lambda self: ocsp.error(), "a responder's error, "
     "'trylater'", True),
    ("wrong signer", lambda self: self.answer("own", signer="root"),
     "is signed neither by the certificate's issuer", True),
    ("no purpose", lambda self: self.answer("own", signer="no-responder"),
     "is signed neither by the certificate's issuer", True),
    ("another", lambda self: self.answer("own-twin"),
     "is about another certificate", True),
    ("another CA's", lambda self: self.answer("own", issuer="root"),
     "is about another certificate", True),
    ("future", lambda self: self.answer("own", since=1000),
     "is not valid before", True),
    ("expired", lambda self: self.answer("own", since=-900, until=-300),
     "is no longer valid", True),
    ("no end", lambda self: self.answer("own", until=None),
     "does not say how long it is valid", True),
    ("unknown", lambda self: self.answer("own", status=ocsp.UNKNOWN),
     "does not know the certificate", True),
    ("revoked", lambda self: self.answer("own", status=ocsp.REVOKED),
     "has been REVOKED", False),
    ("revoked long ago",
     lambda self: self.answer("own", status=ocsp.REVOKED, since=-9000,
                              until=-8000), "has been REVOKED", False),
    ("revoked, says the wrong one",
     lambda self: self.answer("own", status=ocsp.REVOKED,
                              signer="root"),
     "is signed neither by the certificate's issuer", True),
)


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class Files(staplecase.StapleCase, controlcase.ControlCase):
    """A host for each file, and what becomes of it."""

    DIRECTIVES = controlcase.ALLOWED + "TLSReloadInterval 0\n"
    NAMES = ["h%d" % at for at in range(len(BAD))]

    @classmethod
    def setUpClass(cls):
        cls.VHOSTS = {name: "TLSStaplingFile {root}/%s.der" % name
                      for name in cls.NAMES}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        super().prepare()
        for name, more in (("own", ()), ("own-twin", ()),
                           ("responder", RESPONDER), ("no-responder", ())):
            cls.certificate(name, more=more)
        cls.good = cls.answer("own", until=4000)
        for name in cls.NAMES:
            cls.put(name + ".der", cls.good)

    def renew(self, contents):
        """Other files, which the daemon reads."""
        for name, content in contents.items():
            if content is None:
                os.remove(self.server.path(name + ".der"))
            else:
                self.put(name + ".der", content)
        self.server.mark()
        self.tls("reload")

    def test_hostile_files(self):
        """Behind a good one: what is said, and what is sent."""
        for name in self.NAMES:
            self.assertEqual(self.stapled(host=name), "good")
        start = time.monotonic()
        self.renew({name: row[1](self) for name, row in zip(self.NAMES, BAD)})
        self.assertLess(time.monotonic() - start, 5)
        for name, (what, _, said, remains) in zip(self.NAMES, BAD):
            with self.subTest(what):
                found = self.assert_logged(
                    "%s: .*TLSStaplingFile: .*/%s.der' ?.*%s.*" % (
                        "warning" if remains else "error", name,
                        re.escape(said)))
                self.assertIn("remains in use" if remains else
                              "no response is stapled", found.group(0))
                self.assertEqual(self.stapled(host=name),
                                 "good" if remains else None)
        self.renew({})
        self.assertNotIn("TLSStaplingFile: ", self.server.log("tls.log"))


@harness.both_versions
class Ages(staplecase.StapleCase):
    """A response that ends, of a certificate that must have one."""

    DIRECTIVES = "TLSReloadInterval 1\nTLSStaplingFile {root}/own.der\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own", more=MUST_STAPLE)

    def test_from_none_to_a_new_one(self):
        for line in (r"error: .*TLSCertificateFile '.*/own.pem' is "
                     "must-staple, and there is no valid OCSP response",
                     r"warning: .*TLSStaplingFile: cannot open OCSP response"):
            self.assertRegex(self.server.text("tls.log"), line)
        self.assertIsNone(self.stapled(version=self.VERSION))
        self.server.mark()
        self.put("own.der", self.answer("own", since=-100, until=8))
        self.becomes("good")
        self.assert_logged("warning: .*TLSStaplingFile: OCSP response "
                           "'.*/own.der' is valid until .* UTC, and less than "
                           "a quarter of its life is left")
        self.assertEqual(self.stapled(version=self.VERSION), "good")
        self.assert_logged("error: .*own.der' is no longer valid, since .* UTC",
                           seconds=15)
        self.assertIsNone(self.stapled(version=self.VERSION))
        for name in ("less than a quarter", "is no longer valid, since"):
            self.assertEqual(self.server.log("tls.log").count(name), 1)
        self.put("own.der", self.answer("own"))
        self.becomes("good")


class AtStart(staplecase.StapleCase):
    """One that ends while nobody looks at files; SIGHUP finds the next."""

    DIRECTIVES = "TLSReloadInterval 0\nTLSStaplingFile {root}/own.der\n" \
        "TLSKeyIsolation off\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.put("own.der", cls.answer("own", until=4))

    def test_a_session_sends_none_that_has_ended(self):
        self.assertEqual(self.stapled(), "good")
        control = self.connect()    # with what was good when it was forked
        control.command("NOOP", 200)
        self.becomes(None)
        self.put("own.der", self.answer("own"))
        self.server.reload()
        self.assertEqual(self.stapled(), "good")


class Directory(staplecase.StapleCase):
    """TLSCertificateDirectory: beside NAME.pem is NAME.ocsp."""

    DIRECTIVES = "TLSReloadInterval 1\nTLSCertificateDirectory {root}/certs\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        os.makedirs(cls.server.path("certs", "two"))
        for name, path in (("one", "certs/one.pem"),
                           ("two", "certs/two/fullchain.pem"),
                           ("three", "certs/three.pem")):
            cls.certificate(name, host=name + ".test")
            os.rename(cls.server.path(name + ".pem"), cls.server.path(path))
        os.link(cls.server.path("certs", "two", "fullchain.pem"),
                cls.server.path("certs", "two", "privkey.pem"))
        cls.put("certs/one.ocsp", cls.answer("one"))
        cls.put("certs/three.ocsp", cls.answer("two"))

    def test_names(self):
        self.assertRegex(
            self.server.text("tls.log"),
            "TLSCertificateDirectory: OCSP response '.*/certs/three.ocsp' is "
            "about another certificate; no response is stapled")
        for name, want in (("one", "good"), ("two", None), ("three", None),
                           ("localhost", None)):
            with self.subTest(name):
                self.assertEqual(
                    self.stapled("-servername", name + ".test"), want)
        self.put("certs/two/fullchain.ocsp", self.answer("two"))
        self.becomes("good", "-servername", "two.test")
        os.remove(self.server.path("certs", "one.ocsp"))
        self.assert_logged("certs/one.ocsp': it does not exist.*remains in use",
                           seconds=15)
        self.assertEqual(self.stapled("-servername", "one.test"), "good")


class Wanted(staplecase.StapleCase):
    """mod_tls' TLSStapling: one line says what there is to do."""

    VHOSTS = {"named": "TLSStapling on\nTLSCertificateFile {root}/named.pem\n",
              "off": "TLSStapling off\n",
              "has": "TLSStapling on\nTLSStaplingFile {root}/own.der\n"}
    DIRECTIVES = "TLSStapling on\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.certificate("named", more=(
            "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/",))
        cls.put("own.der", cls.answer("own"))

    def test_what_is_said(self):
        said = [line for line in self.server.text("tls.log").splitlines()
                if "TLSStapling" in line]
        self.assertEqual(len(said), 2, said)
        self.assertTrue(any(re.search(
            "notice: .*TLSStapling on has no effect: the certificate names no "
            "OCSP responder", line) for line in said), said)
        self.assertEqual(self.stapled(host="has"), "good")


if __name__ == "__main__":
    harness.main()
