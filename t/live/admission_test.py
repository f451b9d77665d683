#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSControlProtection, TLSUserProtection, TLSRequired: RFC 4217, 10.1.

Commands are refused until the session is protected as the server wants it,
and always before a password crosses.
"""

import unittest

import harness

OPEN = ("FEAT", "HELP", "NOOP", "SYST", "CLNT x", "OPTS UTF8 ON")
LOGIN = ("USER alice", "PASS wonder", "ACCT x")
OTHER = ("PWD", "LIST", "SITE HELP", "STAT", "REST 0", "TYPE I", "PASV",
         "REIN", "MKD x", "PBSZ 0", "PROT P", "CCC", "NONSENSE")

#: TLSControlProtection: which of the three lists get 533 in clear.
VIEWS = {
    "optional": (),
    "login": (LOGIN,),
    "required": (LOGIN, OTHER),
}

#: TLSRequired: the view of the control connection, and what PROT C and PROT P
#: get.
SPELLINGS = {
    "off": ("optional", 200, 200),
    "on": ("required", 534, 200),
    "both": ("required", 534, 200),
    "ctrl": ("required", 200, 200),
    "control": ("required", 200, 200),
    "ctrl+data": ("required", 534, 200),
    "ctrl+!data": ("required", 200, 534),
    "data": ("optional", 534, 200),
    "!data": ("optional", 200, 534),
    "auth": ("login", 200, 200),
    "auth+data": ("login", 534, 200),
    "auth+!data": ("login", 200, 534),
}


def hosts_of(directive, words):
    return {word: directive + " " + word for word in words}


class AdmissionCase(harness.LiveCase):
    def check_view(self, host, view):
        """Every command in clear: 533 with the way out, or not 533."""
        refused = VIEWS[view]
        for verbs in (OPEN, LOGIN, OTHER):
            for line in verbs:
                with self.subTest(host=host, line=line):
                    self.check_command(host, line, verbs in refused)

    def check_command(self, host, line, refused):
        control = self.connect(host)
        got = control.command(line)
        if refused:
            self.assertEqual(got.code, 533, got)
            self.assertIn("AUTH TLS", got.text)
            control.auth().command("NOOP", 200)
        else:
            self.assertNotEqual(got.code, 533, got)
        control.close()


@harness.both_versions
class Control(AdmissionCase):
    SERVER = {"vhosts": hosts_of("TLSControlProtection", VIEWS)}

    def test_rfc4217_10_1_commands_before_tls(self):
        for view in VIEWS:
            self.check_view(view, view)

    def test_rfc4217_10_1_everything_is_served_behind_tls(self):
        for view in VIEWS:
            control = self.login(view)
            control.command("PWD", 257)
            control.download("LIST")

    def test_rfc4217_10_1_the_log_names_the_directive(self):
        self.connect("login").command("USER alice", 533)
        self.assert_logged(r"USER refused: 533 .*TLSControlProtection")


@harness.both_versions
class Required(AdmissionCase):
    """One engine behind both names."""

    SERVER = {"vhosts": hosts_of("TLSRequired", SPELLINGS)}

    def test_control(self):
        for word in ("on", "ctrl", "auth", "data", "off"):
            self.check_view(word, SPELLINGS[word][0])

    def test_data(self):
        for word, (_, clear, private) in SPELLINGS.items():
            with self.subTest(word=word):
                control = self.secure(word).login()
                control.command("PBSZ 0", 200)
                control.command("PROT C", clear)
                control.command("PROT P", private)


@harness.both_versions
class Users(AdmissionCase):
    SERVER = {"directives": """
TLSUserProtection required alice
TLSUserProtection none bob,carol
TLSUserProtection required *
"""}

    def test_rfc4217_10_1_insecure_user_is_denied_before_the_password(self):
        control = self.connect()
        got = control.command("USER alice", 533)
        self.assertIn("AUTH TLS", got.text)
        control.command("PASS wonder", 503)
        control.auth().login()

    def test_rfc4217_10_1_secure_user_is_denied(self):
        control = self.secure()
        control.command("USER bob", 533)
        control.login()
        self.connect().login("bob", "builder")

    def test_names_cannot_forge_the_log(self):
        self.connect().command("USER alice\x1b[2J\x07x", 533)
        self.assert_logged(r"USER alice\?\[2J\?x refused: 533")

    def test_a_second_user_command_is_checked(self):
        """And nobody is left to whom a password could belong (RFC 959,
        section 4.1.1)."""
        for password in ("wonder", "builder"):
            control = self.connect()
            control.command("USER bob", 331)
            control.command("USER alice", 533)
            control.command("PASS " + password, 503)
            control.command("PWD", 530)
            control.login("bob", "builder")
        self.assert_logged(r"USER alice refused: 533 .*TLSUserProtection")

    def test_a_second_user_command_in_tls(self):
        for password in ("wonder", "builder"):
            control = self.secure()
            control.command("USER alice", 331)
            control.command("USER bob", 533)
            control.command("PASS " + password, 503)
            control.command("PWD", 530)
            control.login()

    def test_user_after_login_leaves_the_login(self):
        control = self.connect().login("bob", "builder")
        control.command("USER alice", 533)
        control.command("PWD", 257)


@harness.both_versions
class Protocols(AdmissionCase):
    """ProFTPD's own directive: mod_auth leaves ftps to the TLS module."""

    SERVER = {"vhosts": {"ftp": "Protocols ftp", "ftps": "Protocols ftps",
                         "both": "Protocols ftp ftps"}}

    def test_protocols(self):
        for host, clear, protected in (("ftp", True, False),
                                       ("ftps", False, True),
                                       ("both", True, True),
                                       ("main", True, True)):
            with self.subTest(host=host):
                self.logs_in(self.connect(host), clear)
                self.logs_in(self.secure(host), protected)

    def logs_in(self, control, wanted):
        control.command("USER alice", 331)
        got = control.command("PASS wonder")
        self.assertEqual(got.code, 230 if wanted else 530, got)


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "no mod_ifsession here")
@harness.both_versions
class ProtocolsOfAUser(AdmissionCase):
    """mod_ifsession has it for one user, and knows him after the login."""

    SERVER = {"modules": ("mod_ifsession",), "directives": """\
<IfUser alice>
  Protocols ftp
</IfUser>
"""}

    def test_protocols(self):
        for user, password, code in (("alice", "wonder", 530),
                                     ("bob", "builder", 230)):
            control = self.secure()
            control.command("USER " + user, 331)
            control.command("PASS " + password, code)
        self.connect().login()


if __name__ == "__main__":
    harness.main()
