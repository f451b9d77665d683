#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""curl against the server as it is by default: session reuse is required.

curl shares its TLS sessions between the connections of one run, so with
--parallel (libcurl's multi interface) a data connection may offer the session
of another control connection: TLSSessionReuse user takes it.
"""

import contextlib
import functools
import re
import subprocess

import clients
import harness

SIZES = (0, 1, 16383, 16384, 16385, 1 << 20)

#: The command that asks for the data connection, and how curl comes to it.
PASSIVE = {"EPSV": (), "PASV": ("--disable-epsv",)}
ACTIVE = {"EPRT": ("--ftp-port", "-"),
          "PORT": ("--ftp-port", "-", "--disable-eprt")}

#: Our hosts, and the scheme that makes curl speak TLS there.
SCHEMES = {"main": "ftp", "implicit": "ftps", "free": "ftp"}

STRICT = ("main", "implicit")

VERSIONS = {
    None: (),
    clients.client.TLS1_2: ("--tls-max", "1.2"),
    clients.client.TLS1_3: ("--tlsv1.3",),
}

# Exit codes of curl(1).
LOGIN_DENIED = 67
NOT_VERIFIED = 60


@functools.lru_cache(maxsize=None)
def curl_version():
    text = subprocess.run(["curl", "-q", "--version"], capture_output=True,
                          text=True, timeout=20, check=True).stdout
    return tuple(map(int, re.match(r"curl (\d+)\.(\d+)", text).groups()))


class CurlCase(clients.ClientCase):
    """How curl is run."""

    NEEDS = "curl"
    SERVER = {"vhosts": {"implicit": "TLSOptions UseImplicitSSL",
                         "free": "TLSOptions NoSessionReuseRequired"}}

    def url(self, name="", host="main"):
        return "%s://127.0.0.1:%d/%s" % (SCHEMES[host],
                                         self.server.ports[host], name)

    def options(self, tls="--ssl-reqd", user="alice:wonder", ca="root.pem"):
        """TLS required, the server verified."""
        return ["-q", "-sS", "-v", tls, "-u", user, "--cacert",
                self.server.pki.path(ca), *VERSIONS[self.VERSION]]

    def curl(self, *args, code=0, stdin=b"", **options):
        """Runs curl; returns its Done."""
        done = clients.run(["curl", *self.options(**options), *args],
                           cwd=self.scratch, stdin=stdin)
        self.assert_done(done, code)
        return done

    def assert_sent(self, done, command):
        self.assertTrue(re.search(r"^> %s\b" % command, done.err, re.M),
                        done.err)

    @contextlib.contextmanager
    def one_transfer(self, **names):
        """A subTest in which curl makes one transfer."""
        with self.subTest(**names):
            self.server.mark()
            yield
            self.assert_channels(control=1, data=1)


class Ways(CurlCase):
    """A file up, a file down, a listing; the cases below say over what."""

    WAYS = {}

    def every_way(self):
        return [(host, command, args) for host in STRICT
                for command, args in self.WAYS.items()]

    def test_upload(self):
        body = clients.pattern(100000)
        source = self.local("up", body)
        for host, command, args in self.every_way():
            with self.one_transfer(host=host, command=command):
                name = command + host
                done = self.curl("-T", source, self.url(name, host), *args)
                self.assert_sent(done, command)
                self.assert_sent(done, "STOR")
                self.assertEqual(self.server.get(name), body)

    def test_download(self):
        body = clients.pattern(100000)
        self.server.put("down", body)
        for host, command, args in self.every_way():
            with self.one_transfer(host=host, command=command):
                done = self.curl(self.url("down", host), *args)
                self.assert_sent(done, command)
                self.assertEqual(done.out, body)

    def test_list(self):
        self.server.put("listed", b"12345")
        for host, command, args in self.every_way():
            with self.one_transfer(host=host, command=command):
                done = self.curl(self.url("", host), *args)
                self.assert_sent(done, "LIST")
                self.assertRegex(done.out.decode(),
                                 r"(?m)\s5\s.*\slisted\r?$")


@harness.both_versions
class Passive(Ways):
    """The server listens."""

    WAYS = PASSIVE


@harness.both_versions
class Active(Ways):
    """curl listens."""

    WAYS = ACTIVE

    @classmethod
    def reason_to_skip(cls):
        reason = super().reason_to_skip()
        if reason is None and curl_version() in ((7, 87), (7, 88)):
            reason = ("this curl does no TLS on active data connections"
                      " (curl issue 10666)")
        return reason


@harness.both_versions
class Transfers(CurlCase):
    """All else that curl does with a data connection."""

    def test_list_names(self):
        self.server.put("named", b"")
        done = self.curl("--list-only", self.url())
        self.assert_sent(done, "NLST")
        self.assertIn(b"named", done.out.split())
        self.assert_channels(control=1, data=1)

    def test_append(self):
        source = self.local("tail", b"tail")
        for host in STRICT:
            with self.one_transfer(host=host):
                self.server.put("grows", b"head")
                self.curl("--append", "-T", source, self.url("grows", host))
                self.assertEqual(self.server.get("grows"), b"headtail")

    def test_resume_download(self):
        body = clients.pattern(100000)
        self.server.put("rest", body)
        for host in STRICT:
            with self.one_transfer(host=host):
                self.local("part", body[:12345])
                done = self.curl("-C", "-", "-o", "part",
                                 self.url("rest", host))
                self.assert_sent(done, "REST 12345")
                self.assertEqual(self.local_bytes("part"), body)

    def test_resume_upload(self):
        body = clients.pattern(100000)
        source = self.local("whole", body)
        for host in STRICT:
            with self.one_transfer(host=host):
                self.server.put("half", body[:54321])
                self.curl("-C", "-", "-T", source, self.url("half", host))
                self.assertEqual(self.server.get("half"), body)

    def test_range(self):
        """curl closes the data connection when it has what it wants."""
        body = clients.pattern(1 << 20)
        self.server.put("ranged", body)
        done = self.curl("-r", "70000-70999", self.url("ranged"))
        self.assertEqual(done.out, body[70000:71000])
        self.assertEqual(len(self.handshakes("data")), 1)

    def test_sizes(self):
        for size in SIZES:
            with self.subTest(size=size):
                self.server.mark()
                body = clients.pattern(size)
                self.curl("-T", self.local("sized", body), self.url("sized"))
                self.assertEqual(self.server.get("sized"), body)
                self.assertEqual(self.curl(self.url("sized")).out, body)
                self.assert_channels(control=2, data=2)

    def test_ascii(self):
        """curl makes line ends those of its system again."""
        self.server.put("text", b"one\ntwo\n")
        done = self.curl("--use-ascii", self.url("text"))
        self.assert_sent(done, "TYPE A")
        self.assertEqual(done.out, b"one\ntwo\n")

    def test_from_standard_input(self):
        self.curl("-T", "-", self.url("piped"), stdin=b"through a pipe")
        self.assertEqual(self.server.get("piped"), b"through a pipe")
        self.assert_channels(control=1, data=1)

    def test_downloads_over_one_control_connection(self):
        bodies = {"many%d" % at: clients.pattern(at * 5000)
                  for at in range(8)}
        for name, body in bodies.items():
            self.server.put(name, body)
        for host in STRICT:
            with self.subTest(host=host):
                self.server.mark()
                urls = self.url("{%s}" % ",".join(bodies), host)
                self.curl("-o", "#1", urls)
                self.assertEqual({name: self.local_bytes(name)
                                  for name in bodies}, bodies)
                self.assert_channels(control=1, data=len(bodies))

    def test_up_down_and_list_over_one_control_connection(self):
        body = clients.pattern(70000)
        again = ["--next", *self.options()]
        self.curl("-T", self.local("first", body), self.url("first"),
                  *again, "-o", "second", self.url("first"),
                  *again, "-o", "third", "--list-only", self.url())
        self.assertEqual(self.local_bytes("second"), body)
        self.assertIn(b"first", self.local_bytes("third").split())
        self.assert_channels(control=1, data=3)

    def test_parallel_downloads(self):
        body = clients.pattern(300000)
        names = ["shared%d" % at for at in range(8)]
        for name in names:
            self.server.put(name, body)
        self.curl("-Z", "--parallel-max", "4", "-o", "#1",
                  self.url("{%s}" % ",".join(names), "free"))
        for name in names:
            self.assertEqual(self.local_bytes(name), body, name)
        self.assertEqual(len(self.handshakes("data")), len(names))

    def test_two_hundred_files_in_parallel(self):
        """Four control connections, one cache, reuse required.

        curl 7.88 now and then has dropped its session when it needs one (its
        "old SSL session ID is stale"), so that it offers none: it tries again.
        """
        if self.VERSION == clients.client.TLS1_2:
            self.skipTest("libcurl switches tickets off in TLS 1.2, and a "
                          "session id is known to its own connection alone")
        for at in range(200):
            self.server.put("many%d" % at, b"%d " % at * 2000)
        self.curl("-Z", "--parallel-max", "4", "-o", "got#1", "--retry", "9",
                  "--retry-all-errors", "--retry-delay", "1",
                  self.url("many[0-199]"))
        for at in range(200):
            self.assertEqual(self.local_bytes("got%d" % at),
                             b"%d " % at * 2000)
        self.assertNotIn("session of another connection",
                         self.server.text("tls.log"))

    def test_directories_are_made(self):
        self.curl("--ftp-create-dirs", "-T", self.local("deep", b"deep"),
                  self.url("a/b%20c/deep"))
        self.assertEqual(self.server.get("a/b c/deep"), b"deep")
        self.assert_channels(control=1, data=1)

    def test_no_file(self):
        """A refused transfer leaves the next one alone."""
        self.server.put("there", b"there")
        self.curl("-o", "gone", self.url("gone"), "-o", "there",
                  self.url("there"))
        self.assertEqual(self.local_bytes("there"), b"there")
        self.assertEqual(len(self.handshakes("control")), 1)


@harness.both_versions
class WithoutData(CurlCase):
    """What curl does without TLS on a data connection, or without one."""

    def test_head(self):
        self.server.put("sized", b"x" * 777)
        done = self.curl("-I", self.url("sized"))
        self.assertIn(b"Content-Length: 777", done.out)
        self.assert_channels(control=1, data=0)

    def test_commands(self):
        self.server.put("old", b"renamed")
        self.server.put("useless", b"removed")
        self.curl("-Q", "RNFR old", "-Q", "RNTO new", "-Q", "DELE useless",
                  "-I", self.url("new"))
        self.assertIsNone(self.server.get("useless"))
        self.assertEqual(self.server.get("new"), b"renamed")
        self.assert_channels(control=1, data=0)

    def test_clear_data_where_the_client_wants_it(self):
        self.server.put("clear", b"clear")
        done = self.curl(self.url("clear"), tls="--ftp-ssl-control")
        self.assert_sent(done, "PROT C")
        self.assertEqual(done.out, b"clear")
        self.assert_channels(control=1, data=0)

    def test_wrong_password(self):
        self.curl(self.url(), user="alice:wrong", code=LOGIN_DENIED)
        self.assert_channels(control=1, data=0)

    def test_unknown_ca(self):
        """A client that turns away harms nobody else."""
        self.server.put("still", b"here")
        self.curl(self.url("still"), ca="expired.pem", code=NOT_VERIFIED)
        self.assertEqual(self.curl(self.url("still")).out, b"here")


if __name__ == "__main__":
    harness.main()
