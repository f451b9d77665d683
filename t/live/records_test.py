#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Records carry no message borders (RFC 8446, section 5.1): commands that are
split over records, records with many commands, and how a connection ends.
"""

import time

import client
import harness


@harness.both_versions
class Records(harness.LiveCase):
    """Commands and records have nothing to do with each other."""

    def test_one_byte_per_record(self):
        control = self.secure()
        for line in (b"USER alice\r\n", b"PASS wonder\r\n", b"PWD\r\n"):
            control.tls.records(*[bytes([byte]) for byte in line])
            self.assertIn(control.reply().code, (331, 230, 257))

    def test_command_split_anywhere(self):
        control = self.secure()
        line = b"HELP NOOP\r\n"
        for at in range(1, len(line)):
            with self.subTest(at=at):
                control.tls.records(line[:at], line[at:])
                control.reply(214)
                control.tls.records(line[:at])
                self.assertFalse(control.pending(0.02))
                control.tls.records(line[at:])
                control.reply(214)

    def test_splits_cost_no_time(self):
        control = self.secure()
        began = time.monotonic()
        for _ in range(20):
            control.tls.records(b"NO", b"OP\r", b"\n")
            control.reply(200)
            control.tls.dribble(b"NOOP\r\n", 5)
            control.reply(200)
        self.assertLess(time.monotonic() - began, 3)

    def test_several_commands_in_a_record(self):
        control = self.secure()
        control.send(b"USER alice\r\nPASS wonder\r\nPBSZ 0\r\nPROT P\r\n"
                     b"PWD\r\nNOOP\r\n")
        codes = [control.reply().code for _ in range(6)]
        self.assertEqual(codes, [331, 230, 200, 200, 257, 200])

    def test_many_commands_in_many_records(self):
        control = self.secure()
        control.tls.write(b"NOOP\r\n" * 6000)
        for _ in range(6000):
            control.reply(200)

    def test_commands_right_behind_a_transfer_command(self):
        control = self.login()
        with control.data() as data:
            control.send(b"LIST\r\nNOOP\r\nPWD\r\n")
            codes = [control.reply(150).code]
            data.secure()
            data.read_all()
            data.finish()
            codes += sorted(control.reply().code for _ in range(3))
        self.assertEqual(codes, [150, 200, 226, 257])

    def test_control_connection_ends(self):
        """Each way: the process goes, the others stay."""
        other = self.login()
        ways = (client.cut, client.reset,
                lambda sock: (sock.sendall(b"\x17\x03\x03\x01"),
                              client.cut(sock)),
                lambda sock: sock.sendall(b"\x17\x03\x03\0\x20" + b"x" * 32),
                lambda sock: sock.sendall(b"NOOP\r\n" * 10))
        for way in ways:
            with self.subTest(way=way):
                before = set(self.server.sessions())
                control = self.login()
                mine = set(self.server.sessions()) - before
                way(control.sock)
                self.assertTrue(client.until(
                    lambda: not mine & set(self.server.sessions())))
                other.command("NOOP", 200)

    def test_rfc8446_6_1_quit_ends_with_close_notify(self):
        control = self.login()
        control.command("QUIT", 221)
        self.assertEqual(control.tls.read(), b"")

    def test_rfc8446_6_1_close_notify_from_the_client_is_answered(self):
        control = self.login()
        control.tls.close_notify()
        self.assertEqual(control.tls.read(), b"")
        self.assertEqual(client.read_to_end(control.sock), b"")


if __name__ == "__main__":
    harness.main()
