# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""strace(1), which has system calls of a process fail, or take their time."""

import contextlib
import os
import subprocess
import unittest


@contextlib.contextmanager
def injecting(pid, call, what):
    """For a while; skips the test where there is no strace, or it may not."""
    try:
        process = subprocess.Popen(
            ["strace", "-o", os.devnull, "-e", "trace=" + call, "-e",
             "inject=%s:%s" % (call, what), "-p", str(pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
    except FileNotFoundError as error:
        raise unittest.SkipTest("no strace here") from error
    with process:
        try:
            line = process.stderr.readline()
            if "attached" not in line:
                raise unittest.SkipTest("strace cannot attach: " + line)
            yield
        finally:
            process.terminate()
