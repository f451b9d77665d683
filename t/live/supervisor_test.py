#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The process behind REIN: who sees it, what ends it, what it leaves.

RFC 4217 section 13; TLSOptions AllowReinitialize.
"""

import os
import signal

import client
import harness
from reincase import ReinCase


class Supervisor(ReinCase):

    def family(self, host="main"):
        """A session: control, pids of its supervisor and of its server."""
        control = self.connect(host)
        self.assertTrue(client.until(
            lambda: len(self.server.sessions()) == 1), "others are there")
        supervisor = self.server.sessions()[0]
        return control, supervisor, self.child(supervisor)

    def child(self, supervisor):
        """The process that serves, once there is one."""
        path = "/proc/%d/task/%d/children" % (supervisor, supervisor)
        return int(client.until(lambda: open(path).read().split())[0])

    def assert_gone(self, *pids):
        for pid in pids:
            self.assertTrue(client.until(
                lambda: not os.path.exists("/proc/%d" % pid)), "still there")

    def test_pair_ends_together(self):
        control, supervisor, child = self.family()
        control.login().quit()
        self.assert_gone(supervisor, child)

    def test_lost_client_ends_both(self):
        control, supervisor, child = self.family()
        control.login()
        client.reset(control.sock)
        self.assert_gone(supervisor, child)

    def test_signals_reach_the_session(self):
        for name in ("SIGTERM", "SIGINT"):
            with self.subTest(name=name):
                control, supervisor, child = self.family()
                control.login()
                os.kill(supervisor, getattr(signal, name))
                client.read_to_end(control.sock)
                self.assert_gone(supervisor, child)

    def test_daemon_ends_sessions_with_sigusr1(self):
        """As ftpshut has it: at once, where a transfer is under way."""
        self.server.put("big", b"b" * (48 << 20))
        control, supervisor, child = self.family()
        control.login()
        with control.begin("RETR big", protected=False):
            self.signal_until_the_end(supervisor, control)
        self.assert_gone(supervisor, child)

    def signal_until_the_end(self, supervisor, control):
        """ProFTPD misses a signal that comes right before it waits in a
        transfer in clear: ftpshut(8) says it again."""
        control.sock.settimeout(2)
        for _ in range(5):
            os.kill(supervisor, signal.SIGUSR1)
            try:
                client.read_to_end(control.sock)
                return
            except TimeoutError:
                pass
        self.fail("the session goes on")

    def test_sighup_ends_nothing(self):
        control, supervisor, _ = self.family()
        control.login()
        os.kill(supervisor, signal.SIGHUP)
        control.command("PWD", 257)
        self.server.reload()
        control.command("REIN", 220)
        self.assert_as_after_connect(control)
        self.again(control)

    def test_killed_session_ends_its_supervisor(self):
        control, supervisor, child = self.family()
        control.login()
        os.kill(child, signal.SIGTERM)
        client.read_to_end(control.sock)
        self.assert_gone(supervisor, child)

    def test_killed_supervisor_ends_its_session(self):
        control, supervisor, child = self.family()
        control.login()
        os.kill(supervisor, signal.SIGKILL)
        self.assert_gone(supervisor)
        control.send(b"PWD\r\n")
        client.read_to_end(control.sock)
        self.assert_gone(child)

    def test_signal_between_two_users(self):
        control, supervisor, child = self.family()
        control.login()
        control.command("REIN", 220)
        self.assertTrue(client.until(lambda: self.child(supervisor) != child))
        os.kill(supervisor, signal.SIGTERM)
        client.read_to_end(control.sock)
        self.assert_gone(supervisor, child)

    def test_one_process_after_the_other(self):
        control, supervisor, child = self.family()
        for _ in range(3):
            control.login()
            control.command("REIN", 220)
            control.command("NOOP", 200)
            self.assert_gone(child)
            child = self.child(supervisor)
        control.quit()
        self.assert_gone(supervisor, child)

    def test_scoreboard_shows_the_session_only(self):
        control, supervisor, child = self.family()
        control.login()
        scoreboard = open(self.server.path("scoreboard"), "rb").read()
        self.assertIn(child.to_bytes(4, "little"), scoreboard)
        self.assertNotIn(supervisor.to_bytes(4, "little"), scoreboard)

    def test_supervisor_reads_nothing(self):
        """No TLS session, no password: it only waits for signals."""
        control, supervisor, _ = self.family()
        control.login()
        with open("/proc/%d/status" % supervisor, encoding="ascii") as stream:
            self.assertIn("State:\tS", stream.read())


if __name__ == "__main__":
    harness.main()
