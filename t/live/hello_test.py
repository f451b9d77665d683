#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""ClientHellos of 1.6 to 17 kB, as post-quantum shares make them, cut anywhere.

They come in several segments and, from 16 kB on, in two records; each place
where TCP may cut one is a state that a server can get wrong.  Cut and held, and
then sent to its end, the handshake is done as if nothing had been; without an
end it is refused when its time is over.  Both connections, explicit and
implicit.  TLS4217_HELLO_CUTS says how many places are tried of each; "make
floods" has 2,000.
"""

import os
import time

import client
import harness

CUTS = int(os.environ.get("TLS4217_HELLO_CUTS", "6"))
harness.TEST_SECONDS = 40 + CUTS * 4

#: Bytes.  ALPN takes up the rest.
SIZES = (1600, 4200, 17000)

#: Seconds: TLSTimeoutHandshake, and what a busy machine may add.
LIMIT = 2
SLOW = 8


def places(length, count=CUTS):
    """Where to cut: the header of the record and of the message, then evenly;
    behind the last byte nothing is missing."""
    step = max(1, (length - 1) // count)
    return sorted({1, 5, 9, length - 1} | set(range(11, length - 1, step)))


@harness.both_versions
class Hellos(harness.LiveCase):

    SERVER = {"directives": "TLSOptions NoSessionReuseRequired\n"
                            "TLSTimeoutHandshake %d" % LIMIT,
              "vhosts": {"implicit": "TLSOptions UseImplicitSSL "
                                     "NoSessionReuseRequired\n"
                                     "TLSTimeoutHandshake %d" % LIMIT}}

    @classmethod
    def prepare(cls):
        cls.server.put("small", b"s" * 100)

    def wide(self, size):
        """A context whose ClientHello has about this size."""
        names, left = ["ftp"], size - 400
        while left > 0:
            names.append("x" * min(left, 250))
            left -= 251
        return self.context(alpn=names)

    def open(self, host, context):
        control = client.Control.__new__(client.Control)
        control.context, control.server_name = context, None
        control.tls, control._buffer = None, b""
        control.sock = self.connect_bare(host)
        if host == "main":
            control.reply(220)
            control.command("AUTH TLS", 234)
        return control

    def connect_bare(self, host):
        sock = client.socket.create_connection(self.server.address(host),
                                               client.TIMEOUT)
        sock.setsockopt(client.socket.IPPROTO_TCP,
                        client.socket.TCP_NODELAY, 1)
        self.addCleanup(sock.close)
        return sock

    @staticmethod
    def send_cut(tls, sock, place):
        """The hello up to a place, and its rest once the peer has that."""
        raw = tls.hello()
        sock.sendall(raw[:place])
        client.until(lambda: client.is_acknowledged(sock), 1)
        sock.sendall(raw[place:])
        tls.handshake()

    def measure(self, context):
        control = self.open("main", context)
        length = len(control.new_tls(None).hello())
        control.close()
        return length

    def test_control_connection(self):
        for size in SIZES:
            context = self.wide(size)
            length = self.measure(context)
            self.assertGreater(length, size - 300)
            for place in places(length):
                for host in ("main", "implicit"):
                    with self.subTest(size=length, place=place, host=host):
                        control = self.open(host, context)
                        control.tls = control.new_tls(None)
                        self.send_cut(control.tls, control.sock, place)
                        if host == "implicit":
                            control.reply(220)
                        control.command("NOOP", 200)
                        control.close()

    def test_data_connection(self):
        for size in SIZES:
            context = self.wide(size)
            for host in ("main", "implicit"):
                control = self.login(host, context=context,
                                     level=None) if host == "main" else \
                    self.connect(host, context=context,
                                 implicit=True).login()
                control.protect()
                for place in places(self.measure(context)):
                    with self.subTest(size=size, place=place, host=host):
                        self.download_cut(control, place)
                control.quit()

    def download_cut(self, control, place):
        with control.data() as data:
            control.command("RETR small", 150)
            data.tls = data.new_tls()
            self.send_cut(data.tls, data.sock, place)
            self.assertEqual(data.read_all(), b"s" * 100)
            data.finish()
        control.reply(226)

    def test_held(self):
        """Until the time is over, and no longer."""
        context = self.wide(SIZES[-1])
        length = self.measure(context)
        held = []
        for host in ("main", "implicit"):
            for place in (1, 6, length // 2, length - 1):
                control = self.open(host, context)
                control.sock.sendall(control.new_tls(None).hello()[:place])
                held.append((control, time.monotonic(), host, place))
        for control, begin, host, place in held:
            with self.subTest(host=host, place=place):
                said = client.read_to_end(control.sock)
                self.assertLess(time.monotonic() - begin, LIMIT + SLOW)
                self.assertNotIn(b"220", said)
                if host == "main":
                    self.assertTrue(said.startswith((b"421", b"\x15")) or
                                    not said, said)
        control = self.login(context=context)
        with control.data() as data:
            control.command("RETR small", 150)
            begin = time.monotonic()
            data.sock.sendall(data.new_tls().hello()[:length // 2])
            control.reply(522)
            self.assertLess(time.monotonic() - begin, LIMIT + SLOW)
        control.download("RETR small")


if __name__ == "__main__":
    harness.main()
