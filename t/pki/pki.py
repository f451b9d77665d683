#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates for the tests, made with the openssl command.

A root CA, an intermediate CA below it, and leaves for "localhost" in RSA and
ECDSA, with the odd ones that a server must refuse or warn about: expired,
encrypted key, empty file.  Everything is PEM; nothing is worth protecting.

As a program: pki.py DIRECTORY fills a directory.
"""

import os
import subprocess
import sys
import time

PASS_PHRASE = "not a secret"

_NAMES = ("subjectAltName=DNS:localhost,DNS:ftp.example.test,"
          "IP:127.0.0.1,IP:::1")

_CA_CONFIG = """\
[ca]
default_ca = own
[own]
database = {directory}/index.txt
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


class Pki:
    """The files of one directory, by name: pki.path("rsa.pem").

    root.pem, root.key        the CA that clients trust
    inter.pem, inter.key      the intermediate CA
    rsa.pem, rsa.key          a leaf signed by the intermediate
    ec.pem, ec.key            the same, ECDSA P-256
    rsa-chain.pem             leaf and intermediate (certbot's fullchain.pem)
    ec-chain.pem              the same
    rsa-all.pem               key, leaf and intermediate in one file
    expired.pem, expired.key  a leaf that ended years ago
    locked.key                rsa.key behind a pass phrase
    empty.pem                 nothing
    """

    def __init__(self, directory):
        self.directory = directory
        self._make_cas()
        self._leaves()
        self._odd_ones()

    def path(self, name):
        return os.path.join(self.directory, name)

    def read(self, name):
        with open(self.path(name), encoding="ascii") as stream:
            return stream.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(self.path(name), 0o600)

    def _openssl(self, *args):
        subprocess.run(("openssl",) + args, cwd=self.directory, check=True,
                       stdin=subprocess.DEVNULL, capture_output=True,
                       timeout=60)

    def _request(self, name, subject, *algorithm):
        self._openssl("req", "-newkey", *algorithm, "-nodes", "-batch",
                      "-subj", "/CN=" + subject, "-keyout", name + ".key",
                      "-out", name + ".csr")

    def _sign(self, name, issuer, extensions):
        self.write(name + ".ext", "\n".join(extensions) + "\n")
        self._openssl("x509", "-req", "-in", name + ".csr", "-days", "30",
                      "-CA", issuer + ".pem", "-CAkey", issuer + ".key",
                      "-CAcreateserial", "-extfile", name + ".ext",
                      "-out", name + ".pem")

    def _make_cas(self):
        self._openssl("req", "-x509", *_EC, "-nodes", "-batch", "-days", "30",
                      "-subj", "/CN=Test Root", "-keyout", "root.key",
                      "-out", "root.pem")
        self._request("inter", "Test Intermediate", *_EC[1:])
        self._sign("inter", "root", ["basicConstraints=critical,CA:true",
                                     "keyUsage=keyCertSign,cRLSign"])

    def _leaves(self):
        for name, algorithm in (("rsa", ("rsa:2048",)), ("ec", _EC[1:]),
                                ("ed25519", ("ed25519",))):
            self._request(name, "localhost", *algorithm)
            self._sign(name, "inter", [_NAMES])
            chain = self.read(name + ".pem") + self.read("inter.pem")
            self.write(name + "-chain.pem", chain)
            self.write(name + "-all.pem", self.read(name + ".key") + chain)

    def own(self, name, host, path):
        """Another leaf, for one host: key, leaf and intermediate in a file
        that a server's user may read."""
        self._request(name, host, *_EC[1:])
        self._sign(name, "inter", ["subjectAltName=DNS:" + host])
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.read(name + ".key") + self.read(name + ".pem")
                         + self.read("inter.pem"))
        os.chmod(path, 0o600)

    def dated(self, host, path, begin, end):
        """The same, valid from begin to end, in seconds from now on."""
        name = "dated-" + host
        self._request(name, host, *_EC[1:])
        self.write(name + ".ext", "subjectAltName=DNS:%s\n" % host)
        self._openssl("ca", "-batch", "-notext", "-config", "ca.cnf",
                      "-startdate", _moment(begin), "-enddate", _moment(end),
                      "-extfile", name + ".ext", "-in", name + ".csr",
                      "-cert", "inter.pem", "-keyfile", "inter.key",
                      "-out", name + ".pem")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.read(name + ".key") + self.read(name + ".pem")
                         + self.read("inter.pem"))
        os.chmod(path, 0o600)

    def _odd_ones(self):
        self.write("empty.pem", "")
        self._openssl("rsa", "-in", "rsa.key", "-aes256", "-passout",
                      "pass:" + PASS_PHRASE, "-out", "locked.key")
        self.write("ca.cnf", _CA_CONFIG.format(directory=self.directory))
        self.write("index.txt", "")
        self.write("serial", "1000\n")
        self._request("expired", "localhost", *_EC[1:])
        self._openssl("ca", "-batch", "-notext", "-config", "ca.cnf",
                      "-startdate", "20200101000000Z",
                      "-enddate", "20210101000000Z", "-in", "expired.csr",
                      "-cert", "inter.pem", "-keyfile", "inter.key",
                      "-out", "expired.pem")


def _moment(seconds):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))


_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


if __name__ == "__main__":
    os.makedirs(sys.argv[1], mode=0o700, exist_ok=True)
    Pki(os.path.abspath(sys.argv[1]))
