#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""No TLS session is resumed under another name, host or rule: every pair.

RFC 6066 section 3; RFC 4217 section 10.2.  The three ways to hold a session
are one case each, as in reuse_test.py.  All hosts share an address and one ring
of ticket keys: nothing but the session's scope and name separates two of them.
"""

import itertools
import ssl

import client
import harness
from snicase import SniCase, name

#: Who a client may be talking to, and as whom: server name, HOST before AUTH.
WHOM = {
    "nobody named": (None, None),
    "the first": (name("main"), None),
    "one": (name("one"), None),
    "one, by another alias": (name("one", "net"), None),
    "one, by ServerName": ("one.by-name.test", None),
    "one, by HOST": (None, name("one")),
    "two, other data rules": (name("two"), None),
    "asking, CAs and a certificate": (name("asking"), None),
    "unknown": ("unknown.example.org", None),
}

#: Those where alice can log in and transfer.
USABLE = [each for each in WHOM
          if not each.startswith(("two", "asking"))]

#: The same host, by whatever name.
HOSTS = {"nobody named": "main", "the first": "main", "unknown": "main",
         "one": "one", "one, by another alias": "one",
         "one, by ServerName": "one", "one, by HOST": "one"}


class Pairs:

    TICKETS = True

    def meet(self, whom, context, session=None):
        """A control connection after its handshake."""
        sni, host = WHOM[whom]
        control = self.connect(server_name=sni, context=context)
        if host:
            control.command("HOST " + host, 220)
        control.auth(session=session)
        control.command("NOOP", 200)    # the ticket has come by now
        return control

    def test_rfc6066_3_every_pair(self):
        """On control connections: the same name at the same host, or not."""
        context = self.holder("alice", tickets=self.TICKETS)
        sessions = {}
        for whom in WHOM:
            with self.meet(whom, context) as control:
                sessions[whom] = control.session
        for first, second in itertools.product(WHOM, WHOM):
            with self.subTest(first=first, second=second):
                with self.meet(second, context, sessions[first]) as control:
                    self.assertEqual(control.tls.resumed,
                                     self.TICKETS and first == second)

    def enter(self, whom, context):
        control = self.meet(whom, context)
        control.login().protect()
        control.command("TYPE I", 200)
        return control

    def retrieve(self, control, session):
        """The reply to a transfer that offers a session."""
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(session)
                data.read_all()
                data.finish()
            except (OSError, ssl.SSLError):
                pass
            return control.reply()

    def test_data_connections_of_every_pair(self):
        """One user, logged in everywhere: TLSSessionReuse user."""
        context = self.context(tickets=self.TICKETS)
        controls = {whom: self.enter(whom, context) for whom in USABLE}
        for first, second in itertools.permutations(USABLE, 2):
            with self.subTest(first=first, second=second):
                reply = self.retrieve(
                    controls[second], controls[first].session)
                self.assertEqual(reply.code, self.expect(first, second),
                                 reply)
        for whom in USABLE:
            self.assertEqual(
                self.retrieve(controls[whom], client.OWN).code, 226)

    def expect(self, first, second):
        """All hosts have one ring of ticket keys: a ticket is taken by the host
        that it was made for, and where a name does not contradict another."""
        names = {WHOM[first][0], WHOM[second][0]} - {None}
        return 226 if self.TICKETS and len(names) < 2 \
            and HOSTS[first] == HOSTS[second] else 522


class Ids12(Pairs, SniCase):
    VERSION = client.TLS1_2
    TICKETS = False

    def expect(self, first, second):
        """Another connection's session id is known to nobody here."""
        return 522


class Tickets12(Pairs, SniCase):
    VERSION = client.TLS1_2


class Tickets13(Pairs, SniCase):
    VERSION = client.TLS1_3


if __name__ == "__main__":
    harness.main()
