#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The events of mod_tls carry what they carry with mod_tls.

eventdata.c is a module that hears them: the same visits at a server with
mod_tls and at one with this module.
"""

import itertools
import os
import re
import shutil
import ssl
import subprocess
import unittest

import certcase
import client
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
NAME = "other.example.test"

TLS = """\
TLSEngine on
TLSLog {root}/tls.log
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
TLSCertificateChainFile {pki}/inter.pem
TLSVerifyClient optional
TLSCACertificateFile {clients}/root.pem
TLSOptions NoSessionReuseRequired
"""

HOST = """\
EventDataLog {root}/events
<VirtualHost 127.0.0.1>
  ServerName other
  ServerAlias %s
  Port {port}
%s
</VirtualHost>
""" % (NAME, TLS)


def headers():
    """Where this proftpd's are, as it says."""
    said = subprocess.run([harness.proftpd(), "-V"], text=True, timeout=20,
                          capture_output=True, check=False)
    found = re.search(r"Header Directory:\s+(\S+)", said.stdout + said.stderr)
    path = found.group(1) if found else "/usr/include/proftpd"
    return path if os.path.exists(os.path.join(path, "conf.h")) else None


class Listening(harness.Server):
    """A server with the one module or the other, and the listener."""

    def __init__(self, name):
        super().__init__(certcase.CertCase.expand(TLS + HOST), tls="")
        self._load = [name if loaded == harness.module_name() else loaded
                      for loaded in self._load] + ["mod_eventdata"]
        subprocess.run(
            [COMPILER, "-shared", "-fPIC", "-O1", "-w", "-DHAVE_CONFIG_H",
             "-DPR_SHARED_MODULE", "-I", headers(), "-o",
             self.path("modules", "mod_eventdata.so"),
             os.path.join(HERE, "eventdata.c")],
            check=True, stdin=subprocess.DEVNULL, timeout=120)


class Visits:
    """What is heard when these clients come."""

    def __init__(self, name, version, test):
        self.server = Listening(name)
        test.addCleanup(self.server.stop)
        self.server.start()
        self.version = version
        self.heard = {visit.__name__: self.hear(visit) for visit in (
            self.trusted, self.chosen, self.distrusted, self.no_tls,
            self.no_data_tls)}

    def hear(self, visit):
        """What is written while this one is there, and shortly after."""
        before = len(self.server.log("events"))
        control = client.Control(
            self.server.address(), self.context(visit),
            server_name=NAME if visit == self.chosen else None)
        try:
            visit(control)
        except (OSError, ssl.SSLError, client.Refused):
            pass
        finally:
            control.close()
        client.until(lambda: not self.server.sessions(), 3)
        lines = self.server.log("events")[before:].splitlines()
        # With mod_tls one event for each certificate of the client's chain.
        return [line for line, _ in itertools.groupby(lines)]

    def context(self, visit):
        made = self.server.context(self.version)
        name = {"trusted": "alice", "distrusted": "stranger"}.get(
            visit.__name__)
        if name is not None:
            made.load_cert_chain(*certcase.clients().pair(name))
        return made

    @staticmethod
    def trusted(control):
        control.auth().login().protect().download("LIST")

    @staticmethod
    def distrusted(control):
        control.auth()
        control.command("NOOP", 200)

    @staticmethod
    def chosen(control):
        control.auth()
        control.command("NOOP", 200)

    @staticmethod
    def no_tls(control):
        control.command("AUTH TLS", 234)
        control.send(b"no TLS at all\r\n" * 4)
        control.reply()

    @staticmethod
    def no_data_tls(control):
        control.auth().login().protect()
        with control.data() as data:
            control.command("LIST", 150)
            data.sock.sendall(b"no TLS\r\n" * 8)
            control.reply()


@unittest.skipUnless(harness.stock_module("mod_tls"), "needs mod_tls")
@unittest.skipUnless(COMPILER, "there is no C compiler")
@unittest.skipUnless(headers(), "there are no headers of ProFTPD")
@harness.both_versions
class Data(unittest.TestCase):
    VERSION = None

    def test_it_is_that_of_mod_tls(self):
        theirs = Visits("mod_tls", self.VERSION, self).heard
        ours = Visits(harness.module_name(), self.VERSION, self).heard
        for name, heard in theirs.items():
            with self.subTest(name):
                self.assertTrue(heard)
                self.assertEqual(ours[name], heard)


if __name__ == "__main__":
    harness.main()
