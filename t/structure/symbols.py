# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What nm(1) says of object files, asked once for all of them."""

import subprocess


def symbols(paths, *options):
    """Yields (path, line) for each line that nm prints about these files."""
    if not paths:
        return
    output = subprocess.run(["nm", "-A", *options, *paths], check=True,
                            text=True, stdout=subprocess.PIPE).stdout
    for line in output.splitlines():
        for suffix in (".o:", ".so:"):
            path, found, rest = line.partition(suffix)
            if found and rest.strip():
                yield path + suffix[:-1], rest
                break
