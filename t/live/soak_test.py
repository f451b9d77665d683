#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A session that goes on and on: its memory and descriptors do not grow.

TLS4217_SOAK says how many transfers of each kind, and ten times as many
commands; "make soak" runs with 20,000.
"""

import contextlib
import os
import re
import ssl

import client
import harness

ROUNDS = int(os.environ.get("TLS4217_SOAK", "100"))
harness.TEST_SECONDS = 40 + ROUNDS

#: Bytes that are noise: a page of malloc's here and there.
NOISE = 64 * 1024


@harness.both_versions
class Soak(harness.LiveCase):
    """Each kind in a session of its own, with a tenth of it to warm up."""

    SERVER = {"directives": "TimeoutIdle 7200\nTimeoutNoTransfer 7200\n"
                            "TimeoutSession 0"}

    @classmethod
    def prepare(cls):
        cls.server.put("small", b"s" * 100)
        cls.server.put("large", client.pattern(200000))

    def state(self, pid):
        """Bytes of its own, and descriptors, of a process.  Not what is called
        private: a page that the session shares with the daemon becomes that
        when the daemon writes to its copy."""
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as stream:
            own = re.search(r"Anonymous:\s+(\d+)", stream.read())
        return (int(own.group(1)) * 1024,
                sorted(os.listdir("/proc/%d/fd" % pid)))

    def skip_under_sanitizer(self, pid):
        """AddressSanitizer keeps what is freed for a while."""
        with open("/proc/%d/maps" % pid, encoding="ascii") as stream:
            if "asan" in stream.read():
                self.skipTest("AddressSanitizer's own memory grows")

    def soak(self, act, rounds=ROUNDS):
        control, pid = self.login_of_pid()
        self.skip_under_sanitizer(pid)
        for _ in range(max(rounds // 10, 50)):
            act(control)
        control.command("NOOP", 200)
        before = self.state(pid)
        for _ in range(rounds):
            act(control)
        control.command("NOOP", 200)
        client.until(lambda: self.state(pid)[1] == before[1])
        after = self.state(pid)
        self.assertEqual(after[1], before[1])
        self.assertLess(after[0] - before[0], NOISE)
        control.quit()

    def test_downloads(self):
        for line in ("RETR small", "RETR large", "LIST", "MLSD"):
            for mode in ("PASV", "PORT"):
                with self.subTest(line=line, mode=mode):
                    self.soak(lambda control, line=line, mode=mode:
                              control.download(line, mode))

    def test_uploads(self):
        for line in ("STOR small2", "STOR large2"):
            body = b"u" * (200000 if "large" in line else 100)
            with self.subTest(line=line):
                self.soak(lambda control, line=line, body=body:
                          control.upload(line, body))

    def append(self, control):
        control.upload("APPE appended", b"a" * 100)
        control.command("DELE appended", 250)

    def test_appends(self):
        self.soak(self.append)

    def garbage(self, control):
        with control.data() as data:
            control.command("STOR never", 150)
            data.sock.sendall(b"garbage")
            client.cut(data.sock)
            control.reply(522)

    def stranger(self, control):
        """After a while the session has no signatures left for it: an alert,
        and the same reply."""
        with control.data() as data:
            control.command("RETR small", 150)
            with contextlib.suppress(ssl.SSLError):
                data.secure(None).read_all()
            control.reply(522)

    def test_failures(self):
        for act in (self.garbage, self.stranger):
            with self.subTest(act=act.__name__):
                self.soak(act)

    def test_commands(self):
        lines = (("NOOP", 200), ("PWD", 257), ("CWD .", 250),
                 ("PROT P", 200), ("TYPE I", 200), ("FEAT", 211),
                 ("SIZE small", 213), ("PBSZ 0", 200), ("STAT small", 213),
                 ("MLST small", 250))
        self.soak(lambda control: [control.command(*line) for line in lines])


@harness.both_versions
class LongLives(harness.LiveCase):
    """SIGHUP, and sessions with many transfers."""

    def test_sessions_survive_a_sighup(self):
        before = self.login()
        for _ in range(3):
            self.server.reload()
            before.download("LIST")
            self.login().download("LIST")
        before.command("NOOP", 200)

    def test_no_descriptor_leaks(self):
        known = set(self.server.sessions())
        control = self.login()
        pid = self.only_new_session(known)
        self.some_transfers(control, 2)
        control.command("NOOP", 200)
        before = self.descriptors(pid)
        self.some_transfers(control, 13)
        control.command("NOOP", 200)
        client.until(lambda: self.descriptors(pid) == before)
        self.assertEqual(self.descriptors(pid), before)

    def only_new_session(self, known):
        """A busy daemon may fork late for a connection that is gone."""
        client.until(lambda: len(set(self.server.sessions()) - known) == 1)
        return (set(self.server.sessions()) - known).pop()

    def some_transfers(self, control, rounds):
        """Four transfers a round, one of which fails."""
        for at in range(rounds):
            control.upload("STOR leak", b"leak" * at)
            control.download("RETR leak", mode=("PASV", "PORT")[at % 2])
            control.download("LIST")
            with control.data() as data:
                control.command("RETR leak", 150)
                data.sock.sendall(b"garbage, not TLS")
                control.reply(522)

    def descriptors(self, pid):
        """What the process has open, without the ends of connections."""
        folder = "/proc/%d/fd" % pid
        try:
            return sorted(os.listdir(folder))
        except PermissionError:
            self.skipTest("may not read " + folder)


if __name__ == "__main__":
    harness.main()
