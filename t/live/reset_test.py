#!/usr/bin/env python3
"""What AUTH and REIN put back to how it was after connect.

RFC 4217 sections 4.2 and 13; RFC 7151 section 3 for HOST.
"""

import client
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
            back()
            for line in ("PWD", "CWD /", "PASV", "REST 1", "STRU F", "MODE S",
                         "PORT 127,0,0,1,4,1", "LIST", "RETR file"):
                control.command(line, 530)


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
