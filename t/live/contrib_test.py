#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What contrib/ has for those who watch a server: the filter of fail2ban, the
check for monitors, logrotate's file."""

import os
import re
import shutil
import socket
import subprocess
import sys
import unittest

import client
import controlcase
import daemon
import harness

CONTRIB = os.path.join(os.path.dirname(os.path.dirname(daemon.HERE)),
                       "contrib")


@unittest.skipUnless(shutil.which("fail2ban-regex"),
                     "fail2ban is not installed")
class Fail2ban(harness.LiveCase):
    """Of a real log, the lines that count, and no other."""

    SERVER = {"directives": "TLSControlProtection login\n"
                            "TLSDataProtection required"}

    def matched(self):
        """The lines of the log that the filter counts."""
        done = subprocess.run(
            ["fail2ban-regex", "--print-all-matched",
             self.server.path("tls.log"),
             os.path.join(CONTRIB, "fail2ban", "proftpd-tls4217.conf")],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertIn("Date template hits", done.stdout, done.stderr)
        self.assertIn("127.0.0.1", done.stdout)
        counted, = re.findall(r"(?s)Matched line\(s\):\n(.*?)\n`-", done.stdout)
        return counted.splitlines()

    def test_filter(self):
        control = self.login(level=None)
        control.command("LIST", 521)
        control.command("PBSZ 0", 200)
        control.command("PROT P", 200)
        control.download("LIST")
        socket.create_connection(self.server.address(), 5).close()
        self.connect().command("USER alice", 533)
        bad = self.connect()
        bad.command("AUTH TLS", 234)
        bad.send(b"USER alice\r\n")
        client.read_to_end(bad.sock)
        with socket.create_connection(self.server.address(), 10) as sock:
            sock.sendall(b"\x16\x03\x01\x02\x00\x01")
            client.read_to_end(sock)
        self.assert_logged("began TLS without AUTH")
        lines = self.matched()
        self.assertEqual(len(lines), 3, lines)
        for words in ("USER refused: 533",
                      "TLS handshake failed: ", "began TLS without AUTH"):
            self.assertEqual(sum(words in line for line in lines), 1, words)


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class Monitoring(controlcase.ControlCase):

    SERVER = {
        "tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
               "TLSCertificateFile {root}/pair.pem\n",
        "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        shutil.copy(cls.server.pki.path("rsa-all.pem"),
                    cls.server.path("pair.pem"))

    def check(self, *options, control=None):
        control = control or "%s -s %s" % (harness.ftpdctl(),
                                           self.server.path("controls"))
        done = subprocess.run(
            [sys.executable, os.path.join(CONTRIB, "monitoring",
                                          "check_tls4217"),
             "--ftpdctl", control, *options],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stderr, "")
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)
        return done.returncode, done.stdout

    def test_well(self):
        for options, limits in ((("-w", "2", "-c", "1"), "2;1"),
                                (("-w", "2w"), "14;"), ((), ";"),
                                (("-c", "12h", "live test"), ";0.5")):
            code, said = self.check(*options)
            self.assertEqual(code, 0, said)
            self.assertRegex(
                said, r"\ATLS OK - 1 server serves TLS with 1 certificate "
                r"\| days=(?:29\.\d\d|30\.00);%s servers=1 "
                r"certificates=1 broken=0\n\Z" % re.escape(limits))

    def test_part_of_a_life(self):
        """Half of three days is left, then less than a tenth."""
        self.addCleanup(self.ftpdctl, "tls", "reload")
        self.addCleanup(self.prepare)
        for left, code, word, when in (
                (36 * 3600 - 60, 1, "WARNING", "35 hours"),
                (6 * 3600, 2, "CRITICAL", "5 hours")):
            self.server.pki.dated("ftp.test", self.server.path("pair.pem"),
                                  left - 72 * 3600, left)
            self.tls("reload")
            found, said = self.check()
            self.assertEqual(found, code, said)
            self.assertRegex(said, r"TLS %s - ftp\.test \(TLSCertificateFile "
                             r"'.*pair\.pem'\) of 127.0.0.1:\d+ ends in %s "
                             r"\| days=" % (word, when))
            self.assertEqual(self.check("-w", "5h")[0], 0)

    def test_certificates_that_end(self):
        code, said = self.check("-w", "20000", "-c", "1")
        self.assertEqual(code, 1, said)
        self.assertRegex(
            said, r"\ATLS WARNING - .*pair\.pem.* ends in \d+ days")
        code, said = self.check("-w", "20000", "-c", "20000")
        self.assertEqual(code, 2, said)
        self.assertIn("TLS CRITICAL - ", said)

    def test_files_that_cannot_be_used(self):
        with open(self.server.path("pair.pem"), "w",
                  encoding="ascii") as stream:
            stream.write("cut\n")
        try:
            self.ftpdctl("tls", "reload")
            code, said = self.check("-w", "2", "-c", "1")
            self.assertEqual(code, 1, said)
            self.assertIn("goes on with its old files: ", said)
        finally:
            self.prepare()
            self.ftpdctl("tls", "reload")

    def test_no_answer(self):
        code, said = self.check(control="false")
        self.assertEqual(code, 3, said)
        self.assertIn("TLS UNKNOWN - ", said)
        code, said = self.check(control="/nonexistent/ftpdctl")
        self.assertEqual(code, 3, said)
        for options in (("-w", "soon"), ("other",), ("--nonsense",)):
            code, said = self.check(*options)
            self.assertEqual(code, 3, said)
            self.assertIn("TLS UNKNOWN - ", said)


@unittest.skipUnless(shutil.which("logrotate"), "logrotate is not installed")
class Logrotate(unittest.TestCase):

    def test_file(self):
        """It is read without a complaint."""
        folder = daemon.temporary_directory()
        self.addCleanup(shutil.rmtree, folder)
        copy = os.path.join(folder, "proftpd-tls4217")
        shutil.copy(os.path.join(CONTRIB, "logrotate", "proftpd-tls4217"),
                    copy)
        os.chmod(copy, 0o644)
        done = subprocess.run(
            [shutil.which("logrotate"), "-d", "-s",
             os.path.join(folder, "state"), copy],
            capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotRegex(done.stderr, r"(?m)^error")


if __name__ == "__main__":
    harness.main()
