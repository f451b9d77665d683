#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates whose life comes to its end: a line in both logs, once."""

import os

import client
import harness

DAY = 24 * 60 * 60

LINES = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {root}/pair.pem
"""

#: How long a certificate of the tests lives; a short life.
LIFE = 100000


class ExpiryCase(harness.LiveCase):

    SERVER = {"tls": LINES, "directives": "TLSReloadInterval 1"}

    @classmethod
    def prepare(cls):
        cls.put(*cls.FIRST)

    @classmethod
    def put(cls, life, left):
        """A certificate in place of the one there is."""
        path = cls.server.path("pair.pem")
        cls.server.pki.dated("ftp.test", path + ".new", left - life, left)
        os.rename(path + ".new", path)

    def system_log(self):
        """ProFTPD's, which is stderr at the start."""
        return self.server.text("stderr.log") + self.server.text("system.log")

    def lines(self):
        """What ProFTPD's log and TLSLog have, which is the same."""
        found = [[line.partition(" life of ")[0].rpartition(": ")[2]
                  for line in text.splitlines()
                  if "life of the certificate of ftp.test" in line]
                 for text in (self.system_log(), self.server.text("tls.log"))]
        return found[0] if found[0] == found[1] else found

    def until(self, lines):
        client.until(lambda: self.lines() == lines, 15)
        self.assertEqual(self.lines(), lines)


class Short(ExpiryCase):
    """The clock goes on: half is left in three seconds, then a tenth."""

    FIRST = (LIFE, LIFE / 2 + 4)

    def test_stages(self):
        self.assertEqual(self.lines(), [])
        self.until(["half of the"])
        self.assert_logged("half of the life of the certificate of ftp.test "
                           r"is left, .* it ends in 13 hours, on 20\d\d-")
        self.put(LIFE, LIFE / 10 + 8)
        self.until(["half of the", "half of the"])
        self.until(["half of the", "half of the", "a tenth of the"])
        self.server.reload()
        self.login().download("LIST")
        self.assertEqual(len(self.lines()), 3)
        self.put(LIFE, LIFE)
        self.assert_logged("generation 2 serves", seconds=10)
        self.assertEqual(len(self.lines()), 3)


class Long(ExpiryCase):
    """Past it at the start: one line, of the part that is left."""

    FIRST = (90 * DAY, 9 * DAY - 60)

    def test_start_and_sighup(self):
        self.assertEqual(self.lines(), ["a tenth of the"])
        for _ in range(2):
            self.server.reload()
            self.login().download("LIST")
        self.assertEqual(self.lines(), ["a tenth of the"])
        self.assertIn("TLSCertificateFile '%s': a tenth"
                      % self.server.path("pair.pem"),
                      self.system_log())


class SelfSigned(ExpiryCase):
    """What is renewed by the server itself needs nobody."""

    FIRST = (90 * DAY, 20 * DAY)

    SERVER = {"tls": LINES.replace("TLSCertificateFile",
                                   "TLSSelfSignedCertificate"),
              "directives": "TLSReloadInterval 1"}

    def test_nothing(self):
        self.server.reload()
        self.login().download("LIST")
        self.assertEqual(self.lines(), [])


class Ended(ExpiryCase):

    FIRST = (20 * DAY, 6)

    def test_end(self):
        name = "the certificate of ftp.test ended on 20"
        self.assertEqual(self.lines(), ["a tenth of the"])
        self.assert_logged(name, seconds=15)
        self.assertEqual(self.system_log().count(name), 1)
        self.server.reload()
        self.assertEqual(self.system_log().count(name), 1)


class Healthy(ExpiryCase):

    FIRST = (90 * DAY, 23 * DAY)

    SERVER = {"tls": LINES, "directives": "TLSReloadInterval 1",
              "vhosts": {"other": "ServerName other"}}

    def test_nothing_and_all_servers(self):
        self.assertEqual(self.lines(), [])
        self.put(90 * DAY, 22 * DAY)
        self.until(["a quarter of the"])
        self.assertIn("and 1 others: TLSCertificateFile",
                      self.system_log())


if __name__ == "__main__":
    harness.main()
