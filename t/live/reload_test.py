#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The module in a daemon that goes on: SIGHUP, ftpdctl rmmod and insmod.

Whatever comes of it, the policies hold, and the logs say what is wrong.
"""

import os
import shutil
import signal
import subprocess
import unittest

import controlcase
import harness

PAIR = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {root}/pair.pem
TLSControlProtection login
"""


class Daemon(harness.LiveCase):
    SERVER = {"tls": PAIR, "directives": ""}

    @classmethod
    def prepare(cls):
        cls.use("rsa-all.pem")

    @classmethod
    def use(cls, name):
        """Puts a certificate where the configuration has it."""
        shutil.copy(cls.server.pki.path(name), cls.server.path("pair.pem"))

    def tearDown(self):
        if self.server.process.poll() is not None:
            self.fail("the daemon has ended")

    def assert_refuses(self):
        """Without a certificate the policies hold, and AUTH says so."""
        control = self.connect()
        control.command("USER alice", 533)
        control.command("AUTH TLS", 431)
        self.assert_logged(r"AUTH refused: 431 .*\(TLSCertificateFile: ")

    def assert_serves(self):
        self.connect().command("USER alice", 533)
        self.login().download("LIST")

class Reload(Daemon):
    """The key process has what served before."""

    def test_a_broken_certificate_and_a_mended_one(self):
        self.assert_serves()
        for broken in ("empty.pem", "locked.key", "rsa.pem"):
            with self.subTest(broken):
                self.use(broken)
                self.server.mark()
                self.server.reload()
                for name in ("tls.log", "system.log"):
                    self.assert_logged(
                        r"warning: .*127.0.0.1:\d+\).*TLSCertificateFile: "
                        r".*pair.pem.* remain in use", name)
                self.assert_serves()
        self.use("ec-all.pem")
        self.server.reload()
        self.assert_serves()


class ReloadInOneProcess(Daemon):
    SERVER = {"tls": PAIR + "TLSKeyIsolation off\n", "directives": ""}

    def test_a_broken_certificate_and_a_mended_one(self):
        self.assert_serves()
        for broken in ("empty.pem", "locked.key", "rsa.pem"):
            with self.subTest(broken):
                self.use(broken)
                self.server.mark()
                self.server.reload()
                for name in ("tls.log", "system.log"):
                    self.assert_logged(r"error: .*127.0.0.1:\d+\).*"
                                       "TLSCertificateFile: .*pair.pem", name)
                self.assert_refuses()
        self.use("rsa-all.pem")
        self.server.reload()
        self.assert_serves()

class Refused(harness.LiveCase):
    """What SIGHUP finds in the configuration ends the daemon, and is heard."""

    SERVER = {"tls": PAIR, "directives": ""}

    @classmethod
    def prepare(cls):
        shutil.copy(cls.server.pki.path("rsa-all.pem"),
                    cls.server.path("pair.pem"))

    def setUp(self):
        if self.server.process.poll() is not None:
            self.server.start()
        self.server.mark()

    def reload_with(self, lines):
        """SIGHUP, with lines at the end of the file; waits for the end."""
        with open(self.server.path("proftpd.conf"), "a",
                  encoding="ascii") as stream:
            stream.write(lines)
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.server.process.wait(10)

    def test_a_refused_directive(self):
        self.reload_with("TLSDataProtection requierd\n")
        self.assert_logged(r"TLSDataProtection: write .*line \d+ of '.*conf'",
                           "system.log")

    def test_a_refused_directive_in_an_included_file(self):
        with open(self.server.path("extra.conf"), "w",
                  encoding="ascii") as stream:
            stream.write("TLSDataProtecton required\n")
        self.reload_with("Include %s\n" % self.server.path("extra.conf"))
        for name in ("system.log", "tls.log"):
            self.assert_logged("there is no directive TLSDataProtecton .*"
                               "line 1 of '.*extra.conf'", name)

    @unittest.skipUnless(harness.stock_module("mod_tls"),
                         "this ProFTPD has no mod_tls")
    def test_a_refused_load(self):
        self.reload_with("LoadModule mod_tls.c\n")
        self.assert_logged("remove 'LoadModule mod_tls.c'", "system.log")


class Controlled(Daemon):
    """With the socket of ftpdctl."""

    def control(self, *words):
        done = subprocess.run(
            [harness.ftpdctl(), "-s", self.server.path("controls"), *words],
            capture_output=True, text=True, timeout=20, check=False)
        return done.stdout + done.stderr

    def load(self):
        self.assertIn("' loaded", self.control(
            "insmod", harness.module_name() + ".c"))

    def unload(self):
        self.assertIn("' unloaded", self.control(
            "rmmod", harness.module_name() + ".c"))


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class Controls(Controlled):
    SERVER = {"tls": PAIR, "directives": controlcase.MODULES}

    def test_loaded_again_without_sighup(self):
        self.unload()
        self.assert_logged("unloaded from a running server", "system.log")
        self.connect().command("AUTH TLS", 500)
        self.load()
        self.assert_serves()
        self.server.reload()
        self.assert_serves()

    def test_loaded_again_with_a_broken_certificate(self):
        self.unload()
        self.use("empty.pem")
        self.load()
        self.assert_refuses()
        self.use("rsa-all.pem")
        self.server.reload()
        self.assert_serves()

    @unittest.skipUnless(harness.stock_module("mod_tls"),
                         "this ProFTPD has no mod_tls")
    def test_mod_tls_is_not_loaded_beside(self):
        self.control("insmod", "mod_tls.c")
        self.assert_logged("remove 'LoadModule mod_tls.c'", "system.log")
        self.assert_serves()
        self.server.reload()
        self.assert_serves()

@unittest.skipUnless(harness.ftpdctl() and
                     harness.stock_module("mod_tls"),
                     "there is no ftpdctl, or no mod_tls")
class FromModTls(Controlled):
    """What mod_tls has read is laid out differently."""

    SERVER = {"tls": PAIR.replace("TLSControlProtection login",
                                  "TLSRequired ctrl")
                         .replace("TLSCert", "TLSRSACert"),
              "directives": controlcase.MODULES}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.server._load = ["mod_tls"]

    def test_not_loaded_in_its_place_without_sighup(self):
        self.control("rmmod", "mod_tls.c")
        self.control("insmod", harness.module_name() + ".c")
        self.assert_logged("not loaded, because mod_tls has read",
                           "system.log")
        path = self.server.path("proftpd.conf")
        with open(path, encoding="ascii") as stream:
            text = stream.read()
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text.replace("LoadModule mod_tls.c",
                                      "LoadModule %s.c"
                                      % harness.module_name()))
        self.server.reload()
        self.assert_serves()


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "this ProFTPD has no mod_ifsession")
class EngineForAClass(harness.LiveCase):
    """What was not prepared is not taken for "off"."""

    SERVER = {"tls": "", "modules": ["mod_ifsession"], "directives": """\
<Class local>
  From 127.0.0.1
</Class>
<IfClass local>
  TLSEngine on
  TLSLog {root}/tls.log
  TLSControlProtection login
</IfClass>
"""}

    def test_auth_is_refused_and_the_policies_hold(self):
        control = self.connect()
        control.command("USER alice", 533)
        control.command("AUTH TLS", 431)
        self.assert_logged("AUTH refused: 431 .*TLSEngine is on for a class")

if __name__ == "__main__":
    harness.main()
