#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Clients whose TLS 1.3 tickets serve once: each transfer needs a fresh one.

JSSE (with commons-net) and Go; node_test.py has the third.  TLS4217_ROUNDS is
how many files go up and come down, where 60 are not enough.
"""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile

import clients
import harness

#: Of an upload and a download each.
ROUNDS = int(os.environ.get("TLS4217_ROUNDS", "60"))

JAR = "/usr/share/java/commons-net.jar"


@functools.lru_cache(maxsize=None)
def go_program():
    """Built once, in a folder of its own."""
    folder = tempfile.mkdtemp(prefix="go.")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = os.path.join(folder, "transfers")
    subprocess.run(
        ["go", "build", "-o", path,
         os.path.join(clients.HERE, "transfers.go")], check=True,
        cwd=folder, timeout=240, stdin=subprocess.DEVNULL,
        env=dict(os.environ, HOME=folder, GOCACHE=folder + "/cache",
                 GOPATH=folder + "/path", GOTOOLCHAIN="local",
                 GO111MODULE="off", CGO_ENABLED="0"))
    return path


class Transfers(clients.ClientCase):

    COMMAND = None

    def test_all_resume(self):
        done = clients.run(
            [*self.COMMAND, str(self.server.ports["main"]),
             clients.VERSION_NAMES[self.VERSION],
             self.server.pki.path("root.pem"), str(ROUNDS)],
            cwd=self.scratch, seconds=35 + ROUNDS // 10)
        self.assert_done(done)
        self.assert_channels(control=1, data=2 * ROUNDS)


@harness.both_versions
class Jsse(Transfers):

    COMMAND = ["java",
               "--add-opens", "java.base/sun.security.ssl=ALL-UNNAMED",
               "--add-opens", "java.base/sun.security.util=ALL-UNNAMED",
               "-cp", JAR, os.path.join(clients.HERE, "Transfers.java")]

    @classmethod
    def reason_to_skip(cls):
        if shutil.which("java") is None or "jdk.compiler" not in \
           subprocess.run(["java", "--list-modules"], text=True, timeout=30,
                          capture_output=True, check=False).stdout:
            return "a JDK (default-jdk-headless) is not installed"
        if not os.path.exists(JAR):
            return "commons-net (libcommons-net-java) is not installed"
        return None


@harness.both_versions
class Go(Transfers):

    NEEDS = "go"

    @classmethod
    def reason_to_skip(cls):
        return None if shutil.which(cls.NEEDS) else \
            "go (golang-go) is not installed"

    @classmethod
    def setUpClass(cls):
        if cls.reason_to_skip() is None:
            cls.COMMAND = [go_program()]
        super().setUpClass()


del Transfers

if __name__ == "__main__":
    harness.main()
