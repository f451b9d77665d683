#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Uploads whose data handshake fails while others use the same file.

RFC 4217 section 10.2: a refused data connection ends its own transfer. What
another session stores, appends or renames meanwhile is not touched.
"""

import os
import re
import signal
import unittest

import client
import harness


@harness.both_versions
class OtherPeoplesFiles(harness.LiveCase):
    """One session waits for TLS, another one works; then the first fails."""

    SERVER = {"vhosts": {"delete": "DeleteAbortedStores on"}}

    def waiting(self, line, host="main"):
        """A session that has made its file and waits for the handshake."""
        name = line.split()[1]
        control, self.pid = self.login_of_pid(host)
        data = control.data()
        self.addCleanup(data.close)
        control.command(line, 150)
        data.open()
        self.assertTrue(client.until(lambda: self.server.get(name) == b""))
        return control, data

    def fail(self, control, data):
        data.sock.sendall(b"no ClientHello\r\n")
        client.cut(data.sock)
        control.reply(522)

    def each(self, name):
        """Every way to have made the file that is called name."""
        for host in ("main", "delete"):
            for command in ("STOR", "APPE"):
                with self.subTest(host=host, command=command):
                    yield self.waiting("%s %s" % (command, name), host)
                os.unlink(self.server.path("home", name))

    def test_stored_by_another(self):
        other = self.login()
        for control, data in self.each("name"):
            other.upload("STOR name", b"the whole report")
            self.fail(control, data)
            self.assertEqual(self.server.get("name"), b"the whole report")

    def test_empty_file_of_another(self):
        """Nothing in it is no sign that it is nobody's."""
        other = self.login()
        for control, data in self.each("name"):
            made = os.stat(self.server.path("home", "name")).st_mtime_ns
            # Times are kept in steps of some milliseconds.
            while os.stat(self.server.path("home", "name")).st_mtime_ns == made:
                other.upload("STOR name", b"")
            self.fail(control, data)
            self.assertEqual(self.server.get("name"), b"")

    def test_appended_by_another(self):
        other = self.login()
        for control, data in self.each("name"):
            other.upload("APPE name", b"a line")
            self.fail(control, data)
            self.assertEqual(self.server.get("name"), b"a line")

    def test_deleted_and_stored_by_another(self):
        other = self.login()
        for control, data in self.each("name"):
            other.command("DELE name", 250)
            other.upload("STOR name", b"precious")
            self.fail(control, data)
            self.assertEqual(self.server.get("name"), b"precious")

    def test_renamed_onto_by_another(self):
        other = self.login()
        for control, data in self.each("name"):
            other.upload("STOR temporary", b"precious")
            other.command("RNFR temporary", 350)
            other.command("RNTO name", 250)
            self.fail(control, data)
            self.assertEqual(self.server.get("name"), b"precious")

    def test_both_wait(self):
        """The one that waits longer has the file open: it must keep it."""
        for control, data in self.each("name"):
            other = self.login()
            with other.data() as theirs:
                other.command("STOR name", 150)
                theirs.sock.sendall(theirs.new_tls().hello()[:1])
                self.opened(other)
                self.fail(control, data)
            other.reply(522)
            self.assertEqual(self.server.get("name"), b"")

    def opened(self, control):
        """Returns when the session at the other end has the file open."""
        port = control.sock.getsockname()[1]
        self.assertTrue(client.until(
            lambda: sum("name" in each for each in self.open_files()) == 2),
            "nobody else opened the file: %d" % port)

    def open_files(self):
        """Where the descriptors of the sessions lead to."""
        found = []
        for pid in self.server.sessions():
            folder = "/proc/%d/fd" % pid
            for each in os.listdir(folder):
                try:
                    found.append(os.readlink(os.path.join(folder, each)))
                except OSError:
                    pass
        return [each for each in found if each.startswith(self.server.home)]

    def test_other_writes_after_the_failure(self):
        """In clear: nothing holds the other session's file back there."""
        other = self.login(level="C")
        for control, data in self.each("name"):
            with other.data() as theirs:
                other.command("APPE name", 150)
                theirs.open()
                self.opened(other)
                self.fail(control, data)
                theirs.write(b"a line")
                theirs.finish()
                other.reply(226)
            self.assertEqual(self.server.get("name"), b"a line")

    def test_session_that_ends(self):
        """Its client goes, or it is killed: not even then."""
        other = self.login()
        for how in (self.leave, self.kill):
            for control, data in self.each("name"):
                other.upload("STOR name", b"precious")
                how(control, data)
                self.assertTrue(client.until(
                    lambda: self.pid not in self.server.sessions()))
                self.assertEqual(self.server.get("name"), b"precious")

    def leave(self, control, data):
        client.reset(control.sock)
        client.reset(data.sock)

    def kill(self, control, _):
        os.kill(self.pid, signal.SIGTERM)

    def test_nobody_else(self):
        """A file that nobody else has to do with goes, however it ends.  Who
        has it open, to look what is in it, has to do with it."""
        path = self.server.path("home", "gone")
        for how in (self.fail, self.leave, self.kill):
            for line in ("STOR gone", "APPE gone"):
                with self.subTest(how=how.__name__, line=line):
                    how(*self.waiting(line))
                    self.assertTrue(client.until(
                        lambda: not os.path.exists(path)))


class Memory(harness.LiveCase):
    """What an upload needs is given back."""

    DEEP = "/".join(["d" * 200] * 9)

    @classmethod
    def prepare(cls):
        path = cls.server.home
        for part in cls.DEEP.split("/"):
            path = os.path.join(path, part)
            os.mkdir(path, 0o700)
            harness.own(path)

    @staticmethod
    def resident(pid):
        """Bytes of a session."""
        with open("/proc/%d/status" % pid, encoding="ascii") as stream:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+)",
                                        stream.read()).group(1))

    @unittest.skipIf(harness.POOLS_FREE or os.environ.get("TLS4217_PRELOAD"),
                     "AddressSanitizer keeps what is freed")
    def test_paths(self):
        control, pid = self.login_of_pid()
        control.command("CWD " + self.DEEP, 250)
        self.uploads(control, 50)
        before = self.resident(pid)
        self.uploads(control, 250)
        self.assertLess(self.resident(pid) - before,
                        250 * len(self.DEEP) // 2)

    def uploads(self, control, count):
        for _ in range(count):
            control.upload("STOR f", b"x")


if __name__ == "__main__":
    harness.main()
