# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A server that ftpdctl can talk to, for the tests of "ftpdctl tls"."""

import json
import re
import subprocess

import client
import harness
import program

#: Whoever runs the tests may talk to the server.
CONTROLS = """\
<IfModule mod_ctrls.c>
  ControlsEngine on
  ControlsACLs all allow user *
  ControlsSocketACL allow user *
  ControlsSocket {root}/controls
  ControlsInterval 1
</IfModule>
"""

#: "ftpdctl insmod" and "rmmod", too.
MODULES = CONTROLS + """\
<IfModule mod_dso.c>
  ModuleControlsACLs insmod,rmmod allow user *
</IfModule>
"""

ALLOWED = CONTROLS + "TLSControlsACLs all allow user *\n"


class ControlCase(harness.LiveCase):

    SERVER = {"directives": ALLOWED}

    def ask(self, words):
        done = subprocess.run(
            [harness.ftpdctl(), "-s", self.server.path("controls"), *words],
            capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr

    def ftpdctl(self, *words):
        """The exit status, and what was printed.  After SIGHUP mod_ctrls opens
        its socket again, and for a moment no one listens."""
        said = []

        def is_answered():
            said[:] = self.ask(words)
            return "error contacting server" not in said[1]

        client.until(is_answered, 10)
        return tuple(said)

    def tls(self, *words):
        """What "ftpdctl tls" answers, where it succeeds."""
        code, said = self.ftpdctl("tls", *words)
        self.assertEqual(code, 0, said)
        return said

    def tls_status(self, status, *words):
        """The same where it ends with another status, which ftpdctl has as
        its own from ProFTPD 1.3.9 on."""
        code, said = self.ftpdctl("tls", *words)
        self.assertEqual(
            code, status if program.version() >= (1, 3, 9) else 0, said)
        return said

    def objects(self, *words, kind=None, status=0):
        """The JSON of an answer, or those of one kind: ftpdctl puts its name
        before each line."""
        said = self.tls_status(status, *words, "-j")
        made = [json.loads(re.sub(r"\Aftpdctl: ", "", line))
                for line in said.splitlines()]
        return [each for each in made if kind in (None, each["kind"])]

    def tls_denied(self, *words):
        code, said = self.ftpdctl("tls", *words)
        self.assertIn("denied", said)
        return code
