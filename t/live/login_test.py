#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What a session costs beside its handshakes: no files, and no sleep.

Certificates, keys and CAs are read once, by the daemon.
"""

import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import client
import harness

OPENED = re.compile(r'^(\d+) +.*?open(?:at)?\(.*?"([^"]*)"')


class Tracer:
    """strace(1) at a running daemon: what its sessions open."""

    def __init__(self, server):
        self.path = server.path("strace")
        self.process = subprocess.Popen(
            ["strace", "-f", "-q", "-e", "trace=open,openat", "-o", self.path,
             "-p", str(server.process.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def is_attached(self, server):
        with open("/proc/%d/status" % server.process.pid,
                  encoding="ascii") as stream:
            return "TracerPid:\t%d\n" % self.process.pid in stream.read()

    def lines(self):
        with open(self.path, encoding="ascii", errors="replace") as stream:
            return stream.readlines()

    def opened(self, pid):
        """The files that one session has opened, in order, until its end."""
        end = re.compile(r"%d +\+\+\+ " % pid)
        if not client.until(lambda: any(map(end.match, self.lines())), 10):
            raise AssertionError("strace does not say how the session ended")
        found = [OPENED.match(line) for line in self.lines()]
        return [match.group(2).replace(str(pid), "PID") for match in found
                if match and int(match.group(1)) == pid]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


class Files(harness.LiveCase):
    """A server with CAs of its own and the system's."""

    SERVER = {"vhosts": {"plain": "TLSEngine off",
                         "ours": "TLSVerifyClient optional\n"
                                 "TLSCACertificateFile {pki}/root.pem"}}

    def trace(self):
        if shutil.which("strace") is None:
            self.skipTest("needs strace")
        tracer = Tracer(self.server)
        self.addCleanup(tracer.stop)
        if not client.until(lambda: tracer.is_attached(self.server), 5):
            self.skipTest("strace cannot attach to a process here")
        return tracer

    def session(self, host, context):
        """One login and its end: the pid of its process."""
        control = client.Control(self.server.address(host), context)
        if context is not None:
            control.auth()
        control.login()
        # Those that tried the ports when the server started end by themselves.
        self.assertTrue(client.until(
            lambda: len(self.server.sessions()) == 1, 20))
        pid, = self.server.sessions()
        control.command("QUIT", 221)
        control.close()
        self.assertTrue(client.until(
            lambda: pid not in self.server.sessions(), 10))
        return pid

    def test_a_login_with_tls_opens_what_one_in_clear_opens(self):
        tracer = self.trace()
        clear = tracer.opened(self.session("plain", None))
        self.assertTrue(clear, "strace saw nothing")
        self.assertEqual(tracer.opened(self.session("ours", None)), clear)
        for version in (client.TLS1_2, client.TLS1_3):
            with self.subTest(version=version):
                context = self.server.context(version)
                self.assertEqual(
                    tracer.opened(self.session("ours", context)), clear)


class Interrupted(harness.LiveCase):
    """The core sleeps 200 ms when it sees EINTR; no wait of ours shows it one.

    Between two commands it is the core that waits, as it does in clear.
    """

    SERVER = {"directives": "TraceLog {root}/trace.log\nTrace signal:18",
              "vhosts": {"plain": "TLSEngine off"}}
    DELAY = r"\[%d\].*interrupted system call, delaying"

    @classmethod
    def prepare(cls):
        cls.server.put("big", client.pattern(8 << 20))

    def interrupt(self, pid):
        """Signals as ProFTPD's timers send them."""
        for _ in range(5):
            os.kill(pid, signal.SIGALRM)
            time.sleep(0.05)

    def delays(self, pid):
        return re.findall(self.DELAY % pid, self.server.text("trace.log"))

    def only_session(self):
        self.assertTrue(client.until(
            lambda: len(self.server.sessions()) == 1, 20))
        return self.server.sessions()[0]

    def test_the_trace_tells_delays(self):
        control = client.Control(self.server.address("plain"), None)
        self.addCleanup(control.close)
        control.login()
        pid = self.only_session()
        self.interrupt(pid)
        control.command("NOOP", 200)
        self.assertTrue(self.delays(pid))

    def test_no_wait_of_a_transfer_is_delayed(self):
        for version in (client.TLS1_2, client.TLS1_3):
            control = self.login(context=self.server.context(version))
            pid = self.only_session()
            with self.subTest(version=version), control.begin(
                    "RETR big") as data:
                data.tls.read(1000)
                self.interrupt(pid)
                data.read_all()
                data.finish()
                control.reply(226)
            with self.subTest(version=version), control.begin(
                    "STOR up") as data:
                data.write(b"first")
                self.interrupt(pid)
                data.write(b"second")
                data.finish()
                control.reply(226)
            self.assertEqual(self.delays(pid), [])
            control.close()


class Removed(harness.LiveCase):
    """The files may be gone, or somebody else's, while the daemon runs."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
                     "TLSRSACertificateFile {root}/rsa.pem\n"
                     "TLSRSACertificateKeyFile {root}/rsa.key\n"
                     "TLSCertificateChainFile {root}/inter.pem\n"
                     "TLSCACertificateFile {root}/root.pem\n"
                     "TLSVerifyClient optional"}

    FILES = ("rsa.pem", "rsa.key", "inter.pem", "root.pem")

    @classmethod
    def prepare(cls):
        for name in cls.FILES:
            shutil.copy(os.path.join(cls.server.pki.directory, name),
                        cls.server.path(name))

    def test_sessions_need_no_file_of_the_certificate(self):
        self.login().command("QUIT", 221)
        for name in self.FILES:
            os.unlink(self.server.path(name))
        for version in (client.TLS1_2, client.TLS1_3):
            control = self.login(context=self.server.context(version))
            control.download("LIST")
            control.command("QUIT", 221)


if __name__ == "__main__":
    harness.main()
