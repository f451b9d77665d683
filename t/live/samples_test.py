#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The configurations of contrib/conf do what their comments say.

Each is loaded as it stands, with the paths, the account and the port of a real
system replaced by those of the test's server.
"""

import os
import re
import ssl
import unittest

import certcase
import client
import daemon
import harness
import rediscase

CONF = os.path.join(os.path.dirname(os.path.dirname(daemon.HERE)),
                    "contrib", "conf")

#: What a real system has, and the test's server in its place.
PLACES = (
    ("/etc/letsencrypt/live/ftp.example.org/fullchain.pem",
     "{pki}/rsa-chain.pem"),
    ("/etc/letsencrypt/live/ftp.example.org/privkey.pem", "{pki}/rsa.key"),
    ("/var/log/proftpd/", "{root}/"),
    ("/srv/ftp/pub", "{root}/home/pub"),
    ("/srv/ftp", "{root}/home"),
    ("!ftp", "!alice"),
    ("anonymous ftp", "anonymous alice"),
)


def sample(name):
    """The directives of one, for a Server."""
    with open(os.path.join(CONF, name + ".conf"), encoding="ascii") as stream:
        text = stream.read()
    for there, here in PLACES:
        text = text.replace(there, here)
    text = re.sub(r"(?m)^  User +ftp\n  Group +nogroup$", "  User alice", text)
    return text


class Every(unittest.TestCase):
    """No configuration is without its test."""

    def test_each_has_a_class(self):
        self.assertEqual(
            {name[:-len(".conf")] for name in os.listdir(CONF)
             if name.endswith(".conf")},
            {case.SAMPLE for case in SampleTests.__subclasses__()})


class SampleTests:
    """Mixed into the TestCase of one configuration; SAMPLE is its name."""

    SAMPLE = None

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"directives": cls.directives(), "tls": ""}
        super().setUpClass()

    @classmethod
    def directives(cls):
        return sample(cls.SAMPLE)

    def test_nothing_is_complained_about(self):
        """proftpd -t has nothing to say."""
        code, said = self.server.check_config(
            self.server.text("proftpd.conf"))
        self.assertEqual(code, 0, said)
        self.assertNotRegex(said, "warning|error|fatal")

    def clear(self, user="alice", password="wonder"):
        return self.connect().login(user, password)

    def moves(self, control, protected=True):
        control.upload("STOR moved", b"moved", protected=protected)
        self.assertEqual(control.download("RETR moved", protected=protected),
                         b"moved")


@harness.both_versions
class Minimal(SampleTests, harness.LiveCase):
    SAMPLE = "minimal"

    def test_clear_and_protected(self):
        self.moves(self.login())
        self.moves(self.clear(), protected=False)
        self.assert_logged("control connection from")


@harness.both_versions
class Required(SampleTests, harness.LiveCase):
    SAMPLE = "required"

    def test_no_password_in_clear(self):
        control = self.connect()
        control.command("FEAT", 211)
        control.command("USER alice", 533)
        self.moves(self.login())

    def test_no_file_in_clear(self):
        control = self.login(level=None)
        control.command("LIST", 521)
        control.command("PBSZ 0", 200)
        control.command("PROT C", 534)

    def test_data_connections_resume(self):
        control = self.login()
        with control.data() as data:
            control.command("LIST", 150)
            data.open()
            data.secure(session=None)
            control.reply(522)


@harness.both_versions
class Hardened(SampleTests, harness.LiveCase):
    SAMPLE = "hardened"

    def test_nothing_in_clear(self):
        control = self.connect()
        control.command("USER alice", 533)
        control.command("PWD", 533)
        self.moves(self.login())

    def test_old_suites_are_refused(self):
        context = self.server.context(client.TLS1_2, ciphers="AES256-SHA")
        with self.assertRaises(ssl.SSLError):
            self.secure(context=context)

    def test_another_connections_session(self):
        """Of the same user, from the same address."""
        context = self.context()
        first = self.login(context=context)
        first.download("LIST")
        second = self.login(context=context)
        with second.data() as data:
            second.command("LIST", 150)
            data.open()
            data.secure(session=first.session)
            second.reply(522)


class Modern(SampleTests, harness.LiveCase):
    SAMPLE = "modern"
    VERSION = client.TLS1_3

    def test_tls1_3_alone(self):
        self.moves(self.login())
        with self.assertRaises(ssl.SSLError):
            self.secure(context=self.server.context(client.TLS1_2))


@harness.both_versions
@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class Anonymous(SampleTests, harness.LiveCase):
    SAMPLE = "anonymous"

    @classmethod
    def prepare(cls):
        cls.server.put_folder("pub")
        cls.server.put("pub/file", b"file")

    def anonymous(self, control):
        control.login("anonymous", "a@example.net")
        control.command("TYPE I", 200)
        return control

    def test_anonymous_in_clear_and_protected(self):
        control = self.anonymous(self.connect())
        self.assertEqual(control.download("RETR file", protected=False),
                         b"file")
        control.command("STOR new", 550)
        control = self.anonymous(self.secure())
        control.protect()
        self.assertEqual(control.download("RETR file"), b"file")

    def test_users_need_tls(self):
        self.connect().command("USER bob", 533)
        control = self.secure().login("bob", "builder")
        control.command("LIST", 521)
        control.protect()
        self.moves(control)


@harness.both_versions
class Dropbox(SampleTests, harness.LiveCase):
    SAMPLE = "dropbox"

    @classmethod
    def prepare(cls):
        cls.server.put_folder("incoming")

    def test_put_and_nothing_else(self):
        control = self.login()
        control.command("CWD incoming", 250)
        control.upload("STOR report", b"report")
        self.assertEqual(self.server.get("incoming/report"), b"report")
        for line in ("STOR report", "RETR report", "DELE report",
                     "RNFR report", "MKD folder", "SIZE report"):
            with self.subTest(line=line):
                control.command(line, 550)
                self.assertEqual(self.server.get("incoming/report"), b"report")
        for line in ("LIST", "NLST", "MLSD", "LIST report"):
            with self.subTest(line=line):
                self.assertNotIn(b"report", self.listed(control, line))

    def listed(self, control, line):
        """What a listing shows: where it is refused, nothing."""
        with control.data() as data:
            if control.command(line).code == 150:
                data.secure()
                found = data.read_all()
                data.finish()
                control.reply(226)
                return found
        return b""

    def test_cut_upload_is_removed(self):
        control = self.login()
        control.command("CWD incoming", 250)
        with control.begin("STOR cut") as data:
            data.write(b"half")
            client.cut(data.sock)
            control.reply(426)
        self.assertIsNone(self.server.get("incoming/cut"))
        self.assertEqual([name for name in os.listdir(
            os.path.join(self.server.home, "incoming"))
            if "cut" in name], [])


@harness.both_versions
class Directories(SampleTests, harness.LiveCase):
    SAMPLE = "directories"

    @classmethod
    def prepare(cls):
        for name in ("payroll", "pub"):
            cls.server.put_folder(name)
            cls.server.put(name + "/file", b"file")

    def test_by_target(self):
        control = self.login(level=None)
        control.command("CWD pub", 250)
        self.assertEqual(control.download("RETR file", protected=False),
                         b"file")
        control.command("RETR ../payroll/file", 521)
        control.protect()
        self.assertEqual(control.download("RETR ../payroll/file"), b"file")

    def test_no_password_in_clear(self):
        self.connect().command("USER alice", 533)


@unittest.skipIf(rediscase.NO_REDIS, rediscase.NO_REDIS)
class Cluster(SampleTests, harness.LiveCase):
    """Two hosts with this configuration."""

    SAMPLE = "cluster"

    @classmethod
    def directives(cls):
        cls.redis = rediscase.Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.redis.start()
        return rediscase.as_here(super().directives(), cls.redis,
                                 "{root}/ticket-secret")

    @classmethod
    def prepare(cls):
        cls.other = daemon.Server(**cls.SERVER)
        cls.addClassCleanup(cls.other.stop)
        for server in (cls.server, cls.other):
            rediscase.give_secret(server, "ticket-secret")
        cls.other.start()

    def test_resumes_at_the_other_one(self):
        first = self.login()
        self.moves(first)
        control = client.Control(self.other.address(), first.context)
        self.addCleanup(control.close)
        control.auth(session=first.session)
        self.assertTrue(control.tls.resumed)


class ImplicitServer(daemon.Server):
    """Its second host has port 990, which the test replaces."""

    def config(self):
        text = super().config()
        self.ports["implicit"], = daemon.free_ports(1)
        return text.replace(
            "<VirtualHost 0.0.0.0>", "<VirtualHost 127.0.0.1>").replace(
                "990", str(self.ports["implicit"]))


@harness.both_versions
class Implicit(SampleTests, harness.LiveCase):
    SAMPLE = "implicit"
    SERVER_CLASS = ImplicitServer

    def test_both(self):
        control = self.connect("implicit", implicit=True).login()
        control.command("TYPE I", 200)
        control.protect()
        self.moves(control)
        self.moves(self.login())

    def test_explicit_demands_tls(self):
        self.connect().command("USER alice", 533)


@harness.both_versions
class Certificates(SampleTests, harness.LiveCase):
    SAMPLE = "certificates"

    @classmethod
    def directives(cls):
        made = certcase.clients()
        if not os.path.exists(made.path("gone.pem")):
            made.make("gone", "/O=Example/CN=alice")
            made.revoke("gone")
            made.crl()
        return super().directives().replace(
            "/etc/proftpd/clients-ca.pem", made.path("root.pem")).replace(
                "/etc/proftpd/clients-crl.pem", made.path("root.crl"))

    def holder(self, name):
        made = self.context()
        made.load_cert_chain(*certcase.clients().pair(name))
        return made

    def test_certificate_is_the_login(self):
        control = self.secure(context=self.holder("alice"))
        control.command("USER alice", 232)
        control.command("TYPE I", 200)
        control.protect()
        self.moves(control)

    def test_password_without_certificate(self):
        self.moves(self.login())

    def test_another_users_certificate(self):
        control = self.secure(context=self.holder("bob"))
        control.command("USER alice", 331)

    def test_revoked(self):
        control = self.connect(context=self.holder("gone"))
        control.auth()
        control.reply(421)


if __name__ == "__main__":
    harness.main()
