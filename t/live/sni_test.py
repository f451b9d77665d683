#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The server name (SNI) chooses the host: its certificate, rules and users.

RFC 6066 section 3; RFC 7151 section 3.2.2; RFC 4217.  What HOST and SNI say to
each other is hosts_test.py's.
"""

import ssl

import certcase
import client
import harness
from snicase import SniCase, name


@harness.both_versions
class Chosen(SniCase):

    def test_rfc6066_3_certificate_of_the_host(self):
        for sni, want in ((name("one"), "one"), (name("two"), "two"),
                          ("TWO.Example.ORG", "two"),
                          (name("two") + ".", "two"),
                          (name("one", "net"), "one"),
                          ("two.by-name.test", "two")):
            with self.subTest(sni=sni):
                control = self.named(sni)
                self.assertEqual(self.certificate(control.tls), name(want))

    def test_rfc6066_3_everybody_else_gets_the_first(self):
        for sni in (None, name("main"), "unknown.example.org", "live test",
                    name("plain")):
            with self.subTest(sni=sni):
                control = self.named(sni)
                self.assertEqual(self.certificate(control.tls), "localhost")

    def test_rfc6066_3_an_address_is_no_name(self):
        # Python's ssl would not send it as a name: it is OpenSSL's to refuse.
        control = self.named("127.0.0.1")
        self.assertEqual(self.certificate(control.tls), "localhost")

    def test_rules_and_users_of_the_host_on_both_connections(self):
        control = self.named(name("two"))
        control.login("carol", "melody")
        control.command("PBSZ 0", 200)
        control.command("TYPE I", 200)
        reply = control.command("PROT C")
        self.assertIn(reply.code, (534, 200))
        with control.data():
            control.command("RETR of-two", 521)
        control.command("PROT P", 200)
        self.assertEqual(control.download("RETR of-two"), b"two")
        with control.begin("RETR of-two", session=None) as data:
            try:
                data.read_all()
            except (OSError, ssl.SSLError):
                pass
            self.assertEqual(self.certificate(data.tls), name("two"))
        control.reply(522)

    def test_users_of_the_first_are_not_its(self):
        control = self.named(name("two"))
        control.command("USER alice", 331)
        control.command("PASS wonder", 530)

    def test_user_protection_of_the_host(self):
        control = self.named(name("three"))
        self.assertEqual(control.command("USER bob").code, 533)
        self.named(name("one")).login("bob", "builder")

    def test_versions_of_the_host(self):
        for each, version in (("modern", client.TLS1_3),
                              ("older", client.TLS1_2)):
            with self.subTest(host=each):
                if self.VERSION == version:
                    control = self.named(name(each)).login().protect()
                    self.assertEqual(
                        self.certificate(control.tls), name(each))
                    self.assert_transfers(control)
                else:
                    self.fails(name(each), "version")

    def test_host_that_asks_for_a_certificate(self):
        self.fails(name("asking"), "certificate" if
                   self.VERSION == client.TLS1_3 else "handshake")
        self.fails("asking.by-name.test", "certificate" if
                   self.VERSION == client.TLS1_3 else "handshake")
        control = self.named(name("asking"), context=self.holder("alice"))
        control.command("USER alice", 232)
        control.protect()
        self.assert_transfers(control)

    def test_certificate_of_a_stranger_is_refused_there(self):
        control = self.connect(server_name=name("asking"),
                               context=self.holder("stranger"))
        control.command("AUTH TLS", 234)
        control.handshake()
        self.assertIn(certcase.PEER_REFUSED, control.reply(421).text)

    def test_host_that_cannot_serve_tls(self):
        self.fails(name("broken"), "unrecognized")
        self.assert_logged("'%s' .SNI. is refused" % name("broken"))

    def test_host_command_agrees(self):
        for sni in (name("two"), name("main"), "two.by-name.test"):
            with self.subTest(sni=sni):
                control = self.named(sni)
                control.command("HOST " + name("one"), 504)
                control.command("HOST " + sni, 220)
                control.command("HOST " + sni, 220)

    def test_rfc4217_10_1_rules_go_with_the_users(self):
        """Who has been at a host logs in by its rules, or by another's users:
        never by the one's users and the other's rules."""
        for lines in (("HOST " + name("vault"), "REIN"),
                      ("HOST " + name("vault"), "HOST " + name("one")),
                      ("HOST " + name("vault"), "HOST " + name("ONE")),
                      ("HOST " + name("vault"), "HOST " + name("again"),
                       "REIN"),
                      ("HOST " + name("again"), "HOST " + name("vault"),
                       "REIN"),
                      ("HOST " + name("again"), "REIN",
                       "HOST " + name("vault"), "HOST " + name("one"))):
            with self.subTest(lines=lines):
                control = self.connect()
                for line in lines:
                    control.command(line, 220, 502, 504)
                self.assertIn(control.command("USER carol").code, (331, 533))
                self.assertIn(control.command("PASS melody").code,
                              (503, 530, 533))
                control.command("PWD", 530, 533)

    def test_rein_would_leave_the_host(self):
        control = self.named(name("three"))
        control.command("REIN", 502)
        control.login().protect()
        self.assert_transfers(control)

    def test_data_connection_of_another_name(self):
        control = self.named(name("one")).login().protect()
        control.command("TYPE I", 200)
        for sni in (name("three"), name("main")):
            with self.subTest(sni=sni), control.data() as data:
                control.command("RETR file", 150)
                own, control.server_name = control.server_name, sni
                try:
                    data.secure()
                    data.read_all()
                except (OSError, ssl.SSLError):
                    pass
                finally:
                    control.server_name = own
                control.reply(522)
        self.assert_transfers(control)

    def test_login_of_every_host_transfers(self):
        for tickets in (True, False):
            for sni in (None, name("one"), name("three"), name("one", "net")):
                with self.subTest(sni=sni, tickets=tickets):
                    control = self.named(
                        sni, context=self.context(tickets=tickets))
                    control.login().protect()
                    for _ in range(3):
                        self.assert_transfers(control)


@harness.both_versions
class Reinitialized(SniCase):
    """REIN in a process of its own: any host may follow."""

    MORE = "TLSOptions AllowReinitialize"

    def leave(self, control, sni):
        """REIN, and TLS again with another name."""
        control.command("REIN", 220)
        self.assertEqual(control.tls.read(), b"", "close_notify")
        control.tls.close_notify()
        control.tls = None
        control.server_name = sni
        return control.auth()

    def test_rein_goes_back(self):
        control = self.leave(self.named(name("again")), None)
        control.login().protect()
        self.assertEqual(self.certificate(control.tls), "localhost")
        self.assert_transfers(control)

    def test_users_of_a_host_that_was_left(self):
        control = self.leave(self.named(name("again")), name("two"))
        control.command("USER alice", 331)
        control.command("PASS wonder", 530)
        control = self.leave(self.named(name("again")), name("two"))
        control.login("carol", "melody")
        control = self.leave(self.named(name("again")), None)
        control.command("USER carol", 331)
        control.command("PASS melody", 530)


@harness.both_versions
class Rejecting(SniCase):

    MORE = "TLSUnknownServerName reject"

    def test_unknown_name_is_refused(self):
        for sni in ("unknown.example.org", "xone.example.org", "example.org"):
            with self.subTest(sni=sni):
                self.fails(sni, "unrecognized")
        self.assert_logged("TLSUnknownServerName reject")

    def test_others_are_served(self):
        for sni in (None, "127.0.0.1", name("main"), name("one")):
            with self.subTest(sni=sni):
                self.assert_transfers(self.named(sni).login().protect())


@harness.both_versions
class Ignoring(SniCase):

    MORE = "TLSOptions IgnoreSNI\nTLSUnknownServerName reject"

    def test_names_choose_nothing(self):
        for sni in (name("two"), name("asking"), "unknown.example.org"):
            with self.subTest(sni=sni):
                control = self.named(sni)
                self.assertEqual(self.certificate(control.tls), "localhost")
                control.login().protect()
                self.assert_transfers(control)


@harness.both_versions
class Implicit(SniCase):

    MORE = "TLSOptions UseImplicitSSL"

    def test_greeting_certificate_and_rules_are_the_hosts(self):
        control = self.connect(server_name=name("two"), implicit=True)
        self.assertEqual(self.certificate(control.tls), name("two"))
        self.assertIn("two.by-name.test", control.greeting.text)
        control.login("carol", "melody").protect()
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR of-two"), b"two")

    def test_certificate_is_demanded(self):
        with self.assertRaises((OSError, ssl.SSLError)):
            self.connect(server_name=name("asking"), implicit=True)
        self.connect(server_name=name("asking"), implicit=True,
                     context=self.holder("alice")).command("USER alice", 232)


if __name__ == "__main__":
    harness.main()
