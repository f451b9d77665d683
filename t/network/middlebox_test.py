#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A middlebox that forgets connections: it resets them, or lets nothing
through any more and says nothing.  No session stays, and no file looks whole.

The box is a program between client and server, which carries bytes until it
is to forget; it is in the way of one connection at a time.
"""

import re
import socket
import struct
import threading
import time

from netcase import BODY, NetCase, client, harness

#: Seconds until the server gives up (TimeoutIdle, TimeoutStalled), and what it
#: may take besides.
LIMIT = 3
LEEWAY = 8


class Middlebox:
    """In front of one port; forget() cuts all that goes through it."""

    def __init__(self, address):
        self.address = address
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs = []
        self.silent = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                inside = self.listener.accept()[0]
                outside = socket.create_connection(self.address)
            except OSError:
                return
            self.pairs.append((inside, outside))
            for source, target in ((inside, outside), (outside, inside)):
                threading.Thread(target=self._carry, args=(source, target),
                                 daemon=True).start()

    def _carry(self, source, target):
        try:
            while True:
                piece = source.recv(65536)
                if self.silent:
                    return
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(piece)
        except OSError:
            pass

    def forget(self, silently):
        """From here on nothing goes through; or both ends are reset."""
        self.silent = True
        if not silently:
            for pair in self.pairs:
                for each in pair:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))
                    # close(2) alone would wait for the reading thread.
                    each.shutdown(socket.SHUT_RD)
                    each.close()

    def close(self):
        self.listener.close()
        for pair in self.pairs:
            for each in pair:
                each.close()


class Middle(NetCase):

    SERVER = {"directives": "TimeoutIdle %d\nTimeoutStalled %d\n"
                            "TimeoutLinger 1\nTLSKernelOffload off\n"
                            % (LIMIT, LIMIT),
              "cuts": True}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.server.put("big", BODY * 400)

    def box(self, address):
        box = Middlebox(address)
        self.addCleanup(box.close)
        return box

    def through(self, box):
        """A session whose control connection goes through the box."""
        control = client.Control(("127.0.0.1", box.port), self.context())
        self.addCleanup(control.close)
        control.auth().login().protect()
        control.command("TYPE I", 200)
        return control

    def assert_ends(self):
        """The server's process is gone in time."""
        begin = time.monotonic()
        self.assertTrue(client.until(
            lambda: not self.server.sessions(), LIMIT + LEEWAY),
            "a session is left")
        return time.monotonic() - begin

    def data_through(self, control):
        """A data connection that goes through a box of its own."""
        text = control.command("EPSV", 229).text
        port = int(re.search(r"\|\|\|(\d+)\|", text).group(1))
        box = self.box(("127.0.0.1", port))
        return client.Data(control, socket.create_connection(
            ("127.0.0.1", box.port), client.TIMEOUT)), box

    def test_idle_control_connection(self):
        for silently in (False, True):
            with self.subTest(silently=silently):
                box = self.box(self.server.address("main"))
                control = self.through(box)
                self.assert_alive(control)
                box.forget(silently)
                self.assert_ends()

    def test_control_connection_during_a_long_transfer(self):
        """The transfer is whole; its reply does not arrive, and the session
        ends by itself."""
        for silently in (False, True):
            with self.subTest(silently=silently):
                box = self.box(self.server.address("main"))
                control = self.through(box)
                name = "long-%s" % silently
                with control.data() as data:
                    control.command("STOR " + name, 150)
                    data.secure()
                    data.write(BODY)
                    box.forget(silently)
                    if silently:
                        data.write(BODY)
                        data.finish()
                        self.assertTrue(client.until(
                            lambda: self.server.get(name) == BODY * 2, LIMIT))
                self.assert_ends()

    def test_upload_is_reset(self):
        control = self.login()
        data, box = self.data_through(control)
        with data:
            control.command("STOR cut", 150)
            data.secure()
            data.write(BODY)
            self.assertTrue(client.until(lambda: self.server.get("cut")))
            box.forget(silently=False)
            reply = control.reply(426)
        self.assertGreater(len(reply.text), 10)
        self.assert_transfers(control)

    def test_download_is_reset(self):
        control = self.login()
        data, box = self.data_through(control)
        with data:
            control.command("RETR big", 150)
            data.secure()
            data.tls.read(1000)
            box.forget(silently=False)
            reply = control.reply(426)
        self.assertGreater(len(reply.text), 10)
        self.assert_transfers(control)

    def test_silent_data_connection(self):
        """TimeoutStalled: 421, which says so."""
        for line in ("STOR stalled", "RETR big"):
            with self.subTest(line=line):
                control = self.login()
                data, box = self.data_through(control)
                with data:
                    control.command(line, 150)
                    data.secure()
                    if line.startswith("STOR"):
                        data.write(BODY)
                    else:
                        data.tls.read(1000)
                    box.forget(silently=True)
                    reply = control.reply(421)
                self.assertIn("TimeoutStalled", reply.text)
                self.assert_ends()


harness.both_versions(Middle)
del Middle

if __name__ == "__main__":
    harness.main()
