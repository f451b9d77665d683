#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The headings of the RFCs that doc/RFC4217 goes through section by section.

    t/structure/sectionlist.py FILE...      prints them, from the RFCs' texts
    t/structure/sectionlist.py --check DIR  compares them with sections.txt

FILE is rfc4217.txt and so on, as https://www.rfc-editor.org/rfc/ has them.
sections.txt was made by this program; t/structure/documents reads it, and
makes the comparison, too, where the texts are in $TLS4217_RFC or where
Debian's doc-rfc packages put them.  A line is RFC:SECTION and its title.

A heading is a number at the left margin, or three blanks behind it, and a
title behind that; and it follows the one before it, so that neither a list
nor an address is taken for one.  Section 3 of RFC 2228 has commands instead:
NAME (COMMAND).
"""

import argparse
import glob
import gzip
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LIST = os.path.join(HERE, "sections.txt")

#: Where texts may be, and how they are called there.
PLACES = ("/usr/share/doc/RFC/links",)

HEADING = re.compile(r" {0,3}(\d+(?:\.\d+)*)\.? {1,2}([A-Za-z].*\S)")
COMMAND = re.compile(r" {3}([A-Z][A-Z/ -]+) \(([A-Z]+)\)(?: and)?$")


def follows(number, last):
    """Whether section number may come next: a part, or the next of some
    level."""
    if number == last + [1]:
        return True
    depth = len(number)
    return depth <= len(last) and number[:-1] == last[:depth - 1] and \
        number[-1] == last[depth - 1] + 1


def read_headings(rfc, text):
    """The lines of sections.txt for one RFC."""
    found, last = [], [0]
    for line in text.splitlines():
        match = HEADING.match(line)
        if match and "...." not in line:
            number = [int(word) for word in match.group(1).split(".")]
            if follows(number, last):
                last = number
                found.append("%s:%s %s" % (rfc, match.group(1),
                                           match.group(2)))
        match = COMMAND.match(line)
        if match and rfc == "2228" and last == [3]:
            found.append("%s:%s %s" % (rfc, match.group(2), match.group(1)))
    return found


def read_text(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", errors="replace") as stream:
        return stream.read()


def read_list():
    """sections.txt, without its comments."""
    return [line for line in read_text(LIST).splitlines()
            if line and not line.startswith("#")]


def find_text(folder, rfc):
    names = sorted(glob.glob(os.path.join(folder, "rfc%s.txt*" % rfc)))
    return names[0] if names else None


def compare(folder):
    """What differs, in words; and how many texts there were."""
    listed, findings, seen = read_list(), [], 0
    for rfc in sorted({line.partition(":")[0] for line in listed}):
        path = find_text(folder, rfc)
        if path is None:
            continue
        seen += 1
        ours = [line for line in listed if line.startswith(rfc + ":")]
        theirs = read_headings(rfc, read_text(path))
        findings += ["%s has '%s'" % (path, line) for line in theirs
                     if line not in ours]
        findings += ["%s has no '%s'" % (path, line) for line in ours
                     if line not in theirs]
    return findings, seen


def find_folder():
    """Where the texts are, or None."""
    for folder in (os.environ.get("TLS4217_RFC", ""), *PLACES):
        if folder and find_text(folder, "4217"):
            return folder
    return None


def main():
    parser = argparse.ArgumentParser(description="Headings of RFCs.")
    parser.add_argument("--check", metavar="DIR")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    if args.check:
        findings, seen = compare(args.check)
        print("\n".join(findings + ["%d texts compared" % seen]))
        return 1 if findings or not seen else 0
    print("# Made by t/structure/sectionlist.py.")
    for path in args.files:
        rfc = re.search(r"rfc(\d+)\.txt", path).group(1)
        print("\n".join(read_headings(rfc, read_text(path))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
