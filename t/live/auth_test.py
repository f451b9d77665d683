#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""AUTH, PBSZ, PROT, FEAT, HELP, and handshakes that fail.

RFC 4217 sections 4, 6, 8, 9, 10.1 and 17; RFC 2228 section 3.
"""

import socket
import ssl
import time

import client
import harness

SERVER = {
    "vhosts": {
        "short": "TLSTimeoutHandshake 2",
        "nopbsz": "TLSOptions NoPBSZRequired",
        "narrow": "TLSProtocol TLSv1.2\n"
                  "TLSCipherSuite ECDHE+AESGCM+AES256",
        "one": "TLSProtocol TLSv1.3",
        "group": "TLSECDHCurve secp384r1",
        "nat": "MasqueradeAddress 192.0.2.7\n"
               "TLSMasqueradeAddress 192.0.2.8",
    },
}


def records(raw):
    """The (type, body) of the TLS records that raw consists of.

    Raises ValueError where raw is anything else, a cut record included.
    """
    found = []
    while raw:
        size = int.from_bytes(raw[3:5], "big")
        if raw[0] not in (20, 21, 22, 23) or raw[1] != 3 \
                or len(raw) < 5 + size:
            raise ValueError("not a TLS record: %r" % raw[:40])
        found.append((raw[0], raw[5:5 + size]))
        raw = raw[5 + size:]
    return found


@harness.both_versions
class Replies(harness.LiveCase):
    """The tables of AUTH, PBSZ and PROT."""

    SERVER = SERVER

    def check(self, control, table):
        for line, code in table:
            with self.subTest(line=line):
                self.assertEqual(control.command(line).code, code)

    def test_rfc4217_8_auth_refused(self):
        self.check(self.connect(), [
            ("AUTH", 501), ("AUTH KERBEROS_V4", 504), ("AUTH TLSX", 504),
            ("AUTH TLS-X", 504), ("AUTH GSSAPI", 504)])

    def test_rfc4217_8_auth_accepted_in_any_case(self):
        for line in ("AUTH TLS", "auth tls", "AUTH tLs", "AUTH TLS-C",
                     "AUTH tls-c", "AUTH SSL", "AUTH ssl", "AUTH TLS-P",
                     "Auth Tls-p"):
            with self.subTest(line=line):
                control = self.connect()
                control.command(line, 234)
                control.handshake()
                control.login()

    def test_rfc4217_4_second_auth(self):
        control = self.secure()
        self.check(control, [("AUTH TLS", 534), ("AUTH SSL", 534)])
        control.login()
        self.check(control, [("AUTH TLS", 534)])

    def test_rfc4217_4_auth_after_login(self):
        control = self.connect().login()
        self.check(control, [("AUTH TLS", 534), ("AUTH SSL", 534)])

    def test_rfc4217_9_pbsz_and_prot_before_auth(self):
        """Also where PROT needs no PBSZ; and transfers stay clear."""
        for host in ("main", "nopbsz"):
            control = self.connect(host)
            self.check(control, [
                ("PBSZ 0", 503), ("PROT P", 503), ("PROT C", 503)])
            control.login().download("LIST", protected=False)
            self.check(control, [("PBSZ 0", 503), ("PROT P", 503)])

    def test_rfc4217_9_pbsz(self):
        self.check(self.secure(), [
            ("PBSZ", 501), ("PBSZ x", 501), ("PBSZ -1", 501),
            ("PBSZ +1", 501), ("PBSZ 0x10", 501), ("PBSZ 1 2", 501),
            ("PBSZ 4294967296", 501), ("PBSZ 99999999999999999999", 501),
            ("PBSZ 0", 200), ("pbsz 0", 200), ("PBSZ 4294967295", 200)])

    def test_rfc4217_9_pbsz_other_than_0_is_answered_with_0(self):
        control = self.secure()
        for size in ("1", "8192", "4294967295"):
            self.assertIn("PBSZ=0", control.command("PBSZ " + size, 200).text)

    def test_rfc4217_9_malformed_pbsz_does_not_count(self):
        self.check(self.secure(), [("PBSZ x", 501), ("PROT P", 503)])

    def test_rfc4217_9_prot_before_pbsz(self):
        self.check(self.secure(), [
            ("PROT P", 503), ("PROT C", 503), ("PBSZ 0", 200),
            ("PROT P", 200)])

    def test_rfc4217_9_prot(self):
        control = self.secure()
        control.command("PBSZ 0", 200)
        self.check(control, [
            ("PROT", 501), ("PROT P", 200), ("PROT p", 200), ("prot c", 200),
            ("PROT C", 200), ("PROT S", 536), ("PROT s", 536),
            ("PROT E", 536), ("PROT e", 536), ("PROT X", 504),
            ("PROT PP", 504), ("PROT Private", 504)])

    def test_rfc4217_9_refused_prot_leaves_the_level(self):
        control = self.login()
        self.check(control, [("PROT S", 536), ("PROT X", 504)])
        control.download("LIST")

    def test_pbsz_is_not_needed_with_its_option(self):
        control = self.secure("nopbsz").login()
        control.command("PROT P", 200)
        control.download("LIST")

    def test_rfc4217_9_auth_tls_starts_at_c(self):
        for mechanism in ("TLS", "TLS-C"):
            with self.subTest(mechanism=mechanism):
                control = self.secure(mechanism=mechanism).login()
                control.download("LIST", protected=False)

    def test_rfc4217_17_auth_ssl_starts_at_p(self):
        for mechanism in ("SSL", "TLS-P"):
            with self.subTest(mechanism=mechanism):
                control = self.secure(mechanism=mechanism).login()
                control.download("LIST")
                control.command("TYPE I", 200)
                self.server.put("file", b"f" * 40000)
                self.assertEqual(control.download("RETR file"), b"f" * 40000)

    def test_rfc4217_5_ccc_is_off(self):
        control = self.secure()
        self.check(control, [("CCC", 500)])
        control.login()
        self.check(control, [("CCC", 500), ("NOOP", 200)])

    def test_rfc4217_6_feat(self):
        control = self.connect()
        before = control.command("FEAT", 211).lines
        after = control.auth().command("FEAT", 211).lines
        self.assertEqual(before, after)
        features = [line.strip() for line in before]
        for feature in ("AUTH TLS", "PBSZ", "PROT"):
            self.assertEqual(features.count(feature), 1, feature)
            self.assertEqual([line for line in features
                              if line.startswith(feature[:4])], [feature])
        self.assertNotIn("CCC", features)

    def test_address_in_pasv(self):
        """TLSMasqueradeAddress: with TLS, and only then."""
        control = self.connect("nat").login()
        self.assertIn("(192,0,2,7,", control.command("PASV", 227).text)
        control = self.secure("nat").login()
        self.assertIn("(192,0,2,8,", control.command("PASV", 227).text)

    def test_help(self):
        control = self.connect()
        self.assertIn("AUTH", control.command("HELP AUTH", 214).text)
        listed = control.command("HELP", 214).text.split()
        for command in ("AUTH", "PBSZ", "PROT"):
            self.assertIn(command, listed, "not implemented, says HELP")

    def test_rfc4217_4_user_before_auth_is_forgotten(self):
        control = self.connect()
        control.command("USER alice", 331)
        control.auth()
        control.command("PASS wonder", 503)
        control.login()


@harness.both_versions
class ClearBytesBehindAuth(harness.LiveCase):
    """What was in clear is never taken for what came protected."""

    SERVER = SERVER

    def test_rfc4217_4_pipelined_bytes_are_discarded(self):
        for rest in (b"NOOP\r\n", b"USER alice\r\nPASS wonder\r\n",
                     b"NOOP\r\n" * 300, b"NOO", b"\r\n"):
            with self.subTest(rest=rest[:20]):
                self.discarded(rest)

    def discarded(self, rest):
        self.server.mark()
        control = self.connect()
        control.send(b"AUTH TLS\r\n" + rest)
        control.reply(234)
        control.handshake()
        control.command("HELP PBSZ", 214)
        control.login()
        self.assertFalse(control.pending(0.1), "more replies than commands")
        control.command("PWD", 257)
        self.assert_logged(r"(?i)discard|ignor")

    def test_bytes_after_234_are_no_command(self):
        control = self.connect()
        control.command("AUTH TLS", 234)
        control.send(b"NOOP\r\nNOOP\r\n")
        self.assertNotIn(b"200", client.read_to_end(control.sock))


@harness.both_versions
class FailedHandshakes(harness.LiveCase):
    """RFC 4217 section 10.1: a clear 421, or TLS to the end and a close."""

    SERVER = SERVER

    def setUp(self):
        self.other = self.login()
        self.addCleanup(self.still_fine)

    def still_fine(self):
        """Whatever befell the tested session, the other one lives."""
        self.assert_alive(self.other)
        self.other.download("LIST")

    def begin(self, host="main", **options):
        control = self.connect(host, **options)
        control.command("AUTH TLS", 234)
        return control

    def assert_clear_421(self, raw):
        self.assertRegex(raw, rb"\A421 [^\r\n]+\r\n\Z")

    def failed_completely(self, raw):
        """What comes for bytes that are no ClientHello, and then a FIN."""
        control = self.begin()
        control.send(raw)
        client.cut(control.sock)
        self.assert_clear_421(client.read_to_end(control.sock))

    def test_rfc4217_10_1_garbage(self):
        for raw in (b"GET / HTTP/1.0\r\n\r\n", b"USER alice\r\n", b"\0" * 64,
                    b"\xff" * 300, b"\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff",
                    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01x",
                    b"\x80\x2e\x01\x00\x02" + b"\0" * 60):
            with self.subTest(raw=raw[:16]):
                control = self.begin()
                control.send(raw)
                self.assert_clear_421(client.read_to_end(control.sock))

    def test_rfc4217_10_1_no_hello(self):
        """Nothing, a piece, SSL 2.0, an alert, data: no alert, but words."""
        hello = self.connect().new_tls().hello()
        for raw in (b"", hello[:3], hello[:-1],
                    b"\x80\x1c\x01\0\x02\0\x03\0\0\0\x10\x01\0\x80" + b"x" * 16,
                    b"\x15\x03\x03\0\x02\x02\x28",
                    b"\x15\x03\x03\0\x02\x01\x00",
                    b"\x17\x03\x03\0\x20" + b"d" * 32):
            with self.subTest(raw=raw[:16]):
                self.failed_completely(raw)

    def test_rfc4217_10_1_much_garbage(self):
        """The 421 is not lost in a reset because of what nobody reads."""
        control = self.begin()
        control.send(b"\xff" * 30000)
        raw = b""
        while True:
            piece = control.sock.recv(65536)
            if not piece:
                break
            raw += piece
        self.assert_clear_421(raw)

    def test_rfc4217_10_1_connection_closed(self):
        self.failed_completely(b"")

    def test_rfc4217_10_1_connection_closed_in_the_middle(self):
        """The session ends, and no other."""
        other = self.secure()
        before = set(self.server.sessions())
        control = self.begin()
        hello = control.new_tls().hello()
        control.send(hello[:len(hello) // 2])
        client.reset(control.sock)
        self.assertTrue(client.until(
            lambda: set(self.server.sessions()) <= before))
        self.assert_alive(other)

    def stalled(self, feed=lambda control: None):
        """How a stalled handshake ends, within the time that it has."""
        began = time.monotonic()
        control = self.begin("short")
        control.sock.settimeout(0.3)
        raw = b""
        while True:
            self.assertLess(time.monotonic() - began, 4, "no time limit")
            try:
                feed(control)
                piece = control.sock.recv(65536)
            except socket.timeout:
                continue
            except ConnectionError:
                break
            if not piece:
                break
            raw += piece
        self.assertGreater(time.monotonic() - began, 1.5, "gave up too soon")
        return raw

    def test_rfc4217_10_1_silent_client(self):
        self.assert_clear_421(self.stalled())

    def test_rfc4217_10_1_trickling_client(self):
        hello = self.connect().new_tls().hello()
        position = iter(range(len(hello)))

        def feed(control):
            at = next(position)
            control.send(hello[at:at + 1])

        self.assert_clear_421(self.stalled(feed))

    def test_rfc4217_10_1_stalled_in_the_middle(self):
        """After the server's flight only TLS may follow, or the close."""
        hello = []

        def feed(control):
            if not hello:
                hello.append(control.new_tls().hello())
                control.send(hello[0])

        found = records(self.stalled(feed))
        self.assertEqual(found[0][0], 22, "no ServerHello")

    def refused(self, host, **options):
        """A client that the server has nothing in common with."""
        control = self.begin(host, **options)
        with self.assertRaises((ssl.SSLError, ConnectionError)) as caught:
            control.handshake()
        self.assertEqual(client.read_to_end(control.sock), b"")
        return str(caught.exception)

    def test_no_usable_cipher(self):
        context = self.server.context(client.TLS1_2,
                                      ciphers="ECDHE+CHACHA20")
        self.assertIn("handshake failure", self.refused(
            "narrow", context=context).lower().replace("_", " "))
        self.assert_logged(r"(?i)no (shared|common) cipher|cipher.*in common")

    def test_key_exchange_groups(self):
        """TLSECDHCurve secp384r1, the client's choice and not."""
        context = self.server.context(client.TLS1_3)
        context.set_ecdh_curve("secp384r1")
        self.secure("group", context=context)
        self.assert_logged("group secp384r1")
        context = self.server.context(client.TLS1_3)
        context.set_ecdh_curve("prime256v1")
        self.refused("group", context=context)
        self.assert_logged("no key exchange group in common.*TLSECDHCurve")

    def test_no_common_version(self):
        context = self.server.context(client.TLS1_2)
        self.refused("one", context=context)
        self.assert_logged(r"(?i)TLS ?v?1\.2.*TLS ?v?1\.3|version")

    def test_tls1_0_client_is_refused_and_the_log_says_why(self):
        context = self.server.context(ssl.TLSVersion.TLSv1,
                                      ciphers="ALL:@SECLEVEL=0")
        self.refused("main", context=context)
        found = self.assert_logged(r"(?i).*(version|TLS ?v?1\.0).*")
        self.assertNotRegex(found.group(0), r"error:0A|tls_early_post|\.c:")


if __name__ == "__main__":
    harness.main()
