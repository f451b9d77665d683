#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Each allocation of OpenSSL's in a session fails, and each with all behind it:
during its handshake and login, a download, an upload.

Nothing crashes or hangs, no 226 is wrong, and the session or the next one goes
on.  In the daemon and the key process: daemonmemory_test.py.
"""

import errno

import faultcase    # finds the others
from faultcase import SESSION, harness

#: Of so many allocations in a row one is tried; a prime, so that it is not
#: always the same one of a loop.
STRIDE = faultcase.STRIDE or 101
harness.TEST_SECONDS = 3600 if faultcase.STRIDE else 120


@harness.both_versions
class Sessions(faultcase.FaultCase):

    def break_down(self, first, mode):
        self.server.plan(SESSION, error=errno.ENOMEM, first=first, every=mode)

    def test_handshake(self):
        for first, mode in faultcase.each(self.count("enter"), STRIDE):
            visit = self.visit("handshake, allocation %d, %d" % (first, mode))
            self.break_down(first, mode)
            came = visit.run(visit.enter)
            self.server.end_plan()
            self.note(came)
            if came == "ok":
                came = visit.run(visit.retr, visit.stor, visit.quit)
                self.assertEqual(came, "ok", visit.name)
            else:
                self.assertIn(came, faultcase.HANDSHAKE_ENDS, visit.name)
            visit.close()
        self.say("handshake")
        self.assert_over()
        self.assert_serves()

    def transfer(self, what):
        number = self.count("enter", what)
        faults = set(faultcase.each(number, STRIDE))
        # The end, where a false 226 would be.
        faults |= {(number - back, 0) for back in range(8)}
        for first, mode in sorted(faults):
            visit = self.visit("%s, allocation %d, %d" % (what, first, mode))
            self.assertEqual(visit.run(visit.enter), "ok")
            self.break_down(first, mode)
            came = visit.run(getattr(visit, what))
            self.server.end_plan()
            self.note(came)
            if came not in faultcase.ENDS:
                self.assertIn(came, faultcase.TRANSFER_ENDS, visit.name)
                came = visit.run(visit.noop, visit.retr, visit.stor,
                                 visit.quit)
                self.assertEqual(came, "ok", visit.name)
            visit.close()
        self.say(what)
        self.assert_over()
        self.assert_serves()

    def test_download(self):
        self.transfer("retr")

    def test_upload(self):
        self.transfer("stor")


if __name__ == "__main__":
    harness.main()
