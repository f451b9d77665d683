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
import ssl
import subprocess
import time
import unittest

import client
import harness
import strace
from kernel_test import BIG, KernelCase, kernel_has_tls, sent_by_kernel

CONF = """openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = default
[default]
Options = KTLS
"""


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


def failing_sendfile(pid, error):
    """Each sendfile(2) of a process fails."""
    return strace.injecting(pid, "sendfile", "error=" + error)


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
        """... with a fatal alert, after which no session of TLS 1.2 may be
        resumed (RFC 5246, section 7.2.2): some clients log in again."""
        control, session = self.login_of_pid()
        with failing_sendfile(session, "EIO"):
            with control.begin("RETR big") as data:
                with contextlib.suppress(client.Cut, OSError):
                    data.tls.read_all()
            control.reply(426)
        if self.VERSION == client.TLS1_2:
            control = self.login()
        self.assertTrue(control.download("RETR big") == self.body)

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


class LastBytesCase(TroubleCase):
    """The last moment of a download: the client reads nothing, and the end
    waits for room.  The file is whole for a client that reads on; SIGTERM and
    ABOR are served at once; who has not got all of it sees no close_notify."""

    SECONDS = 5     # for SIGTERM and ABOR
    SEARCHES = 3    # TCP does not take the same each time
    SERVER = {"cuts": True}

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
        """A download of which the end alone is missing: its control
        connection, its data connection, its process, its size."""
        for _ in range(self.SEARCHES):
            fits, too_long = 0, BIG
            while too_long - fits > 1:
                size = (fits + too_long) // 2
                self.server.put("end", self.body[:size])
                control, pid = self.login_of_pid(host)
                with control, control.begin("RETR end") as data:
                    state = self.state(control, data, pid)
                    if state == "end":
                        yield control, data, pid, size
                        return
                if state == "whole":
                    fits = size
                else:
                    too_long = size
        self.fail("no size has its end stuck")

    def in_each(self, check):
        """check() with each of what stuck() yields."""
        raise NotImplementedError

    def read_on(self, data, size):
        """All that comes: how many bytes, and whether close_notify."""
        received, notified = bytearray(), False
        with contextlib.suppress(client.Cut, ssl.SSLError, OSError):
            while not notified:
                piece = data.tls.read()
                received += piece
                notified = not piece
        self.assertTrue(self.body[:size].startswith(received))
        self.assertTrue(len(received) == size or not notified,
                        "a part of the file looks whole")
        return len(received), notified

    def check_reading_on(self, control, data, _, size):
        self.assertEqual(self.read_on(data, size), (size, True))
        data.finish()
        control.reply(226)
        self.assert_alive(control)

    def check_sigterm(self, _, data, pid, size):
        os.kill(pid, signal.SIGTERM)
        self.assertTrue(client.until(
            lambda: pid not in self.server.sessions(), self.SECONDS))
        self.read_on(data, size)

    def check_abor(self, control, data, _, size):
        """The client keeps the data connection open, and reads it later."""
        begin = time.monotonic()
        control.send(b"ABOR\r\n")
        control.reply(426)
        control.reply(226)
        self.assertLess(time.monotonic() - begin, self.SECONDS)
        self.read_on(data, size)
        self.assert_alive(control)


@harness.both_versions
class LastBytesOfTheKernel(LastBytesCase):
    """The kernel has all of the file, and close_notify waits for room."""

    SERVER = {"cuts": True,
              "vhosts": {"small": "SocketOptions sndbuf 32768"}}

    def in_each(self, check):
        for host in ("small", "main"):
            before = sent_by_kernel()
            with self.subTest(host=host), self.stuck(host) as stuck:
                self.assertGreater(sent_by_kernel(), before)
                check(*stuck)

    def test_client_that_reads_on(self):
        self.in_each(self.check_reading_on)

    def test_sigterm(self):
        self.in_each(self.check_sigterm)

    def test_abor(self):
        self.in_each(self.check_abor)


@unittest.skipUnless("TLS4217_MACHINE" in os.environ,
                     "for a virtual machine (make check-kernel)")
@harness.both_versions
class LastBytesOfTheLibrary(LastBytesCase):
    """Buffers of 4 KiB, which are left to the library."""

    #: Leaves together with close_notify, and does not fit into the buffers.
    SHORT = 16000

    @contextlib.contextmanager
    def stuck_short(self):
        self.server.put("end", self.body[:self.SHORT])
        control, pid = self.login_of_pid()
        with control, control.data("PORT") as data:
            data.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            control.command("RETR end", 150)
            data.open().secure()
            self.assertEqual(self.state(control, data, pid), "end")
            yield control, data, pid, self.SHORT

    def in_each(self, check):
        before = sent_by_kernel()
        with setting("net/ipv4/tcp_wmem", "4096 4096 4096"):
            with self.subTest(size=self.SHORT), self.stuck_short() as stuck:
                check(*stuck)
            with self.subTest(size="any"), self.stuck("main") as stuck:
                check(*stuck)
        self.assertEqual(sent_by_kernel(), before)

    def test_client_that_reads_on(self):
        self.in_each(self.check_reading_on)

    def test_sigterm(self):
        self.in_each(self.check_sigterm)

    def test_abor(self):
        self.in_each(self.check_abor)


@unittest.skipUnless("TLS4217_MACHINE" in os.environ,
                     "for a virtual machine (make check-kernel)")
@harness.both_versions
class Machine(TroubleCase):
    """No download stands still."""

    #: Loopback's own, and the network's.
    MTUS = (65536, 1500)

    #: Seconds without a byte: 0.7 is the most of a download that goes on.
    STANDS_STILL = 30
    ENOUGH = 60

    def mtu(self, size):
        return loopback("ip link set lo mtu %d" % size,
                        "ip link set lo mtu 65536")

    def seconds_of(self, work):
        begin = time.monotonic()
        work()
        return time.monotonic() - begin

    def download(self):
        with self.login() as control:
            self.assertTrue(control.download("RETR big") == self.body)

    def bound(self, seconds):
        """... on a machine that has nothing else to do, and what this one
        takes longer."""
        return seconds + 10 * self.seconds_of(self.download)

    def test_small_buffers(self):
        for size in (4096, 16384, 32768, 49152, 65536):
            for mtu in self.MTUS:
                bound = self.bound(10)
                with self.subTest(size=size, mtu=mtu), self.mtu(mtu), setting(
                        "net/ipv4/tcp_wmem", "4096 %d %d" % (size, size)):
                    self.assertLess(self.seconds_of(self.download), bound)
        self.assert_logged("a send buffer of 16384 bytes does not hold two")

    def assert_idle(self):
        """The sessions do not spin."""
        before = cpu_seconds(self.server.sessions())
        elapsed = self.seconds_of(lambda: time.sleep(2))
        used = cpu_seconds(self.server.sessions()) - before
        self.assertLess(used, elapsed / 4)

    def little_memory(self):
        """tcp_mem, in pages: above what TCP is counted to have already.  Each
        processor gives back what connections have ended with in portions of
        256 pages."""
        with open("/proc/net/sockstat", encoding="ascii") as stream:
            used = int(re.search(r"^TCP:.* mem (\d+)", stream.read(),
                                 re.MULTILINE).group(1))
        return setting("net/ipv4/tcp_mem", "%d %d %d" % (
            used + 60, used + 90, used + 120))

    def test_little_memory(self):
        """TCP has not enough of it for one record more: slow, by TCP's timers
        and not by the processor, but it never stands still; and the session
        does not spin."""
        with contextlib.ExitStack() as stack, \
                contextlib.ExitStack() as pressure:
            stack.enter_context(
                setting("net/ipv4/tcp_rmem", "4096 30000 30000"))
            control = self.login()
            # Where sendfile(2) does not push, it must come before any data;
            # newer kernels may end a handshake then.
            if SENDFILE_DOES_NOT_PUSH:
                pressure.enter_context(self.little_memory())
            data = stack.enter_context(control.begin("RETR big"))
            if not SENDFILE_DOES_NOT_PUSH:
                pressure.enter_context(self.little_memory())
            data.sock.settimeout(self.STANDS_STILL)
            received = bytearray(data.tls.read(10000))
            self.assert_idle()
            end = time.monotonic() + self.ENOUGH
            while len(received) < 1300000 and time.monotonic() < end:
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
