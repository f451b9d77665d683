# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Where client and server meet: loopback, or two network namespaces.

Loopback carries 64 KiB packets, which flatters bulk transfers.  With
namespaces (root only) the two are joined by a veth pair of MTU 1500, with
its offloads as they are: what a server with an ordinary network card sees.

Thousands of connections that wait for their end (TIME_WAIT, RFC 9293) make
bind(2) search long for a free port: figures of small files grow tenfold.  A
namespace can have a limit for them, and root has one for loopback too.
"""

import os
import socket
import subprocess
import sys

#: How many connections may wait in TIME_WAIT; with more, they end at once.
MAX_WAITING = 64


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


class _Namespaces:
    """Namespaces of our own, each with its loopback interface."""

    ROLES = ()

    _PROBE = ("import socket, sys; socket.create_connection("
              "(sys.argv[1], int(sys.argv[2])), 1).close()")

    def __init__(self):
        self._names = ["tls4217-%s-%d" % (role, os.getpid())
                       for role in self.ROLES]
        self._next_port = 20000
        self.server_prefix, self.client_prefix = (
            ["ip", "netns", "exec", name]
            for name in (self._names[0], self._names[-1]))
        try:
            self._make()
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise RuntimeError("no network namespaces: %s" % error) from error

    def _make(self):
        for name in self._names:
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
            _ip("netns", "exec", name, "sh", "-c",
                "echo %d >/proc/sys/net/ipv4/tcp_max_tw_buckets" % MAX_WAITING)

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


class OwnLoopback(_Namespaces):
    """The loopback interface of a namespace of our own."""

    NAME = "loopback of its own"
    ROLES = ("loopback",)
    address = "127.0.0.1"


class Namespaces(_Namespaces):
    """One namespace for the servers, one for the client."""

    NAME = "namespaces, MTU 1500"
    ROLES = ("server", "client")
    address = "192.0.2.1"

    def _make(self):
        super()._make()
        server, client = self._names
        _ip("-n", server, "link", "add", "bench", "mtu", "1500", "type",
            "veth", "peer", "name", "bench", "mtu", "1500", "netns", client)
        for name, address in ((server, self.address), (client, "192.0.2.2")):
            _ip("-n", name, "address", "add", address + "/24", "dev", "bench")
            _ip("-n", name, "link", "set", "bench", "up")


def choose(netns):
    """What the options ask for, as well as this user may have it."""
    if netns:
        return Namespaces()
    try:
        return OwnLoopback()
    except RuntimeError as reason:
        print("connections that have ended will slow the others down: %s"
              % reason, file=sys.stderr)
        return Loopback()


def _ip(*arguments):
    subprocess.run(("ip",) + arguments, check=True)
