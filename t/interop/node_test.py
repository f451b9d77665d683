#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""basic-ftp for Node.js, whose TLS 1.3 tickets serve once.

Skipped where "node" cannot load basic-ftp: "npm install basic-ftp@5.0.5"
somewhere, and NODE_PATH says where its node_modules is.
"""

import json
import shutil
import subprocess

import clients
import harness

SCRIPT = """\
const ftp = require("basic-ftp");
const fs = require("fs");
const wanted = JSON.parse(process.argv[2]);
(async () => {
  const client = new ftp.Client(10000);
  try {
    await client.access({
      host: "localhost", port: wanted.port, user: "alice",
      password: "wonder", secure: wanted.secure,
      secureOptions: { ca: fs.readFileSync(wanted.ca),
        minVersion: wanted.version, maxVersion: wanted.version } });
    for (let at = 0; at < wanted.rounds; at++) {
      await client.uploadFrom(wanted.source, "file" + at);
      await client.downloadTo(wanted.source + at, "file" + at);
    }
    const names = (await client.list()).map((each) => each.name);
    console.log(JSON.stringify(names));
  } finally {
    client.close();
  }
})().catch((error) => { console.error(error); process.exit(1); });
"""

#: Of an upload and a download each.
ROUNDS = 60


@harness.both_versions
class BasicFtp(clients.ClientCase):
    """Many transfers over one control connection."""

    NEEDS = "node"

    @classmethod
    def reason_to_skip(cls):
        if shutil.which("node") is None or subprocess.run(
                ["node", "-e", "require('basic-ftp')"], timeout=20,
                capture_output=True, check=False).returncode != 0:
            return "node with basic-ftp (npm, 5.0.5) is not installed"
        return None

    def many(self, host, secure):
        body = clients.pattern(50000)
        wanted = {
            "port": self.server.ports[host], "secure": secure,
            "ca": self.server.pki.path("root.pem"), "rounds": ROUNDS,
            "version": clients.VERSION_NAMES[self.VERSION],
            "source": self.local("source", body)}
        script = self.local("script.js", SCRIPT.encode())
        done = clients.run(["node", script, json.dumps(wanted)],
                           cwd=self.scratch)
        self.assert_done(done)
        for at in range(ROUNDS):
            name = "file%d" % at
            self.assertIn(name, json.loads(done.out))
            self.assertEqual(self.server.get(name), body, name)
            self.assertEqual(self.local_bytes("source%d" % at), body, name)
        self.assert_channels(control=1, data=2 * ROUNDS + 1)

    def test_explicit(self):
        self.many("main", True)

    def test_implicit(self):
        self.many("implicit", "implicit")


if __name__ == "__main__":
    harness.main()
