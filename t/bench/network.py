"""Where client and server meet: loopback, or two network namespaces.

Loopback carries 64 KiB packets, which flatters bulk transfers.  With
namespaces (root only) the two are joined by a veth pair of MTU 1500, with
its offloads as they are: what a server with an ordinary network card sees.
"""

import os
import socket
import subprocess
import sys


class Loopback:
    NAME = "loopback"
    address = "127.0.0.1"
    server_prefix = []
    client_prefix = []

    def free_port(self):
        with socket.socket() as sock:
            sock.bind((self.address, 0))
            return sock.getsockname()[1]

    def accepts(self, port):
        try:
            socket.create_connection((self.address, port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        """Nothing was made."""


class Namespaces:
    """One namespace for the servers, one for the client."""

    NAME = "namespaces, MTU 1500"
    address = "192.0.2.1"

    _PROBE = ("import socket, sys; socket.create_connection("
              "(sys.argv[1], int(sys.argv[2])), 1).close()")

    def __init__(self):
        self._names = ["tls4217-%s-%d" % (side, os.getpid())
                       for side in ("server", "client")]
        self._next_port = 20000
        self.server_prefix, self.client_prefix = (
            ["ip", "netns", "exec", name] for name in self._names)
        try:
            self._make()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise RuntimeError("no network namespaces: %s" % error) from error

    def _make(self):
        server, client = self._names
        for name in self._names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", server, "link", "add", "bench", "mtu", "1500", "type",
            "veth", "peer", "name", "bench", "mtu", "1500", "netns", client)
        for name, address in ((server, self.address), (client, "192.0.2.2")):
            _ip("-n", name, "address", "add", address + "/24", "dev", "bench")
            _ip("-n", name, "link", "set", "bench", "up")

    def free_port(self):
        self._next_port += 1
        return self._next_port

    def accepts(self, port):
        return subprocess.run(
            self.client_prefix + [sys.executable, "-c", self._PROBE,
                                  self.address, str(port)],
            stderr=subprocess.DEVNULL, check=False).returncode == 0

    def close(self):
        for name in self._names:
            subprocess.run(["ip", "netns", "delete", name],
                           stderr=subprocess.DEVNULL, check=False)


def _ip(*arguments):
    subprocess.run(("ip",) + arguments, check=True)
