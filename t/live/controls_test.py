#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""ftpdctl tls: its words, and who may say them."""

import shutil
import unittest

import controlcase
import harness

PAIR = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {root}/pair.pem
"""


def needs_ftpdctl(case):
    return unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")(case)


@needs_ftpdctl
class Words(controlcase.ControlCase):

    SERVER = {"tls": PAIR, "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        cls.use("rsa-all.pem")

    @classmethod
    def use(cls, name):
        shutil.copy(cls.server.pki.path(name), cls.server.path("pair.pem"))

    def setUp(self):
        self.use("rsa-all.pem")

    def fingerprint(self):
        return self.secure().tls.object.getpeercert(True)

    def test_reload_takes_a_new_certificate(self):
        before, running = self.fingerprint(), self.login()
        self.use("ec-all.pem")
        self.assertEqual(self.fingerprint(), before)
        self.assertIn("all servers serve TLS", self.tls("reload"))
        self.assertNotEqual(self.fingerprint(), before)
        self.login().download("LIST")
        running.download("LIST")

    def test_reload_of_a_broken_certificate(self):
        self.use("empty.pem")
        self.ftpdctl("tls", "reload")
        self.assert_logged("TLSCertificateFile: .*pair.pem")
        self.login().download("LIST")

    def test_words_of_mod_tls(self):
        for words in (("sesscache", "info"), ("ocspcache", "clear")):
            self.assertIn("there is no cache", self.tls(*words))

    def test_unknown_and_missing_words(self):
        for words in ((), ("nonsense",)):
            code, said = self.ftpdctl("tls", *words)
            self.assertIn("usage: tls info", said)
        self.assertIn("there is no 'nonsense'", said)

    def test_options(self):
        for words, wrong in (
                (("reload", "-t", "3d"), "there is no option '-t'"),
                (("info", "-x"), "there is no option '-x'"),
                (("info", "--json"), "there is no option '--json'"),
                (("info", "-t", "month"), "'month' is not a duration"),
                (("info", "-t"), "'' is not a duration"),
                (("info", "-p", "0"), "'0' is not a page"),
                (("sessions", "-p", "2x"), "'2x' is not a page"),
                (("info", "-p", "2"), "there is no page 2: the last one is 1")):
            with self.subTest(words):
                self.assertIn(wrong, self.ftpdctl("tls", *words)[1])
        self.assertNotIn("there is no", self.tls("-t", "1s", "-j", "info"))

    def test_what_is_no_utf8(self):
        """ProFTPD's writer of JSON ends the daemon at other bytes."""
        control = self.secure()
        control.tls.write(b"CLNT caf\xe9\r\n")
        control.reply(200)
        control.login()
        for words in (("sessions", "-j"), ("sessions",)):
            self.assertIn("caf?", self.tls(*words))
        self.login().download("LIST")

    def test_over_sighup(self):
        self.server.reload()
        self.assertIn("serves TLS", self.tls("info"))


class BrokenFiles(controlcase.ControlCase):
    """A server whose files cannot be used keeps what it has."""

    def assert_kept(self, name, said):
        good = self.server.path(name)
        shutil.copy(good, good + ".good")
        with open(good, "w", encoding="ascii") as file:
            file.write("-----BEGIN CERTIFICATE-----\n")
        self.assertRegex(self.ftpdctl("tls", "reload")[1],
                         r"127\.0\.0\.1.*: nothing was changed: %s" % said)
        self.login().download("LIST")
        shutil.copy(good + ".good", good)
        self.assertIn("all servers serve TLS", self.tls("reload"))
        self.login().download("LIST")


@needs_ftpdctl
class CAs(BrokenFiles):

    SERVER = {"tls": PAIR + "TLSVerifyClient optional\n"
                            "TLSCACertificateFile {root}/ca.pem\n",
              "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        for name, source in (("pair.pem", "rsa-all.pem"),
                             ("ca.pem", "root.pem")):
            shutil.copy(cls.server.pki.path(source), cls.server.path(name))

    def test_cas(self):
        self.assert_kept("ca.pem", "TLSCACertificateFile")


@needs_ftpdctl
class KeysInTheDaemon(BrokenFiles):

    SERVER = {"tls": PAIR + "TLSKeyIsolation off\n",
              "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        shutil.copy(cls.server.pki.path("rsa-all.pem"),
                    cls.server.path("pair.pem"))

    def test_pair(self):
        self.assert_kept("pair.pem", "TLSCertificateFile")


@needs_ftpdctl
class Denied(controlcase.ControlCase):
    """Without a line nobody may, root neither."""

    SERVER = {"directives": controlcase.CONTROLS}

    def test_by_default(self):
        for word in ("info", "reload", "sesscache"):
            self.tls_denied(word)
        self.assert_logged("'ftpdctl tls info' is denied to ", "system.log")


@needs_ftpdctl
class SomeWords(controlcase.ControlCase):

    SERVER = {"directives": controlcase.CONTROLS +
              "TLSControlsACLs info,sesscache allow user *\n"}

    def test_only_what_is_allowed(self):
        self.tls("info")
        self.tls_denied("reload")
        self.server.reload()
        self.tls("info")
        self.tls_denied("reload")


class Directive(unittest.TestCase):

    def check(self, line):
        server = harness.Server(line)
        self.addCleanup(server.stop)
        return server.check_config()

    def test_refused(self):
        for line, word in (
                ("TLSControlsACLs all permit user root", "write TLSControls"),
                ("TLSControlsACLs all allow people root", "write TLSControls"),
                ("TLSControlsACLs all allow user", "write TLSControlsACLs"),
                ("TLSControlsACLs inof deny user root",
                 "'inof' is not an action")):
            with self.subTest(line):
                code, said = self.check(line)
                self.assertEqual(code, 1)
                self.assertIn(word, said)

    def test_those_of_mod_tls(self):
        for line in ("TLSControlsACLs all allow user root",
                     "TLSControlsACLs info,clear,sesscache deny group root"):
            self.assertEqual(self.check(line)[0], 0)


if __name__ == "__main__":
    harness.main()
