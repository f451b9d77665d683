#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Prints the directives and the words of TLSOptions, one a line.

    contrib/directives.py [--srcdir DIR]

Reads the tables of the sources (ftp/config/directives.c, option_directives.c),
the same that the module is built of.  Fields with a tab between them: name,
what becomes of it (used, ignored, refused), contexts, fewest and most words
("-": any number), default ("-": none), and what it looks like; of one that is
ignored or refused, why.  A word of TLSOptions is written TLSOptions:WORD.
"""

import argparse
import collections
import os
import re
import sys

ROW = re.compile(r'\{ "(TLS\w+)",\s*(\w+),\s*([\w| ]+),\s*(\w+),\s*(\w+),'
                 r'\s*((?:"[^"]*"\s*)+),\s*("[^"]*"|\w+),'
                 r'\s*(\w+)(?:\((\w+)(?:,\s*([\w.]+))?\))?\s*\}')
OPTION = re.compile(r'\{ "(\w+)",\s*(\w+)(?:\(([\w.]+)\))?'
                    r'(?:,\s*((?:"[^"]*"\s*)+))?(?:,\s*\w+)?\s*\}')

#: The macros of the table, as the manual writes them.
CONTEXTS = {
    "SVG": ("server config", "<VirtualHost>", "<Global>"),
    "SV": ("server config", "<VirtualHost>"),
    "ADF": ("<Anonymous>", "<Directory>", ".ftpaccess"),
    "CONF_ROOT": ("server config",),
    "CONF_ANON": ("<Anonymous>",),
}
FATES = {"tls4217_value_directives_nothing": "ignored",
         "tls4217_value_directives_refused": "refused"}

Directive = collections.namedtuple(
    "Directive", "name fate contexts fewest most usage default member")
Option = collections.namedtuple("Option", "name member effect")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def join(text):
    """What a compiler makes of adjacent strings."""
    return "".join(re.findall(r'"([^"]*)"', text))


def table(source, name):
    """The text of an array."""
    return re.search(r"\b%s\[\] = \{(.*?)^\};" % name, source,
                     re.MULTILINE | re.DOTALL).group(1)


def constant(srcdir, word):
    """A string, or the one that a macro of the headers stands for."""
    if word.startswith('"'):
        return word[1:-1]
    if word == "NULL":
        return None
    for folder, _, names in os.walk(os.path.join(srcdir, "mod_tls4217")):
        for name in sorted(names):
            found = name.endswith(".h") and re.search(
                r'#define %s\s+"([^"]*)"' % word, read(folder, name))
            if found:
                return found.group(1)
    raise ValueError("no header says what %s is" % word)


def directives(srcdir):
    """All rows, in the order of the table."""
    text = table(read(srcdir, "mod_tls4217/ftp/config/directives.c"),
                 "directives")
    rows = [Directive(
        name, FATES.get(setter, "used"),
        sum((CONTEXTS[word.strip()] for word in contexts.split("|")), ()),
        fewest, "-" if most == "ANY" else most, join(usage),
        constant(srcdir, default), member or kind)
        for name, setter, contexts, fewest, most, usage, default, _, kind,
        member in ROW.findall(text)]
    if len(rows) != len(re.findall(r'\{ "TLS', text)):
        raise ValueError("a row of directives.c is not understood")
    return rows


def options(srcdir):
    """All words of TLSOptions."""
    text = table(read(srcdir, "mod_tls4217/ftp/config/option_directives.c"),
                 "options")
    words = [Option(name, member or None, join(effect) or None)
             for name, _, member, effect in OPTION.findall(text)]
    if len(words) != len(re.findall(r'\{ "', text)):
        raise ValueError("a row of option_directives.c is not understood")
    return words


def lines(srcdir):
    for row in directives(srcdir):
        yield (row.name, row.fate, ", ".join(row.contexts), row.fewest,
               row.most, row.default or "-", row.usage)
    for word in options(srcdir):
        yield ("TLSOptions:" + word.name,
               "ignored" if word.effect else "used", "-", "-", "-", "-",
               word.effect or "-")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Prints the directives.")
    parser.add_argument("--srcdir", default=os.path.join(here, ".."))
    args = parser.parse_args()
    for fields in lines(args.srcdir):
        print("\t".join(fields))
    return 0


if __name__ == "__main__":
    sys.exit(main())
