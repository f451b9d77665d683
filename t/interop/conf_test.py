#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The proftpd.conf of a mod_tls site, of which one LoadModule line changed.

Its directives are those that mod_tls' own documentation recommends; where
the server has mod_tls, that takes the same file.
"""

import re

import clients
import daemon
import harness

SITE = """\
TLSEngine on
TLSLog {root}/tls.log
TLSProtocol TLSv1.2 TLSv1.3
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
TLSCertificateChainFile {pki}/inter.pem
TLSCipherSuite HIGH:!aNULL:!MD5
TLSServerCipherPreference on
TLSOptions NoSessionReuseRequired
TLSRenegotiate none
TLSRequired on
TLSTimeoutHandshake 30
TLSSessionCache off
TLSSessionTickets on
"""

#: What a site may have that no longer means anything, and needs a warning.
RETIRED = {
    "TLSRenegotiate": "required off timeout 300",
    "TLSSessionCache": "shm:/file={root}/sesscache",
    "TLSSessionTickets": "on",
    "TLSRandomSeed": "/dev/urandom",
    "TLSCryptoDevice": "ALL",
    "TLSDSACertificateFile": "{pki}/rsa.pem",
    "TLSDSACertificateKeyFile": "{pki}/rsa.key",
}

PLAIN_REFUSED = 67   # what curl makes of a refused USER


class Site(clients.ClientCase):
    """The site goes on as before."""

    NEEDS = "curl"
    SERVER = {"tls": SITE}

    def curl(self, *args, tls="--ssl-reqd", code=0):
        done = clients.run(["curl", "-q", "-sS", tls, "-u", "alice:wonder",
                            "--cacert", self.server.pki.path("root.pem"),
                            *args], cwd=self.scratch)
        self.assert_done(done, code)
        return done.out

    def url(self, name=""):
        return "ftp://127.0.0.1:%d/%s" % (self.server.ports["main"], name)

    def test_curl(self):
        body = clients.pattern(300000)
        for version in ((), ("--tls-max", "1.2"), ("--tlsv1.3",)):
            with self.subTest(version=version):
                self.server.mark()
                self.curl("-T", self.local("up", body), self.url("up"),
                          *version)
                self.assertEqual(self.server.get("up"), body)
                self.assertEqual(self.curl(self.url("up"), *version), body)
                self.assertIn(b" up", self.curl(self.url(), *version))
                self.assert_channels(control=3, data=3)

    def test_ciphers(self):
        """TLSCipherSuite and the RSA pair are what a client gets."""
        self.curl(self.url(), "--tls-max", "1.2", "--ciphers",
                  "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256")
        self.assertEqual({each["cipher"] for each in
                          self.handshakes("control")},
                         {"ECDHE-RSA-AES256-GCM-SHA384"})

    def test_required(self):
        """TLSRequired on: nobody logs in in clear."""
        self.curl(self.url(), tls="--no-ssl", code=PLAIN_REFUSED)
        self.connect().command("USER alice", 533)
        control = self.login(level=None)
        control.command("LIST", 521)
        control.command("PBSZ 0", 200)
        control.command("PROT C", 534)


class Checked(clients.ClientCase):
    """What proftpd -t says to such files."""

    SERVER = {"tls": SITE}

    def check(self, text=None):
        """Checks the server's own file, or text; returns what is said."""
        code, said = self.server.check_config(text)
        self.assertEqual(code, 0, said)
        return said

    def test_nothing_but_warnings(self):
        said = self.check().splitlines()[1:]
        self.assertEqual([line for line in said
                          if " warning: " not in line], [])

    def test_retired_directives(self):
        """One warning for each, which says what is so now, and where."""
        for name, value in RETIRED.items():
            with self.subTest(name=name):
                self.server.directives = "%s %s\n" % (name, value)
                said = self.check()
                places = re.findall(
                    r"(?m) warning: .*: %s: (?:ignored: |off is taken).*"
                    r"\(line \d+ of '[^']*'"
                    r"(?:, and (\d+) more)?\)$" % name, said)
                self.assertEqual(
                    sum(1 + int(more or 0) for more in places),
                    1 + SITE.count(name), said)
                self.assertRegex(said, "%s: ignored: " % name)

    def test_mod_tls_takes_it(self):
        """So that SITE is what it claims to be."""
        if daemon.stock_module("mod_tls") is None:
            self.skipTest("the server has no mod_tls")
        self.server.directives = ""
        text = self.server.config()
        ours = "LoadModule %s.c\n" % daemon.module_name()
        self.assertEqual(text.count(ours), 1)
        self.check(text.replace(ours, "LoadModule mod_tls.c\n"))


if __name__ == "__main__":
    harness.main()
