#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What AUTH and REIN put back to how it was after connect.

RFC 4217 sections 4.2 and 13; RFC 7151 section 3 for HOST.
"""

import os

import harness

BODY = bytes(range(256)) * 800

#: A second server at the same address and port, which HOST chooses.
NAMED = """\
TLSOptions AllowReinitialize
<VirtualHost 127.0.0.1>
  ServerName named
  Port {port}
  ServerAlias ftp.example.org
  ServerIdent on "named"
  TLSEngine on
  TLSLog {root}/tls.log
  TLSRSACertificateFile {pki}/rsa.pem
  TLSRSACertificateKeyFile {pki}/rsa.key
  TLSCertificateChainFile {pki}/inter.pem
  TLSOptions AllowReinitialize
  TLSClearCommandChannel on
  TLSDataProtection required
  FactsDefault size type
</VirtualHost>
<VirtualHost 127.0.0.1>
  ServerName plain
  Port {port}
  ServerAlias plain.example.org
  TLSEngine off
</VirtualHost>
"""


class ResetCase(harness.LiveCase):

    SERVER = {"directives": NAMED}

    @classmethod
    def prepare(cls):
        cls.server.put("file", BODY)

    def rein(self, control):
        control.command("REIN", 220)
        if control.tls is not None:
            self.assertEqual(control.tls.read(), b"", "close_notify")
            control.tls.close_notify()
            control.tls = None

    def ways(self):
        """A session in clear, and what puts it back."""
        yield "AUTH", self.connect(), lambda control: control.auth()
        yield "REIN", self.connect(), self.rein
        yield "REIN in TLS", self.secure(), self.rein

    def each(self):
        for name, control, back in self.ways():
            with self.subTest(name=name):
                self.server.mark()
                yield control, lambda back=back, control=control: back(control)

    def is_named(self, control):
        """Whether HOST's server serves: it alone offers CCC."""
        return "CCC" in control.command("FEAT", 211).text.split()


@harness.both_versions
class Parameters(ResetCase):

    def test_rfc4217_4_2_user(self):
        for control, back in self.each():
            control.command("USER alice", 331)
            back()
            control.command("PASS wonder", 503)
            control.login()

    def test_rfc4217_4_2_password_of_another_user(self):
        for control, back in self.each():
            control.command("USER alice", 331)
            back()
            control.command("USER bob", 331)
            control.command("PASS wonder", 530)
            control.login("bob", "builder")

    def test_rfc4217_4_2_type(self):
        """TYPE is ASCII after a login; and the login's own, not REIN's."""
        self.server.put("lines", b"1\n2\n")
        for control, back in self.each():
            control.command("TYPE I", 200)
            back()
            control.login()
            self.assertEqual(
                control.download("RETR lines", protected=False),
                b"1\r\n2\r\n")
            control.command("TYPE I", 200)
            self.assertEqual(
                control.download("RETR lines", protected=False), b"1\n2\n")

    def test_type_after_auth_holds(self):
        self.server.put("lines", b"1\n2\n")
        for control, back in self.each():
            control.command("TYPE A", 200)
            back()
            control.command("TYPE I", 200)
            control.login()
            self.assertEqual(
                control.download("RETR lines", protected=False), b"1\n2\n")

    def utf8_was_off(self, control):
        """Has it on; says whether that was news to mod_lang."""
        self.server.mark()
        if control.command("OPTS UTF8 ON", 200, 500).code == 500:
            self.skipTest("a server without --enable-nls")
        control.command("NOOP", 200)
        return "enabling use of UTF8" in self.server.log("system.log")

    def test_names_are_encoded_as_after_connect(self):
        was_off = self.utf8_was_off(self.connect())
        for control, back in self.each():
            control.command("OPTS UTF8 " + ("ON" if was_off else "OFF"), 200)
            back()
            self.assertEqual(self.utf8_was_off(control), was_off)

    def test_failed_auth_resets_nothing(self):
        control = self.connect()
        control.command("USER alice", 331)
        control.command("AUTH KERBEROS_V4", 504)
        control.command("PASS wonder", 230)

    def test_rfc4217_4_2_login_must_follow(self):
        for control, back in self.each():
            control.command("USER alice", 331)
            back()
            control.command("PASS wonder", 503)
            for line in ("PWD", "CWD /", "PASV", "REST 1", "STRU F", "MODE S",
                         "PORT 127,0,0,1,4,1", "LIST", "RETR file"):
                control.command(line, 530)
            control.login()


@harness.both_versions
class Preferences(ResetCase):
    """What other modules keep of a client that has not logged in."""

    @classmethod
    def setUpClass(cls):
        modules = [name for name in ("mod_deflate", "mod_digest")
                   if harness.stock_module(name)]
        cls.SERVER = {"directives": NAMED + """
<IfModule mod_deflate.c>
  DeflateEngine on
</IfModule>
<IfModule mod_lang.c>
  LangPath {root}/locale
  LangDefault C.utf8
</IfModule>
""", "modules": modules}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        """With catalogues of messages for two locales that every system
        has."""
        super().prepare()
        for locale in ("C.utf8", "POSIX"):
            path = cls.server.path("locale", locale, "LC_MESSAGES")
            os.makedirs(path)
            with open(os.path.join(path, "proftpd.mo"), "wb"):
                pass

    def feature(self, control, name):
        """The words of a line of FEAT, or None."""
        for line in control.command("FEAT", 211).lines:
            if line.startswith(" %s " % name):
                return line.split(" ", 2)[2].split(";")
        return None

    def is_put_back(self, name, command, word):
        """Sets one word of a feature and looks at FEAT after each way."""
        before = self.feature(self.connect(), name)
        others = [each for each in before or () if not each.endswith("*")]
        if not others and word is None:
            self.skipTest("no choice of " + name)
        for control, back in self.each():
            control.command("%s %s" % (command, word or others[0]), 200)
            self.assertNotEqual(self.feature(control, name), before)
            back()
            self.assertEqual(self.feature(control, name), before)

    def test_rfc4217_4_2_facts(self):
        self.is_put_back("MLST", "OPTS MLST", "size;")

    def test_rfc4217_4_2_facts_as_the_next_user_sees_them(self):
        want = self.connect().login().command("MLST file", 250).lines[1]
        for control, back in self.each():
            control.command("OPTS MLST", 200)
            back()
            got = control.login().command("MLST file", 250).lines[1]
            self.assertEqual(got, want)

    def test_rfc4217_4_2_facts_of_the_host(self):
        control = self.connect()
        control.command("HOST ftp.example.org", 220)
        self.assertEqual(self.feature(control, "MLST"), [
            "modify", "perm", "size*", "type*", "unique", "UNIX.group",
            "UNIX.groupname", "UNIX.mode", "UNIX.owner", "UNIX.ownername", ""])
        want = self.feature(control, "MLST")
        control.command("OPTS MLST modify;", 200)
        control.auth()
        self.assertEqual(self.feature(control, "MLST"), want)

    def test_rfc4217_4_2_language(self):
        self.is_put_back("LANG", "LANG", None)

    def test_rfc4217_4_2_digest(self):
        self.is_put_back("HASH", "OPTS HASH", None)

    def test_rfc4217_4_2_mode(self):
        if not harness.stock_module("mod_deflate"):
            self.skipTest("needs mod_deflate")
        for control, back in self.each():
            control.command("OPTS MODE Z LEVEL 9", 200)
            control.command("MODE Z", 200)
            back()
            control.login().command("TYPE I", 200)
            self.assertEqual(
                control.download("RETR file", protected=False), BODY)


@harness.both_versions
class HostAndUser(harness.LiveCase):
    """HOST between USER and PASS (RFC 7151 section 4)."""

    SERVER = {"directives": NAMED + """
TLSUserProtection none bob
<VirtualHost 127.0.0.1>
  ServerName guarded
  Port {port}
  ServerAlias guarded.example.org
  TLSEngine on
  TLSLog {root}/tls.log
  TLSRSACertificateFile {pki}/rsa.pem
  TLSRSACertificateKeyFile {pki}/rsa.key
  TLSCertificateChainFile {pki}/inter.pem
  TLSUserProtection required alice
</VirtualHost>
<VirtualHost 127.0.0.1>
  ServerName strict
  Port {port}
  ServerAlias strict.example.org
  TLSEngine on
  TLSLog {root}/tls.log
  TLSRSACertificateFile {pki}/rsa.pem
  TLSRSACertificateKeyFile {pki}/rsa.key
  TLSCertificateChainFile {pki}/inter.pem
  TLSUserProtection required bob
</VirtualHost>
"""}

    def test_rfc7151_4_in_tls_too(self):
        """Of the host that TLS has named; another one is refused there."""
        control = self.connect(server_name="guarded.example.org").auth()
        control.command("USER alice", 331)
        control.command("HOST guarded.example.org", 220)
        control.command("PASS wonder", 503)
        control.command("PWD", 530)
        control.command("USER alice", 331)
        control.command("HOST strict.example.org", 504)
        control.command("PASS wonder", 230)

    def test_rfc4217_10_1_none_here_is_required_there(self):
        control = self.connect()
        control.command("USER bob", 331)
        control.command("HOST strict.example.org", 220)
        control.command("PASS builder", 503)
        control.command("USER bob", 533)
        control.command("PASS builder", 503)
        control.command("PWD", 530)
        control = self.connect(server_name="strict.example.org").auth()
        control.login("bob", "builder")
        self.secure().command("USER bob", 533)

    def test_rfc7151_4_host_forgets_the_user(self):
        for name in ("guarded", "ftp", "plain"):
            with self.subTest(name=name):
                control = self.connect()
                control.command("USER alice", 331)
                control.command("HOST %s.example.org" % name, 220)
                control.command("PASS wonder", 503)
                control.command("PWD", 530)

    def test_rfc7151_4_also_at_the_same_server(self):
        control = self.connect()
        control.command("HOST guarded.example.org", 220)
        control.command("USER bob", 331)
        control.command("HOST guarded.example.org", 220)
        control.command("PASS builder", 503)
        control.command("USER bob", 331)
        control.command("PASS builder", 230)

    def test_rfc7151_4_a_refused_host_forgets_nobody(self):
        control = self.connect()
        control.command("USER alice", 331)
        control.command("HOST nowhere.example.org", 504)
        control.command("PASS wonder", 230)

    def test_rfc4217_10_1_host_decides_about_user(self):
        control = self.connect()
        control.command("USER alice", 331)
        control.command("HOST guarded.example.org", 220)
        control.command("USER alice", 533)
        control.auth().login()


@harness.both_versions
class Host(ResetCase):
    """HOST before AUTH stays; REIN takes it back."""

    def test_rfc7151_auth_keeps_the_host(self):
        control = self.connect()
        self.assertFalse(self.is_named(control))
        control.command("HOST ftp.example.org", 220)
        self.assertTrue(self.is_named(control))
        control.auth()
        self.assertTrue(self.is_named(control))
        control.login().protect()
        self.assertEqual(control.download("NLST file"), b"file\r\n")

    def test_rfc7151_host_behind_tls_leaves_the_data_connections(self):
        """Their sessions are the control connection's, not HOST's server's."""
        control = self.connect(server_name="ftp.example.org").auth()
        control.command("HOST ftp.example.org", 220)
        self.assertTrue(self.is_named(control))
        control.login().protect()
        self.assertEqual(control.download("NLST file"), b"file\r\n")

    def test_rfc7151_host_without_tls_behind_tls(self):
        """What is protected stays so; nothing breaks."""
        control = self.connect(server_name="plain.example.org").auth("SSL")
        control.command("HOST plain.example.org", 220)
        control.login()
        self.assertEqual(control.download("NLST file"), b"file\r\n")

    def test_rfc959_rein_goes_back_to_the_first_server(self):
        control = self.connect()
        for _ in range(3):
            control.command("HOST ftp.example.org", 220)
            self.assertTrue(self.is_named(control))
            self.rein(control)
            self.assertFalse(self.is_named(control))
            control.command("HOST ftp.example.org", 220)
            control.auth()
            self.assertTrue(self.is_named(control))
            self.rein(control)
            self.assertFalse(self.is_named(control))
        self.assertFalse(control.pending(0.2), "a reply too much")
        control.login()
        control.download("NLST", protected=False)

    def test_policies_are_those_of_the_first_server_again(self):
        control = self.connect()
        control.command("HOST ftp.example.org", 220)
        control.auth()
        control.command("PBSZ 0", 200)
        control.command("PROT C", 534)
        self.rein(control)
        control.auth()
        control.command("PBSZ 0", 200)
        control.command("PROT C", 200)
        control.login()
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file", protected=False), BODY)

    def test_rein_after_login_goes_back_too(self):
        control = self.connect()
        control.command("HOST ftp.example.org", 220)
        control.auth().login()
        self.assertTrue(self.is_named(control))
        self.rein(control)
        self.assertFalse(self.is_named(control))
        control.auth().login("bob", "builder").protect()
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file"), BODY)


if __name__ == "__main__":
    harness.main()
