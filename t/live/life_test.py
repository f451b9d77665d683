#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A daemon as it is in life: detached, with files for logs, over months.

The other tests keep their server in the foreground.  This one leaves its
terminal and the descriptors it was started with, has no syslog to turn to,
and lives through SIGHUP, rotated logs, a certificate that breaks and is
fixed, ftpdctl rmmod and insmod, and a shutdown, under transfers each time.
"""

import os
import shutil
import signal
import ssl
import subprocess
import unittest

import client
import controlcase
import harness

SYSLOG = "/dev/log"
BIG = client.pattern(8 << 20)

PAIR = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {root}/pair.pem
"""


class Detached:
    """What subprocess.Popen is for a child, for a daemon with a PidFile."""

    def __init__(self, pidfile):
        self.pidfile = pidfile
        self._pid = None

    @property
    def pid(self):
        if self._pid is None:
            with open(self.pidfile, encoding="ascii") as stream:
                self._pid = int(stream.read())
        return self._pid

    def poll(self):
        """None while it lives, or has not said yet who it is."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        except (FileNotFoundError, ValueError):
            pass
        return None

    def wait(self):
        client.until(lambda: self.poll() is not None)


class Daemon(harness.Server):
    """A server that daemonises, where nobody hears syslog."""

    def _spawn(self):
        path, pidfile = self.path("proftpd.conf"), self.path("proftpd.pid")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.config())
        if os.path.exists(pidfile):
            os.unlink(pidfile)
        with open(self.path("stderr.log"), "ab") as stderr:
            subprocess.run(_without_syslog() + [harness.proftpd(), "-c", path],
                           env=self.environment(), stdin=subprocess.DEVNULL,
                           stdout=stderr, stderr=stderr, timeout=30,
                           check=False)
        self.process = Detached(pidfile)

    def _is_decided(self):
        return os.path.exists(self.process.pidfile) and self._accepts()

    def _kill(self):
        if self.process and not os.path.exists(self.process.pidfile):
            self.process = None
        return super()._kill()


def _without_syslog():
    """What runs the server where it finds nobody behind /dev/log."""
    if not os.path.exists(SYSLOG) or os.geteuid() != 0:
        return []
    return ["unshare", "--mount", "sh", "-c",
            'mount --bind /dev/null %s && exec "$@"' % SYSLOG, "sh"]


class Life(harness.LiveCase):
    SERVER_CLASS = Daemon
    SERVER = {"tls": PAIR, "directives": controlcase.MODULES}
    VERSION = client.TLS1_3

    @classmethod
    def prepare(cls):
        cls.use("rsa-all.pem")
        cls.server.put("big", BIG)

    @classmethod
    def use(cls, name):
        """Puts a certificate where the configuration has it."""
        shutil.copy(cls.server.pki.path(name), cls.server.path("pair.pem"))

    def in_the_middle(self):
        """A session in the middle of a download: control, data, what came."""
        control = self.login()
        data = control.begin("RETR big")
        self.addCleanup(data.close)
        return control, data, data.tls.read(1000)

    def assert_goes_on(self, control, data, begun):
        """Such a session ends its download whole, and has another."""
        self.assertEqual(begun + data.read_all(), BIG)
        data.finish()
        control.reply(226)
        self.assert_transfers(control)


class Months(Life):
    def setUp(self):
        self.pid = self.server.process.pid
        self.said = self.server.text("stderr.log")

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), "the daemon has ended")
        self.assertEqual(self.server.process.pid, self.pid)
        # The start may say something; once detached, nobody would hear it.
        self.assertEqual(self.server.text("stderr.log"), self.said)

    def test_it_is_detached(self):
        with open("/proc/%d/stat" % self.pid, encoding="ascii") as stream:
            fields = stream.read().rpartition(")")[2].split()
        self.assertEqual(int(fields[3]), self.pid, "no session of its own")
        self.assertEqual(fields[4], "0", "a terminal")
        self.assert_transfers(self.login())

    def test_sighup_under_a_transfer(self):
        session = self.in_the_middle()
        self.server.reload()
        self.assert_transfers(self.login())
        self.assert_goes_on(*session)

    def test_rotated_logs(self):
        session = self.in_the_middle()
        for name in ("system.log", "tls.log"):
            os.rename(self.server.path(name), self.server.path(name + ".1"))
        self.server.mark()
        os.kill(self.pid, signal.SIGHUP)
        for name in ("system.log", "tls.log"):
            self.assertTrue(client.until(
                lambda name=name: os.path.exists(self.server.path(name))),
                "no new " + name)
        before = self.server.text("tls.log.1")
        self.assert_transfers(self.login())
        self.assert_logged(r"TLSv1\.3", "tls.log")
        self.assert_logged(r"FTP session opened", "system.log")
        self.assertEqual(self.server.text("tls.log.1"), before)
        self.assert_goes_on(*session)

    def test_a_broken_certificate_and_a_mended_one(self):
        session = self.in_the_middle()
        self.use("empty.pem")
        self.addCleanup(self.use, "rsa-all.pem")
        self.server.mark()
        self.server.reload()
        self.assert_logged(
            "TLSCertificateFile: .*pair.pem.* remain in use", "tls.log")
        self.assert_transfers(self.login())
        self.assert_goes_on(*session)
        self.use("rsa-all.pem")
        self.server.reload()
        self.assert_transfers(self.login())

    @unittest.skipUnless(harness.ftpdctl() and harness.module(),
                         "no ftpdctl, or a module that is built in")
    def test_unloaded_and_loaded_under_a_transfer(self):
        session = self.in_the_middle()
        self.ftpdctl("rmmod", "' unloaded")
        self.connect().command("AUTH TLS", 500)
        self.ftpdctl("insmod", "' loaded")
        self.assert_transfers(self.login())
        self.assert_goes_on(*session)
        self.server.reload()
        self.assert_transfers(self.login())

    def ftpdctl(self, action, word):
        done = subprocess.run(
            [harness.ftpdctl(), "-s", self.server.path("controls"), action,
             harness.module_name() + ".c"], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
        self.assertIn(word, done.stdout)


class Shutdown(Life):
    """SIGTERM: nothing that is cut looks whole, and nobody stays."""

    SERVER = dict(Life.SERVER, cuts=True)

    def test_under_transfers(self):
        _, download, _ = self.in_the_middle()
        uploader = self.login()
        upload = uploader.begin("STOR cut")
        self.addCleanup(upload.close)
        upload.write(b"x" * 100000)
        waiting = self.login()
        sessions = self.server.sessions()
        self.assertEqual(len(sessions), 3)

        os.kill(self.server.process.pid, signal.SIGTERM)
        self.assertTrue(client.until(
            lambda: self.server.process.poll() is not None, 10))
        self.assertTrue(client.until(
            lambda: not any(map(lives, sessions)), 10), "sessions stay")
        with self.assertRaises((client.Cut, ssl.SSLError)):
            download.read_all()
        self.assertLess(len(self.server.get("cut")), 100001)
        with self.assertRaises((client.Cut, ssl.SSLError, client.Refused)):
            waiting.reply(221)
        self.assert_logged("SHUTDOWN", "system.log")
        self.assertFalse(os.path.exists(self.server.path("proftpd.pid")))


def lives(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False


if __name__ == "__main__":
    harness.main()
