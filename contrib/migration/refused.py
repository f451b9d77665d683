# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Whom "TLSSessionReuse user" would refuse, from TLSLogs of "report"."""

import collections
import re

LINE = re.compile(r"user (?P<user>.*?): client '(?P<client>.*)': "
                  r"TLSSessionReuse report: accepted a data connection")

#: What <IfUser> takes as one name: no list, no operator, no blank.
PLAIN = re.compile(r"[^\s,!&|\"'<>*?\\#]+\Z")


def collect(paths):
    """How often each user and client was let in, in the order of their
    names."""
    found = collections.Counter()
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                match = LINE.search(line)
                if match:
                    found[match.group("user"), match.group("client")] += 1
    return sorted(found.items())


def run(paths):
    """Returns the exit status: 1 where somebody would be refused."""
    found = collect(paths)
    for (user, client), count in found:
        print("would be refused: user %s, client '%s', in %d sessions"
              % (user, client, count))
    if not found:
        print("nobody would be refused")
        return 0
    print("# TLSSessionReuse user, with mod_ifsession:")
    for user in sorted({user for (user, _), _ in found}):
        if PLAIN.match(user):
            print("<IfUser %s>\n  TLSSessionReuse off\n</IfUser>" % user)
        else:
            print("# user '%s' has a name that <IfUser> does not take" % user)
    return 1
