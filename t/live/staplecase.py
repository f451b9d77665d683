# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A server whose certificates have OCSP responses, and what a client is sent
of them."""

import os
import re
import subprocess

import client
import harness
import ocsp    # its folder is on the path by now

TLS = """\
TLSEngine on
TLSLog {root}/tls.log
TLSOptions NoSessionReuseRequired
TLSCertificateFile {root}/own.pem
"""

_EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


class StapleCase(harness.LiveCase):

    DIRECTIVES = ""
    VHOSTS = {}

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"tls": TLS, "directives": cls.DIRECTIVES,
                      "vhosts": cls.VHOSTS}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 1000)

    @classmethod
    def certificate(cls, name, host="localhost", more=(), issuer="inter",
                    algorithm=_EC):
        """A leaf, its chain and its key in {root}/NAME.pem."""
        pki = cls.server.pki
        # pylint: disable=protected-access
        pki._request(name, host, *algorithm)
        pki._sign(name, issuer, ["subjectAltName=DNS:" + host, *more])
        return cls.put(name + ".pem", (
            pki.read(name + ".key") + pki.read(name + ".pem")
            + pki.read(issuer + ".pem")).encode())

    @classmethod
    def put(cls, name, content):
        """A file of the server's folder, written aside and moved; its path."""
        path = cls.server.path(name)
        with open(path + ".new", "wb") as stream:
            stream.write(content)
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)
        return path

    @classmethod
    def answer(cls, leaf, **options):
        return ocsp.answer(cls.server.pki, leaf, **options)

    def s_client(self, address, *options):
        """What "openssl s_client -status" prints of a handshake."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "%s:%d" % address[:2],
             "-status", "-CAfile", self.server.pki.path("root.pem"), *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=20, check=False)
        return done.stdout + done.stderr

    def stapled(self, *options, version=None, host="main"):
        """The status that comes with the control connection's certificate, or
        None where there is none."""
        if version is not None:
            options += ("-tls1_2" if version == client.TLS1_2 else "-tls1_3",)
        said = self.s_client(self.server.address(host), "-starttls", "ftp",
                        *options)
        if "OCSP response: no response sent" in said:
            return None
        found = re.search(r"Cert Status: (\w+)", said)
        self.assertTrue(found, said)
        return found.group(1)

    def becomes(self, want, *options, seconds=15):
        self.assertTrue(client.until(
            lambda: self.stapled(*options) == want, seconds),
            "not %r within %d s" % (want, seconds))
