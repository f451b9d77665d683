#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Python's ftplib.FTP_TLS, which never offers a session by itself.

Against the default server it is told why and how to go on; with
NoSessionReuseRequired, or in the well-known subclass that hands the control
connection's session on, it works.
"""

import ftplib
import io
import socket
import ssl

import clients
import harness

SIZES = (0, 1, 16384, 16385, 300000)


class Reusing(ftplib.FTP_TLS):
    """Hands the control connection's session to each data connection."""

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(conn, server_hostname=self.host,
                                            session=self.sock.session)
        return conn, size


class Careless(Reusing):
    """Ends its data connections with a FIN and no close_notify."""

    def ntransfercmd(self, cmd, rest=None):
        conn, size = super().ntransfercmd(cmd, rest)
        conn.unwrap = lambda: conn.shutdown(socket.SHUT_RDWR)
        return conn, size


class FtplibCase(clients.ClientCase):
    """How ftplib is used."""

    SERVER = {"vhosts": {
        "free": "TLSOptions NoSessionReuseRequired",
        "lenient": "TLSOptions NoCloseNotifyRequired"}}

    def session(self, kind=Reusing, host="main", passive=True, level="P"):
        """A session of the client kind, logged in; quits after the test."""
        context = self.context()
        context.check_hostname = True
        ftp = kind(context=context, timeout=15)
        ftp.connect("127.0.0.1", self.server.ports[host])
        self.addCleanup(ftp.close)
        ftp.login("alice", "wonder")
        ftp.set_pasv(passive)
        if level == "P":
            ftp.prot_p()
        return ftp

    def fetch(self, ftp, name, **options):
        received = io.BytesIO()
        reply = ftp.retrbinary("RETR " + name, received.write, **options)
        self.assertTrue(reply.startswith("226"), reply)
        return received.getvalue()

    def store(self, ftp, name, body, **options):
        reply = ftp.storbinary("STOR " + name, io.BytesIO(body), **options)
        self.assertTrue(reply.startswith("226"), reply)
        self.assertEqual(self.server.get(name), body)


@harness.both_versions
class Works(FtplibCase):
    """All that ftplib does, where its sessions are good enough."""

    KINDS = ((Reusing, "main", True), (ftplib.FTP_TLS, "free", False))

    def every_session(self):
        return [(kind, host, resumed, passive)
                for kind, host, resumed in self.KINDS
                for passive in (True, False)]

    def test_files(self):
        for kind, host, resumed, passive in self.every_session():
            with self.subTest(host=host, passive=passive):
                self.server.mark()
                ftp = self.session(kind, host, passive)
                for size in SIZES:
                    body = clients.pattern(size)
                    self.store(ftp, "body", body)
                    self.assertEqual(self.fetch(ftp, "body"), body)
                self.assertTrue(ftp.quit().startswith("221"))
                self.assert_channels(1, 2 * len(SIZES), resumed)

    def test_listings(self):
        self.server.put("listed", b"12345")
        for kind, host, resumed, passive in self.every_session():
            with self.subTest(host=host, passive=passive):
                self.server.mark()
                ftp = self.session(kind, host, passive)
                lines = []
                ftp.dir(lines.append)
                self.assertTrue(any(line.endswith(" listed")
                                    for line in lines), lines)
                self.assertIn("listed", ftp.nlst())
                self.assertEqual(dict(ftp.mlsd())["listed"]["size"], "5")
                self.assert_channels(1, 3, resumed)

    def test_text(self):
        ftp = self.session()
        ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
        self.assertEqual(self.server.get("text"), b"one\ntwo\n")
        lines = []
        ftp.retrlines("RETR text", lines.append)
        self.assertEqual(lines, ["one", "two"])
        self.assert_channels(1, 2)

    def test_resume_and_append(self):
        body = clients.pattern(100000)
        self.server.put("rest", body)
        ftp = self.session()
        self.assertEqual(self.fetch(ftp, "rest", rest=99990), body[99990:])
        ftp.storbinary("APPE rest", io.BytesIO(b"more"))
        self.assertEqual(self.server.get("rest"), body + b"more")
        self.assert_channels(1, 2)

    def test_fifty_transfers(self):
        """The session is renewed under way; it never wears out."""
        self.server.put("small", b"small")
        ftp = self.session()
        for _ in range(50):
            self.assertEqual(self.fetch(ftp, "small"), b"small")
        self.assert_channels(1, 50)

    def test_levels_in_turn(self):
        self.server.put("turn", b"turn")
        ftp = self.session()
        for change, protected in ((ftp.prot_c, 0), (ftp.prot_p, 1)):
            with self.subTest(protected=protected):
                self.server.mark()
                change()
                self.assertEqual(self.fetch(ftp, "turn"), b"turn")
                self.assertEqual(len(self.handshakes("data")), protected)


@harness.both_versions
class Refused(FtplibCase):
    """What ftplib is told, and that the session goes on."""

    SWITCH = "TLSSessionReuse off"

    def refused(self, transfer, *args):
        """A transfer that the server ends with a 522.

        In TLS 1.3 the client takes its handshake for good and may see the
        connection's end before it asks for the reply.
        """
        ftp = transfer.__self__
        try:
            transfer(*args)
        except ftplib.error_perm as error:
            reply = str(error)
        except (ssl.SSLError, ConnectionError):
            with self.assertRaises(ftplib.error_perm) as caught:
                ftp.voidresp()
            reply = str(caught.exception)
        else:
            self.fail("the transfer was not refused")
        self.assertTrue(reply.startswith("522"), reply)
        self.assertIn(self.SWITCH, reply)
        self.assert_logged(self.SWITCH)
        self.assertTrue(ftp.voidcmd("NOOP").startswith("200"))

    def test_without_a_session(self):
        self.server.put("kept", b"kept")
        ftp = self.session(ftplib.FTP_TLS)
        self.refused(ftp.retrbinary, "RETR kept", lambda _: None)
        self.refused(ftp.storbinary, "STOR kept", io.BytesIO(b"lost"))
        self.refused(ftp.storbinary, "STOR none", io.BytesIO(b"lost"))
        self.refused(ftp.nlst)
        self.assertEqual(self.server.get("kept"), b"kept")
        self.assertIsNone(self.server.get("none"))

    def test_then_in_clear(self):
        """PROT C is the way out that such a client has of its own."""
        self.server.put("kept", b"kept")
        ftp = self.session(ftplib.FTP_TLS)
        self.refused(ftp.nlst)
        ftp.prot_c()
        self.assertEqual(self.fetch(ftp, "kept"), b"kept")

    def test_upload_without_close_notify(self):
        ftp = self.session(Careless)
        with self.assertRaises(ftplib.error_temp) as caught:
            ftp.storbinary("STOR cut", io.BytesIO(b"cut" * 1000))
        reply = str(caught.exception)
        self.assertTrue(reply.startswith("426"), reply)
        self.assertIn("NoCloseNotifyRequired", reply)
        self.assertTrue(ftp.voidcmd("NOOP").startswith("200"))

    def test_upload_without_close_notify_where_it_is_allowed(self):
        ftp = self.session(Careless, "lenient")
        self.store(ftp, "careless", b"cut" * 1000)


if __name__ == "__main__":
    harness.main()
