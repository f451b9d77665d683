#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""ftpdctl tls info: what it tells of servers, certificates and keys, and what
of it needs somebody (-t)."""

import os
import shutil
import signal
import time
import unittest

import client
import controlcase
import harness
import staplecase

DAY = 24 * 60 * 60

DUE, BROKEN = 10, 9

LINES = """\
TLSEngine on
TLSLog {root}/tls.log
"""

THREE = LINES + """\
TLSCertificateFile {root}/rsa.pem
TLSCertificateFile {root}/ec.pem
TLSCertificateFile {root}/ed25519.pem
"""


def needs_ftpdctl(case):
    return unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")(case)


class InfoCase(controlcase.ControlCase):

    def one(self, kind, *words, status=0):
        found, = self.objects("info", *words, kind=kind, status=status)
        return found

    def address(self, host="main"):
        return "127.0.0.1:%d" % self.server.ports[host]

    def assert_recent(self, moment, seconds=60):
        self.assertTrue(0 <= time.time() - moment < seconds, moment)


@needs_ftpdctl
class Facts(InfoCase):

    SERVER = {"tls": THREE, "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        for name in ("rsa", "ec", "ed25519"):
            shutil.copy(cls.server.pki.path(name + "-all.pem"),
                        cls.server.path(name + ".pem"))

    def test_certificates(self):
        found = self.objects("info", kind="certificate")
        self.assertEqual([each["key"] for each in found],
                         ["RSA 2048", "EC P-256", "Ed25519"])
        self.assertEqual([each["number"] for each in found], [0, 1, 2])
        for each, name in zip(found, ("rsa", "ec", "ed25519")):
            self.assertEqual(each["server"], self.address())
            self.assertEqual((each["name"], each["names"]), ("localhost", 4))
            self.assertEqual(each["file"], "TLSCertificateFile '%s'"
                             % self.server.path(name + ".pem"))
            self.assertFalse(each["by_name"])
            self.assertEqual(each["stage"], "fresh")
            self.assertEqual(each["not_after"] - each["not_before"], 30 * DAY)
            self.assertTrue(29 * DAY < each["seconds_left"] < 30 * DAY)
            self.assertTrue(abs(each["not_after"] - each["seconds_left"]
                                - time.time()) < 10)

    def test_for_people(self):
        said = self.tls("info")
        self.assertRegex(
            said.splitlines()[0],
            r"\Aftpdctl: mod_tls4217/\S+: OK: 1 server serves TLS; of 3 "
            r"certificates the first to end is that of localhost: 29 days "
            r"left, until 20\d\d-\d\d-\d\d \d\d:\d\d UTC\Z")
        self.assertRegex(
            said, r"(?m)^ftpdctl:   localhost and 3 more, Ed25519: 29 days "
            r"left, until 20\S+ \S+ UTC \(TLSCertificateFile '\S+'\)$")

    def test_generation(self):
        server = self.one("server")
        self.assertEqual((server["name"], server["address"]),
                         ("live test", self.address()))
        self.assertTrue(server["serves"])
        self.tls("reload")
        after = self.one("server")
        self.assertEqual(after["generation"], server["generation"] + 1)
        self.assertEqual(after["cause"], "ftpdctl")
        self.assert_recent(after["built"])
        self.server.reload()
        after = self.one("server")
        self.assertEqual((after["generation"], after["cause"]), (1, "SIGHUP"))
        self.assertNotIn("error", after)
        self.assertRegex(
            self.tls("info"), r"live test \(127\.0\.0\.1:%d\): serves TLS, "
            r"generation 1 of 20\S+ \S+ UTC \(SIGHUP\)"
            % self.server.ports["main"])

    def test_one_server(self):
        for name in ("LIVE TEST", self.address()):
            kinds = [each["kind"] for each in self.objects("info", name)]
            self.assertEqual(kinds, ["summary", "server"] +
                             3 * ["certificate"])
        self.assertIn("there is no server 'other'",
                      self.ftpdctl("tls", "info", "other")[1])

    def test_key_process(self):
        before = self.one("key_process")
        self.assertTrue(before["isolation"])
        self.assertIn(before["pid"], self.server.key_processes())
        self.login()
        after = self.one("key_process")
        self.assertEqual(after["signatures"], before["signatures"] + 1)
        os.kill(before["pid"], signal.SIGKILL)
        self.assertTrue(client.until(
            lambda: self.one("key_process")["pid"] not in (0, before["pid"]),
            15))
        self.assertEqual(self.one("key_process")["restarts"],
                         before["restarts"] + 1)
        self.assertIn("private keys: in the key process (", self.tls("info"))

    def test_tickets(self):
        before = self.one("tickets")
        self.assertEqual(before["next"] - before["since"], 12 * 60 * 60)
        self.assertFalse(before["files"])
        time.sleep(1.1)
        self.tls("rotate")
        after = self.one("tickets")
        self.assertNotEqual(after["key"], before["key"])
        self.assertGreater(after["since"], before["since"])
        self.assert_recent(after["since"])
        self.assertRegex(self.tls("info"), r"session tickets: key %s encrypts "
                         r"since 20.* UTC \(\d+ seconds\), another one from 20"
                         % after["key"])


@needs_ftpdctl
class KeysInTheDaemon(InfoCase):

    SERVER = {"directives": controlcase.ALLOWED + "TLSKeyIsolation off\n"}

    def test_keys(self):
        found = self.one("key_process")
        self.assertFalse(found["isolation"])
        self.assertEqual(found["pid"], 0)
        self.assertIn("private keys: in the daemon and its sessions "
                      "(TLSKeyIsolation off)", self.tls("info"))


@needs_ftpdctl
class Due(InfoCase):
    """What -t lists: what ends within the time, and nothing else."""

    SERVER = {
        "tls": LINES + "TLSCertificateFile {root}/soon.pem\n"
                       "TLSCertificateFile {root}/late.pem\n",
        "directives": controlcase.ALLOWED,
        "vhosts": {"other": "ServerName other"}}

    @classmethod
    def prepare(cls):
        for name, days in (("soon", 20), ("late", 100)):
            cls.server.pki.dated(name + ".test",
                                 cls.server.path(name + ".pem"),
                                 -100 * DAY, days * DAY + 60)

    def test_nothing(self):
        said = self.tls("info", "-t", "2w")
        self.assertEqual(len(said.splitlines()), 1)
        self.assertRegex(said, r": OK: all 2 servers serve TLS; none of 4 "
                         r"certificates ends within 14 days, the first is "
                         r"that of soon\.test: 20 days left, until 20")
        summary, = self.objects("info", "-t", "2w")
        self.assertEqual((summary["status"], summary["due"],
                          summary["within"]), ("ok", 0, 14 * DAY))
        self.assertEqual((summary["servers"], summary["serving"],
                          summary["certificates"], summary["broken"]),
                         (2, 2, 4, 0))
        self.assertEqual(summary["first_name"], "soon.test")

    def test_one(self):
        said = self.tls_status(DUE, "info", "-t", "30d")
        lines = said.splitlines()
        self.assertEqual(len(lines), 5, said)
        self.assertIn(": DUE: all 2 servers serve TLS; 2 of 4 certificates "
                      "end within 30 days, the first is that of soon.test",
                      lines[0])
        self.assertIn("  soon.test, EC P-256: 20 days left", lines[2])
        found = self.objects("info", "-t", "30d", status=DUE)
        self.assertEqual([each["kind"] for each in found],
                         ["summary"] + 2 * ["server", "certificate"])
        self.assertEqual((found[0]["status"], found[0]["due"]), ("due", 2))
        self.assertEqual(found[2]["stage"], "late")

    def test_all(self):
        found = self.objects("info", "-t", "20w", kind="certificate",
                             status=DUE)
        self.assertEqual(sorted(each["name"] for each in found),
                         2 * ["late.test"] + 2 * ["soon.test"])

    def test_one_server(self):
        for name in ("other", self.address("other")):
            self.assertEqual(self.one("summary", "-t", "300d", name,
                                      status=DUE)["due"], 2)


@needs_ftpdctl
class Broken(InfoCase):
    """Files that cannot be used are told, with or without a certificate of
    before."""

    SERVER = {
        "tls": LINES + "TLSCertificateFile {root}/pair.pem\n"
                       "TLSCertificateDirectory {root}/certs\n",
        "directives": controlcase.ALLOWED + "TLSReloadInterval 0\n",
        "vhosts": {"other": "TLSEngine on\nServerName other\n"
                            "TLSCertificateFile {root}/nothing.pem\n"}}

    @classmethod
    def prepare(cls):
        os.mkdir(cls.server.path("certs"), 0o700)
        cls.repair()

    @classmethod
    def repair(cls):
        for place in (("pair.pem",), ("certs", "one.pem")):
            shutil.copy(cls.server.pki.path("ec-all.pem"),
                        cls.server.path(*place))

    def spoil(self, *names):
        with open(self.server.path(*names), "w", encoding="ascii") as stream:
            stream.write("-----BEGIN CERTIFICATE-----\n")

    def main_server(self):
        return self.one("server", self.address())

    def test_one_that_never_could(self):
        server = self.one("server", "other")
        self.assertFalse(server["serves"])
        self.assertIn("nothing.pem", server["error"])
        self.assertRegex(self.tls_status(BROKEN, "info", "-t", "0d"),
                         r": BROKEN: 1 of 2 servers serves TLS, 1 thing does "
                         r"not work; none of 2 certificates ends within "
                         r"0 seconds, .*\nftpdctl: other \(.*\): cannot serve "
                         r"TLS: TLSCertificateFile: .*nothing\.pem")
        self.tls("info", "-t", "0d", self.address())

    def test_one_that_could(self):
        self.addCleanup(self.tls, "reload", self.address())
        self.addCleanup(self.repair)
        self.spoil("pair.pem")
        for attempt in (1, 2):
            self.ftpdctl("tls", "reload", self.address())
            server = self.main_server()
            self.assertEqual(server["error_attempts"], attempt)
        self.assertTrue(server["serves"])
        self.assertIn("pair.pem", server["error"])
        self.assert_recent(server["error_since"])
        said = self.tls_status(BROKEN, "info", "-t", "1d", self.address())
        self.assertRegex(said, r": BROKEN: 1 server serves TLS, 1 thing does "
                         r"not work; ")
        self.assertRegex(said, r"its files cannot be used since 20.* UTC "
                         r"\(attempts: 2\), and what was read before remains "
                         r"in use: .*pair\.pem")
        self.repair()
        self.tls("reload", self.address())
        self.assertNotIn("error", self.main_server())
        self.tls("info", "-t", "1d", self.address())

    def test_one_of_a_directory(self):
        self.addCleanup(self.tls, "reload", self.address())
        self.addCleanup(self.repair)
        self.spoil("certs", "one.pem")
        self.tls("reload", self.address())
        self.assertIn("one.pem", self.one(
            "trouble", "-t", "1d", self.address(), status=BROKEN)["text"])
        self.assertIn("one.pem", self.tls_status(BROKEN, "info", "-t", "1d",
                                                 self.address()))


@needs_ftpdctl
class Staples(staplecase.StapleCase, InfoCase):
    """OCSP responses: one that is valid, one that has ended, none for a
    certificate that says that there is one."""

    DIRECTIVES = controlcase.ALLOWED
    VHOSTS = {"valid": "TLSStaplingFile {root}/valid.der\n",
              "broken": "TLSStaplingFile {root}/cut.der\n"}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.put("valid.der", cls.answer("own"))
        cls.put("cut.der", cls.answer("own")[:100])

    def test_states(self):
        for host, state, must in (("main", "none", False),
                                  ("valid", "valid", False),
                                  ("broken", "refused", False)):
            address = self.address(host)
            found = self.one("certificate", address)
            self.assertEqual((found["staple"], found["must_staple"]),
                             (state, must))
            self.assertEqual("staple_until" in found, state == "valid")
            status = BROKEN if state == "refused" else 0
            said = self.tls_status(status, "info", "-t", "1d", address)
            self.assertEqual("no valid OCSP response" in said, status != 0)
        self.assertGreater(self.one("certificate", self.address("valid"))[
            "staple_until"], time.time())
        self.assertRegex(self.tls("info", self.address("valid")),
                         r", OCSP response until 20\S+ \S+ UTC \(")
        self.assertIn("cut.der", self.one(
            "trouble", self.address("broken"))["text"])


@needs_ftpdctl
class Pages(InfoCase):
    """Answers that ftpdctl would not take whole."""

    #: More than a page in JSON, where each has some 350 bytes.
    COUNT = 150

    SERVER = {"tls": LINES + "TLSCertificateDirectory {root}/certs\n",
              "directives": controlcase.ALLOWED}

    @classmethod
    def prepare(cls):
        folder = cls.server.path("certs")
        os.mkdir(folder, 0o700)
        path = os.path.join(folder, "0.pem")
        cls.server.pki.dated("many.test", path, -DAY, 30 * DAY)
        for number in range(1, cls.COUNT):
            shutil.copy(path, os.path.join(folder, "%d.pem" % number))

    def page(self, number):
        return self.objects("info", "-p", str(number))

    def test_json(self):
        first = self.page(1)
        self.assertEqual((first[-1]["kind"], first[-1]["page"]), ("page", 1))
        pages = first[-1]["pages"]
        self.assertGreater(pages, 1)
        said = [first] + [self.page(number)
                          for number in range(2, pages + 1)]
        self.assertEqual({each[0]["kind"] for each in said}, {"summary"})
        files = [each["file"] for page in said for each in page
                 if each["kind"] == "certificate"]
        self.assertEqual(len(files), self.COUNT)
        self.assertEqual(len(set(files)), self.COUNT)
        self.assertEqual(said[-1][-2]["kind"], "counter")
        self.assertIn("there is no page %d: the last one is %d"
                      % (pages + 1, pages),
                      self.ftpdctl("tls", "info", "-p", str(pages + 1),
                                   "-j")[1])

    def test_for_people(self):
        """A page says that it is not all."""
        said = self.tls("info")
        self.assertEqual(said.count("many.test, EC P-256"), self.COUNT)
        self.assertNotIn("page", said)


if __name__ == "__main__":
    harness.main()
