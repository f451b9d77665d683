#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""contrib/ocsp-update, from a responder to a client: it asks "openssl ocsp",
the server staples what it has written, "openssl s_client" is sent that.

Whatever the responder does, a response that is still good stays.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import client
import daemon
import harness
import ocsp
import staplecase

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(daemon.HERE)),
                      "contrib", "ocsp-update")

SHELLS = [[path] + more for path, *more in (
    (shutil.which("sh"),), (shutil.which("bash"), "--posix"),
    (shutil.which("busybox"), "sh")) if path]


class Responder:
    """"openssl ocsp" as a server; index has what the CA says of serials."""

    def __init__(self, pki, folder, status="V", signer="responder",
                 options=("-nmin", "60")):
        index = os.path.join(folder, "index.txt")
        with open(index, "w", encoding="ascii") as stream:
            for name in ("own", "two"):
                serial = subprocess.run(
                    ["openssl", "x509", "-in", pki.path(name + ".pem"),
                     "-noout", "-serial"], capture_output=True, text=True,
                    check=True, timeout=20).stdout.strip().partition("=")[2]
                revoked = "260101000000Z" if status == "R" else ""
                stream.write("%s\t360101000000Z\t%s\t%s\tunknown\t/CN=%s\n"
                             % (status, revoked, serial, name))
        self.port, = daemon.free_ports(1)
        self.said = os.path.join(folder, "responder.log")
        self.process = subprocess.Popen(
            ["openssl", "ocsp", "-port", str(self.port), "-index", index,
             "-rsigner", pki.path(signer + ".pem"), "-rkey",
             pki.path(signer + ".key"), "-CA", pki.path("inter.pem"),
             *options], stdin=subprocess.DEVNULL,
            stdout=open(self.said, "w", encoding="ascii"),
            stderr=subprocess.STDOUT)
        if not client.until(self._is_up, 10):
            raise RuntimeError("the responder did not start")

    def _is_up(self):
        """A connection without a request would have it spin."""
        with open(self.said, encoding="ascii") as stream:
            return "waiting for OCSP client" in stream.read()

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Liar:
    """A responder that answers each request with the same bytes."""

    def __init__(self, body):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.body = body
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.sock.getsockname()[1]

    def _serve(self):
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            with sock:
                sock.settimeout(5)
                try:
                    sock.recv(65536)
                    if self.body is None:
                        time.sleep(5)   # longer than anybody waits
                    else:
                        sock.sendall(
                            b"HTTP/1.0 200 OK\r\nContent-Type: application/"
                            b"ocsp-response\r\nContent-Length: %d\r\n\r\n"
                            % len(self.body) + self.body)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


REMAINS = "own.der is good for 0 h 6 min more"


class OcspUpdate(staplecase.StapleCase):

    DIRECTIVES = "TLSReloadInterval 1\nTLSStaplingFile {root}/own.der\n" \
        "TLSCertificateDirectory {root}/certs\n"

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.certificate("responder", more=("extendedKeyUsage=OCSPSigning",))
        cls.certificate("no-responder")
        os.mkdir(cls.server.path("certs"))
        two = cls.certificate("two", host="two.test", more=(
            "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/",))
        os.rename(two, cls.server.path("certs", "two.pem"))
        cls.own = cls.server.path("own.pem")
        cls.file = cls.server.path("own.der")

    def setUp(self):
        if os.path.exists(self.file):
            os.remove(self.file)

    def run_script(self, *options, shell=("sh",)):
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy")}
        # One of its own: what another test left, cut off, is not this one's.
        with tempfile.TemporaryDirectory(dir=self.server.root) as folder:
            done = subprocess.run(
                [*shell, SCRIPT, *options], stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=30, check=False,
                env=dict(environment, TMPDIR=folder))
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual([name for name in os.listdir(self.server.root)
                          if name.startswith(".own")], [])
        return done.returncode, done.stdout + done.stderr

    def update(self, url, *options, **more):
        return self.run_script("-u", url, "-o", self.file, *options, self.own,
                               **more)

    def content(self):
        with open(self.file, "rb") as stream:
            return stream.read()

    def test_end_to_end(self):
        for shell in SHELLS:
            with self.subTest(shell=shell), \
                 Responder(self.server.pki, self.server.path()) as responder:
                self.setUp()
                self.assertEqual(self.update(responder.url, shell=shell),
                                 (0, ""))
                first = self.content()
                self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o644)
                code, said = self.update(responder.url, "-v", shell=shell)
                self.assertEqual(code, 0)
                self.assertIn("more than half of its life", said)
                self.assertEqual(self.content(), first)
                time.sleep(1)   # its times have no fractions of a second
                code, said = self.update(responder.url, "-fv", shell=shell)
                self.assertEqual(code, 0, said)
                self.assertIn("a new response is in", said)
                self.assertNotEqual(self.content(), first)
        self.becomes("good")
        said = self.s_client(self.server.address("main"), "-starttls", "ftp")
        self.assertIn("Responder Id: CN = localhost", said)

    def test_directory(self):
        """Of a certificate without a responder nothing is said."""
        shutil.copy(self.own, self.server.path("certs", "own.pem"))
        with Responder(self.server.pki, self.server.path()) as responder:
            code, said = self.run_script("-d", self.server.path("certs"))
            self.assertEqual(code, 1, said)
            self.assertRegex(said, r"\Aocsp-update: .*/certs/two\.pem: no good "
                             "response from http://127.0.0.1:1/: .*; there is "
                             r"no response in .*/certs/two\.ocsp\n\Z")
            self.assertEqual(
                self.run_script("-u", responder.url, "-d",
                                self.server.path("certs")), (0, ""))
        self.becomes("good", "-servername", "two.test")
        os.remove(self.server.path("certs", "own.pem"))

    def test_a_response_that_is_due(self):
        """Less than half of its life is left: it is fetched."""
        self.put("own.der", self.answer("own", since=-600, until=500))
        with Responder(self.server.pki, self.server.path()) as responder:
            self.assertEqual(self.update(responder.url), (0, ""))
        self.put("own.der", self.answer("own", since=-600, until=700))
        code, said = self.update("http://127.0.0.1:1/", "-v")
        self.assertEqual(code, 0, said)
        self.assertIn("more than half", said)

    def bad(self, url, code, *words):
        """Nothing is lost, and the reason is one line."""
        self.put("own.der", self.answer("own", since=-600, until=400))
        before = self.content()
        status, said = self.update(url, "-t", "2")
        self.assertEqual(status, code, said)
        self.assertEqual(self.content(), before)
        self.assertEqual(len(said.splitlines()), 1, said)
        for word in (self.own,) + words:
            self.assertIn(word, said)

    def test_responders_that_fail(self):
        pki, folder = self.server.pki, self.server.path()
        self.bad("http://127.0.0.1:1/", 1, REMAINS)
        self.bad("nonsense:", 1, REMAINS)
        with Responder(pki, folder, status="R") as responder:
            self.bad(responder.url, 4, "REVOKED", "was not changed")
        with Responder(pki, folder, signer="no-responder") as responder:
            self.bad(responder.url, 1, REMAINS)
        with Responder(pki, folder, options=()) as responder:
            self.bad(responder.url, 1, REMAINS, "how long it is valid")

    def liars(self, *cases):
        for name, body, words in cases:
            with self.subTest(name), Liar(body) as liar:
                self.bad(liar.url, 1, REMAINS, words)

    def test_answers_that_are_no_response(self):
        self.liars(("silence", None, ""), ("nothing", b"", ""),
                   ("a page", b"<html>", ""),
                   ("try later", ocsp.error(), "the responder says trylater"),
                   ("cut", self.answer("own")[:-9], ""))

    def test_responses_that_are_no_good(self):
        self.liars(("another", self.answer("two"), ""),
                   ("expired", self.answer("own", since=-900, until=-700),
                    "its times are over"),
                   ("unknown", self.answer("own", status=ocsp.UNKNOWN),
                    "it says unknown"),
                   ("not yet", self.answer("own", since=2000),
                    "have not begun"))

    def test_old_responses_are_told_apart(self):
        for content, words in (
                (None, "there is no response in"),
                (b"", "there is no response in"),
                (b"x", "is no good any more"),
                (self.answer("own", since=-900, until=-700),
                 "is no good any more")):
            if content is not None:
                self.put("own.der", content)
            code, said = self.update("http://127.0.0.1:1/")
            self.assertEqual(code, 1)
            self.assertIn(words, said)

    def test_what_cannot_be_done(self):
        alone = self.put("alone.pem", self.server.pki.read("own.pem").encode())
        for code, words, options in (
                (2, "ocsp-update [-fv]", ()),
                (2, "ocsp-update [-fv]", ("-o", "x")),
                (2, "ocsp-update [-fv]", ("-d", "x", "y")),
                (2, "ocsp-update [-fv]", ("-t", "soon", "-o", "x", "y")),
                (2, "no such directory", ("-d", self.server.path("none"))),
                (2, "no certificate in it",
                 ("-o", "x", self.server.path("none"))),
                (2, "no certificate in it",
                 ("-o", "x", self.server.pki.path("own.key"))),
                (2, "its issuer is not behind it",
                 ("-u", "http://127.0.0.1:1/", "-o", "x", alone)),
                (3, "names no OCSP responder", ("-o", "x", alone))):
            with self.subTest(options=options):
                status, said = self.run_script(*options)
                self.assertEqual(status, code, said)
                self.assertIn(words, said)
        with Responder(self.server.pki, self.server.path()) as responder:
            self.assertEqual(
                self.run_script("-u", responder.url, "-o", self.file, alone,
                                self.server.pki.path("inter.pem")), (0, ""))
            status, said = self.run_script(
                "-u", responder.url, "-o", self.server.path("none/x"),
                self.own)
            self.assertEqual(status, 2)
            self.assertIn("none/x cannot be written", said)

    @unittest.skipUnless(shutil.which("shellcheck"), "there is no shellcheck")
    def test_shellcheck(self):
        done = subprocess.run(["shellcheck", SCRIPT], capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    harness.main()
