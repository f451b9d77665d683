#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The short form of "make model": a server replies what rfc4217/ predicts.

Always the same sequences; how many of them, the time decides.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "model"))

import client   # noqa: E402
import harness  # noqa: E402
from machine import program  # noqa: E402
from modelserver import ModelServer  # noqa: E402
from oracle import all_hosts  # noqa: E402
from trial import Trial  # noqa: E402

SEED = 4217
SECONDS = 12

#: Each fifth host: all views, CCC on and off, explicit and implicit.
HOSTS = all_hosts()[::5]


@unittest.skipUnless(os.access(program(), os.X_OK),
                     "t/model/machine has not been built")
class Model(harness.LiveCase):

    SERVER_CLASS = ModelServer
    SERVER = {"hosts": HOSTS}

    def test_replies_are_those_that_rfc4217_predicts(self):
        reports = []
        trial = Trial(self.server, HOSTS, (client.TLS1_2, client.TLS1_3),
                      SEED, reports.append)
        self.addCleanup(trial.close)
        trial.run(steps=5000, seconds=SECONDS)
        print("# %d steps, %d replies" % (trial.steps, trial.replies))
        self.assertFalse(trial.differences, "\n".join(reports))
        self.assertGreater(trial.steps, 50)


if __name__ == "__main__":
    harness.main()
