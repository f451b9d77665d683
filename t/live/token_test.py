#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Keys in a token: pkcs11: URIs, with SoftHSM and OpenSSL's pkcs11-provider.

A process of its own has the token; neither daemon, sessions nor the key process
load its PKCS #11 module.  It may die, its token be taken away, and the PIN be
wrong; each is said in words, and once.
"""

import glob
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import client
import harness

harness.TEST_SECONDS = 4 * harness.TEST_SECONDS

PIN = "427164"
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MISSING = [name for name, there in (
    ("pkcs11-provider", glob.glob("/usr/lib/*/ossl-modules/pkcs11.so")),
    ("softhsm2", os.path.exists(MODULE) and shutil.which("softhsm2-util")),
) if not there]

HOST = """\
TLSEngine on
TLSLog {root}/tls.log
TLSRSACertificateFile {pki}/rsa-chain.pem
TLSRSACertificateKeyFile %s
TLSECCertificateFile {pki}/ec-chain.pem
TLSECCertificateKeyFile %s
"""


def uri(label, pin="&pin-source=file:{root}/hsm/pin", module=MODULE):
    return "pkcs11:token=ftp;object=%s?module-path=%s%s" % (label, module, pin)


def host(**options):
    return HOST % (uri("rsa", **options), uri("ec", **options))


class TokenServer(harness.Server):
    """Its token has the keys of rsa.pem and ec.pem."""

    TLS = None

    def __init__(self, *args, **options):
        options.setdefault("tls", self.TLS or host())
        super().__init__(*args, **options)
        self.hsm = self.path("hsm")
        self.tokens = os.path.join(self.hsm, "tokens")
        os.makedirs(self.tokens)
        self.write("softhsm2.conf", "directories.tokendir = %s\n"
                   "objectstore.backend = file\n" % self.tokens)
        self.write("pin", PIN + "\n")
        self.softhsm("--init-token", "--free", "--so-pin", PIN)
        for number, kind in enumerate(("rsa", "ec"), 1):
            key = os.path.join(self.hsm, kind + ".p8")
            subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in",
                            self.pki.path(kind + ".key"), "-out", key],
                           check=True, timeout=60)
            self.softhsm("--import", key, "--id", "0%d" % number,
                         label=kind, token="ftp")
            os.remove(key)

    def write(self, name, text):
        path = os.path.join(self.hsm, name)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path, 0o600)

    def softhsm(self, *words, label="ftp", token=None):
        subprocess.run(["softhsm2-util", *words, "--label", label, "--pin", PIN]
                       + (["--token", token] if token else []),
                       check=True, env=self.environment(), timeout=60,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def environment(self):
        environment = super().environment()
        environment["SOFTHSM2_CONF"] = self.path("hsm", "softhsm2.conf")
        return environment

    def take_away(self):
        os.rename(self.tokens, self.tokens + ".gone")
        os.mkdir(self.tokens)

    def put_back(self):
        if os.path.exists(self.tokens + ".gone"):
            os.rmdir(self.tokens)
            os.rename(self.tokens + ".gone", self.tokens)

    def inner(self):
        """The processes that have the PKCS #11 module."""
        return [pid for outer in self.token_processes()
                for pid in children_of(outer)]


def children_of(parent):
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii") as stream:
                fields = stream.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(path.split("/")[2]))
    return found


def has_module(pid):
    with open("/proc/%d/maps" % pid, encoding="ascii") as stream:
        text = stream.read()
    return "softhsm" in text or "ossl-modules/pkcs11.so" in text


@unittest.skipIf(MISSING, "not installed: " + " ".join(MISSING))
@unittest.skipIf(os.environ.get("TLS4217_KEY_ISOLATION") == "off",
                 "a token needs the key process")
class TokenCase(harness.LiveCase):

    SERVER_CLASS = TokenServer
    SERVER = {"directives": "TLSReloadInterval 2"}

    def context_of(self, kind, version):
        context = self.server.context(version)
        if version == ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ECDHE-%s-AES128-GCM-SHA256" % kind)
        return context

    def assert_serves(self):
        for kind in ("RSA", "ECDSA"):
            context = self.context_of(kind, ssl.TLSVersion.TLSv1_2)
            control = self.connect(context=context)
            control.auth().login().protect().download("LIST")
        control = self.connect(
            context=self.context_of("", ssl.TLSVersion.TLSv1_3))
        control.auth().login().protect().download("LIST")

    def serves(self):
        try:
            with client.Control(self.server.address(),
                                self.server.context()) as control:
                control.auth()
            return True
        except (ssl.SSLError, ConnectionError):
            return False

    def assert_alert(self):
        control = self.connect()
        control.command("AUTH TLS", 234)
        with self.assertRaises(ssl.SSLError) as caught:
            control.handshake()
            control.command("NOOP", 200)
        self.assertIn("INTERNAL_ERROR", str(caught.exception))


class Token(TokenCase):

    def test_1_serves(self):
        self.assert_serves()

    @unittest.skipUnless(os.geteuid() == 0, "only root may look into them")
    def test_2_nobody_else_has_the_module(self):
        _, session = self.login_of_pid()
        processes = [self.server.process.pid, session]
        processes += self.server.key_processes()
        processes += self.server.token_processes()
        self.assertEqual([has_module(pid) for pid in processes],
                         [False] * len(processes))
        inner = self.server.inner()
        self.assertEqual([has_module(pid) for pid in inner], [True, True])
        for pid in inner:
            with open("/proc/%d/status" % pid, encoding="ascii") as stream:
                self.assertNotIn("Uid:\t0\t", stream.read())
            self.assertNotEqual(os.readlink("/proc/%d/root" % pid), "/")

    def test_3_sighup(self):
        before = self.server.token_processes(), self.server.inner()
        self.assertEqual(len(before[0]), 2)
        time.sleep(2.5)     # files that are this new are read again
        for _ in range(3):
            self.server.reload()
        self.assert_serves()
        self.assertEqual(before,
                         (self.server.token_processes(), self.server.inner()))

    def test_4_the_module_crashes(self):
        old = self.server.inner()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        self.assert_serves()
        self.assertFalse(set(old) & set(self.server.inner()))

    def test_5_the_token_is_taken_away(self):
        self.addCleanup(self.server.put_back)
        self.server.mark()
        self.server.take_away()
        for pid in self.server.inner():
            os.kill(pid, signal.SIGKILL)
        self.assert_alert()
        self.assert_logged("there is no token for the key "
                           "'pkcs11:token=ftp;object=", seconds=10)
        said = "its token does not sign, so that full handshakes"
        self.assert_logged(said + ".*there is no token for the key",
                           "system.log", seconds=20)
        self.assert_alert()
        time.sleep(9)
        self.assertEqual(self.server.log("system.log").count(said), 1)
        self.server.put_back()
        self.assertTrue(client.until(self.serves, 20))
        self.assert_logged("its token signs again", "system.log", seconds=20)
        self.assert_serves()

    def test_6_its_process_dies(self):
        old = self.server.token_processes()
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        self.assert_alert()
        self.assertTrue(client.until(self.serves, 40))
        self.assertTrue(client.until(
            lambda: not set(old) & set(self.server.token_processes()), 40))

    def test_7_the_key_process_dies(self):
        old, = self.server.key_processes()
        os.kill(old, signal.SIGKILL)
        self.assertTrue(client.until(
            lambda: self.server.key_processes() not in ([], [old]), 30))
        self.assertTrue(client.until(self.serves, 40))
        self.assert_serves()

    def test_8_no_pin_in_logs(self):
        for name in self.server.LOGS:
            self.assertNotIn(PIN, self.server.text(name))


class Program(TokenCase):
    """TLSPassPhraseProvider has the PIN."""

    SERVER = {"tls": host(pin="")}

    @classmethod
    def prepare(cls):
        folder = tempfile.mkdtemp(prefix="tls4217-pin-")    # root's
        cls.addClassCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "program")
        with open(path, "w", encoding="ascii") as stream:
            stream.write("#!/bin/sh\necho \"$@\" >>%s\necho %s\n" % (
                cls.server.path("hsm", "asked"), PIN))
        os.chmod(path, 0o700)
        cls.server.directives = "TLSPassPhraseProvider %s\n" % path

    def asked(self):
        with open(self.server.path("hsm", "asked"), encoding="ascii") as text:
            return text.read().splitlines()

    def test_1_asked_once_for_each(self):
        self.assert_serves()
        self.assertEqual([line.rpartition(" ")[2] for line in self.asked()],
                         ["PKCS11", "PKCS11"])

    def test_2_a_new_module_gets_the_same(self):
        for pid in self.server.inner():
            os.kill(pid, signal.SIGKILL)
        self.assert_serves()
        self.assertEqual(len(self.asked()), 2)


#: What is wrong: the key's URI, and the words of the error.
MISTAKES = {
    "a wrong PIN": (uri("rsa", pin="&pin-value=1234"),
                    "does not accept the PIN", "pkcs11:token=ftp;object=rsa'"),
    "no PIN": (uri("rsa", pin=""), "needs the PIN of its token",
               "TLSPassPhraseProvider", "pin-source=file:/path"),
    "no file with the PIN": (
        uri("rsa", pin="&pin-source=file:/nowhere/pin"),
        "pin-source, '/nowhere/pin', cannot be read"),
    "another label": (uri("other"), "there is no private key "
                      "'pkcs11:token=ftp;object=other' in its token"),
    "another token": (uri("rsa").replace("token=ftp", "token=other"),
                      "there is no token for the key"),
    "no such module": (uri("rsa", module="/nowhere/module.so"),
                       "no PKCS #11 module can be used"),
    "another certificate's": (uri("ec"), "does not match certificate file"),
}


class Mistakes(TokenCase):
    """proftpd -t opens the token, too, and says what is wrong."""

    @classmethod
    def setUpClass(cls):
        cls.server = TokenServer()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.server.root)

    def check(self, key, more=""):
        self.server._tls = (
            "TLSEngine on\nTLSRSACertificateFile {pki}/rsa-chain.pem\n"
            "TLSRSACertificateKeyFile %s\n" % key)
        self.server.directives = more
        return self.server.check_config()

    def test_none(self):
        status, text = self.check(uri("rsa"))
        self.assertEqual(status, 0, text)

    def test_mistakes(self):
        for name, (key, *words) in MISTAKES.items():
            with self.subTest(name):
                status, text = self.check(key)
                self.assertNotEqual(status, 0, text)
                for word in words:
                    self.assertIn(word, text)

    def test_without_the_key_process(self):
        self.server._tls = host()
        self.server.directives = "TLSKeyIsolation off"
        with self.assertRaisesRegex(
                RuntimeError, "a key in a token is used by the key process "
                "alone, which 'TLSKeyIsolation off' does without"):
            self.server.start()


class Inetd(Mistakes):
    """One process, which has the token's as its child."""

    test_none = test_mistakes = test_without_the_key_process = None

    def test_inetd(self):
        self.server._tls = host()
        config = self.server.config().replace("ServerType standalone",
                                              "ServerType inetd")
        with open(self.server.path("proftpd.conf"), "w",
                  encoding="ascii") as stream:
            stream.write(config)
        with socket.create_server(
                ("127.0.0.1", self.server.ports["main"])) as door:
            thread = threading.Thread(target=self.serve, args=(door,))
            thread.start()
            self.addCleanup(thread.join)
            control = client.Control(self.server.address(),
                                     self.server.context())
            self.addCleanup(control.close)
            control.auth().login().protect().download("LIST")
            control.command("QUIT", 221)

    def serve(self, door):
        sock, _ = door.accept()
        with sock:
            subprocess.run(
                [harness.proftpd(), "-c", self.server.path("proftpd.conf")],
                stdin=sock, stdout=sock, stderr=subprocess.DEVNULL,
                env=self.server.environment(), timeout=60, check=False)


if __name__ == "__main__":
    harness.main()
