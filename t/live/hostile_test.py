#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Hostile files and names, as tables: what each comes to, what the log says of
it, and that it takes no longer than anything else.

Certificates of clients, .tlslogin, revocation lists.  Ticket files, the
configuration and the certificate directory have their tables in
ticketfile_test.py, mistakes_test.py and certdir_test.py.
"""

import os
import re
import ssl
import time

import certcase
import client
import daemon
import harness
from certcase import clients
import clientpki

#: Seconds that one of them may take.
LIMIT = 5
harness.TEST_SECONDS *= 3

BY_CN = certcase.OPTIONAL + "\nTLSUserName CommonName\n"
LEAF = clientpki._LEAF
MANY = 600

#: Name, verdict, what TLSLog says (None: as of any client).  granted: logged in
#: as alice; named: welcome, and not as alice; refused: 421 in TLS, or an alert.
CERTIFICATES = (
    ("alice", "granted", None),
    ("nul-behind", "named", None),
    ("nul-alone", "named", None),
    ("line-feed", "named", None),
    ("log-line", "named", None),
    ("escape", "named", None),
    ("c1-control", "named", None),
    ("format", "named", None),
    ("path-up", "named", None),
    ("empty-name", "named", None),
    ("long-name", "named", None),
    ("two-names", "named", None),
    ("upper-case", "named", None),
    ("many-alt-names", "granted", None),
    ("no-usage", "granted", None),
    ("expired", "refused", "has expired"),
    ("not-yet", "refused", "not valid yet"),
    ("for-servers", "refused", "not meant for clients"),
    ("encipherment", "refused", "not meant for clients"),
    ("foreign", "refused", "not issued by a CA that this server accepts"),
    ("self-signed", "refused", "is self-signed"),
    ("critical", "refused", "unhandled critical extension"),
    ("rsa-1024", "refused", "key is too small"),
    ("deep", "refused", "chain is too long"),
)


def make(pki):
    """The certificates of the table."""
    for name, common_name in (
            ("nul-behind", b"alice\0.evil"), ("nul-alone", b"\0"),
            ("line-feed", b"alice\n"),
            ("log-line", b"alice\n2026-01-01 00:00:00,000 mod_tls4217: forged"),
            ("escape", b"alice\x1b]0;x\x07\x1b[2J"),
            ("c1-control", b"alice\xc2\x9b31m"), ("format", b"%s%n%x alice"),
            ("path-up", b"../../alice"), ("empty-name", b""),
            ("long-name", b"A" * 30000)):
        pki.patched(name, common_name)
    pki.make("two-names", "/CN=alice/CN=bob")
    pki.make("upper-case", "/CN=ALICE")
    pki.make("many-alt-names", "/CN=alice", san=",".join(
        "DNS:h%d.example" % number for number in range(MANY)))
    pki.make("no-usage", "/CN=alice",
             extensions=("basicConstraints=critical,CA:false",))
    pki.expired("expired", "/CN=alice")
    pki.make("not-yet", "/CN=alice", dates=(
        "-startdate", "20400101000000Z", "-enddate", "20410101000000Z"))
    pki.make("for-servers", "/CN=alice", extensions=LEAF[:2] + (
        "extendedKeyUsage=serverAuth",))
    pki.make("encipherment", "/CN=alice", extensions=LEAF[:1] + (
        "keyUsage=keyEncipherment",))
    pki.make("foreign", "/CN=alice", issuer="other")
    pki.make("critical", "/CN=alice",
             extensions=LEAF + ("1.2.3.4.5=critical,DER:0500",))
    pki._openssl("req", "-x509", *clientpki._EC, "-nodes", "-subj",
                 "/CN=alice", "-days", "30", "-keyout", "self-signed.key",
                 "-out", "self-signed.pem")
    pki.make("rsa-1024", "/CN=alice")
    pki._openssl("req", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=alice",
                 "-keyout", "rsa-1024.key", "-out", "rsa-1024.csr")
    pki.sign("rsa-1024")
    make_deep(pki, 12)


def make_deep(pki, depth):
    """Below so many CAs, all of which the client sends."""
    issuer, chain = "root", ""
    for number in range(depth):
        name = "deep%d" % number
        pki.make(name, "/CN=" + name, issuer=issuer,
                 extensions=clientpki._CA)
        pki._database(name)
        chain = pki.read(name + ".pem") + chain
        issuer = name
    pki.make("deep", "/CN=alice", issuer=issuer)
    pki.write("deep.pem", pki.read("deep.pem") + chain)


class Certificates(certcase.LoginCase):

    MAIN = BY_CN
    HOSTS = {"required": certcase.REQUIRED + "\nTLSUserName CommonName\n"}

    @classmethod
    def make_certificates(cls, made):
        if not os.path.exists(made.path("deep.pem")):
            make(made)

    def enter(self, name, host, version):
        """What a session with a certificate comes to."""
        with client.Control(self.server.address(host),
                            self.context_of(name, version)) as control:
            control.command("AUTH TLS", 234)
            try:
                control.handshake()
                control.send(b"USER alice\r\n")
                reply = control.reply()
            except (ssl.SSLError, OSError):
                return "refused"
        if reply.code == 421:
            self.assertIn(certcase.PEER_REFUSED, reply.text)
            return "refused"
        return {232: "granted", 331: "named"}[reply.code]

    def context_of(self, name, version):
        """A client that has no opinion of its own."""
        made = self.server.context(version)
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
        made.load_cert_chain(*clients().pair(name))
        return made

    def test_table(self):
        for name, verdict, words in CERTIFICATES:
            for host in ("main", "required"):
                for version in (client.TLS1_2, client.TLS1_3):
                    with self.subTest(name=name, host=host, version=version):
                        self.server.mark()
                        begin = time.monotonic()
                        came = self.enter(name, host, version)
                        self.assertLess(time.monotonic() - begin, LIMIT)
                        self.assertEqual(came, verdict)
                        self.assert_words(verdict, words)

    def assert_words(self, verdict, words):
        """The reason; and no line that the client has written."""
        if words is not None:
            self.assert_logged(words)
        for line in self.server.log().splitlines():
            self.assertRegex(line, r"\A\d{4}-\d\d-\d\d [\d:,]+ "
                                   r"mod_tls4217/[\d.]+\[\d+\]: ")
            self.assertTrue(line.isprintable(), repr(line))


def garbled(pem):
    """The same with a letter of its middle changed."""
    lines = pem.splitlines()
    middle = len(lines) // 2
    lines[middle] = lines[middle][::-1]
    return "\n".join(lines) + "\n"


def tlslogins(pki):
    """Name, contents, and whether alice's certificate logs in by it."""
    alice, bob = pki.read("alice.pem"), pki.read("bob.pem")
    key = pki.read("alice.key")
    body = alice.split("-----")[2]
    return (
        ("her own", alice, True),
        ("an empty file", "", False),
        ("another's", bob, False),
        ("another's ahead", bob + alice, True),
        ("text ahead", "# mine\n" + alice, True),
        ("lines of CR LF", alice.replace("\n", "\r\n"), True),
        ("no line end", alice.rstrip("\n"), True),
        ("a NUL byte", "\0", False),
        ("NUL bytes ahead", "\0" * 5000 + "\n" + alice, True),
        ("cut in the middle", alice[:len(alice) // 2], False),
        ("without its end", alice.replace("-----END CERTIFICATE-----\n", ""),
         False),
        ("garbled", garbled(alice), False),
        ("no base64", "-----BEGIN CERTIFICATE-----\n!!!!\n"
         "-----END CERTIFICATE-----\n", False),
        ("another label", "-----BEGIN X509 CRL-----%s-----END X509 CRL-----\n"
         % body, False),
        ("her key alone", key, False),
        ("her key ahead", key + alice, True),
        ("a long line", "x" * 200000 + "\n", False),
        ("many of another's", bob * 200, False),
        ("a megabyte", "\n" * (1 << 20), False),
    )


class DotLogin(certcase.LoginCase):
    """.tlslogin is the user's: what is in it may only decide about him."""

    HOSTS = {"dot": certcase.OPTIONAL + "\nTLSOptions AllowDotLogin\n"}

    #: Those in which the rest of a file is of no use behind what is broken.
    EITHER = ("NUL bytes ahead", "her key ahead")

    def test_table(self):
        for name, text, granted in tlslogins(clients()):
            with self.subTest(name):
                path = self.server.put(".tlslogin", text.encode("latin1"))
                os.chmod(path, 0o600)
                begin = time.monotonic()
                with self.admitted("alice", "dot") as control:
                    code = control.command("USER alice").code
                self.assertLess(time.monotonic() - begin, LIMIT)
                if name in self.EITHER:
                    self.assertIn(code, (232, 331))
                else:
                    self.assertEqual(code, 232 if granted else 331)
                # In no case the other one's.
                if "another's" not in name:
                    with self.admitted("bob", "dot") as control:
                        control.command("USER alice", 331)
        os.unlink(path)


LISTS = ("good", "foreign", "expired", "not-yet", "empty", "garbled", "text",
         "revokes")

#: Which certificates are admitted under which list, or what the start says.
BY_LIST = {
    "good": {"alice": "granted"},
    "revokes": {"alice": "refused"},
    "foreign": {"alice": "refused"},
    "expired": {"alice": "refused"},
    "not-yet": {"alice": "refused"},
    "empty": "(CRL|revocation list)",
    "garbled": "(CRL|revocation list)",
    "text": "(CRL|revocation list)",
}


class Revocation(harness.unittest.TestCase):
    """Each list in a server of its own: refused at the start, or a verdict."""

    def make_list(self, name):
        made = clients()
        dates = {"expired": ("-crl_lastupdate", "20200101000000Z",
                             "-crl_nextupdate", "20200201000000Z"),
                 "not-yet": ("-crl_lastupdate", "20400101000000Z",
                             "-crl_nextupdate", "20400201000000Z")}
        if name in ("empty", "garbled", "text"):
            return made.write("hostile-%s.crl" % name, {
                "empty": "", "text": "no list\n",
                "garbled": "-----BEGIN X509 CRL-----\nAAAA\n"
                           "-----END X509 CRL-----\n"}[name])
        if name == "revokes":
            made.make("revoked", "/O=Example/CN=alice")
            made.revoke("revoked")
        return made.crl("other" if name == "foreign" else "root",
                        "hostile-%s.crl" % name,
                        dates.get(name, ("-crldays", "30")))

    def test_table(self):
        for name in LISTS:
            with self.subTest(name):
                self.check(name, self.make_list(name), BY_LIST[name])

    def check(self, name, path, verdict):
        directives = BY_CN.replace("{clients}", clients().directory) + \
            "TLSCARevocationFile %s\n" % path
        server = daemon.Server(directives=directives)
        try:
            if isinstance(verdict, str):
                code, said = server.check_config()
                self.assertNotEqual(code, 0)
                self.assertTrue(re.search(verdict, said), said)
                self.assertIn(path, said)
                return
            server.start()
            who = "revoked" if name == "revokes" else "alice"
            self.assertEqual(self.enter(server, who), verdict["alice"])
        finally:
            server._end()

    @staticmethod
    def enter(server, name):
        context = server.context()
        context.load_cert_chain(*clients().pair(name))
        with client.Control(server.address(), context) as control:
            try:
                code = control.auth().command("USER alice").code
            except (OSError, ssl.SSLError):
                return "refused"
        return {232: "granted", 331: "named", 421: "refused"}[code]


if __name__ == "__main__":
    harness.main()
