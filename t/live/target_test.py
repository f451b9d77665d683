#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSDataProtection of paths and TLSDataRule: RFC 4217, section 10.2, view 4.

What decides is the real target of the transfer command: however the client
writes it, and wherever its working directory is.
"""

import os
import unittest

import harness

#: Under a directory that requires P, and one that wants C.
PATHS = """
TLSDataProtection optional
<Directory {root}/home/secure>
  TLSDataProtection required
</Directory>
<Directory {root}/home/secure/open>
  TLSDataProtection optional
</Directory>
<Directory {root}/home/clear>
  TLSDataProtection none
</Directory>
"""

#: mod_tls' word for the same.
REQUIRED = """
<Directory {root}/home/secure>
  TLSRequired data
</Directory>
<Directory {root}/home/secure/open>
  TLSRequired off
</Directory>
<Directory {root}/home/clear>
  TLSRequired !data
</Directory>
"""

#: Required, but for one place.
BUT_ONE = """
TLSDataProtection required
<Directory {root}/home/clear>
  TLSDataProtection none
</Directory>
"""

RULES = """
TLSDataProtection per-transfer
TLSDataRule none command list,NLST path */lists*
TLSDataRule required path {root}/home/secure*
TLSDataRule required command STOR,STOU,APPE user bob,carol
TLSDataRule none user !alice command RETR
TLSDataRule optional
"""

#: The ways to the file secure/f that must not get around the directory.
SECURE_NAMES = ("secure/f", "./secure/f", "secure/./f", "clear/../secure/f",
                "{home}/secure/f", "link/f", "filelink", "secure/open/../f")


class Tree(harness.LiveCase):
    """A home with secure/, clear/ and links between them."""

    @classmethod
    def prepare(cls):
        for name in ("secure", "secure/open", "clear", "lists"):
            cls.folder(name)
        for name in ("f", "secure/f", "secure/open/f", "clear/f"):
            cls.server.put(name, name.encode() * 100)
        os.symlink("secure", os.path.join(cls.server.home, "link"))
        os.symlink("secure/f", os.path.join(cls.server.home, "filelink"))

    @classmethod
    def folder(cls, name):
        path = os.path.join(cls.server.home, name)
        os.mkdir(path)
        harness.own(path)

    def at(self, level, host="main", user="alice", password="wonder"):
        control = self.secure(host, "TLS" if level == "C" else "SSL")
        control.login(user, password)
        control.command("TYPE I", 200)
        return control

    def works(self, control, line, protected):
        return control.download(line, protected=protected)

    def refused(self, control, line):
        with control.data():
            control.command(line, 521)
        control.command("NOOP", 200)


class Directories:
    """The tests; the cases below say where the directories are."""

    def both(self, check):
        for host in ("main", "required"):
            with self.subTest(host=host):
                check(host)

    def name(self, text):
        return text.format(home=self.server.home)

    def test_rfc4217_10_2_view4_clear_download_by_any_name(self):
        self.both(self.check_names)

    def check_names(self, host):
        control = self.at("C", host)
        for name in SECURE_NAMES:
            with self.subTest(name=name):
                self.refused(control, "RETR " + self.name(name))
        self.assertEqual(self.works(control, "RETR f", False), b"f" * 100)
        self.works(control, "RETR secure/open/f", False)

    def test_rfc4217_10_2_view4_private_download(self):
        control = self.at("P")
        for name in SECURE_NAMES:
            with self.subTest(name=name):
                self.assertEqual(
                    self.works(control, "RETR " + self.name(name), True),
                    b"secure/f" * 100)
        self.refused(control, "RETR clear/f")
        self.refused(control, "LIST clear")

    def test_rfc4217_10_2_view4_working_directory_is_not_the_target(self):
        self.both(self.check_cwd)

    def check_cwd(self, host):
        control = self.at("C", host)
        control.command("CWD secure", 250)
        self.works(control, "RETR ../f", False)
        self.works(control, "LIST " + self.name("{home}/lists"), False)
        self.refused(control, "RETR f")
        self.refused(control, "LIST")
        self.refused(control, "NLST")
        self.refused(control, "MLSD")
        self.refused(control, "STOU")

    def test_rfc4217_10_2_view4_listings(self):
        self.both(self.check_listings)

    def check_listings(self, host):
        control = self.at("C", host)
        for arg in ("secure", "-la secure", "-l -a secure", "-la/../secure",
                    "secure/", "secure/*", "sec*", "link/", "clear/../secure",
                    "link/../secure", self.name("-a {home}/secure")):
            with self.subTest(arg=arg):
                self.refused(control, "LIST " + arg)
                self.refused(control, "NLST " + arg)
        self.works(control, "LIST -la", False)
        self.works(control, "LIST lists", False)

    def test_rfc4217_10_2_view4_uploads(self):
        self.both(self.check_uploads)

    def check_uploads(self, host):
        control = self.at("C", host)
        for verb in ("STOR", "APPE"):
            self.refused(control, verb + " secure/new")
            self.refused(control, verb + " link/new")
            control.upload(verb + " new", b"new", protected=False)
            os.unlink(os.path.join(self.server.home, "new"))
        self.assertIsNone(self.server.get("secure/new"))

    def test_rfc4217_10_2_prot_is_refused_only_when_nothing_could_use_it(self):
        for host in ("main", "required", "but_one"):
            with self.subTest(host=host):
                control = self.secure(host).login()
                control.protect("C")
                control.protect("P")


@harness.both_versions
class InTheOpen(Directories, Tree):
    SERVER = {"directives": PATHS,
              "vhosts": {"required": REQUIRED, "but_one": BUT_ONE}}


@harness.both_versions
class Ftpaccess(Tree):
    """The owner of a directory may only tighten."""

    SERVER = {"directives": """
AllowOverride on
<Directory {root}/home/clear>
  TLSDataProtection none
</Directory>
<Directory {root}/home/secure>
  TLSDataProtection required
</Directory>
"""}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.folder("lists/deep")
        cls.server.put("lists/deep/f", b"deep")
        cls.write("lists", "required")
        cls.write("secure", "optional")
        cls.write("clear", "required")

    @classmethod
    def write(cls, folder, view):
        cls.server.put(folder + "/.ftpaccess",
                       b"TLSDataProtection " + view.encode() + b"\n")

    def test_it_tightens_what_is_optional(self):
        control = self.at("C")
        for line in ("RETR lists/deep/f", "LIST lists", "STOR lists/new",
                     "NLST lists/deep"):
            with self.subTest(line=line):
                self.refused(control, line)
        control.protect("P")
        self.works(control, "RETR lists/deep/f", True)

    def test_it_does_not_loosen(self):
        self.refused(self.at("C"), "RETR secure/f")

    def test_it_does_not_turn_none_into_required(self):
        self.works(self.at("C"), "RETR clear/f", False)
        self.refused(self.at("P"), "RETR clear/f")


@harness.both_versions
class Rules(Tree):
    SERVER = {"directives": RULES}

    def test_first_match_wins(self):
        control = self.at("C")
        self.works(control, "LIST lists", False)
        self.works(control, "RETR f", False)
        self.refused(control, "RETR secure/f")
        self.refused(control, "LIST secure")
        control.upload("STOR mine", b"x", protected=False)

    def test_clear_listings_are_wanted(self):
        control = self.at("P")
        self.refused(control, "LIST lists")
        self.refused(control, "NLST lists")
        self.works(control, "MLSD lists", True)
        self.works(control, "RETR secure/f", True)

    def test_users(self):
        control = self.at("C", user="bob", password="builder")
        self.refused(control, "STOR his")
        self.works(control, "RETR f", False)
        control.protect("P")
        control.upload("STOR his", b"x")
        self.refused(control, "RETR f")


@harness.both_versions
class Groups(Tree):
    """Conditions on class and group."""

    SERVER = {"directives": """
<Class local>
  From 127.0.0.0/8
</Class>
TLSDataProtection per-transfer
TLSDataRule required class local command RETR
TLSDataRule required class elsewhere
TLSDataRule required group nosuchgroup
"""}

    def test_class(self):
        control = self.at("C")
        self.refused(control, "RETR f")
        self.works(control, "LIST", False)


@harness.both_versions
@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class Chroot(Directories, Tree):
    """The same below DefaultRoot: policies name real paths."""

    SERVER = {"directives": "DefaultRoot ~\n" + PATHS,
              "vhosts": {"required": "DefaultRoot ~\n" + REQUIRED,
                         "but_one": "DefaultRoot ~\n" + BUT_ONE}}

    def name(self, text):
        return text.format(home="")


@harness.both_versions
@unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
class Anonymous(Tree):
    """<Anonymous> may have a view of its own, and directories."""

    SERVER = {"directives": """
TLSDataProtection required
<Anonymous {root}/home>
  User bob
  UserAlias anonymous bob
  TLSDataProtection optional
  <Directory secure>
    TLSDataProtection required
  </Directory>
</Anonymous>
"""}

    def test_its_own_view(self):
        control = self.at("C", user="anonymous", password="a@example.net")
        self.works(control, "RETR f", False)
        self.refused(control, "RETR secure/f")
        self.refused(self.at("C"), "RETR f")


if __name__ == "__main__":
    harness.main()
