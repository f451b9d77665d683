#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Commands that arrive while a transfer goes on, or while it begins.

RFC 959 sections 4.1 and 5.1.1; RFC 4217 section 14. ABOR, QUIT, NOOP and
STAT are served then, and everything else waits for the end of the transfer:
in TLS, behind CCC, and in clear.
"""

import time

import client
import harness

#: More than all buffers between the two ends: the server cannot be through.
BIG = 24 << 20

#: What waits, and what it is answered with when the transfer is over.
HELD = ((b"PROT C", 200), (b"REST 5", 350), (b"TYPE A", 200),
        (b"MODE S", 200), (b"CWD .", 250), (b"HELP", 214),
        (b"AUTH TLS", 534), (b"STAT big", 213), (b"ABOR x", 500),
        (b"NOOP x", 200), (b"XYZZY", 500), (b"", 500), (b" NOOP", 500),
        (b"PASV", 227), (b"\xff\xf4pbsz 0", 200),
        (b"\xff\xf4\xff\xf2prot p", 200))


class _MidTransfer(harness.LiveCase):
    """Three kinds of control connections, one kind of questions."""

    SERVER = {"directives": "TLSClearCommandChannel on\n"
                            "TLSOptions AllowReinitialize\n",
              "vhosts": {"stalled": "TimeoutStalled 1\n"}}

    @classmethod
    def prepare(cls):
        cls.body = client.pattern(1 << 20) * (BIG >> 20)
        cls.server.put("big", cls.body)

    def session(self, kind):
        """A control connection, and what opens protected data on it."""
        if kind == "clear":
            control = self.connect().login()
            control.command("TYPE I", 200)
            return control, None
        control = self.login()
        session = control.session
        if kind == "CCC":
            control.command("CCC", 200)
            control.tls.close_notify()
            self.assertEqual(control.tls.read(), b"")
            control.tls = None
        return control, session

    def begin(self, kind, line="RETR big"):
        """In the middle of a transfer; behind CCC the data is protected."""
        control, session = self.session(kind)
        data = control.begin(line, session=session,
                             protected=kind != "clear")
        self.addCleanup(data.close)
        return control, data

    def replies(self, control, *codes):
        for code in codes:
            reply = control.reply()
            self.assertEqual(reply.code, code, reply.text)

    def finish(self, control, data):
        self.assertEqual(data.read_all(), self.body)
        data.finish()
        control.reply(226)

    def send_apart(self, control, raw):
        """Each byte in a record, or in a segment, of its own."""
        if control.tls is not None:
            control.tls.records(*[bytes([byte]) for byte in raw])
        else:
            for at in range(len(raw)):
                control.sock.sendall(raw[at:at + 1])


class _Questions(_MidTransfer):

    def test_rfc959_5_1_1_everything_else_waits(self):
        """Bytes and replies are those of a client that had waited."""
        for kind in self.KINDS:
            control, data = self.begin(kind)
            data.sock.recv(1, client.socket.MSG_PEEK)
            lines = [each for each in HELD if self.fits(kind, each[0])]
            raw = b"".join(line + b"\r\n" for line, _ in lines)
            control.send(raw[:40])
            self.send_apart(control, raw[40:])
            self.finish(control, data)
            self.replies(control, *[code for _, code in lines])
            control.command("NOOP", 200)

    def test_telnet_does_not_hide_a_command(self):
        """IAC WILL and an option in front; its refusal is said later."""
        for kind in self.KINDS:
            control, data = self.begin(kind)
            control.send(b"\xff\xfb\x01TYPE A\r\n")
            self.finish(control, data)
            with self.assertRaises(UnicodeDecodeError):
                control.reply()

    def fits(self, kind, line):
        """Words of RFC 2228 have other answers without TLS."""
        return kind == "TLS" or not any(
            word in line.upper() for word in (b"PROT", b"PBSZ", b"AUTH"))

    def test_rfc959_5_1_1_all_in_one_segment(self):
        """What came together with RETR waits as well; QUIT too."""
        for kind in self.KINDS:
            control, session = self.session(kind)
            data = control.data()
            control.send(b"RETR big\r\nTYPE A\r\nPROT C\r\nQUIT\r\n")
            control.reply(150)
            if kind != "clear":
                data.secure(session)
            self.finish(control, data)
            control.reply(200)
            control.reply(200 if kind == "TLS" else 503)
            control.reply(221)
            data.close()

    def test_rfc959_4_1_quit_behind_retr_alone(self):
        for kind in self.KINDS:
            control, session = self.session(kind)
            data = control.data()
            control.send(b"RETR big\r\nQUIT\r\n")
            control.reply(150)
            if kind != "clear":
                data.secure(session)
            self.finish(control, data)
            control.reply(221)
            data.close()

    def test_rein_waits(self):
        for kind in self.KINDS:
            control, data = self.begin(kind)
            control.send(b"REIN\r\n")
            self.finish(control, data)
            control.reply(220)
            if control.tls is None:
                self.is_as_after_connect(control)

    def is_as_after_connect(self, control):
        """The user is gone, and another one may come."""
        control.command("PWD", 530)
        control.command("PASS wonder", 503)
        control.login()
        control.command("PWD", 257)

    def test_upload_goes_on(self):
        for kind in self.KINDS:
            control, data = self.begin(kind, "STOR up")
            data.write(b"one\n" * 9)
            self.assertTrue(client.until(
                lambda: self.server.get("up") == b"one\n" * 9))
            control.send(b"TYPE A\r\nDELE up\r\nCCC now\r\n")
            data.write(b"two\r\n")
            data.finish()
            self.replies(control, 226, 200, 250)
            control.reply()
            self.assertIsNone(self.server.get("up"))

    def test_no_abor(self):
        """An argument, or a line that has not ended: the file is whole."""
        for kind in self.KINDS:
            control, data = self.begin(kind)
            control.send(b"ABOR x\r\nABOR\n")
            self.finish(control, data)
            control.reply(500)
            self.assertFalse(control.pending(0.1))
            control.send(b"\r\n")
            self.assertIn(control.reply().code, (225, 226))


@harness.both_versions
class MidTransfer(_Questions):
    """Behind TLS, and behind CCC."""

    KINDS = ("TLS", "CCC")

    def wait_until_blocked(self, data):
        """Until the receive buffer has stopped growing for a while."""
        seen = []

        def is_full():
            seen.append(len(data.sock.recv(1 << 26, client.socket.MSG_PEEK)))
            return len(seen) > 5 and seen[-5] == seen[-1]

        self.assertTrue(client.until(is_full))

    def heard(self, kind, lines, *codes):
        """lines abort a download that nobody reads, soon."""
        control, data = self.begin(kind)
        self.wait_until_blocked(data)
        began = time.monotonic()
        control.send(lines)
        control.sock.settimeout(5)
        got = [control.reply(426).code]
        data.close()
        got += [control.reply().code for _ in codes[1:]]
        self.assertEqual(sorted(got), sorted(codes))
        self.assertLess(time.monotonic() - began, 5)
        return control

    def test_rfc4217_14_abor_is_heard_behind_others(self):
        for kind in self.KINDS:
            for before, codes in ((b"", ()), (b"NOOP\r\n", (200,)),
                                  (b"STAT\r\n", (211,)), (b"\r\n", (500,)),
                                  (b"NOOP\r\nSTAT\r\n", (200, 211)),
                                  (b"TYPE A\r\n", (200,))):
                control = self.heard(kind, before + b"abor\r\n",
                                     426, 226, *codes)
                control.command("NOOP", 200)

    def test_rfc4217_14_abor_with_telnet_signals(self):
        for kind in self.KINDS:
            self.heard(kind, b"\xff\xf4\xff\xf2ABOR\r\n", 426, 226)

    def test_rfc959_4_1_quit_ends_the_transfer(self):
        for kind in self.KINDS:
            control = self.heard(kind, b"QUIT\r\n", 426, 221)
            if kind == "TLS":
                self.assertEqual(control.tls.read(), b"")
            else:
                self.assertEqual(client.read_to_end(control.sock), b"")

    def test_client_gone(self):
        """The end of the control connection ends a transfer that waits."""
        for kind in self.KINDS:
            before = len(self.server.sessions())
            control, data = self.begin(kind)
            control.close()
            data.sock.settimeout(8)
            self.assertLess(len(client.read_to_end(data.sock)), BIG)
            self.assertTrue(client.until(
                lambda: len(self.server.sessions()) <= before, 15))

    def test_commands_while_nobody_connects(self):
        """RETR, and its passive port stays alone; a listing, too."""
        for kind in self.KINDS:
            for line, lines, codes in (
                    ("RETR big", b"NOOP\r\nABOR\r\n", (426, 200, 226)),
                    ("STOR none", b"QUIT\r\n", (426, 221)),
                    ("LIST", b"ABOR\r\n", (426, 226))):
                control, _ = self.session(kind)
                control.command("PASV", 227)
                control.send(line.encode() + b"\r\n")
                self.assertFalse(control.pending(0.2), "nobody has connected")
                control.send(lines)
                began = time.monotonic()
                self.replies(control, *codes)
                self.assertLess(time.monotonic() - began, 5, line)
                if codes[-1] == 226:
                    control.command("NOOP", 200)

    def silent_port(self):
        """A port that answers nobody: its queue of connections is full."""
        listener = client.socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            sock = client.socket.socket()
            self.addCleanup(sock.close)
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        return listener.getsockname()[1]

    def test_commands_while_the_client_does_not_answer(self):
        """The same in active mode."""
        for kind in self.KINDS:
            for line, lines, codes in (
                    ("RETR big", b"ABOR\r\n", (426, 226)),
                    ("STOR none", b"QUIT\r\n", (426, 221))):
                control, _ = self.session(kind)
                control.command("PORT 127,0,0,1,%d,%d" % divmod(
                    self.silent_port(), 256), 200)
                control.send(line.encode() + b"\r\n")
                self.assertFalse(control.pending(0.2), "nobody has answered")
                control.send(lines)
                began = time.monotonic()
                self.replies(control, *codes)
                self.assertLess(time.monotonic() - began, 5, line)
                if codes[-1] == 226:
                    control.command("NOOP", 200)

    def test_client_gone_before_it_connects(self):
        for kind in self.KINDS:
            before = len(self.server.sessions())
            control, _ = self.session(kind)
            control.command("PASV", 227)
            control.send(b"RETR big\r\n")
            control.close()
            self.assertTrue(client.until(
                lambda: len(self.server.sessions()) <= before, 5))

    def test_a_stalled_transfer_ends_with_a_reply(self):
        for line in ("RETR big", "STOR stalls"):
            control = self.login("stalled")
            with control.begin(line):
                self.assertIn("TimeoutStalled", control.reply(421).text)
                self.assertEqual(control.tls.read(), b"")

    def waiting(self, kind):
        """RETR, 150, and no handshake of ours."""
        control, _ = self.session(kind)
        data = control.data()
        self.addCleanup(data.close)
        control.command("RETR big", 150)
        return control, data

    def test_commands_while_a_handshake_is_waited_for(self):
        for kind in self.KINDS:
            for lines, codes in ((b"ABOR\r\n", (426, 226)),
                                 (b"NOOP\r\nABOR\r\n", (426, 200, 226)),
                                 (b"QUIT\r\n", (426, 221))):
                control, _ = self.waiting(kind)
                began = time.monotonic()
                control.send(lines)
                self.replies(control, *codes)
                self.assertLess(time.monotonic() - began, 3, lines)

    def test_upload_that_is_aborted_before_its_handshake(self):
        self.server.put("kept", b"kept")
        for kind in self.KINDS:
            control, _ = self.session(kind)
            with control.data():
                control.command("STOR kept", 150)
                control.send(b"ABOR\r\n")
                self.replies(control, 426, 226)
            self.assertEqual(self.server.get("kept"), b"kept")

    def test_client_gone_while_a_handshake_is_waited_for(self):
        for kind in self.KINDS:
            before = len(self.server.sessions())
            control, _ = self.waiting(kind)
            control.close()
            self.assertTrue(client.until(
                lambda: len(self.server.sessions()) <= before, 3))


class MidTransferInClear(_Questions):
    """Without AUTH: one server, one way to read commands."""

    KINDS = ("clear",)


del _Questions, _MidTransfer

if __name__ == "__main__":
    harness.main()
