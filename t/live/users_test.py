#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSUserProtection and who a user is: spellings, aliases, lists.

RFC 4217 section 10.1: policies for certain users.
"""

import os
import sqlite3
import unittest

import daemon
import harness

#: A database that does not tell upper from lower case, as MySQL's does not.
SQL = """
AuthOrder mod_sql.c
SQLAuthTypes Plaintext
SQLAuthenticate users
SQLConnectInfo {root}/users.db
SQLUserInfo users userid passwd uid gid homedir shell
SQLMinUserUID 1
SQLMinUserGID 1
TLSUserProtection required alice
TLSUserProtection none bob
"""

ALIAS = "UserAlias anonymous bob\n"


class UserCase(harness.LiveCase):

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file")

    def allowed(self, control, user, password):
        control.command("USER " + user, 331)
        control.command("PASS " + password, 230)
        control.command("PWD", 257)

    def denied(self, control, user):
        control.command("USER " + user, 533)
        control.command("PASS x", 503)


@harness.both_versions
class Spelling(UserCase):
    """The user who has logged in is checked, not only the one in USER."""

    SERVER = {"directives": SQL, "before": ("mod_sql", "mod_sql_sqlite")}

    @classmethod
    def setUpClass(cls):
        if not harness.stock_module("mod_sql_sqlite"):
            raise unittest.SkipTest("needs mod_sql_sqlite")
        super().setUpClass()

    @classmethod
    def prepare(cls):
        super().prepare()
        path = cls.server.path("users.db")
        rows = [(user, password, *daemon.account()[2:], cls.server.home)
                for user, password in daemon.Server.USERS.items()]
        with sqlite3.connect(path) as base:
            base.execute("create table users (userid text collate nocase, "
                         "passwd text, uid int, gid int, homedir text, "
                         "shell text)")
            base.executemany(
                "insert into users values (?, ?, ?, ?, ?, '/bin/sh')", rows)
        base.close()
        daemon.own(path)
        os.chmod(path, 0o600)

    def ended(self, control, user, password, words):
        control.command("USER " + user, 331)
        reply = control.command("PASS " + password, 533)
        self.assertIn(words, reply.text)
        with self.assertRaises(OSError):
            control.command("PWD")
        self.assert_logged("user %s: PASS refused: 533 .*TLSUserProtection"
                           % user.lower())

    def test_rfc4217_10_1_insecure_login_under_another_spelling(self):
        self.denied(self.connect(), "alice")
        self.ended(self.connect(), "ALICE", "wonder", "send AUTH TLS first")
        self.allowed(self.secure(), "ALICE", "wonder")

    def test_rfc4217_10_1_secure_login_under_another_spelling(self):
        self.denied(self.secure(), "bob")
        self.ended(self.secure(), "Bob", "builder", "without AUTH")
        self.allowed(self.connect(), "Bob", "builder")


@harness.both_versions
class Names(UserCase):
    """Lists with exceptions, and users with two names."""

    SERVER = {"vhosts": {
        "alias": ALIAS + "TLSUserProtection required !anonymous",
        "two": "TLSUserProtection required !alice,!bob",
        "but": "TLSUserProtection required *,!bob",
        "rule": ALIAS + "TLSDataProtection per-transfer\n"
                "TLSDataRule required user !anonymous",
    }}

    def test_rfc4217_10_1_an_exception_holds_for_both_names(self):
        self.allowed(self.connect("alias"), "anonymous", "builder")
        self.denied(self.connect("alias"), "bob")
        self.denied(self.connect("alias"), "alice")
        self.allowed(self.secure("alias"), "bob", "builder")

    def test_rfc4217_10_1_exceptions_mean_everybody_else(self):
        self.allowed(self.connect("two"), "alice", "wonder")
        self.allowed(self.connect("two"), "bob", "builder")
        self.denied(self.connect("two"), "carol")

    def test_rfc4217_10_1_everybody_but_one(self):
        self.allowed(self.connect("but"), "bob", "builder")
        self.denied(self.connect("but"), "alice")

    def test_rfc4217_10_2_an_exception_of_a_rule_holds_for_both_names(self):
        control = self.connect("rule")
        self.allowed(control, "anonymous", "builder")
        self.assertEqual(
            control.download("RETR file", protected=False), b"file")
        control = self.connect("rule")
        self.allowed(control, "bob", "builder")
        with control.data():
            control.command("RETR file", 521)


if __name__ == "__main__":
    harness.main()
