# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Python's ftplib: serves a plan (matrix.py says what that is).

FTP_STYLE is "plain", as the library is, or "reuse", with the few lines by
which data connections resume the control connection's session.  FTP_UNWRAP
"no" closes data connections without a close_notify, as some programs do.
"""

import ftplib
import os
import socket
import ssl
import sys
import time

ENV = os.environ


class Implicit(ftplib.FTP_TLS):
    """TLS begins with the connection, which the library does not know."""

    def connect(self, *args, **kwargs):
        if ENV["FTP_MODE"] != "implicit":
            return super().connect(*args, **kwargs)
        self.host, self.port = args
        self.sock = self.context.wrap_socket(
            socket.create_connection(args, timeout=self.timeout),
            server_hostname=self.host)
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


class Reuse(Implicit):
    """Data connections offer the control connection's session."""

    def ntransfercmd(self, cmd, rest=None):
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            conn = self.context.wrap_socket(
                conn, server_hostname=self.host, session=self.sock.session)
        return conn, size


def without_unwrap(kind):
    """The same, and sockets whose unwrap does nothing."""
    class Socket(ssl.SSLSocket):
        def unwrap(self):
            return self

    context = ssl.create_default_context(cafile=ENV["FTP_CA"])
    context.sslsocket_class = Socket
    return kind, context


def serve(client, operation, a="", b="", number="0"):
    if operation == "put":
        with open(a, "rb") as stream:
            client.storbinary("STOR " + b, stream)
    elif operation == "get":
        with open(b, "wb") as stream:
            client.retrbinary("RETR " + a, stream.write)
    elif operation == "asciiput":
        with open(a, "rb") as stream:
            client.storlines("STOR " + b, stream)
    elif operation == "asciiget":
        with open(b, "w", encoding="ascii") as stream:
            client.retrlines("RETR " + a, lambda line: print(line, file=stream))
    elif operation == "resumeget":
        with open(b, "ab") as stream:
            client.retrbinary("RETR " + a, stream.write, rest=int(number))
    elif operation == "resumeput":
        with open(a, "rb") as stream:
            stream.seek(int(number))
            client.storbinary("APPE " + b, stream)
    elif operation == "list":
        return "\t".join(["ok"] + client.nlst())
    elif operation == "abort":
        client.voidcmd("TYPE I")
        data = client.transfercmd("RETR " + a)
        data.recv(4096)
        client.putcmd("ABOR")
        data.close()
        for _ in range(2):
            client.getmultiline()
    elif operation == "sleep":
        time.sleep(int(a))
    else:
        return "cannot"
    return "ok"


def main():
    kind = Reuse if ENV["FTP_STYLE"] == "reuse" else Implicit
    context = ssl.create_default_context(cafile=ENV["FTP_CA"])
    if ENV.get("FTP_UNWRAP") == "no":
        kind, context = without_unwrap(kind)
    if ENV["FTP_VERSION"]:
        context.minimum_version = context.maximum_version = getattr(
            ssl.TLSVersion, "TLSv" + ENV["FTP_VERSION"].replace(".", "_"))
    try:
        client = kind(context=context, timeout=15)
        client.connect("localhost", int(ENV["FTP_PORT"]))
        client.login(ENV["FTP_USER"], ENV["FTP_PASS"],
                     secure=ENV["FTP_MODE"] != "implicit")
        client.prot_p()
        with open(sys.argv[1], encoding="ascii") as plan:
            for line in plan:
                print(serve(client, *line.rstrip("\n").split("\t")),
                      flush=True)
        client.quit()
    except (OSError, ftplib.Error, EOFError) as error:
        print("failed\t%s: %s" % (type(error).__name__,
                                  " ".join(str(error).split())))


main()
