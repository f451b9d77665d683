# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the tests of server names share: hosts at one address and port, each
with a certificate, rules and perhaps users of its own."""

import os
import ssl

import certcase
import daemon

HOST = """\
<VirtualHost 127.0.0.1>
  ServerName {server}
  Port {{port}}
  ServerAlias {name}.example.org {name}.example.net
  TLSEngine on
  TLSLog {{root}}/tls.log
  TLSCertificateFile {{root}}/{name}.pem
  {rules}
</VirtualHost>
"""

#: What each host has of its own.
RULES = {
    "one": "",
    "two": "TLSDataProtection required\nAuthUserFile {root}/passwd.two",
    "three": "TLSUserProtection none bob",
    "modern": "TLSProtocol TLSv1.3",
    "older": "TLSProtocol TLSv1.2\nTLSCipherSuite ECDHE+AESGCM",
    "asking": certcase.REQUIRED + "\nTLSUserName CommonName",
    "broken": "TLSCertificateFile {pki}/empty.pem",
    "plain": "",
    "again": "TLSOptions AllowReinitialize",
    "vault": "AuthUserFile {root}/passwd.two\nTLSControlProtection login\n"
             "TLSDataProtection required\nTLSUserProtection required carol\n"
             + certcase.REQUIRED,
}


def name(host, domain="org"):
    return "%s.example.%s" % (host, domain)


def host(each, rules):
    text = HOST.format(name=each, server=each + ".by-name.test", rules=rules)
    if each == "plain":
        text = text.replace("TLSEngine on", "TLSEngine off")
    return text


class SniCase(certcase.CertCase):

    MAIN = "ServerAlias main.example.org\n" \
        + "".join(host(*item) for item in RULES.items())
    MORE = ""

    @classmethod
    def setUpClass(cls):
        cls.MAIN = cls.MORE + "\n" + cls.MAIN
        super().setUpClass()

    @classmethod
    def prepare(cls):
        for each in RULES:
            path = cls.server.path(each + ".pem")
            cls.server.pki.own(each, name(each), path)
        cls.server.put("file", b"file" * 5000)
        cls.put_users("passwd.two", "carol", "melody")

    @classmethod
    def put_users(cls, file, user, password):
        _, _, uid, gid = daemon.account()
        home = cls.server.path("home.two")
        os.mkdir(home, 0o700)
        with open(os.path.join(home, "of-two"), "wb") as stream:
            stream.write(b"two")
        path = cls.server.path(file)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(":".join([user, daemon.password_hash(password),
                                   str(uid), str(gid), "", home, "/bin/sh"])
                         + "\n")
        os.chmod(path, 0o600)
        for each in (home, os.path.join(home, "of-two"), path):
            daemon.own(each)

    def named(self, sni, **options):
        return self.connect(server_name=sni, **options).auth()

    def certificate(self, tls):
        """The first DNS name of the certificate that the server has shown."""
        names = [value for kind, value in
                 tls.object.getpeercert()["subjectAltName"] if kind == "DNS"]
        return names[0]

    def fails(self, sni, reason, **options):
        """A handshake that ends with an alert; TLS 1.3 shows some late."""
        control = self.connect(server_name=sni, **options)
        control.command("AUTH TLS", 234)
        with self.assertRaises((OSError, ssl.SSLError)) as caught:
            control.handshake()
            control.command("NOOP")
        self.assertIn(reason, str(caught.exception).lower())
