#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Ticket keys that several hosts share through Redis."""

import re
import time

import client
import harness
import rediscase
from rediscase import INTERVAL, KEY, READ


class TwoHosts(rediscase.RedisCase):
    """A client resumes at the other one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.another(cls.addClassCleanup)

    def test_resumes_at_the_other_one(self):
        self.assertEqual(self.info(), self.info(self.other))
        self.assertIn("shared through Redis", self.info()[2])
        for version in (client.TLS1_2, client.TLS1_3):
            with self.subTest(version=version):
                first = self.login(context=self.server.context(version))
                self.assertTrue(self.resumes(first, self.other))
                self.assertTrue(self.resumes(first))

    def test_a_new_key(self):
        """Both have it before either encrypts with it; older tickets are
        read."""
        first = self.login()
        before, count, _ = self.info()
        self.assertIn("all hosts get another key", self.tls("rotate"))
        self.assertEqual(self.info()[:2], (before, str(int(count) + 1)))
        self.assertTrue(client.until(
            lambda: self.info(self.other)[1] == str(int(count) + 1), READ))
        self.assertEqual(self.info(self.other)[0], before)
        self.assertTrue(client.until(
            lambda: self.info()[0] != before, READ))
        second = self.login()
        self.assertTrue(self.resumes(second, self.other))
        self.assertTrue(client.until(
            lambda: self.info(self.other) == self.info(), READ))
        self.assertTrue(self.resumes(first, self.other))
        self.server.reload()
        self.assertEqual(self.info(self.other), self.info())
        self.assertTrue(self.resumes(first))


class Killed(rediscase.RedisCase):
    """Redis goes and comes back; sessions do not notice."""

    def is_shared(self):
        return self.info()[2] == ", shared through Redis" and \
            self.redis.ask("GET", KEY) is not None

    def warnings(self):
        return re.findall("warning: .*redis:", self.server.log("system.log"))

    def test_killed_and_back(self):
        first = self.login()
        label = self.info()[0]
        self.redis.kill()
        self.assert_logged("redis: Redis .RedisServer. cannot be reached; "
                           "this host continues to use", "system.log",
                           READ)
        time.sleep(INTERVAL)
        self.assertEqual(len(self.warnings()), 1)
        self.assertIn("does not answer", self.info()[2])
        self.assertEqual(self.info()[0], label)
        self.assertTrue(self.resumes(first))
        self.assertIn("cannot be reached", self.ftpdctl("tls", "rotate")[1])

        # It comes back empty: this host has the ring still.
        self.redis.start()
        self.assert_logged("redis: Redis answers again", "system.log", READ)
        self.assertTrue(client.until(self.is_shared, READ))
        self.assertEqual(self.info()[0], label)
        self.assertEqual(len(self.warnings()), 1)
        self.assertTrue(self.resumes(first))
        self.assertEqual(len(re.findall(
            "answers again", self.server.log("system.log"))), 1)


class Due(rediscase.RedisCase):
    """The first host that finds the ring due puts another key in front."""

    @classmethod
    def directives(cls, **options):
        options.setdefault("keys",
                           "redis: secret {root}/secret age 10 count 2")
        return super().directives(**options)

    def test_due(self):
        other = self.another(self.addCleanup)
        first = self.info()
        self.assertEqual(self.info(other), first)
        self.assertTrue(client.until(
            lambda: self.info()[0] != first[0] and
            self.info()[:2] == self.info(other)[:2], 30))


if __name__ == "__main__":
    harness.main()
