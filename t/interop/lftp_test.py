#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""lftp (GnuTLS in Debian's build): mirrors, parallel and segmented transfers.

The server is as by default: session reuse is required.
"""

import hashlib
import os

import clients
import harness

FILES = 200

PRIORITIES = {
    None: "",
    clients.client.TLS1_2: "NORMAL:-VERS-ALL:+VERS-TLS1.2",
    clients.client.TLS1_3: "NORMAL:-VERS-ALL:+VERS-TLS1.3",
}

SETTINGS = """\
set ftp:ssl-force yes
set ftp:ssl-protect-data yes
set ftp:ssl-protect-list yes
set ssl:ca-file {ca}
set ssl:verify-certificate yes
set ssl:check-hostname yes
set ssl:priority "{priority}"
set net:max-retries 1
set net:reconnect-interval-base 1
set net:timeout 10
set net:persist-retries 0
set dns:order inet
set xfer:clobber yes
set cmd:fail-exit yes
open -u alice,wonder {url}
"""


def files(count=FILES):
    """A tree: relative path -> bytes, of sizes around those of records."""
    made = {}
    for at in range(count):
        size = int(hashlib.sha256(b"%d" % at).hexdigest()[:4], 16) % 40000
        if at % 20 == 0:
            size = (0, 1, 16383, 16384, 16385)[at // 20 % 5]
        path = "d%d/e%d/file %d" % (at % 4, at % 3, at)
        made[path] = clients.pattern(size, b"%d" % at)
    return made


class LftpCase(clients.ClientCase):
    """How lftp is run."""

    NEEDS = "lftp"

    def lftp(self, script, host="main", code=0):
        """Runs a script of lftp commands behind our settings."""
        scheme = "ftps" if host == "implicit" else "ftp"
        settings = SETTINGS.format(
            ca=self.server.pki.path("root.pem"),
            priority=PRIORITIES[self.VERSION],
            url="%s://localhost:%d" % (scheme, self.server.ports[host]))
        path = self.local("script", (settings + script + "\n").encode())
        done = clients.run(["lftp", "--norc", "-f", path], cwd=self.scratch)
        self.assert_done(done, code)
        return done

    def plant(self, directory, wanted):
        """Writes a tree, for whoever runs the sessions to read."""
        for name, body in wanted.items():
            path = os.path.join(directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as stream:
                stream.write(body)

    def assert_all_resumed(self, at_least):
        """Many control connections, and no data connection without."""
        seen = self.handshakes("data")
        self.assertGreaterEqual(len(seen), at_least)
        self.assertEqual({each["kind"] for each in seen}, {"resumed"})
        self.assertEqual({each["version"] for each in
                          seen + self.handshakes("control")},
                         {clients.VERSION_NAMES[self.VERSION]})


@harness.both_versions
class Mirror(LftpCase):
    """200 files in a tree, up and down, several at a time."""

    def mirror(self, host, options=""):
        wanted = files()
        self.plant(self.local("tree"), wanted)
        self.lftp("mirror -R --parallel=4 %s tree up" % options, host)
        self.assertEqual(clients.tree(self.server.path("home", "up")), wanted)
        self.lftp("mirror --parallel=4 %s up back" % options, host)
        self.assertEqual(clients.tree(self.local("back")), wanted)
        self.assert_all_resumed(2 * FILES)
        self.lftp("rm -r up", host)

    def test_explicit(self):
        self.mirror("main")

    def test_implicit(self):
        self.mirror("implicit")

    def test_a_second_mirror_finds_nothing_to_do(self):
        wanted = files(20)
        self.plant(self.local("same"), wanted)
        self.lftp("mirror -R same same")
        self.server.mark()
        done = self.lftp("mirror -R --verbose same same")
        self.assertNotIn(b"Transferring", done.out)
        self.assertEqual(clients.tree(self.server.path("home", "same")),
                         wanted)


@harness.both_versions
class Transfers(LftpCase):
    """Single files."""

    def test_active_and_passive(self):
        body = clients.pattern(100000)
        self.local("way", body)
        for mode in ("on", "off"):
            for epsv in ("yes", "no"):
                with self.subTest(passive=mode, prefer_epsv=epsv):
                    self.server.mark()
                    self.lftp("set ftp:passive-mode %s\n"
                              "set ftp:prefer-epsv %s\n"
                              "put way\nget way -o back\nls" % (mode, epsv))
                    self.assertEqual(self.server.get("way"), body)
                    self.assertEqual(self.local_bytes("back"), body)
                    self.assert_channels(control=1, data=3)

    def test_segmented_download(self):
        """pget opens a control connection for each segment."""
        body = clients.pattern(6 << 20)
        self.server.put("segments", body)
        self.lftp("set net:limit-rate 1M\nset pget:min-chunk-size 100k\n"
                  "pget -n 4 segments -o whole")
        self.assertEqual(self.local_bytes("whole"), body)
        self.assert_all_resumed(4)

    def test_many_at_a_time(self):
        bodies = {"queue%d" % at: clients.pattern(200000, b"%d" % at)
                  for at in range(12)}
        for name, body in bodies.items():
            self.server.put(name, body)
        self.lftp("mget -P 6 queue*")
        for name, body in bodies.items():
            self.assertEqual(self.local_bytes(name), body, name)
        self.assert_all_resumed(len(bodies))

    def test_resume(self):
        body = clients.pattern(100000)
        self.server.put("cut", body)
        self.local("cut", body[:40000])
        self.lftp("get -c cut")
        self.assertEqual(self.local_bytes("cut"), body)
        self.server.put("cut", body[:70000])
        self.lftp("put -c cut")
        self.assertEqual(self.server.get("cut"), body)
        self.assert_channels(control=2, data=2)

    def test_large_directory(self):
        """A listing that takes many records."""
        names = ["entry %04d %s" % (at, "x" * 60) for at in range(500)]
        self.plant(self.server.path("home", "large"),
                   {name: b"" for name in names})
        for command in ("cls -1 -q", "nlist"):
            with self.subTest(command=command):
                done = self.lftp("cd large\n" + command)
                self.assertEqual(sorted(done.out.decode().splitlines()),
                                 names)

    def test_empty_files(self):
        self.local("nothing", b"")
        self.lftp("put nothing\nget nothing -o again")
        self.assertEqual(self.server.get("nothing"), b"")
        self.assertEqual(self.local_bytes("again"), b"")
        self.assert_channels(control=1, data=2)


@harness.both_versions
class Compressed(LftpCase):
    """MODE Z inside TLS, where the server has mod_deflate.

    Before ProFTPD 1.3.9 mod_deflate loses bytes of larger uploads, with TLS
    and without (proftpd issue 1896): here uploads are small.
    """

    SERVER = {"modules": ("mod_deflate",),
              "directives": "DeflateEngine on"}

    @classmethod
    def reason_to_skip(cls):
        reason = super().reason_to_skip()
        if reason is None and harness.stock_module("mod_deflate") is None:
            reason = "the server has no mod_deflate"
        return reason

    def test_up_and_down(self):
        small, large = b"line\r\n" * 400, clients.pattern(500000).hex()
        self.local("small.txt", small)
        self.server.put("large.txt", large.encode())
        done = self.lftp("debug 5\nset ftp:use-mode-z yes\nput small.txt\n"
                         "get large.txt -o back.txt\nls")
        self.assertIn("MODE Z", done.err)
        self.assertEqual(self.server.get("small.txt"), small)
        self.assertEqual(self.local_bytes("back.txt"), large.encode())
        self.assertIn(b"small.txt", done.out)
        self.assert_channels(control=1, data=3)


if __name__ == "__main__":
    harness.main()
