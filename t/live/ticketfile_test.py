#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Ticket keys in files, which several hosts can share."""

import hmac
import os
import re
import time
import unittest

import client
import controlcase
import harness

INTERVAL = 6

FILES = controlcase.ALLOWED + """\
TLSReloadInterval %d
TLSSessionTicketKeyFile {root}/new.key
TLSSessionTicketKeyFile {root}/old.key
""" % INTERVAL


def key(letter, size=80):
    """Bytes of a key, the same for the same letter."""
    return client.pattern(size, letter)


def label_of(secret):
    """What "info" calls it: HKDF (RFC 5869) with SHA-256."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(extracted, b"mod_tls4217 session tickets\x01",
                       "sha256")[:8].hex()


def write(server, name, content, mode=0o600, age=3600):
    """A file of a server's, changed so many seconds ago, put in place at
    once."""
    path = server.path(name)
    with open(path + ".part", "wb") as stream:
        stream.write(content)
    os.chmod(path + ".part", mode)
    os.utime(path + ".part", (time.time() - age,) * 2)
    os.rename(path + ".part", path)


class FileCase(controlcase.ControlCase):

    def label(self):
        """A label of the key that encrypts now, and how many decrypt."""
        return re.search(r"session tickets: key ([0-9a-f]{16}) encrypts .*; "
                         r"(\d+) decrypt", self.tls("info")).groups()

    def resumes(self, first, address=None):
        """Whether a new connection, to another server perhaps, resumes the
        session of another one; its transfers work in any case."""
        control = client.Control(address or self.server.address(),
                                 first.context)
        self.addCleanup(control.close)
        control.auth(session=first.session)
        resumed = control.tls.resumed
        control.login().protect().download("LIST")
        return resumed


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
@harness.both_versions
class Files(FileCase):

    SERVER = {"directives": FILES}

    @classmethod
    def prepare(cls):
        write(cls.server, "new.key", key(b"b"))
        write(cls.server, "old.key", key(b"a", 48))

    def setUp(self):
        self.use(key(b"b"), key(b"a", 48))
        self.tls("reload")
        self.until_encrypts(key(b"b"))

    def use(self, new, old):
        write(self.server, "new.key", new)
        write(self.server, "old.key", old)

    def encrypts(self, secret):
        return self.label()[0] == label_of(secret)

    def until_encrypts(self, secret):
        self.assertTrue(client.until(lambda: self.encrypts(secret), 20))

    def test_a_new_key(self):
        """It decrypts at once, and encrypts an interval later; the one before
        it decrypts on."""
        first = self.login()
        self.use(key(b"c"), key(b"b"))
        self.assertIn("read from their files", self.tls("rotate"))
        self.assertTrue(self.encrypts(key(b"b")))
        self.assertTrue(self.resumes(first))
        self.until_encrypts(key(b"c"))
        self.assertEqual(self.label()[1], "2")
        self.assertTrue(self.resumes(first))

        # SIGHUP does not change when.
        last = self.login()
        self.server.reload()
        self.assertTrue(self.encrypts(key(b"c")))
        self.assertTrue(self.resumes(last))
        self.assertTrue(self.resumes(first))

        self.use(key(b"d"), key(b"c"))
        self.tls("reload")
        self.assertFalse(self.resumes(first))
        self.assertTrue(self.resumes(last))

    def test_seen_by_itself(self):
        self.use(key(b"e"), key(b"b"))
        self.until_encrypts(key(b"e"))

    def test_broken_files_change_nothing(self):
        """... and are said, by "reload" and in the log, once."""
        for content, mode, words in (
                (b"\0" * 80, 0o600, "all the same"),
                (b"short", 0o600, "48 nor 80 bytes"),
                (key(b"q"), 0o644, "can read the keys"),
                (key(b"a", 48), 0o600, "occurs twice")):
            with self.subTest(words=words):
                first = self.login()
                write(self.server, "new.key", content, mode)
                _, said = self.ftpdctl("tls", "reload")
                self.assertRegex(said, "nothing was changed: .*" + words)
                self.assert_logged(
                    "TLSSessionTicketKeyFile: .*%s.*previous keys remain"
                    % words, "system.log")
                self.assertTrue(self.resumes(first))
                self.server.reload()
                self.assertTrue(self.resumes(first))

    def test_old_files_are_told(self):
        write(self.server, "old.key", key(b"a", 48), age=8 * 24 * 3600 + 60)
        self.tls("reload")
        self.assert_logged("old.key' is 8 days old", "system.log")


@harness.both_versions
class TwoHosts(FileCase):
    """A client resumes at the other one."""

    SERVER = {"directives": "TLSSessionTicketKeyFile {root}/ticket.key\n"}

    @classmethod
    def prepare(cls):
        cls.other = harness.Server(**cls.SERVER)
        cls.addClassCleanup(cls.other.stop)
        for server in (cls.server, cls.other):
            write(server, "ticket.key", key(b"t"))
        cls.other.start()

    def test_resumes_at_the_other_one(self):
        first = self.login()
        self.assertTrue(self.resumes(first, self.other.address()))
        self.assertTrue(self.resumes(first))

    def test_data_connections_stay_where_they_are(self):
        first = self.login()
        other = client.Control(self.other.address(), first.context)
        self.addCleanup(other.close)
        other.auth().login().protect()
        with other.data() as data:
            other.command("LIST", 150)
            try:
                data.secure(first.session)
                data.read_all()
            except (OSError, client.Cut):
                pass
            other.reply(522)

    def test_another_key(self):
        first = self.login()
        write(self.other, "ticket.key", key(b"u"))
        self.other.reload()
        self.assertFalse(self.resumes(first, self.other.address()))
        write(self.other, "ticket.key", key(b"t"))
        self.other.reload()
        self.assertTrue(self.resumes(first, self.other.address()))


class Start(unittest.TestCase):
    """What is refused ends a start."""

    def check(self, content, mode=0o600):
        server = harness.Server("TLSSessionTicketKeyFile {root}/ticket.key\n")
        self.addCleanup(server.stop)
        if content is not None:
            write(server, "ticket.key", content, mode)
        return server.check_config()

    def test_refused(self):
        for content, mode, words in (
                (None, 0o600, "does not exist"),
                (b"", 0o600, "empty"),
                (key(b"k", 79), 0o600, "48 nor 80 bytes"),
                (b"\0" * 48, 0o600, "all the same"),
                (key(b"k"), 0o604, "can read the keys")):
            with self.subTest(words=words, size=len(content or b"")):
                code, said = self.check(content, mode)
                self.assertNotEqual(code, 0, said)
                self.assertRegex(said, "TLSSessionTicketKeyFile: .*" + words)

    def test_taken(self):
        for size in (48, 80):
            code, said = self.check(key(b"k", size))
            self.assertEqual(code, 0, said)


if __name__ == "__main__":
    harness.main()
