# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Findings, and how they are printed."""

import collections

#: Verdicts, in the order of what they cost.
STAYS, IGNORED, CHANGES, GOES = "stays", "ignored", "changes", "must go"

#: line: conf.Line; text: why, or ""; new: lines in its place, or None: as it is
Finding = collections.namedtuple("Finding", "line verdict text new")


ORDER = (STAYS, IGNORED, CHANGES, GOES)


def _join(first, second):
    """Two about one line: the worse verdict, both texts."""
    verdict = max(first.verdict, second.verdict, key=ORDER.index)
    texts = [found.text for found in (first, second) if found.text]
    new = second.new if first.new is None else first.new
    return Finding(first.line, verdict, "; ".join(texts), new)


def merge(config, findings):
    """One for each line, in the order of the lines."""
    found = {}
    for finding in findings:
        key = id(finding.line)
        found[key] = _join(found[key], finding) if key in found else finding
    return [found[id(line)] for line in config.lines if id(line) in found]


def status(findings):
    verdicts = {finding.verdict for finding in findings}
    return 2 if GOES in verdicts else 1 if verdicts - {STAYS} else 0


def say(config, findings, defaults, quiet):
    for finding in findings:
        if quiet and finding.verdict == STAYS and not finding.text:
            continue
        print("%s: %s: %s%s" % (
            finding.line.place, finding.verdict, finding.line.text,
            "\n    " + finding.text if finding.text else ""))
        for line in finding.new or ():
            print("    > %s" % line)
        if finding.new == []:
            print("    > (no line)")
    for line in config.missing:
        print("%s: '%s' names no file" % (line.place, line.words[1]))
    if defaults:
        print("\nWithout a line of their own, these are different:")
    for text, line in defaults:
        print("    %s\n    > %s" % (text, line))
    count = collections.Counter(finding.verdict for finding in findings)
    print("\n%d stay, %d change, %d are ignored, %d must go" % (
        count[STAYS], count[CHANGES], count[IGNORED], count[GOES]))


def say_files(paths):
    for path in paths:
        print("written: %s" % path)
