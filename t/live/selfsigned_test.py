#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSSelfSignedCertificate renews its certificate in the last tenth of its
life, and keeps the key: at the start, at SIGHUP and by the timer."""

import datetime
import os
import shutil
import signal
import stat
import subprocess
import tempfile

import client
import harness

CONFIG = """\
TLSEngine on
TLSLog {root}/tls.log
TLSSelfSignedCertificate {folder}/self.pem
"""

CA = """\
[ca]
default_ca = own
[own]
new_certs_dir = {folder}
database = {folder}/index.txt
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


def openssl(*words):
    return subprocess.run(("openssl",) + words, check=True, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=60).stdout


class SelfSignedServer(harness.Server):
    """{folder} in directives is a folder of root's."""

    def __init__(self, isolation=""):
        self.folder = tempfile.mkdtemp(prefix="tls4217-self-")
        super().__init__(isolation + "TLSReloadInterval 1\n", tls=CONFIG)
        for name, text in (("ca.cnf", CA.replace("{folder}", self.folder)),
                           ("index.txt", ""), ("serial", "1000\n")):
            with open(self.in_folder(name), "w", encoding="ascii") as stream:
                stream.write(text)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-batch", "-subj", "/CN=localhost", "-keyout",
                self.in_folder("key"), "-out", self.in_folder("request"))

    def in_folder(self, name):
        return os.path.join(self.folder, name)

    def expand(self, text):
        return super().expand(text.replace("{folder}", self.folder))

    def make(self, ago, left, name="self.pem"):
        """A self-signed certificate that began so many seconds ago, and ends in
        so many."""
        now = datetime.datetime.now(datetime.timezone.utc)

        def moment(seconds):
            when = now + datetime.timedelta(seconds=seconds)
            return when.strftime("%Y%m%d%H%M%SZ")
        openssl("ca", "-batch", "-notext", "-config", self.in_folder("ca.cnf"),
                "-selfsign", "-keyfile", self.in_folder("key"), "-in",
                self.in_folder("request"), "-startdate", moment(-ago),
                "-enddate", moment(left), "-out", self.in_folder("cert"))
        with open(self.in_folder("new"), "w", encoding="ascii") as stream:
            for part in ("cert", "key"):
                with open(self.in_folder(part), encoding="ascii") as source:
                    stream.write(source.read())
        os.chmod(self.in_folder("new"), 0o600)
        os.rename(self.in_folder("new"), self.in_folder(name))

    def fingerprint(self):
        return openssl("x509", "-in", self.in_folder("self.pem"), "-noout",
                       "-fingerprint", "-sha256").partition("=")[2].strip()

    def public_key(self):
        return openssl("x509", "-in", self.in_folder("self.pem"), "-noout",
                       "-pubkey")

    def _end(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        return super()._end()


DAY = 24 * 60 * 60


class Renewal(harness.LiveCase):
    SERVER_CLASS = SelfSignedServer
    ISOLATION = ""

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"isolation": cls.ISOLATION}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.server.make(91 * DAY, 9 * DAY)
        cls.first, cls.key = cls.server.fingerprint(), cls.server.public_key()

    def presented(self):
        control = self.secure(context=client.context(
            self.server.in_folder("self.pem")))
        control.login().protect().download("LIST")
        control.close()

    def assert_renewed(self, before):
        """The file has another certificate of the same key, and serves."""
        self.assertTrue(client.until(
            lambda: self.server.fingerprint() != before, 15),
            self.server.logs())
        self.assertEqual(self.server.public_key(), self.key)
        self.assert_logged(
            "self-signed certificate '[^']*self.pem' was renewed, with the "
            "same key")
        self.assert_logged("has the SHA-256 fingerprint %s, its key [0-9A-F:]+"
                           % self.server.fingerprint())
        mode = os.stat(self.server.in_folder("self.pem")).st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.presented()

    def test_1_at_the_start(self):
        self.assertNotEqual(self.server.fingerprint(), self.first)
        self.assertEqual(self.server.public_key(), self.key)
        self.assertIn("was renewed, with the same key",
                      self.server.text("tls.log"))
        self.presented()

    def test_2_at_sighup(self):
        self.server.make(95 * DAY, 5 * DAY)
        before = self.server.fingerprint()
        self.server.reload()
        self.assert_renewed(before)

    def test_3_by_the_timer(self):
        """It becomes due while the server runs: 100 seconds, ten of them
        left."""
        self.server.make(82, 18)
        before = self.server.fingerprint()
        self.server.reload()
        self.assertEqual(self.server.fingerprint(), before)
        self.server.mark()
        self.assert_renewed(before)

    def test_4_young(self):
        """Nothing is renewed before its time."""
        self.server.make(50 * DAY, 50 * DAY)
        before = self.server.fingerprint()
        self.server.reload()
        self.presented()
        self.assertEqual(self.server.fingerprint(), before)

    def test_5_a_link(self):
        """What cannot be renewed serves on, and the log says why, once."""
        self.server.make(95 * DAY, 5 * DAY, "target.pem")
        os.remove(self.server.in_folder("self.pem"))
        os.symlink("target.pem", self.server.in_folder("self.pem"))
        self.server.reload()
        self.assert_logged("warning: .*TLSSelfSignedCertificate: .*is a link")
        self.presented()

    def test_6_check(self):
        """proftpd -t changes no file; the daemon, whose timer may, stands
        still meanwhile."""
        os.kill(self.server.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.server.process.pid, signal.SIGCONT)
        os.remove(self.server.in_folder("self.pem"))
        self.server.make(95 * DAY, 5 * DAY)
        before = self.server.fingerprint()
        ports = dict(self.server.ports)
        code, text = self.server.check_config()
        self.server.ports = ports
        self.assertEqual(code, 0, text)
        self.assertEqual(self.server.fingerprint(), before)


class RenewalInOneProcess(Renewal):
    ISOLATION = "TLSKeyIsolation off\n"
    test_3_by_the_timer = None
    test_6_check = None


if __name__ == "__main__":
    harness.main()
