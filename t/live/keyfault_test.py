#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A key process that answers wrongly, late, or not at all.

keyfault.c makes it do so, as the test tells it.  Whatever it does: the client
gets an alert within the time of its handshake, earlier sessions go on and
resume their data connections, and the daemon restarts what does not sign as it
should, says so, and counts it.  That it dies and is halted: keylife_test.py.
"""

import json
import os
import re
import shutil
import ssl
import subprocess
import time
import unittest

import client
import controlcase
import harness

HERE = os.path.dirname(os.path.abspath(__file__))
COMPILER = shutil.which(os.environ.get("CC", "").split(" ")[0] or "cc")

#: The letters of keyfault.c.
NONE = b"\0"

#: What it answers, the letter for it, and what the session's log says.
ANSWERS = (
    ("nonsense", b"n", "the key process sent an invalid response"),
    ("far too much", b"l", "the key process sent an invalid response"),
    ("a message without a byte", b"e",
     "the key process has ended this channel"),
    ("another version of the protocol", b"v",
     "the key process sent an invalid response"),
    ("a question", b"q", "the key process sent an invalid response"),
    ("a wrong signature", b"w",
     "not made with this certificate's key"),
)

#: Seconds: what the handshake of "hasty" may take, and how long a machine
#: that does much else may need for the rest of it.
HASTY = 2
SLOW = 10
harness.TEST_SECONDS = 4 * harness.TEST_SECONDS

DIRECTIVES = controlcase.ALLOWED if harness.ftpdctl() else ""


class FaultyServer(harness.Server):
    """One whose key process does as the test tells it."""

    def environment(self):
        environment = super().environment()
        environment["LD_PRELOAD"] = ":".join(
            filter(None, [environment.get("LD_PRELOAD"),
                          self.path("keyfault.so")]))
        environment["TLS4217_FAULT"] = self.path("fault")
        return environment

    def build(self):
        self.fault(NONE)
        subprocess.run(
            [COMPILER, "-shared", "-fPIC", "-O1", "-o",
             self.path("keyfault.so"), os.path.join(HERE, "keyfault.c"),
             os.path.join(HERE, "..", "faults", "keyname.c")],
            check=True, stdin=subprocess.DEVNULL, timeout=60)

    def fault(self, letter):
        """From now on, for the running process and those after it."""
        with open(self.path("fault"), "wb") as stream:
            stream.write(letter)


def each_answer(case):
    """Class decorator: a test for each, so that one that fails stops no
    other."""
    for name, letter, words in ANSWERS:
        def test(self, letter=letter, words=words):
            self.go_wrong(letter, words)
        setattr(case, "test_" + name.replace(" ", "_"), test)
    return case


@unittest.skipUnless(COMPILER, "there is no C compiler")
class FaultCase(controlcase.ControlCase):

    SERVER_CLASS = FaultyServer
    SERVER = {"vhosts": {"hasty": "TLSTimeoutHandshake %d" % HASTY},
              "directives": DIRECTIVES}

    @classmethod
    def prepare(cls):
        cls.server.build()

    def setUp(self):
        self.addCleanup(self.server.fault, NONE)
        self.before = self.login()
        self.before.upload("STOR kept", b"kept")

    def counters(self):
        """Signatures that failed, and restarts; None without ftpdctl."""
        if not harness.ftpdctl():
            return None
        said = [json.loads(re.sub(r"\Aftpdctl: ", "", line))
                for line in self.tls("info", "-j").splitlines()]
        values = {each["name"]: each["value"] for each in said
                  if each["kind"] == "counter"}
        return (values["ftps_signature_failures_total"],
                values["ftps_key_process_restarts_total"])

    def assert_resumes(self):
        """A session that was there before needs nobody to sign."""
        self.assertEqual(self.before.download("RETR kept"), b"kept")

    def assert_alert(self, host="main", seconds=SLOW):
        """A handshake that fails, and says so to the client."""
        control = self.connect(host)
        control.command("AUTH TLS", 234)
        begin = time.monotonic()
        with self.assertRaises(ssl.SSLError) as caught:
            control.handshake()
            control.command("NOOP", 200)
        self.assertLess(time.monotonic() - begin, seconds)
        self.assertIn("INTERNAL_ERROR", str(caught.exception))

    def assert_restarted(self, old, why):
        """By the daemon, which says what it saw; then all is well."""
        self.assertTrue(client.until(
            lambda: self.server.key_processes() not in ([], [old]), 30))
        self.assert_logged(
            r"%s \(process %d\): it is being restarted \(restart \d+\)" % (
                why, old), "system.log")
        self.server.fault(NONE)
        self.assertTrue(client.until(self.signs, 20))
        self.login().download("LIST")

    def signs(self):
        """Another restart may be under way."""
        try:
            with client.Control(self.server.address(),
                                self.context()) as control:
                control.auth()
            return True
        except (ssl.SSLError, ConnectionError):
            return False

    def key_process(self):
        pid, = self.server.key_processes()
        return pid


@harness.both_versions
@each_answer
class Answers(FaultCase):
    """It lives, and answers what it should not."""

    def go_wrong(self, letter, words):
        old = self.key_process()
        counters = self.counters()
        self.server.mark()
        self.server.fault(letter)
        self.assert_alert()
        self.assert_logged(words)
        self.assert_resumes()
        self.assert_restarted(old, "(%s|the key process (sent|signs) .*)" %
                              words)
        self.assert_resumes()
        if counters is not None:
            failures, restarts = self.counters()
            self.assertGreater(failures, counters[0])
            self.assertGreater(restarts, counters[1])


@harness.both_versions
class Silence(FaultCase):
    """It is asked, and does not answer, or not in time."""

    def test_it_dies_in_mid_handshake(self):
        old = self.key_process()
        self.server.mark()
        self.server.fault(b"d")
        self.assert_alert()
        self.assert_logged("the key process has ended")
        self.assert_resumes()
        self.server.fault(NONE)
        self.assert_restarted(old, "the key process has ended")
        self.assert_resumes()

    def test_it_hangs(self):
        old = self.key_process()
        self.server.mark()
        self.server.fault(b"h")
        self.assert_alert("hasty", HASTY + SLOW)
        self.assert_logged("the key process has not answered")
        self.assert_resumes()
        self.assert_restarted(old, "the key process does not answer")
        self.assert_resumes()

    def test_it_answers_late(self):
        """That answer is for nobody, and a process that is slow for once is
        not restarted."""
        old = self.key_process()
        self.server.fault(b"p")
        self.assert_alert("hasty", HASTY + SLOW)
        self.assert_logged("the key process has not answered")
        self.server.fault(NONE)
        self.assert_resumes()
        self.login("hasty").download("LIST")
        self.assertEqual(self.key_process(), old)

    def test_a_data_connection(self):
        """A full handshake there fails, and nothing else of that session."""
        self.server.fault(b"n")
        with self.before.data() as data:
            self.before.command("LIST", 150)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                data.open().secure(None).read_all()
            self.before.reply(522)
        self.server.fault(NONE)
        self.assert_resumes()


if __name__ == "__main__":
    harness.main()
