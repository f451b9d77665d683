#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What else leads to what a directory's view protects: listings that go down,
patterns that match much, STAT and MLST, moves and copies.

RFC 4217, section 10.2: the server's view is of each transfer; here it is
decided by all that a command could touch.
"""

import os
import unittest

import harness

DIRECTIVES = """
TLSClearCommandChannel on
<Directory {root}/home/secret>
  TLSDataProtection required
</Directory>
<Directory {root}/home/many/z>
  TLSDataProtection required
</Directory>
"""

#: What no clear listing may show.
HIDDEN = b"hidden-name"

LISTINGS = ("LIST -R", "LIST -R .", "LIST -aR guarded/..", "LIST -la*secret",
            "LIST -la -R many", "NLST many/*/*", "LIST -R m*", "NLST -R m*",
            "LIST -RL inward", "LIST todeep/..", "LIST -a todeep/../",
            "NLST todeep/..", "MLSD todeep/..", "NLST todeep/../*",
            "LIST guarded", "LIST -l  secret", "NLST -a-1 secret")

LAWFUL = ("LIST", "LIST -la", "LIST -R pub", "LIST -aR pub", "NLST p*/*",
          "LIST -R inward",
          "LIST topub/..", "LIST many", "NLST many/d*", "LIST -d pub",
          "MLSD pub", "NLST -a pub/deep")


class Reach(harness.LiveCase):
    """A home with secret/, guarded/ (by an .ftpaccess), many/ and links."""

    CHROOT = ""

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {
            "modules": ("mod_copy",),
            "directives": cls.CHROOT + DIRECTIVES,
            "vhosts": {"deep": cls.CHROOT + DIRECTIVES + 'ListOptions "-lR"'}}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        for name in ("secret", "secret/deep", "pub", "pub/deep", "many",
                     "guarded", "inward"):
            cls.folder(name)
        for number in range(600):
            cls.folder("many/d%d" % number)
        cls.folder("many/z")
        for place in ("secret", "secret/deep", "many/z", "guarded"):
            cls.server.put(place + "/hidden-name", b"secret")
        for name in ("f", "pub/f", "pub/deep/plain-name"):
            cls.server.put(name, b"plain")
        cls.server.put("guarded/.ftpaccess", b"TLSDataProtection required\n")
        for name, target in (("todeep", "secret/deep"), ("topub", "pub/deep"),
                             ("secret/out", "../f"),
                             ("inward/in", "../secret")):
            os.symlink(target, os.path.join(cls.server.home, name))

    @classmethod
    def folder(cls, name):
        path = os.path.join(cls.server.home, name)
        os.mkdir(path)
        harness.own(path)

    def at(self, level, host="main"):
        control = self.secure(host).login()
        control.protect(level)
        control.command("TYPE I", 200)
        return control

    def works(self, control, line, protected=False):
        return control.download(line, protected=protected)

    def refused(self, control, line):
        with control.data():
            control.command(line, 521)

    def test_rfc4217_10_2_listings_that_reach_further(self):
        control = self.at("C")
        for line in LISTINGS:
            with self.subTest(line=line):
                self.refused(control, line)
        self.assert_transfers(control, False)

    def test_rfc4217_10_2_listings_that_do_not(self):
        control = self.at("C")
        for line in LAWFUL:
            with self.subTest(line=line):
                self.assertNotIn(HIDDEN, self.works(control, line))
        self.assertIn(b"plain-name", self.works(control, "LIST -lR pub"))

    def test_a_tilde_is_a_home(self):
        control = self.at("C")
        for line in ("LIST ~/s*t", "NLST ~/s*/*", "NLST ~alice/sec*/*",
                     "LIST -R ~", "LIST ~/secret"):
            with self.subTest(line=line):
                with control.data() as data:
                    reply = control.command(line, 150, 450, 521)
                    if reply.code == 150:
                        self.assertNotIn(HIDDEN, data.open().read_all())
                        control.reply()
                    elif not self.CHROOT:
                        self.assertEqual(reply.code, 521)

    def test_protected_listings_reach_everything(self):
        control = self.at("P")
        self.assertIn(HIDDEN, self.works(control, "LIST -R secret", True))
        self.works(control, "NLST many/*/*", True)

    def test_list_options_of_the_configuration(self):
        control = self.at("C", "deep")
        self.refused(control, "LIST")
        self.refused(control, "LIST many")
        self.assertIn(b"plain-name", self.works(control, "LIST pub"))

    def test_ftpaccess_is_its_own_directorys(self):
        """The working directory's does not count for what is above it."""
        control = self.at("C")
        control.command("CWD guarded", 250)
        self.assertEqual(self.works(control, "RETR ../f"), b"plain")
        self.works(control, "LIST ..")
        control.upload("STOR ../new", b"new", protected=False)
        self.refused(control, "RETR hidden-name")
        self.refused(control, "LIST")
        control.command("CWD ..", 250)
        self.assertEqual(self.works(control, "RETR f"), b"plain")

    def test_every_name_counts(self):
        """The client's own, too, where a link leads out of a directory."""
        control = self.at("C")
        self.refused(control, "RETR secret/out")
        self.refused(control, "RETR inward/in/hidden-name")
        self.refused(control, "RETR todeep/hidden-name")

    def refused_on_control(self, control, way):
        for line in ("STAT secret", "STAT -la secret", "STAT -l -R .",
                     "STAT s*", "MLST secret", "MLST secret/hidden-name",
                     "MLST todeep", "STAT guarded"):
            with self.subTest(line=line):
                self.assertIn(way, control.command(line, 533).text)
        control.command("STAT", 211)
        control.command("STAT pub", 212)
        control.command("MLST f", 250)

    def test_rfc4217_10_2_stat_and_mlst_in_clear(self):
        control = self.connect().login()
        self.refused_on_control(control, "AUTH TLS")

    def test_rfc4217_10_2_stat_and_mlst_after_ccc(self):
        control = self.at("P")
        control.command("STAT secret", 212)
        control.command("MLST secret/hidden-name", 250)
        control.command("CCC", 200)
        self.assertEqual(control.tls.read(), b"")
        control.tls.close_notify()
        control.tls = None
        self.refused_on_control(control, "protected data connection")

    def test_rfc4217_10_2_moves(self):
        control = self.at("C")
        for name in ("secret/hidden-name", "secret", "guarded/hidden-name",
                     "many", "todeep/hidden-name"):
            with self.subTest(name=name):
                reply = control.command("RNFR " + name, 533)
                self.assertIn("PROT P", reply.text)
        self.server.put("old", b"old")
        control.command("RNFR old", 350)
        control.command("RNTO pub/moved", 250)
        control.protect("P")
        self.server.put("secret/goes", b"goes")
        control.command("RNFR secret/goes", 350)
        control.command("RNTO pub/gone", 250)

    def test_rfc4217_10_2_moves_in_clear(self):
        reply = self.connect().login().command("RNFR secret/hidden-name", 533)
        self.assertIn("AUTH TLS", reply.text)

    @unittest.skipUnless(harness.stock_module("mod_copy"), "no mod_copy")
    def test_rfc4217_10_2_copies(self):
        control = self.at("C")
        for line in ("CPFR secret/hidden-name", "cpfr secret", "CPFR many",
                     "COPY secret/hidden-name pub/copy"):
            with self.subTest(line=line):
                control.command("SITE " + line, 533)
        control.command("SITE CPFR f", 350)
        control.command("SITE CPTO pub/copied", 250)
        control.protect("P")
        control.command("SITE CPFR secret/hidden-name", 350)
        control.command("SITE CPTO pub/taken", 250)


@harness.both_versions
class InTheOpen(Reach):
    pass


@harness.both_versions
@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class Chroot(Reach):
    CHROOT = "DefaultRoot ~\n"


del Reach


if __name__ == "__main__":
    harness.main()
