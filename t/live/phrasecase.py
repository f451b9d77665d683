# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Keys behind a pass phrase, programs that know it, and a terminal."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time

import client
import harness

#: Found in no other place: whoever has it in memory has it from the program.
PHRASE = "Zw7lf-Boxkaempfer-4217"
OTHER = "jagen-Viktor-quer-4217"

HOST = """\
TLSEngine on
TLSLog {root}/tls.log
TLSRSACertificateFile {keys}/rsa.pem
TLSRSACertificateKeyFile {keys}/rsa.key
TLSECCertificateFile {keys}/ec.pem
TLSECCertificateKeyFile {keys}/ec.key
"""


def openssl(*words):
    subprocess.run(("openssl",) + words, check=True, stdin=subprocess.DEVNULL,
                   capture_output=True, timeout=60)


class LockedServer(harness.Server):
    """{keys} in directives is a folder of root's."""

    def __init__(self, *args, **options):
        options.setdefault("tls", HOST)
        super().__init__(*args, **options)
        self.keys = tempfile.mkdtemp(prefix="tls4217-keys-")
        for kind in ("rsa", "ec"):
            shutil.copy(self.pki.path(kind + "-chain.pem"),
                        self.key_path(kind + ".pem"))
            self.lock(kind)

    def key_path(self, name):
        return os.path.join(self.keys, name)

    def lock(self, kind, phrase=PHRASE):
        """A key of the kind goes behind a phrase: RSA as PKCS#8, EC in the form
        of RFC 1421.  Its file appears whole."""
        made = self.key_path(kind + ".new")
        openssl(*(("pkcs8", "-topk8", "-v2", "aes-256-cbc") if kind == "rsa"
                  else ("ec", "-aes256")), "-in", self.pki.path(kind + ".key"),
                "-passout", "pass:" + phrase, "-out", made)
        os.chmod(made, 0o600)
        os.rename(made, self.key_path(kind + ".key"))

    def program(self, body, name="program", mode=0o700):
        """Writes a program; returns the directive for it."""
        path = self.key_path(name)
        with open(path, "w", encoding="ascii") as stream:
            stream.write("#!/bin/sh\n" + self.expand(body) + "\n")
        os.chmod(path, mode)
        return "TLSPassPhraseProvider %s\n" % path

    def asked(self):
        """What the program was asked, as it has noted it."""
        try:
            with open(self.key_path("asked"), encoding="ascii") as stream:
                return stream.read().splitlines()
        except FileNotFoundError:
            return []

    def tells(self, phrase=PHRASE):
        """A program that notes each question."""
        return self.program('echo "$@" >>{keys}/asked; echo %s' % phrase)

    def expand(self, text):
        return super().expand(text.replace("{keys}", self.keys))

    def _end(self):
        shutil.rmtree(self.keys, ignore_errors=True)
        return super()._end()


class Terminal:
    """A proftpd that is started from a terminal."""

    def __init__(self, server, *words):
        path = server.path("proftpd.conf")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(server.config())
        self.said = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(harness.proftpd(),
                      [harness.proftpd(), "-q", "-c", path, *words],
                      server.environment())

    def _read(self, seconds):
        """Whether there was anything."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self.fd, 4096)
        except OSError:     # nobody has it any more
            return False
        self.said += got.decode(errors="replace")
        return got != b""

    def answer(self, text, questions):
        """Types a line when so many questions have been asked."""
        deadline = time.monotonic() + 20
        while len(re.findall("Pass phrase for", self.said)) < questions:
            if time.monotonic() > deadline:
                raise AssertionError("no question: %r" % self.said)
            self._read(1)
        # What is typed before the echo is off is shown, and thrown away.
        os.write(self.fd, text.encode())

    def wait(self, seconds=30):
        """The exit status of what was started."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                while self._read(0.1):
                    pass
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("it has not ended: %r" % self.said)

    def close(self):
        os.close(self.fd)


def hits(pid, phrases=(PHRASE, OTHER)):
    """How often a process has a phrase in memory that it may write to."""
    # keys_test searches for keys in the same way.
    import keys_test
    return keys_test.hits(pid, [phrase.encode() for phrase in phrases])


def until(condition, seconds=10):
    return client.until(condition, seconds)
