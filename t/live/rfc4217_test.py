#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Clauses of RFC 4217 and RFC 2228 that no other file is about.

doc/RFC4217 names the test of every clause. Here are the ways around the
protection that section 15.2 thinks of, urgent data (section 14), third party
transfers (section 7), and what the order of commands does not matter for.
"""

import os
import re
import shutil
import socket
import unittest

import client
import harness

#: Another address of the same host: another host, to the server.
ELSEWHERE = "127.0.0.2"

SERVER = {
    "directives": "TLSTimeoutHandshake 3",
    "vhosts": {
        "lax": "TLSOptions NoSessionReuseRequired",
        "implicit": "TLSOptions UseImplicitSSL",
        "home": "AllowForeignAddress off",
        "foreign": "AllowForeignAddress on",
    },
}


def connect_from(address, port, host="127.0.0.1"):
    """A bare connection to the server from another address."""
    return socket.create_connection((host, port), client.TIMEOUT,
                                    source_address=(address, 0))


def passive_port(control):
    text = control.command("PASV", 227).text
    high, low = re.search(r",(\d+),(\d+)\)", text).groups()
    return int(high) * 256 + int(low)


@harness.both_versions
class Negotiation(harness.LiveCase):
    """Sections 4, 6, 8, 9 and 12: what comes when."""

    SERVER = SERVER

    def test_rfc4217_4_session_starts_in_clear(self):
        control = self.connect()
        self.assertIsNone(control.tls)
        control.command("NOOP", 200)

    def test_rfc4217_4_1_rejected_auth_leaves_the_session(self):
        control = self.connect()
        control.command("AUTH KERBEROS_V4", 504)
        control.login()
        control.download("NLST", protected=False)

    def test_rfc4217_12_1_auth_need_not_come_first(self):
        control = self.connect()
        for line, code in (("NOOP", 200), ("FEAT", 211), ("SYST", 215),
                           ("USER bob", 331), ("PASS wrong", 530)):
            control.command(line, code)
        control.auth().login().protect()
        control.download("NLST")

    def test_rfc4217_12_1_prot_before_and_after_login(self):
        self.secure().protect().login().download("NLST")
        self.secure().login().protect().download("NLST")

    def test_rfc4217_4_2_nothing_else_is_set_before_auth(self):
        control = self.connect()
        for line in ("STRU F", "MODE S", "REST 5", "PASV", "EPSV",
                     "PORT 127,0,0,1,200,1", "EPRT |1|127.0.0.1|51201|",
                     "CWD /", "RNFR file", "ALLO 5"):
            with self.subTest(line=line):
                self.assertEqual(control.command(line).code // 100, 5)

    def test_rfc4217_4_2_type_is_ascii_after_auth(self):
        self.server.put("lines", b"one\ntwo\n")
        control = self.secure().login().protect()
        self.assertEqual(control.download("RETR lines"), b"one\r\ntwo\r\n")

    def test_rfc4217_4_2_type_before_auth_is_forgotten(self):
        self.server.put("lines", b"one\ntwo\n")
        control = self.connect()
        control.command("TYPE I", 200)
        control.auth().login().protect()
        self.assertEqual(control.download("RETR lines"), b"one\r\ntwo\r\n")

    def test_rfc4217_4_2_login_before_auth_is_none_after_it(self):
        control = self.connect()
        control.command("USER alice", 331)
        control.auth()
        control.command("PWD", 530)
        control.command("PASS wonder", 503)

    def test_rfc4217_6_feat_is_a_reply_of_rfc2389(self):
        lines = self.secure().command("FEAT", 211).lines
        self.assertRegex(lines[0], r"^211-")
        self.assertRegex(lines[-1], r"^211 ")
        for line in lines[1:-1]:
            self.assertRegex(line, r"^ [!-~]+")
        self.assertIn(" AUTH TLS", lines)

    def test_rfc4217_9_level_lasts_until_the_next_prot(self):
        control = self.secure().protect().login()
        for _ in range(3):
            control.download("NLST")
        control.command("CWD .", 250)
        control.command("PBSZ 0", 200)
        control.upload("STOR lasting", b"1")
        control.command("PROT C", 200)
        for _ in range(3):
            control.download("NLST", protected=False)


class Without(harness.LiveCase):
    """TLSEngine is off: as if the module were not there."""

    SERVER = {"tls": ""}

    def test_rfc2228_3_auth_where_the_engine_is_off(self):
        control = self.connect()
        for line in ("AUTH TLS", "PBSZ 0", "PROT P", "CCC"):
            with self.subTest(line=line):
                control.command(line, 500)
        self.assertNotIn("AUTH", control.command("FEAT", 211).text)
        control.login()


class Broken(harness.LiveCase):
    """A certificate that has gone bad under a server that runs, and that
    keeps no earlier key."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
                     "TLSCertificateFile {root}/own.pem {pki}/rsa.key\n"
                     "TLSKeyIsolation off\n"}

    @classmethod
    def prepare(cls):
        shutil.copy(cls.server.pki.path("rsa-chain.pem"),
                    cls.server.path("own.pem"))

    def test_rfc2228_3_auth_without_a_certificate(self):
        self.login().download("NLST")
        with open(self.server.path("own.pem"), "w", encoding="ascii") as file:
            file.write("renewal cut sh")
        self.server.reload()
        control = self.connect()
        control.command("AUTH TLS", 431)
        control.login()


@harness.both_versions
class ThirdParties(harness.LiveCase):
    """Sections 7 and 15.2: somebody else at the other end."""

    SERVER = SERVER

    def port_line(self, command, host, port):
        if command == "EPRT":
            return "EPRT |1|%s|%d|" % (host, port)
        return "PORT %s,%d,%d" % (host.replace(".", ","),
                                  port // 256, port % 256)

    def port_refused(self, name, *addresses):
        """PORT and EPRT to these places; the session goes on."""
        control = self.login(name)
        for command in ("PORT", "EPRT"):
            for host, port in addresses:
                with self.subTest(command=command, host=host, port=port):
                    code = control.command(
                        self.port_line(command, host, port)).code
                    self.assertIn(code, (500, 501))
        self.assertEqual(control.command("LIST").code // 100, 4)
        self.assert_transfers(control)

    def test_rfc4217_15_2_1_port_of_another_host(self):
        self.port_refused("main", (ELSEWHERE, 40000), ("192.0.2.1", 40000))

    def test_rfc4217_15_2_1_low_port(self):
        """Whatever AllowForeignAddress says."""
        for name in ("main", "home", "foreign"):
            self.port_refused(name, ("127.0.0.1", 25), ("127.0.0.1", 1023))

    def test_rfc4217_15_2_1_port_of_another_host_that_is_allowed(self):
        control = self.login("foreign")
        for command in ("PORT", "EPRT"):
            control.command(self.port_line(command, ELSEWHERE, 40000), 200)

    def test_rfc4217_15_2_1_we_never_speak_first(self):
        """A service that is made to take our data connection hears nothing:
        the TLS server waits for a ClientHello."""
        control = self.login()
        self.server.put("command", b"QUIT\r\n" * 100)
        data = control.data("PORT")
        with data:
            control.command("RETR command", 150)
            data.open()
            self.assertEqual(client.read_to_end(data.sock), b"")
        control.reply(522)
        self.assert_transfers(control)

    def test_rfc4217_7_server_to_server(self):
        """Scenario iii: two TLS servers wait for each other, and both say
        so; nothing is stored."""
        self.server.put("source", b"s" * 1000)
        taker, giver = self.login(), self.login()
        port = passive_port(taker)
        giver.command(self.port_line("PORT", "127.0.0.1", port), 200)
        taker.send(b"STOR target\r\n")
        giver.send(b"RETR source\r\n")
        for control in (taker, giver):
            control.reply(150)
        for control in (taker, giver):
            control.reply(522)
            self.assert_transfers(control)
        self.assertIsNone(self.server.get("target"))

    def stolen(self, control, session, line="RETR secret"):
        """What a client at another address gets over our data port.

        Where the server closes at once, that is nothing."""
        sock = connect_from(ELSEWHERE, passive_port(control))
        with client.Data(control, sock) as data:
            control.command(line, 150)
            try:
                data.secure(session)
                if line.startswith("STOR"):
                    data.write(b"planted")
                    data.finish()
                return data.read_all()
            except (client.Cut, OSError):
                return b""

    def test_rfc4217_15_2_6_thief_without_a_session(self):
        control = self.login()
        self.server.put("secret", b"secret" * 100)
        self.assertEqual(self.stolen(control, None), b"")
        self.assertIn("resume", control.reply(522).text)
        self.assert_logged("522")
        self.assert_transfers(control)

    def test_rfc4217_15_2_6_thief_with_a_session_of_his_own(self):
        one = self.context()
        thief, control = self.login(context=one), self.login(context=one)
        self.server.put("secret", b"secret" * 100)
        self.assertEqual(self.stolen(control, thief.session), b"")
        control.reply(522)
        self.assert_transfers(thief)
        self.assert_transfers(control)

    def test_rfc4217_15_2_6_nothing_is_stored_for_a_thief(self):
        control = self.login()
        self.assertEqual(self.stolen(control, None, "STOR planted"), b"")
        control.reply(522)
        self.assertIsNone(self.server.get("planted"))
        self.assert_transfers(control)

    def test_rfc4217_15_2_6_thief_who_speaks_no_tls(self):
        control = self.login()
        self.server.put("secret", b"secret" * 100)
        port = passive_port(control)
        with connect_from(ELSEWHERE, port) as thief:
            control.command("RETR secret", 150)
            thief.sendall(b"give me the file\r\n")
            received = client.read_to_end(thief)
        self.assertNotIn(b"secret", received)
        control.reply(522)
        self.assert_transfers(control)

    def test_rfc4217_15_2_6_foreign_address_that_is_not_allowed(self):
        """Told by ProFTPD, before any TLS; the session does not help."""
        control = self.login("home")
        self.server.put("secret", b"secret" * 100)
        with connect_from(ELSEWHERE, passive_port(control)) as thief:
            control.command("RETR secret", 425)
            self.assertEqual(client.read_to_end(thief), b"")
        self.assert_logged("(?i)foreign", "system.log")
        self.assert_transfers(control)

    def test_rfc4217_15_1_1_same_certificate_on_both_connections(self):
        control = self.login("lax")
        with control.begin("NLST", session=None) as data:
            self.assertEqual(data.tls.object.getpeercert(True),
                             control.tls.object.getpeercert(True))
            data.read_all()
            data.finish()
        control.reply(226)


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "needs mod_ifsession")
@harness.both_versions
class PerUser(harness.LiveCase):
    """Section 10.1 and 10.2: policies "for certain users"."""

    SERVER = {"modules": ("mod_ifsession",), "directives": """
<IfUser bob>
  TLSOptions NoSessionReuseRequired
  TLSDataProtection required
</IfUser>
"""}

    def test_rfc4217_10_2_reuse_for_certain_users(self):
        bob = self.secure().login("bob", "builder").protect()
        bob.download("NLST", session=None)
        alice = self.login()
        with alice.begin("NLST", session=None):
            alice.reply(522)

    def test_rfc4217_10_2_view_for_certain_users(self):
        bob = self.secure().login("bob", "builder")
        bob.data().close()
        bob.command("NLST", 521)
        self.secure().login().download("NLST", protected=False)


@harness.both_versions
class UrgentData(harness.LiveCase):
    """Section 14: TLS knows no urgent data, and TCP's does no harm."""

    SERVER = SERVER

    def send_urgent(self, control, line):
        """A record whose last byte is urgent, as clients with IP and DM
        of RFC 959 in mind send it."""
        control.sock.send(control.tls.encrypt(line), socket.MSG_OOB)

    def test_rfc4217_14_urgent_record(self):
        control = self.login()
        for line, code in ((b"NOOP\r\n", 200), (b"PWD\r\n", 257)):
            self.send_urgent(control, line)
            control.reply(code)
        self.assert_transfers(control)

    def test_rfc4217_14_urgent_record_during_a_transfer(self):
        self.transfer_with_urgent(self.login())
        implicit = self.connect("implicit", implicit=True).login()
        implicit.command("TYPE I", 200)
        self.transfer_with_urgent(implicit)

    def transfer_with_urgent(self, control):
        body = client.pattern(4 << 20)
        self.server.put("big", body)
        with control.begin("RETR big") as data:
            received = data.tls.read(1000)
            self.send_urgent(control, b"NOOP\r\n")
            received += data.read_all()
            data.finish()
        self.assertEqual({control.reply().code, control.reply().code},
                         {200, 226})
        self.assertEqual(received, body)
        self.assert_transfers(control)

    def test_rfc4217_14_abor_with_telnet_signals_and_urgent(self):
        control = self.login()
        self.server.put("big", client.pattern(8 << 20))
        with control.begin("RETR big") as data:
            data.tls.read(1000)
            self.send_urgent(control, b"\xff\xf4\xff\xf2ABOR\r\n")
            self.assertEqual(control.reply().code, 426)
            self.assertEqual(control.reply().code, 226)
        self.assert_transfers(control)

    def assert_records(self, received):
        """TLS and nothing else: content type, version 3.3, length."""
        while received:
            self.assertIn(received[0], (21, 23), received)
            self.assertEqual(received[1:3], b"\x03\x03", received)
            size = 5 + int.from_bytes(received[3:5], "big")
            self.assertGreaterEqual(len(received), size, received)
            received = received[size:]

    def test_rfc4217_14_urgent_byte_outside_of_tls(self):
        """A byte that is no TLS ends this session, and no other: nothing
        behind it is executed, and nothing is said in clear."""
        other, before = self.login(), len(self.server.sessions())
        control = self.login()
        control.sock.send(b"!", socket.MSG_OOB)
        self.assertTrue(client.until(
            lambda: client.is_acknowledged(control.sock)))
        control.sock.sendall(control.tls.encrypt(b"MKD evil\r\n"))
        self.assert_records(client.read_to_end(control.sock))
        control.close()
        self.assert_logged("what arrived is not TLS")
        self.assertTrue(client.until(
            lambda: len(self.server.sessions()) <= before))
        self.assertFalse(os.path.exists(
            os.path.join(self.server.home, "evil")))
        self.assert_transfers(other)
        self.assert_transfers(self.login())
        self.assertEqual(self.server.complaints(), [])


if __name__ == "__main__":
    harness.main()
