#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSOptions AllowPerUser: sections of users say at USER who needs TLS."""

import unittest

import harness

ANONYMOUS = """
<Anonymous {root}/home>
  User alice
  UserAlias anonymous alice
  TLSRequired off
</Anonymous>
"""

LOOSER = "<IfUser alice>\nTLSRequired off\n</IfUser>\n"
TIGHTER = "<IfUser alice,carol>\nTLSRequired on\n</IfUser>\n"


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "needs mod_ifsession")
class Sections(harness.LiveCase):
    SERVER = {"modules": ("mod_ifsession",),
              "directives": "TLSOptions AllowPerUser\nTLSRequired on\n" +
                            LOOSER,
              "vhosts": {"tighter": "TLSOptions AllowPerUser\n" + TIGHTER,
                         "login": "TLSOptions AllowPerUser\n"
                                  "TLSRequired auth+data\n" + LOOSER,
                         "without": "TLSRequired on\n" + LOOSER}}

    def test_who_is_excepted_needs_no_tls(self):
        for host in ("main", "login"):
            with self.subTest(host):
                control = self.connect(host).login()
                control.command("TYPE I", 200)
                control.upload("STOR clear", b"x", protected=False)
                self.assertEqual(
                    control.download("RETR clear", protected=False), b"x")

    def test_all_others_do(self):
        control = self.connect()
        control.command("USER bob", 533)
        control.command("PASS secret", 533)
        control.command("USER alice", 331)
        control.command("USER bob", 533)
        control.command("PASS secret", 533)

    def test_an_exception_is_one_from_tls_only_in_clear(self):
        control = self.login()
        self.assert_transfers(control)

    def test_who_must_is_refused_before_the_password(self):
        control = self.connect("tighter")
        control.command("USER alice", 533)
        control.command("USER bob", 331)
        self.assert_transfers(self.login("tighter"))

    def test_without_the_option_nobody_is_excepted(self):
        self.connect("without").command("USER alice", 533)


class Anonymous(harness.LiveCase):
    SERVER = {"directives": "TLSOptions AllowPerUser\nTLSRequired on\n" +
                            ANONYMOUS}

    def test_anonymous_users_are_excepted(self):
        control = self.connect()
        control.command("USER anonymous", 331)
        control.command("PASS a@b.c", 230)
        control.command("TYPE I", 200)
        self.assertEqual(control.download("LIST", protected=False), b"")

    def test_others_are_not(self):
        control = self.connect()
        control.command("USER bob", 533)
        control.command("PASS x", 533)


if __name__ == "__main__":
    harness.main()
