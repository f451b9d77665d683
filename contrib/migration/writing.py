# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The new files, beside the old ones."""

import os

from migration.report import STAYS

SUFFIX = ".tls4217"


def _new_name(path):
    return path + SUFFIX


def _new_include(line):
    """An Include that finds the new files."""
    pattern = line.words[1]
    if os.path.isdir(pattern):
        pattern = os.path.join(pattern, "*")
    return "Include %s" % (pattern + SUFFIX)


def _replacements(config, findings, source):
    """Number of a line: (how many lines of the file, what comes there)."""
    lines = {}
    for line in config.lines:
        if line.source is source and line.name.lower() == "include" and \
           len(line.words) > 1:
            lines[line.number] = (line.count, [_new_include(line)])
    for finding in findings:
        line = finding.line
        if line.source is source and finding.new is not None and \
           finding.verdict != STAYS:
            count, before = lines.get(line.number, (line.count, []))
            lines[line.number] = (count, before + finding.new)
    return lines


def rewrite(config, findings, source):
    """The text of a file as it is to be."""
    changes = _replacements(config, findings, source)
    out, skip = [], 0
    for number, text in enumerate(source.text.splitlines(), 1):
        if number in changes:
            skip, new = changes[number]
            indent = text[:len(text) - len(text.lstrip())]
            wanted = [indent + line for line in new]
        if skip == 0:
            out.append(text)
            continue
        out.append("# before: " + text.strip())
        skip -= 1
        if skip == 0:
            out += wanted
    return "\n".join(out) + "\n"


def write(config, findings):
    """Makes all of them, or none; returns their paths."""
    texts = {}
    for source in config.sources:
        texts[_new_name(source.path)] = (
            source.path, rewrite(config, findings, source))
    for path in texts:
        if os.path.lexists(path):
            raise ValueError("%s is there already: move it away first" % path)
    for path, (old, text) in texts.items():
        state = os.stat(old)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(path, flags, state.st_mode & 0o777)
        with open(descriptor, "w", encoding="utf-8",
                  errors="surrogateescape") as stream:
            os.fchmod(descriptor, state.st_mode & 0o777)
            if os.geteuid() == 0:
                os.fchown(descriptor, state.st_uid, state.st_gid)
            stream.write(text)
    return sorted(texts)
