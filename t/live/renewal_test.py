#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates are renewed while clients log in and transfer.

Each way to put files into place, by each thing that can go wrong meanwhile, by
each occasion on which the daemon reads files: no session gets 431 or a
certificate with another one's key, what worked serves on, and the reason is
said once.
"""

import json
import os
import ssl
import unittest

import certcase
import client
import daemon
import harness
import renewalcase

harness.TEST_SECONDS = 150

#: Seconds for files to be seen, on a machine with much else to do.
SOON = 40


class Event:
    """What happens to a host's files, in two steps; after each, which pair is
    to be presented.  refused: whether the first step is to be complained of."""

    expect = ("old", "new")
    refused = True

    def __init__(self, way, pairs):
        self.way = way
        self.pairs = pairs

    def put(self, what, kinds=("cert", "key")):
        for kind in kinds:
            self.way.put(kind, getattr(self.pairs[what], kind))

    def first(self):
        raise NotImplementedError

    def second(self):
        self.put("new")


class CertificateFirst(Event):
    def first(self):
        self.put("new", ["cert"])

    def second(self):
        self.put("new", ["key"])


class KeyFirst(Event):
    def first(self):
        self.put("new", ["key"])

    def second(self):
        self.put("new", ["cert"])


class Truncated(Event):
    def first(self):
        self.put("new", ["cert"])
        self.way.put("key", self.pairs["new"].key[:600])


class Empty(Event):
    def first(self):
        self.way.put("cert", "")


class Gone(Event):
    def first(self):
        self.way.remove("cert")
        self.way.remove("key")


class WrongOwner(Event):
    """root reads it all the same; another daemon cannot."""

    if os.geteuid() == 0:
        expect = ("new", "new")
        refused = False

    def first(self):
        self.put("new")
        if os.geteuid() == 0:
            os.chown(self.way.path("key"), *harness.account()[2:])
        else:
            os.chmod(self.way.path("key"), 0)

    def second(self):
        os.chmod(self.way.path("key"), 0o600)


class AnotherKeyType(Event):
    expect = ("ec", "new")
    refused = False

    def first(self):
        self.put("ec")


class OtherNames(Event):
    expect = ("other", "new")
    refused = False

    def first(self):
        self.put("other")


class NoCertificate(Event):
    """For weeks."""

    expect = ("old", "old")

    def first(self):
        self.put("new", ["key"])

    def second(self):
        self.put("other", ["key"])


EVENTS = {"certfirst": CertificateFirst, "keyfirst": KeyFirst,
          "truncated": Truncated, "empty": Empty, "gone": Gone,
          "owner": WrongOwner, "type": AnotherKeyType, "names": OtherNames,
          "nocert": NoCertificate}


def name_of(way, event):
    return "%s-%s" % (way, event)


HOSTS = {name_of(way, event): renewalcase.WAYS[way]
         for way in renewalcase.WAYS for event in EVENTS}
HOSTS["sentinel"] = renewalcase.Mv


class Matrix:
    """One occasion: each way by each event, all at once."""

    SERVER_CLASS = renewalcase.Fleet
    SERVER = {"ways": HOSTS, "directives": "TLSReloadInterval 0\n"}

    #: Whether each occasion is told of what it cannot use, or the first one.
    REPEATS = False

    def occasion(self):
        """Has the daemon read the files, if it does not do so by itself."""

    def setUp(self):
        self.events = {
            name_of(way, event): EVENTS[event](
                self.server.ways[name_of(way, event)], self.server.pairs)
            for way in renewalcase.WAYS for event in EVENTS}

    def assert_presented(self, step):
        """What each host presents in the end; and until then what it had
        before, and nothing else."""
        waiting = dict(self.events)

        def is_complete():
            for host, event in list(waiting.items()):
                got = self.server.presented(host)
                if got == event.expect[step]:
                    del waiting[host]
                else:
                    self.assertEqual(got, (("old",) + event.expect)[step],
                                     host)
            return not waiting
        self.assertTrue(client.until(is_complete, SOON), sorted(waiting))

    def pass_sentinel(self, what):
        """Returns when the daemon has read all that has changed before."""
        for kind in ("cert", "key"):
            self.server.put("sentinel", kind, what)
        self.occasion()
        self.assertTrue(client.until(
            lambda: self.server.presented("sentinel") == what, SOON))

    def count_complaints(self, wanted):
        """wanted: how many there are to be, by the host's event."""
        found = {host: self.server.complaints_of(host)
                 for host in self.events}
        self.assertEqual({host: len(lines) for host, lines in found.items()},
                         {host: wanted(event)
                          for host, event in self.events.items()},
                         "\n".join(sum(found.values(), [])))

    def step(self, number, act):
        """All hosts at once, and what comes of it."""
        self.server.mark()
        for event in self.events.values():
            act(event)
        self.pass_sentinel(("new", "old")[number])
        self.assert_presented(number)

    def test_all(self):
        running = self.server.login("cp-gone")
        self.addCleanup(running.close)
        with renewalcase.Traffic(self.server, sorted(self.events), 2) as \
                traffic:
            self.step(0, lambda event: event.first())
            self.count_complaints(lambda event: int(event.refused))
            self.again()
            self.step(1, lambda event: event.second())
            self.count_complaints(
                lambda event: int(self.REPEATS and event.expect[1] == "old"))
            self.assertTrue(client.until(lambda: traffic.done > 20, SOON))
            running.upload("STOR running", b"running")
        self.assertEqual(traffic.troubles, [])
        self.assertNotIn("it is being restarted",
                         self.server.text("system.log"))

    def again(self):
        """What is broken is tried again, and nothing is said."""
        self.pass_sentinel("ec")
        self.count_complaints(lambda event: int(event.refused))


class AtTheInterval(Matrix, harness.LiveCase):
    SERVER = dict(Matrix.SERVER, directives="TLSReloadInterval 1\n")


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class ByControl(Matrix, harness.LiveCase):

    def occasion(self):
        self.server.control("tls", "reload")


class ByControlInOneProcess(ByControl):
    """Without a key process."""

    SERVER = dict(Matrix.SERVER, directives="TLSReloadInterval 0\n"
                                            "TLSKeyIsolation off\n")


@unittest.skipIf(daemon.ISOLATION, "there is no key process")
class BySighup(Matrix, harness.LiveCase):
    """Each is another life of the module."""

    REPEATS = True

    def occasion(self):
        self.server.reload()

    def again(self):
        pass


class Fleet(harness.LiveCase):
    """Two hosts, of which one is renewed."""

    SERVER_CLASS = renewalcase.Fleet
    HOSTS = {"one": renewalcase.Mv, "two": renewalcase.Mv}
    SERVER = {"ways": HOSTS, "directives": "TLSReloadInterval 1\n"}

    def put(self, what, host="one"):
        for kind in ("cert", "key"):
            self.server.put(host, kind, what)

    def assert_presents(self, what, host="one"):
        self.assertTrue(client.until(
            lambda: self.server.presented(host) == what, SOON))

    def info(self):
        """By server, what "ftpdctl tls info -j" says of it."""
        code, said = self.server.control("tls", "info", "-j")
        self.assertEqual(code, 0, said)
        lines = [json.loads(line.partition(": ")[2])
                 for line in said.splitlines()]
        return {line["name"]: line for line in lines
                if line["kind"] == "server"}


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class OneOfTwo(Fleet):
    """The files of one host touch one host."""

    def setUp(self):
        for host in self.HOSTS:
            self.put("old", host)
        for host in self.HOSTS:
            self.assert_presents("old", host)

    def test_at_the_interval(self):
        before = self.info()
        self.put("new")
        self.assert_presents("new")
        after = self.info()
        self.assertGreater(after["one"]["generation"],
                           before["one"]["generation"])
        self.assertEqual(self.server.presented("two"), "old")
        self.assertNotIn("error", after["one"])

    def test_broken(self):
        self.server.put("one", "key", "other")
        self.put("new", "two")
        self.assert_presents("new", "two")
        self.assertTrue(client.until(
            lambda: "does not match" in self.info()["one"].get("error", ""),
            SOON))
        self.assertTrue(self.info()["one"]["serves"])
        self.assertEqual(self.server.presented("one"), "old")
        code, said = self.server.control("tls", "info")
        self.assertRegex(said, r"one \(.*generation \d+(?s:.)*"
                         r"remains in use: .*does not match")

    def test_by_name(self):
        """Of the other one nothing is said, whatever its files are."""
        self.server.put("one", "key", "other")
        code, said = self.server.control("tls", "reload", "two")
        self.assertEqual(code, 0, said)
        self.assertIn("the server serves TLS", said)
        address = "127.0.0.1:%d" % self.server.ports["one"]
        for name in ("one", "ONE", address):
            code, said = self.server.control("tls", "reload", name)
            self.assertRegex(said, "nothing was changed: .*does not match")
        code, said = self.server.control("tls", "reload", "three")
        self.assertIn("there is no server 'three'", said)


class NotOffered(Fleet):
    """A pair that can be read, and that nothing can be negotiated with."""

    SERVER = {"ways": Fleet.HOSTS, "directives": "TLSReloadInterval 1\n",
              "host_directives": "TLSProtocol TLSv1.2\n"
                                 "TLSCipherSuite ECDHE-RSA-AES128-GCM-SHA256"}

    def test_last_good_one_serves(self):
        self.put("ec")
        self.assert_logged("'one' .*remain in use", "system.log", SOON)
        self.assertEqual(self.server.presented("one"), "old")
        if self.server.key_processes():
            for _ in range(2):
                self.server.reload()
                self.assertEqual(self.server.presented("one"), "old")
        self.put("new")
        self.assert_presents("new")


class SelfSigned(harness.LiveCase):
    """It is made at the first start, and never again while it serves."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
                     "TLSSelfSignedCertificate {root}/made.pem\n",
              "directives": "TLSReloadInterval 1\n"}

    def presented(self):
        made = ssl.create_default_context()
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        control = self.secure(context=made)
        got = control.tls.object.getpeercert(True)
        control.close()
        return got

    def test_removed(self):
        first = self.presented()
        path = self.server.path("made.pem")
        with open(path, encoding="ascii") as stream:
            text = stream.read()
        os.remove(path)
        self.assert_logged("made.pem'.* remain in use", "system.log", SOON)
        self.assertEqual(self.presented(), first)
        if self.server.key_processes():
            self.server.reload()
            self.assertEqual(self.presented(), first)
        self.assertFalse(os.path.exists(path))
        self.server.mark()
        renewalcase.Way.write(path, text)
        self.assert_logged("were read again", "system.log", SOON)
        self.assertEqual(self.presented(), first)


@harness.both_versions
class Revocation(certcase.CertCase):
    """A client certificate that has been revoked is refused within the
    interval; a session that is there stays."""

    MAIN = certcase.OPTIONAL + "\nTLSCARevocationFile {clients}/watched.crl" \
        "\nTLSReloadInterval 1"

    @classmethod
    def make_certificates(cls, made):
        made.make("watched", "/CN=alice")
        made.crl(name="watched.crl")

    def reason(self, session, context):
        """Why a new connection is refused; "" where it is not."""
        control = self.connect(context=context)
        control.command("AUTH TLS", 234)
        control.handshake(session)
        reply = control.command("NOOP")
        control.close()
        return reply.text if reply.code == 421 else ""

    def test_revoked(self):
        context = self.holder("watched")
        running = self.secure(context=context)
        session = running.session
        self.assertEqual(self.reason(session, context), "")
        certcase.clients().revoke("watched")
        certcase.clients().crl(name="watched.crl")
        self.assertTrue(client.until(
            lambda: "revoked" in self.reason(session, context), SOON))
        running.command("NOOP", 200)

        # A list that is cut does not open what it had closed.
        certcase.clients().write(
            "watched.crl", certcase.clients().read("watched.crl")[:300])
        self.assert_logged("revocation list .*remain in use", seconds=SOON)
        self.assertIn("revoked", self.reason(session, context))


if __name__ == "__main__":
    harness.main()
