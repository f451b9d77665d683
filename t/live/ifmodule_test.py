#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""<IfModule mod_tls.c>: a site's sections mean us, too.

Debian's tls.conf keeps its directives in one.  A section that is skipped
would leave the server without TLS, and without a word about it.
"""

import client
import harness

WANTED = """
<IfModule mod_tls.c>
  TLSDataProtection required
</IfModule>
<IfModule !mod_tls.c>
  TLSDataProtection none
</IfModule>
<IfModule mod_nosuch.c>
  TLSDataProtection none
</IfModule>
"""


class Sections(harness.LiveCase):
    SERVER = {"directives": WANTED}
    VERSION = client.TLS1_3

    def test_the_section_of_mod_tls_is_read(self):
        control = self.secure().login()
        control.command("PBSZ 0", 200)
        control.command("PROT C", 534)
        control.command("PROT P", 200)


if __name__ == "__main__":
    harness.main()
