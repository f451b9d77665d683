#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""<Limit> for the commands of RFC 2228: an access rule holds for them as for
the core's own, and one that is about other things does not keep TLS away.
"""

import harness

ALICE_ALONE = """
<Limit ALL>
  Order Allow,Deny
  AllowUser alice
  DenyAll
</Limit>
<Limit LOGIN>
  AllowAll
</Limit>
"""


def deny(verb):
    return "<Limit %s>\n  DenyAll\n</Limit>\n" % verb


CCC_ON = "TLSClearCommandChannel on\n"


@harness.both_versions
class Limits(harness.LiveCase):
    SERVER = {"directives": CCC_ON, "vhosts": {
        "auth": deny("AUTH"), "pbsz": deny("PBSZ"), "prot": deny("PROT"),
        "rein": deny("REIN"), "ccc": CCC_ON + deny("CCC"),
        "directory": CCC_ON + "<Directory {root}/home>\n%s</Directory>\n" %
                     deny("CCC PROT"),
        "alice": CCC_ON + ALICE_ALONE}}

    def denied(self, control, line):
        self.assertIn("<Limit>", control.command(line, 534).text)
        control.command("NOOP", 200)

    def test_auth(self):
        self.denied(self.connect("auth"), "AUTH TLS")

    def test_pbsz(self):
        self.denied(self.secure("pbsz"), "PBSZ 0")

    def test_prot(self):
        control = self.secure("prot").login()
        control.command("PBSZ 0", 200)
        self.denied(control, "PROT P")
        self.denied(control, "PROT C")

    def test_ccc(self):
        self.denied(self.login("ccc"), "CCC")

    def test_rein(self):
        self.denied(self.secure("rein"), "REIN")

    def test_of_a_directory(self):
        control = self.secure("directory").login()
        control.command("PBSZ 0", 200)
        self.denied(control, "PROT P")
        self.denied(control, "CCC")

    def test_not_asked_where_nothing_is_limited(self):
        self.login().command("CCC", 200)

    def test_a_rule_about_users_does_not_keep_their_tls_away(self):
        control = self.login("alice")
        self.assert_transfers(control)
        control.command("CCC", 200)


if __name__ == "__main__":
    harness.main()
