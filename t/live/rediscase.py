# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A Redis of the test's own, on a free port, with a password; and servers that
share their ticket keys through it."""

import os
import re
import shutil
import socket
import subprocess
import unittest

import client
import controlcase
import daemon
import harness

PASSWORD = "sesame"

#: What mod_tls4217 has the ring under.
KEY = "mod_tls4217:ticket-keys"

#: The least that a host takes; it reads twice in it.
INTERVAL = 4

#: Until a host has read, and some seconds for the machine.
READ = INTERVAL + 4

#: One program with two names, in two of Debian's packages.
PROGRAM = shutil.which("redis-server") or shutil.which("redis-check-rdb")

NO_REDIS = None
if PROGRAM is None:
    NO_REDIS = "redis-server is not installed"
elif harness.stock_module("mod_redis") is None:
    NO_REDIS = "this ProFTPD has no mod_redis"
elif harness.ftpdctl() is None:
    NO_REDIS = "there is no ftpdctl"


class Redis:
    """A redis-server that keeps nothing on disk."""

    def __init__(self):
        self.port, = daemon.free_ports(1)
        self.root = daemon.temporary_directory()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
             "--save", "", "--dir", self.root, "--requirepass", PASSWORD],
            executable=PROGRAM, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        if not client.until(self.answers, 10):
            raise AssertionError("redis-server does not answer")
        return self

    def answers(self):
        try:
            return self.ask("PING") == b"PONG"
        except OSError:
            return False

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self):
        self.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def ask(self, *words):
        """One command: what it is answered, without the frame; None for nil.
        """
        with socket.create_connection(("127.0.0.1", self.port), 5) as sock, \
                sock.makefile("rwb") as stream:
            for line in (("AUTH", PASSWORD), words):
                stream.write(b"*%d\r\n" % len(line))
                for word in line:
                    word = word if isinstance(word, bytes) else word.encode()
                    stream.write(b"$%d\r\n%s\r\n" % (len(word), word))
                stream.flush()
                answer = self._read(stream)
            return answer

    @staticmethod
    def _read(stream):
        kind, rest = stream.read(1), stream.readline().rstrip(b"\r\n")
        if kind == b"-":
            raise AssertionError(rest)
        if kind != b"$":
            return rest
        if int(rest) < 0:
            return None
        return stream.read(int(rest) + 2)[:-2]


#: What all hosts have.
SECRET = bytes(range(80))


def give_secret(server, name="secret", secret=SECRET, mode=0o600):
    path = server.path(name)
    with open(path, "wb") as stream:
        stream.write(secret)
    os.chmod(path, mode)


def as_here(text, redis, secret):
    """A configuration that names Redis and a secret, with this test's."""
    return text.replace("10.0.0.5:6379 default password",
                        "127.0.0.1:%d default %s" % (redis.port, PASSWORD)) \
               .replace("/etc/proftpd/ticket-secret", secret)


@unittest.skipIf(NO_REDIS, NO_REDIS)
class RedisCase(controlcase.ControlCase):
    """One server that shares, and a Redis; others can be added."""

    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()
        cls.addClassCleanup(cls.redis.stop)
        cls.redis.start()
        cls.SERVER = {"directives": cls.directives(),
                      "modules": ("mod_redis",)}
        super().setUpClass()

    @classmethod
    def directives(cls, keys="redis: secret {root}/secret", password=PASSWORD,
                   more=controlcase.ALLOWED):
        return """\
TLSReloadInterval %d
TLSSessionTicketKeys %s
<IfModule mod_redis.c>
  RedisServer 127.0.0.1:%d default %s
</IfModule>
%s""" % (INTERVAL, keys, cls.redis.port, password, more)

    @classmethod
    def prepare(cls):
        give_secret(cls.server)

    @classmethod
    def another(cls, add_cleanup, secret=SECRET, **options):
        """Another host, for as long as a test or a class lives."""
        made = harness.Server(cls.directives(**options),
                              modules=("mod_redis",))
        add_cleanup(made.stop)
        give_secret(made, secret=secret)
        return made.start()

    def info(self, server=None):
        """What a host says of its keys: label, how many, and the rest."""
        done = []

        def is_there():
            said = subprocess.run(
                [harness.ftpdctl(), "-s",
                 (server or self.server).path("controls"), "tls", "info"],
                capture_output=True, text=True, timeout=30,
                check=False).stdout
            done[:] = re.findall(r"session tickets: key ([0-9a-f]{16}) "
                                 r"encrypts .*; (\d+) decrypts?(.*)", said)
            return done

        self.assertTrue(client.until(is_there, 10))
        return done[0]

    def resumes(self, first, server=None):
        """Whether a new connection to a host resumes a session."""
        control = client.Control((server or self.server).address(),
                                 first.context)
        self.addCleanup(control.close)
        control.auth(session=first.session)
        resumed = control.tls.resumed
        control.login().protect().download("LIST")
        return resumed
