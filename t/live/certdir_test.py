#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSCertificateDirectory: one certificate per server name, chosen by SNI."""

import ctypes
import os
import re
import shutil
import ssl
import struct

import client
import daemon
import harness

#: What is in the directory: file or folder, names of its certificate, key.
CERTIFICATES = {
    "one.pem": ("DNS:one.test,DNS:www.one.test", "ec"),
    "two": ("DNS:two.test", "ec"),
    "a-wild.pem": ("DNS:*.wild.test", "ec"),
    "exact.pem": ("DNS:exact.wild.test", "ec"),
    "z-wild.pem": ("DNS:*.deep.wild.test", "ec"),
    "both-ec.pem": ("DNS:both.test", "ec"),
    "both-rsa": ("DNS:both.test", "rsa"),
    "ace.pem": ("DNS:xn--bcher-kva.test", "ec"),
}

ADDRESS = {"address.pem": ("IP:127.0.0.1,DNS:address.test", "ec")}

ALGORITHMS = {"ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
              "rsa": ("rsa:2048",)}


class CertDirCase(harness.LiveCase):

    DIRECTIVES = "TLSCertificateDirectory {root}/certs"
    CERTIFICATES = CERTIFICATES
    TLS = daemon.TLS

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"directives": cls.DIRECTIVES, "tls": cls.TLS}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        os.mkdir(cls.server.path("certs"), 0o700)
        for file, made in cls.CERTIFICATES.items():
            cls.make(file, *made)
        for name, text in (("README", "of certbot\n"), (".hidden.pem", "x")):
            with open(cls.server.path("certs", name), "w",
                      encoding="ascii") as stream:
                stream.write(text)
        os.mkdir(cls.server.path("certs", "empty"))
        cls.server.put("file", b"file" * 5000)

    @classmethod
    def make(cls, file, names, kind="ec", into="certs"):
        """One certificate, in one of the two forms."""
        pki, base = cls.server.pki, "dir-" + file.replace(".pem", "")
        # pylint: disable=protected-access
        pki._request(base, "name", *ALGORITHMS[kind])
        pki._sign(base, "inter", ["subjectAltName=" + names])
        chain = pki.read(base + ".pem") + pki.read("inter.pem")
        path = cls.server.path(into, file)
        if file.endswith(".pem"):
            cls.write(path, pki.read(base + ".key") + chain)
        else:
            os.makedirs(path, exist_ok=True)
            cls.write(os.path.join(path, "privkey.pem"),
                      pki.read(base + ".key"))
            cls.write(os.path.join(path, "fullchain.pem"), chain)

    @staticmethod
    def write(path, text):
        """In place of what is there, at once."""
        with open(path + ".new", "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path + ".new", 0o600)
        os.rename(path + ".new", path)

    def names(self, tls):
        return [value for _, value in tls.object.getpeercert()
                ["subjectAltName"]]

    def served(self, sni, **options):
        """The names of the certificate that a server name gets."""
        control = self.secure(server_name=sni, **options)
        try:
            return self.names(control.tls)
        finally:
            control.close()


@harness.both_versions
class Names(CertDirCase):

    def test_names_of_the_certificates(self):
        for sni, want in (("one.test", "one.test"),
                          ("WWW.One.Test", "one.test"),
                          ("one.test.", "one.test"), ("two.test", "two.test"),
                          ("any.wild.test", "*.wild.test"),
                          ("exact.wild.test", "exact.wild.test"),
                          ("a.deep.wild.test", "*.deep.wild.test"),
                          ("deep.wild.test", "*.wild.test"),
                          ("xn--bcher-kva.test", "xn--bcher-kva.test"),
                          ("xn--any-ufa.wild.test", "*.wild.test")):
            with self.subTest(sni=sni):
                self.assertEqual(self.served(sni)[0], want)

    def test_other_names_get_the_servers_own(self):
        for sni in (None, "localhost", "ftp.example.test", "wild.test",
                    "a.b.wild.test", "unknown.test"):
            with self.subTest(sni=sni):
                self.assertEqual(self.served(sni)[0], "localhost")

    def test_both_connections(self):
        control = self.secure(server_name="two.test").login().protect()
        control.command("TYPE I", 200)
        self.assert_transfers(control)
        with control.begin("RETR file", session=None) as data:
            try:
                data.read_all()
            except (OSError, ssl.SSLError):
                pass
            self.assertEqual(self.names(data.tls), ["two.test"])
        control.reply(522)

    def test_rfc6066_3_data_connection_of_another_certificate(self):
        control = self.secure(server_name="two.test").login().protect()
        for sni in ("one.test", "exact.wild.test", "localhost"):
            with self.subTest(sni=sni), control.data() as data:
                control.command("RETR file", 150)
                control.server_name = sni
                try:
                    data.secure()
                    data.read_all()
                except (OSError, ssl.SSLError):
                    pass
                control.server_name = "two.test"
                control.reply(522)
        self.assert_transfers(control)

    def test_rfc6066_3_no_session_of_another_name(self):
        context = self.context()
        names = ("one.test", "www.one.test", "two.test", "any.wild.test",
                 "some.wild.test", None)
        sessions = {}
        for sni in names:
            control = self.secure(server_name=sni, context=context)
            control.command("NOOP", 200)
            sessions[sni] = control.session
        for first in names:
            for second in names:
                with self.subTest(first=first, second=second), \
                        self.secure(server_name=second, context=context,
                                    session=sessions[first]) as control:
                    self.assertEqual(control.tls.resumed, first == second)


class KeyTypes(CertDirCase):
    """Two certificates with one name: what the client can verify decides."""

    VERSION = client.TLS1_2

    def test_each_client_gets_its_own(self):
        for cipher in ("ECDHE-ECDSA-AES128-GCM-SHA256",
                       "ECDHE-RSA-AES128-GCM-SHA256"):
            with self.subTest(cipher=cipher):
                control = self.secure(
                    server_name="both.test",
                    context=self.context(ciphers=cipher))
                self.assertEqual(control.tls.object.cipher()[0], cipher)
                self.assertEqual(self.names(control.tls), ["both.test"])

    def test_a_name_without_such_a_key_is_not_anothers(self):
        control = self.connect(
            server_name="one.test",
            context=self.context(ciphers="ECDHE-RSA-AES128-GCM-SHA256"))
        control.command("AUTH TLS", 234)
        with self.assertRaises((OSError, ssl.SSLError)):
            control.handshake()


@harness.both_versions
class Addresses(CertDirCase):
    """No server name: the certificate whose iPAddress is ours."""

    CERTIFICATES = dict(CERTIFICATES, **ADDRESS)

    def test_certificate_of_the_address(self):
        self.assertIn("address.test", self.served(None))
        self.assertIn("address.test", self.served("unknown.test"))
        self.assertEqual(self.served("two.test"), ["two.test"])

    @harness.unittest.skipUnless(harness.has_ipv6(), "no IPv6 here")
    def test_another_address(self):
        self.assertEqual(self.served(None, ipv6=True)[0], "localhost")


@harness.both_versions
class DirectoryAlone(CertDirCase):

    DIRECTIVES = CertDirCase.DIRECTIVES + "\nTLSUnknownServerName reject"
    TLS = "TLSEngine on\nTLSLog {root}/tls.log\n"

    def test_first_certificate_serves_who_names_nobody(self):
        self.assertEqual(self.served(None), ["*.wild.test"])

    def test_names(self):
        self.assertEqual(self.served("two.test"), ["two.test"])
        control = self.connect(server_name="unknown.test")
        control.command("AUTH TLS", 234)
        with self.assertRaises(ssl.SSLError) as caught:
            control.handshake()
        self.assertIn("UNRECOGNIZED_NAME", str(caught.exception))


class Opened:
    """Which files of a directory are opened meanwhile (inotify(7))."""

    IN_OPEN = 0x20

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK)
        libc.inotify_add_watch(self.fd, path.encode(), self.IN_OPEN)

    def names(self):
        found = set()
        try:
            raw = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            raw = b""
        while raw:
            _, _, _, size = struct.unpack_from("iIII", raw)
            found.add(raw[16:16 + size].rstrip(b"\0").decode())
            raw = raw[16 + size:]
        return {name for name in found if name}


class Reload(CertDirCase):

    DIRECTIVES = CertDirCase.DIRECTIVES + "\nTLSReloadInterval 1"
    VERSION = client.TLS1_3

    def becomes(self, sni, want, seconds=15):
        self.assertTrue(
            client.until(lambda: self.served(sni) == want, seconds),
            self.served(sni))

    def test_one_name_is_read_alone(self):
        opened = Opened(self.server.path("certs"))
        self.make("one.pem", "DNS:one.test,DNS:new.test")
        opened.names()
        self.becomes("new.test", ["one.test", "new.test"])
        self.assertEqual(
            {name for name in opened.names() if name.endswith(".pem")},
            {"one.pem"})

    def test_new_and_removed_names(self):
        self.make("three", "DNS:three.test")
        self.becomes("three.test", ["three.test"])
        shutil.rmtree(self.server.path("certs", "three"))
        self.assertTrue(client.until(
            lambda: self.served("three.test")[0] == "localhost", 15))

    def test_broken_file_touches_no_other_name(self):
        path = self.server.path("certs", "exact.pem")
        with open(path, encoding="ascii") as stream:
            good = stream.read()
        self.write(path, good[:700])
        self.assert_logged("exact.pem.*the previous certificate remains",
                           "tls.log", 15)
        self.assertEqual(self.served("exact.wild.test"), ["exact.wild.test"])
        self.make("z-wild.pem", "DNS:later.test")
        self.becomes("later.test", ["later.test"])
        self.assertEqual(len(re.findall("exact.pem", self.server.log())), 1)
        self.make("exact.pem", "DNS:exact.wild.test,DNS:repaired.test")
        self.becomes("repaired.test", ["exact.wild.test", "repaired.test"])

    def test_broken_file_over_sighup(self):
        path = self.server.path("certs", "ace.pem")
        self.write(path, "nothing\n")
        self.server.reload()
        self.assertEqual(self.served("one.test")[0], "one.test")
        self.assertEqual(self.served("xn--bcher-kva.test")[0],
                         "localhost" if daemon.ISOLATION
                         else "xn--bcher-kva.test")
        self.make("ace.pem", "DNS:xn--bcher-kva.test,DNS:whole.test")
        self.becomes("whole.test", ["xn--bcher-kva.test", "whole.test"])


class Mistakes(harness.unittest.TestCase):

    def check(self, directory, want):
        server = daemon.Server(
            tls="TLSEngine on\nTLSCertificateDirectory " + directory)
        self.addCleanup(server.stop)
        code, text = server.check_config()
        self.assertEqual(code, 1, text)
        for each in want:
            self.assertIn(each, text)

    def test_missing(self):
        self.check("/none/there", ("TLSCertificateDirectory", "/none/there",
                                   "cannot be read"))

    def test_empty(self):
        self.check("{root}/modules/none", ("TLSCertificateDirectory",))
        self.check("{root}/home", ("no certificate that can be served",
                                   "NAME.pem", "fullchain.pem"))

    def test_relative(self):
        self.check("certs", ("must start with '/'",))


if __name__ == "__main__":
    harness.main()
