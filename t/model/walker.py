# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Walks through a sequence of steps with a real client, and compares each
reply with what the oracle has predicted.

A step is a tuple of words: what is done, and how.
"""

import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import client   # noqa: E402
from oracle import CLOSED, UNKNOWN, Expected, Oracle  # noqa: E402

#: More than the sockets of both sides hold.
BIG = 32 << 20

SMALL = b"small\r\n" * 40

#: What no TLS server takes for a ClientHello.
NO_TLS = b"GET / HTTP/1.0\r\n\r\n"

#: Full handshakes that one session may have signed (lifecycle.c); with one
#: spent for the connection itself, and ten kept for REIN.
FRESH = 1

PASSWORDS = {"alice": "wonder", "bob": "builder", "carol": "singer"}


class Difference(AssertionError):
    """The server has said something else."""


class Walker:
    """One client of one host, on one connection after another."""

    def __init__(self, machine, host, address, contexts):
        self.host = host
        self.address = address
        self.context, self.distrustful = contexts
        self.oracle = Oracle(machine, host)
        self.control = None
        self.session = None
        self.pending = None
        self.fresh = 0
        self.active = False
        self.words = ("connect",)
        self.count = lambda expected, words: None

    # -- replies

    def compare(self, expected):
        """Reads what was predicted, and nothing else."""
        for each in expected:
            if each is CLOSED:
                self.expect_end()
            else:
                self.expect_reply(each)
            self.count(each, self.words)

    def expect_reply(self, expected):
        try:
            reply = self.control.reply()
        except (OSError, ValueError, AssertionError) as error:
            raise Difference("predicted %s %s, got %s: %s" % (
                expected + (type(error).__name__, error))) from error
        if str(reply.code) != expected.code or (
                expected.text is not None and
                not reply.lines[-1][4:].startswith(expected.text)):
            raise Difference("predicted %s %s, got %s" % (expected + (reply,)))
        return reply

    def expect_end(self):
        """The server closes; in between comes no reply that can be read."""
        raw = client.read_to_end(self.control.sock)
        self.leave()
        if re.search(rb"(?m)^[1-6]\d\d[ -]", raw):
            raise Difference("predicted the end, got %r" % raw)

    def leave(self):
        if self.pending is not None:
            self.pending.close()
            self.pending = None
        if self.control is not None:
            self.control.close()
            self.control = None

    # -- steps

    def step(self, words):
        if self.control is None and words[0] != "connect":
            self.do_connect("good")
        self.words = words
        if self.control is None or words[0] != "connect":
            getattr(self, "do_" + words[0])(*words[1:])

    def do_connect(self, how):
        self.leave()
        self.oracle = Oracle(self.oracle.machine, self.host)
        self.session, self.fresh, self.active = None, 0, False
        expected = self.oracle.connect(how)
        self.control = client.Control.__new__(client.Control)
        self.control.__dict__.update(
            context=self.context, server_name=None, tls=None, _buffer=b"",
            sock=client.socket.create_connection(
                self.address, client.TIMEOUT))
        self.control.sock.setsockopt(
            client.socket.IPPROTO_TCP, client.socket.TCP_NODELAY, 1)
        if self.host.implicit:
            if how == "good":
                self.control.handshake()
                self.session = self.control.session
            else:
                self.break_handshake(how)
        elif how == "tls":
            self.expect_reply(expected.pop(0))
            self.control.sock.sendall(self.control.new_tls().hello())
        self.compare(expected)

    def break_handshake(self, how):
        """What a client that fails says in the place of a handshake."""
        sock = self.control.sock
        if how == "alert":
            self.control.context = self.distrustful
            try:
                self.control.new_tls().handshake()
                raise Difference("a client without CAs is content")
            except ssl.SSLError:
                return
        if how == "half":
            sock.sendall(self.control.new_tls().hello()[:60])
        elif how == "plain":
            sock.sendall(NO_TLS)
        client.cut(sock)

    def do_say(self, line):
        expected = self.oracle.simple(line)
        self.control.send(line.encode() + b"\r\n")
        self.compare(expected)

    def do_unknown(self, times):
        """One after the other, while the session lasts."""
        for _ in range(int(times)):
            if self.control is not None:
                self.do_say(UNKNOWN)

    def do_pbsz(self, size):
        self.ask("PBSZ", size, self.oracle.pbsz(size))

    def do_prot(self, level):
        self.ask("PROT", level, self.oracle.prot(level))

    def do_user(self, name):
        self.ask("USER", name, self.oracle.user_command(name))

    def ask(self, verb, parameter, expected):
        line = verb + (" " + parameter if parameter else "")
        self.control.send(line.encode() + b"\r\n")
        self.compare(expected)

    def do_auth(self, mechanism, how):
        expected = self.oracle.auth(mechanism, how)
        self.ask("AUTH", mechanism, expected[:1])
        if expected[0].code != "234":
            return
        if how != "good":
            self.break_handshake(how)
            self.compare(expected[1:])
            return
        self.control.handshake()
        self.session = self.control.session
        self.forget_address()

    def do_ccc(self, parameter, how):
        self.ask("CCC", parameter, self.oracle.ccc(parameter))
        if self.oracle.state.control == "cleared" and self.control.tls:
            self.part(how)

    def do_rein(self, parameter, how):
        self.ask("REIN", parameter, self.oracle.rein(parameter))
        if self.oracle.state.control == "clear":
            if self.control.tls:
                self.part(how)
            self.forget_address()

    def part(self, how):
        """TLS ends: the client answers close_notify, or goes on in clear."""
        tls = self.control.tls
        if tls.read() != b"":
            raise Difference("predicted close_notify")
        self.session = tls.session
        if how == "notify":
            tls.close_notify()
        self.control.tls = None

    def do_pass(self, which):
        right = which == "right"
        expected = self.oracle.password
        word = PASSWORDS.get(self.oracle.user, "x") if right else "wrong"
        right = right and self.oracle.user is not None
        expected = expected(right)
        self.ask("PASS", word, expected)
        if expected[0].code == "230":
            self.forget_address()

    def do_quit(self):
        self.ask("QUIT", "", self.oracle.quit())

    def do_drop(self, how):
        """The client is gone, in order or not."""
        if how == "reset":
            client.reset(self.control.sock)
        self.leave()

    def do_stat(self):
        expected = self.oracle.simple("STAT")
        self.control.send(b"STAT\r\n")
        if expected[0].code != "211":
            self.compare(expected)
            return
        reply = self.expect_reply(expected[0])
        for line in self.oracle.status_lines():
            if not any(each[4:].startswith(line) or each.lstrip().startswith(
                    line) for each in reply.lines):
                raise Difference("STAT: predicted '%s', got %s" % (line, reply))

    def do_feat(self):
        expected = self.oracle.simple("FEAT")
        self.control.send(b"FEAT\r\n")
        reply = self.expect_reply(expected[0])
        if expected[0].code != "211":
            return
        said = {line.strip() for line in reply.lines}
        has, has_not = self.oracle.features()
        if not has <= said or has_not & said:
            raise Difference("FEAT: predicted %s and not %s, got %s" % (
                sorted(has), sorted(has_not), reply))

    def do_path(self, verb, name, code):
        self.ask(verb, name, self.oracle.reveal(verb, name, code))

    def do_move(self, name):
        expected = self.oracle.move(name)
        self.ask("RNFR", name, expected[:1])
        if expected[1:]:
            self.ask("RNTO", name, expected[1:])

    # -- data connections

    def forget_address(self):
        if self.pending is not None:
            self.pending.close()
            self.pending = None

    def do_address(self, mode):
        self.prepare(mode)

    def prepare(self, mode):
        """PASV, EPSV, PORT or EPRT; returns whether it was accepted."""
        expected = self.oracle.address_command(mode)
        if expected[0].code == "530" or expected[0].code == "533":
            line = mode if mode in ("PASV", "EPSV") else {
                "PORT": "PORT 127,0,0,1,99,99",
                "EPRT": "EPRT |1|127.0.0.1|25443|"}[mode]
            self.ask(line, "", expected)
            return False
        try:
            made = self.control.data(mode)
        except AssertionError as error:
            raise Difference("predicted %s: %s" % (
                expected[0].code, error)) from error
        self.forget_address()
        self.pending, self.active = made, mode in ("PORT", "EPRT")
        return True

    def do_transfer(self, verb, name, mode, how):
        if self.pending is None or mode != "-":
            if not self.prepare(mode if mode != "-" else "PASV"):
                return
        refused, level = self.oracle.decide(verb, name)
        if refused:
            self.ask(verb, name, refused)
            self.forget_address()
            return
        if how == "fresh":
            self.fresh += 1
            how = "good" if self.fresh > FRESH or level == "C" else "fresh"
        if how == "abort" and level == "C":
            # sendfile(2) of the core's hears no ABOR.
            name, how = "file", "good"
        upload = verb == "STOR"
        expected = self.oracle.transferred(level, how, self.active, upload)
        data, self.pending = self.pending, None
        with data:
            self.ask(verb, name, [Expected("150", None)])
            data.open()
            self.carry(data, level, how, upload)
            self.compare(expected)

    def carry(self, data, level, how, upload):
        """The data connection, from its handshake to its end."""
        if how == "plain" and level == "P":
            data.sock.sendall(NO_TLS * 9)
            client.cut(data.sock)
            return
        if level == "P":
            try:
                data.secure(None if how == "fresh" else self.newest())
            except (OSError, ssl.SSLError):
                if how != "fresh":
                    raise
                return
        if how == "fresh":
            self.drain(data)
        elif how == "abort":
            self.abort(data)
        elif upload:
            data.write(SMALL)
            client.cut(data.sock) if how == "cut" else data.finish()
        else:
            data.read_all()
            data.finish()

    def newest(self):
        """The session to resume: what TLS had, where CCC has ended it."""
        return self.control.session if self.control.tls else self.session

    def drain(self, data):
        try:
            data.read_all()
        except (OSError, ssl.SSLError):
            pass

    def abort(self, data):
        """ABOR, when the transfer has begun and cannot be over."""
        if data.tls is not None:
            data.tls.read(1)
        else:
            data.sock.recv(1)
        self.control.send(b"ABOR\r\n")
        self.drain(data)
        data.finish()
