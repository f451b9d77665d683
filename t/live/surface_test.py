#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What others see of a session, name by name, as with mod_tls.

The same session at a server with mod_tls and at one with this module: notes,
environment, events, FEAT and HELP.  What is different is in DIFFERENT, with
the reason, and with what it is here.
"""

import os
import re
import ssl
import unittest

import certcase
import client
import harness

NOTES = ("FTPS", "TLS_PROTOCOL", "TLS_CIPHER", "TLS_SERVER_NAME",
         "TLS_CLIENT_S_DN_CN", "TLS_CLIENT_A_KEY", "TLS_CLIENT_A_SIG",
         "TLS_LIBRARY_VERSION", "mod_tls.sni")

PARAMETERS = ("FTPS", "TLS_PROTOCOL", "TLS_SESSION_ID", "TLS_CIPHER",
              "TLS_CIPHER_EXPORT", "TLS_CIPHER_KEYSIZE_POSSIBLE",
              "TLS_CIPHER_KEYSIZE_USED", "TLS_SERVER_NAME",
              "TLS_LIBRARY_VERSION")

DN = ("C", "CN", "D", "I", "G", "L", "O", "OU", "S", "ST", "T", "UID", "Email")

CERTIFICATE = ("M_VERSION", "M_SERIAL", "S_DN", "I_DN", "V_START", "V_END",
               "A_SIG", "A_KEY") + \
    tuple("S_DN_" + part for part in DN) + tuple("I_DN_" + part for part in DN)

EVENTS = ("mod_tls.ctrl-handshake", "mod_tls.ctrl-handshake-failed",
          "mod_tls.data-handshake-failed", "mod_tls.verify-client",
          "mod_tls.verify-client-failed", "mod_tls.sni")

#: name: (what it is here, why); names that are not here are as with mod_tls.
DIFFERENT = {
    "feat": (r"AUTH TLS,PBSZ,PROT", "no SSCN: RFC 4217, section 7, gives that "
             "to the client; CCC only where it is on"),
    "help": (r"AUTH,(CCC,)?PBSZ,PROT", "CCC only where it is on"),
    "env:TLS_SESSION_ID": (r"[0-9A-F]{64}", "an id of its own each time"),
    "env:TLS_CLIENT_M_SERIAL": (r"[0-9A-F]+", "mod_tls prints short ones "
                                "alone"),
    "env:TLS_SERVER_M_SERIAL": (r"[0-9A-F]+", "the same"),
    "env:TLS_CIPHER_EXPORT": (r"false", "1.3.8's mod_tls leaves these out"),
    "note:TLS_CLIENT_S_DN_CN": (r"alice", "the same"),
    "note:TLS_CLIENT_A_KEY": (r"id-ecPublicKey", "the same"),
    "note:TLS_CLIENT_A_SIG": (r"ecdsa-with-SHA256", "the same"),
    "note:TLS_LIBRARY_VERSION": (r"OpenSSL \d.*", "the same"),
}


def formats():
    """LogFormat lines, as short as the parser wants them."""
    names = ["note:" + name for name in NOTES]
    names += ["env:" + name for name in PARAMETERS]
    for whose in ("CLIENT", "SERVER"):
        names += ["env:TLS_%s_%s" % (whose, name) for name in CERTIFICATE]
    lines = []
    for at in range(0, len(names), 6):
        fields = ["%s=<%s>" % (name, "%%{%s}" % name
                               if name.startswith("note:")
                               else "%%{%s}e" % name[4:])
                  for name in names[at:at + 6]]
        lines += ['LogFormat f%d "%%m %s"' % (at, " ".join(fields)),
                  "ExtendedLog {root}/f%d.log AUTH f%d" % (at, at)]
    for whose in ("CLIENT", "SERVER"):
        lines += ['LogFormat %s "%%m env:TLS_%s_CERT=<%%{TLS_%s_CERT}e>"'
                  % ((whose,) * 3),
                  "ExtendedLog {root}/%s.log AUTH %s" % (whose, whose)]
    return "\n".join(lines) + "\n"


EXEC = "ExecEngine on\nExecLog {root}/exec.log\n" + "".join(
    "ExecOnEvent %s {root}/script %s\n" % (name, name) for name in EVENTS)

TLS = """\
TLSEngine on
TLSLog {root}/tls.log
TLSProtocol TLSv1.2
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
TLSCertificateChainFile {pki}/inter.pem
TLSCipherSuite ECDHE-RSA-AES256-GCM-SHA384
TLSVerifyClient optional
TLSCACertificateFile {clients}/root.pem
TLSOptions StdEnvVars ExportCertData NoSessionReuseRequired
"""


class Either(harness.Server):
    """A server with the one module or the other."""

    def __init__(self, name, **options):
        super().__init__(**options)
        self._load = [name if loaded == harness.module_name() else loaded
                      for loaded in self._load]


class Surface:
    """One module, and what is seen of it."""

    def __init__(self, name, test):
        self.server = Either(
            name, modules=("mod_exec",), tls="",
            directives=certcase.CertCase.expand(TLS) + formats() + EXEC)
        test.addCleanup(self.server.stop)
        self._put_script()
        self.server.start()
        self.found = {}
        self._visit()

    def _put_script(self):
        events = self.server.path("home", "events")
        path = self.server.path("script")
        with open(path, "w", encoding="ascii") as stream:
            stream.write("#!/bin/sh\necho \"$1\" >>%s\n" % events)
        os.chmod(path, 0o755)
        harness.own(path)

    def _context(self, name):
        made = self.server.context(client.TLS1_2)
        if name is not None:
            made.load_cert_chain(*certcase.clients().pair(name))
        return made

    def _visit(self):
        self._in_order()
        self._badly()
        for number in range(0, 100, 6):
            self._read("f%d.log" % number)
        for whose in ("CLIENT", "SERVER"):
            self._read("%s.log" % whose)
        client.until(lambda: len(self._events()) == len(EVENTS), 3)
        self.found["events"] = ",".join(sorted(self._events()))

    def _events(self):
        return set((self.server.get("events") or b"").decode().split())

    def _in_order(self):
        with client.Control(self.server.address(), self._context("alice"),
                            server_name="ftp.example.test") as control:
            control.auth()
            self.found["feat"] = self._words(
                control.command("FEAT", 211).lines)
            self.found["help"] = ",".join(sorted(
                word for word in re.findall(r"\b[A-Z]{4}\b|\bCCC\b", "\n".join(
                    control.command("HELP", 214).lines))
                if word in ("AUTH", "CCC", "PBSZ", "PROT", "SSCN")))
            control.login().protect()
            control.command("TYPE I", 200)
            control.upload("STOR x", b"x")
            self.found["SYST after TLS"] = str(
                control.command("SYST").code)
            control.quit()

    @staticmethod
    def _words(lines):
        return ",".join(sorted(
            line.strip() for line in lines
            if re.match(r" (AUTH|CCC|PBSZ|PROT|SSCN)", line)))

    def _badly(self):
        """A client nobody trusts, one that speaks no TLS, a transfer that
        does not."""
        for knock in (self._distrusted, self._no_tls, self._no_data_tls):
            try:
                knock()
            except (OSError, ssl.SSLError, client.Refused):
                pass

    def _distrusted(self):
        with client.Control(self.server.address(),
                            self._context("stranger")) as control:
            control.auth()
            control.command("NOOP", 200)

    def _no_tls(self):
        with client.Control(self.server.address(),
                            self._context(None)) as control:
            control.command("AUTH TLS", 234)
            control.send(b"no TLS at all\r\n" * 4)
            control.reply()

    def _no_data_tls(self):
        with client.Control(self.server.address(),
                            self._context(None)) as control:
            control.auth().login().protect()
            with control.data() as data:
                control.command("LIST", 150)
                data.sock.sendall(b"no TLS\r\n" * 8)
                control.reply()

    def _read(self, name):
        """What was logged at PASS."""
        path = self.server.path(name)
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = stream.read()
        start = text.find("PASS ")
        for field, value in re.findall(
                r"((?:note|env):[\w.]+)=<(.*?)>", text[start:], re.DOTALL):
            self.found.setdefault(field, value)


def normal(value):
    """"-" is mod_log's word for none in one release, nothing in another."""
    return "" if value in ("-", "(none)") else value.strip()


@unittest.skipUnless(harness.stock_module("mod_tls"), "needs mod_tls")
@unittest.skipUnless(harness.stock_module("mod_exec"), "needs mod_exec")
class Names(unittest.TestCase):
    maxDiff = None

    def test_each_name_is_what_it_is_with_mod_tls(self):
        theirs = Surface("mod_tls", self).found
        ours = Surface(harness.module_name(), self).found
        self.assertGreater(len(theirs), 80)
        for name in sorted(theirs):
            with self.subTest(name):
                self.assertIn(name, ours)
                if name in DIFFERENT:
                    self.assertRegex(normal(ours[name]),
                                     "^(%s)$" % DIFFERENT[name][0])
                else:
                    self.assertEqual(normal(ours[name]), normal(theirs[name]))

    def test_all_events_are_generated(self):
        ours = Surface(harness.module_name(), self).found
        self.assertEqual(ours["events"], ",".join(sorted(EVENTS)))


if __name__ == "__main__":
    harness.main()
