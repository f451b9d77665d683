#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""rclone (Go's TLS): 200 files over its default of four parallel transfers.

One cache of TLS sessions serves all of its connections, so that a data
connection may offer the session of another control connection of the same
user's: TLSSessionReuse user, the default, lets it in.  Nothing is refused.
"""

import os

import clients
import harness

FILES = 200


def files(count=FILES):
    """Relative path -> bytes, of sizes around those of records."""
    return {"d%d/file %d" % (at % 4, at): clients.pattern(
        (0, 1, 1000, 16383, 16384, 16385, 40000)[at % 7], b"%d" % at)
            for at in range(count)}


class RcloneCase(clients.ClientCase):

    NEEDS = "rclone"

    def obscured(self):
        done = clients.run(["rclone", "obscure", "wonder"])
        self.assert_done(done)
        return done.out.decode().strip()

    def rclone(self, *words):
        """Runs rclone with its defaults for transfers and checkers."""
        done = clients.run(
            ["rclone", "--config", self.local("none.conf"), "--ftp-host",
             "127.0.0.1", "--ftp-port", str(self.server.ports["main"]),
             "--ftp-user", "alice", "--ftp-pass", self.obscured(),
             "--ftp-no-check-certificate", "--ftp-explicit-tls",
             "--retries", "1", "--low-level-retries", "1",
             *self.VERSION_OPTIONS, *words],
            cwd=self.scratch, seconds=120)
        self.assert_done(done)
        return done.err

    def make_tree(self, made):
        for path, body in made.items():
            full = self.local(os.path.join("from", path))
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as stream:
                stream.write(body)

    def test_there_and_back(self):
        made = files()
        self.make_tree(made)
        self.rclone("copy", self.local("from"), ":ftp:up")
        for path, body in made.items():
            self.assertEqual(self.server.get(os.path.join("up", path)), body)
        self.rclone("copy", ":ftp:up", self.local("back"))
        self.assertEqual(clients.tree(self.local("back")), made)
        self.assertEqual(self.server.log().count("refused"), 0)
        data = self.handshakes("data")
        self.assertGreaterEqual(len(data), 2 * FILES)
        self.assertGreaterEqual(len(self.handshakes("control")), 4)
        self.assertEqual({each["kind"] for each in data}, {"resumed"})
        self.assertEqual({each["version"] for each in data},
                         {clients.VERSION_NAMES[self.VERSION]})


class Rclone12(RcloneCase):
    VERSION = clients.client.TLS1_2
    VERSION_OPTIONS = ["--ftp-disable-tls13"]


class Rclone13(RcloneCase):
    VERSION = clients.client.TLS1_3
    VERSION_OPTIONS = []


del RcloneCase

if __name__ == "__main__":
    harness.main()
