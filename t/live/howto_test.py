#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The pages of doc/howto: their configurations are loaded as they stand, and
their last block of shell, which prints OK or the reason, is run.

Each page is run where it should say OK, and once where it should not.
"""

import os
import re
import shutil
import subprocess
import unittest

import client
import daemon
import harness
import rediscase
from samples_test import PLACES

HOWTO = os.path.join(os.path.dirname(os.path.dirname(daemon.HERE)),
                     "doc", "howto")

#: What is configuration, and not to be typed into a shell.
DIRECTIVE = re.compile(r"^(<|#|TLS|LoadModule|[A-Z][a-z]+[A-Z]?\w* )")


def blocks(name):
    """The indented blocks of a page, without their indentation."""
    with open(os.path.join(HOWTO, name), encoding="ascii") as stream:
        text = stream.read()
    return ["\n".join(line[4:] for line in block.splitlines()) + "\n"
            for block in re.findall(r"(?m)(?:^    .*\n(?:\n(?=    ))?)+", text)]


def configuration(name, at=0):
    """A block of directives: the longest, or one behind that."""
    found = [block for block in blocks(name) if DIRECTIVE.match(block)]
    text = sorted(found, key=len, reverse=True)[at]
    for there, here in PLACES + (("/etc/proftpd/tls4217.pem",
                                  "{root}/private/tls4217.pem"),):
        text = text.replace(there, here)
    return re.sub(r"(?m)^  User +ftp\n  Group +nogroup$", "  User alice", text)


class Pages(unittest.TestCase):

    def test_each_has_a_class(self):
        self.assertEqual(set(os.listdir(HOWTO)),
                         {case.PAGE for case in Page.__subclasses__()})

    def test_each_ends_with_its_check(self):
        for name in os.listdir(HOWTO):
            with self.subTest(name=name):
                self.assertIn("echo OK", blocks(name)[-1])


class Page:
    """Mixed into the TestCase of one page."""

    PAGE = None
    USER = ("alice", "wonder")

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"directives": cls.directives(), "tls": cls.TLS}
        super().setUpClass()

    TLS = ""

    @classmethod
    def directives(cls):
        return configuration(cls.PAGE)

    def script(self, user=None, password=None, host="localhost"):
        """The page's check, for this server."""
        given, secret = self.USER
        settings = {"host": host, "port": self.server.ports["main"],
                    "user": user or given, "password": password or secret,
                    "cert": self.server.path("private", "tls4217.pem"),
                    "log": self.server.path("tls.log")}
        text = blocks(self.PAGE)[-1]
        for name, value in settings.items():
            text = re.sub(r"(?m)(^|^.* )%s=(?!\$)\S+" % name,
                          lambda found, n=name, v=value:
                          "%s%s=%s" % (found.group(1), n, v), text, count=1)
        return text

    def check(self, script=None):
        """Runs it; returns what it prints at the end."""
        environment = dict(os.environ, TMPDIR=self.server.root,
                           CURL_CA_BUNDLE=self.server.pki.path("root.pem"),
                           SSL_CERT_FILE=self.server.pki.path("root.pem"),
                           HOME=self.server.root)
        environment.pop("LD_PRELOAD", None)
        done = subprocess.run(
            ["sh", "-c", script or self.script()], env=environment,
            cwd=self.folder(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=35,
            check=False)
        self.said = done.stdout.decode(errors="replace")
        return (self.said.splitlines() or [""])[-1]

    def folder(self):
        return self.server.root

    def assert_ok(self):
        self.assertEqual(self.check(), "OK", self.said)

    def test_nothing_is_complained_about(self):
        code, said = self.server.check_config(
            self.server.text("proftpd.conf"))
        self.assertEqual(code, 0, said)
        self.assertNotRegex(said, "warning|error|fatal")

    def test_check(self):
        self.assert_ok()

    def test_check_fails(self):
        self.assertNotEqual(self.check(self.script(password="wrong",
                                                   user="nobody")), "OK")


NO_CURL = "curl is not installed"
HAS_CURL = any(os.path.exists(os.path.join(folder, "curl"))
               for folder in os.get_exec_path())


@unittest.skipUnless(HAS_CURL, NO_CURL)
class FirstServer(Page, harness.LiveCase):
    PAGE = "first-server"

    @classmethod
    def prepare(cls):
        # Where nobody but the server's account writes.
        os.mkdir(cls.server.path("private"), 0o700)

    def test_a_server_that_takes_clear(self):
        """The page's own claim: the check would tell."""
        self.assertIn("takes a password in clear",
                      self.script())


@unittest.skipUnless(HAS_CURL, NO_CURL)
@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class UsersAndAnonymous(Page, harness.LiveCase):
    PAGE = "users-and-anonymous"
    USER = ("bob", "builder")

    @classmethod
    def prepare(cls):
        cls.server.put_folder("pub")


@unittest.skipUnless(HAS_CURL, NO_CURL)
class ClientCertificates(Page, harness.LiveCase):
    """The page's commands make the certificates."""

    PAGE = "client-certificates"
    USER = ("alice", "")

    @classmethod
    def directives(cls):
        cls.made = daemon.temporary_directory()
        for block in (0, 1):
            subprocess.run(
                ["sh", "-ec", blocks(cls.PAGE)[block].replace("nightly",
                                                              "alice")],
                cwd=cls.made, check=True, capture_output=True, timeout=30)
        cls.addClassCleanup(subprocess.run, ["rm", "-r", cls.made],
                            check=True)
        return super().directives().replace(
            "/etc/proftpd/clients-ca.pem", cls.made + "/ca.pem")

    def folder(self):
        return self.made

    def script(self, **options):
        return super().script(**options).replace("nightly.", "alice.")

    def test_revocation(self):
        """The list that the page makes refuses the certificate."""
        made, = [block for block in blocks(self.PAGE) if "-gencrl" in block]
        subprocess.run(["sh", "-ec", made.replace("nightly", "alice")],
                       cwd=self.made, check=True, capture_output=True,
                       timeout=30)
        other = daemon.Server(
            self.server.directives + "TLSCARevocationFile %s/crl.pem\n"
            % self.made, tls="")
        self.addCleanup(other.stop)
        other.start()
        port, self.server.ports["main"] = \
            self.server.ports["main"], other.ports["main"]
        try:
            self.assertIn("no login by certificate", self.check(), self.said)
        finally:
            self.server.ports["main"] = port

    said = ""


class Certificates(Page, harness.LiveCase):
    PAGE = "certificates"

    @classmethod
    def directives(cls):
        folder = daemon.temporary_directory()
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.cert = os.path.join(folder, "fullchain.pem")
        cls.issue("rsa")
        return super().directives().replace(
            "{pki}/rsa-chain.pem", cls.cert).replace(
                "{pki}/rsa.key", cls.key()) + "TLSReloadInterval 1\n"

    @classmethod
    def key(cls):
        return cls.cert.replace("fullchain", "privkey")

    @classmethod
    def issue(cls, name):
        """What a client of a CA does: new files in the old ones' places."""
        made = daemon.certificates()
        for source, place in ((name + ".key", cls.key()),
                              (name + "-chain.pem", cls.cert)):
            shutil.copy(made.path(source), place + ".new")
            os.chmod(place + ".new", 0o600)
            os.replace(place + ".new", place)

    def script(self, **options):
        return re.sub(r"(?m)^cert=.*", "cert=" + self.cert,
                      super().script(**options))

    def test_check_fails(self):
        """Nobody is there, or the certificate is another one."""
        with open(self.cert, encoding="ascii") as stream:
            before = stream.read()
        with open(self.cert, "w", encoding="ascii") as stream:
            stream.write(self.server.pki.read("ec-chain.pem"))
        try:
            self.assertIn("has another certificate", self.check(), self.said)
        finally:
            with open(self.cert, "w", encoding="ascii") as stream:
                stream.write(before)

    def test_renewal(self):
        """As the page says: nothing is to be done."""
        self.issue("ec")
        self.assertTrue(client.until(lambda: self.check() == "OK", 30),
                        self.said)
        self.issue("rsa")


class ManyNames(Page, harness.LiveCase):
    """Two certificates in a folder as certbot's, and a host of its own."""

    PAGE = "many-names"

    @classmethod
    def directives(cls):
        folder = daemon.temporary_directory()
        cls.addClassCleanup(shutil.rmtree, folder)
        made = daemon.certificates()
        for name in ("ftp.example.org", "partners.example.org"):
            place = os.path.join(folder, name)
            made.own(name, name, place)
            os.remove(place)
            cls.keep(place, privkey=made.read(name + ".key"),
                     fullchain=made.read(name + ".pem")
                     + made.read("inter.pem"))
        host = configuration(cls.PAGE)
        text = configuration(cls.PAGE, 1) + host
        return text.replace("/etc/letsencrypt/live", folder).replace(
            "<VirtualHost 0.0.0.0>", "<VirtualHost 127.0.0.1>\n  Port {port}")

    @staticmethod
    def keep(folder, **files):
        """As certbot has it: key and chain apart."""
        os.mkdir(folder)
        for name, text in files.items():
            path = os.path.join(folder, name + ".pem")
            with open(path, "w", encoding="ascii") as stream:
                stream.write(text)
            os.chmod(path, 0o600)

    def test_check_fails(self):
        script = self.script().replace('partners.example.org"',
                                       'unknown.example.org"')
        self.assertIn("unknown.example.org gets no certificate",
                      self.check(script))


class Hosting(Page, harness.LiveCase):
    """A folder of certificates, as certbot has it, and one site that is a
    host."""

    PAGE = "hosting"

    @classmethod
    def directives(cls):
        folder = daemon.temporary_directory()
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.live = folder
        made = daemon.certificates()
        for name in ("ftp.example.org", "partners.example.org"):
            place = os.path.join(folder, name)
            made.own(name, name, place)
            os.remove(place)
            ManyNames.keep(place, privkey=made.read(name + ".key"),
                           fullchain=made.read(name + ".pem")
                           + made.read("inter.pem"))
        cls.passwd = os.path.join(folder, "partners.passwd")
        with open(cls.passwd, "w", encoding="ascii") as stream:
            stream.write("carol:x:65534:65534::/tmp:/bin/false\n")
        os.chmod(cls.passwd, 0o600)
        text = configuration(cls.PAGE, 0) + configuration(cls.PAGE, 1)
        for there, here in (
                ("/etc/letsencrypt/live", folder),
                ("/etc/proftpd/sites/partners.passwd", cls.passwd),
                ("/var/lib/proftpd/", "{root}/"),
                ("<VirtualHost 0.0.0.0>",
                 "<VirtualHost 127.0.0.1>\n  Port {port}")):
            text = text.replace(there, here)
        # The harness has its own, and tests run as anybody.
        return re.sub(r"(?s)<IfModule mod_ctrls.c>.*?</IfModule>\n"
                      r"|TLSControlsACLs[^\n]*\n| *DefaultRoot[^\n]*\n", "",
                      text)

    def script(self, **_):
        return re.sub(r"(?m)^(host=\S+ port=)\S+ live=\S+",
                      lambda found: "%s%d live=%s" % (
                          found.group(1), self.server.ports["main"],
                          self.live), blocks(self.PAGE)[-1])

    def test_check_fails(self):
        """One certificate on the disk is not the one that is served."""
        path = os.path.join(self.live, "partners.example.org",
                            "fullchain.pem")
        with open(path, encoding="ascii") as stream:
            before = stream.read()
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.server.pki.read("ec-chain.pem"))
        try:
            self.assertIn("another certificate than", self.check(), self.said)
        finally:
            with open(path, "w", encoding="ascii") as stream:
                stream.write(before)


class Cluster(Page):
    """Two servers with the same keys; mixed into both ways to have them."""

    PAGE = "cluster"
    TLS = harness.TLS
    BLOCK = FILES = None

    @classmethod
    def directives(cls):
        """With the files that the page's own commands make."""
        cls.keys = daemon.temporary_directory()
        cls.addClassCleanup(shutil.rmtree, cls.keys)
        text = configuration(cls.PAGE, cls.BLOCK)
        for made, name in cls.FILES:
            block = next(block for block in blocks(cls.PAGE)
                         if "rand" in block and made in block)
            subprocess.run(
                ["sh", "-ec", block.replace("/etc/proftpd", cls.keys)
                 .replace(made, name)],
                check=True, capture_output=True, timeout=20)
        return text.replace("/etc/proftpd", cls.keys)

    def script(self, second=None, **_):
        """Both are on this host, at two ports."""
        text = blocks(self.PAGE)[-1].replace("$host:$port", "$host")
        for name, server in (("first", self.server),
                             ("second", second or self.server)):
            text = re.sub(r"%s=\S+" % name, "%s=localhost:%d" % (
                name, server.ports["main"]), text, count=1)
        return text

    def other(self, directives):
        other = daemon.Server(directives)
        self.addCleanup(other.stop)
        return other.start()

    def test_check(self):
        other = self.other(self.server.directives)
        self.assertEqual(self.check(self.script(other)), "OK", self.said)

    def test_check_fails(self):
        """A server with keys of its own."""
        self.assertIn("does not know the tickets",
                      self.check(self.script(self.other(""))), self.said)


class ClusterWithFiles(Cluster, harness.LiveCase):
    BLOCK = 1
    FILES = (("ticket-1", "ticket-1"), ("ticket-1", "ticket-2"))


@unittest.skipIf(rediscase.NO_REDIS, rediscase.NO_REDIS)
class ClusterWithRedis(Cluster, harness.LiveCase):
    BLOCK = 0
    FILES = (("ticket-secret", "ticket-secret"),)

    @classmethod
    def directives(cls):
        redis = rediscase.Redis()
        cls.addClassCleanup(redis.stop)
        redis.start()
        return rediscase.as_here(super().directives(), redis, "")


@unittest.skipUnless(HAS_CURL, NO_CURL)
class Nat(Page, harness.LiveCase):
    PAGE = "nat-and-passive-ports"
    TLS = harness.TLS

    @classmethod
    def directives(cls):
        texts = [block for block in blocks(cls.PAGE)
                 if DIRECTIVE.match(block)]
        return "".join(texts).replace("203.0.113.7", "127.0.0.1")


@unittest.skipUnless(HAS_CURL, NO_CURL)
class Policies(Page, harness.LiveCase):
    PAGE = "policies"

    @classmethod
    def prepare(cls):
        cls.server.put_folder("payroll")

    def test_the_other_blocks_are_taken(self):
        """TLSUserProtection and TLSDataRule, beside the first."""
        for at in (1, 2):
            with self.subTest(block=configuration(self.PAGE, at)):
                more = configuration(self.PAGE, at)
                text = self.server.text("proftpd.conf")
                for name in re.findall(r"(?m)^TLS\w+", more):
                    text = re.sub(r"(?m)^%s .*\n" % name, "", text)
                code, said = self.server.check_config(
                    text.replace("TLSEngine on\n",
                                 "TLSEngine on\n" + more).replace(
                        "TLSEngine             on\n",
                        "TLSEngine on\n" + more))
                self.assertEqual(code, 0, said)
                self.assertNotRegex(said, "warning|error|fatal")


@unittest.skipUnless(HAS_CURL, NO_CURL)
class FromModTls(Page, harness.LiveCase):
    PAGE = "from-mod_tls"
    TLS = harness.TLS

    @classmethod
    def directives(cls):
        return "TLSSessionReuse report\n"


class ReadingTheLog(Page, harness.LiveCase):
    PAGE = "reading-the-log"
    TLS = harness.TLS

    @classmethod
    def directives(cls):
        return ""

    def test_check(self):
        self.login().download("LIST")
        self.assert_ok()

    def test_check_fails(self):
        control = self.login()
        with control.data() as data:
            control.command("LIST", 150)
            data.open()
            data.secure(session=None)
            control.reply(522)
        self.assertIn("did not resume", self.check())
        self.assertIn(": 522 The data connection did not resume", self.said)

    def test_the_lines_are_like_those(self):
        """The page shows lines of the form that the log has."""
        self.login().download("LIST")
        shown = [block.strip() for block in blocks(self.PAGE)
                 if re.match(r"\d{4}-", block)]
        for form in (r"control connection from \S+: (TLSv1\.[23]) \S+ "
                     r"\(\d+ bits\), group \S+, full handshake, "
                     r"SNI \S+, ALPN \S+, \d+ ms$",
                     r"data connection from \S+: (TLSv1\.[23]) \S+ "
                     r"\(\d+ bits\), group \S+, resumed, "
                     r"SNI \S+, ALPN \S+, \d+ ms$"):
            self.assertTrue(any(re.search(form, line) for line in shown), form)
            self.assert_logged("(?m)" + form)


if __name__ == "__main__":
    harness.main()
