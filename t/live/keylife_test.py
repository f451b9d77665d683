#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The process that holds the private keys: its life, and who may ask it.

It is killed, halted, and told to read its configuration again while sessions
sign; its files change while it is gone; it outlives what it must, and nothing
else.
"""

import glob
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

import client
import harness

#: How many SIGHUPs there are while sessions sign, and how many handshakes at
#: once.
SIGHUPS = int(os.environ.get("TLS4217_SIGHUPS", "10"))
AT_ONCE = int(os.environ.get("TLS4217_AT_ONCE", "40"))

PAIR = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {root}/pair.pem
"""


class KeyCase(harness.LiveCase):
    def key_process(self):
        pids = self.server.key_processes()
        self.assertEqual(len(pids), 1)
        return pids[0]

    def new_key_process(self, old, seconds):
        """Waits for another one."""
        self.assertTrue(client.until(
            lambda: self.server.key_processes() not in ([], [old]), seconds))
        return self.key_process()

    def stop_key_process(self):
        key_process = self.key_process()

        def go_on():
            try:
                os.kill(key_process, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.addCleanup(go_on)
        os.kill(key_process, signal.SIGSTOP)
        return key_process


@harness.both_versions
class Death(KeyCase):
    SERVER = {"vhosts": {"hasty": "TLSTimeoutHandshake 2"}}

    def test_it_is_killed(self):
        before = self.login()
        old = self.key_process()
        self.server.mark()
        os.kill(old, signal.SIGKILL)

        # What needs no signature goes on.
        before.upload("STOR kept", b"kept")
        self.assertEqual(before.download("RETR kept"), b"kept")
        self.new_key_process(old, 10)
        self.assert_logged(r"the key process has ended .*\(restart \d+\)",
                           "system.log")
        self.assertEqual(self.login().download("RETR kept"), b"kept")
        before.download("LIST")

    def test_it_is_halted(self):
        """A clean end within the time of the handshake."""
        key_process = self.stop_key_process()
        begin = time.monotonic()
        control = self.connect("hasty")
        control.command("AUTH TLS", 234)
        with self.assertRaises((client.Refused, client.Cut, OSError)):
            control.handshake()
        self.assertLess(time.monotonic() - begin, 8)
        self.assert_logged("the key process has not answered")
        os.kill(key_process, signal.SIGCONT)
        self.login("hasty").download("LIST")

    def test_the_daemon_ends(self):
        """Its sessions do not need it for another handshake."""
        server = harness.Server()
        server.start()
        key_process, = server.key_processes()
        server.stop()
        self.assertTrue(client.until(
            lambda: not os.path.exists("/proc/%d" % key_process)))


class Hang(KeyCase):
    """One that stays halted is ended, and another one takes its place."""

    def test_seen_by_the_daemon(self):
        before = self.login()
        self.new_key_process(self.stop_key_process(), 25)
        self.assert_logged("the key process does not answer", "system.log")
        self.login().download("LIST")
        before.download("LIST")

    def test_seen_at_sighup(self):
        old = self.stop_key_process()
        begin = time.monotonic()
        self.server.reload()
        self.new_key_process(old, 10)
        self.assertLess(time.monotonic() - begin, 10)
        self.assert_logged("the key process does not answer", "system.log")
        self.login().download("LIST")


class Change(KeyCase):
    """Its files are not what they were when it is restarted."""

    SERVER = {"tls": PAIR, "directives": ""}

    @classmethod
    def prepare(cls):
        cls.use("rsa-all.pem")

    @classmethod
    def use(cls, name):
        shutil.copy(cls.server.pki.path(name), cls.server.path("pair.pem"))

    def kill(self):
        old = self.key_process()
        os.kill(old, signal.SIGKILL)
        self.new_key_process(old, 10)

    def certificate(self):
        """Of a new session."""
        control = self.login()
        control.download("LIST")
        return control.tls.object.getpeercert(True)

    def test_another_certificate(self):
        first = self.certificate()
        self.use("ec-all.pem")
        self.kill()
        self.assert_logged("all are read again", "system.log")
        self.assertTrue(client.until(lambda: self.certificate() != first, 5))
        self.kill()
        self.assertNotEqual(self.certificate(), first)

    def test_none(self):
        self.use("empty.pem")
        self.kill()
        self.assert_logged("all are read again", "system.log")
        self.assert_logged("error: .*TLSCertificateFile: .*pair.pem")
        self.connect().command("AUTH TLS", 431)
        self.use("rsa-all.pem")
        self.server.reload()
        self.certificate()


class Tickets:
    """What tickets are encrypted with."""

    SERVER = {"vhosts": {"other": ""}}

    def reload(self):
        self.server.reload()

    def resumes(self, session, context, host="main"):
        """Whether a new control connection resumes a session; in any case it
        and its data connections work."""
        control = self.connect(host, context=context)
        control.auth(session=session)
        resumed = control.tls.resumed
        control.login().protect().download("LIST")
        return resumed

    def test_over_sighup(self):
        control = self.login()
        session = control.tls.session
        self.reload()
        self.assertTrue(self.resumes(session, control.context))
        self.reload()
        self.assertTrue(self.resumes(session, control.context))
        control.download("LIST")

    def test_at_another_host(self):
        """Each host has keys of its own, before and after."""
        control = self.login()
        session = control.tls.session
        self.assertFalse(self.resumes(session, control.context, "other"))
        self.reload()
        self.assertFalse(self.resumes(session, control.context, "other"))


@harness.both_versions
class TicketsOfOneKeyProcess(Tickets, KeyCase):
    """They are kept over SIGHUP."""


@harness.both_versions
class TicketsOfAnotherKeyProcess(Tickets, KeyCase):
    """A restarted key process has been given them, too."""

    def reload(self):
        old = self.key_process()
        os.kill(old, signal.SIGKILL)
        self.new_key_process(old, 10)
        self.server.reload()


@harness.both_versions
class TicketsWithoutKeyProcess(Tickets, KeyCase):
    """Without a key process the daemon keeps them itself."""

    SERVER = {"vhosts": {"other": ""}, "directives": "TLSKeyIsolation off\n"}


class Storm(KeyCase):
    """Many at once, and SIGHUP among them."""

    SERVER = {"directives": "MaxInstances 400\n"}

    def do_handshakes(self, count):
        """So many handshakes, all at once.  Returns what went wrong."""
        controls = [self.connect() for _ in range(count)]
        for control in controls:
            control.command("AUTH TLS", 234)
        troubles = []

        def one(control):
            try:
                control.handshake()
            except (ssl.SSLError, OSError, client.Cut) as trouble:
                troubles.append(trouble)
        threads = [threading.Thread(target=one, args=(control,))
                   for control in controls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for control in controls:
            control.close()
        return troubles

    def test_many_at_once(self):
        self.assertEqual(self.do_handshakes(AT_ONCE), [])

    def test_sighup_while_sessions_sign(self):
        key_process = self.key_process()
        over = threading.Event()
        troubles, done = [], []

        def sign():
            while not over.is_set():
                try:
                    control = client.Control(self.server.address(),
                                             self.context())
                    try:
                        control.auth()
                        done.append(control)
                    finally:
                        control.close()
                except ConnectionRefusedError:
                    pass    # the daemon opens its sockets again
                except (ssl.SSLError, OSError, client.Cut) as trouble:
                    troubles.append(trouble)
        threads = [threading.Thread(target=sign) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(SIGHUPS):
                count = len(done)
                self.server.reload()
                self.assertTrue(client.until(lambda: len(done) > count + 1))
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual([trouble for trouble in troubles
                          if not isinstance(trouble, ConnectionResetError)],
                         [])
        self.assertEqual(self.key_process(), key_process)
        self.login().download("LIST")


def seqpackets(pid):
    """How many sockets of the kind that the key process has a process has."""
    with open("/proc/net/unix", encoding="ascii") as stream:
        inodes = {line.split()[6] for line in stream
                  if line.split()[4] == "0005"}
    found = set()
    for path in glob.glob("/proc/%d/fd/*" % pid):
        try:
            match = re.match(r"socket:\[(\d+)\]", os.readlink(path))
        except FileNotFoundError:
            continue
        if match:
            found.add(match.group(1))
    return len(found & inodes)


@unittest.skipUnless(os.geteuid() == 0, "only root may look into a session")
class Doors(KeyCase):
    """A session has a channel of its own where it needs one, and no more."""

    SERVER = {"tls": "", "directives": harness.TLS, "vhosts": {"clear": ""}}

    def session_of(self, host):
        found = []
        self.connect(host)
        self.assertTrue(client.until(
            lambda: found.append(self.server.sessions()) or
            len(found[-1]) == 1))
        return found[-1][0]

    def test_a_session_with_tls(self):
        pid = self.session_of("main")
        self.assertTrue(client.until(lambda: seqpackets(pid) == 1))

    def test_a_session_that_has_no_tls(self):
        pid = self.session_of("clear")
        self.assertTrue(client.until(lambda: seqpackets(pid) == 0))


class Budget(KeyCase):
    """Whoever has a session has no stream of signatures."""

    def full_handshakes(self, control):
        """Until they fail, or 20."""
        for count in range(20):
            with control.data() as data:
                control.command("LIST", 150)
                try:
                    data.open().secure(None).read_all()
                except (ssl.SSLError, ConnectionError, client.Cut):
                    control.reply(522)
                    return count
                control.reply(522)
        return 20

    def test_a_session_has_a_few(self):
        self.assertEqual(self.full_handshakes(self.login()), 11)


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "this ProFTPD has no mod_ifsession")
class BudgetBesideSections(Budget):
    """mod_ifsession alone is no reason for more."""

    SERVER = {"modules": ["mod_ifsession"]}


class OneProcess(unittest.TestCase):
    """proftpd -t and inetd have no key process."""

    @unittest.skipUnless(shutil.which("strace"), "there is no strace")
    @unittest.skipIf(os.environ.get("TLS4217_PRELOAD"),
                     "strace would have the sanitizer's runtime, too")
    def test_check(self):
        server = harness.Server()
        self.addCleanup(server.stop)
        with open(server.path("proftpd.conf"), "w",
                  encoding="ascii") as stream:
            stream.write(server.config())
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=prctl", harness.proftpd(),
             "-t", "-c", server.path("proftpd.conf")],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("tls4217-keys", done.stderr)

    def test_inetd(self):
        server = harness.Server()
        self.addCleanup(server.stop)
        config = server.config().replace("ServerType standalone",
                                         "ServerType inetd")
        with open(server.path("proftpd.conf"), "w",
                  encoding="ascii") as stream:
            stream.write(config)
        with socket.create_server(("127.0.0.1", server.ports["main"])) as door:
            thread = threading.Thread(target=self.serve, args=(server, door))
            thread.start()
            self.addCleanup(thread.join)
            control = client.Control(server.address(), server.context())
            self.addCleanup(control.close)
            control.auth().login().protect()
            control.upload("STOR file", b"file")
            self.assertEqual(control.download("RETR file"), b"file")
            control.command("QUIT", 221)

    def serve(self, server, door):
        """What inetd does, once."""
        sock, _ = door.accept()
        with sock:
            subprocess.run(
                [harness.proftpd(), "-c", server.path("proftpd.conf")],
                stdin=sock, stdout=sock, stderr=subprocess.DEVNULL,
                env=server.environment(),
                timeout=30, check=False)


if __name__ == "__main__":
    harness.main()
