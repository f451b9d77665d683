#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Each directive and option of mod_tls, wherever mod_tls lets it stand.

None is unknown; t/live/mod_tls.txt says what becomes of each.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "contrib"))
import directives  # noqa: E402  the tables of the sources

PAIR = "TLSEngine on\nTLSCertificateFile {pki}/rsa-all.pem\n"
PLACES = {
    "S": PAIR + "%s\n",
    "V": PAIR + "<VirtualHost 127.0.0.1>\nPort 1\n" + PAIR +
         "%s\n</VirtualHost>\n",
    "G": "<Global>\n" + PAIR + "%s\n</Global>\n",
    "A": PAIR + "<Anonymous {root}/home>\nUser nobody\n%s\n</Anonymous>\n",
    "D": PAIR + "<Directory {root}/home>\n%s\n</Directory>\n",
}


def read_rows():
    with open(os.path.join(HERE, "mod_tls.txt"), encoding="ascii") as stream:
        lines = [line.rstrip("\n") for line in stream if line[0] != "#"]
    return [line.split("\t") for line in lines]


ROWS = read_rows()


class Names(unittest.TestCase):
    """proftpd -t; no daemon runs."""

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server("", tls="")
        cls.addClassCleanup(cls.server.stop)
        # A folder of its own: the other tests' has broken files, too.
        pki = cls.server.path("pki")
        os.mkdir(pki)
        for name in ("rsa-all.pem", "rsa.pem", "rsa.key", "ec-all.pem",
                     "ec.key", "inter.pem", "root.pem"):
            shutil.copy(cls.server.pki.path(name), pki)
        subprocess.run(["openssl", "dhparam", "-dsaparam", "-out",
                        pki + "/dh.pem", "2048"], capture_output=True,
                       timeout=120, check=True)
        subprocess.run(["openssl", "pkcs12", "-export", "-passout", "pass:",
                        "-in", pki + "/ec-all.pem", "-out", pki + "/ec.p12"],
                       capture_output=True, timeout=20, check=True)
        for name in ("crl.pem", "psk"):
            with open(os.path.join(pki, name), "w", encoding="ascii"):
                pass
        cls.pki = pki

    def check(self, name, value, place):
        line = "%s %s" % (name, value)
        text = (PLACES[place] % line).replace("{pki}", self.pki)
        if name == "TLSEngine":
            text = text.replace("TLSEngine on\nTLSCert", "TLSCert")
        self.server.directives = text
        code, said = self.server.check_config()
        told = [line for line in said.splitlines()
                if re.search("warning|error|notice|fatal", line)]
        if code != 0:
            return "refused", said
        return ("told" if told else "used"), said

    def test_each_in_each_place(self):
        for name, value, places, fate in ROWS:
            for place in places:
                with self.subTest(name=name, value=value, place=place):
                    found, said = self.check(name, value, place)
                    self.assertEqual(found, fate, said)
                    self.assertNotIn("unknown", said)
                    self.assertNotIn("there is no option", said)
                    if fate != "used":
                        self.assertIn(value.split()[0] if name == "TLSOptions"
                                      else name, said)

    def test_the_table_has_all_of_them(self):
        """44 directives, and 18 words of TLSOptions."""
        names = {row[0] for row in ROWS}
        words = {row[1] for row in ROWS if row[0] == "TLSOptions"}
        self.assertEqual((len(names), len(words)), (44, 18))
        srcdir = os.path.join(HERE, "..", "..")
        self.assertLessEqual(
            names, {row.name for row in directives.directives(srcdir)})
        self.assertLessEqual(
            words, {row.name for row in directives.options(srcdir)})


if __name__ == "__main__":
    harness.main()
