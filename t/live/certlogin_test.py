#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Login by certificate (RFC 4217 section 12.2), and what denies it.

TLSUserName, TLSClientCertificateMap, AllowDotLogin; what others may read of
the certificate; mistakes in the configuration.
"""

import os
import shutil
import subprocess

import certcase
import daemon
import harness
from certcase import OPTIONAL, clients

BY_CN = OPTIONAL + "\nTLSUserName CommonName\n"
BOTH_ROOTS = "TLSVerifyClient optional\n" \
             "TLSCACertificateFile {clients}/roots.pem\n"
LIMIT = "<Limit LOGIN>\nDenyUser alice\n</Limit>"
MAP = "TLSClientCertificateMap "
UPN = "1.3.6.1.4.1.311.20.2.3"
EXTENSION = "1.2.3.4.5.6"


def make_certificates(made):
    """The names that a certificate may have, good and bad."""
    made.make("carol", "/CN=carol")
    made.make("root-user", "/CN=root")
    made.make("two", "/CN=alice/CN=bob")
    made.make("upper", "/CN=Alice")
    made.make("path", "/CN=..\\/alice")
    made.make("named", "/O=Example A\\/S/CN=Somebody", san=(
        "email:alice@example.com,DNS:alice.example.com,"
        "URI:spiffe://example/alice,IP:192.0.2.7"))
    made.make("uid", "/CN=x/UID=alice")
    made.make("uids", "/CN=x/UID=alice/UID=bob")
    made.make("upn", "/CN=x", san="otherName:%s;UTF8:alice" % UPN)
    made.make("extension", "/CN=x", extensions=(
        "basicConstraints=critical,CA:false",
        EXTENSION + "=ASN1:UTF8String:alice"))
    made.patched("nul", b"alice\0evil")
    made.patched("nul-end", b"alice\0")
    made.patched("control", b"alice\n")
    made.patched("long", b"alice" + b"e" * 60)
    made.write("roots.pem", made.read("root.pem") + made.read("other.pem"))


class Interrupted:
    """The first read of a file by a process ends with EINTR (strace(1))."""

    def __init__(self, pid, path):
        self.said = ""
        self._tracer = subprocess.Popen(
            ["strace", "-p", str(pid), "-P", path, "-e", "trace=read",
             "-e", "inject=read:error=EINTR:when=1"], text=True,
            stderr=subprocess.PIPE)

    def attached(self):
        self.said = self._tracer.stderr.readline()
        return "attached" in self.said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tracer.terminate()
        self.said += self._tracer.communicate(timeout=10)[1]


class LoginCase(certcase.LoginCase):

    @classmethod
    def make_certificates(cls, made):
        if not os.path.exists(made.path("roots.pem")):
            make_certificates(made)


@harness.both_versions
class Login(LoginCase):
    """Who a certificate is."""

    MAIN = BY_CN
    HOSTS = {
        "email": OPTIONAL + "\nTLSUserName EmailSubjAltName\n"
                 "UserAlias alice@example.com alice\n"
                 "UserAlias Alice@example.com alice",
        "uid": OPTIONAL + "\nTLSUserName 0.9.2342.19200300.100.1.1",
        "upn": OPTIONAL + "\nTLSUserName " + UPN,
        "extension": OPTIONAL + "\nTLSUserName " + EXTENSION,
        "dot": OPTIONAL + "\nTLSOptions AllowDotLogin",
        "empty": BY_CN + "AllowEmptyPasswords off",
        "userpassword": BY_CN + "UserPassword alice x",
        "order": BY_CN + "AuthOrder mod_auth_file.c*",
        "none": OPTIONAL,
        "strict": BY_CN.replace("optional", "on"),
    }

    def test_rfc4217_12_2_common_name(self):
        self.granted("alice")
        self.granted("bob", user="bob")
        self.granted("alice", "strict")

    def test_rfc4217_12_2_in_a_resumed_session(self):
        context = self.holder("alice")
        first = self.secure(context=context)
        first.command("NOOP", 200)
        control = self.secure(context=context, session=first.session)
        self.assertTrue(control.tls.resumed)
        control.command("USER alice", 232)
        control.command("PWD", 257)

    def test_as_others_see_it(self):
        control = self.granted("alice")
        control.command("USER bob", 501)
        control.command("PASS builder", 503)
        self.assert_logged("certificate suffices .TLSUserName")

    def test_password_beside_it(self):
        control = self.not_granted("alice", user="bob")
        control.command("USER bob", 331)
        control.command("PASS builder", 230)
        control.command("PWD", 257)

    def test_nothing_said_about_users(self):
        self.not_granted("alice", "none")

    def test_without_a_certificate(self):
        self.not_granted(None)

    def test_settings_of_authentication(self):
        for host in ("empty", "userpassword", "order"):
            with self.subTest(host=host):
                self.granted("alice", host)

    def test_names_that_match_nothing(self):
        for name in ("nul", "nul-end", "control", "long", "two", "upper",
                     "path"):
            with self.subTest(name=name):
                self.not_granted(name)
        self.not_granted("long", user="alice" + "e" * 60)
        self.not_granted("path", user="../alice")
        self.not_granted("two", user="bob")

    def test_email(self):
        self.granted("named", "email", "alice@example.com")
        self.not_granted("named", "email", "Alice@example.com")
        self.not_granted("named", "email", "alice")
        self.not_granted("alice", "email")

    def test_oid(self):
        for name in ("uid", "upn", "extension"):
            with self.subTest(name=name):
                self.granted(name, name)
                self.not_granted("alice", name)
                self.not_granted(name)
        self.not_granted("uids", "uid")
        self.not_granted("uids", "uid", "bob")

    def test_dot_login(self):
        path = self.server.put(".tlslogin", b"")
        self.addCleanup(os.unlink, path)
        self.not_granted("alice", "dot")
        self.server.put(".tlslogin", b"".join(
            clients().read(name + ".pem").encode()
            for name in ("carol", "alice")))
        self.granted("alice", "dot")
        self.not_granted("bob", "dot")
        for mode in (0o664, 0o646):
            os.chmod(path, mode)
            self.not_granted("alice", "dot")
            self.assert_logged("AllowDotLogin: .*is ignored")
        os.chmod(path, 0o600)
        self.granted("alice", "dot")

    def test_dot_login_that_is_no_file(self):
        path = self.server.path("home", ".tlslogin")
        target = self.server.put("target", clients().read(
            "alice.pem").encode())
        os.symlink(target, path)
        self.not_granted("alice", "dot")
        os.unlink(path)
        os.mkfifo(path)
        daemon.own(path)
        self.addCleanup(os.unlink, path)
        self.not_granted("alice", "dot")

    def test_dot_login_that_is_read_in_spite_of_signals(self):
        if shutil.which("strace") is None:
            self.skipTest("needs strace")
        path = self.server.put(".tlslogin", clients().read(
            "alice.pem").encode())
        os.chmod(path, 0o600)
        self.addCleanup(os.unlink, path)
        control = self.admitted("alice", "dot")
        with Interrupted(self.server.sessions()[-1], path) as tracer:
            if not tracer.attached():
                self.skipTest("strace cannot attach to a process here")
            control.command("USER alice", 232)
        self.assertIn("EINTR", tracer.said)

    def test_no_login_by_certificate_without_its_tls(self):
        control = self.admitted("alice")
        control.command("REIN", 220)
        control.tls.close_notify()
        control.tls.read_all()
        control.tls = None
        control.command("USER alice", 331)
        control.command("PWD", 530)


@harness.both_versions
class Map(LoginCase):
    """TLSClientCertificateMap."""

    MAIN = BOTH_ROOTS + "TLSUserName CommonName\n" + "\n".join(
        MAP + rule for rule in (
            'subject "CN=alice,O=Example" '
            'issuer "CN=Client root,O=Example A/S" user bob',
            'subject "CN=carol" user nobody-of-that-name',
            'san email:alice@example.com issuer "CN=Client other" user bob',
            "san email:alice@example.com user alice"))
    HOSTS = {
        "dns": OPTIONAL + "\n" + MAP + "san dns:ALICE.example.COM user alice",
        "uri": OPTIONAL + "\n" + MAP +
               "san uri:spiffe://example/alice user alice",
        "uri-case": OPTIONAL + "\n" + MAP +
                    "san uri:spiffe://example/Alice user alice",
        "ip": OPTIONAL + "\n" + MAP + "san ip:192.0.2.7 user alice",
        "subject": OPTIONAL + "\n" + MAP +
                   'subject "CN=Somebody,O=Example A/S" user alice',
        "nul": OPTIONAL + "\n" + MAP + "subject CN=alice user alice\n" +
               MAP + 'subject "CN=alice\\\\00evil" user alice',
        "sha256": OPTIONAL + "\n" + MAP + "sha256 {sha256} user alice",
    }

    @classmethod
    def expand(cls, text):
        return super().expand(text).replace(
            "{sha256}", clients().fingerprint("carol").lower())

    def test_subject_and_issuer(self):
        self.granted("alice", user="bob")
        self.not_granted("stranger", user="bob")

    def test_first_match_decides(self):
        self.not_granted("alice")
        self.not_granted("carol", user="carol")
        self.granted("named")
        self.not_granted("named", user="bob")

    def test_no_match_leaves_it_to_the_common_name(self):
        self.granted("bob", user="bob")
        self.granted("stranger")

    def test_alt_names(self):
        for host in ("dns", "uri", "ip", "subject"):
            with self.subTest(host=host):
                self.granted("named", host)
                self.not_granted("alice", host)
        self.not_granted("named", "uri-case")

    def test_fingerprint(self):
        self.granted("carol", "sha256")
        self.not_granted("alice", "sha256")

    def test_names_that_match_nothing(self):
        for name in ("nul", "nul-end", "control", "long"):
            with self.subTest(name=name):
                self.not_granted(name, "nul")


@harness.both_versions
class Denied(LoginCase):
    """A certificate that suffices, and a login that is denied all the same:
    there must be no half-open door behind it."""

    MAIN = BY_CN
    HOSTS = {
        "limit": BY_CN + LIMIT,
        "shell": BY_CN + "RequireValidShell on\nAuthUserFile {root}/shells",
        "root": BY_CN + "AuthUserFile {root}/shells",
        "attempts": BY_CN + "MaxLoginAttempts 1\n" + LIMIT,
        "message": BY_CN + "AccessDenyMsg \"Not you, %u\"\n" + LIMIT,
    }

    @classmethod
    def prepare(cls):
        super().prepare()
        path = cls.server.path("shells")
        with open(cls.server.path("passwd"), encoding="ascii") as stream:
            users = stream.read().replace(":/bin/sh", ":/bin/none")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(users + "root:x:0:0::/:/bin/sh\n")
        os.chmod(path, 0o600)
        daemon.own(path)

    def test_rfc4217_12_2_limit_login(self):
        self.denied("alice", "limit")
        self.denied("alice", "message")

    def test_rfc4217_12_2_invalid_shell(self):
        self.denied("alice", "shell")

    def test_rfc4217_12_2_unknown_user(self):
        self.denied("carol", "main", "carol")

    def test_rfc4217_12_2_root(self):
        self.denied("root-user", "root", "root")

    def test_rfc4217_12_2_others_are_not_denied(self):
        self.granted("bob", "limit", "bob")

    def test_rfc4217_12_2_last_attempt(self):
        control = self.admitted("alice", "attempts")
        control.send(b"USER alice\r\nPWD\r\n")
        control.reply(530)
        while True:
            try:
                control.reply(530)
            except OSError:
                break


@harness.both_versions
class Readers(LoginCase):
    """What LogFormat, scripts and SQL may read."""

    # Not %{env:NAME}: the parser itself would replace that.
    FORMAT = ("LogFormat cert \"%m %s cn=%{note:TLS_CLIENT_S_DN_CN} "
              "sha=%{note:TLS_CLIENT_FINGERPRINT} "
              "key=%{note:TLS_CLIENT_A_KEY} sig=%{note:TLS_CLIENT_A_SIG} "
              "dn=<%{TLS_CLIENT_S_DN}e> idn=%{TLS_CLIENT_I_DN_CN}e "
              "ftps=%{FTPS}e scn=%{TLS_SERVER_S_DN_CN}e "
              "id=<%{TLS_SESSION_ID}e> "
              "pem=%{TLS_CLIENT_CERT}e\"\n")
    LOG = "ExtendedLog {root}/extended.log ALL cert\n"
    MAIN = BY_CN + FORMAT + LOG + "TLSOptions StdEnvVars ExportCertData"
    HOSTS = {"plain": BY_CN + LOG}

    def test_notes_and_environment(self):
        self.granted("alice").quit()
        self.assert_logged(
            "PASS 232 cn=alice sha=%s key=id-ecPublicKey "
            "sig=ecdsa-with-SHA256" % clients().fingerprint("alice"),
            "extended.log")
        self.assert_logged("dn=<O = Example, CN = alice> idn=Client root "
                           "ftps=1 scn=localhost id=<[0-9A-F]{64}> "
                           "pem=-----BEGIN CERT",
                           "extended.log")

    def test_no_environment_unless_asked_for(self):
        self.granted("alice", "plain").quit()
        self.assert_logged("PASS 232 cn=alice .*dn=<-?> ", "extended.log")

    def test_none_of_a_refused_client(self):
        self.refused("stranger")
        self.assertNotIn("cn=alice", self.server.log("extended.log"))

    def test_none_of_a_client_without_a_certificate(self):
        self.admitted(None).quit()
        self.assert_logged("QUIT 221 cn=-? sha=-? ", "extended.log")


#: name, directives, what the message must name
REFUSED = (
    ("nobody to trust", "TLSVerifyClient on",
     ("TLSCACertificateFile", "TLSVerifyClient")),
    ("missing CAs", "TLSVerifyClient on\n"
     "TLSCACertificateFile {clients}/no.pem", ("no.pem",)),
    ("empty directory", "TLSVerifyClient optional\n"
     "TLSCACertificatePath {clients}/empty", ("empty", "CAs")),
    ("no CRL", OPTIONAL + "\nTLSCARevocationFile {clients}/alice.key",
     ("alice.key", "CRL")),
    ("missing CRL", OPTIONAL + "\nTLSCARevocationFile {clients}/no.crl",
     ("no.crl",)),
    ("cut CRL", OPTIONAL + "\nTLSCARevocationPath {clients}/cut",
     ("list.crl", "cut or damaged")),
    ("bad word", OPTIONAL + "\nTLSCARevocationFile {clients}/x.crl most",
     ("missing=refuse|allow",)),
    ("ocsp", OPTIONAL + "\nTLSVerifyOrder crl ocsp",
     ("TLSVerifyOrder", "TLSCARevocationFile")),
    ("bad mode", "TLSVerifyClient maybe", ("on|optional|off",)),
    ("bad depth", "TLSVerifyDepth -1", ("between 0 and 100",)),
    ("bad name", "TLSUserName SerialNumber", ("CommonName", "OID")),
    ("rule without a user", MAP + "subject CN=x", ("user NAME",)),
    ("rule without a condition", MAP + "user x user y", ("is given twice",)),
    ("rule with a bad fingerprint", MAP + "sha256 abc user x",
     ("fingerprint",)),
    ("rule with a bad name", MAP + "san alice@example.com user x",
     ("email:",)),
    ("names without DNS", OPTIONAL + "\nTLSOptions dNSNameRequired",
     ("UseReverseDNS on",)),
)

#: directives that load, and what the warning must name
WARNED = (
    ("TLSUserName CommonName", ("TLSUserName", "TLSVerifyClient")),
    (MAP + "subject CN=x user y", ("TLSClientCertificateMap",)),
    ("TLSOptions AllowDotLogin", ("AllowDotLogin", "TLSVerifyClient")),
    ("TLSVerifyClient off\nTLSOptions iPAddressRequired",
     ("iPAddressRequired",)),
)


class Configuration(LoginCase):
    """proftpd -t."""

    @classmethod
    def make_certificates(cls, made):
        super().make_certificates(made)
        certcase.make_folder("empty")
        certcase.make_folder("cut")
        with open(made.crl(name="cut.crl"), encoding="ascii") as stream:
            made.write("cut/list.crl", stream.read()[:200])

    def check(self, directives):
        checked = daemon.Server(directives=self.expand(directives))
        self.addCleanup(checked.stop)
        return checked.check_config()

    def test_refused(self):
        for name, directives, words in REFUSED:
            with self.subTest(name=name):
                code, text = self.check(directives)
                self.assertEqual(code, 1, text)
                for word in words:
                    self.assertIn(word, text)

    def test_warned(self):
        for directives, words in WARNED:
            with self.subTest(directives=directives):
                code, text = self.check(directives)
                self.assertEqual(code, 0, text)
                self.assertIn("warning", text)
                for word in words:
                    self.assertIn(word, text)

    def test_accepted_in_silence(self):
        code, text = self.check(BY_CN + "TLSVerifyDepth 3\nTLSVerifyOrder crl")
        self.assertEqual((code, "warning" in text), (0, False), text)


if __name__ == "__main__":
    harness.main()
