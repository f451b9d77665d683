#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Other modules of ProFTPD's beside this one.

One class each, skipped where the module is not installed.  mod_vroot and
mod_rewrite's part in policies are in order_test.py, mod_ifsession's sections in
class_test.py, peruser_test.py and companions_test.py, MODE Z in data_test.py,
mod_autohost in autohost_test.py.
"""

import hashlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import unittest
import zlib

import client
import controlcase
import harness

BODY = bytes(range(256)) * 2000


def needs(*names):
    """Class decorator: skipped with a word where a module is missing."""
    missing = [name for name in names if not harness.stock_module(name)]
    return unittest.skipIf(missing, "no %s here" % ", ".join(missing))


class Ban(controlcase.ControlCase):
    """mod_ban counts mod_tls.ctrl-handshake."""

    BAN = ("BanEngine on\nBanLog {root}/ban.log\nBanTable {root}/ban.tab\n"
           "BanOnEvent TLSHandshake 3/00:01:00 00:05:00\n")
    SERVER = {"modules": ("mod_ban",),
              "directives": controlcase.CONTROLS + BAN}
    MECHANISM = "TLS"

    def knock(self):
        with client.Control(self.server.address(), self.context()) as control:
            control.auth(self.MECHANISM)
            control.command("NOOP", 200)

    def test_a_storm_of_handshakes_is_banned(self):
        refused = 0
        for _ in range(8):
            try:
                self.knock()
            except (OSError, client.Refused):
                refused += 1
        self.assertGreater(refused, 2)
        self.assertLess(refused, 8)
        self.assert_logged("(?i)ban.*TLSHandshake", "ban.log")


@needs("mod_ban")
class BanTls(Ban):
    pass


@needs("mod_ban")
class BanFailed(Ban):
    """Handshakes that fail are counted, too."""

    def knock(self):
        with client.Control(self.server.address(), self.context()) as control:
            control.command("AUTH TLS", 234)
            control.send(b"no TLS at all\r\n" * 4)
            control.reply(421)


@needs("mod_ban")
class BanSsl(Ban):
    """mod_tls generates no event for this one."""

    MECHANISM = "SSL"


del Ban


@needs("mod_deflate")
@harness.both_versions
class Deflate(harness.LiveCase):
    SERVER = {"modules": ("mod_deflate",), "directives": "DeflateEngine on"}

    def test_mode_z(self):
        # mod_deflate itself loses bytes of what compresses well, in clear too.
        body = os.urandom(200000)
        control = self.login()
        control.command("MODE Z", 200)
        control.upload("STOR z", zlib.compress(body))
        self.assertEqual(self.server.get("z"), body)
        self.assertEqual(zlib.decompress(control.download("RETR z")), body)


@needs("mod_rewrite")
@harness.both_versions
class Rewrite(harness.LiveCase):
    SERVER = {"modules": ("mod_rewrite",),
              "directives": "RewriteEngine on\n"
                            "RewriteCondition %m USER\n"
                            "RewriteRule ^alias$ alice\n"
                            "RewriteCondition %m STOR\n"
                            "RewriteRule ^bad$ good\n"}

    def test_user_and_target(self):
        control = self.secure().login("alias").protect()
        control.command("TYPE I", 200)
        control.upload("STOR bad", BODY)
        self.assertEqual(self.server.get("good"), BODY)


@needs("mod_exec")
@harness.both_versions
class Exec(harness.LiveCase):
    SCRIPT = ("#!/bin/sh\n{ echo \"$1\"; ls -l /proc/self/fd; } "
              ">%s.new 2>&1\nmv %s.new %s\n")
    SERVER = {"modules": ("mod_exec",),
              "directives": "ExecEngine on\nExecLog {root}/exec.log\n"
                            "ExecOnCommand STOR {root}/script %f\n"}

    @classmethod
    def prepare(cls):
        seen = cls.server.path("home", "seen")
        path = cls.server.path("script")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(cls.SCRIPT % (seen, seen, seen))
        os.chmod(path, 0o755)
        harness.own(path)

    def test_a_program_holds_none_of_our_sockets(self):
        control = self.login()
        control.upload("STOR up", BODY)
        self.assertTrue(client.until(lambda: self.server.get("seen")))
        seen = self.server.get("seen").decode()
        self.assertTrue(seen.startswith(os.path.join(self.server.home, "up")),
                        seen)
        self.assertNotIn("socket:", seen)
        os.unlink(self.server.path("home", "seen"))
        self.assert_transfers(control)


@needs("mod_sql", "mod_sql_sqlite")
@harness.both_versions
class Sql(harness.LiveCase):
    """Users in a database, and the notes of both connections in it."""

    SERVER = {"before": ("mod_sql", "mod_sql_sqlite"), "directives": """\
SQLBackend sqlite3
SQLEngine log
SQLConnectInfo {root}/sql/db
SQLLogFile {root}/sql.log
SQLNamedQuery xfer FREEFORM "INSERT INTO log VALUES ('%m', \
'%{note:TLS_PROTOCOL}', '%{note:TLS_CIPHER}', '%{note:TLS_DATA_PROTOCOL}', \
'%{note:TLS_DATA_CIPHER}', '%{note:TLS_DATA_GROUP}', \
'%{note:TLS_DATA_RESUMED}')"
SQLLog STOR,RETR,LIST xfer
"""}

    @classmethod
    def prepare(cls):
        os.mkdir(cls.server.path("sql"), 0o700)
        cls.database = cls.server.path("sql", "db")
        with sqlite3.connect(cls.database) as database:
            database.execute("CREATE TABLE log (verb, protocol, cipher, "
                             "data_protocol, data_cipher, data_group, resumed)")
        for path in (cls.server.path("sql"), cls.database):
            harness.own(path)

    def rows(self):
        with sqlite3.connect(self.database) as database:
            return database.execute("SELECT * FROM log").fetchall()

    def test_notes_of_both_connections(self):
        control = self.login()
        version = control.tls.object.version()
        cipher = control.tls.object.cipher()[0]
        control.upload("STOR x", BODY)
        control.protect("C")
        control.download("LIST", protected=False)
        self.assertTrue(client.until(lambda: len(self.rows()) >= 2))
        first, second = self.rows()[-2:]
        self.assertEqual(first[:5], ("STOR", version, cipher, version, cipher))
        self.assertEqual(first[6], "1")
        self.assertRegex(first[5], "(?i)x25519|P-256|prime|secp|^-?$")
        self.assertEqual(second[:3], ("LIST", version, cipher))
        self.assertLessEqual(set(second[3:]), {"", "-"})


@needs("mod_copy")
@harness.both_versions
class Copy(harness.LiveCase):
    SERVER = {"modules": ("mod_copy",), "directives": "CopyEngine on"}

    def test_copy_over_tls(self):
        control = self.login()
        control.upload("STOR from", BODY)
        control.command("SITE CPFR from", 350)
        control.command("SITE CPTO to", 250)
        self.assertEqual(self.server.get("to"), BODY)
        self.assertEqual(control.download("RETR to"), BODY)


@needs("mod_digest")
@harness.both_versions
class Digest(harness.LiveCase):
    """A digest that is made while a transfer runs is the file's."""

    SERVER = {"modules": ("mod_digest",),
              "directives": "DigestEngine on\nDigestAlgorithms all\n"}

    def digest(self, control, name):
        said = control.command("XSHA256 " + name, 250).text
        return re.search("[0-9A-Fa-f]{64}", said).group(0).lower()

    def test_up_and_down(self):
        control = self.login()
        control.upload("STOR up", BODY)
        wanted = hashlib.sha256(BODY).hexdigest()
        self.assertEqual(self.digest(control, "up"), wanted)
        control.download("RETR up")
        self.assertEqual(self.digest(control, "up"), wanted)


@needs("mod_sftp")
@unittest.skipUnless(shutil.which("ssh-keygen"), "no ssh-keygen here")
class Sftp(harness.LiveCase):
    """FTPS here, SFTP on another port, also after SIGHUP."""

    SFTP = "SFTPEngine on\nSFTPHostKey {root}/host\nTLSEngine off\n"
    SERVER = {"modules": ("mod_sftp",), "tls": "",
              "directives": harness.TLS, "vhosts": {"sftp": SFTP}}

    @classmethod
    def prepare(cls):
        subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m",
                        "PEM", "-N", "", "-f", cls.server.path("host")],
                       check=True, timeout=60)

    def test_both_serve(self):
        for _ in range(2):
            self.assert_transfers(self.login())
            with socket.create_connection(self.server.address("sftp"),
                                          10) as sock:
                sock.settimeout(10)
                self.assertTrue(sock.recv(200).startswith(b"SSH-2.0"))
            self.server.reload()

    def test_one_host_cannot_be_both(self):
        """mod_sftp reads our TLSEngine, and says so."""
        server = harness.Server(self.SFTP.replace("TLSEngine off", ""),
                                modules=("mod_sftp",))
        self.addCleanup(server.stop)
        shutil.copy(self.server.path("host"), server.path("host"))
        _, said = server.check_config()
        self.assertRegex(said, "(?i)mod_sftp.*(TLS|ftps)")


@needs("mod_proxy")
@harness.both_versions
class Proxy(harness.LiveCase):
    """A proxy in front of another server: TLS is this module's at the front."""

    @classmethod
    def setUpClass(cls):
        cls.backend = harness.Server(tls="")
        cls.addClassCleanup(cls.backend.stop)
        cls.backend.start()
        cls.SERVER = {"modules": ("mod_proxy",), "directives": """\
ProxyEngine on
ProxyTables {root}/tables
ProxyRole reverse
ProxyReverseServers ftp://127.0.0.1:%d
ProxySourceAddress 127.0.0.1
ProxyDataTransferPolicy PASV
ProxyTLSEngine off
""" % cls.backend.ports["main"]}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        os.mkdir(cls.server.path("tables"), 0o755)

    def test_transfers(self):
        """Each download ends with close_notify, as large as it may be."""
        control = self.login()
        control.upload("STOR new", BODY)
        self.assertEqual(self.backend.get("new"), BODY)
        self.assertEqual(control.download("RETR new"), BODY)
        self.assertIn(b"new", control.download("LIST"))
        self.assertEqual(control.download("NLST").split(), [b"new"])
        self.assert_alive(control)


if __name__ == "__main__":
    harness.main()
