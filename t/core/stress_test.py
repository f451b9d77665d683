#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Random sessions, many at once, on one server: nothing must be reported.

What a test of one thing cannot think of: aborts, signals, REIN, HOST, CCC,
commands inside transfers, connections that are cut, reset, silent or no TLS
at all, in any order.  Most of it fails, as it must; the server must not crash,
AddressSanitizer must have nothing to say, and at the end the server must
serve.  The seed is printed; STRESS_SEED repeats a client's choices, though not
the moments at which they meet.

    STRESS_SECONDS  default 120
    STRESS_SEED     default: another one each time
"""

import collections
import os
import random
import re
import signal
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import client   # noqa: E402
import harness  # noqa: E402

SECONDS = int(os.environ.get("STRESS_SECONDS", "120"))
SEED = int(os.environ.get("STRESS_SEED") or
           random.SystemRandom().randrange(1 << 32))
CLIENTS = 4

harness.TEST_SECONDS = SECONDS + 120

SHORT = """
TLSTimeoutHandshake 2
TimeoutStalled 2
TimeoutLinger 1
TLSClearCommandChannel on
TLSOptions AllowReinitialize StdEnvVars ExportCertData
"""

SECRET = """
<Directory {root}/home/secret>
  TLSDataProtection required
</Directory>
"""

HOSTS = {
    "hidden": SHORT + "HiddenStores on\nServerAlias hidden.example\n"
              "MaxStoreFileSize 50 Kb\n",
    "rules": SHORT + "DefaultRoot ~\nTLSDataProtection per-transfer\n"
             "TLSDataRule required command RETR path */secret/*\n"
             "TLSDataRule none command NLST\n",
    "implicit": "TLSOptions UseImplicitSSL NoSessionReuseRequired\n"
                "TLSTimeoutHandshake 2\nTimeoutStalled 2\n",
}

#: Commands by themselves, between transfers.
COMMANDS = (
    "NOOP", "STAT small", "STAT secret", "CWD secret", "CDUP", "REST 100",
    "RANG 5 90", "MODE Z", "MODE S", "SITE HELP", "MLST small", "FEAT",
    "RNFR small", "DELE up", "XXX", "ABOR", "PASV", "EPSV", "TYPE A", "TYPE I",
    "PBSZ 0", "PROT C", "PROT P", "HOST other", "AUTH TLS", "STAT",
    "OPTS UTF8 OFF")

#: Commands in the middle of a transfer.
NESTED = ("NOOP", "STAT", "PROT C", "QUIT", "MODE Z", "XXX", "TYPE A", "CCC",
          "ABOR", "STAT secret", "REIN")

DOWNLOADS = ("RETR small", "RETR big", "RETR secret/file", "LIST", "LIST -R",
             "NLST *", "MLSD", "LIST secret/*", "RETR missing")
UPLOADS = ("STOR up", "STOR other", "APPE up", "STOU", "STOR secret/up")
SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM)


class Guest(threading.Thread):
    """One client after another, each with its own ideas."""

    def __init__(self, server, number, end):
        super().__init__(daemon=True)
        self.server = server
        self.end = end
        self.random = random.Random(SEED * 100 + number)
        self.seen = collections.Counter()
        self.control = None
        self.done = False
        self.level = "C"

    def chance(self, share):
        return self.random.random() < share

    def run(self):
        while time.monotonic() < self.end:
            try:
                self.visit()
                self.seen["sessions"] += 1
            except (OSError, ValueError, AssertionError) as error:
                # ValueError: records where a reply in clear was waited for.
                self.seen[type(error).__name__] += 1
        self.done = True

    def visit(self):
        host = self.random.choice(("main", "main", *HOSTS))
        version = self.random.choice((None, client.TLS1_2, client.TLS1_3))
        context = self.server.context(version, tickets=self.chance(0.8))
        implicit = host == "implicit"
        with client.Control(self.server.address(host), context,
                            implicit) as self.control:
            if not implicit and not self.become_protected():
                return
            if self.chance(0.1):
                self.control.command("USER bob")
                self.control.command("PASS wrong")
            self.control.login(*self.random.choice(
                list(self.server.USERS.items())))
            self.level = "P" if implicit else "C"
            if self.chance(0.9):
                self.level = self.random.choice("PPPPC")
                self.control.protect(self.level)
            if self.chance(0.8):
                self.control.command("TYPE I")
            for _ in range(self.random.randrange(1, 14)):
                self.act(implicit)
            if self.chance(0.3):
                self.control.command("QUIT")

    def become_protected(self):
        """AUTH and its handshake; False after one that is none."""
        for command in ("HOST hidden.example", "USER alice", "TYPE A"):
            if self.chance(0.1):
                self.control.command(command)
        if self.chance(0.06):
            self.control.command("AUTH TLS")
            hello = self.control.new_tls().hello()
            self.control.sock.sendall(self.random.choice((
                hello, hello[:self.random.randrange(1, len(hello))],
                b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05hello")))
            self.seen["bad handshakes"] += 1
            return False
        self.control.auth(self.random.choice(("TLS", "SSL", "TLS-P")))
        return True

    def act(self, implicit):
        which = self.random.random()
        if which < 0.08:
            self.control.command(self.random.choice(COMMANDS))
        elif which < 0.11 and not implicit and self.control.tls is not None:
            self.undo(self.random.choice(("CCC", "REIN")))
        elif which < 0.14:
            self.send_signal()
        else:
            self.transfer()

    def undo(self, command):
        reply = self.control.command(command)
        self.seen["%s %d" % (command, reply.code)] += 1
        if reply.code not in (200, 220):
            return
        if self.chance(0.7):
            self.control.tls.read_all()
            self.control.tls.close_notify()
        self.control.tls = None
        self.level = "C"
        if command == "REIN":
            self.control.auth().login().protect()
            self.level = "P"

    def send_signal(self):
        pids = self.server.sessions()
        if pids:
            try:
                os.kill(self.random.choice(pids), self.random.choice(SIGNALS))
            except ProcessLookupError:
                pass
            self.seen["signals"] += 1

    def transfer(self):
        upload = self.chance(0.4)
        line = self.random.choice(UPLOADS if upload else DOWNLOADS)
        mode = self.random.choice(("PASV", "EPSV", "PORT", "EPRT"))
        with self.control.data(mode) as data:
            reply = self.control.command(line)
            self.seen["%s %d" % (line.split()[0], reply.code)] += 1
            if reply.code != 150:
                return
            data.open()
            if self.begins_well(data):
                (self.put if upload else self.get)(data)
            self.seen["end %d" % self.control.reply().code] += 1

    def begins_well(self, data):
        """Whether there is TLS, or clear where that was the level."""
        which = self.random.random()
        if which < 0.05:
            data.sock.sendall(b"this is no TLS\r\n\r\n" * 5)
        elif which < 0.08:
            client.reset(data.sock)
        elif which < 0.11:
            client.cut(data.sock)
        elif which < 0.13:
            time.sleep(2.5)
        elif self.level == "C" or self.control.tls is None:
            return True
        else:
            try:
                data.secure(None if self.chance(0.1) else client.OWN)
                return True
            except (OSError, ssl.SSLError):
                self.seen["refused handshakes"] += 1
        return False

    def put(self, data):
        data.write(self.random.randbytes(self.random.randrange(90000)))
        which = self.random.random()
        if which < 0.1:
            client.cut(data.sock)
        elif which < 0.2:
            client.reset(data.sock)
        else:
            if which < 0.5:
                self.interrupt()
            data.finish()

    def get(self, data):
        which = self.random.random()
        if which < 0.5:
            data.read_all()
            data.finish()
            return
        if data.tls is not None:
            data.tls.read(1000)
        if which < 0.6:
            client.reset(data.sock)
        elif which < 0.65:
            time.sleep(2.5)
        else:
            self.interrupt()
            data.read_all()
            data.finish()

    def interrupt(self):
        command = self.random.choice(NESTED)
        self.control.send(command.encode() + b"\r\n")
        self.seen["nested " + command] += 1


def _summary(report):
    return (re.findall("SUMMARY: (.*)", report) or [report])[0]


class Stress(harness.LiveCase):
    SERVER = {
        "directives": SHORT + "DeleteAbortedStores on\n" + SECRET,
        "vhosts": HOSTS,
        "global_directives": "MaxLoginAttempts 3\n"
                             "<IfModule mod_deflate.c>\n"
                             "  DeflateEngine on\n</IfModule>\n",
        "modules": [name for name in ("mod_deflate", "mod_ifsession")
                    if harness.stock_module(name)],
    }

    @classmethod
    def prepare(cls):
        folder = os.path.join(cls.server.home, "secret")
        os.mkdir(folder)
        harness.own(folder)
        cls.server.put("small", b"x" * 300)
        cls.server.put("big", client.pattern(3 << 20))
        cls.server.put("secret/file", b"s" * 5000)
        cls.server.put("secret/.ftpaccess", b"TLSDataProtection required\n")

    def report_complaints(self):
        """Fails with the beginnings of the first reports; all are one test."""
        found = self.server.complaints()
        for name in os.listdir(self.server.root):
            if name.startswith("sanitizer."):
                os.unlink(self.server.path(name))
        kinds = {re.sub("0x[0-9a-f]+", "", _summary(text)): text
                 for text in found}
        if kinds:
            self.fail("%d reports\n%s" % (len(found), "\n".join(
                "\n".join(text.strip().splitlines()[:60])
                for text in kinds.values())))

    def test_random_sessions(self):
        print("# STRESS_SEED=%d, %d seconds" % (SEED, SECONDS))
        client.TIMEOUT = 6.0
        end = time.monotonic() + SECONDS
        guests = [Guest(self.server, number, end) for number in range(CLIENTS)]
        for guest in guests:
            guest.start()
        for guest in guests:
            guest.join(SECONDS + 60)
        client.TIMEOUT = 15.0

        seen = sum((guest.seen for guest in guests), collections.Counter())
        for name in sorted(seen):
            print("# %6d %s" % (seen[name], name))
        self.report_complaints()
        self.assertFalse([guest for guest in guests if guest.is_alive()])
        self.assertTrue(all(guest.done for guest in guests))
        for name in ("sessions", "end 226", "end 522", "signals"):
            self.assertTrue(seen[name], "no %s: this has tested nothing" % name)
        self.assert_transfers(self.login(session=None))


if __name__ == "__main__":
    harness.main()
