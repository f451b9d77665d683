#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Networks that lose, delay, reorder, repeat and damage packets, or take small
ones only: transfers both ways are whole, byte by byte, or a reply says why not.

TCP repairs all of it but a damage that its checksum does not see; then TLS
must.  "make network" runs this in a machine of its own.
"""

import time
import unittest

from netcase import HAS_OWN_LOOPBACK, NetCase, harness, network

#: Name, what tc-netem(8) does to each packet, the MTU, and whether TCP repairs
#: it all.
NETWORKS = (
    ("as it is", "", 65536, True),
    ("1 % loss, 20 ms", "delay 10ms loss 1%", 1500, True),
    ("5 % loss, 20 ms", "delay 10ms loss 5%", 1500, True),
    ("2 % loss, 200 ms", "delay 100ms loss 2%", 1500, True),
    ("reordering", "delay 10ms reorder 75% 50%", 1500, True),
    ("duplication", "delay 5ms duplicate 5%", 1500, True),
    ("corruption", "delay 5ms corrupt 2%", 1500, False),
    ("MTU 576", "delay 2ms", 576, True),
    ("MTU 576, 2 % loss", "delay 10ms loss 2%", 576, True),
    ("MTU 9000, 1 % loss", "delay 10ms loss 1%", 9000, True),
)


@unittest.skipUnless(HAS_OWN_LOOPBACK, "needs a loopback of its own")
class Shaped(NetCase):

    SERVER = {"directives": "TLSKernelOffload off\nTimeoutLinger 2\n",
              "vhosts": {"kernel": "TLSKernelOffload on\nTimeoutLinger 2\n"}}

    def go(self, host):
        """One session through each network."""
        for name, netem, mtu, repaired in NETWORKS:
            with self.subTest(network=name), network(netem, mtu):
                start = time.monotonic()
                control = self.login(host)
                done = [self.up(control), self.down(control),
                        self.down(control, "LIST", None),
                        self.up(control, "up2"), self.down(control)]
                self.assert_alive(control)
                if repaired:
                    self.assertEqual(done, [True] * 5)
                control.quit()
                print("# %s, %s: %d of 5 whole, %.1f s" % (
                    host, name, sum(done), time.monotonic() - start))

    def test_each_network(self):
        self.go("main")

    def test_each_network_with_kernel_tls(self):
        self.go("kernel")


harness.both_versions(Shaped)
del Shaped

if __name__ == "__main__":
    harness.main()
