#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Client certificates: who may come in, and whose data connection it is.

RFC 4217 sections 10.1 and 15.1.2. Login by certificate is in
certlogin_test.py.
"""

import socket
import ssl
import unittest

import certcase
import client
import harness
from certcase import OPTIONAL, REQUIRED, clients


@harness.both_versions
class Verification(certcase.CertCase):
    """TLSVerifyClient and everything that OpenSSL checks."""

    MAIN = OPTIONAL + "\nTLSVerifyOrder crl"
    HOSTS = {
        "strict": REQUIRED,
        "off": "TLSVerifyClient off",
        "path": "TLSVerifyClient optional\n"
                "TLSCACertificatePath {clients}/CAs",
        "shallow": OPTIONAL + "\nTLSVerifyDepth 0",
        "crl": OPTIONAL + "\nTLSCARevocationFile {clients}/root.crl",
        "leaf": OPTIONAL + "\nTLSCARevocationFile {clients}/inter.crl leaf",
        "both": OPTIONAL + "\nTLSCARevocationFile {clients}/both.crl chain",
        "lenient": OPTIONAL + "\nTLSCARevocationFile {clients}/root.crl "
                   "missing=allow",
        "old": OPTIONAL + "\nTLSCARevocationFile {clients}/old.crl "
               "missing=allow",
        "crlpath": OPTIONAL + "\nTLSCARevocationPath {clients}/lists",
        "address": OPTIONAL + "\nTLSOptions iPAddressRequired",
    }

    @classmethod
    def make_certificates(cls, made):
        made.expired("expired", "/CN=alice")
        made.make("below", "/CN=alice", issuer="inter")
        made.write("below-chain.pem",
                   made.read("below.pem") + made.read("inter.pem"))
        made.make("server", "/CN=alice", extensions=(
            "basicConstraints=critical,CA:false",
            "extendedKeyUsage=serverAuth"))
        made.make("address", "/CN=alice", san="IP:127.0.0.1,IP:::1")
        made.make("mapped", "/CN=alice", san="IP:::ffff:127.0.0.1")
        made.make("elsewhere", "/CN=alice", san="IP:192.0.2.1,DNS:127.0.0.1")
        made.make("revoked", "/CN=alice")
        made.crl(name="old.crl", dates=("-crl_lastupdate", "20200101000000Z",
                                        "-crl_nextupdate", "20210101000000Z"))
        made.revoke("revoked")
        made.crl()
        made.crl("inter")
        made.write("both.crl", made.read("root.crl") + made.read("inter.crl"))
        certcase.make_folder("CAs", "root.pem", "root.cnf")
        certcase.make_folder("lists", "root.crl", "inter.crl")

    def test_verified(self):
        for host in ("main", "strict", "path", "crl", "crlpath"):
            with self.subTest(host=host):
                self.admitted("alice", host)
        self.assert_logged(r"client certificate of .*SHA-256 %s.*verified"
                           % clients().fingerprint("alice"))

    def test_none_where_optional(self):
        self.admitted(None).login().protect().download("NLST")

    def test_none_where_required(self):
        self.broken(None, "strict")
        self.assert_logged("TLSVerifyClient")

    def test_reason_reaches_a_client_that_writes_first(self):
        """TLS 1.3: it is done when the server has not yet checked it."""
        for name, host in ((None, "strict"), ("stranger", "main")):
            for _ in range(5):
                with self.subTest(name=name):
                    control = self.connect(host, context=self.holder(name))
                    control.command("AUTH TLS", 234)
                    self.assertRegex(self.hasty(control),
                                     r"(?i)alert|" + certcase.PEER_REFUSED)

    def hasty(self, control):
        """What a client reads that writes twice before it looks."""
        try:
            control.handshake()
            client.until(lambda: not client.is_established(control.sock))
            for line in (b"USER alice\r\n", b"PASS wonder\r\n"):
                control.send(line)
                client.until(lambda: client.is_acknowledged(control.sock))
            return control.reply().text
        except ssl.SSLError as error:
            return str(error)

    def test_off_asks_for_nothing(self):
        control = self.admitted("stranger", "off").login()
        control.quit()
        self.assertNotIn("client certificate of", self.server.log())

    def test_rfc4217_10_1_unknown_ca(self):
        for host in ("main", "strict", "path"):
            with self.subTest(host=host):
                self.refused("stranger", host, "CA")
                self.assert_logged("refused: .*TLSCACertificateFile")

    def test_rfc4217_10_1_expired(self):
        self.refused("expired", reason="expired")
        self.refused("expired", "strict", reason="expired")

    def test_rfc4217_10_1_not_for_clients(self):
        self.refused("server", reason="not meant for clients")

    def test_intermediate_from_the_client(self):
        self.admitted("below", chain="below-chain.pem")
        self.refused("below", reason="CA")

    def test_depth(self):
        self.refused("below", "shallow", "chain is too long",
                     chain="below-chain.pem")
        self.admitted("alice", "shallow")

    def test_revoked(self):
        self.admitted("revoked")
        for host in ("crl", "lenient", "both", "crlpath"):
            with self.subTest(host=host):
                self.refused("revoked", host, "revoked")

    def test_missing_list_refuses(self):
        self.refused("below", "crl", "no revocation list",
                     chain="below-chain.pem")
        self.refused("alice", "leaf", "no revocation list")
        self.assert_logged("missing=allow")

    def test_missing_list_allowed(self):
        self.admitted("below", "lenient", chain="below-chain.pem")

    def test_leaf_and_chain(self):
        self.admitted("below", "leaf", chain="below-chain.pem")
        self.admitted("below", "both", chain="below-chain.pem")

    def test_expired_list_refuses_in_any_case(self):
        self.refused("alice", "old", "revocation list")

    def test_address_required(self):
        self.admitted("address", "address")
        self.admitted("mapped", "address")
        self.admitted(None, "address")
        self.refused("alice", "address", "address (iPAddress)")
        self.refused("elsewhere", "address", "address (iPAddress)")
        self.assert_logged("TLSOptions iPAddressRequired")

    def test_nothing_is_executed_after_a_refusal(self):
        control = self.connect(context=self.holder("stranger"))
        control.command("AUTH TLS", 234)
        control.handshake()
        try:
            control.send(b"USER alice\r\nPASS wonder\r\nPWD\r\n")
        except (ssl.SSLError, OSError):
            pass
        control.reply(421)
        self.assert_ended(control)
        self.assertNotIn("USER alice", self.server.log("extended.log"))

    def test_refused_session_cannot_be_resumed(self):
        context = self.holder("stranger")
        control = self.connect(context=context)
        control.command("AUTH TLS", 234)
        control.handshake()
        control.reply(421)
        session = control.session
        again = self.connect(context=context)
        again.command("AUTH TLS", 234)
        again.handshake(session)
        self.assertFalse(again.tls.resumed)
        again.reply(421)

    def test_session_of_another_policy_is_not_resumed(self):
        context = self.holder("alice")
        control = self.secure("off", context=context)
        control.command("NOOP", 200)
        for host in ("main", "strict", "crl"):
            with self.subTest(host=host):
                again = self.secure(host, context=context,
                                    session=control.session)
                self.assertFalse(again.tls.resumed)

    def test_resumed_session_keeps_its_certificate(self):
        context = self.holder("alice")
        control = self.secure("strict", context=context)
        control.command("NOOP", 200)
        again = self.secure("strict", context=context,
                            session=control.session)
        self.assertTrue(again.tls.resumed)
        self.assert_logged(r"(?s)verified.*verified")
        again.login().protect().download("NLST")

    def test_requirement_counts_in_a_resumed_session(self):
        context = self.holder("alice")
        control = self.connect("address", context=context)
        control.command("AUTH TLS", 234)
        control.handshake()
        control.reply(421)
        session = control.session
        again = self.connect("address", context=context)
        again.command("AUTH TLS", 234)
        again.handshake(session)
        self.assertIn("iPAddress", again.reply(421).text)


@harness.both_versions
class Reread(certcase.CertCase):
    """A session that was good once, and a list that has changed since."""

    MAIN = OPTIONAL + "\nTLSCARevocationFile {clients}/now.crl"

    @classmethod
    def make_certificates(cls, made):
        made.make("soon", "/CN=alice")
        made.crl(name="now.crl")

    def test_revoked_since(self):
        context = self.holder("soon")
        control = self.secure(context=context)
        control.command("NOOP", 200)
        session = control.session
        clients().revoke("soon")
        clients().crl(name="now.crl")
        self.server.reload()
        again = self.connect(context=context)
        again.command("AUTH TLS", 234)
        again.handshake(session)
        self.assertFalse(again.tls.resumed)
        self.assertIn("revoked", again.reply(421).text)


@harness.both_versions
class DataConnections(certcase.CertCase):
    """RFC 4217 section 15.1.2: the same certificate on both."""

    MAIN = OPTIONAL
    HOSTS = {"free": OPTIONAL + "\nTLSOptions NoSessionReuseRequired",
             "strict": REQUIRED + "\nTLSOptions NoSessionReuseRequired"}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 10000)

    def stolen(self, control, thief, line="RETR file"):
        """A transfer whose data connection has another certificate."""
        with control.data() as data:
            control.command(line, 150)
            try:
                data.tls = client.Tls(data.sock, thief)
                data.tls.handshake()
                data.write(b"stolen")
                data.finish()
                self.assertEqual(data.tls.read_all(), b"")
            except (ssl.SSLError, ConnectionError):
                pass
            self.assertIn("same certificate", control.reply(522).text)
        self.assert_alive(control)

    def test_rfc4217_15_1_2_resumed(self):
        control = self.admitted("alice").login().protect()
        self.assertEqual(control.download("RETR file"), b"file" * 10000)
        control.upload("STOR other", b"other")

    def test_rfc4217_15_1_2_full_handshake(self):
        for host in ("free", "strict"):
            with self.subTest(host=host):
                control = self.admitted("alice", host).login().protect()
                self.assertEqual(
                    control.download("RETR file", session=None),
                    b"file" * 10000)
                self.assertEqual(control.download("RETR file"),
                                 b"file" * 10000)

    def test_rfc4217_15_1_2_another_certificate(self):
        for host in ("free", "strict"):
            for thief in ("bob", "stranger", None):
                with self.subTest(host=host, thief=thief):
                    control = self.admitted("alice", host).login().protect()
                    self.stolen(control, self.holder(thief))
                    self.stolen(control, self.holder(thief), "STOR loot")
                    self.assertIsNone(self.server.get("loot"))
                    control.download("RETR file", session=None)

    def test_without_a_certificate_as_before(self):
        control = self.admitted(None, "free").login().protect()
        self.assertEqual(control.download("RETR file", session=None),
                         b"file" * 10000)

    def test_another_certificate_cannot_resume_either(self):
        control = self.admitted("alice").login().protect()
        thief = self.admitted("bob").login().protect()
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.tls = client.Tls(data.sock, thief.context,
                                      thief.session)
                data.tls.handshake()
                data.tls.read_all()
            except (ssl.SSLError, ConnectionError):
                pass
            control.reply(522)
        self.assert_alive(control)


@harness.both_versions
class AnotherServer(certcase.CertCase):
    """A server name and HOST that lead to another server."""

    MAIN = OPTIONAL + "\nTLSUserName CommonName"
    HOSTS = {"named": REQUIRED + "\nTLSUserName CommonName",
             "easy": "TLSUserName CommonName"}

    @classmethod
    def prepare(cls):
        """All on one port, told apart by their names (RFC 7151)."""
        server, made = cls.server, cls.server.config

        def config():
            text = made()
            for name in cls.HOSTS:
                text = text.replace(
                    "Port %d" % server.ports[name],
                    "Port %d\nServerAlias %s.test" % (
                        server.ports["main"], name))
                server.ports[name] = server.ports["main"]
            return text

        server.config = config

    def to_host(self, name, certificate):
        control = self.connect(context=self.holder(certificate),
                               server_name=name + ".test").auth()
        return control, control.command("HOST %s.test" % name)

    def test_certificate_is_required_there(self):
        control = self.connect(context=self.holder(),
                               server_name="named.test")
        control.command("AUTH TLS", 234)
        with self.assertRaises((OSError, ssl.SSLError)):
            control.handshake()
            control.command("NOOP")
        control, reply = self.to_host("named", "alice")
        self.assertEqual(reply.code, 220)
        control.command("USER alice", 232)

    def test_certificate_counts_for_nothing_there(self):
        control, reply = self.to_host("easy", "alice")
        self.assertEqual(reply.code, 220)
        control.command("USER alice", 331)
        control.command("PWD", 530)
        control.command("USER alice", 331)
        control.command("PASS wonder", 230)


def reverse_name():
    """What the client of these tests is called, or None."""
    try:
        name = socket.gethostbyaddr("127.0.0.1")[0]
        known = socket.gethostbyname(name) == "127.0.0.1"
    except OSError:
        return None
    return name if known else None


@unittest.skipUnless(reverse_name(), "127.0.0.1 has no name here")
class ReverseNames(certcase.CertCase):
    """dNSNameRequired and CommonNameRequired."""

    MAIN = OPTIONAL + "\nUseReverseDNS on\nTLSOptions dNSNameRequired"
    HOSTS = {"cn": OPTIONAL + "\nTLSOptions CommonNameRequired"}

    @classmethod
    def make_certificates(cls, made):
        made.make("dns", "/CN=x", san="DNS:" + reverse_name().upper())
        made.make("cn", "/CN=" + reverse_name())
        made.make("shorter", "/CN=" + reverse_name()[:-1])
        made.make("longer", "/CN=" + reverse_name() + "x")

    def test_dns_name(self):
        self.admitted("dns")
        self.admitted(None)
        self.refused("cn", reason="host (dNSName)")

    def test_common_name(self):
        self.admitted("cn", "cn")
        for name in ("dns", "shorter", "longer"):
            self.refused(name, "cn", reason="host (CommonName)")


if __name__ == "__main__":
    harness.main()
