#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""CCC: the control connection goes back to clear, data connections do not.

RFC 4217 sections 5, 12.3 and 15.3; RFC 2228 section 3.
"""

import ssl
import time

import client
import harness
import strace

#: What the server waits for a close_notify, in seconds, and some leeway.
PATIENCE = 5.0
LEEWAY = 2.0

BODY = bytes(range(256)) * 800

SERVER = {
    "directives": "TLSClearCommandChannel on\n"
                  "TLSSessionReuse connection\n"
                  "LogFormat ccc \"%m:%{protocol}:%{note:TLS_PROTOCOL}:"
                  "%{note:TLS_DATA_PROTOCOL}:%s\"\n"
                  "ExtendedLog {root}/extended.log ALL ccc",
    "vhosts": {
        "off": "TLSClearCommandChannel off",
        "must": "TLSClearCommandChannel on\nTLSControlProtection required",
        "idle": "TLSClearCommandChannel on\nTimeoutIdle 2",
        "private": "TLSClearCommandChannel on\nTLSDataProtection required",
        "lenient": "TLSClearCommandChannel on\n"
                   "TLSOptions NoSessionReuseRequired",
    },
}


class CccCase(harness.LiveCase):

    SERVER = SERVER

    @classmethod
    def prepare(cls):
        cls.server.put("file", BODY)

    def go_clear(self, control):
        """Our half of the closing; returns the session for data."""
        session = control.session
        self.assertEqual(control.tls.read(), b"", "close_notify")
        control.tls.close_notify()
        control.tls = None
        return session

    def cleared(self, host="main", level="P", **options):
        """A session after CCC, and the TLS session that it leaves."""
        control = self.login(host, level, **options)
        control.command("CCC", 200)
        return control, self.go_clear(control)

    def assert_clear(self, control, codes=(("NOOP", 200), ("PWD", 257))):
        for line, code in codes:
            with self.subTest(line=line):
                control.command(line, code)
        self.assertFalse(control.pending(0.1), "more replies than commands")

    def assert_ends(self, control):
        """The server says nothing readable any more, and closes."""
        raw = client.read_to_end(control.sock)
        self.assertNotRegex(raw, rb"(?m)^\d{3}[ -]")


@harness.both_versions
class Replies(CccCase):
    """The table of section 5: 500, 533, 534, 200, in this order."""

    def test_rfc4217_5_ccc_off(self):
        self.connect("off").command("CCC", 500)
        self.secure("off").command("CCC", 500)
        control = self.login("off")
        control.command("CCC", 500)
        control.download("RETR file")

    def test_rfc2228_3_ccc_has_no_parameter(self):
        self.login("off").command("CCC now", 500)
        control = self.login()
        control.command("CCC now", 501)
        self.assert_transfers(control)
        control.command("CCC", 200)

    def test_rfc4217_5_ccc_not_protected(self):
        self.connect().command("CCC", 533)
        self.connect().login().command("CCC", 533)

    def test_rfc4217_15_3_ccc_before_login(self):
        control = self.secure()
        control.command("CCC", 534)
        control.command("USER alice", 331)
        control.command("CCC", 534)
        control.login()
        control.command("CCC", 200)
        self.go_clear(control)
        self.assert_clear(control)

    def test_rfc4217_5_ccc_excluded_by_policy(self):
        control = self.secure("must")
        control.command("CCC", 534)
        control.login().protect()
        control.command("CCC", 534)
        control.download("LIST")

    def test_rfc4217_5_ccc_accepted(self):
        control, _ = self.cleared()
        self.assert_clear(control)
        control.quit()

    def test_rfc4217_5_second_ccc(self):
        control, _ = self.cleared()
        self.assert_clear(control, [("CCC", 533), ("CCC", 533)])

    def test_rfc4217_6_feat_offers_ccc(self):
        for host, offered in (("main", True), ("off", False)):
            feat = self.connect(host).command("FEAT", 211).text
            self.assertEqual("CCC" in feat.split(), offered)

    def test_in_any_case(self):
        control = self.login()
        control.command("ccc", 200)
        self.go_clear(control)
        self.assert_clear(control)


@harness.both_versions
class Afterwards(CccCase):
    """Data connections stay as they were; nothing of it can be changed."""

    def test_rfc4217_5_no_more_pbsz_prot_auth(self):
        control, session = self.cleared()
        self.assert_clear(control, [
            ("PBSZ 0", 503), ("PROT C", 503), ("PROT P", 503), ("PROT", 503),
            ("AUTH TLS", 534), ("AUTH SSL", 534)])
        self.assertEqual(control.download("RETR file", session=session), BODY)

    def test_rfc4217_5_data_stays_protected(self):
        for mode in ("PASV", "EPSV", "PORT", "EPRT"):
            with self.subTest(mode=mode):
                control, session = self.cleared()
                for _ in range(2):
                    self.assertEqual(control.download(
                        "RETR file", mode, session), BODY)
                control.upload("STOR up", BODY, mode, session)
                self.assertEqual(self.server.get("up"), BODY)
                for line in ("LIST", "NLST", "MLSD"):
                    self.assertIn(b"file", control.download(
                        line, mode, session))

    def test_rfc4217_5_data_in_clear_is_not_served(self):
        control, _ = self.cleared()
        with control.data() as data:
            control.command("RETR file", 150)
            data.sock.sendall(b"\r\n\r\n")
            self.assertNotIn(BODY[:100], client.read_to_end(data.sock))
            control.reply(522)
        self.assert_clear(control)

    def test_rfc4217_5_data_stays_clear(self):
        control, _ = self.cleared(level="C")
        self.assertEqual(
            control.download("RETR file", protected=False), BODY)
        self.assert_clear(control)

    def test_rfc4217_10_2_data_stays_bound(self):
        context = self.context()
        other = self.secure(context=context).login("bob", "builder")
        other.command("NOOP", 200)
        foreign = other.session
        for session in (None, foreign):
            control, _ = self.cleared(context=context)
            with control.data() as data:
                control.command("RETR file", 150)
                try:
                    data.secure(session)
                    self.assertEqual(data.read_all(), b"")
                except (ssl.SSLError, client.Cut, ConnectionError):
                    pass
                self.assertIn("resume", control.reply(522).text)
            self.assert_clear(control)

    def test_data_without_reuse_where_that_is_allowed(self):
        control, _ = self.cleared("lenient")
        self.assertEqual(control.download("RETR file", session=None), BODY)

    def test_rfc4217_10_2_frozen_at_the_wrong_level(self):
        control, _ = self.cleared("private", level=None)
        with control.data():
            reply = control.command("RETR file", 521)
        self.assertIn("before CCC", reply.text)
        self.assert_clear(control)

    def test_abor_in_clear_ends_a_protected_transfer(self):
        self.server.put("big", b"b" * (48 << 20))
        control, session = self.cleared()
        with control.begin("RETR big", session=session) as data:
            data.tls.read()
            control.send(b"ABOR\r\n")
            try:
                data.read_all()
            except (client.Cut, ssl.SSLError, ConnectionError):
                pass
            control.reply(426)
            control.reply(226, 225)
        self.assert_clear(control)
        control.download("RETR file", session=session)

    def test_idle_timeout_is_told_in_clear(self):
        control, _ = self.cleared("idle")
        self.assertRegex(
            client.read_to_end(control.sock), rb"\A421 [^\r\n]+\r\n\Z")

    def test_what_logs_and_notes_say(self):
        control, session = self.cleared()
        control.command("NOOP", 200)
        control.download("RETR file", session=session)
        version = "TLSv1.2" if self.VERSION == client.TLS1_2 else "TLSv1.3"
        self.assert_logged(r"PASS:ftps:%s::230" % version, "extended.log")
        self.assert_logged(r"NOOP:ftp:::200", "extended.log")
        self.assert_logged(r"RETR:ftp::%s:226" % version, "extended.log")
        self.assert_logged(r"CCC: control connection from .* is in clear: "
                           "close_notify both ways")


@harness.both_versions
class Unwraps(CccCase):
    """How the other end of TLS ends, and what it sends behind it."""

    def last_records(self, control, *lines):
        """Our close_notify and what goes in clear behind it, as bytes."""
        raw = b""
        try:
            control.tls.object.unwrap()
        except ssl.SSLError:
            pass
        raw += control.tls._out.read()
        for line in lines:
            raw += line + b"\r\n"
        return raw

    def ccc(self, control):
        control.command("CCC", 200)
        self.assertEqual(control.tls.read(), b"")

    def test_rfc4217_12_3_clear_command_in_the_same_segment(self):
        control = self.login()
        session = control.session
        self.ccc(control)
        control.sock.sendall(self.last_records(
            control, b"NOOP", b"PWD", b"MKD once"))
        control.tls = None
        control.reply(200)
        control.reply(257)
        control.reply(257)
        self.assert_clear(control, [("RMD once", 250), ("RMD once", 550)])
        control.download("RETR file", session=session)

    def test_close_notify_byte_by_byte(self):
        control = self.login()
        self.ccc(control)
        for byte in self.last_records(control, b"NOOP"):
            control.sock.sendall(bytes([byte]))
        control.tls = None
        control.reply(200)
        self.assert_clear(control)

    def test_bytes_that_come_behind_a_look(self):
        """The server looks into its socket, finds nothing, and is held up; what
        comes meanwhile is not taken for what it has not seen."""
        for notify in (False, True):
            for step in (1, 100):
                with self.subTest(notify=notify, step=step):
                    self.held_up(notify, step)

    def held_up(self, notify, step):
        control, pid = self.login_of_pid()
        with strace.injecting(pid, "recvfrom", "delay_exit=200000"):
            self.ccc(control)
            raw = self.last_records(control, b"NOOP") if notify \
                else b"NOOP\r\n"
            for at in range(0, len(raw), step):
                control.sock.sendall(raw[at:at + step])
            control.tls = None
            control.reply(200)
        self.assert_clear(control)

    def unread(self, control):
        """How many bytes the server has not taken from its socket."""
        own = ":%04X" % control.sock.getsockname()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as stream:
                for row in map(str.split, stream):
                    if row[2].endswith(own):
                        return int(row[4].split(":")[1], 16)
        raise AssertionError("no such connection")

    def test_line_end_in_two_reads(self):
        """ProFTPD up to 1.3.9 takes a line feed that comes alone for data."""
        control, _ = self.cleared()
        for byte in b"NOOP\r\n":
            control.send(bytes([byte]))
            self.assertTrue(client.until(
                lambda: self.unread(control) == 0, 3), "nobody reads it")
        control.reply(200)
        self.assert_clear(control)

    def test_close_notify_before_the_reply_is_read(self):
        """All of it in one segment: CCC, close_notify, the next command."""
        control = self.login()
        raw = control.tls.encrypt(b"CCC\r\n")
        control.sock.sendall(raw + self.last_records(control, b"NOOP"))
        time.sleep(0.5)
        received = control.sock.recv(65536)
        while not received.endswith(b"\r\n"):
            received += control.sock.recv(65536)
        self.assertRegex(received, rb"200 NOOP[^\r\n]*\r\n\Z")
        control.tls = None
        self.assert_clear(control)

    def test_rfc4217_5_no_close_notify_but_the_next_command(self):
        """As curl does it in its passive way of CCC."""
        for rest in (b"NOOP\r\n", b"X\r\n", b"\xff\xf4\xff\xf2NOOP\r\n"):
            with self.subTest(rest=rest):
                self.server.mark()
                control = self.login()
                self.ccc(control)
                control.tls = None
                begin = time.monotonic()
                control.send(rest)
                control.reply(200, 500)
                self.assertLess(time.monotonic() - begin, PATIENCE / 2)
                self.assert_clear(control)
                self.assert_logged("sent no close_notify")

    def test_no_answer_at_all(self):
        control = self.login()
        session = control.session
        self.ccc(control)
        control.tls = None
        self.assert_logged("has not answered", seconds=PATIENCE + LEEWAY)
        self.assert_clear(control)
        control.download("RETR file", session=session)

    def watched(self):
        """A session, and a function that says whether it has ended."""
        before = set(self.server.sessions())
        control = self.login()
        pids = set(self.server.sessions()) - before
        self.assertTrue(pids)
        return control, lambda: not pids & set(self.server.sessions())

    def test_closed_at_once(self):
        for end in (client.cut, client.reset):
            with self.subTest(end=end.__name__):
                control, is_gone = self.watched()
                control.command("CCC", 200)
                end(control.sock)
                self.assertTrue(client.until(is_gone), "still there")

    def test_closed_without_reading_the_reply(self):
        control, is_gone = self.watched()
        control.send(b"CCC\r\n")
        client.reset(control.sock)
        self.assertTrue(client.until(is_gone), "still there")

    def test_commands_inside_tls_behind_ccc_are_thrown_away(self):
        for pieces in ((b"CCC\r\nMKD evil\r\n",),
                       (b"CCC\r\n", b"MKD evil\r\n"),
                       (b"CCC\r\n", b"MKD evil\r\n" * 2000)):
            with self.subTest(pieces=len(b"".join(pieces))):
                self.server.mark()
                control = self.login()
                control.tls.records(*pieces)
                control.reply(200)
                self.go_clear(control)
                self.assert_clear(control, [("RMD evil", 550)])
                self.assert_logged("discarded .* after CCC")

    def test_commands_inside_tls_after_the_reply(self):
        control = self.login()
        control.command("CCC", 200)
        control.tls.records(b"MKD evil\r\n")
        self.go_clear(control)
        self.assert_clear(control, [("RMD evil", 550)])
        self.assert_logged("discarded .* after CCC")

    def test_cut_inside_a_record(self):
        """Nobody can tell where TLS ends: the session does."""
        control = self.login()
        self.ccc(control)
        control.sock.sendall(self.last_records(control)[:-1])
        begin = time.monotonic()
        self.assert_ends(control)
        self.assertLess(time.monotonic() - begin, PATIENCE + LEEWAY)

    def test_forged_record(self):
        control = self.login()
        self.ccc(control)
        control.sock.sendall(b"\x17\x03\x03\x00\x20" + b"\0" * 32
                             + b"MKD evil\r\n")
        self.assert_ends(control)

    def test_records_without_end(self):
        """The time limit holds for whoever never stops sending, too."""
        control = self.login()
        self.ccc(control)
        begin = time.monotonic()
        with self.assertRaises(OSError):
            while time.monotonic() - begin < PATIENCE + LEEWAY:
                control.tls.records(b"MKD evil\r\n")
                time.sleep(0.01)
        self.assertIsNone(self.server.get("evil"))

    def test_ccc_during_a_transfer_waits_for_its_end(self):
        self.server.put("big", b"b" * (8 << 20))
        control = self.login()
        session = control.session
        with control.begin("RETR big", session=session) as data:
            data.tls.read()
            control.send(b"CCC\r\n")
            self.assertEqual(len(data.read_all()) > 4 << 20, True)
            data.finish()
        control.reply(226)
        control.reply(200)
        self.go_clear(control)
        self.assert_clear(control)
        control.download("RETR file", session=session)


if __name__ == "__main__":
    harness.main()
