# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The server of t/model/run: one virtual host for each policy."""

import os
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

from daemon import Server, own  # noqa: E402
from oracle import MAX_FAILURES  # noqa: E402
from walker import BIG, PASSWORDS, SMALL  # noqa: E402


class ModelServer(Server):
    """With the hosts that it is given, and the files that steps name."""

    USERS = PASSWORDS

    def __init__(self, hosts):
        self.hosts = hosts
        super().__init__(
            vhosts={host.name: host.directives() for host in hosts},
            global_directives="MaxLoginAttempts %d\nDefaultRoot ~\n"
                              "TimeoutLinger 1\n" % MAX_FAILURES)
        os.mkdir(os.path.join(self.home, "secret"))
        own(os.path.join(self.home, "secret"))
        for name in ("file", "secret/file"):
            self.put(name, SMALL)
        self.put("big", b"")
        os.truncate(os.path.join(self.home, "big"), BIG)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def contexts(self, version):
        """A client that trusts the server, and one that does not."""
        distrustful = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        distrustful.check_hostname = False
        distrustful.minimum_version = distrustful.maximum_version = version
        return self.context(version), distrustful
