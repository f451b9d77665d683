# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Random sequences of steps, and the smallest part of one that still fails."""

MODES = ("PASV", "EPSV", "PORT", "EPRT")

#: Weight, and the alternatives of each word.
KINDS = (
    (10, "auth", ("TLS", "TLS", "TLS", "tls-c", "SSL", "TLS-P", "", "KERBEROS",
                  "TLS now"),
     ("good", "good", "good", "good", "good", "good", "good", "half", "plain",
      "cut", "alert")),
    (8, "user", ("alice", "alice", "alice", "bob", "carol")),
    (9, "pass", ("right", "right", "right", "right", "wrong")),
    (8, "pbsz", ("0", "0", "0", "1", "4294967295", "4294967296", "-1", "x",
                 "")),
    (10, "prot", ("P", "P", "P", "C", "C", "p", "S", "E", "X", "", "P P")),
    (4, "ccc", ("", "", "", "now"), ("notify", "notify", "plain")),
    (3, "rein", ("", "", "", "now"), ("notify", "notify", "plain")),
    (4, "address", MODES),
    (9, "transfer", ("RETR",), ("file", "file", "secret/file"),
     MODES + ("-",), ("good", "good", "good", "good", "fresh", "plain")),
    (5, "transfer", ("STOR",), ("up", "up", "secret/up"),
     MODES + ("-",), ("good", "good", "good", "fresh", "plain", "cut")),
    (4, "transfer", ("LIST", "NLST", "MLSD"), (".", "secret"),
     MODES + ("-",), ("good", "good", "good", "fresh", "plain")),
    (1, "transfer", ("RETR",), ("big",), MODES, ("abort",)),
    (4, "say", ("NOOP", "SYST", "PWD", "CWD /", "TYPE I", "TYPE A", "HELP",
                "CLNT x", "USER", "MKD file", "REST 0",
                "ABOR", "STRU F", "MODE S")),
    (1, "unknown", ("1", "1", "4", "9", "12")),
    (2, "stat"),
    (1, "feat"),
    (1, "path", ("STAT",), ("file",), ("213",)),
    (1, "path", ("STAT",), ("secret",), ("212",)),
    (1, "path", ("MLST",), ("file", "secret"), ("250",)),
    (2, "move", ("file", "secret/file")),
    (1, "quit"),
    (1, "drop", ("end", "reset")),
    (1, "connect", ("good", "tls", "half", "plain", "cut", "alert")),
)


def generate(random, length):
    """A sequence of so many steps."""
    weights = [kind[0] for kind in KINDS]
    steps = []
    for kind in random.choices(KINDS, weights, k=length):
        steps.append((kind[1],) + tuple(
            random.choice(words) for words in kind[2:]))
    return steps


def shorten(steps, fails):
    """The smallest sequence found that still fails: without its end, then
    without each part whose absence changes nothing, large parts first."""
    size = len(steps)
    while size >= 1:
        at = 0
        while at < len(steps):
            rest = steps[:at] + steps[at + size:]
            if rest and fails(rest):
                steps = rest
            else:
                at += size
        size //= 2
    return steps
