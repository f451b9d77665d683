#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSKeyIsolation: no process that talks to strangers has a private key.

The memory of the daemon and of its sessions, in a chroot, is searched for what
makes a key private, and so is the core file of a session.  What becomes of the
process that has the keys: keylife_test.py.
"""

import os
import re
import shutil
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
    ISOLATION = "on"

    @classmethod
    def prepare(cls):
        cls.server.put("big", BIG)
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


class Isolated(Scan):
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


class InEveryProcess(Scan):
    def test_everybody_has_it(self):
        self.assertEqual(self.server.key_processes(), [])
        for count in self.counts():
            self.assertGreater(count, 0)


class Rsa(Isolated, harness.LiveCase):
    SERVER = {"tls": KEYS % "rsa"}
    KEY = "rsa"


class Ec(Isolated, harness.LiveCase):
    SERVER = {"tls": KEYS % "ec"}
    KEY = "ec"


class Ed25519(Isolated, harness.LiveCase):
    SERVER = {"tls": KEYS % "ed25519"}
    KEY = "ed25519"


class RsaWithout(InEveryProcess, harness.LiveCase):
    SERVER = {"tls": KEYS % "rsa" + "TLSKeyIsolation off\n"}
    KEY = "rsa"


if __name__ == "__main__":
    harness.main()
