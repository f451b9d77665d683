#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""STAT without an argument: the client's own session (RFC 959, 4.1.3)."""

import harness


@harness.both_versions
class Status(harness.LiveCase):

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file")

    def lines(self, control):
        reply = control.command("STAT", 211)
        self.assertRegex(reply.lines[-1], "^211 End of status")
        self.assertRegex(reply.lines[0], "^211-Status of ")
        return reply.text

    def version(self):
        return {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[self.VERSION.name]

    def test_protected(self):
        control = self.login()
        said = self.lines(control)
        self.assertRegex(said, r"Control connection: %s \S+ \(\d+ bits\), "
                         r"group \S+, full handshake" % self.version())
        self.assertRegex(said, r"Data connections: protected \(PROT P\)\r?\n")
        control.download("RETR file")
        self.assertRegex(self.lines(control), r"protected \(PROT P\), the last "
                         r"one with %s .*resumed" % self.version())
        control.protect("C")
        self.assertIn("Data connections: in clear (PROT C)",
                      self.lines(control))

    def test_a_resumed_control_connection(self):
        context = self.context()
        first = self.login(context=context)
        later = self.secure(context=context, session=first.session).login()
        self.assertRegex(self.lines(later), "Control connection: .*, resumed")

    def test_in_clear(self):
        control = self.connect().login()
        said = self.lines(control)
        self.assertIn("Control connection: in clear", said)
        self.assertIn("Data connections: in clear (PROT C)", said)

    def test_of_a_path_nothing_is_added(self):
        reply = self.login().command("STAT file", 212, 213)
        self.assertNotIn("connection", reply.text)

    def test_before_login(self):
        self.assertNotIn("TLSv1", self.secure().command("STAT", 530).text)


if __name__ == "__main__":
    harness.main()
