# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the network tests share: a loopback that loses, delays and damages
packets (tc-netem(8)), and transfers that are whole or say why not."""

import contextlib
import os
import ssl
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import client   # noqa: E402
import harness  # noqa: E402

#: A machine of its own (t/kernel/init): others share this one's loopback.
HAS_OWN_LOOPBACK = "TLS4217_MACHINE" in os.environ

BODY = client.pattern(150000)

#: What ends a client's part of a transfer that has failed.
BROKEN = (OSError, ssl.SSLError, client.Cut)


def call(*words):
    subprocess.run(words, check=True, timeout=30, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def network(netem="", mtu=65536):
    """The loopback as given, and afterwards as it was.  Packets have their true
    size: nothing is put together behind TCP."""
    call("ip", "link", "set", "lo", "mtu", str(mtu))
    if netem:
        call("ip", "link", "set", "lo", "gso_max_segs", "1")
        call("tc", "qdisc", "add", "dev", "lo", "root", "netem", "limit",
             "10000", *netem.split())
    try:
        yield
    finally:
        if netem:
            call("tc", "qdisc", "del", "dev", "lo", "root")
            call("ip", "link", "set", "lo", "gso_max_segs", "65535")
        call("ip", "link", "set", "lo", "mtu", "65536")


class NetCase(harness.LiveCase):

    #: Of a reply that is waited for; the worst network has 400 ms there and
    #: back, and loses some of it.
    PATIENCE = 60.0

    @classmethod
    def prepare(cls):
        cls.server.put("file", BODY)

    def setUp(self):
        before, client.TIMEOUT = client.TIMEOUT, self.PATIENCE
        self.addCleanup(setattr, client, "TIMEOUT", before)

    def finish(self, control, whole, what):
        """The reply behind a transfer: 226 where it was whole, or a refusal
        that says something."""
        reply = control.reply()
        if whole:
            self.assertEqual(reply.code, 226, what)
        else:
            self.assertIn(reply.code, (226, 425, 426, 450, 451, 522), reply)
            self.assertGreater(len(reply.text), 10, what)
        return reply

    def up(self, control, name="up"):
        """An upload; whether it came through whole."""
        data = control.data()
        with data:
            control.command("STOR " + name, 150)
            whole = True
            try:
                data.secure()
                data.write(BODY)
                data.finish()
            except BROKEN:
                whole = False
            reply = self.finish(control, whole, "STOR")
        if reply.code == 226:
            self.assertEqual(self.server.get(name), BODY)
        return reply.code == 226

    def down(self, control, line="RETR file", body=BODY):
        """A download; whether it came through whole."""
        data = control.data()
        with data:
            control.command(line, 150)
            whole, received = True, b""
            try:
                data.secure()
                received = data.read_all()
                data.finish()
            except BROKEN:
                whole = False
            self.finish(control, whole, line)
        if whole and body is not None:
            self.assertEqual(received, body)
        return whole
