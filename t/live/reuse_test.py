#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Which TLS session may open a data connection.

RFC 4217 section 10.2 lets a server insist on a cached session, and section
15.2.6 says against whom. TLS 1.2 with session ids, TLS 1.2 with tickets, and
TLS 1.3 are three ways to resume: one case each.
"""

import ssl

import client
import harness

SWITCH = "NoSessionReuseRequired"
ADVICE = "TLSSessionReuse off"


class Reuse:
    """The tests; the cases below say how sessions are resumed."""

    #: What "user" adds is companions_test.py's.
    SERVER = {"directives": "TLSSessionReuse connection",
              "vhosts": {"free": "TLSOptions " + SWITCH, "other": ""}}
    TICKETS = True

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 10000)

    def one_client(self):
        """A context, whose connections may share sessions."""
        return self.context(tickets=self.TICKETS)

    def download(self, control, session=client.OWN):
        self.assertEqual(control.download("RETR file", session=session),
                         b"file" * 10000)

    def refused(self, control, session):
        """A transfer that ends in 522; returns the session it yielded."""
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(session)
                self.assertEqual(self.received(data), b"")
            except (ssl.SSLError, ConnectionError):
                pass
            reply = control.reply(522)
        self.assertIn(ADVICE, reply.text)
        control.command("NOOP", 200)
        return data.tls.session

    def received(self, data):
        try:
            return data.read_all()
        except client.Cut:
            return b""

    def upload_refused(self, control, session):
        with control.data() as data:
            control.command("STOR stranger", 150)
            try:
                data.secure(session)
                data.write(b"stranger")
                data.finish()
            except (ssl.SSLError, ConnectionError):
                pass
            self.assertIn(ADVICE, control.reply(522).text)
        self.assertIsNone(self.server.get("stranger"))

    def test_rfc4217_10_2_own_session(self):
        control = self.login(context=self.one_client())
        for mode in ("PASV", "EPSV", "PORT", "EPRT"):
            with self.subTest(mode=mode), \
                    control.begin("RETR file", mode) as data:
                self.assertTrue(data.tls.resumed)
                self.assertEqual(data.read_all(), b"file" * 10000)
                data.finish()
                control.reply(226)

    def test_rfc4217_10_2_no_session(self):
        control = self.login(context=self.one_client())
        self.refused(control, None)
        self.upload_refused(control, None)
        self.download(control)

    def test_rfc4217_15_2_6_foreign_session(self):
        context = self.one_client()
        mine, theirs = self.login(context=context), self.login(context=context)
        self.refused(mine, theirs.session)
        self.upload_refused(mine, theirs.session)
        self.refused(theirs, mine.session)
        self.download(mine)
        self.download(theirs)

    def test_foreign_session_of_another_user(self):
        context = self.one_client()
        mine = self.login(context=context)
        theirs = self.secure(context=context)
        theirs.login("bob", "builder").protect()
        self.refused(mine, theirs.session)

    def test_foreign_session_of_a_closed_connection(self):
        context = self.one_client()
        theirs = self.login(context=context)
        self.download(theirs)
        theirs.quit()
        self.refused(self.login(context=context), theirs.session)

    def test_foreign_session_of_another_host(self):
        context = self.one_client()
        theirs = self.login("other", context=context)
        self.refused(self.login(context=context), theirs.session)

    def test_session_of_a_connection_without_login(self):
        context = self.one_client()
        theirs = self.secure(context=context)
        theirs.command("NOOP", 200)
        self.refused(self.login(context=context), theirs.session)

    def test_option_accepts_all(self):
        context = self.one_client()
        theirs = self.login("free", context=context)
        control = self.login("free", context=context)
        for session in (client.OWN, None, theirs.session):
            self.download(control, session)

    def test_refused_once_is_refused_again(self):
        """A stranger's full handshake yields nothing to come back with."""
        context = self.one_client()
        control = self.login(context=context)
        session = self.refused(control, None)
        for _ in range(3):
            session = self.refused(control, session)
        theirs = self.login(context=context)
        session = self.refused(control, theirs.session)
        self.refused(control, session)

    def test_session_of_a_data_connection_of_the_option(self):
        """What a tolerant host let in opens nothing on a strict one."""
        context = self.one_client()
        theirs = self.login("free", context=context)
        with theirs.begin("RETR file", session=None) as data:
            data.read_all()
            data.finish()
            session = data.tls.session
        theirs.reply(226)
        self.refused(self.login(context=context), session)

    def test_transfers_with_the_newest_session_each(self):
        control = self.login(context=self.one_client())
        for _ in range(20):
            with control.begin("RETR file") as data:
                self.assertTrue(data.tls.resumed)
                data.read_all()
                data.finish()
            control.reply(226)

    def test_transfers_with_the_first_session_all(self):
        """curl and others keep what they got at first."""
        control = self.login(context=self.one_client())
        first = control.session
        for _ in range(5):
            self.download(control, first)

    def test_resumed_control_connection(self):
        """It may use the session that it resumed, or one of its own."""
        context = self.one_client()
        before = self.login(context=context)
        session = before.session
        before.quit()
        control = self.login(context=context, session=session)
        self.assertTrue(control.tls.resumed)
        self.download(control, session)
        self.download(control)
        self.refused(control, None)

    def test_resumed_control_connection_beside_the_first(self):
        """The first one does not get what was issued to the second."""
        context = self.one_client()
        first = self.login(context=context)
        second = self.login(context=context, session=first.session)
        self.download(second)
        self.download(first)

    def test_both_channels_under_auth_ssl(self):
        control = self.secure(mechanism="SSL",
                              context=self.one_client()).login()
        control.command("TYPE I", 200)
        self.refused(control, None)
        self.download(control)


class SessionIds(Reuse, harness.LiveCase):
    """TLS 1.2, session ids: the client supports no tickets."""

    VERSION = client.TLS1_2
    TICKETS = False

    def test_resumed_control_connection(self):
        """Ids live as long as their process: a full handshake, then."""
        context = self.one_client()
        before = self.login(context=context)
        session = before.session
        before.quit()
        control = self.login(context=context, session=session)
        self.assertFalse(control.tls.resumed)
        self.refused(control, session)
        self.download(control)


class Tickets(Reuse, harness.LiveCase):
    """TLS 1.2 with tickets."""

    VERSION = client.TLS1_2


class Tickets13(Reuse, harness.LiveCase):
    """TLS 1.3, where every session is a ticket."""

    VERSION = client.TLS1_3

    def test_fresh_ticket_comes_before_the_reply(self):
        """... to PASV, EPSV, PORT and EPRT: it is there when needed."""
        control = self.login()
        seen = {control.session.id}
        for mode in ("PASV", "EPSV", "PORT", "EPRT") * 3:
            with control.data(mode):
                self.assertNotIn(control.session.id, seen, mode)
                seen.add(control.session.id)

    def test_fresh_ticket_and_reply_in_one_segment(self):
        control = self.login()
        control.command("PASV", 227)
        before = client.segments(control.sock)
        for _ in range(5):
            control.command("PASV", 227)
        self.assertEqual(client.segments(control.sock) - before, 5)

    def test_every_ticket_is_good_once(self):
        """A client that never uses a ticket twice, as JSSE and Node do."""
        control = self.login()
        used = set()
        for _ in range(20):
            with control.begin("RETR file") as data:
                self.assertTrue(data.tls.resumed)
                self.assertNotIn(control.session.id, used)
                used.add(control.session.id)
                data.read_all()
                data.finish()
            control.reply(226)

    def test_no_ticket_on_data_connections(self):
        """p/p 959: a client that only writes must not be sent one."""
        control = self.login()
        for line in ("RETR file", "STOR up"):
            with control.data() as data:
                offered = control.session.id
                control.command(line, 150)
                data.secure()
                data.write(b"x" if line == "STOR up" else b"")
                data.tls.close_notify()
                data.read_all()
                self.assertEqual(data.tls.session.id, offered)
            control.reply(226)


class Mixed(harness.LiveCase):
    """A client that changes its version between the channels."""

    def test_data_connection_of_another_version(self):
        context = self.server.context()
        context.maximum_version = client.TLS1_2
        control = self.login(context=context)
        control.download("LIST")
        context.maximum_version = client.TLS1_3
        with control.data() as data:
            control.command("LIST", 150)
            try:
                data.secure(None)
                data.read_all()
            except (ssl.SSLError, ConnectionError):
                pass
            control.reply(522)
        control.command("NOOP", 200)


if __name__ == "__main__":
    harness.main()
