#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Keys behind a pass phrase: who is asked, how often, and who has it then."""

import os
import signal
import ssl
import time
import unittest

import client
import harness
import phrasecase
from phrasecase import OTHER, PHRASE

#: AddressSanitizer has more memory to be searched.
harness.TEST_SECONDS = 3 * harness.TEST_SECONDS

ONE_PROCESS = "TLSKeyIsolation off\n"


class ProgramCase(harness.LiveCase):
    """A server whose keys the program of TLSPassPhraseProvider opens."""

    SERVER_CLASS = phrasecase.LockedServer
    ISOLATION = ""

    @classmethod
    def prepare(cls):
        cls.server.put("big", client.pattern(1 << 20))
        cls.server.directives = cls.ISOLATION + "TLSReloadInterval 1\n" + \
            cls.server.tells()

    def assert_serves(self):
        for ciphers in ("ECDHE-RSA-AES128-GCM-SHA256",
                        "ECDHE-ECDSA-AES128-GCM-SHA256"):
            context = self.server.context(ssl.TLSVersion.TLSv1_2)
            context.set_ciphers(ciphers)
            control = self.connect(context=context)
            control.auth().login().protect().download("LIST")

    def main_name(self):
        return "%d" % self.server.ports["main"]

    def renew(self, phrase):
        """New files, and the time until they serve."""
        self.server.mark()
        for kind in ("rsa", "ec"):
            self.server.lock(kind, phrase)

    def assert_renewed(self):
        self.assert_logged("were read again: generation", seconds=15)
        self.assert_serves()


class Program(ProgramCase):

    def test_1_asked_once(self):
        self.assert_serves()
        asked = self.server.asked()
        self.assertEqual(len(asked), 1, asked)
        name, _, kind = asked[0].rpartition(" ")
        self.assertTrue(name.endswith(":" + self.main_name()), asked)
        self.assertEqual(kind, "RSA")

    def test_2_sighup(self):
        for _ in range(5):
            self.server.reload()
        self.assert_serves()
        self.assertEqual(len(self.server.asked()), 1)

    def test_3_renewed_behind_the_same_phrase(self):
        self.renew(PHRASE)
        self.assert_renewed()
        self.assertEqual(len(self.server.asked()), 1)

    def test_4_renewed_behind_another(self):
        """It is asked for the other one; and where it does not have it, what
        was there before serves on, and it is not asked again and again."""
        self.renew(OTHER)
        self.assert_logged(
            r"warning: .*TLSRSACertificateFile: TLSPassPhraseProvider "
            r"'[^']*/program': the pass phrase does not open the private key "
            r"in key file '[^']*rsa.key'.*remain in use", seconds=15)
        self.assert_serves()
        time.sleep(1.5)
        self.assertEqual(len(self.server.asked()), 2)

        self.server.tells(OTHER)
        self.server.mark()
        self.server.reload()
        self.assert_serves()
        self.assertEqual(len(self.server.asked()), 3)

    @unittest.skipUnless(os.geteuid() == 0, "only root may look into them")
    def test_5_nobody_else_has_it(self):
        control, session = self.login_of_pid()
        daemon = self.server.process.pid
        self.assert_hits(daemon, session)
        with control.begin("RETR big") as data:
            self.assert_hits(daemon, session)
            data.read_all()
            data.finish()
        control.reply(226)

    def assert_hits(self, daemon, session):
        self.assertEqual(phrasecase.hits(daemon), 0)
        self.assertEqual(phrasecase.hits(session), 0)
        for process in self.server.key_processes():
            self.assertGreater(phrasecase.hits(process), 0)

    def test_6_the_key_process_dies(self):
        """The next one has no phrase, and the program has it."""
        if not self.server.key_processes():
            self.skipTest("there is none")
        old, = self.server.key_processes()
        before = len(self.server.asked())
        os.kill(old, signal.SIGKILL)
        self.assertTrue(client.until(
            lambda: self.server.key_processes() not in ([], [old]), 15))
        self.assertTrue(client.until(
            lambda: len(self.server.asked()) > before, 15))
        self.assert_logged("were read again|all are read again", "system.log",
                           seconds=15)
        self.assert_serves()


class ProgramInOneProcess(Program):
    ISOLATION = ONE_PROCESS
    test_4_renewed_behind_another = None

    def assert_hits(self, daemon, session):
        """The daemon has it, in the page that sessions do not get."""
        self.assertEqual(phrasecase.hits(session), 0)
        self.assertEqual(phrasecase.hits(daemon), 1)


LONG = "head -c 2000 /dev/zero | tr '\\0' x"

#: What is wrong with a program: its text, and the words of the error.
PROGRAMS = {
    "the wrong phrase": (
        "echo wrong", ("the pass phrase does not open the private key in key "
                       "file '", "rsa.key'")),
    "nothing": ("exit 0", ("has printed nothing", "standard output")),
    "an empty line": ("echo", ("the pass phrase is empty",)),
    "too long": (LONG, ("longer than 1023 bytes",)),
    "a failure": ("echo %s; exit 3" % PHRASE, ("ended with the status 3",)),
    "a signal": ("kill -SEGV $$", ("ended by signal 11",)),
    "words on standard error": (
        "echo 'the vault is sealed' >&2; exit 1",
        ("says: the vault is sealed", "status 1")),
}


class Hostile(unittest.TestCase):
    """proftpd -t, with programs that are not what they should be."""

    def setUp(self):
        self.server = phrasecase.LockedServer()
        self.addCleanup(self.server.stop)

    def refused(self, directive, words):
        self.server.directives = directive
        code, text = self.server.check_config()
        self.assertNotEqual(code, 0, text)
        for word in ("TLSRSACertificateFile: TLSPassPhraseProvider '",) + words:
            self.assertIn(word, text)
        self.assertNotIn(PHRASE, text)
        return text

    def test_programs(self):
        for name, (body, words) in PROGRAMS.items():
            with self.subTest(name):
                self.refused(self.server.program(body), words)

    def test_it_hangs(self):
        begin = time.monotonic()
        self.refused(self.server.program("sleep 100 & sleep 100"),
                     ("was killed", "after 10 seconds"))
        self.assertLess(time.monotonic() - begin, 20)

    def test_who_could_replace_it(self):
        body = "echo " + PHRASE
        self.refused("TLSPassPhraseProvider %s/none\n" % self.server.keys,
                     ("no such program",))
        self.refused(self.server.program(body, "all", 0o702),
                     ("others can replace it", "chmod go-w", "/all'"))
        self.refused(self.server.program(body, "group", 0o720),
                     ("others can replace it", "/group'"))
        self.refused("TLSPassPhraseProvider %s\n" % self.server.keys,
                     ("cannot be run",))

    @unittest.skipUnless(os.geteuid() == 0, "only root has other users' files")
    def test_somebody_elses(self):
        self.server.program("echo " + PHRASE)
        os.rename(self.server.key_path("program"), self.server.path("program"))
        self.refused("TLSPassPhraseProvider {root}/program",
                     ("others can replace it", "%s'" % self.server.root))
        os.chmod(self.server.key_path("rsa.key"), 0o600)

    def test_a_link_is_followed(self):
        self.server.program("echo " + PHRASE)
        os.symlink(self.server.key_path("program"), self.server.path("link"))
        self.server.directives = "TLSPassPhraseProvider {root}/link"
        code, text = self.server.check_config()
        self.assertEqual(code, 0, text)

    def test_what_it_is_given(self):
        """Three descriptors, PATH, the folder /, a terminal of nobody's."""
        self.server.directives = self.server.program(
            "ls /proc/$$/fd | tr '\\n' ' ' >{keys}/given; env >>{keys}/given; "
            "pwd >>{keys}/given; readlink /proc/$$/fd/0 >>{keys}/given; "
            "echo " + PHRASE)
        code, text = self.server.check_config()
        self.assertEqual(code, 0, text)
        with open(self.server.key_path("given"), encoding="ascii") as stream:
            given = stream.read()
        # The shell reads its own file by one more, and the text goes to 1.
        self.assertRegex(given, r"^0 1 (10 )?2 ")
        self.assertIn("PATH=/usr/sbin:/usr/bin:/sbin:/bin\n", given)
        self.assertNotIn("LD_", given)
        self.assertIn("\n/\n/dev/null\n", given)

    def test_without_a_program_or_a_terminal(self):
        self.server.directives = ""
        code, text = self.server.check_config()
        self.assertNotEqual(code, 0)
        for word in ("rsa.key", "needs a pass phrase", "TLSPassPhraseProvider",
                     "terminal", "openssl pkey"):
            self.assertIn(word, text)


class AtTerminal(unittest.TestCase):
    """Without a program, whoever starts the server is asked."""

    def setUp(self):
        self.server = phrasecase.LockedServer()
        self.addCleanup(self.server.stop)

    def start(self, *words):
        terminal = phrasecase.Terminal(self.server, *words)
        self.addCleanup(terminal.close)
        return terminal

    def test_asked_once(self):
        terminal = self.start("-t")
        terminal.answer("mistyped\n", 1)
        terminal.answer(PHRASE + "\n", 2)
        self.assertEqual(terminal.wait(), 0, terminal.said)
        self.assertEqual(terminal.said.count("Pass phrase for the key of"), 2)
        self.assertIn("(RSA, '%s')" % self.server.key_path("rsa.key"),
                      terminal.said)
        for typed in ("mistyped", PHRASE):
            self.assertNotIn(typed, terminal.said)

    def test_three_attempts(self):
        terminal = self.start("-t")
        for number in range(1, 4):
            terminal.answer("mistyped\n", number)
        self.assertNotEqual(terminal.wait(), 0)
        self.assertIn("the pass phrase does not open", terminal.said)

    def test_interrupted(self):
        terminal = self.start("-t")
        terminal.answer("half\003", 1)
        self.assertNotEqual(terminal.wait(), 0)
        self.assertIn("needs a pass phrase", terminal.said)

    def test_a_daemon(self):
        """It has left the terminal; SIGHUP and renewed files need nobody."""
        self.serve_from_terminal("")

    def test_a_daemon_of_one_process(self):
        self.serve_from_terminal(ONE_PROCESS)

    def test_gone_with_the_key_process(self):
        """The next one has no phrase, and there is no terminal any more."""
        self.serve_from_terminal("", then=self.kill_key_process)

    def kill_key_process(self, server):
        old, = server.key_processes()
        server.mark()
        os.kill(old, signal.SIGKILL)
        self.assertTrue(client.until(
            lambda: "has gone with the process that had it: restart ProFTPD "
            "from a terminal" in server.log("system.log"), 30),
            server.logs())
        with client.Control(server.address(), server.context()) as control:
            control.command("AUTH TLS", 431)

    def serve_from_terminal(self, isolation, then=None):
        server = phrasecase.LockedServer(isolation + "TLSReloadInterval 1\n")
        self.addCleanup(server.stop)
        terminal = phrasecase.Terminal(server, "-n")
        self.addCleanup(terminal.close)

        class Process:
            """What the server of the tests asks of a process."""
            pid = terminal.pid
            returncode = None

            def poll(self):
                return None

            def wait(self):
                return os.waitpid(self.pid, 0)

        terminal.answer(PHRASE + "\n", 1)
        self.assertTrue(client.until(server._accepts, 20), terminal.said)
        server.process = Process()
        for _ in range(3):
            server.lock("rsa")
            server.lock("ec")
            server.reload()
        control = client.Control(server.address(), server.context())
        control.auth().login().protect().download("LIST")
        control.close()
        if os.geteuid() == 0 and not isolation:
            self.assertEqual(phrasecase.hits(terminal.pid), 0)
        self.assertEqual(terminal.said.count("Pass phrase for the key of"), 1)
        if then is not None:
            then(server)
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait()
        server.process = None


if __name__ == "__main__":
    harness.main()
