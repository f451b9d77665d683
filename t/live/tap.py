# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What a server says on the wire, and whether it is TLS."""

import socket
import threading

import client


class Tap:
    """A wire between client and server that keeps what the server says."""

    def __init__(self, sock):
        self.raw = bytearray()
        self.socks = [sock, *socket.socketpair()]
        _, self.near, far = self.socks
        self.near.settimeout(client.TIMEOUT)
        self.threads = [
            threading.Thread(target=self.carry, args=pair, daemon=True)
            for pair in ((sock, far, self.raw), (far, sock, bytearray()))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def carry(source, target, kept):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                kept += piece
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        """Waits for the end of both directions."""
        for thread in self.threads:
            thread.join(client.TIMEOUT)
        for sock in self.socks:
            sock.close()


def records(raw):
    """The types of the TLS records in raw, which must be nothing else."""
    types, at = [], 0
    while at < len(raw):
        if raw[at] not in (20, 21, 22, 23) or raw[at + 1] != 3:
            raise AssertionError("no TLS record at %d: %r" % (
                at, bytes(raw[at:at + 16])))
        types.append(raw[at])
        at += 5 + int.from_bytes(raw[at + 3:at + 5], "big")
    if at != len(raw):
        raise AssertionError("the last record is cut")
    return types
