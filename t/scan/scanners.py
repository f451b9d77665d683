# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""sslscan and testssl.sh, and what they may find."""

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree

#: What a server offers by default (doc/mod_tls4217.html, TLSPolicy).
SUITES = {
    "TLSv1.2": {prefix + suite for prefix in ("ECDHE-ECDSA-", "ECDHE-RSA-")
                for suite in ("AES128-GCM-SHA256", "AES256-GCM-SHA384",
                              "CHACHA20-POLY1305")},
    "TLSv1.3": {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256"},
}

#: testssl.sh: from here on a finding is a failure.  WARN is the tool's own.
SERIOUS = ("MEDIUM", "HIGH", "CRITICAL", "FATAL")

TIMEOUT = 3600


def find(*names):
    """The first of these programs that there is, or None."""
    return next(filter(None, map(shutil.which, names)), None)


def run(*command):
    return subprocess.run(command, check=False, timeout=TIMEOUT, text=True,
                          errors="replace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def sslscan(port, implicit, root, work):
    """Findings, each a pair of what is named and words; None: no sslscan."""
    program = find("sslscan")
    if program is None:
        return None
    out = os.path.join(work, "sslscan-%d.xml" % port)
    done = run(program, "--no-colour", "--xml=" + out,
               *([] if implicit else ["--starttls-ftp"]),
               "127.0.0.1:%d" % port)
    if not os.path.exists(out):
        return [("sslscan", done.stdout[-300:])]
    return list(read_sslscan(xml.etree.ElementTree.parse(out).getroot()))


def read_sslscan(tree):
    offered = {}
    for each in tree.iter("cipher"):
        offered.setdefault(each.get("sslversion"), set()).add(
            each.get("cipher"))
    for version in sorted(set(offered) | set(SUITES)):
        has, wanted = offered.get(version, set()), SUITES.get(version, set())
        if has != wanted:
            yield version, "offers %s, not %s" % (sorted(has), sorted(wanted))
    for each in tree.iter("protocol"):
        name = each.get("type").upper() + "v" + each.get("version")
        if (each.get("enabled") == "1") != (name in SUITES):
            yield name, "enabled: " + each.get("enabled")
    for tag, attribute in (("compression", "supported"),
                           ("heartbleed", "vulnerable"),
                           ("renegotiation", "supported")):
        for each in tree.iter(tag):
            if each.get(attribute) not in ("0", None):
                yield tag, attribute
    for each in tree.iter("fallback"):
        if each.get("supported") == "0":
            yield "fallback", "no TLS_FALLBACK_SCSV"


def testssl(port, implicit, root, work):
    """The same of testssl.sh."""
    program = find("testssl", "testssl.sh")
    if program is None:
        return None
    out = os.path.join(work, "testssl-%d.json" % port)
    done = run(program, *([] if implicit else ["--starttls", "ftp"]),
               "--jsonfile", out, "--add-ca", root, "--color", "0", "--quiet",
               "--warnings", "batch", "--ip", "one", "localhost:%d" % port)
    try:
        with open(out, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return [("testssl", done.stdout[-300:])]
    if len(found) < 100:
        return [("testssl", "said only %d things: %s" % (
            len(found), done.stdout[-300:]))]
    return [(each["id"].split()[0], each["finding"]) for each in found
            if each["severity"] in SERIOUS]
