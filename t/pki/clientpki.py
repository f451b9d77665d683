#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates of clients for the tests, made with the openssl command.

Two CAs that do not know each other, an intermediate one below the
first, leaves with the names that a test asks for, and revocation lists.
Certificates that openssl would not make (a NUL byte in a name) are patched
and signed again.
"""

import os
import subprocess

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")

_CA_CONFIG = """\
[ca]
default_ca = own
[own]
database = {directory}/{name}.index
serial = {directory}/{name}.serial
crlnumber = {directory}/{name}.crlnumber
new_certs_dir = {directory}
default_md = sha256
policy = any
unique_subject = no
[any]
countryName = optional
organizationName = optional
commonName = optional
UID = optional
"""

_LEAF = ("basicConstraints=critical,CA:false", "keyUsage=digitalSignature",
         "extendedKeyUsage=clientAuth")
_CA = ("basicConstraints=critical,CA:true", "keyUsage=keyCertSign,cRLSign")


class ClientPki:
    """The files of one directory, by name.

    root, other   CAs; inter is one below root
    """

    def __init__(self, directory):
        self.directory = directory
        for name in ("root", "other"):
            self._openssl("req", "-x509", *_EC, "-nodes", "-batch",
                          "-days", "30", "-utf8",
                          "-subj", "/O=Example A\\/S/CN=Client %s" % name,
                          "-keyout", name + ".key", "-out", name + ".pem")
            self._database(name)
        self.make("inter", "/CN=Client inter", extensions=_CA)
        self._database("inter")

    def path(self, name):
        return os.path.join(self.directory, name)

    def pair(self, name):
        """Certificate and key, for SSLContext.load_cert_chain."""
        return self.path(name + ".pem"), self.path(name + ".key")

    def read(self, name):
        with open(self.path(name), encoding="ascii") as stream:
            return stream.read()

    def write(self, name, text, mode="w"):
        with open(self.path(name), mode,
                  encoding=None if "b" in mode else "ascii") as stream:
            stream.write(text)
        return self.path(name)

    def fingerprint(self, name):
        done = self._openssl("x509", "-in", name + ".pem", "-noout",
                             "-fingerprint", "-sha256")
        return done.stdout.decode().strip().partition("=")[2]

    def make(self, name, subject, san=None, issuer="root", extensions=_LEAF,
             dates=("-days", "30")):
        """A certificate and its key; returns its name."""
        lines = list(extensions)
        if san is not None:
            lines.append("subjectAltName=" + san)
        self.write(name + ".ext", "\n".join(lines) + "\n")
        self._openssl("req", *_EC, "-nodes", "-batch", "-utf8",
                      "-subj", subject, "-keyout", name + ".key",
                      "-out", name + ".csr")
        self.sign(name, issuer, dates)
        return name

    def sign(self, name, issuer="root", dates=("-days", "30")):
        """Signs the request of name, perhaps once more."""
        self._openssl("ca", "-batch", "-notext", "-config", issuer + ".cnf",
                      "-extfile", name + ".ext", "-in", name + ".csr",
                      "-cert", issuer + ".pem", "-keyfile", issuer + ".key",
                      "-preserveDN", "-out", name + ".pem", *dates)

    def expired(self, name, subject, **options):
        return self.make(name, subject, dates=(
            "-startdate", "20200101000000Z", "-enddate", "20210101000000Z"),
            **options)

    def patched(self, name, common_name, **options):
        """A certificate whose only name is bytes that openssl would refuse."""
        self.make(name, "/CN=placeholder", **options)
        der = self._openssl("x509", "-in", name + ".pem",
                            "-outform", "DER").stdout
        _, body, _ = _read_der(der)
        tag, tbs, rest = _read_der(body)
        algorithm_tag, algorithm, _ = _read_der(rest)
        tbs = _der(tag, tbs.replace(_name(b"placeholder"),
                                    _name(common_name)))
        self.write(name + ".tbs", tbs, "wb")
        signature = self._openssl("dgst", "-sha256", "-sign", "root.key",
                                  name + ".tbs").stdout
        self.write(name + ".der", _der(0x30, tbs + _der(
            algorithm_tag, algorithm) + _der(0x03, b"\0" + signature)), "wb")
        self._openssl("x509", "-inform", "DER", "-in", name + ".der",
                      "-out", name + ".pem")
        return name

    def revoke(self, name, issuer="root"):
        self._openssl("ca", "-config", issuer + ".cnf", "-cert",
                      issuer + ".pem", "-keyfile", issuer + ".key",
                      "-revoke", name + ".pem")

    def crl(self, issuer="root", name=None, dates=("-crldays", "30")):
        """A list of what issuer has revoked; returns its path."""
        name = name or issuer + ".crl"
        self._openssl("ca", "-config", issuer + ".cnf", "-cert",
                      issuer + ".pem", "-keyfile", issuer + ".key", "-gencrl",
                      "-out", name, *dates)
        return self.path(name)

    def _database(self, name):
        self.write(name + ".cnf", _CA_CONFIG.format(
            directory=self.directory, name=name))
        self.write(name + ".index", "")
        self.write(name + ".serial", "1000\n")
        self.write(name + ".crlnumber", "01\n")

    def _openssl(self, *args):
        done = subprocess.run(("openssl",) + args, cwd=self.directory,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError("openssl %s: %s" % (
                " ".join(args), done.stderr.decode(errors="replace")))
        return done


def _read_der(data):
    """The first element's tag and content, and what comes behind it."""
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7f
        length = int.from_bytes(data[2:start], "big")
    return data[0], data[start:start + length], data[start + length:]


def _der(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _name(common_name):
    """An X.501 Name with one UTF8String as its CN."""
    return _der(0x30, _der(0x31, _der(0x30, b"\x06\x03\x55\x04\x03" +
                                      _der(0x0c, common_name))))
