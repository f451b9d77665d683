# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""rfc4217/ as a program (machine.c), asked from Python."""

import collections
import os
import subprocess

Verdict = collections.namedtuple("Verdict", "accepted level code text")
State = collections.namedtuple("State", "control pbsz level prot")


def program():
    """Where the build has it: beside the module, unless TLS4217_MACHINE says
    otherwise."""
    module = os.environ.get("TLS4217_MODULE", "mod_tls4217.so")
    return os.environ.get("TLS4217_MACHINE") or os.path.join(
        os.path.dirname(os.path.abspath(module)), "t", "model", "machine")


class Machine:
    """One state machine; ask() and tell() as machine.c has the words."""

    def __init__(self, path=None):
        self.process = subprocess.Popen(
            [path or program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def _line(self, words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the machine has ended at %r" % (words,))
        return line.rstrip("\n")

    def ask(self, *words):
        """A decision, which changes nothing."""
        accepted, level, code, text = self._line(words).split(" ", 3)
        return Verdict(accepted == "1", level, code, text)

    def tell(self, *words):
        """What has happened; returns the state behind it."""
        control, pbsz, level, prot = self._line(words).split(" ")
        return State(control, pbsz == "1", level, prot == "1")

    def new(self, control_view, data_view, facts):
        return self.tell("new", control_view, data_view, *sorted(facts))
