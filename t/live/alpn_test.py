#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""ALPN (RFC 7301): what a client offers, and what is selected."""

import ssl

import harness


@harness.both_versions
class Alpn(harness.LiveCase):
    """RFC 7301: "ftp", or no ALPN at all."""

    SERVER = {"vhosts": {"anyone": "TLSNextProtocol off"}}

    def refused(self, control):
        control.command("AUTH TLS", 234)
        with self.assertRaises((ssl.SSLError, ConnectionError)) as caught:
            control.handshake()
            control.command("NOOP")
        self.assertIn("no application protocol", str(
            caught.exception).lower().replace("_", " "))

    def test_rfc7301_3_2_only_others_offered(self):
        for offered in (("http/1.1",), ("h2", "http/1.1"), ("ftps",),
                        ("FTP",), ("ftp-data",)):
            with self.subTest(offered=offered):
                self.refused(self.connect(
                    context=self.context(alpn=offered)))
        self.assert_logged("(?i)ALPN|application protocol")

    def test_rfc7301_3_2_ftp_is_selected(self):
        for offered in (("ftp",), ("http/1.1", "ftp"),
                        ("x-filezilla-ftp", "ftp")):
            with self.subTest(offered=offered):
                control = self.login(context=self.context(alpn=offered))
                self.assertEqual(selected(control.tls), "ftp")
                with control.begin("LIST") as data:
                    self.assertEqual(selected(data.tls), "ftp")
                    data.read_all()
                control.reply(226)

    def test_switched_off(self):
        for offered in (("http/1.1",), ("ftp",)):
            with self.subTest(offered=offered):
                control = self.login(
                    "anyone", context=self.context(alpn=offered))
                self.assertIsNone(selected(control.tls))
                self.assert_transfers(control)

    def test_none_offered(self):
        control = self.login()
        self.assertIsNone(selected(control.tls))
        control.download("LIST")

    def test_data_connection_offers_others(self):
        context = self.context(alpn=["ftp"])
        control = self.login(context=context)
        context.set_alpn_protocols(["http/1.1"])
        with control.data() as data:
            control.command("LIST", 150)
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                data.secure()
                data.read_all()
            control.reply(522)
        context.set_alpn_protocols(["ftp"])
        control.download("LIST")


def selected(tls):
    return tls.object.selected_alpn_protocol()


if __name__ == "__main__":
    harness.main()
