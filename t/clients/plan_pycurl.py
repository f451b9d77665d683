# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""libcurl from Python (pycurl; with GnuTLS in Debian's package): serves a plan
(matrix.py says what that is)."""

import io
import os
import sys
import time

import pycurl

ENV = os.environ
VERSIONS = {
    "": pycurl.SSLVERSION_DEFAULT,
    "1.2": pycurl.SSLVERSION_TLSv1_2 | pycurl.SSLVERSION_MAX_TLSv1_2,
    "1.3": pycurl.SSLVERSION_TLSv1_3 | pycurl.SSLVERSION_MAX_TLSv1_3}


class Client:
    def __init__(self):
        self.curl = pycurl.Curl()

    def perform(self, remote, ascii_type=False, **options):
        """One transfer; the connection is kept from one to the next."""
        curl = self.curl
        curl.reset()
        scheme = "ftps" if ENV["FTP_MODE"] == "implicit" else "ftp"
        curl.setopt(curl.URL, "%s://localhost:%s/%s%s" % (
            scheme, ENV["FTP_PORT"], remote, ";type=a" if ascii_type else ""))
        curl.setopt(curl.USERPWD, "%s:%s" % (ENV["FTP_USER"], ENV["FTP_PASS"]))
        curl.setopt(curl.USE_SSL, curl.USESSL_ALL)
        curl.setopt(curl.CAINFO, ENV["FTP_CA"])
        curl.setopt(curl.CAPATH, os.getcwd())   # not the system's, each time
        curl.setopt(curl.SSLVERSION, VERSIONS[ENV["FTP_VERSION"]])
        curl.setopt(curl.IPRESOLVE, curl.IPRESOLVE_V4)
        curl.setopt(curl.TIMEOUT, 60)
        curl.setopt(curl.NOSIGNAL, 1)
        for name, value in options.items():
            curl.setopt(getattr(curl, name), value)
        replies = []
        curl.setopt(curl.HEADERFUNCTION, replies.append)
        try:
            curl.perform()
        except pycurl.error as error:
            said = b" ".join(replies[-2:]).decode(errors="replace")
            raise OSError("%s (%s)" % (error.args[1], said)) from error

    def put(self, local, remote, ascii_type=False, **options):
        with open(local, "rb") as stream:
            self.perform(remote, ascii_type, UPLOAD=1, READDATA=stream,
                         **options)

    def get(self, remote, local, mode="wb", ascii_type=False, **options):
        with open(local, mode) as stream:
            self.perform(remote, ascii_type, WRITEDATA=stream, **options)

    def list(self):
        body = io.BytesIO()
        self.perform("", DIRLISTONLY=1, WRITEDATA=body)
        return body.getvalue().decode().split()

    def abort(self, remote):
        try:
            self.perform(remote, WRITEFUNCTION=lambda chunk: 0)
        except OSError:
            pass


def serve(client, operation, a="", b="", number="0"):
    if operation == "put":
        client.put(a, b)
    elif operation == "get":
        client.get(a, b)
    elif operation == "asciiput":
        client.put(a, b, True, CRLF=1)
    elif operation == "resumeget":
        client.get(a, b, "ab", RESUME_FROM=int(number))
    elif operation == "resumeput":
        with open(a, "rb") as stream:
            stream.seek(int(number))
            client.perform(b, UPLOAD=1, READDATA=stream, APPEND=1)
    elif operation == "list":
        return "\t".join(["ok"] + client.list())
    elif operation == "abort":
        client.abort(a)
    elif operation == "sleep":
        time.sleep(int(a))
    else:
        return "cannot"
    return "ok"


def main():
    client = Client()
    try:
        with open(sys.argv[1], encoding="ascii") as plan:
            for line in plan:
                print(serve(client, *line.rstrip("\n").split("\t")),
                      flush=True)
    except OSError as error:
        print("failed\t" + " ".join(str(error).split()))


main()
