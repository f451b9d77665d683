#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""REIN: everything is as after connect, in place or in another process.

RFC 4217 section 13 and 4.2; RFC 959 section 4.1.1.
"""

import ssl
import time

import client
import harness
from reincase import BODY, LIMIT, ReinCase


@harness.both_versions
class BeforeLogin(ReinCase):
    """In place, whether or not AllowReinitialize is on."""

    HOSTS = ("main", "never")

    def each(self):
        for host in self.HOSTS:
            with self.subTest(host=host):
                yield host

    def test_rfc4217_13_in_clear(self):
        for host in self.each():
            control = self.connect(host)
            control.command("REIN", 220)
            self.assert_as_after_connect(control)
            self.again(control)

    def test_rfc4217_13_tls_ends_behind_a_protected_reply(self):
        for host in self.each():
            control = self.rein(self.secure(host))
            self.assert_as_after_connect(control)
            self.again(control)

    def test_rfc959_rein_has_no_parameter(self):
        control = self.secure()
        control.command("USER alice", 331)
        control.command("REIN now", 501)
        control.command("PASS wonder", 230)
        self.everything(control.protect())

    def test_rfc959_user_is_forgotten(self):
        for host in self.each():
            control = self.connect(host)
            control.command("USER alice", 331)
            control.command("REIN", 220)
            control.command("PASS wonder", 503)
            control = self.secure(host)
            control.command("USER alice", 331)
            self.rein(control)
            control.command("PASS wonder", 503)
            control.login()

    def test_rfc4217_13_level_is_reset(self):
        """Also AUTH SSL's: sendfile(2) must neither be used in TLS nor
        avoided in clear."""
        for mechanism in ("SSL", "TLS"):
            control = self.secure("never", mechanism)
            control.command("PBSZ 0", 200)
            control.command("PROT P", 200)
            self.rein(control).login()
            control.command("TYPE I", 200)
            self.assertEqual(
                control.download("RETR file", protected=False), BODY)
            control = self.rein(self.secure("never", mechanism))
            self.again(control)

    def test_rfc4217_10_1_control_policy_holds_again(self):
        control = self.rein(self.secure("must"))
        control.command("USER alice", 533)
        control.command("REIN", 220)
        control.command("USER alice", 533)
        self.again(control)

    def test_rfc4217_13_pbsz_is_forgotten(self):
        control = self.secure()
        control.command("PBSZ 0", 200)
        self.rein(control).auth()
        control.command("PROT P", 503)

    def test_rfc4217_13_sessions_of_before_open_nothing(self):
        control = self.secure("never")
        old = control.session
        self.rein(control)
        control.auth().login().protect()
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(old)
                self.assertEqual(data.read_all(), b"")
            except (ssl.SSLError, client.Cut, ConnectionError):
                pass
            control.reply(522)
        self.everything(control)

    def test_rfc4217_13_resumption_is_the_clients_choice(self):
        for resume in (False, True):
            control = self.secure("never")
            old = control.session if resume else None
            self.rein(control)
            control.auth(session=old)
            control.login().protect()
            self.everything(control)

    def test_commands_inside_tls_behind_rein_are_thrown_away(self):
        control = self.secure()
        control.tls.records(b"REIN\r\nUSER alice\r\n", b"PASS wonder\r\n")
        control.reply(220)
        self.assertEqual(control.tls.read(), b"")
        control.tls.close_notify()
        control.tls = None
        self.assert_as_after_connect(control)
        self.assert_logged("discarded .* after REIN")

    def test_commands_in_clear_behind_rein(self):
        control = self.connect()
        control.send(b"REIN\r\nNOOP\r\nUSER alice\r\n")
        control.reply(220)
        control.reply(200)
        control.reply(331)

    def test_many_times(self):
        control = self.connect("never")
        for _ in range(LIMIT // 2):
            control.command("REIN", 220)
            control.auth()
            self.rein(control)
        control.command("REIN", 502)
        control.auth()
        control.command("REIN", 502)
        control.login().protect()
        self.everything(control)

    def test_login_timeout_is_not_reset(self):
        control = self.connect("login")
        begin = time.monotonic()
        time.sleep(2.5)
        control.command("REIN", 220)
        client.read_to_end(control.sock)
        self.assertLess(time.monotonic() - begin, 6)

    def test_failed_logins_still_count(self):
        control = self.connect("never")
        for _ in range(2):
            control.command("USER alice", 331)
            control.command("PASS wrong", 530)
            control.command("REIN", 220)
        control.command("USER alice", 331)
        control.command("PASS wrong", 530)
        self.assertEqual(client.read_to_end(control.sock), b"")

    def test_implicit_tls_stays(self):
        control = self.connect("implicit", implicit=True)
        control.command("REIN", 502)
        control.login()
        control.command("REIN", 502)
        control.protect()
        self.everything(control)

    def test_what_logs_and_notes_say(self):
        control = self.rein(self.secure())
        control.command("NOOP", 200)
        self.assert_logged(r"NOOP:ftp::-:200", "extended.log")
        control.auth()
        control.command("NOOP", 200)
        self.assert_logged(r"NOOP:ftps:TLSv1.\d:-:200", "extended.log")


@harness.both_versions
class Without(ReinCase):
    """After login, without the option: 502, and nothing has changed."""

    def test_rfc4217_13_refused(self):
        control = self.login("never")
        control.command("CWD sub", 250)
        control.command("REIN", 502)
        self.assertIn("sub", control.command("PWD", 257).text)
        control.command("CDUP", 250)
        self.everything(control)
        self.assert_logged("AllowReinitialize")

    def test_refused_in_clear(self):
        control = self.connect("never").login()
        control.command("REIN", 502)
        control.command("PWD", 257)

    def test_no_process_is_added(self):
        self.login("never")
        self.assertTrue(client.until(
            lambda: len(self.server.sessions()) == 1), "others are there")
        pid = self.server.sessions()[0]
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as stream:
            self.assertEqual(stream.read(), "")

    def test_help_knows_rein(self):
        self.assertIn(
            "REIN", self.connect().command("HELP", 214).text.split())


@harness.both_versions
class AfterLogin(ReinCase):
    """Through the supervisor."""

    def test_rfc4217_13_another_user(self):
        for host in ("main", "jail", "binary"):
            with self.subTest(host=host):
                control = self.login(host)
                control.command("CWD sub", 250)
                control.download("NLST")
                self.rein(control)
                self.assert_as_after_connect(control)
                self.again(control)
                self.rein(control)
                self.assert_as_after_connect(control)
                self.again(control, "alice", "wonder")
                control.quit()

    def test_rfc4217_13_in_clear(self):
        control = self.connect().login()
        control.command("TYPE I", 200)
        control.download("RETR file", protected=False)
        control.command("REIN", 220)
        self.assert_as_after_connect(control)
        self.again(control)

    def test_rfc4217_13_after_ccc(self):
        control = self.login()
        control.command("CCC", 200)
        self.assertEqual(control.tls.read(), b"")
        control.tls.close_notify()
        control.tls = None
        control.command("REIN", 220)
        self.assert_as_after_connect(control)
        self.again(control)

    def test_rfc4217_13_nothing_stays(self):
        control = self.login()
        control.command("TYPE I", 200)
        control.command("REST 100", 350)
        control.command("EPSV ALL", 200)
        self.rein(control)
        self.assert_as_after_connect(control)
        control.auth().login().protect()
        control.command("RNTO gone", 503)
        control.command("TYPE I", 200)
        self.assertEqual(control.download("RETR file", "PASV"), BODY)

    def test_rfc4217_13_sessions_of_the_last_user_open_nothing(self):
        control = self.login()
        old = control.session
        self.rein(control)
        control.auth().login("bob", "builder").protect()
        with control.data() as data:
            control.command("RETR file", 150)
            try:
                data.secure(old)
                self.assertEqual(data.read_all(), b"")
            except (ssl.SSLError, client.Cut, ConnectionError):
                pass
            control.reply(522)
        self.everything(control)

    def test_rfc4217_13_resumption_is_the_clients_choice(self):
        control = self.login()
        old = control.session
        self.rein(control)
        control.auth(session=old).login().protect()
        self.everything(control)

    def test_rfc4217_10_1_control_policy_holds_again(self):
        control = self.rein(self.login("must"))
        control.command("USER alice", 533)
        self.again(control)

    def test_open_data_port_is_closed(self):
        control = self.login()
        data = control.data()
        self.rein(control)
        data.sock.settimeout(5)
        self.assertEqual(client.read_to_end(data.sock), b"")
        data.close()

    def test_commands_inside_tls_behind_rein_are_thrown_away(self):
        control = self.login()
        control.tls.records(b"REIN\r\nMKD evil\r\n", b"MKD evil\r\n")
        control.reply(220)
        self.assertEqual(control.tls.read(), b"")
        control.tls.close_notify()
        control.tls = None
        self.assert_as_after_connect(control)
        control.login()
        control.command("RMD evil", 550)

    def test_commands_in_clear_behind_rein_are_not_the_last_users(self):
        control = self.connect().login()
        control.send(b"REIN\r\nMKD evil\r\n")
        control.reply(220)
        self.assert_as_after_connect(control)
        control.login()
        control.command("RMD evil", 550)
        self.assert_logged("discarded .* after REIN")

    def test_next_command_in_the_segment_of_close_notify(self):
        control = self.login()
        control.command("REIN", 220)
        self.assertEqual(control.tls.read(), b"")
        try:
            control.tls.object.unwrap()
        except ssl.SSLError:
            pass
        control.sock.sendall(control.tls._out.read() + b"USER bob\r\n")
        control.tls = None
        control.reply(331)
        control.command("PASS builder", 230)

    def test_rfc959_a_transfer_is_completed_first(self):
        self.server.put("big", b"b" * (8 << 20))
        control = self.login()
        with control.begin("RETR big") as data:
            data.tls.read()
            control.send(b"REIN\r\n")
            self.assertGreater(len(data.read_all()), 7 << 20)
            data.finish()
        control.reply(226)
        control.reply(220)
        self.assertEqual(control.tls.read(), b"")
        control.tls.close_notify()
        control.tls = None
        self.assert_as_after_connect(control)
        self.again(control)

    def test_many_times(self):
        control = self.login()
        for _ in range(LIMIT):
            self.rein(control)
            control.auth().login()
        control.command("REIN", 502)
        control.protect()
        self.everything(control)

    def test_failed_logins_add_up(self):
        """MaxLoginAttempts is 3: two guesses, REIN, one guess."""
        control = self.connect()
        for _ in range(2):
            control.command("USER bob", 331)
            control.command("PASS wrong", 530)
        control.login()
        control.command("REIN", 220)
        control.command("USER bob", 331)
        control.command("PASS wrong", 530)
        self.assertEqual(client.read_to_end(control.sock), b"")
        self.assert_logged("Maximum login attempts", "system.log")

    def test_login_without_guesses_is_no_failure(self):
        control = self.connect()
        for _ in range(LIMIT):
            control.command("PASS wonder", 503)
            control.login()
            control.command("REIN", 220)
        control.login()

    def test_login_timeout_starts_anew(self):
        control = self.rein(self.login("login"))
        begin = time.monotonic()
        client.read_to_end(control.sock)
        self.assertGreater(time.monotonic() - begin, 2)

    def test_idle_timeout_is_told(self):
        control = self.rein(self.login("idle"))
        control.command("NOOP", 200)
        self.assertRegex(
            client.read_to_end(control.sock), rb"\A421 [^\r\n]+\r\n\Z")


if __name__ == "__main__":
    harness.main()
