#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Policies that cannot be meant as they are written: proftpd -t says so.

An error stops the start; a warning does not.  Both name what to write.
"""

import os
import shutil
import subprocess
import unittest

import harness

ENGINE = """
TLSEngine on
TLSCertificateFile {pki}/rsa-all.pem
"""

CLIENTS = ENGINE + "TLSVerifyClient on\nTLSCACertificateFile {pki}/root.pem\n"

def openssl(*words):
    subprocess.run(["openssl", *words], capture_output=True, timeout=20,
                   check=True)


#: name: directives, and the words of the error
ERRORS = {
    "unknown view": ("TLSDataProtection always",
                     ("TLSDataProtection", "none|optional|required", "line")),
    "unknown control view": ("TLSControlProtection on",
                             ("optional|login|required", "line")),
    "unknown spelling": ("TLSRequired maybe", ("TLSRequired", "ctrl", "line")),
    "user without an expression": ("TLSUserProtection required",
                                   ("user-expression", "line")),
    "rule per-transfer": ("TLSDataRule per-transfer",
                          ("none|optional|required", "line")),
    "rule with an unknown condition": ("TLSDataRule none host x",
                                       ("host", "command", "line")),
    "rule without a value": ("TLSDataRule none path",
                             ("'path' needs a value", "line")),
    "rule for a command without data": ("TLSDataRule none command RETR,PWD",
                                        ("PWD", "opens no data", "line")),
    "rule for a relative path": ("TLSDataRule none path pub/*",
                                 ("absolute", "line")),
    "per-transfer in a directory": (
        "<Directory />\nTLSDataProtection per-transfer\n</Directory>",
        ("per-transfer is for servers", "line")),
    "suites of TLS 1.3 alone": (
        ENGINE + "TLSCipherSuite TLS_AES_128_GCM_SHA256",
        ("TLSCipherSuite", "'TLSCipherSuite TLSv1.3 ", "line")),
    "a self-signed certificate of somebody else's": (
        "TLSEngine on\nTLSSelfSignedCertificate {root}/other.pem",
        ("TLSSelfSignedCertificate: ", "other.pem' belongs to user",
         "127.0.0.1:")) if os.geteuid() == 0 else (
             "TLSEngine no way", ("TLSEngine",)),
    "a blank behind a backslash": (
        "TLSCertificateFile {pki}/rsa.pem \\ \n", ("backslash", "line")),
    "a staple without a path": (
        ENGINE + "TLSStaplingFile ftp.ocsp",
        ("TLSStaplingFile: 'ftp.ocsp' must start with '/'", "line")),
    "a word that TLSStapling has not": (
        ENGINE + "TLSStapling always", ("TLSStapling on|off", "line")),
    "one curve that there is not": (
        ENGINE + "TLSECDHCurve X25519:X25591", ("'X25591'", "P-256", "line")),
    "a subject in one line": (
        CLIENTS + 'TLSClientCertificateMap subject "C = XX, CN = a" user a',
        ("can never match", "-nameopt RFC2253", "line")),
    "a subject with slashes": (
        CLIENTS + "TLSClientCertificateMap issuer /C=XX/CN=a user a",
        ("can never match", "-nameopt RFC2253", "line")),
    "old versions alone": (
        ENGINE + "TLSProtocol TLSv1 TLSv1.1",
        ("no client can connect", "TLSProtocol TLSv1.2", "127.0.0.1:")),
    "no suite for the version": (
        ENGINE + "TLSProtocol TLSv1.2\nTLSCipherSuite eNULL",
        ("no client can connect", "TLSCipherSuite", "127.0.0.1:")),
    "no suite for the key": (
        ENGINE + "TLSProtocol TLSv1.2\nTLSCipherSuite ECDHE+aECDSA",
        ("no client can connect", "keys of the certificates", "127.0.0.1:")),
    "a small key": (
        "TLSEngine on\nTLSCertificateFile {pki}/small.pem {pki}/small.key",
        ("TLSCertificateFile '", "small.pem'", "key is too small", "RSA 2048",
         "127.0.0.1:")),
    "a file of PKCS #12 that is cut": (
        "TLSEngine on\nTLSPKCS12File {pki}/cut.p12",
        ("TLSPKCS12File: ", "cut.p12'", "it is damaged", "127.0.0.1:")),
    "a pass phrase that nobody has": (
        "TLSEngine on\nTLSPKCS12File {pki}/locked.p12",
        ("TLSPKCS12File: ", "locked.p12' needs a pass phrase",
         "TLSPassPhraseProvider", "openssl pkcs12 -in OLD -nodes",
         "127.0.0.1:")),
    "PKCS #12 of an old program": (
        "TLSEngine on\nTLSPKCS12File {pki}/old.p12",
        ("TLSPKCS12File: ", "old.p12' is encrypted with an old algorithm (RC2)",
         "openssl pkcs12 -legacy -in OLD", "127.0.0.1:")),
    "leaf and chain": (
        CLIENTS + "TLSCARevocationFile {pki}/crl.pem leaf chain",
        ("TLSCARevocationFile", "'chain' contradicts", "one of leaf and chain",
         "line")),
    "missing lists twice": (
        CLIENTS + "TLSCARevocationFile {pki}/crl.pem missing=allow "
        "missing=refuse",
        ("TLSCARevocationFile", "'missing=refuse' contradicts", "line")),
    "a file of leafs and a directory of chains": (
        CLIENTS + "TLSCARevocationFile {pki}/crl.pem leaf\n"
        "TLSCARevocationPath {pki}/crls chain",
        ("TLSCARevocationFile and TLSCARevocationPath contradict each other",
         "127.0.0.1:")),
    "PKCS #12 without a key": (
        "TLSEngine on\nTLSPKCS12File {pki}/certs.p12",
        ("TLSPKCS12File: ", "certs.p12'", "contains certificates only",
         "127.0.0.1:")),
    "a program without its path": (
        ENGINE + "TLSPassPhraseProvider program",
        ("TLSPassPhraseProvider", "'program' must start with '/'", "line")),
    "any key of a token": (
        "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem pkcs11:token=ftp",
        ("TLSCertificateFile", "which key of the token", "object=LABEL",
         "line")),
    "a certificate of a token": (
        "TLSEngine on\nTLSCertificateFile pkcs11:object=ftp",
        ("TLSCertificateFile", "only keys can be in a token", "pkcs11-tool",
         "line")),
    "a program in the URI of a token": (
        "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem "
        "pkcs11:object=ftp?pin-source=|pin",
        ("TLSCertificateFile", "TLSPassPhraseProvider", "line")),
    "a public key": (
        "TLSEngine on\nTLSCertificateFile {pki}/public.pem {pki}/rsa.key",
        ("public key only", "127.0.0.1:")),
    "a CA that is none": (
        ENGINE + "TLSVerifyClient on\nTLSCACertificateFile {pki}/empty.pem",
        ("TLSCACertificateFile: ", "empty.pem", "127.0.0.1:")),
    "a directory without CAs": (
        ENGINE + "TLSVerifyClient on\nTLSCACertificatePath {root}/home",
        ("TLSCACertificatePath: ", "/home", "127.0.0.1:")),
    "a revocation list that is none": (
        CLIENTS + "TLSCARevocationFile {pki}/rsa.pem",
        ("TLSCARevocationFile: ", "rsa.pem", "127.0.0.1:")),
    "a directory without lists": (
        CLIENTS + "TLSCARevocationPath {root}/home",
        ("TLSCARevocationPath: ", "/home", "127.0.0.1:")),
    "rule in a directory": ("<Directory />\nTLSDataRule none\n</Directory>",
                            ("TLSDataRule", "line")),
}

#: name: directives, and the words of the warning
WARNINGS = {
    "rules without effect": (
        ENGINE + "TLSDataRule none command LIST",
        ("TLSDataRule", "has no effect: it needs",
         "TLSDataProtection per-transfer")),
    "rule after one without a condition": (
        ENGINE + "TLSDataProtection per-transfer\nTLSDataRule optional\n"
        "TLSDataRule none command LIST", ("can never match", "to the end")),
    "users that a line names and excludes": (
        ENGINE + "TLSUserProtection required alice,!alice",
        ("TLSUserProtection", "can never match", "excludes everyone")),
    "everyone excluded": (
        ENGINE + "TLSUserProtection required !*",
        ("TLSUserProtection", "can never match")),
    "users after a line for everyone": (
        ENGINE + "TLSUserProtection optional *\n"
        "TLSUserProtection required alice",
        ("TLSUserProtection", "everyone", "to the end")),
    "rule that matches no one": (
        ENGINE + "TLSDataProtection per-transfer\n"
        "TLSDataRule none group staff,!staff",
        ("TLSDataRule", "can never match", "excludes everyone")),
    "rule after one for everyone": (
        ENGINE + "TLSDataProtection per-transfer\n"
        "TLSDataRule required user *\nTLSDataRule none command LIST",
        ("can never match", "to the end")),
    "a word of the ciphers that there is not": (
        ENGINE + "TLSCipherSuite ECDHE+AESGCM:HIHG", ("'HIHG'", "leaves")),
    "a suite with static RSA": (
        ENGINE + "TLSCipherSuite ECDHE+AESGCM:AES128-GCM-SHA256",
        ("TLSCipherSuite 'ECDHE+AESGCM:AES128-GCM-SHA256': "
         "'AES128-GCM-SHA256'", "TLSKeyIsolation off")),
    "a suite of TLS 1.3 among the others": (
        ENGINE + "TLSCipherSuite TLS_AES_256_GCM_SHA384:HIGH",
        ("'TLS_AES_256_GCM_SHA384'", "'TLSCipherSuite TLSv1.3 ")),
    "an excluded word that there is not": (
        ENGINE + "TLSCipherSuite HIGH:!aNUL", ("'aNUL'", "leaves")),
    "an old version beside others": (
        ENGINE + "TLSProtocol TLSv1 TLSv1.1 TLSv1.2",
        ("'TLSv1', 'TLSv1.1' of TLSProtocol", "AllowWeakSecurity")),
    "control: two views": (
        ENGINE + "TLSControlProtection login\nTLSRequired off",
        ("TLSRequired: it has no effect on the control", "precedes it")),
    "data: two views": (
        ENGINE + "TLSDataProtection required\nTLSDataProtection none",
        ("TLSDataProtection: it has no effect on the data", "precedes it")),
    "the same twice": (ENGINE + "TLSEngine off", ("TLSEngine: it has no",)),
    "CCC that no one may use": (
        ENGINE + "TLSControlProtection required\nTLSClearCommandChannel on",
        ("CCC is always refused", "TLSControlProtection login")),
    "a second certificate": (
        ENGINE + "TLSCertificateFile {pki}/expired.pem {pki}/expired.key\n"
        "TLSCertificateFile {pki}/ec-all.pem",
        ("ec-all.pem' is never sent", "expired.pem'")),
    "weak security, but new versions": (
        ENGINE + "TLSOptions AllowWeakSecurity", ("TLSProtocol ALL",)),
    "a key for all to read": (
        "TLSEngine on\nTLSCertificateFile {pki}/rsa-chain.pem {pki}/open.key",
        ("every user", "read", "open.key", "chmod o=")),
    "a self-signed certificate for all to make": (
        "TLSEngine on\nTLSSelfSignedCertificate {root}/open/self.pem",
        ("everyone may create files", "/open/", "owned by root")),
    "an issuer that is not sent": (
        "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem {pki}/rsa.key",
        ("its issuer ('CN=Test Intermediate') is not sent", "fullchain.pem")),
    "a chain in the wrong order": (
        "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem {pki}/rsa.key\n"
        "TLSCertificateChainFile {pki}/root.pem",
        ("certificate 1 of its chain ('CN=Test Root')", "and so on")),
    "CAs that cannot be read": (
        ENGINE + "TLSCACertificateFile {pki}/none.pem",
        ("TLSCACertificateFile: ", "none.pem")),
    "a staple that is not there": (
        ENGINE + "TLSStaplingFile {pki}/none.ocsp",
        ("TLSStaplingFile: ", "none.ocsp", "no response is stapled")),
    "two hosts at one address that ignores names": (
        ENGINE + "TLSOptions IgnoreSNI\n"
        "<VirtualHost 127.0.0.1>\nPort {port}\nServerName two\n"
        "ServerAlias two.example.org\n"
        "TLSEngine on\nTLSCertificateFile {pki}/ec-all.pem\n</VirtualHost>",
        ("server 'two' (127.0.0.1:", "shares address and port", "(SNI)")),
    "data required of an engine that is off": (
        "TLSDataProtection required", ("TLSEngine on", "nothing is protected")),
    "control required of an engine that is off": (
        "TLSRequired ctrl", ("TLSEngine on", "nothing is protected")),
}


#: The same with mod_ifsession: name, directives, words.
SECTIONS = {
    "a user's TLS, asked for too late": (
        ENGINE + "<IfUser alice,bob>\nTLSRequired on\n</IfUser>",
        ("<IfUser alice,bob>: ", "comes too late",
         "'TLSUserProtection required alice,bob'")),
    "a group's": (
        ENGINE + "<IfGroup staff>\nTLSRequired on\n</IfGroup>",
        ("<IfGroup staff>: ", "'TLSUserProtection required NAME,NAME'")),
    "a user's exception": (
        ENGINE + "TLSRequired on\n<IfUser alice>\nTLSRequired off\n</IfUser>",
        ("<IfUser alice>: ", "'TLSUserProtection optional alice'",
         "'TLSUserProtection required *'")),
    "an anonymous exception": (
        ENGINE + "TLSRequired auth\n<Anonymous {root}/home>\nUser nobody\n"
        "TLSRequired off\n</Anonymous>",
        ("<Anonymous ", "'TLSUserProtection optional nobody'",
         "'TLSUserProtection required *'")),
    "a handshake that is over": (
        ENGINE + "<IfUser alice>\nTLSProtocol TLSv1.2\n</IfUser>",
        ("<IfUser alice>: TLSProtocol has no effect there",)),
    "two words about reuse": (
        ENGINE + "TLSOptions NoSessionReuseRequired\nTLSSessionReuse user",
        ("TLSOptions NoSessionReuseRequired", "has no effect",
         "beside TLSSessionReuse: remove it")),
    "a context that is made": (
        ENGINE + "<IfClass all>\nTLSECDHCurve P-256\n</IfClass>",
        ("<IfClass all>: TLSECDHCurve has no effect there",)),
}


class Mistakes(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)
        os.mkdir(self.server.path("open"))
        os.chmod(self.server.path("open"), 0o777)
        shutil.copy(self.server.pki.path("rsa-all.pem"),
                    self.server.path("other.pem"))
        harness.own(self.server.path("other.pem"))
        self.make_odd_files()

    def make_odd_files(self):
        path = self.server.pki.path
        if os.path.exists(path("small.pem")):
            return
        shutil.copy(path("rsa.key"), path("open.key"))
        os.chmod(path("open.key"), 0o644)
        openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj",
                "/CN=localhost", "-keyout", path("small.key"), "-out",
                path("small.pem"))
        openssl("pkey", "-in", path("rsa.key"), "-pubout", "-out",
                path("public.pem"))
        for name, words in (("cut", ["-passout", "pass:"]),
                            ("locked", ["-passout", "pass:secret"]),
                            ("certs", ["-passout", "pass:", "-nokeys"]),
                            ("old", ["-passout", "pass:", "-legacy"])):
            openssl("pkcs12", "-export", "-in", path("rsa-all.pem"), "-out",
                    path(name + ".p12"), *words)
        os.truncate(path("cut.p12"), 500)

    def check(self, directives):
        self.server.directives = directives
        return self.server.check_config()

    def test_errors(self):
        for name, (directives, words) in ERRORS.items():
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertNotEqual(code, 0, text)
                for word in words:
                    self.assertIn(word, text)

    def test_warnings(self):
        for name, (directives, words) in WARNINGS.items():
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertEqual(code, 0, text)
                self.assertIn("warning", text)
                for word in words:
                    self.assertIn(word, text)

    @unittest.skipUnless(harness.stock_module("mod_ifsession"),
                         "this ProFTPD has no mod_ifsession")
    def test_sections_that_come_too_late(self):
        for name, (directives, words) in SECTIONS.items():
            with self.subTest(name):
                code, text = self.check(
                    "LoadModule mod_ifsession.c\n" + directives)
                self.assertEqual(code, 0, text)
                for word in words:
                    self.assertIn(word, text)

    def test_sections_in_time_give_no_warning(self):
        code, text = self.check(
            "LoadModule mod_ifsession.c\n" + ENGINE + "<IfClass all>\n"
            "TLSProtocol TLSv1.2\nTLSRequired on\n</IfClass>\n"
            "<IfUser a>\nTLSOptions NoSessionReuseRequired\n"
            "TLSDataProtection required\n</IfUser>")
        self.assertEqual(code, 0, text)
        self.assertNotIn("warning", text)

    def test_sensible_settings_give_no_warning(self):
        code, text = self.check(
            ENGINE + "TLSDataProtection per-transfer\n"
            "TLSDataRule none command LIST path /pub*\nTLSDataRule required\n"
            "TLSControlProtection login\nTLSUserProtection none anonymous\n"
            "TLSUserProtection required !alice,!bob\n"
            "TLSUserProtection required *")
        self.assertEqual(code, 0, text)
        self.assertNotIn("warning", text)


if __name__ == "__main__":
    harness.main()
