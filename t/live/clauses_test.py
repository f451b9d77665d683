#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Clauses that are about no single command: words, states, wires, names.

RFC 2228 sections 3, 7, 8 and 9; RFC 4217 sections 10.3, 10.4, 15.2 and 16;
RFC 7151 sections 3.2 and 4; RFC 2640 section 4.1; RFC 9325.
"""

import os
import re
import ssl

import client
import harness

SECRET = b"what the file says " * 50

SERVER = {
    "directives": "TLSClearCommandChannel on\n"
                  "TLSOptions AllowReinitialize\n"
                  "MaxLoginAttempts 100\n",
    "vhosts": {
        "implicit": "TLSOptions UseImplicitSSL",
        "must": "TLSControlProtection required",
        "private": "TLSDataProtection required",
    },
}


def leave_tls(control):
    """Our half of the end of TLS, behind the reply to CCC or REIN."""
    assert control.tls.read() == b"", "no close_notify"
    control.tls.close_notify()
    control.tls = None
    return control


@harness.both_versions
class Words(harness.LiveCase):
    """Parameters that a command does not have."""

    SERVER = SERVER

    def test_rfc2228_8_1_auth_has_one_parameter(self):
        """It is refused, and nothing has happened: not even a hello would
        be read."""
        for word in ("TLS extra", "TLS TLS", "TLS-C 1", " TLS", "TLS ",
                     "TLS\t", "T LS"):
            with self.subTest(word=word):
                control = self.connect()
                control.command("AUTH " + word, 504)
                control.command("PBSZ 0", 503)
                control.auth().login().protect()
                control.download("NLST")

    def test_rfc2228_8_1_prot_has_one_parameter(self):
        """The level stays what it was."""
        for word in ("P P", "P C", "P ", " P", "C C", "C extra", "CP"):
            for level in "CP":
                with self.subTest(word=word, level=level):
                    control = self.login(level=level)
                    control.command("PROT " + word, 504)
                    control.download("NLST", protected=level == "P")

    def test_rfc2228_8_1_pbsz_has_one_parameter(self):
        control = self.secure()
        for word in ("0 0", "0 ", " 0", "0x", "0,0"):
            control.command("PBSZ " + word, 501)
            control.command("PROT P", 503)
        control.login().protect()
        control.download("NLST")


@harness.both_versions
class States(harness.LiveCase):
    """What is unknown is so in every state, and changes none."""

    SERVER = SERVER

    LINES = ("ADAT", "ADAT Tk9PUA==", "MIC Tk9PUA==", "MIC", "CONF Tk9PUA==",
             "CONF", "ENC Tk9PUA==", "ENC", "adat x", "Mic x")

    #: Ten before a login would end the session.
    FEW = ("ADAT Tk9PUA==", "MIC", "conf Tk9PUA==", "ENC Tk9PUA==")

    def unknown(self, control, lines=FEW):
        for line in lines:
            with self.subTest(line=line):
                control.command(line, 500)
        self.assertFalse(control.pending(0.05), "more replies than commands")

    def test_rfc2228_3_unknown_in_clear(self):
        control = self.connect()
        self.unknown(control)
        control.command("USER alice", 331)
        self.unknown(control)
        control.command("PASS wonder", 230)
        self.unknown(control, self.LINES)
        control.download("NLST", protected=False)

    def test_rfc2228_3_unknown_in_tls(self):
        control = self.secure()
        self.unknown(control)
        control.protect()
        self.unknown(control)
        control.login()
        self.unknown(control, self.LINES)
        control.download("NLST")

    def test_rfc2228_3_unknown_after_ccc(self):
        control = self.login()
        session = control.session
        control.command("CCC", 200)
        leave_tls(control)
        self.unknown(control, self.LINES)
        control.download("NLST", session=session)

    def test_rfc2228_3_unknown_after_rein(self):
        control = self.login()
        control.command("REIN", 220)
        leave_tls(control)
        self.unknown(control)
        control.auth()
        self.unknown(control)
        control.login().protect()
        control.download("NLST")

    def test_rfc2228_3_unknown_in_implicit_tls(self):
        control = self.connect("implicit", implicit=True)
        self.unknown(control)
        control.login()
        self.unknown(control, self.LINES)
        control.download("NLST")

    def test_rfc2228_7_unknown_where_tls_must_come_first(self):
        control = self.connect("must")
        for line in self.LINES:
            control.command(line, 533)
        self.unknown(control.auth())

    def test_rfc2228_9_what_fails_goes_one_step_back(self):
        """A refused AUTH leaves a new connection, a refused login one that
        is authenticated: TLS and PROT stay."""
        control = self.connect()
        control.command("AUTH KERBEROS_V4", 504)
        control.auth().protect()
        control.command("USER alice", 331)
        control.command("PASS wrong", 530)
        control.command("PASS wonder", 503)
        control.login()
        control.download("NLST")

    def test_rfc2228_auth_g_rein_and_a_new_auth(self):
        """What a second AUTH is for: other credentials, all forgotten."""
        control = self.login()
        control.command("AUTH TLS", 534)
        control.download("NLST")
        control.command("REIN", 220)
        leave_tls(control)
        control.command("PWD", 530)
        control.auth()
        for line, code in (("PROT P", 503), ("PWD", 530),
                           ("PASS wonder", 503)):
            control.command(line, code)
        control.login("bob", "builder")
        control.download("NLST", protected=False)


@harness.both_versions
class TheClientsView(harness.LiveCase):
    """RFC 4217 sections 10.3 and 10.4: what a server must leave to it."""

    SERVER = SERVER

    def test_rfc4217_10_3_commands_between_auth_and_prot(self):
        control = self.connect()
        for line, code in (("FEAT", 211), ("SITE HELP", 214), ("CLNT x", 200)):
            control.command(line, code)
        control.auth()
        control.command("NOOP", 200)
        control.login()
        control.command("SITE HELP", 214)
        control.command("PBSZ 0", 200)
        control.command("PWD", 257)
        control.command("PROT P", 200)
        control.download("NLST")

    def test_rfc4217_10_3_a_client_that_is_not_content_may_quit(self):
        control = self.secure()
        control.command("QUIT", 221)
        self.assertEqual(control.tls.read(), b"")
        self.assertEqual(client.read_to_end(control.sock), b"")

    def test_rfc4217_10_3_a_client_that_drops_the_connection(self):
        """In the middle of the handshake: the session ends, and no other."""
        other = self.secure()
        before = set(self.server.sessions())
        distrustful = client.context(self.server.pki.path("rsa.pem"),
                                     self.VERSION)
        control = self.connect(context=distrustful)
        control.command("AUTH TLS", 234)
        with self.assertRaises(ssl.SSLError):
            control.handshake()
        control.close()
        self.assertTrue(client.until(
            lambda: set(self.server.sessions()) <= before))
        other.login()

    def test_rfc4217_10_4_a_refused_transfer_is_not_a_refused_level(self):
        """The same transfer is accepted later, and the level all the time."""
        self.server.put("file", SECRET)
        control = self.secure("private", "TLS").login()
        for _ in range(2):
            with control.data():
                control.command("RETR file", 521)
        control.protect()
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file"), SECRET)


class Wire:
    """A socket that keeps all that has crossed it."""

    def __init__(self, sock):
        self.sock = sock
        self.sent = self.received = b""

    def sendall(self, raw):
        self.sent += raw
        self.sock.sendall(raw)

    def recv(self, size, *flags):
        raw = self.sock.recv(size, *flags)
        self.received += raw
        return raw

    def __getattr__(self, name):
        return getattr(self.sock, name)


def kinds(raw):
    """The types of the TLS records that raw consists of, and of nothing
    else."""
    found = set()
    while raw:
        size = 5 + int.from_bytes(raw[3:5], "big")
        if raw[0] not in (20, 21, 22, 23) or raw[1] != 3 or len(raw) < size:
            raise AssertionError("not a TLS record: %r" % raw[:40])
        found.add(raw[0])
        raw = raw[size:]
    return found


@harness.both_versions
class OnTheWire(harness.LiveCase):
    """RFC 4217 section 15.2.4: nothing can be read by a third party."""

    SERVER = SERVER

    WORDS = (b"alice", b"wonder", b"secret-name", b"the file says",
             b"logged in", b"Transfer complete")

    def assert_hidden(self, wire):
        self.assertIn(23, kinds(wire.sent) | kinds(wire.received),
                      "no application data")
        for raw in (wire.sent, wire.received):
            for word in self.WORDS:
                self.assertFalse(word in raw, word)

    def test_rfc4217_15_2_4_everything_is_in_records(self):
        self.server.put("secret-name", SECRET)
        control = self.connect()
        control.command("AUTH TLS", 234)
        control.sock = Wire(control.sock)
        control.handshake()
        control.login().protect()
        control.command("TYPE I", 200)
        for line in ("RETR secret-name", "NLST", "STOR secret-name.2"):
            with control.data() as data:
                data.sock = Wire(data.sock)
                control.command(line, 150)
                data.secure()
                if line.startswith("STOR"):
                    data.write(SECRET)
                else:
                    self.assertTrue(data.read_all())
                data.finish()
                control.reply(226)
                self.assert_hidden(data.sock)
        self.assertEqual(self.server.get("secret-name.2"), SECRET)
        control.command("QUIT", 221)
        self.assert_hidden(control.sock)

    def listening(self, pid):
        """The TCP ports that a process waits on."""
        inodes = set()
        for name in os.listdir("/proc/%d/fd" % pid):
            found = re.match(r"socket:\[(\d+)\]", os.readlink(
                "/proc/%d/fd/%s" % (pid, name)))
            if found:
                inodes.add(found.group(1))
        ports = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            with open(table, encoding="ascii") as stream:
                for row in map(str.split, stream):
                    if row[3] == "0A" and row[9] in inodes:
                        ports.add(int(row[1].split(":")[1], 16))
        return ports

    def test_rfc4217_16_no_port_beside_those_of_the_configuration(self):
        ports = self.listening(self.server.process.pid)
        self.assertEqual(ports, {
            self.server.address(host)[1] for host in ("main", *SERVER[
                "vhosts"])})


@harness.both_versions
class Names(harness.LiveCase):
    """HOST: whose certificate, whose user, whose language."""

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {"directives": """\
TLSOptions AllowReinitialize
<IfModule mod_lang.c>
  LangPath {root}/locale
  LangDefault C.utf8
</IfModule>
""" + "".join("""\
<VirtualHost 127.0.0.1>
  ServerName %s
  Port {port}
  ServerAlias %s.example.org
  TLSEngine on
  TLSLog {root}/tls.log
  TLSCertificateFile {root}/%s.pem
  TLSOptions AllowReinitialize
</VirtualHost>
""" % ((name,) * 3) for name in ("one", "two"))}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        for name in ("one", "two"):
            cls.server.pki.own(name, "%s.example.org" % name,
                               cls.server.path(name + ".pem"))
        for locale in ("C.utf8", "POSIX"):
            path = cls.server.path("locale", locale, "LC_MESSAGES")
            os.makedirs(path)
            with open(os.path.join(path, "proftpd.mo"), "wb"):
                pass

    def names(self, control):
        """Whom the certificate of the server is for."""
        found = control.tls.object.getpeercert()
        return [name for _, name in found["subjectAltName"]]

    def test_rfc7151_4_certificate_of_the_host(self):
        """Also where HOST is sent again."""
        for host in ("one", "two"):
            for times in (1, 2):
                with self.subTest(host=host, times=times):
                    control = self.connect()
                    for _ in range(times):
                        control.command("HOST %s.example.org" % host, 220)
                    self.is_served_as(control, host)

    def is_served_as(self, control, host):
        control.auth()
        self.assertEqual(self.names(control), [host + ".example.org"])
        control.login().protect()
        control.download("NLST")

    def test_rfc7151_3_2_2_another_host_is_refused(self):
        """The core's modules hear of one change alone."""
        for first, second in (("one", "two"), ("two", "one")):
            with self.subTest(first=first):
                control = self.connect()
                control.command("HOST %s.example.org" % first, 220)
                for name in (second, second.upper()):
                    reply = control.command("HOST %s.example.org" % name, 504)
                    self.assertRegex(reply.text, "open a new connection")
                self.is_served_as(control, first)

    def test_rfc7151_3_2_1_rein_resets_the_certificate(self):
        first = self.names(self.secure())
        control = self.connect()
        control.command("HOST two.example.org", 220)
        control.auth()
        control.command("REIN", 220)
        leave_tls(control).auth()
        self.assertEqual(self.names(control), first)

    def test_rfc7151_3_3_refused_host_is_none(self):
        control = self.connect()
        control.command("HOST two.example.org", 220)
        control.command("HOST nobody.example.org", 504)
        control.auth()
        self.assertEqual(self.names(control), ["two.example.org"])

    def test_rfc7151_3_3_host_after_login(self):
        control = self.connect().login()
        control.command("HOST two.example.org", 503)
        control.command("PWD", 257)

    def language(self, control):
        for line in control.command("FEAT", 211).lines:
            if line.startswith(" LANG "):
                return line
        self.skipTest("a server without --enable-nls")

    def test_rfc2640_4_1_host_negates_lang(self):
        """At another host, and at the same; the reply to HOST is said."""
        control = self.connect()
        before = self.language(control)
        for host in ("one", "one"):
            control.command("LANG POSIX", 200)
            self.assertNotEqual(self.language(control), before)
            reply = control.command("HOST %s.example.org" % host, 220)
            self.assertEqual(len(reply.lines), 1)
            self.assertFalse(control.pending(0.05), "a reply too much")
            self.assertEqual(self.language(control), before)

    def test_rfc2640_4_1_refused_host_negates_nothing(self):
        control = self.connect()
        self.language(control)
        control.command("LANG POSIX", 200)
        after = self.language(control)
        control.command("HOST nobody.example.org", 504)
        self.assertEqual(self.language(control), after)

    def test_rfc2640_4_1_lang_at_the_host_holds(self):
        control = self.connect()
        self.language(control)
        control.command("HOST one.example.org", 220)
        control.command("LANG POSIX", 200)
        after = self.language(control)
        control.command("NOOP", 200)
        self.assertEqual(self.language(control), after)


if __name__ == "__main__":
    harness.main()
