#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Configurations that the daemon reads: what is empty, what is refused.

Nothing in a configuration may crash the daemon, and one that was refused
never becomes a server without the policies that stood in it.
"""

import os
import re
import unittest
from unittest import mock

import daemon
import harness

#: ProFTPD's pr_version_get_number(), on the processors whose instruction for
#: it is known: 0x0001030805 is 1.3.8.
NUMBER = re.compile(rb"\xb8([\x00-\xff][\x08-\x0a]\x03\x01)")

#: Nothing that the core stores: the server has no set of directives.
BARE = "ModulePath {root}/modules\nLoadModule %s.c\n"

QUIET = "<IfModule mod_delay.c>\nDelayEngine off\n</IfModule>\n"

#: name: the lines of an included file, and the words of the complaint
REFUSED = {
    "a value": ("TLSEngine maybe\nTimeoutIdle 60",
                ("TLSEngine", "line 1 of '", "extra.conf")),
    "a value in the last line": (
        "TimeoutIdle 60\nTLSDataProtection requierd",
        ("TLSDataProtection", "line 2 of '", "extra.conf")),
    "a directive that nobody knows": (
        "TimeoutIdle 60\nTLSDataProtecton required",
        ("TLSDataProtecton", "line 2 of '", "extra.conf")),
    "a context": ("<Directory />\nTLSEngine on\n</Directory>",
                  ("TLSEngine", "line 2 of '", "Directory")),
    "too few values": ("TLSDataProtection", ("line 1 of '",)),
    "another module's directive": (
        "TimeoutIdle soon\nTimeoutLogin 60",
        ("proftpd.conf", "ignores everything")),
    "another module's directive, in the last line": (
        "TimeoutIdle soon", ("proftpd.conf", "ignores everything")),
    "another module": ("LoadModule mod_nosuch.c",
                       ("proftpd.conf", "ignores everything")),
}

ACCEPTED = {
    "nothing": "",
    "comments": "# a comment\n\n",
    "directives": "TimeoutIdle 60\nTLSDataProtection required\n",
    "a section that is skipped": "<IfModule mod_nosuch.c>\nTLSNo no\n"
                                 "</IfModule>\n",
}


class CheckCase(unittest.TestCase):
    """proftpd -t; no daemon runs."""

    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)

    def write(self, name, text):
        with open(self.server.path(name), "w", encoding="ascii") as stream:
            stream.write(text)


class Checks(CheckCase):
    """A configuration, or a part of it, that is empty or refused."""

    def check(self, text):
        return self.server.check_config((BARE % daemon.module_name()) + text)

    def check_included(self, text, behind="TimeoutNoTransfer 60\n"):
        """With an Include of text, and lines behind it."""
        self.write("extra.conf", text)
        self.write("proftpd.conf", self.server.config() +
                   "\nInclude %s\n%s" % (self.server.path("extra.conf"),
                                         behind))
        return self.server.check_config(
            "Include %s\n" % self.server.path("proftpd.conf"))

    @unittest.skipUnless(os.geteuid() == 0, "mod_delay's table needs root")
    def test_a_file_without_directives(self):
        code, said = self.check("")
        self.assertEqual(code, 0, said)

    def test_a_virtual_host_without_directives(self):
        code, said = self.check(
            "<IfModule mod_delay.c>\nDelayEngine off\n</IfModule>\n"
            "<VirtualHost 127.0.0.1>\n</VirtualHost>\n")
        self.assertEqual(code, 0, said)

    @unittest.skipIf(harness.POOLS_FREE,
                     "the core goes on to read the file that it has closed")
    def test_an_error_in_an_included_file_ends_the_start(self):
        for name, (text, words) in REFUSED.items():
            with self.subTest(name):
                code, said = self.check_included(text + "\n")
                self.assertEqual(code, 1, said)
                for word in words:
                    self.assertIn(word, said)

    def test_a_file_without_an_error_is_none(self):
        for name, text in ACCEPTED.items():
            for behind in ("", "TimeoutNoTransfer 60\n"):
                with self.subTest(name, behind=behind):
                    code, said = self.check_included(text, behind)
                    self.assertEqual(code, 0, said)
                    self.assertNotIn("error", said)

    def test_a_missing_file_is_left_to_the_core(self):
        self.write("some.conf", "Include %s/none/*.conf\nTimeoutIdle 60\n"
                   % self.server.root)
        code, said = self.check_included(
            "Include %s\n" % self.server.path("some.conf"))
        self.assertEqual(code, 0, said)

    @unittest.skipUnless(harness.stock_module("mod_tls"),
                         "this ProFTPD has no mod_tls")
    def test_a_refused_load_in_an_included_file(self):
        for names in (("mod_tls", daemon.module_name()),
                      (daemon.module_name(), "mod_tls")):
            with self.subTest(names):
                self.write("modules.conf", "ModulePath %s/modules\n%s\n" % (
                    self.server.root,
                    "\n".join("LoadModule %s.c" % name for name in names)))
                code, said = self.server.check_config(
                    "Include {root}/modules.conf\n<IfModule mod_delay.c>\n"
                    "DelayEngine off\n</IfModule>\n")
                self.assertEqual(code, 1, said)
                self.assertIn("remove 'LoadModule mod_tls.c'", said)


class AnotherRelease(CheckCase):
    """Under a ProFTPD that says it is the minor release behind ours."""

    def setUp(self):
        super().setUp()
        with open(harness.proftpd(), "rb") as stream:
            program = stream.read()
        found = NUMBER.findall(program)
        if len(found) != 1:
            self.skipTest("the number is not to be found in this ProFTPD")
        other = bytes((found[0][0], found[0][1] + 1)) + found[0][2:]
        path = self.server.path("another")
        with open(path, "wb") as stream:
            stream.write(program.replace(b"\xb8" + found[0], b"\xb8" + other))
        os.chmod(path, 0o755)
        patch = mock.patch.dict(os.environ, {"PROFTPD": path})
        patch.start()
        self.addCleanup(patch.stop)

    def test_the_module_is_refused_wherever_its_line_stands(self):
        load = BARE % daemon.module_name()
        self.write("modules.conf", self.server.expand(load))
        for text in (load, "Include {root}/modules.conf\n",
                     "<IfModule mod_dso.c>\n%s</IfModule>\n" % load):
            with self.subTest(text):
                code, said = self.server.check_config(text + QUIET)
                self.assertEqual(code, 1, said)
                self.assertIn("build the module again", said)


class OneHostIsBroken(harness.LiveCase):
    """The others serve; it refuses AUTH, and its policies hold."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n",
              "directives": "TLSCertificateFile {pki}/none.pem\n"
                            "TLSControlProtection login",
              "vhosts": {"good": "TLSCertificateFile {pki}/rsa-all.pem"}}

    def test_the_other_serves(self):
        self.login("good").download("LIST")

    def test_its_policies_hold(self):
        control = self.connect()
        control.command("AUTH TLS", 431)
        control.command("USER alice", 533)
        self.assert_logged("AUTH refused: 431 .*TLSCertificateFile: .*none")
        self.assert_logged("AUTH refused: TLSCert.*none.pem", "system.log")

    def test_it_was_told_with_address_and_port(self):
        told = r"error: .*server '[^']*' \(127.0.0.1:%d\).*none\.pem" % (
            self.server.ports["main"])
        self.assertRegex(self.server.text("tls.log"), told)
        self.assertRegex(self.server.text("stderr.log"), told)

    def test_the_check_of_it_fails(self):
        other = harness.Server(**self.SERVER)
        self.addCleanup(other.stop)
        code, said = other.check_config()
        self.assertEqual(code, 1, said)
        self.assertIn("none.pem", said)


if __name__ == "__main__":
    harness.main()
