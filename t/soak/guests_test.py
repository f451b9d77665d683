#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""10,000 sessions, four at once, with all that a client can break; and one of
100,000 transfers.

Among those that are cut, reset, silent, garbled or aborted there are honest
ones: none of their transfers fails.  At the end the daemon has no descriptor
more, and no memory to speak of.
"""

import collections
import os
import random
import ssl
import threading

from soakcase import SoakCase, part
import client
import harness

SESSIONS = part(10000, 40)
TRANSFERS = part(100000, 400)
AT_ONCE = 4
SEED = int(os.environ.get("TLS4217_SOAK_SEED", "4217"))

BODY = client.pattern(150000)
LIMITS = ("TLSTimeoutHandshake 3\nTimeoutStalled 4\nTimeoutLinger 1\n"
          "TimeoutIdle 7200\nTimeoutNoTransfer 7200\nTimeoutSession 0\n"
          "MaxInstances 200\n")

EXPECTED = (OSError, ssl.SSLError, client.Cut, client.Refused)


class Guest(threading.Thread):
    """One session after the other; half of them are honest."""

    def __init__(self, case, number, left):
        super().__init__(daemon=True)
        self.case = case
        self.left = left
        self.number = number
        self.random = random.Random(SEED + number)
        self.seen = collections.Counter()
        self.troubles = []

    def run(self):
        faults = [getattr(self, name) for name in dir(self)
                  if name.startswith("break_")]
        while self.left.acquire(blocking=False):
            if self.random.random() < 0.5:
                self.behave()
            else:
                act = self.random.choice(faults)
                self.seen[act.__name__] += 1
                try:
                    act()
                except EXPECTED:
                    pass

    def enter(self, secure=True):
        context = self.case.server.context(self.random.choice(
            (client.TLS1_2, client.TLS1_3)))
        control = client.Control(self.case.server.address(), context)
        if secure:
            control.auth().login().protect()
            control.command("TYPE I", 200)
        return control

    def behave(self):
        name = "up-%d" % self.number
        try:
            with self.enter() as control:
                control.upload("STOR " + name, BODY)
                if control.download("RETR " + name) != BODY:
                    raise client.Refused("other bytes came back")
                control.quit()
            self.seen["honest"] += 1
        except EXPECTED as trouble:
            self.troubles.append(repr(trouble))

    # -- what clients do that should not

    def break_control_reset(self):
        client.reset(self.enter().sock)

    def break_killed_in_download(self):
        """As the system does for a process that is killed."""
        control = self.enter()
        data = control.begin("RETR large")
        data.tls.read(1000)
        client.reset(data.sock)
        client.reset(control.sock)

    def break_killed_in_upload(self):
        control = self.enter()
        data = control.begin("STOR cut-%d" % self.number)
        data.write(BODY)
        data.close()
        control.close()

    def break_data_reset(self):
        with self.enter() as control:
            with control.begin("STOR reset-%d" % self.number) as data:
                data.write(BODY[:50000])
                client.reset(data.sock)
            control.reply()
            control.download("RETR small")

    def break_upload_cut(self):
        with self.enter() as control:
            with control.begin("STOR half-%d" % self.number) as data:
                data.write(BODY[:50000])
                client.cut(data.sock)
                control.reply(426)
            control.quit()

    def break_half_record(self):
        with self.enter() as control:
            raw = control.tls.encrypt(b"NOOP\r\n")
            control.sock.sendall(raw[:len(raw) // 2])

    def break_half_record_of_data(self):
        with self.enter() as control:
            with control.begin("STOR half-%d" % self.number) as data:
                raw = data.tls.encrypt(BODY[:9000])
                data.sock.sendall(raw[:5000])
                client.cut(data.sock)
            control.reply()

    def break_garbled_record(self):
        with self.enter() as control:
            raw = bytearray(control.tls.encrypt(b"NOOP\r\n"))
            raw[-1] ^= 1
            control.sock.sendall(raw)
            control.reply()

    def break_abort(self):
        with self.enter() as control:
            with control.begin("RETR large") as data:
                data.tls.read(1000)
                control.send(b"ABOR\r\n")
                data.read_all()
            control.reply()
            control.reply(226)
            control.download("RETR small")
            control.quit()

    def break_stall(self):
        """Until the server has enough of it; seldom, for it takes time."""
        if self.random.random() < 0.1:
            with self.enter() as control:
                with control.begin("STOR stalled-%d" % self.number):
                    control.reply()

    def break_no_handshake(self):
        with self.enter(secure=False) as control:
            control.command("AUTH TLS", 234)

    def break_half_hello(self):
        with self.enter(secure=False) as control:
            control.command("AUTH TLS", 234)
            hello = control.new_tls(None).hello()
            control.sock.sendall(hello[:self.random.randrange(len(hello))])

    def break_clear_in_tls(self):
        with self.enter(secure=False) as control:
            control.command("AUTH TLS", 234)
            control.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            control.reply()

    def break_no_data_connection(self):
        with self.enter() as control:
            control.command("EPSV", 229)
            control.send(b"LIST\r\n")

    def break_data_handshake(self):
        with self.enter() as control:
            with control.data() as data:
                control.command("RETR small", 150)
                data.sock.sendall(b"no TLS")
                control.reply(522)


class Guests(SoakCase):

    SERVER = {"directives": LIMITS, "cuts": True}

    @classmethod
    def prepare(cls):
        cls.server.put("small", b"s" * 100)
        cls.server.put("large", client.pattern(3 << 20))

    def visit(self, count):
        left = threading.Semaphore(count)
        guests = [Guest(self, number, left) for number in range(AT_ONCE)]
        for guest in guests:
            guest.start()
        for guest in guests:
            guest.join()
        return guests

    def test_sessions(self):
        self.visit(max(SESSIONS // 10, 20))
        before = self.measure()
        guests = self.visit(SESSIONS)
        seen = sum((guest.seen for guest in guests), collections.Counter())
        print("# %d sessions: %s" % (SESSIONS, ", ".join(
            "%s %d" % item for item in sorted(seen.items()))))
        self.assertEqual([trouble for guest in guests
                          for trouble in guest.troubles], [])
        self.assert_same(before)
        self.assert_transfers(self.login())


class LongSession(SoakCase):

    SERVER = {"directives": LIMITS}

    def test_transfers(self):
        control, pid = self.login_of_pid()
        for number in range(TRANSFERS // 2):
            body = b"%d" % number
            control.upload("STOR long", body)
            self.assertEqual(control.download("RETR long"), body)
        self.assertIn(pid, self.server.sessions())
        print("# one session, %d transfers" % (TRANSFERS // 2 * 2))
        control.quit()


if __name__ == "__main__":
    harness.main()
