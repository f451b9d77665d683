#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Implicit TLS, ALPN, odd records, what is logged, SIGHUP, leaks.

RFC 7301 (ALPN), RFC 8446 section 5.1 (records carry no message borders),
RFC 4217 section 10.1.
"""

import os
import re
import ssl
import time

import client
import harness

LOG_FORMAT = """\
LogFormat tls "%m protocol=%{protocol} version=%{note:TLS_PROTOCOL} \
cipher=%{note:TLS_CIPHER} sni=%{note:TLS_SERVER_NAME}"
ExtendedLog {root}/extended.log ALL tls
"""


@harness.both_versions
class Implicit(harness.LiveCase):
    """TLS from the first byte: TLSOptions UseImplicitSSL."""

    SERVER = {"directives": "TLSOptions UseImplicitSSL\n" + LOG_FORMAT,
              "vhosts": {"short": "TLSOptions UseImplicitSSL\n"
                                  "TLSTimeoutHandshake 2",
                         "explicit": ""}}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"f" * 40000)

    def implicit(self, host="main", **options):
        return self.connect(host, implicit=True, **options)

    def test_login_and_transfers_start_at_p(self):
        control = self.implicit().login()
        control.command("TYPE I", 200)
        for mode in ("PASV", "PORT"):
            self.assertEqual(control.download("RETR file", mode),
                             b"f" * 40000)
            control.upload("STOR up", b"up", mode)
            control.download("LIST", mode)
        self.assertEqual(self.server.get("up"), b"up")

    def test_client_without_tls_on_its_data_connection(self):
        """It may not know that this port protects data: the 522 says so."""
        control = self.implicit().login()
        with control.data() as data:
            control.command("LIST", 150)
            client.cut(data.sock)
            self.assertIn("sent no PROT", control.reply(522).text)
        self.assert_alive(control)

    def test_auth_prot_and_feat(self):
        control = self.implicit()
        control.command("AUTH TLS", 534)
        control.command("PROT P", 503)
        control.login().protect("C")
        control.download("LIST", protected=False)
        self.assertIn("AUTH TLS", control.command("FEAT", 211).text)

    def test_protocol_is_ftps(self):
        self.implicit().login()
        self.assert_logged(r"PASS protocol=ftps version=TLSv1", "extended.log")

    def test_stranger_gets_522(self):
        control = self.implicit().login()
        with control.data() as data:
            control.command("LIST", 150)
            try:
                data.secure(None)
            except (ssl.SSLError, ConnectionError):
                pass
            control.reply(522)
        control.download("LIST")

    def test_nothing_is_said_in_clear(self):
        """No banner; and a client without TLS is sent away in time."""
        sock = client.socket.create_connection(
            self.server.address("short"), client.TIMEOUT)
        self.addCleanup(sock.close)
        began = time.monotonic()
        raw = client.read_to_end(sock)
        self.assertLess(time.monotonic() - began, 4)
        self.assertNotIn(b"220", raw)

    def test_explicit_host_beside_it(self):
        self.login("explicit").download("LIST")


@harness.both_versions
class Alpn(harness.LiveCase):
    """RFC 7301: "ftp", or no ALPN at all."""

    SERVER = {"vhosts": {"anyone": "TLSNextProtocol off"}}

    def refused(self, control):
        control.command("AUTH TLS", 234)
        with self.assertRaises((ssl.SSLError, ConnectionError)) as caught:
            control.handshake()
            control.command("NOOP")
        self.assertIn("no application protocol", str(
            caught.exception).lower().replace("_", " "))

    def test_rfc7301_3_2_only_others_offered(self):
        for offered in (("http/1.1",), ("h2", "http/1.1"), ("ftps",),
                        ("FTP",), ("ftp-data",)):
            with self.subTest(offered=offered):
                self.refused(self.connect(
                    context=self.context(alpn=offered)))
        self.assert_logged("(?i)ALPN|application protocol")

    def test_rfc7301_3_2_ftp_is_selected(self):
        for offered in (("ftp",), ("http/1.1", "ftp"),
                        ("x-filezilla-ftp", "ftp")):
            with self.subTest(offered=offered):
                control = self.login(context=self.context(alpn=offered))
                self.assertEqual(selected(control.tls), "ftp")
                with control.begin("LIST") as data:
                    self.assertEqual(selected(data.tls), "ftp")
                    data.read_all()
                control.reply(226)

    def test_switched_off(self):
        for offered in (("http/1.1",), ("ftp",)):
            with self.subTest(offered=offered):
                control = self.login(
                    "anyone", context=self.context(alpn=offered))
                self.assertIsNone(selected(control.tls))
                self.assert_transfers(control)

    def test_none_offered(self):
        control = self.login()
        self.assertIsNone(selected(control.tls))
        control.download("LIST")

    def test_data_connection_offers_others(self):
        context = self.context(alpn=["ftp"])
        control = self.login(context=context)
        context.set_alpn_protocols(["http/1.1"])
        with control.data() as data:
            control.command("LIST", 150)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                data.secure()
                data.read_all()
            control.reply(522)
        context.set_alpn_protocols(["ftp"])
        control.download("LIST")


def selected(tls):
    return tls.object.selected_alpn_protocol()


@harness.both_versions
class Records(harness.LiveCase):
    """Commands and records have nothing to do with each other."""

    def test_one_byte_per_record(self):
        control = self.secure()
        for line in (b"USER alice\r\n", b"PASS wonder\r\n", b"PWD\r\n"):
            control.tls.records(*[bytes([byte]) for byte in line])
            self.assertIn(control.reply().code, (331, 230, 257))

    def test_command_split_anywhere(self):
        control = self.secure()
        line = b"HELP NOOP\r\n"
        for at in range(1, len(line)):
            with self.subTest(at=at):
                control.tls.records(line[:at], line[at:])
                control.reply(214)
                control.tls.records(line[:at])
                self.assertFalse(control.pending(0.02))
                control.tls.records(line[at:])
                control.reply(214)

    def test_splits_cost_no_time(self):
        control = self.secure()
        began = time.monotonic()
        for _ in range(20):
            control.tls.records(b"NO", b"OP\r", b"\n")
            control.reply(200)
            control.tls.dribble(b"NOOP\r\n", 5)
            control.reply(200)
        self.assertLess(time.monotonic() - began, 3)

    def test_several_commands_in_a_record(self):
        control = self.secure()
        control.send(b"USER alice\r\nPASS wonder\r\nPBSZ 0\r\nPROT P\r\n"
                     b"PWD\r\nNOOP\r\n")
        codes = [control.reply().code for _ in range(6)]
        self.assertEqual(codes, [331, 230, 200, 200, 257, 200])

    def test_many_commands_in_many_records(self):
        control = self.secure()
        control.tls.write(b"NOOP\r\n" * 6000)
        for _ in range(6000):
            control.reply(200)

    def test_commands_right_behind_a_transfer_command(self):
        control = self.login()
        with control.data() as data:
            control.send(b"LIST\r\nNOOP\r\nPWD\r\n")
            codes = [control.reply(150).code]
            data.secure()
            data.read_all()
            data.finish()
            codes += sorted(control.reply().code for _ in range(3))
        self.assertEqual(codes, [150, 200, 226, 257])

    def test_control_connection_ends(self):
        """Each way: the process goes, the others stay."""
        other = self.login()
        ways = (client.cut, client.reset,
                lambda sock: (sock.sendall(b"\x17\x03\x03\x01"),
                              client.cut(sock)),
                lambda sock: sock.sendall(b"\x17\x03\x03\0\x20" + b"x" * 32),
                lambda sock: sock.sendall(b"NOOP\r\n" * 10))
        for way in ways:
            with self.subTest(way=way):
                before = set(self.server.sessions())
                control = self.login()
                mine = set(self.server.sessions()) - before
                way(control.sock)
                self.assertTrue(client.until(
                    lambda: not mine & set(self.server.sessions())))
                other.command("NOOP", 200)

    def test_rfc8446_6_1_quit_ends_with_close_notify(self):
        control = self.login()
        control.command("QUIT", 221)
        self.assertEqual(control.tls.read(), b"")

    def test_rfc8446_6_1_close_notify_from_the_client_is_answered(self):
        control = self.login()
        control.tls.close_notify()
        self.assertEqual(control.tls.read(), b"")
        self.assertEqual(client.read_to_end(control.sock), b"")


@harness.both_versions
class Logs(harness.LiveCase):
    """What administrators and other modules read."""

    SERVER = {"directives": LOG_FORMAT}

    GROUP = r"(?i)(x25519|secp256r1|prime256v1|P-256|secp384r1|x448)"

    def summaries(self):
        return [line for line in self.server.log().splitlines()
                if "TLSv1." in line and re.search(r"\d ?ms", line)]

    def version(self):
        return {client.TLS1_2: "TLSv1.2", client.TLS1_3: "TLSv1.3"}[
            self.VERSION]

    def test_one_summary_line_per_handshake(self):
        self.server.mark()
        control = self.login()
        for _ in range(3):
            control.download("LIST")
        client.until(lambda: len(self.summaries()) >= 4)
        lines = self.summaries()
        self.assertEqual(len(lines), 4, lines)
        self.assertEqual([("control" in line, "data" in line)
                          for line in lines],
                         [(True, False)] + [(False, True)] * 3)

    def test_summary_says_everything(self):
        self.server.mark()
        context = self.context(alpn=["ftp"])
        control = self.login(context=context, server_name="ftp.example.test")
        control.download("LIST")
        client.until(lambda: len(self.summaries()) >= 2)
        cipher = control.tls.object.cipher()[0]
        for line, resumed in zip(self.summaries(), (False, True)):
            with self.subTest(line=line):
                for word in (self.version(), cipher, "ftp.example.test",
                             "127.0.0.1"):
                    self.assertIn(word, line)
                self.assertRegex(line, r"ALPN:? ?\W?ftp")
                self.assertRegex(line, self.GROUP)
                self.assertEqual("resumed" in line, resumed)

    def test_extended_log(self):
        control = self.connect()
        control.command("NOOP", 200)
        self.assert_logged(r"NOOP protocol=ftp version=-? ", "extended.log")
        control.auth().login()
        self.assert_logged(
            r"PASS protocol=ftps version=%s cipher=%s" % (
                re.escape(self.version()),
                re.escape(control.tls.object.cipher()[0])), "extended.log")

    def test_server_name_is_noted(self):
        self.secure(server_name="ftp.example.test").login()
        self.assert_logged(r"PASS .*sni=ftp\.example\.test", "extended.log")

    def test_refused_data_connection_is_logged(self):
        control = self.login()
        with control.data() as data:
            control.command("LIST", 150)
            data.sock.sendall(b"no TLS\r\n" * 8)
            control.reply(522)
        self.assert_logged(r"(?i)data.*(handshake|fail|TLS)")
        self.assertNotIn("panic", self.server.log())


@harness.both_versions
class LongLives(harness.LiveCase):
    """SIGHUP, and sessions with many transfers."""

    def test_sessions_survive_a_sighup(self):
        before = self.login()
        for _ in range(3):
            self.server.reload()
            before.download("LIST")
            self.login().download("LIST")
        before.command("NOOP", 200)

    def test_no_descriptor_leaks(self):
        known = set(self.server.sessions())
        control = self.login()
        pid = self.only_new_session(known)
        self.some_transfers(control, 2)
        control.command("NOOP", 200)
        before = self.descriptors(pid)
        self.some_transfers(control, 13)
        control.command("NOOP", 200)
        client.until(lambda: self.descriptors(pid) == before)
        self.assertEqual(self.descriptors(pid), before)

    def only_new_session(self, known):
        """A busy daemon may fork late for a connection that is gone."""
        client.until(lambda: len(set(self.server.sessions()) - known) == 1)
        return (set(self.server.sessions()) - known).pop()

    def some_transfers(self, control, rounds):
        """Four transfers a round, one of which fails."""
        for at in range(rounds):
            control.upload("STOR leak", b"leak" * at)
            control.download("RETR leak", mode=("PASV", "PORT")[at % 2])
            control.download("LIST")
            with control.data() as data:
                control.command("RETR leak", 150)
                data.sock.sendall(b"garbage, not TLS")
                control.reply(522)

    def descriptors(self, pid):
        """What the process has open, without the ends of connections."""
        folder = "/proc/%d/fd" % pid
        try:
            return sorted(os.listdir(folder))
        except PermissionError:
            self.skipTest("may not read " + folder)


OTHERS = [name for name in harness.STOCK_MODULES
          if harness.stock_module(name) and name != "mod_tls"]


class OtherModulesBehind(harness.LiveCase):
    """All the stock modules that this ProFTPD has."""

    SERVER = {"modules": OTHERS}

    def test_works_beside_them(self):
        control = self.login()
        control.upload("STOR beside", b"beside" * 1000)
        self.assertEqual(control.download("RETR beside"), b"beside" * 1000)


class OtherModulesBefore(OtherModulesBehind):
    """The same, loaded first."""

    SERVER = {"before": OTHERS}


if __name__ == "__main__":
    harness.main()
