# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The certificate files that a configuration names, by openssl(1)."""

import os
import re
import subprocess

from migration.report import CHANGES, GOES, STAYS, Finding

#: A certificate's directive: that of its key, and the type it is named for.
NAMED = {"tlsrsacertificatefile": ("TLSRSACertificateKeyFile", "RSA"),
         "tlseccertificatefile": ("TLSECCertificateKeyFile", "EC")}

SECONDS_A_DAY = 86400
SOON = 14   # days


def _openssl(*words):
    """(output, whether it went well); nobody is asked for a pass phrase."""
    done = subprocess.run(["openssl", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=20, check=False)
    return done.stdout.decode("utf-8", "replace"), done.returncode == 0


def _field(text, name):
    match = re.search(r"^%s ?= ?(.*)$" % name, text, re.MULTILINE)
    return match.group(1).strip() if match else ""


class Certificate:
    """The first one in a file."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8", errors="replace") as stream:
            self.count = stream.read().count("-----BEGIN CERTIFICATE-----")
        text, self.good = _openssl("x509", "-in", path, "-noout", "-subject",
                                   "-issuer", "-enddate", "-nameopt",
                                   "RFC2253")
        self.subject = _field(text, "subject")
        self.issuer = _field(text, "issuer")
        self.end = _field(text, "notAfter")
        self.public = _openssl("x509", "-in", path, "-noout", "-pubkey")[0]

    def lasts(self, days):
        return _openssl("x509", "-in", self.path, "-noout", "-checkend",
                        str(days * SECONDS_A_DAY))[1]

    def subjects(self):
        """Of all certificates in the file."""
        with open(self.path, encoding="utf-8", errors="replace") as stream:
            parts = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END "
                               r"CERTIFICATE-----", stream.read(), re.DOTALL)
        found = set()
        for part in parts:
            done = subprocess.run(
                ["openssl", "x509", "-noout", "-subject", "-nameopt",
                 "RFC2253"], input=part.encode(), capture_output=True,
                timeout=20, check=False)
            found.add(_field(done.stdout.decode("utf-8", "replace"),
                             "subject"))
        return found


def key_type(public):
    done = subprocess.run(["openssl", "pkey", "-pubin", "-noout", "-text"],
                          input=public.encode(), capture_output=True,
                          timeout=20, check=False)
    text = done.stdout.decode("utf-8", "replace")
    bits = re.search(r"\((\d+) bit", text)
    if "Modulus" in text:
        kind = "RSA"
    elif "ASN1 OID" in text or "NIST CURVE" in text:
        kind = "EC"
    elif "ED25519" in text:
        kind = "Ed25519"
    else:
        kind = "other"
    return kind, int(bits.group(1)) if bits else 0


def check_key(path, certificate):
    """What is wrong with a key; "" for nothing."""
    with open(path, encoding="utf-8", errors="replace") as stream:
        if "ENCRYPTED" in stream.read():
            return ""   # TLSPassPhraseProvider, or a terminal
    public, good = _openssl("pkey", "-in", path, "-pubout")
    if not good:
        return "%s contains no key" % path
    if public.strip() != certificate.public.strip():
        return "the key in %s does not belong to the certificate" % path
    return ""


def check_chain(config, certificate, server):
    """Whether clients get the certificates between it and a root."""
    if certificate.count > 1 or certificate.issuer == certificate.subject:
        return ""
    known = set()
    for name in ("TLSCertificateChainFile", "TLSCACertificateFile"):
        for line in config.find(name, server):
            if len(line.words) > 1 and os.path.isfile(line.words[1]):
                known |= Certificate(line.words[1]).subjects()
    if certificate.issuer in known:
        return ""
    return "the certificate of its issuer (%s) is in no file: clients may " \
        "not trust it; a fullchain.pem has both" % certificate.issuer


def _strongest(found):
    for verdict in (GOES, CHANGES, STAYS):
        texts = [text for kind, text in found if kind == verdict]
        if texts:
            return verdict, "; ".join(
                text for _, text in sorted(found) if text)
    return STAYS, ""


def check_line(config, line, key_path, named):
    """One certificate and its key."""
    path = line.words[1]
    server = line.scope.server
    server = config.globals if server.kind == "global" else server
    if not os.path.isfile(path):
        return GOES, "%s is not there" % path
    certificate = Certificate(path)
    if not certificate.good:
        return GOES, "%s contains no certificate in PEM" % path
    kind, bits = key_type(certificate.public)
    found = []
    if not certificate.lasts(0):
        found.append((CHANGES, "it has expired (%s)" % certificate.end))
    elif not certificate.lasts(SOON):
        found.append((STAYS, "it expires on %s" % certificate.end))
    if kind == "RSA" and 0 < bits < 2048:
        found.append((GOES, "its RSA key of %d bits is too small" % bits))
    if named and kind != named:
        found.append((STAYS, "its key is %s, which is fine" % kind))
    if key_path is None or os.path.isfile(key_path):
        wrong = check_key(key_path or path, certificate)
        found.append((GOES, wrong) if wrong else (STAYS, ""))
    else:
        found.append((GOES, "the key %s is not there" % key_path))
    gap = check_chain(config, certificate, server)
    if gap:
        found.append((CHANGES, gap))
    return _strongest(found)


def check(config):
    """Findings about what the files hold; none where all is well."""
    findings = []
    for line in config.lines:
        name = line.name.lower()
        if len(line.words) < 2:
            continue
        if name == "tlscertificatefile":
            key, named = (line.words[2:] + [None])[0], None
        elif name in NAMED:
            server = line.scope.server
            server = config.globals if server.kind == "global" else server
            keys = config.find(NAMED[name][0], server)
            key = keys[0].words[1] if keys and len(keys[0].words) > 1 else None
            named = NAMED[name][1]
        else:
            continue
        verdict, text = check_line(config, line, key, named)
        if text:
            findings.append(Finding(line, verdict, text, None))
    return findings
