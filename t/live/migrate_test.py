#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""contrib/migrate: what it says of a configuration is what ProFTPD does.

Its verdicts are compared with "proftpd -t", and the files that it writes are
started.  What it finds in a TLSLog is proved in companions_test.py.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

import harness
from modtls_test import PLACES, ROWS

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "contrib"))
from migration import conf, report, rules, table  # noqa: E402

TABLE = table.read()
PROGRAM = os.path.join(HERE, "..", "..", "contrib", "migrate")

PAIR = "TLSEngine on\nTLSCertificateFile {pki}/rsa-all.pem\n"

#: What a line or lines are, beside PAIR; the verdict; what is said or written.
LINES = (
    ("LoadModule mod_tls.c", "changes", "> LoadModule mod_tls4217.c"),
    ("LoadModule mod_tls_shmcache.c", "ignored", "> (no line)"),
    ("<IfModule mod_tls.c>\n</IfModule>", "stays", "means mod_tls4217.c"),
    ("TLSProtocol SSLv23", "changes", "> TLSProtocol TLSv1.2 TLSv1.3"),
    ("TLSProtocol TLSv1 TLSv1.1 TLSv1.2", "changes", "> TLSProtocol TLSv1.2"),
    ("TLSProtocol TLSv1 TLSv1.1", "must go", "> TLSProtocol TLSv1.2 TLSv1.3"),
    ("TLSProtocol TLSv1_2", "must go", "> TLSProtocol TLSv1.2 TLSv1.3"),
    ("TLSProtocol ALL\nTLSOptions AllowWeakSecurity", "stays", ""),
    ("TLSOptions AllowWeakSecurity", "changes", "> TLSProtocol ALL"),
    ("TLSCipherSuite TLS_AES_128_GCM_SHA256", "must go",
     "> TLSCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256"),
    ("TLSCipherSuite HIGH:TLS_AES_128_GCM_SHA256", "changes",
     "> TLSCipherSuite HIGH\n"),
    ("TLSSessionCache off", "changes", "> TLSSessionReuse off"),
    ("TLSSessionCache shm:/file=/x", "ignored", "> (no line)"),
    ("TLSOptions NoCertRequest StdEnvVars", "ignored",
     "> TLSOptions StdEnvVars"),
    ("TLSOptions NoCertRequest", "ignored", "> (no line)"),
    ("TLSOptions NoSuchOption", "must go", "no option NoSuchOption"),
    ("TLSOptions NoSessionReuseRequired", "stays", "TLSSessionReuse report"),
    ("TLSRenegotiate none", "ignored", "> (no line)"),
    ("TLSVerifyClient on", "must go", "TLSCACertificateFile"),
    ("TLSVerifyOrder crl ocsp", "must go", "revocation lists"),
    ("TLSStapling on", "changes", "add TLSStaplingFile"),
    ("TLSStapling off", "stays", ""),
    ("TLSStaplingCache shm:/file=/x", "ignored", "> (no line)"),
    ("TLSLog tls.log", "must go", "> TLSLog /var/log/proftpd/tls.log"),
    ("TLSTimeoutHandshake 0", "changes", "> TLSTimeoutHandshake 3600"),
    ("TLSPKCS12File /x/y.p12", "stays", ""),
    ("TLSNoSuchDirective on", "must go", "no such directive"),
    ("<Directory {root}/home>\nTLSRequired on\n</Directory>", "changes",
     "not by the working directory"),
    ("<Anonymous {root}/home>\nUser nobody\nTLSRequired off\n</Anonymous>",
     "changes", "TLSUserProtection optional NAME"),
    ("TLSOptions AllowPerUser\n<Anonymous {root}/home>\nUser nobody\n"
     "TLSRequired off\n</Anonymous>", "stays", "asked at USER"),
    ("<VirtualHost 127.0.0.1>\nPort 1\nTLSEngine on\n</VirtualHost>",
     "must go", "no certificate for <VirtualHost 127.0.0.1>"),
    ("<Limit PROT>\nDenyAll\n</Limit>", "stays", ""),
)

#: Certificate lines by themselves.
FILES = (
    ("TLSCertificateFile {pki}/rsa-chain.pem {pki}/rsa.key", "stays", ""),
    ("TLSRSACertificateFile {pki}/ec-all.pem", "stays", "its key is EC"),
    ("TLSCertificateFile {pki}/rsa.pem {pki}/rsa.key", "changes",
     "its issuer (CN=Test Intermediate) is in no file"),
    ("TLSRSACertificateFile {pki}/rsa.pem\n"
     "TLSRSACertificateKeyFile {pki}/rsa.key\n"
     "TLSCACertificateFile {pki}/inter.pem", "stays", ""),
    ("TLSCertificateFile {pki}/rsa.pem {pki}/ec.key", "must go",
     "does not belong"),
    ("TLSCertificateFile {pki}/rsa-chain.pem {pki}/locked.key", "stays", ""),
    ("TLSCertificateFile {pki}/expired.pem {pki}/expired.key", "changes",
     "has expired"),
    ("TLSCertificateFile {pki}/rsa.pem", "must go", "contains no key"),
    ("TLSCertificateFile {pki}/none.pem", "must go", "is not there"),
)

WORST = {0: "stays", 1: ("changes", "ignored"), 2: "must go"}

MAIN = """\
Include {root}/old/modules.conf
Include {root}/old/conf.d/*.conf
ServerName "migrated" # its name
<IfModule mod_tls.c>
  TLSEngine on
  TLSRSACertificateFile \\
    {pki}/rsa-all.pem
  TLSProtocol SSLv23
  TLSOptions NoCertRequest \\
             StdEnvVars
</IfModule>
"""

PARTS = {"modules.conf": "LoadModule mod_tls.c\n"
                         "LoadModule mod_tls_shmcache.c\n",
         "conf.d/cache.conf": "TLSSessionCache shm:/file=/run/x\n"
                              "TLSRenegotiate required off\n",
         "conf.d/reuse.conf": "TLSRequired on\n"}


def migrate(*words):
    done = subprocess.run([sys.executable, "-B", PROGRAM, *words],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout, done.stderr


def check_file(path):
    """The same in this process, without a look into files: (status, text)."""
    config = conf.read(path)
    findings = rules.Rules(TABLE, config).run()
    return report.status(findings), repr(
        [(found.line.text, found.verdict) for found in findings])


class Verdicts(unittest.TestCase):
    """One line after the other."""

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server("", tls="")
        cls.addClassCleanup(cls.server.stop)

    def put(self, text):
        path = self.server.path("asked.conf")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text.replace("{pki}", self.server.pki.path(""))
                         .replace("{root}", self.server.path("")))
        return path

    def ask(self, text):
        return migrate(self.put(text))

    def compare(self, text, verdict, words):
        code, said, wrong = self.ask(text)
        self.assertIn(verdict, WORST.get(code, ()), said + wrong)
        self.assertIn(words, said)
        self.assertEqual(wrong, "")

    def test_lines(self):
        for lines, verdict, words in LINES:
            with self.subTest(lines):
                self.compare(PAIR + lines + "\n", verdict, words)

    def test_files(self):
        for lines, verdict, words in FILES:
            with self.subTest(lines):
                self.compare("TLSEngine on\n" + lines + "\n", verdict, words)

    def test_each_of_mod_tls_names(self):
        """As modtls_test.py finds it with proftpd -t: what is refused must
        go, what is told is not silent, and nothing else is said to go."""
        for name, value, places, fate in ROWS:
            if name.startswith(("TLSRSA", "TLSEC", "TLSCARev", "TLSUserName",
                                "TLSDHParam")) or \
               value in ("AllowDotLogin", "iPAddressRequired",
                         "dNSNameRequired", "CommonNameRequired"):
                continue        # with values that need another line
            for place in places:
                line = "%s %s" % (name, value)
                with self.subTest(line=line, place=place):
                    code, said = check_file(self.put(PLACES[place] % line))
                    if name == "TLSRequired" and place == "D":
                        self.assertEqual(code, 1, said)
                    elif value == "AllowWeakSecurity" or fate == "told":
                        self.assertEqual(code, 1, said)
                    else:
                        self.assertEqual(code, 2 if fate == "refused" else 0,
                                         said)

    def test_what_cannot_be_read(self):
        code, said, wrong = migrate(self.server.path("none.conf"))
        self.assertEqual((code, said), (3, ""))
        self.assertIn("none.conf", wrong)

    def test_defaults_are_told_where_there_is_an_engine(self):
        self.assertIn("> TLSOptions NoPBSZRequired", self.ask(PAIR)[1])
        self.assertNotIn("NoPBSZRequired", self.ask("ServerName x\n")[1])
        self.assertIn("> LoadModule mod_tls4217.c", self.ask(PAIR)[1])
        self.assertNotIn("> TLSOptions NoPBSZRequired",
                         self.ask(PAIR + "TLSOptions NoPBSZRequired\n")[1])

    def test_the_generated_table_is_the_sources(self):
        path = self.server.path("directives.txt")
        with open(path, "w", encoding="utf-8") as stream:
            subprocess.run(
                [sys.executable, "-B", os.path.join(
                    os.path.dirname(PROGRAM), "directives.py")],
                stdout=stream, timeout=60, check=True)
        self.ask(PAIR + "TLSRenegotiate none\n")
        asked = self.server.path("asked.conf")
        self.assertEqual(migrate("--table", path, asked), migrate(asked))
        with open(path, "a", encoding="utf-8") as stream:
            stream.write("TLSRenegotiate\tused\tserver config\t1\t-\t-\tx\n")
        self.assertEqual(migrate("--table", path, asked)[0], 0)


class Written(unittest.TestCase):
    """--write: the new files are ones that ProFTPD starts with."""

    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)
        self.old = self.server.path("old")
        os.makedirs(self.old + "/conf.d")
        self.put("proftpd.conf", MAIN)
        for name, text in PARTS.items():
            self.put(name, text)

    def put(self, name, text):
        path = os.path.join(self.old, name)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text.replace("{pki}", self.server.pki.path(""))
                         .replace("{root}", self.server.path("")))
        os.chmod(path, 0o640)
        return path

    def read(self, name):
        with open(os.path.join(self.old, name), encoding="ascii") as stream:
            return stream.read()

    def test_new_files(self):
        main = os.path.join(self.old, "proftpd.conf")
        before = {name: self.read(name) for name in PARTS}
        code, said, wrong = migrate("--write", main)
        self.assertEqual((code, wrong), (1, ""), said)
        self.assertEqual(said.count("written: "), 4)
        self.assertEqual({name: self.read(name) for name in PARTS}, before)

        text = self.read("proftpd.conf.tls4217")
        self.assertIn("/old/conf.d/*.conf.tls4217\n", text)
        self.assertIn("\n  TLSOptions StdEnvVars\n", text)
        self.assertIn('\nServerName "migrated" # its name\n', text)
        self.assertIn("LoadModule mod_tls4217.c",
                      self.read("modules.conf.tls4217"))
        self.assertEqual(os.stat(main + ".tls4217").st_mode & 0o777, 0o640)
        self.assertEqual(migrate(main + ".tls4217")[0], 0)

    def test_proftpd_takes_them_without_a_word(self):
        main = os.path.join(self.old, "proftpd.conf")
        migrate("--write", main)
        text = self.read("proftpd.conf.tls4217")
        # The server's own configuration loads the module.
        with open(os.path.join(self.old, "modules.conf.tls4217"), "w",
                  encoding="ascii"):
            pass
        self.server.directives = text
        code, said = self.server.check_config()
        self.assertEqual(code, 0, said)
        self.assertNotRegex(said, "warning|error|notice")

    def test_nothing_is_overwritten(self):
        self.put("conf.d/cache.conf.tls4217", "mine")
        code, _, wrong = migrate("--write",
                                 os.path.join(self.old, "proftpd.conf"))
        self.assertEqual(code, 3)
        self.assertIn("is there already", wrong)
        self.assertEqual(self.read("conf.d/cache.conf.tls4217"), "mine")
        self.assertFalse(os.path.exists(self.old + "/proftpd.conf.tls4217"))


class Refused(unittest.TestCase):
    """--refused, from lines of a TLSLog."""

    LOG = ("2026-01-01 [7]: mod_tls4217/1.0: user %s: client '%s': "
           "TLSSessionReuse report: accepted a data connection that 'user' "
           "would refuse: 522 x\n")

    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)

    def ask(self, text):
        path = self.server.path("report.log")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        return migrate("--refused", path)

    def test_users_and_lines(self):
        code, said, _ = self.ask(self.LOG % ("dave", "Old 1") +
                                 self.LOG % ("bob", "-") +
                                 self.LOG % ("bob", "Old 1") * 2 +
                                 self.LOG % ("a b,c", "x") +
                                 "user erin: control connection\n")
        self.assertEqual(code, 1)
        self.assertIn("user bob, client 'Old 1', in 2 sessions", said)
        self.assertEqual(re.findall("<IfUser (.*)>", said), ["bob", "dave"])
        self.assertIn("# user 'a b,c' has a name", said)
        self.assertNotIn("erin", said)

    def test_nobody(self):
        code, said, _ = self.ask("user erin: control connection\n")
        self.assertEqual((code, said), (0, "nobody would be refused\n"))


class Installed(unittest.TestCase):
    """The program where there are no sources."""

    def test_it_reads_the_table_beside_it(self):
        server = harness.Server("", tls="")
        self.addCleanup(server.stop)
        folder = server.path("share")
        contrib = os.path.dirname(PROGRAM)
        os.mkdir(folder)
        shutil.copy(PROGRAM, folder)
        shutil.copytree(os.path.join(contrib, "migration"),
                        folder + "/migration")
        path = server.path("x.conf")
        with open(path, "w", encoding="ascii") as stream:
            stream.write("TLSEngine off\n")
        run = [sys.executable, "-B", folder + "/migrate", path]
        self.assertEqual(subprocess.run(
            run, capture_output=True, timeout=60, check=False).returncode, 3)
        with open(folder + "/directives.txt", "w", encoding="utf-8") as out:
            subprocess.run([sys.executable, "-B", contrib + "/directives.py"],
                           stdout=out, timeout=60, check=True)
        self.assertEqual(subprocess.run(
            run, capture_output=True, timeout=60, check=False).returncode, 0)


if __name__ == "__main__":
    harness.main()
