#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSMetricsFile, and the counters of "ftpdctl tls info"."""

import json
import os
import re
import ssl
import time
import unittest

import client
import controlcase
import daemon
import harness
import staplecase

#: The file is replaced every 15 s.
TWICE = 35

LINE = re.compile(r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"'
                  r'(,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? \d+\Z')

MANUAL = os.path.join(os.path.dirname(os.path.dirname(daemon.HERE)),
                      "doc", "mod_tls4217.html")


def listed():
    """The manual's list: name -> labels and type."""
    with open(MANUAL, encoding="utf-8") as stream:
        rows = re.findall(r"<tr><td><code>(ftps_\w+)</code></td>"
                          r"<td>([^<]*)</td><td>(\w+)</td>", stream.read())
    return {name: (tuple(re.findall(r"\w+", labels)), kind)
            for name, labels, kind in rows}


def found(text):
    """The same of a file."""
    kinds = dict(re.findall(r"(?m)^# TYPE (\S+) (\S+)$", text))
    labels = {name: () for name in kinds}
    for name, body in re.findall(r"(?m)^(ftps_\w+)\{(.*)\} \d+$", text):
        labels[name] = tuple(re.findall(r'(?:^|",)(\w+)="', body))
    return {name: (labels[name], kind) for name, kind in kinds.items()}


class Counted:
    """What is done, to be counted."""

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"x" * 1000)

    def work(self):
        control = self.login()
        control.download("RETR file")
        control.upload("STOR up", b"y" * 77)
        control.command("CCC", 500)
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(None)
                data.read_all()
            except (ssl.SSLError, ConnectionError):
                pass
            control.reply(522)
        return control

    def version(self):
        return {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[self.VERSION.name]

    def wanted(self):
        version = self.version()
        return {
            'ftps_handshakes_total{channel="control",version="%s",'
            'outcome="full"}' % version: 1,
            'ftps_handshakes_total{channel="data",version="%s",'
            'outcome="resumed"}' % version: 2,
            'ftps_handshakes_total{channel="data",version="%s",'
            'outcome="full"}' % version: 1,
            'ftps_transfers_total{direction="download"}': 1,
            'ftps_transfer_bytes_total{direction="download"}': 1000,
            'ftps_transfers_total{direction="upload"}': 1,
            'ftps_transfer_bytes_total{direction="upload"}': 77,
        }


@harness.both_versions
class MetricsFile(Counted, harness.LiveCase):

    SERVER = {"directives": "TLSMetricsFile {root}/tls.prom"}

    def read(self):
        lines = self.server.text("tls.prom").splitlines()
        values = {}
        for line in lines:
            if not line.startswith("#"):
                self.assertRegex(line, LINE)
                name, _, value = line.rpartition(" ")
                values[name] = int(value)
        return values

    def test_file(self):
        control = self.work()
        name = 'ftps_transfers_total{direction="upload"}'
        self.assertTrue(client.until(lambda: self.read().get(name) == 1,
                                     TWICE))
        values = self.read()
        for key, value in self.wanted().items():
            self.assertEqual(values.get(key), value, key)
        self.assertEqual(values["ftps_sessions"], 1)
        refused = {key: value for key, value in values.items()
                   if key.startswith("ftps_refusals_total")}
        self.assertEqual(sorted(key.split('"')[1] for key in refused),
                         ["500", "522"])
        ends = [value for key, value in values.items()
                if key.startswith("ftps_certificate_expiry")]
        self.assertEqual(len(ends), 2)
        self.assertTrue(all(value > time.time() for value in ends))
        self.assertEqual(os.stat(self.server.path("tls.prom")).st_mode & 0o777,
                         0o644)
        self.assertFalse(os.path.exists(self.server.path("tls.prom.new")))
        text = self.server.text("tls.prom")
        for family in re.findall(r"(?m)^# TYPE (\S+) ", text):
            self.assertEqual(text.count("# TYPE %s " % family), 1)
        self.assert_alive(control)


class Gauges(staplecase.StapleCase):
    """Each metric is in the manual, with its labels and its type, and each of
    the manual's is there."""

    DIRECTIVES = "TLSMetricsFile {root}/tls.prom\n"
    VHOSTS = {"stapled": 'ServerName "A \\"b\\" host"\n'
                         "TLSStaplingFile {root}/own.der\n",
              "broken": "ServerName broken\n"
                        "TLSCertificateFile {root}/nothing.pem\n"}

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.certificate("own")
        cls.put("own.der", cls.answer("own"))

    def value(self, name, labels):
        for line in self.text.splitlines():
            if line.startswith(name + "{") and labels in line:
                return int(line.rpartition(" ")[2])
        return None

    def test_manual(self):
        self.login().command("PROT X", 504)
        self.assertTrue(client.until(
            lambda: "ftps_refusals_total" in self.server.text("tls.prom"),
            TWICE))
        self.text = self.server.text("tls.prom")
        for line in self.text.splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, LINE)
        self.assertEqual(found(self.text), listed())
        self.check_values()

    def check_values(self):
        now, day = time.time(), 24 * 60 * 60
        quoted = r'host="A \"b\" host"'
        for name, labels, value in (
                ("ftps_server_serves_tls", quoted, 1),
                ("ftps_server_serves_tls", 'host="broken"', 0),
                ("ftps_server_error", quoted, 0),
                ("ftps_server_error", 'host="broken"', 1),
                ("ftps_server_error_attempts", 'host="broken"', 1),
                ("ftps_server_generation", 'host="live test"', 1),
                ("ftps_server_generation", 'host="broken"', 0),
                ("ftps_certificate_staple_missing", quoted, 0),
                ("ftps_certificate_staple_expiry_timestamp_seconds",
                 'host="live test"', None),
                ("ftps_build_info", 'openssl="OpenSSL ', 1)):
            self.assertEqual(self.value(name, labels), value, (name, labels))
        for name, after in (
                ("ftps_server_generation_timestamp_seconds", 0),
                ("ftps_certificate_start_timestamp_seconds", 0),
                ("ftps_certificate_expiry_timestamp_seconds", 30 * day),
                ("ftps_certificate_staple_expiry_timestamp_seconds", 3600)):
            self.assertLess(abs(self.value(name, quoted) - now - after), 90,
                            name)
        self.assertRegex(self.text, r'name="localhost",key="EC P-256"\} ')


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
@harness.both_versions
class Info(Counted, controlcase.ControlCase):

    def counters(self):
        said = [json.loads(re.sub(r"\Aftpdctl: ", "", line))
                for line in self.tls("info", "-j").splitlines()]
        return {"%s{%s}" % (each["name"], each["labels"]): each["value"]
                for each in said if each["kind"] == "counter"}

    def test_info(self):
        self.work()
        counters = self.counters()
        for key, value in self.wanted().items():
            self.assertEqual(counters.get(key), value, key)
        self.assertIn('ftps_transfers_total{direction="upload"} 1',
                      self.tls("info"))
        self.server.reload()
        self.assertEqual(self.counters()[
            'ftps_transfers_total{direction="upload"}'], 1)


if __name__ == "__main__":
    harness.main()
