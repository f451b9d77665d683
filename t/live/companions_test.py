#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSSessionReuse: the sessions of other connections of the same user.

The tests of "connection", and of what is nobody's, are reuse_test.py's.
"""

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import unittest

import client
import controlcase
import harness

ADVICE = "TLSSessionReuse off"
BODY = b"file" * 10000

ANONYMOUS = """\
<Anonymous {root}/home>
  User alice
  UserAlias anonymous alice
</Anonymous>
"""


class Transfers:
    """What is asked of a data connection, in whatever version."""

    @classmethod
    def prepare(cls):
        cls.server.put("file", BODY)

    def let_in(self, control, session):
        with control.begin("RETR file", session=session) as data:
            resumed = data.tls.resumed
            self.assertEqual(data.read_all(), BODY)
            data.finish()
        control.reply(226)
        return resumed

    def refused(self, control, session):
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(session)
                self.assertEqual(data.read_all(), b"")
            except (ssl.SSLError, ConnectionError):
                pass
            self.assertIn(ADVICE, control.reply(522).text)
        self.assert_alive(control)
        self.let_in(control, client.OWN)

    def login_as(self, user, password, context, host="main", **options):
        control = self.secure(host, context=context, **options)
        control.login(user, password).protect()
        control.command("TYPE I", 200)
        return control


@harness.both_versions
class Companions(Transfers, harness.LiveCase):

    SERVER = {"vhosts": {"other": "", "public": ANONYMOUS}}

    def two(self, context=None, **options):
        context = context or self.context()
        return self.login(context=context), self.login(context=context,
                                                       **options)

    def test_of_the_same_user(self):
        mine, theirs = self.two()
        for one, other in ((mine, theirs), (theirs, mine), (mine, theirs)):
            self.assertTrue(self.let_in(one, other.session))
            self.let_in(one, client.OWN)

    def test_uploads(self):
        mine, theirs = self.two()
        mine.upload("STOR up", b"companion", session=theirs.session)
        self.assertEqual(self.server.get("up"), b"companion")

    def test_many_connections_with_one_cache(self):
        """200 files over four connections, each with the newest session of
        whichever: what a client with one cache for all of them does."""
        context = self.context()
        controls = [self.login(context=context) for _ in range(4)]
        for i in range(200):
            cached = controls[(i * 7 + 3) % 4].session
            self.assertTrue(self.let_in(controls[i % 4], cached))

    def test_of_one_that_is_about_to_log_in(self):
        """It has resumed our session, so it is the same client.  In TLS 1.2
        it goes on with the same ticket, which is ours."""
        context = self.context()
        mine = self.login(context=context)
        theirs = self.secure(context=context, session=mine.session)
        theirs.command("NOOP", 200)
        self.assertTrue(self.let_in(mine, theirs.session))
        theirs.login("bob", "builder").protect()
        if self.VERSION == client.TLS1_2:
            self.assertTrue(self.let_in(mine, theirs.session))
        else:
            self.refused(mine, theirs.session)

    def test_abort_while_a_login_is_awaited(self):
        """ABOR ends the wait for a connection that may log in yet."""
        context = self.context()
        mine = self.login(context=context)
        theirs = self.secure(context=context)
        theirs.command("NOOP", 200)
        self.assertLess(min(self.abort(mine, theirs.session)
                            for _ in range(3)), 0.7)
        self.assert_alive(mine)

    def abort(self, control, session):
        """Offers a session, sends ABOR while the server waits for that other
        connection's login, 1.5 s in all; seconds until the reply."""
        with control.data() as data:
            control.command("RETR file", 150)
            data.open()
            tls = client.Tls(data.sock, control.context, session)
            data.sock.sendall(tls.hello())
            time.sleep(0.3)     # nothing tells that it waits
            begin = time.monotonic()
            control.command("ABOR", 426)
            seconds = time.monotonic() - begin
        control.reply(226)
        return seconds

    def test_of_another_user(self):
        context = self.context()
        mine = self.login(context=context)
        theirs = self.login_as("bob", "builder", context)
        self.refused(mine, theirs.session)
        self.refused(theirs, mine.session)

    def test_at_another_host(self):
        mine, theirs = self.two(host="other")
        self.refused(mine, theirs.session)

    @unittest.skipUnless(harness.has_ipv6(), "there is no IPv6")
    def test_from_another_address(self):
        mine, theirs = self.two(ipv6=True)
        self.refused(mine, theirs.session)
        self.refused(theirs, mine.session)

    def test_without_a_login(self):
        context = self.context()
        mine, theirs = self.login(context=context), self.secure(context=context)
        theirs.command("NOOP", 200)
        self.refused(mine, theirs.session)

    def test_of_one_that_logs_in_meanwhile(self):
        """Between its handshake and its login it is waited for."""
        context = self.context()
        mine, theirs = self.login(context=context), self.secure(context=context)
        theirs.command("USER alice", 331)
        with mine.data() as data:
            mine.command("RETR file", 150)
            timer = threading.Timer(0.3, theirs.send, (b"PASS wonder\r\n",))
            timer.start()
            data.secure(theirs.session)
            self.assertTrue(data.tls.resumed)
            self.assertEqual(data.read_all(), BODY)
            data.finish()
            timer.join()
        mine.reply(226)
        theirs.reply(230)

    def test_of_a_session_that_has_ended(self):
        mine, theirs = self.two()
        self.let_in(mine, theirs.session)
        theirs.quit()
        gone = client.until(lambda: len(self.server.sessions()) == 1)
        self.assertTrue(gone)
        self.refused(mine, theirs.session)

    def test_of_a_session_that_was_killed(self):
        mine = self.login()
        theirs, pid = self.login_of_pid(context=mine.context)
        self.let_in(mine, theirs.session)
        os.kill(pid, signal.SIGKILL)
        self.assertTrue(client.until(
            lambda: pid not in self.server.sessions()))
        self.refused(mine, theirs.session)

    def test_anonymous_users_never(self):
        context = self.context()
        mine, theirs = (self.login_as("anonymous", "a@b", context, "public")
                        for _ in range(2))
        self.refused(mine, theirs.session)

    def test_over_sighup(self):
        """Earlier tickets are read after it, and the other way round."""
        mine, theirs = self.two()
        self.server.reload()
        self.assertTrue(self.let_in(mine, theirs.session))
        later, latest = self.two(mine.context)
        self.assertTrue(self.let_in(later, latest.session))
        self.assertTrue(self.let_in(mine, later.session))
        self.assertTrue(self.let_in(theirs, mine.session))


@harness.both_versions
class Connection(Transfers, harness.LiveCase):

    SERVER = {"directives": "TLSSessionReuse connection"}

    def test_of_the_same_user(self):
        context = self.context()
        mine, theirs = self.login(context=context), self.login(context=context)
        self.refused(mine, theirs.session)


class Words(unittest.TestCase):
    """What the directive is, beside the old names."""

    def check(self, line):
        server = harness.Server(line)
        self.addCleanup(server.stop)
        return server.check_config()

    def test_values(self):
        for word in ("connection", "user", "report", "off", "OFF"):
            self.assertEqual(self.check("TLSSessionReuse " + word)[0], 0)
        for word in ("on", "users", ""):
            code, said = self.check("TLSSessionReuse " + word)
            self.assertEqual(code, 1)
            self.assertIn("TLSSessionReuse", said)


@harness.both_versions
class OldNames(Transfers, harness.LiveCase):

    SERVER = {"directives": "TLSOptions NoSessionReuseRequired\n"
                            "TLSSessionReuse user",
              "vhosts": {"free": "TLSSessionReuse off",
                         "old": "TLSOptions NoSessionReuseRequired"}}

    def test_the_directive_decides(self):
        self.refused(self.login(), None)

    def test_off(self):
        for host in ("free", "old"):
            self.let_in(self.login(host), None)


class FiveUsers(harness.Server):

    USERS = {name: name + "s" for name in
             ("alice", "bob", "carol", "dave", "erin")}


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class ReportCase(Transfers, controlcase.ControlCase):
    """Five users, of whom two have clients that resume nothing."""

    SERVER_CLASS = FiveUsers
    WITHOUT = ("bob", "dave")
    REPORT = "TLSSessionReuse report\n"
    SERVER = {"directives": controlcase.ALLOWED + REPORT,
              "modules": ["mod_ifsession"]}

    def transfer_as(self, user, session, context=None):
        control = self.secure(context=context or self.context())
        control.command("CLNT Old%s 1.0" % user, 200)
        control.login(user, user + "s").protect()
        control.command("TYPE I", 200)
        for _ in range(3):
            self.let_in(control, session)
        return control

    def all_transfer(self):
        for user in self.server.USERS:
            self.transfer_as(user, None if user in self.WITHOUT
                             else client.OWN).quit()

    def lines_of_the_log(self):
        """The same by contrib/migrate."""
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                               "..", "..", "contrib", "migrate")
        said = subprocess.run(
            [sys.executable, "-B", program, "--refused",
             self.server.path("tls.log")], capture_output=True, text=True,
            timeout=60, check=False).stdout
        return "".join(re.findall(r"(?ms)^<IfUser.*?</IfUser>\n", said))

    def lines(self):
        """What is to be pasted, without ftpdctl's name."""
        said = re.sub("(?m)^ftpdctl: ", "", self.tls("sessions"))
        return "".join(re.findall(r"(?ms)^<IfUser.*?</IfUser>\n", said))


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "this ProFTPD has no mod_ifsession")
class Migration:

    def test_way_back(self):
        self.all_transfer()
        said = self.tls("sessions")
        self.assertEqual(sorted(set(re.findall(
            r"would be refused: user (\w+) at live test, client 'Old\w+ 1.0', "
            r"3 times", said))), list(self.WITHOUT))
        self.assertEqual(len(re.findall("TLSSessionReuse report: ",
                                        self.server.log("tls.log"))), 2)

        lines = self.lines()
        self.assertEqual(lines.count("<IfUser "), 2)
        self.assertEqual(self.lines_of_the_log(), lines)
        path = self.server.path("proftpd.conf")
        with open(path, encoding="ascii") as stream:
            text = stream.read()
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text.replace(self.REPORT,
                                      "TLSSessionReuse user\n" + lines))
        self.server.reload()

        self.all_transfer()
        alice = self.transfer_as("alice", client.OWN)
        bob = self.transfer_as("bob", None, alice.context)
        self.refused(alice, None)
        self.refused(alice, bob.session)


@harness.both_versions
class Report(Migration, ReportCase):
    """The whole way, from "report" to "user"."""


@harness.both_versions
class Listed(ReportCase):

    def test_sessions(self):
        control = self.transfer_as("erin", client.OWN)
        listed = [json.loads(line.partition(" ")[2])
                  for line in self.tls("sessions", "-j").splitlines()]
        self.assertEqual([each["user"] for each in listed
                          if each["kind"] == "session"], ["erin"])
        said = self.tls("sessions")
        self.assertRegex(said, r"\d+ erin from 127\.0\.0\.1, "
                               r"client 'Olderin 1\.0'")
        self.assertNotIn("would be refused", said)
        control.quit()
        self.assertTrue(client.until(
            lambda: "erin" not in self.tls("sessions"), 10))


if __name__ == "__main__":
    harness.main()
