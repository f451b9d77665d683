# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Shared by the tests of REIN and of its supervisor: servers, REIN, afterwards.

RFC 4217 section 13.
"""

import os

import harness

BODY = bytes(range(256)) * 800

SUPERVISED = "TLSOptions AllowReinitialize"

#: How often REIN is accepted on one connection.
LIMIT = 10

SERVER = {
    "directives": SUPERVISED + "\n"
                  "TLSClearCommandChannel on\n"
                  "MaxLoginAttempts 3\n"
                  "LogFormat rein \"%m:%{protocol}:%{note:TLS_PROTOCOL}:"
                  "%u:%s\"\n"
                  "ExtendedLog {root}/extended.log ALL rein",
    "vhosts": {
        "never": "",
        "must": SUPERVISED + "\nTLSControlProtection login",
        "implicit": SUPERVISED + " UseImplicitSSL",
        "login": SUPERVISED + "\nTimeoutLogin 4",
        "idle": SUPERVISED + "\nTimeoutIdle 2",
        "jail": SUPERVISED + "\nDefaultRoot ~",
        "binary": SUPERVISED + "\nDefaultTransferMode binary",
    },
}


class ReinCase(harness.LiveCase):

    SERVER = SERVER

    @classmethod
    def prepare(cls):
        cls.server.put("file", BODY)
        os.mkdir(cls.server.path("home", "sub"))
        harness.own(cls.server.path("home", "sub"))

    def rein(self, control):
        """REIN in TLS: a protected 220, close_notify both ways, clear."""
        control.command("REIN", 220)
        self.assertEqual(control.tls.read(), b"", "close_notify")
        control.tls.close_notify()
        control.tls = None
        return control

    def assert_as_after_connect(self, control):
        """In clear, nobody logged in, no greeting, nothing left over."""
        self.assertFalse(control.pending(0.2), "a reply too much")
        for line, code in (("PWD", 530), ("PASS wonder", 503), ("NOOP", 200),
                           ("PBSZ 0", 503), ("PROT P", 503), ("STAT", 530),
                           ("PASV", 530), ("TYPE I", 200)):
            with self.subTest(line=line):
                control.command(line, code)

    def again(self, control, user="bob", password="builder"):
        """AUTH, login and transfers as a client does them after connect."""
        control.auth().login(user, password).protect()
        self.everything(control)

    def everything(self, control):
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file"), BODY)
        control.upload("STOR up", BODY)
        self.assertEqual(self.server.get("up"), BODY)
        self.assertIn(b"file", control.download("LIST"))
        self.assert_alive(control)
