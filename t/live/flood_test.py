#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A client that sends TLS messages without end, and no data.

RFC 8446, section 4.6.3: each KeyUpdate is a few bytes, and work for the
server.  Python's ssl module cannot send one: OpenSSL itself is called.
"""

import ctypes
import ctypes.util
import socket
import struct
import time
import unittest

import client
import harness

NOT_REQUESTED, REQUESTED = 0, 1

#: As many as are allowed without data between them.
MOST = 64

TLS1_3_VERSION = 0x0304
SET_MIN_PROTO_VERSION = 123


def load_openssl():
    """libssl with the signatures of what is called, or None."""
    name = ctypes.util.find_library("ssl")
    if name is None:
        return None
    lib = ctypes.CDLL(name)
    if not hasattr(lib, "SSL_key_update"):
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for function, result, arguments in (
            ("TLS_client_method", pointer, ()),
            ("SSL_CTX_new", pointer, (pointer,)),
            ("SSL_CTX_ctrl", ctypes.c_long,
             (pointer, number, ctypes.c_long, pointer)),
            ("SSL_CTX_free", None, (pointer,)),
            ("SSL_new", pointer, (pointer,)),
            ("SSL_free", None, (pointer,)),
            ("SSL_set_fd", number, (pointer, number)),
            ("SSL_set_session", number, (pointer, pointer)),
            ("SSL_get1_session", pointer, (pointer,)),
            ("SSL_SESSION_free", None, (pointer,)),
            ("SSL_connect", number, (pointer,)),
            ("SSL_key_update", number, (pointer, number)),
            ("SSL_do_handshake", number, (pointer,)),
            ("SSL_write", number, (pointer, ctypes.c_char_p, number)),
            ("SSL_read", number, (pointer, ctypes.c_char_p, number))):
        getattr(lib, function).restype = result
        getattr(lib, function).argtypes = list(arguments)
    return lib


OPENSSL = load_openssl()


class Peer:
    """TLS 1.3 on a socket that blocks, in OpenSSL's own hands."""

    def __init__(self, test, sock, session=None):
        self.sock = sock
        # Python's timeout makes the socket one that does not block.
        sock.settimeout(None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option,
                            struct.pack("ll", int(client.TIMEOUT), 0))
        context = OPENSSL.SSL_CTX_new(OPENSSL.TLS_client_method())
        OPENSSL.SSL_CTX_ctrl(
            context, SET_MIN_PROTO_VERSION, TLS1_3_VERSION, None)
        self.ssl = OPENSSL.SSL_new(context)
        OPENSSL.SSL_CTX_free(context)
        test.addCleanup(OPENSSL.SSL_free, self.ssl)
        OPENSSL.SSL_set_fd(self.ssl, sock.fileno())
        if session is not None:
            OPENSSL.SSL_set_session(self.ssl, session)
        test.assertEqual(OPENSSL.SSL_connect(self.ssl), 1, "handshake")

    def update_keys(self, times, kind=NOT_REQUESTED):
        """Returns how many could be sent."""
        for done in range(times):
            OPENSSL.SSL_key_update(self.ssl, kind)
            if OPENSSL.SSL_do_handshake(self.ssl) != 1:
                return done
        return times

    def write(self, raw):
        return OPENSSL.SSL_write(self.ssl, raw, len(raw))

    def read(self):
        """Plaintext, or b"" at any end."""
        buffer = ctypes.create_string_buffer(4096)
        size = OPENSSL.SSL_read(self.ssl, buffer, 4096)
        return buffer.raw[:max(size, 0)]

    def command(self, line):
        self.write(line + b"\r\n")
        return self.read()


@unittest.skipIf(OPENSSL is None, "no libssl with SSL_key_update")
class Floods(harness.LiveCase):

    SERVER = {"directives": "TLSOptions NoSessionReuseRequired"}

    def secured(self):
        control = self.connect()
        control.command("AUTH TLS", 234)
        return Peer(self, control.sock)

    def test_as_many_as_are_allowed(self):
        peer = self.secured()
        for kind in (NOT_REQUESTED, REQUESTED):
            for _ in range(3):
                peer.update_keys(MOST, kind)
                self.assertEqual(peer.command(b"NOOP")[:3], b"200")

    def test_control_connection(self):
        for kind in (NOT_REQUESTED, REQUESTED):
            with self.subTest(kind=kind):
                self.server.mark()
                peer = self.secured()
                peer.update_keys(MOST + 1, kind)
                self.assertEqual(peer.read(), b"")
                self.assert_logged(
                    r"control connection from \S+: the client sent more than "
                    r"64 TLS handshake messages")

    def test_more_than_can_be_sent(self):
        """Each of them would have been served once, before any timer."""
        peer = self.secured()
        began = time.monotonic()
        self.assertLess(peer.update_keys(200000), 200000)
        self.assertLess(time.monotonic() - began, 10)

    def test_upload(self):
        """The transfer fails; the session and the next transfer do not."""
        control = self.login(context=self.server.context(client.TLS1_3))
        with control.data() as data:
            control.command("STOR flood", 150)
            peer = Peer(self, data.sock)
            peer.write(b"some")
            peer.update_keys(MOST + 1)
            peer.write(b"more")
            self.assertIn("handshake messages", control.reply(426).text)
        control.upload("STOR next", b"next")


if __name__ == "__main__":
    harness.main()
