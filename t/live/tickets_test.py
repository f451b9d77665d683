#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What session tickets are encrypted with: the ring of keys, and its age."""

import re
import signal
import ssl
import unittest

import client
import controlcase
import harness


class TicketCase(controlcase.ControlCase):

    def resumes(self, first, host="main"):
        """Whether a new connection resumes the session of another one; its
        data connections, and those of the other one, work in any case."""
        control = self.connect(host, context=first.context)
        control.auth(session=first.session)
        resumed = control.tls.resumed
        control.login().protect().download("LIST")
        first.download("LIST")
        return resumed


class Rotations:
    """Two keys are kept."""

    def test_rotate(self):
        first = self.login()
        self.assertTrue(self.resumes(first))
        self.assertIn("a new key encrypts", self.tls("rotate"))
        self.assertTrue(self.resumes(first))
        later = self.login()
        self.tls("rotate")
        self.assertFalse(self.resumes(first))
        self.assertTrue(self.resumes(later))

    def test_over_sighup(self):
        first = self.login()
        self.tls("rotate")
        self.server.reload()
        self.assertTrue(self.resumes(first))
        later = self.login()
        self.tls("rotate")
        self.server.reload()
        self.assertFalse(self.resumes(first))
        self.assertTrue(self.resumes(later))

    def test_companions(self):
        """An earlier session reads the tickets of a later one."""
        first = self.login()
        self.tls("rotate")
        later = self.login(context=first.context)
        first.download("LIST", session=later.session)
        later.download("LIST", session=first.session)

    def test_reload_of_certificates_changes_no_key(self):
        first = self.login()
        self.tls("reload")
        self.assertTrue(self.resumes(first))


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
@harness.both_versions
class Rotation(Rotations, TicketCase):

    SERVER = {"directives": controlcase.ALLOWED +
              "TLSSessionTicketKeys count 2\n"}


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
@harness.both_versions
class RotationWithoutKeyProcess(Rotations, TicketCase):

    SERVER = {"directives": controlcase.ALLOWED + "TLSKeyIsolation off\n"
              "TLSSessionTicketKeys count 2\n"}


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
@harness.both_versions
class Defaults(TicketCase):
    """Three keys are kept, tickets are good for six hours."""

    SERVER = {"directives": controlcase.ALLOWED}

    def test_three_are_kept(self):
        first = self.login()
        for _ in range(2):
            self.tls("rotate")
            self.assertTrue(self.resumes(first))
        self.tls("rotate")
        self.assertFalse(self.resumes(first))

    def test_lifetime(self):
        self.assertEqual(self.login().session.ticket_lifetime_hint, 6 * 3600)


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class Age(TicketCase):
    """The daemon's timer rotates."""

    SERVER = {"directives": controlcase.ALLOWED +
              "TLSSessionTicketKeys age 10 count 2\n"}

    def key(self):
        """A label of the key that encrypts now, and how many decrypt."""
        return re.search(r"session tickets: key ([0-9a-f]{16}) encrypts .*; "
                         r"(\d+) decrypt", self.tls("info")).groups()

    def test_rotates_by_itself(self):
        signal.alarm(90)
        self.assertEqual(self.login().session.ticket_lifetime_hint, 5)
        seen = [self.key()[0]]

        def is_new():
            if self.key()[0] != seen[-1]:
                seen.append(self.key()[0])
            return len(seen) == 3
        self.assertTrue(client.until(is_new, 70))
        self.assertEqual(len(set(seen)), 3)
        self.assertEqual(self.key()[1], "3")
        self.assertTrue(self.resumes(self.login()))
        self.server.reload()
        self.assertTrue(self.resumes(self.login()))


#: How many transfers a client makes that uses a ticket once.
TRANSFERS = 120


@harness.both_versions
class Clients(TicketCase):
    """Who is given a new ticket, and who goes on without."""

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file")

    def transfer(self, control, session=client.OWN):
        with control.begin("RETR file", session=session) as data:
            self.assertTrue(data.tls.resumed)
            data.read_all()
            data.finish()
        control.reply(226)

    def is_1_3(self):
        return self.VERSION == client.TLS1_3

    def test_each_ticket_once(self):
        """JSSE, Node and Go: in TLS 1.3, as many tickets as transfers."""
        control = self.login()
        used = set()
        for _ in range(TRANSFERS):
            with control.data("PASV") as data:
                used.add(control.session.id)
                control.command("RETR file", 150)
                data.secure()
                self.assertTrue(data.tls.resumed)
                data.read_all()
                data.finish()
            control.reply(226)
        self.assertEqual(len(used), TRANSFERS if self.is_1_3() else 1)

    def test_one_ticket_for_all(self):
        """It gets no other once it has shown that."""
        control = self.login()
        first = control.session
        for _ in range(3):
            self.transfer(control, first)
        kept = control.session.id
        for _ in range(10):
            self.transfer(control, first)
        self.assertEqual(control.session.id, kept)

    def test_control_connection_goes_on_with_its_session(self):
        """TLS 1.2: the same session as often as the client likes, also where
        it is not given another one; its data connections have it, too."""
        first = self.login()
        session = first.session
        for _ in range(5):
            control = self.login(context=first.context, session=session)
            self.assertTrue(control.tls.resumed)
            self.transfer(control, session)
            self.transfer(control)
            control.quit()

    def test_session_of_one_that_is_over(self):
        """Another connection of the user's has resumed it: a third one's data
        connections may, too, but nobody else's."""
        first = self.login()
        context, session = first.context, first.session
        first.quit()
        self.login(context=context, session=session)
        third = self.login(context=context)
        self.transfer(third, session)
        other = self.secure(context=context)
        other.login("bob", "builder").protect()
        with other.data() as data:
            other.command("RETR file", 150)
            try:
                data.secure(session)
                data.read_all()
            except (ssl.SSLError, ConnectionError):
                pass
            other.reply(522)


class Directive(unittest.TestCase):

    def check(self, line):
        server = harness.Server(line)
        self.addCleanup(server.stop)
        return server.check_config()

    def test_taken(self):
        for line, words in (
                ("age 12h", ""), ("count 25", ""), ("age 43200 count 2", ""),
                ("count 4 age 60", ""),
                ("age 672h count 3", "an age of 14 days"),
                ("count 100", "64 keys, the maximum")):
            with self.subTest(line=line):
                code, said = self.check("TLSSessionTicketKeys " + line)
                self.assertEqual(code, 0, said)
                self.assertIn(words, said)

    def test_refused(self):
        for line, words in (
                ("age 5", "age: write for how long"),
                ("age soon", "age: write for how long"),
                ("count 1", "count: write how many"),
                ("count 3x", "count: write how many"),
                ("age 60 count", "write TLSSessionTicketKeys"),
                ("file: count 3", "TLSSessionTicketKeyFile /path"),
                ("every 60", "write TLSSessionTicketKeys")):
            with self.subTest(line=line):
                code, said = self.check("TLSSessionTicketKeys " + line)
                self.assertNotEqual(code, 0)
                self.assertIn(words, said)


if __name__ == "__main__":
    harness.main()
