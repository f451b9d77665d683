#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSKernelOffload where something is in its way: a system's openssl.cnf, a
file that sendfile(2) does not take, little memory, small buffers, a firewall.

What changes the settings of the whole machine runs in a virtual machine of
its own only (make check-kernel).
"""

import collections
import contextlib
import os
import re
import signal
import socket
import subprocess
import time
import unittest

import client
import harness
from kernel_test import BIG, KernelCase, kernel_has_tls, sent_by_kernel

CONF = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
Options = KTLS
"""


LITTLE_MEMORY = ("net/ipv4/tcp_mem", "60 90 120")
SENDFILE_DOES_NOT_PUSH = tuple(
    int(number) for number in os.uname().release.split(".")[:2]) < (6, 5)


@contextlib.contextmanager
def setting(name, value):
    """A sysctl(8) for a while."""
    path = os.path.join("/proc/sys", name)
    with open(path, encoding="ascii") as stream:
        before = stream.read()
    with open(path, "w", encoding="ascii") as stream:
        stream.write(value)
    try:
        yield
    finally:
        with open(path, "w", encoding="ascii") as stream:
            stream.write(before)


@contextlib.contextmanager
def loopback(change, back):
    """The loopback interface changed for a while, by ip(8) or tc(8)."""
    subprocess.run(change.split(), check=True)
    try:
        yield
    finally:
        subprocess.run(back.split(), check=True)


@contextlib.contextmanager
def failing_sendfile(pid, error):
    """strace(1) has each sendfile(2) of a process fail."""
    with subprocess.Popen(
            ["strace", "-e", "trace=sendfile", "-e",
             "inject=sendfile:error=" + error, "-p", str(pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True) as strace:
        try:
            line = strace.stderr.readline()
            if "attached" not in line:
                raise unittest.SkipTest("strace cannot attach: " + line)
            yield
        finally:
            strace.terminate()


def cpu_seconds(pids):
    """What processes have used (proc(5))."""
    used = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid, encoding="ascii") as stream:
            fields = stream.read().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


class TroubleCase(KernelCase):
    """What needs a kernel that has TLS."""

    @classmethod
    def prepare(cls):
        if not kernel_has_tls():
            raise unittest.SkipTest("this kernel has no TLS (modprobe tls)")
        super().prepare()


@harness.both_versions
class SystemConfiguration(TroubleCase):
    """Options = KTLS in openssl.cnf."""

    SERVER = {"vhosts": {"off": "TLSKernelOffload off\n"
                                "TLSClearCommandChannel on"}}

    @classmethod
    def prepare(cls):
        super().prepare()
        with open(cls.server.path("openssl.cnf"), "w",
                  encoding="ascii") as stream:
            stream.write(CONF)
        os.environ["OPENSSL_CONF"] = cls.server.path("openssl.cnf")
        cls.addClassCleanup(os.environ.pop, "OPENSSL_CONF")

    def test_off_is_off(self):
        before = sent_by_kernel()
        control = self.login("off")
        self.assertEqual(control.download("RETR big"), self.body)
        control.upload("STOR up", self.body)
        self.assert_transfers(control)
        self.assertEqual(sent_by_kernel(), before)

    def test_auto_is_downloads_alone(self):
        before = sent_by_kernel()
        control = self.login()
        control.upload("STOR up", self.body)
        self.assertEqual(sent_by_kernel(), before)
        self.assertEqual(control.download("RETR big"), self.body)
        self.assertEqual(sent_by_kernel(), before + 1)

    def test_ccc(self):
        control = self.login("off")
        control.command("CCC", 200)
        self.assertEqual(control.tls.read(), b"", "close_notify")
        control.tls.close_notify()
        control.tls = None
        self.assert_alive(control)


@harness.both_versions
class Fallback(TroubleCase):
    """A download goes on without sendfile(2), and is seen by ftpwho(1)."""

    def test_file_that_sendfile_does_not_take(self):
        control, session = self.login_of_pid()
        for error in ("EINVAL", "ENOSYS", "EOVERFLOW"):
            with self.subTest(error=error), failing_sendfile(session, error):
                before = sent_by_kernel()
                self.assertTrue(control.download("RETR big") == self.body)
                self.assertEqual(sent_by_kernel(), before + 1)

    def test_other_errors_end_the_transfer(self):
        control, session = self.login_of_pid()
        with failing_sendfile(session, "EIO"):
            with control.begin("RETR big") as data:
                with contextlib.suppress(client.Cut, OSError):
                    data.tls.read_all()
            control.reply(426)
        self.assertEqual(control.download("RETR big"), self.body)

    def progress(self):
        """Per cent, as ftpwho(1) has it."""
        text = subprocess.run(
            ["ftpwho", "-v", "-f", self.server.path("scoreboard")],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertNotIn("nan", text)
        found = re.search(r"\(\s*(\d+)%\)", text)
        return int(found.group(1)) if found else 0

    def test_ftpwho_shows_progress(self):
        control = self.login()
        with control.begin("RETR huge") as data:
            received = bytearray()
            while len(received) < len(self.huge) // 2:
                received += data.tls.read(16384)
            # One more piece is sent for what is read; the rest waits.
            self.assertTrue(client.until(
                lambda: received.extend(data.tls.read(16384))
                or self.progress() >= 10, 20))
            received += data.read_all()
            data.finish()
            control.reply(226)
        self.assertTrue(received == self.huge)


@harness.both_versions
class LastBytes(TroubleCase):
    """A client that reads nothing, and a file that just does not fit: the
    kernel has all of it, and close_notify waits for room."""

    SERVER = {"vhosts": {"small": "SocketOptions sndbuf 32768"}}
    SECONDS = 5

    def has_file_open(self, pid):
        """The core closes the file before the data connection."""
        for fd in os.listdir("/proc/%d/fd" % pid):
            with contextlib.suppress(FileNotFoundError):
                if os.readlink("/proc/%d/fd/%s" % (pid, fd)).endswith("/end"):
                    return True
        return False

    def state(self, control, data, pid):
        """What has become of a download, when nothing moves any more."""
        seen = collections.deque(maxlen=20)

        def is_still():
            seen.append(len(data.sock.recv(1 << 26, socket.MSG_PEEK)))
            return control.pending() or (
                len(seen) == seen.maxlen and len(set(seen)) == 1)

        self.assertTrue(client.until(is_still, client.TIMEOUT))
        if control.pending():
            return "whole"
        return "data" if self.has_file_open(pid) else "end"

    @contextlib.contextmanager
    def stuck(self, host):
        """A download of which the end alone is missing."""
        fits, too_long = 0, BIG
        while too_long - fits > 1:
            size = (fits + too_long) // 2
            self.server.put("end", self.body[:size])
            control, pid = self.login_of_pid(host)
            with control, control.begin("RETR end") as data:
                state = self.state(control, data, pid)
                if state == "end":
                    yield control, data, pid
                    return
            if state == "whole":
                fits = size
            else:
                too_long = size
        self.fail("no size has its end stuck")

    def test_sigterm(self):
        for host in ("small", "main"):
            with self.subTest(host=host), self.stuck(host) as stuck:
                os.kill(stuck[2], signal.SIGTERM)
                self.assertTrue(client.until(
                    lambda pid=stuck[2]: pid not in self.server.sessions(),
                    self.SECONDS))

    def test_abor(self):
        for host in ("small", "main"):
            with self.subTest(host=host), self.stuck(host) as stuck:
                control, data, _ = stuck
                begin = time.monotonic()
                control.send(b"ABOR\r\n")
                control.reply(426)
                data.close()
                control.reply(226)
                self.assertLess(time.monotonic() - begin, self.SECONDS)
                self.assert_alive(control)


@unittest.skipUnless("TLS4217_MACHINE" in os.environ,
                     "for a virtual machine (make check-kernel)")
@harness.both_versions
class Machine(TroubleCase):
    """No download stands still."""

    #: Loopback's own, and the network's.
    MTUS = (65536, 1500)

    def mtu(self, size):
        return loopback("ip link set lo mtu %d" % size,
                        "ip link set lo mtu 65536")

    def assert_downloads(self, seconds):
        begin = time.monotonic()
        control = self.login()
        self.assertTrue(control.download("RETR big") == self.body)
        self.assertLess(time.monotonic() - begin, seconds)
        control.close()

    def test_small_buffers(self):
        for size in (4096, 16384, 32768, 49152, 65536):
            for mtu in self.MTUS:
                with self.subTest(size=size, mtu=mtu), self.mtu(mtu), setting(
                        "net/ipv4/tcp_wmem", "4096 %d %d" % (size, size)):
                    self.assert_downloads(10)
        self.assert_logged("a send buffer of 16384 bytes does not hold two")

    def test_little_memory(self):
        """TCP has not enough of it for one record more: slow, but no read
        waits for client.TIMEOUT, and the session does not spin."""
        with contextlib.ExitStack() as stack, \
                contextlib.ExitStack() as pressure:
            stack.enter_context(setting("net/ipv4/tcp_rmem", "4096 30000 30000"))
            control = self.login()
            # Where sendfile(2) does not push, it must come before any data;
            # newer kernels may end a handshake then.
            if SENDFILE_DOES_NOT_PUSH:
                pressure.enter_context(setting(*LITTLE_MEMORY))
            data = stack.enter_context(control.begin("RETR big"))
            if not SENDFILE_DOES_NOT_PUSH:
                pressure.enter_context(setting(*LITTLE_MEMORY))
            received = bytearray(data.tls.read(10000))
            before = cpu_seconds(self.server.sessions())
            time.sleep(2)
            self.assertLess(cpu_seconds(self.server.sessions()) - before, 0.5)
            while len(received) < 1300000:
                received += data.tls.read(16384)
            pressure.close()
            received += data.read_all()
            data.finish()
            control.reply(226)
        self.assertTrue(received == self.body)

    def test_start_behind_a_firewall(self):
        """Nothing passes on the loopback interface."""
        begin = time.monotonic()
        with loopback("tc qdisc add dev lo root netem loss 100%",
                      "tc qdisc del dev lo root"):
            code, text = self.server.check_config()
        self.assertEqual(code, 0, text)
        self.assertLess(time.monotonic() - begin, 10)


if __name__ == "__main__":
    harness.main()
