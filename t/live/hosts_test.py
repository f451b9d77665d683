#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""HOST and SNI name one host, and data connections stay with it.

RFC 7151 section 3.2.2; RFC 6066 section 3.
"""

import ssl

import harness

HOST = """\
<VirtualHost 127.0.0.1>
  ServerName {name}
  Port {{port}}
  ServerAlias {name}.example.org {name}.example.net
  TLSEngine on
  TLSLog {{root}}/tls.log
  TLSRSACertificateFile {{pki}}/rsa.pem
  TLSRSACertificateKeyFile {{pki}}/rsa.key
  TLSCertificateChainFile {{pki}}/inter.pem
</VirtualHost>
"""


def name(host, domain="org"):
    return "%s.example.%s" % (host, domain)


class HostCase(harness.LiveCase):

    #: HOST knows no alias of the main server; SNI does.
    SERVER = {"directives": "ServerAlias %s *.main.test\n" % name("main") +
              "".join(HOST.format(name=host) for host in ("one", "two"))}

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 5000)


@harness.both_versions
class HostAndSni(HostCase):

    def refused(self, control):
        control.command("AUTH TLS", 234)
        control.handshake()
        reply = control.reply(421)
        self.assertIn("the same one in both", reply.text)
        with self.assertRaises((OSError, ssl.SSLError)):
            control.command("NOOP")
        self.assert_logged("names another host of this server")

    def test_rfc7151_3_2_2_host_before_another_server_name(self):
        for host, sni in (("one", name("two")), ("two", name("one")),
                          ("one", "TWO.example.ORG"),
                          ("one", name("main")), ("one", "ftp.main.test")):
            with self.subTest(host=host, sni=sni):
                self.server.mark()
                control = self.connect(server_name=sni)
                control.command("HOST " + name(host), 220)
                self.refused(control)

    def test_rfc7151_3_2_2_host_behind_another_server_name(self):
        control = self.connect(server_name=name("two")).auth()
        control.command("HOST " + name("one"), 504)
        control.command("HOST " + name("two"), 220)

    def test_rfc7151_3_2_2_names_that_agree(self):
        for host, sni in (("one", name("one")), ("one", "ONE.example.org"),
                          ("one", name("one", "net")), ("one", None),
                          ("one", "unknown.example.org"),
                          (None, name("two")), (None, name("main"))):
            with self.subTest(host=host, sni=sni):
                control = self.connect(server_name=sni)
                if host:
                    control.command("HOST " + name(host), 220)
                control.auth().login().protect()
                self.assert_transfers(control)

    def test_rein_would_leave_the_host(self):
        """Without a process to go on in: nothing changes."""
        control = self.connect(server_name=name("one"))
        control.command("HOST " + name("one"), 220)
        reply = control.command("REIN", 502)
        self.assertRegex(reply.text, "open a new connection")
        self.assert_logged("REIN refused: 502 .*AllowReinitialize")
        control.auth().login()


@harness.both_versions
class Reinitialized(HostCase):

    SERVER = {"directives": HostCase.SERVER["directives"].replace(
        "</VirtualHost>", "TLSOptions AllowReinitialize\n</VirtualHost>")
        + "TLSOptions AllowReinitialize"}

    def test_rein_forgets_host(self):
        control = self.connect(server_name=name("two"))
        control.command("HOST " + name("one"), 220)
        control.command("REIN", 220)
        control.auth().login()


@harness.both_versions
class DataConnections(HostCase):

    def retrieve(self, control, sni):
        """RETR whose data connection has a server name of its own."""
        control.command("TYPE I", 200)
        with control.data() as data:
            control.command("RETR file", 150)
            own, control.server_name = control.server_name, sni
            try:
                data.open()
                data.secure()
                data.read_all()
                data.finish()
            except (OSError, ssl.SSLError):
                pass
            finally:
                control.server_name = own
        return control.reply()

    def logged_in(self, sni, **options):
        return self.connect(server_name=sni, **options).auth() \
            .login().protect()

    def test_rfc6066_3_another_host_does_not_resume(self):
        for tickets in (True, False):
            control = self.logged_in(
                name("one"), context=self.context(tickets=tickets))
            for sni in (name("two"), name("main")):
                with self.subTest(tickets=tickets, sni=sni):
                    reply = self.retrieve(control, sni)
                    self.assertEqual(reply.code, 522, reply)
                    self.assertIn("same server name", reply.text)
            self.assertEqual(self.retrieve(control, name("one")).code, 226)
            self.assert_transfers(control)

    def test_rfc6066_3_other_names_of_the_host_do(self):
        control = self.logged_in(name("one"))
        for sni in (name("one", "net"), "ONE.example.ORG", None,
                    "unknown.example.org"):
            with self.subTest(sni=sni):
                self.assertEqual(self.retrieve(control, sni).code, 226)

    def test_rfc6066_3_without_a_name_the_host_is_the_first(self):
        control = self.logged_in(None)
        self.assertEqual(self.retrieve(control, None).code, 226)
        self.assertEqual(self.retrieve(control, name("main")).code, 226)
        self.assertEqual(self.retrieve(control, name("two")).code, 522)


if __name__ == "__main__":
    harness.main()
