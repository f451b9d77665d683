#!/usr/bin/env python3
"""Policies that cannot be meant as they are written: proftpd -t says so.

An error stops the start; a warning does not.  Both name what to write.
"""

import unittest

import harness

ENGINE = """
TLSEngine on
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
"""

#: name: directives, and the words of the error
ERRORS = {
    "unknown view": ("TLSDataProtection always",
                     ("TLSDataProtection", "none|optional|required", "line")),
    "unknown control view": ("TLSControlProtection on",
                             ("optional|login|required", "line")),
    "unknown spelling": ("TLSRequired maybe", ("TLSRequired", "ctrl", "line")),
    "user without an expression": ("TLSUserProtection required",
                                   ("user-expression", "line")),
    "rule per-transfer": ("TLSDataRule per-transfer",
                          ("none|optional|required", "line")),
    "rule with an unknown condition": ("TLSDataRule none host x",
                                       ("host", "command", "line")),
    "rule without a value": ("TLSDataRule none path",
                             ("'path' needs a value", "line")),
    "rule for a command without data": ("TLSDataRule none command RETR,PWD",
                                        ("PWD", "opens no data", "line")),
    "rule for a relative path": ("TLSDataRule none path pub/*",
                                 ("absolute", "line")),
    "per-transfer in a directory": (
        "<Directory />\nTLSDataProtection per-transfer\n</Directory>",
        ("per-transfer is for servers", "line")),
    "rule in a directory": ("<Directory />\nTLSDataRule none\n</Directory>",
                            ("TLSDataRule", "line")),
}

#: name: directives, and the words of the warning
WARNINGS = {
    "rules that are never asked": (
        ENGINE + "TLSDataRule none command LIST",
        ("TLSDataRule", "never asked", "TLSDataProtection per-transfer")),
    "rule behind one without a condition": (
        ENGINE + "TLSDataProtection per-transfer\nTLSDataRule optional\n"
        "TLSDataRule none command LIST", ("can never match", "to the end")),
    "users that a line names and excepts": (
        ENGINE + "TLSUserProtection required alice,!alice",
        ("TLSUserProtection", "can never match", "excepts")),
    "everybody excepted": (
        ENGINE + "TLSUserProtection required !*",
        ("TLSUserProtection", "can never match")),
    "users behind everybody": (
        ENGINE + "TLSUserProtection optional *\n"
        "TLSUserProtection required alice",
        ("TLSUserProtection", "everybody", "to the end")),
    "rule for nobody": (
        ENGINE + "TLSDataProtection per-transfer\n"
        "TLSDataRule none group staff,!staff",
        ("TLSDataRule", "can never match", "excepts")),
    "rule behind one for everybody": (
        ENGINE + "TLSDataProtection per-transfer\n"
        "TLSDataRule required user *\nTLSDataRule none command LIST",
        ("can never match", "to the end")),
    "data required of an engine that is off": (
        "TLSDataProtection required", ("TLSEngine on", "nothing is protected")),
    "control required of an engine that is off": (
        "TLSRequired ctrl", ("TLSEngine on", "nothing is protected")),
}


class Mistakes(unittest.TestCase):
    def check(self, directives):
        server = harness.Server(directives, tls="")
        self.addCleanup(server.stop)
        return server.check_config()

    def test_errors(self):
        for name, (directives, words) in ERRORS.items():
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertNotEqual(code, 0, text)
                for word in words:
                    self.assertIn(word, text)

    def test_warnings(self):
        for name, (directives, words) in WARNINGS.items():
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertEqual(code, 0, text)
                self.assertIn("warning", text)
                for word in words:
                    self.assertIn(word, text)

    def test_what_can_be_meant_is_quiet(self):
        code, text = self.check(
            ENGINE + "TLSDataProtection per-transfer\n"
            "TLSDataRule none command LIST path /pub*\nTLSDataRule required\n"
            "TLSControlProtection login\nTLSUserProtection none anonymous\n"
            "TLSUserProtection required !alice,!bob\n"
            "TLSUserProtection required *")
        self.assertEqual(code, 0, text)
        self.assertNotIn("warning", text)


if __name__ == "__main__":
    harness.main()
