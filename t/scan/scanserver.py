# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The server that is scanned: as it is by default, explicit and implicit; and
with all suites that the library has by default, which more tests can use."""

import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

from daemon import Server  # noqa: E402

#: Of both servers that tlsfuzzer is run against.  Static RSA needs the private
#: key in each process, and is not in any list of ours (doc/security).
SUITES = "DEFAULT:!kRSA"

LIMITS = "MaxInstances 200\nMaxLoginAttempts 1000\nTimeoutLinger 1\n" \
         "TLSTimeoutHandshake 20\n"

WIDE = "TLSCipherSuite %s\nTLSTimeoutHandshake 20\n" % SUITES


class ScanServer(Server):

    def __init__(self):
        super().__init__(
            directives=LIMITS,
            vhosts={"implicit": "TLSOptions UseImplicitSSL\n"
                                "TLSTimeoutHandshake 20\n",
                    "wide": WIDE,
                    "wide-implicit": WIDE + "TLSOptions UseImplicitSSL\n"})

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Bridge:
    """A port behind which TLS begins at once: it says AUTH TLS to the server
    and carries the bytes from there on, for tools that do not speak FTP."""

    def __init__(self, address):
        self.address = address
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(self.address, 10) as server:
            try:
                self._start_tls(server)
                back = threading.Thread(target=self._carry,
                                        args=(server, client), daemon=True)
                back.start()
                self._carry(client, server)
                back.join(30)
            except OSError:
                pass

    @staticmethod
    def _start_tls(server):
        for line in (b"", b"AUTH TLS\r\n"):
            server.sendall(line)
            said = b""
            while b"\r\n" not in said:
                piece = server.recv(1)
                if not piece:
                    raise OSError("the server has closed")
                said += piece

    @staticmethod
    def _carry(source, target):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # A reset is carried on as one.
            for each in (source, target):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
