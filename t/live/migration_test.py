#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A configuration of mod_tls, taken as it is: what it says holds, or is told.

Each word of mod_tls is known; what it cannot mean here is a warning, or is
refused with what to write instead.
"""

import re
import subprocess
import unittest

import client
import harness

OWN_PAIR = """\
TLSEngine on
TLSCertificateFile {pki}/rsa-all.pem
"""

#: Lines that are taken with one warning, and its words.
TOLD = {
    "TLSTimeoutHandshake 0": "3600 seconds, the maximum, is used",
    "TLSTimeoutHandshake 9000": "3600 seconds, the maximum, is used",
    "TLSSessionCache off": "NoSessionReuseRequired",
    "TLSSessionCache internal: 1800": "ignored",
    "TLSServerInfoFile {pki}/rsa.pem": "custom TLS extensions",
    "TLSStaplingCache off": "the files that TLSStaplingFile names",
    "TLSStaplingOptions NoNonce": "is verified when TLSStaplingFile is read",
    "TLSStaplingResponder http://127.0.0.1/": "contrib/ocsp-update",
    "TLSStaplingTimeout 10": "no handshake waits",
    "LoadModule mod_tls_shmcache.c": "belongs to mod_tls",
    "LoadModule mod_tls_fscache.c": "belongs to mod_tls",
    "LoadModule mod_tls_memcache.c": "belongs to mod_tls",
    "LoadModule mod_tls_redis.c": "belongs to mod_tls",
    "<VirtualHost 127.0.0.1>\nPort 1\nTLSCryptoDevice ALL\n</VirtualHost>":
        "engines",
}

REFUSED = {
    "TLSPreSharedKey name hex:{pki}/psk": "trust the server's certificate",
    "TLSLog tls.log": "/var/log/proftpd/tls.log",
}

class Checks(unittest.TestCase):
    """proftpd -t; no daemon runs."""

    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)

    def check(self, directives):
        self.server.directives = directives
        return self.server.check_config()

    def test_what_is_taken_is_told_once(self):
        for line, words in TOLD.items():
            with self.subTest(line):
                code, said = self.check(OWN_PAIR + line)
                self.assertEqual(code, 0, said)
                told = [text for text in said.splitlines()
                        if re.search("warning|error|notice", text)]
                self.assertEqual(len(told), 1, said)
                self.assertIn(words, told[0])
                self.assertRegex(told[0], r"\(line \d+ of '.*check.conf'\)")

    def test_what_is_refused_says_what_to_write(self):
        for line, words in REFUSED.items():
            with self.subTest(line):
                code, said = self.check(OWN_PAIR + line)
                self.assertEqual(code, 1, said)
                self.assertIn(words, said)

    def test_a_warning_about_many_hosts_is_one_line(self):
        hosts = "".join("<VirtualHost 127.0.0.1>\nPort %d\nServerName v%d\n"
                        "TLSRandomSeed x\n</VirtualHost>\n" % (port, port)
                        for port in range(1, 20))
        code, said = self.check(
            "<Global>\n%sTLSUserName CommonName\n</Global>\n" % OWN_PAIR
            + hosts)
        self.assertEqual(code, 0, said)
        self.assertEqual(len(re.findall("TLSRandomSeed: ", said)), 1, said)
        self.assertIn(", and 18 more)", said)
        self.assertEqual(len(re.findall("TLSUserName has no", said)), 1, said)
        self.assertIn(" and 19 others: ", said)

    def test_lines_that_mean_nothing_in_many_hosts_are_one_line(self):
        rule = "TLSDataRule required command STOR\n"
        log = "TLSLog %s\n" % self.server.path("none/tls.log")
        hosts = "".join("<VirtualHost 127.0.0.1>\nPort %d\n%s</VirtualHost>\n"
                        % (port, rule + log) for port in range(1, 21))
        shared = "<VirtualHost 127.0.0.1>\nPort %d\n</VirtualHost>\n"
        for text, told in (
                ("<Global>\n" + OWN_PAIR + "</Global>\n" + rule + log + hosts,
                 ", and 20 more)"),
                ("<Global>\n" + OWN_PAIR + rule + log + "</Global>\n" +
                 "".join(shared % port for port in range(1, 21)), "conf')")):
            code, said = self.check(text)
            with self.subTest(told):
                self.assertEqual(code, 0, said)
                lines = re.findall(".*TLSDataRule has no effect.*", said)
                self.assertEqual(len(lines), 1, said)
                self.assertIn(" and 20 others: ", lines[0])
                self.assertTrue(lines[0].endswith(told), lines[0])
                self.assertEqual(said.count("none"), 2, said)

    def test_old_name_of_tls_1_0(self):
        code, said = self.check(
            OWN_PAIR + "TLSProtocol TLSv1.0 TLSv1.1 TLSv1.2\n"
            "TLSOptions AllowWeakSecurity")
        self.assertEqual(code, 0, said)
        self.assertNotIn("warning", said)

    def test_a_server_without_a_port_needs_no_certificate(self):
        for where in ("Port 0\n<Global>\nTLSEngine on\n</Global>\n",
                      "<Global>\nTLSEngine on\nPort 0\n</Global>\n"):
            with self.subTest(where):
                code, said = self.server.check_config(
                    re.sub(r"Port \d+\n", "", self.server.config()) + where +
                    "<VirtualHost 127.0.0.1>\nPort 1\n"
                    "TLSCertificateFile {pki}/rsa-all.pem\n</VirtualHost>\n")
                self.assertEqual(code, 0, said)
                self.assertNotIn("error", said)


class Sites(harness.LiveCase):
    SERVER = {
        "tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
               "TLSRSACertificateFile {pki}/rsa.pem\n"
               "TLSRSACertificateKeyFile {pki}/rsa.key\n",
        "directives": "TLSSessionCache off\n"
                      "TLSCertificateChainFile {pki}/inter.pem",
        "vhosts": {"CAs": "TLSCACertificateFile {root}/ca.pem"}}
    VERSION = client.TLS1_3

    @classmethod
    def prepare(cls):
        with open(cls.server.path("ca.pem"), "w", encoding="ascii") as stream:
            for name in ("root.pem", "inter.pem"):
                with open(cls.server.pki.path(name), encoding="ascii") as part:
                    stream.write(part.read())

    def test_without_a_cache_sessions_need_not_be_resumed(self):
        control = self.login()
        self.assertEqual(control.download("LIST", session=None), b"")

    def test_only_the_main_server_had_a_cache(self):
        control = self.login("CAs")
        data = control.begin("LIST", session=None)
        self.assertEqual(control.reply().code, 522)
        data.close()

    def test_an_intermediate_among_the_cas_is_sent(self):
        done = subprocess.run(
            ["openssl", "s_client", "-connect",
             "127.0.0.1:%d" % self.server.ports["CAs"], "-starttls",
             "ftp", "-showcerts"], input="QUIT\n", capture_output=True,
            text=True, timeout=20, check=False)
        self.assertEqual(re.findall(r"\d s:CN ?= ?(.*)", done.stdout),
                         ["localhost", "Test Intermediate"])


if __name__ == "__main__":
    harness.main()
