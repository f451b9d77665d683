#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Whatever other modules are there, and in whichever order they are loaded:
policies hold, a failed handshake harms no file, sessions are bound.

The short form of "make check-orders", which runs whole files in each order.
"""

import os
import ssl
import unittest

import client
import harness
from program import ORDERS

#: Those that have to do with files, commands or data connections.
MODULES = tuple(name for name in (
    "mod_deflate", "mod_rewrite", "mod_copy", "mod_site_misc", "mod_ban",
    "mod_quotatab", "mod_ifsession") if harness.stock_module(name))

DIRECTIVES = """
<Directory {root}/home/secret>
  TLSDataProtection required
</Directory>
<IfModule mod_rewrite.c>
  RewriteEngine on
  RewriteCondition %m "^(RETR|STOR|LIST|MLSD|NLST|RNFR)$"
  RewriteRule "(.*)ELSEWHERE(.*)" "$1secret$2"
</IfModule>
"""

USERS = """
TLSUserProtection required alice
<IfModule mod_rewrite.c>
  RewriteEngine on
  RewriteCondition %m "^USER$"
  RewriteRule "^nickname$" "alice"
</IfModule>
"""

VROOT = """
VRootEngine on
DefaultRoot ~
VRootAlias {root}/home/secret ~/alias
<Directory {root}/home/secret>
  TLSDataProtection required
</Directory>
<Directory /virtual>
  TLSDataProtection required
</Directory>
"""


class Order:
    """The tests; the cases below say how the modules are loaded."""

    NAMES = ("secret",)

    @classmethod
    def prepare(cls):
        for name in ("secret", "virtual", "pub"):
            path = os.path.join(cls.server.home, name)
            os.mkdir(path)
            harness.own(path)
            cls.server.put(name + "/f", name.encode())
        cls.server.put("f", b"plain")
        cls.server.put("kept", b"kept")
        for link, target in (("tosecret", "secret"), ("tofile", "secret/f"),
                             ("tovirtual", "virtual")):
            os.symlink(target, os.path.join(cls.server.home, link))

    def refused(self, control, line):
        with control.data():
            control.command(line, 521)

    def at_clear(self):
        control = self.secure().login()
        control.protect("C")
        control.command("TYPE I", 200)
        return control

    def lines(self):
        for name in self.NAMES:
            for line in ("RETR %s/f", "STOR %s/new", "APPE %s/f", "LIST %s",
                         "NLST %s", "MLSD %s", "NLST %s/*", "LIST -R %s"):
                yield line % name

    def test_policies_hold(self):
        control = self.at_clear()
        for line in [*self.lines(), "RETR tofile", "LIST -R"]:
            with self.subTest(line=line):
                self.refused(control, line)
        self.assertEqual(self.server.get("secret/f"), b"secret")
        self.assertIsNone(self.server.get("secret/new"))
        self.assertEqual(control.download("RETR f", protected=False),
                         b"plain")
        control.download("LIST pub", protected=False)
        with control.data():
            control.command("STOU", 150)

    def test_moves_and_stat(self):
        control = self.at_clear()
        clear = self.connect().login()
        for name in self.NAMES:
            with self.subTest(name=name):
                control.command("RNFR %s/f" % name, 533)
                clear.command("STAT " + name, 533)
                clear.command("MLST %s/f" % name, 533)

    def test_protected_transfers_work(self):
        control = self.login()
        self.assertEqual(control.download("RETR secret/f"), b"secret")
        self.assertIn(b"f", control.download("NLST secret"))
        self.assert_transfers(control)
        self.assertIn(b"f", control.download("NLST secret"))
        self.assertIn(b"f", control.download("MLSD secret"))
        self.assertEqual(control.download("RETR tofile"), b"secret")

    def test_a_failed_handshake_harms_no_file(self):
        control = self.login()
        for line in ("STOR kept", "APPE kept", "STOR fresh"):
            with self.subTest(line=line), control.data() as data:
                control.command(line, 150)
                data.open()
                data.sock.sendall(b"no TLS at all\r\n" * 20)
                control.reply(522)
        self.assertEqual(self.server.get("kept"), b"kept")
        self.assertIsNone(self.server.get("fresh"))

    def test_sessions_are_bound(self):
        control = self.login()
        for line in ("RETR f", "LIST", "STOR kept"):
            with self.subTest(line=line), control.data() as data:
                control.command(line, 150)
                try:
                    data.open().secure(session=None)
                    data.tls.read()
                except (ssl.SSLError, ConnectionError):
                    pass
                self.assertIn("resume", control.reply(522).text)
        self.assertEqual(self.server.get("kept"), b"kept")


class Implicit:
    """sendfile(2) must not write around TLS, whoever starts its session
    first."""

    def test_implicit_downloads_are_protected(self):
        body = client.pattern(300000)
        self.server.put("big", body)
        control = self.connect("implicit", implicit=True).login()
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR big"), body)


class Rewritten:
    """What mod_rewrite has made of a name is what is checked."""

    @unittest.skipUnless("mod_rewrite" in MODULES, "no mod_rewrite")
    def test_rewritten_names_are_checked(self):
        control = self.at_clear()
        for line in ("RETR ELSEWHERE/f", "LIST ELSEWHERE", "MLSD ELSEWHERE",
                     "NLST -a ELSEWHERE", "STOR ELSEWHERE/new"):
            with self.subTest(line=line):
                self.refused(control, line)
        control.command("RNFR ELSEWHERE/f", 533)

    @unittest.skipUnless("mod_rewrite" in MODULES, "no mod_rewrite")
    def test_rewritten_users_are_checked(self):
        for name in ("alice", "nickname"):
            with self.subTest(name=name):
                self.connect("users").command("USER " + name, 533)
        self.connect("users").login("bob", "builder")
        self.secure("users").login("nickname")


class Virtual:
    """A <Directory> may name a place as it is, or as the client sees it;
    links and aliases lead to either."""

    NAMES = ("secret", "tosecret", "alias", "virtual", "tovirtual")


def add_case(name, *bases, **server):
    case = type(name, (*bases, Order, harness.LiveCase),
                {"SERVER": server, "__module__": __name__})
    harness.both_versions(case)


for _order in ORDERS:
    add_case("Order_" + _order, Rewritten, Implicit, order=_order,
             modules=MODULES, directives=DIRECTIVES,
             vhosts={"implicit": "TLSOptions UseImplicitSSL",
                     "users": USERS})
    if harness.stock_module("mod_vroot") and os.geteuid() == 0:
        add_case("Vroot_" + _order, Virtual, order=_order,
                 modules=("mod_vroot",), directives=VROOT)


OTHERS = [name for name in harness.STOCK_MODULES
          if harness.stock_module(name) and name != "mod_tls"]


class OtherModulesBehind(harness.LiveCase):
    """All the stock modules that this ProFTPD has."""

    SERVER = {"modules": OTHERS}

    def test_works_beside_them(self):
        control = self.login()
        control.upload("STOR beside", b"beside" * 1000)
        self.assertEqual(control.download("RETR beside"), b"beside" * 1000)


class OtherModulesBefore(OtherModulesBehind):
    """The same, loaded first."""

    SERVER = {"before": OTHERS}


if __name__ == "__main__":
    harness.main()
