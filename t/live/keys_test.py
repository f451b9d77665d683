#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSKeyIsolation: no process that talks to strangers has a private key.

The memory of the daemon and of its sessions, in a chroot, is searched for what
makes a key private, and so is the core file of a session.  What becomes of the
process that has the keys: keylife_test.py.
"""

import glob
import os
import re
import resource
import shutil
import signal
import subprocess
import unittest

import client
import harness

BIG = client.pattern(4 << 20)

#: There is much more to search under AddressSanitizer.
harness.TEST_SECONDS = 4 * harness.TEST_SECONDS

KEYS = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {pki}/%s-all.pem
DefaultRoot ~
"""

#: What "openssl pkey -text" calls the private numbers of a key.
PRIVATE = re.compile(r"^(?:priv|privateExponent|prime[12]|exponent[12]):\n"
                     r"((?: {4}[0-9a-f:]+\n)+)", re.MULTILINE)


def private_numbers(path):
    """The numbers of a key file that must not be anywhere, as bytes."""
    text = subprocess.run(
        ["openssl", "pkey", "-in", path, "-text", "-noout"], check=True,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=20).stdout
    return [bytes.fromhex(re.sub(r"[\s:]", "", match)).lstrip(b"\0")
            for match in PRIVATE.findall(text)]


#: Bytes. What is larger is AddressSanitizer's own, and mostly not there.
LARGEST = 1 << 30


def memory(pid):
    """What a process has in its memory that it may write to."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps, \
         open("/proc/%d/mem" % pid, "rb", 0) as stream:
        for line in maps:
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                if end - start > LARGEST:
                    continue
                stream.seek(start)
                try:
                    yield stream.read(end - start)
                except OSError:
                    pass


def hits(pid, numbers):
    """How often a process has one of the numbers: as it is written, and as
    OpenSSL's BIGNUM has it, the other way round."""
    return sum(part.count(form) for part in memory(pid)
               for form in both_ways(numbers))


def both_ways(numbers):
    return numbers + [number[::-1] for number in numbers]


def can_look():
    return os.geteuid() == 0


@unittest.skipUnless(can_look(), "only root may look into a session")
class Scan:
    """One kind of key."""

    KEY = None

    @classmethod
    def prepare(cls):
        cls.server.put("big", BIG)
        cls.server.build()
        cls.numbers = private_numbers(cls.server.pki.path(cls.KEY + ".key"))

    def session(self):
        found = []
        self.assertTrue(client.until(
            lambda: found.append(self.server.sessions()) or
            len(found[-1]) == 1), "others are there")
        return found[-1][0]

    def counts(self):
        """Hits in the daemon, and in its session at four moments."""
        counts = [hits(self.server.process.pid, self.numbers)]
        control = self.connect()
        counts.append(hits(self.session(), self.numbers))
        control.auth()
        counts.append(hits(self.session(), self.numbers))
        control.login().protect().command("TYPE I", 200)
        counts.append(hits(self.session(), self.numbers))
        with control.begin("RETR big") as data:
            # More than what waits in sockets: it is in the middle of it.
            counts.append(hits(self.session(), self.numbers))
            self.assertEqual(data.read_all(), BIG)
            data.finish()
        control.reply(226)
        return counts


HERE = os.path.dirname(os.path.abspath(__file__))
COMPILER = shutil.which(os.environ.get("CC", "").split(" ")[0] or "cc")


def core_pattern():
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as stream:
        return stream.read().strip()


#: What a session is killed with.  The core has no handler for it: the one of
#: keepcore.c has the kernel write a core file.
DEADLY = signal.SIGSYS


class DumpingServer(harness.Server):
    """One that does not keep its sessions from leaving core files."""

    def environment(self):
        environment = super().environment()
        library = self.path("keepcore.so")
        if os.path.exists(library):
            environment["LD_PRELOAD"] = ":".join(
                filter(None, [environment.get("LD_PRELOAD"), library]))
            environment["TLS4217_CORES"] = self.home
        return environment

    def build(self):
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
        if COMPILER:
            subprocess.run(
                [COMPILER, "-shared", "-fPIC", "-o",
                 self.path("keepcore.so"), os.path.join(HERE, "keepcore.c")],
                check=True, stdin=subprocess.DEVNULL, timeout=60)


class Killed:
    """A session that is killed leaves a core file, which has no key in it."""

    def core_of(self, pid):
        """Kills it: the bytes of its core file."""
        os.kill(pid, DEADLY)
        if not client.until(
                lambda: not os.path.exists("/proc/%d" % pid), 20):
            self.fail("it lives")
        found = glob.glob(os.path.join(self.server.home, core_pattern() + "*"))
        self.assertEqual(len(found), 1)
        with open(found[0], "rb") as stream:
            core = stream.read()
        os.unlink(found[0])
        self.assertIn(b"mod_tls4217", core)
        return core

    def cores(self):
        """Of a session before its login, behind it, and in a download."""
        control = self.connect()
        control.auth()
        yield self.core_of(self.session())
        control = self.connect()
        control.auth().login()
        yield self.core_of(self.session())
        control = self.connect()
        control.auth().login().protect().command("TYPE I", 200)
        with control.begin("RETR big"):
            yield self.core_of(self.session())

    @unittest.skipUnless(COMPILER, "there is no C compiler")
    @unittest.skipIf(re.search(r"[|/%]", core_pattern()),
                     "core files go elsewhere (kernel.core_pattern)")
    @unittest.skipIf(os.environ.get("TLS4217_PRELOAD"),
                     "a core file would have the sanitizer's terabytes")
    def test_core_of_a_killed_session(self):
        self.assert_cores([sum(core.count(form)
                               for form in both_ways(self.numbers))
                           for core in self.cores()])


class Isolated(Killed, Scan):
    def assert_cores(self, counts):
        self.assertEqual(counts, [0] * 3)

    def test_nobody_has_it(self):
        self.assertGreater(len(self.numbers), 0)
        self.assertEqual(self.counts(), [0] * 5)

    def test_whoever_keeps_it_has_it(self):
        """Else the search would prove nothing."""
        key_process, = self.server.key_processes()
        self.assertGreater(hits(key_process, self.numbers), 0)


    @unittest.skipUnless(shutil.which("gcore"), "there is no gcore")
    @unittest.skipIf(os.environ.get("TLS4217_PRELOAD"),
                     "a core file would have the sanitizer's terabytes")
    def test_core_file(self):
        control = self.connect()
        control.auth().login()
        path = self.server.path("core")
        pid = self.session()
        subprocess.run(["gcore", "-o", path, str(pid)], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=30)
        with open("%s.%d" % (path, pid), "rb") as stream:
            core = stream.read()
        self.assertIn(b"mod_tls4217", core)
        for form in both_ways(self.numbers):
            self.assertEqual(core.count(form), 0)


class InEveryProcess(Killed, Scan):
    def assert_cores(self, counts):
        """Else that search would prove nothing."""
        self.assertEqual(len(counts), 3)
        for count in counts:
            self.assertGreater(count, 0)

    def test_everybody_has_it(self):
        self.assertEqual(self.server.key_processes(), [])
        for count in self.counts():
            self.assertGreater(count, 0)


class Rsa(Isolated, harness.LiveCase):
    SERVER_CLASS = DumpingServer
    SERVER = {"tls": KEYS % "rsa"}
    KEY = "rsa"


class Ec(Isolated, harness.LiveCase):
    SERVER_CLASS = DumpingServer
    SERVER = {"tls": KEYS % "ec"}
    KEY = "ec"


class Ed25519(Isolated, harness.LiveCase):
    SERVER_CLASS = DumpingServer
    SERVER = {"tls": KEYS % "ed25519"}
    KEY = "ed25519"


class RsaWithout(InEveryProcess, harness.LiveCase):
    SERVER_CLASS = DumpingServer
    SERVER = {"tls": KEYS % "rsa" + "TLSKeyIsolation off\n"}
    KEY = "rsa"


if __name__ == "__main__":
    harness.main()
