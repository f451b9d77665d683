#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Ticket keys in Redis: what else can be there, and what is refused."""

import base64
import os
import socket
import time
import unittest

import client
import harness
import rediscase
from rediscase import KEY, READ


class Trouble(rediscase.RedisCase):
    """Redis has something else, or does not let this host in."""

    def assert_refused(self, words, command, value):
        first = self.login()
        self.redis.ask("DEL", KEY)
        self.redis.ask(command, KEY, value)
        self.assertRegex(
            self.ftpdctl("tls", "reload")[1],
            "nothing was changed: TLSSessionTicketKeys: .*" + words)
        self.assert_logged("warning: .*redis: .*" + words, "system.log", READ)
        self.assertTrue(self.resumes(first))
        if command == "SET":
            self.assertEqual(self.redis.ask("GET", KEY), value)
        self.redis.ask("DEL", KEY)
        self.tls("reload")

    def test_something_else_is_there(self):
        """It is not used, and not overwritten; it is told, and gone when
        somebody deletes it."""
        label = self.info()[0]
        random = base64.b64encode(os.urandom(300))
        for words, command, value in (
                ("holds no ring", "SET", b"garbage"),
                ("must be a string", "SET", b""),
                ("another secret", "SET", b"sealed-1:" + random),
                ("must be a string", "RPUSH", b"x"),
                ("too long", "SET", b"A" * (4 << 20))):
            with self.subTest(words=words, size=len(value)):
                self.assert_refused(words, command, value)
        self.assertEqual(self.info()[0], label)

    def test_more_than_memory_holds(self):
        label = self.info()[0]
        self.assert_refused("not answered in time|cannot be reached", "SET",
                            b"A" * (100 << 20))
        self.assertEqual(self.info()[0], label)

    def test_another_secret(self):
        before = self.redis.ask("GET", KEY)
        other = self.another(self.addCleanup, secret=bytes(range(1, 81)))
        self.assertRegex(other.log("stderr.log"), "another secret")
        self.assertNotEqual(self.info(other)[0], self.info()[0])
        self.assertEqual(self.redis.ask("GET", KEY), before)

    def test_in_clear(self):
        """Without a secret it works, and is told."""
        other = self.another(self.addCleanup, keys="redis:open")
        self.assertIn("shared through Redis", self.info(other)[2])
        self.assertRegex(self.redis.ask("GET", KEY + ":open"), b"^in-clear:")
        self.assertIn("has the keys: make a file", other.log("stderr.log"))

    def test_it_is_gone_by_itself(self):
        self.assertIn(int(self.redis.ask("TTL", KEY)),
                      range(4 * 43200 - 120, 4 * 43200 + 1))

    def test_wrong_password(self):
        other = self.another(self.addCleanup, password="wrong")
        self.assertRegex(other.log("stderr.log"),
                         "refuses the password, the user or the database")
        control = client.Control(other.address(), self.context())
        self.addCleanup(control.close)
        control.auth().login().protect().download("LIST")


@unittest.skipIf(rediscase.NO_REDIS, rediscase.NO_REDIS)
class Silent(unittest.TestCase):
    """A Redis that takes connections and says nothing."""

    def test_it_holds_nobody(self):
        with socket.create_server(("127.0.0.1", 0)) as hole:
            server = harness.Server("""\
TLSReloadInterval 4
TLSSessionTicketKeys redis: secret {root}/secret
<IfModule mod_redis.c>
  RedisServer 127.0.0.1:%d
  RedisTimeouts 60000 60000
</IfModule>
""" % hole.getsockname()[1], modules=("mod_redis",))
            self.addCleanup(server.stop)
            rediscase.give_secret(server)
            begun = time.monotonic()
            server.start()
            self.assertLess(time.monotonic() - begun, 8)
            until = time.monotonic() + 5
            longest = 0
            while time.monotonic() < until:
                begun = time.monotonic()
                with client.Control(server.address(),
                                    server.context(client.TLS1_3)) as control:
                    control.auth().login()
                longest = max(longest, time.monotonic() - begun)
                time.sleep(0.2)
            self.assertLess(longest, 2.5)
            self.assertRegex(server.log("system.log")
                             + server.log("stderr.log"),
                             "has not answered in time")


class Start(unittest.TestCase):
    """What is refused ends a start."""

    def check(self, keys, more="", secret=bytes(range(80)), mode=0o600):
        server = harness.Server("TLSSessionTicketKeys %s\n%s" % (keys, more),
                                modules=("mod_redis",)
                                if harness.stock_module("mod_redis") else ())
        self.addCleanup(server.stop)
        rediscase.give_secret(server, secret=secret, mode=mode)
        return server.check_config()

    def assert_refused(self, words, *args, **options):
        code, said = self.check(*args, **options)
        self.assertNotEqual(code, 0, said)
        self.assertRegex(said, words)

    def test_words(self):
        for keys, words in (
                ("redis:a/b", "letters, digits"),
                ("redis:" + "n" * 65, "64 at most"),
                ("redis: secret file", "whole path"),
                ("redis: secret", "write TLSSessionTicketKeys"),
                ("secret /tmp/x", "write 'redis: secret"),
                ("redis: age 5", "10 seconds or longer"),
                ("redis: every 5", "write TLSSessionTicketKeys")):
            with self.subTest(keys=keys):
                self.assert_refused(words, keys)

    SEALED = "redis: secret {root}/secret"
    SERVER = "RedisServer 127.0.0.1:1\n"

    @unittest.skipIf(harness.stock_module("mod_redis") is None,
                     "this ProFTPD has no mod_redis")
    def test_redis(self):
        self.assert_refused("no server is named: add 'RedisServer",
                            self.SEALED)
        for words, options in (
                ("48 nor 80 bytes", {"secret": b"short"}),
                ("can read the keys", {"mode": 0o644}),
                ("keys cannot be in files, too",
                 {"more": self.SERVER
                  + "TLSSessionTicketKeyFile {root}/secret\n"})):
            with self.subTest(words=words):
                self.assert_refused(words, self.SEALED, **{
                    "more": self.SERVER, **options})

    @unittest.skipIf(harness.stock_module("mod_redis") is None,
                     "this ProFTPD has no mod_redis")
    def test_a_check_asks_nobody(self):
        with socket.create_server(("127.0.0.1", 0)) as hole:
            hole.settimeout(0.2)
            code, said = self.check(
                self.SEALED, "RedisServer 127.0.0.1:%d\n"
                % hole.getsockname()[1])
            self.assertEqual(code, 0, said)
            with self.assertRaises(OSError):
                hole.accept()

    def test_without_mod_redis(self):
        server = harness.Server("TLSSessionTicketKeys redis:\n")
        self.addCleanup(server.stop)
        code, said = server.check_config()
        self.assertNotEqual(code, 0, said)
        self.assertRegex(said, "mod_redis is not loaded: add 'LoadModule"
                         "|built without Redis .*TLSSessionTicketKeyFile")


if __name__ == "__main__":
    harness.main()
