#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What TLSKeyIsolation costs: memory of a session, time of a handshake.

    keycost.py [STARTS [HANDSHAKES]]

Sessions of one daemon are alike, daemons are not by some 20 KiB: the memory is
the median over so many daemons of each kind.  Handshakes go to a daemon with a
key process and to one without by turns; on a machine that does something else,
too, neither the best nor the median of them says much.
"""

import os
import re
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "live"))

import client    # noqa: E402
import harness   # noqa: E402

KINDS = ("", "TLSKeyIsolation off\n")

CONFIG = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {pki}/%s-all.pem
DefaultRoot ~
"""


def private(pid):
    """KiB that are the process' own: proc(5), smaps_rollup."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as stream:
        sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", stream.read(), re.M))
    return int(sizes["Private_Dirty"]) + int(sizes["Private_Clean"])


def start(kind, key):
    server = harness.Server(kind, tls=CONFIG % key)
    server.start()
    return server


def session_size(kind, key):
    """KiB of a session that has had a data connection."""
    server = start(kind, key)
    try:
        with client.Control(server.address(), server.context()) as control:
            control.auth().login().protect().download("LIST")
            # What has asked whether the daemon serves is over by now.
            client.until(lambda: len(server.sessions()) == 1)
            pid, = server.sessions()
            return private(pid)
    finally:
        server.stop()


def handshake(server, version):
    """Microseconds of a full one."""
    with client.Control(server.address(), server.context(version)) as control:
        control.command("AUTH TLS", 234)
        begin = time.perf_counter()
        control.handshake()
        # In TLS 1.3 the server is done when it has read our end.
        control.command("NOOP", 200)
        return 1e6 * (time.perf_counter() - begin)


def compare_times(key, version, count):
    servers = [start(kind, key) for kind in KINDS]
    times = [[], []]
    try:
        for _ in range(count):
            for each, server in zip(times, servers):
                each.append(handshake(server, version))
    finally:
        for server in servers:
            server.stop()
    for name, how in (("best", min), ("median", statistics.median)):
        with_it, without = (how(each) for each in times)
        print("%-4s %s handshake, %s: %+d us to %d us" % (
            key, version.name, name, with_it - without, without))


def main():
    counts = [int(word) for word in sys.argv[1:]]
    counts += [15, 150][len(counts):]
    for key in ("rsa", "ec"):
        sizes = [statistics.median(session_size(kind, key)
                                   for _ in range(counts[0]))
                 for kind in KINDS]
        print("%-4s session: %d KiB, %d KiB without" % (key, *sizes),
              flush=True)
    for key in ("rsa", "ec"):
        for version in (client.TLS1_2, client.TLS1_3):
            compare_times(key, version, counts[1])


if __name__ == "__main__":
    harness.module()
    main()
