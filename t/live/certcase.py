# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the tests of client certificates share: clients with certificates,
and a TestCase whose servers know their CAs."""

import atexit
import functools
import os
import shutil
import ssl

import daemon
import harness
import clientpki  # its folder is on the path by now

PEER_REFUSED = "This TLS session is not acceptable here"

OPTIONAL = "TLSVerifyClient optional\nTLSCACertificateFile {clients}/root.pem"
REQUIRED = "TLSVerifyClient on\nTLSCACertificateFile {clients}/root.pem"


@functools.lru_cache(maxsize=None)
def clients():
    """The certificates of this process: two CAs, alice and bob."""
    directory = daemon.temporary_directory()
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    made = clientpki.ClientPki(directory)
    made.make("alice", "/O=Example/CN=alice")
    made.make("bob", "/O=Example/CN=bob")
    made.make("stranger", "/O=Example/CN=alice", issuer="other")
    return made


class CertCase(harness.LiveCase):
    """MAIN and HOSTS are the directives of the main server and of virtual
    hosts; {clients} in them is the directory of the certificates."""

    MAIN = ""
    HOSTS = {}

    @classmethod
    def setUpClass(cls):
        cls.make_certificates(clients())
        cls.SERVER = {
            "directives": cls.expand(cls.MAIN),
            "vhosts": {name: cls.expand(text)
                       for name, text in cls.HOSTS.items()}}
        super().setUpClass()

    @classmethod
    def make_certificates(cls, made):
        """For more certificates than those of clients()."""

    @classmethod
    def expand(cls, text):
        return text.replace("{clients}", clients().directory)

    def holder(self, name=None, chain=None, **options):
        """A client context with a certificate, or without one."""
        made = self.context(**options)
        if name is not None:
            pem, key = clients().pair(name)
            made.load_cert_chain(clients().path(chain) if chain else pem, key)
        return made

    def admitted(self, name, host="main", **options):
        control = self.secure(host, context=self.holder(name, **options))
        control.command("NOOP", 200)
        return control

    def refused(self, name, host="main", reason="", **options):
        """A 421 in TLS with the reason, then the end."""
        control = self.connect(host, context=self.holder(name, **options))
        control.command("AUTH TLS", 234)
        control.handshake()
        reply = control.reply(421)
        self.assertIn(PEER_REFUSED, reply.text)
        self.assertIn(reason, reply.text)
        self.assert_ended(control)
        return control

    def assert_ended(self, control):
        """Nothing more is served."""
        try:
            reply = control.command("PWD")
        except (OSError, ssl.SSLError):
            return
        self.fail("still served: %s" % reply)

    def broken(self, name, host="main"):
        """A handshake that ends with an alert, and no reply of any kind."""
        control = self.connect(host, context=self.holder(name))
        control.command("AUTH TLS", 234)
        try:
            control.handshake()
            reply = control.command("NOOP")
        except (OSError, ssl.SSLError):
            return
        self.fail("served: %s" % reply)


class LoginCase(CertCase):
    """What a certificate makes of USER."""

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 1000)

    def granted(self, name, host="main", user="alice"):
        """232, and a session that is fully logged in."""
        control = self.admitted(name, host)
        control.protect()
        control.command("USER " + user, 232)
        control.command("PWD", 257)
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file"), b"file" * 1000)
        return control

    def not_granted(self, name, host="main", user="alice"):
        """331: the certificate does not say that it is this user."""
        control = self.admitted(name, host)
        control.command("USER " + user, 331)
        control.command("PWD", 530)
        control.command("RETR file", 530)
        control.command("PASS certificate", 530)
        control.command("PWD", 530)
        return control

    def denied(self, name, host, user="alice"):
        """The certificate suffices, but the login is denied: 530, once, and
        nothing is served, not even another login."""
        control = self.admitted(name, host)
        control.protect()
        control.send(b"USER %s\r\nPWD\r\nRETR file\r\nUSER bob\r\n"
                     b"PASS builder\r\n" % user.encode())
        reply = control.reply(530)
        self.assertEqual(len(reply.lines), 1)
        self.assert_ended(control)
        self.assert_logged("login was denied despite the certificate")


def make_folder(name, *files):
    """A directory of copies of some files of the clients' directory."""
    path = clients().path(name)
    if not os.path.isdir(path):
        os.mkdir(path)
    for each in files:
        shutil.copy(clients().path(each), path)
