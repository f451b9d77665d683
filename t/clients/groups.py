# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Whether a client offers post-quantum key exchange: its ClientHello is read.

A listener that greets, answers AUTH with 234, and reads what comes next.
"""

import socket
import struct
import tempfile
import threading

import programs

#: RFC 8446, 4.2.7; the hybrid groups of draft-ietf-tls-ecdhe-mlkem, ML-KEM's
#: own, and the earlier drafts with Kyber.
SUPPORTED_GROUPS = 10
POST_QUANTUM = {0x11EB, 0x11EC, 0x11ED, 0x0200, 0x0201, 0x0202, 0x6399, 0x639A}


def groups_in(hello):
    """The groups that a ClientHello (with its record's head) offers."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]                                       # session id
    at += 2 + struct.unpack_from("!H", hello, at)[0]          # cipher suites
    at += 1 + hello[at]                                       # compression
    end = at + 2 + struct.unpack_from("!H", hello, at)[0]
    at += 2
    while at + 4 <= end:
        kind, size = struct.unpack_from("!HH", hello, at)
        if kind == SUPPORTED_GROUPS:
            count = struct.unpack_from("!H", hello, at + 4)[0] // 2
            return set(struct.unpack_from("!%dH" % count, hello, at + 6))
        at += 4 + size
    return set()


def _read_exactly(peer, size):
    found = b""
    while len(found) < size:
        more = peer.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def _listen(listener, found):
    peer = listener.accept()[0]
    peer.settimeout(20)
    with peer:
        peer.sendall(b"220 groups\r\n")
        while True:
            line = b""
            while not line.endswith(b"\n"):
                line += _read_exactly(peer, 1)
            if line.upper().startswith(b"AUTH"):
                break
            peer.sendall(b"500 no\r\n" if not line.upper().startswith(b"FEAT")
                         else b"211-\r\n AUTH TLS\r\n211 end\r\n")
        peer.sendall(b"234 go on\r\n")
        head = _read_exactly(peer, 5)
        found |= groups_in(head + _read_exactly(
            peer, struct.unpack_from("!H", head, 3)[0]))


def offered(client, ca):
    """yes, no, or ? where no ClientHello came; ca is a file of certificates
    that the client may trust."""
    found = set()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def listen():
            try:
                _listen(listener, found)
            except (OSError, EOFError):
                pass

        thread = threading.Thread(target=listen)
        thread.start()
        with tempfile.TemporaryDirectory() as scratch:
            client.serve([("list",)], programs.Site(
                "explicit", listener.getsockname()[1], "", ca, "alice",
                "wonder", scratch, "/"))
        thread.join()
    if not found:
        return "?"
    return "yes" if found & POST_QUANTUM else "no"
