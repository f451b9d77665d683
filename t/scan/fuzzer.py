# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""tlsfuzzer's scripts, against "openssl s_server" and against ours.

TLSFUZZER is a folder of https://github.com/tlsfuzzer/tlsfuzzer in which Python
finds tlslite-ng and ecdsa, too (links do).  Each script is run with what it
takes by itself, ECDHE where it offers that choice, and not more than PROBES of
its probes.  They say GET, which ProFTPD takes for a client of another protocol
and closes; so ours gets a copy of them that says NOOP, or, where TLS is
implicit and the greeting is the reply, blanks.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import time

#: Of one script; those that it calls "sanity" come besides.
PROBES = 20

#: Seconds, for one script.  One that is not through then has not passed.
TIMEOUT = 90

#: Not tests of a server that one can run: timing, generators, client
#: certificates, and what needs another configuration.
OTHERS = re.compile(r"timing|marvin|minerva|lucky13|generator|client-cert"
                    r"|mldsa|bleichenbacher")


GET = re.compile(
    rb"GET / HTTP/1\.[01]((?:\\r)?\\n)?((?:\\r)?\\n|(?=['\"]))?")
BLANK_LINE = re.compile(rb"\\r\\n\\r\\n(?=['\"])")


def size(text):
    """Of what Python makes of it."""
    return len(text) - text.count(b"\\")


def translate(folder, target, command):
    """A copy whose texts have the same size: they say command, which may be
    nothing that ends a line."""
    end = rb"\r\n" if command else b""

    def line(found):
        rest = size(found.group()) - len(command)
        if found.group(2) is None:
            return command + b" " * rest
        return command + b" " * (rest - size(end)) + end

    def text_of(text):
        text = GET.sub(line, text)
        return BLANK_LINE.sub(lambda _: b" " * (4 - size(end)) + end, text)

    for name in ("scripts", "tlsfuzzer", "tlslite", "ecdsa", "six.py"):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(target, name))
        elif os.path.isfile(path):
            shutil.copy(path, target)
    for path in glob.glob(os.path.join(target, "scripts", "*.py")) + \
            glob.glob(os.path.join(target, "tlsfuzzer", "_apps", "*.py")):
        with open(path, "rb") as file:
            text = file.read()
        with open(path, "wb") as file:
            file.write(text_of(text))
    return target


def scripts(folder):
    return [path for path in sorted(glob.glob(
        os.path.join(folder, "scripts", "test-*.py")))
            if not OTHERS.search(os.path.basename(path))]


def takes(folder, path, option):
    """Whether a script knows an option: its text is in _apps, or in itself."""
    name = os.path.basename(path).replace("-", "_")
    for each in (os.path.join(folder, "tlsfuzzer", "_apps", name), path):
        if os.path.isfile(each):
            with open(each, encoding="utf-8") as file:
                return re.search(r"opt == ['\"]%s['\"]" % option,
                                 file.read()) is not None
    return False


def run(folder, path, port):
    """Whether one script passes; its last lines."""
    command = [sys.executable, path, "-h", "127.0.0.1", "-p", str(port)]
    if takes(folder, path, "-n"):
        command += ["-n", str(PROBES)]
    if takes(folder, path, "-d"):
        command += ["-d"]
    try:
        done = subprocess.run(
            command, cwd=folder, timeout=TIMEOUT, check=False, text=True,
            errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(os.environ, PYTHONPATH=folder,
                                               PYTHONDONTWRITEBYTECODE="1"))
    except subprocess.TimeoutExpired:
        return False, "not through after %d s" % TIMEOUT
    return done.returncode == 0, done.stdout[-1500:]


class Reference:
    """openssl s_server with the same certificates and suites."""

    def __init__(self, pki, suites, port):
        self.port = port
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", str(port), "-www", "-quiet",
             "-cert", pki.path("rsa.pem"), "-key", pki.path("rsa.key"),
             "-cert_chain", pki.path("inter.pem"),
             "-dcert", pki.path("ec.pem"), "-dkey", pki.path("ec.key"),
             "-dcert_chain", pki.path("inter.pem"),
             "-cipher", suites, "-no_tls1", "-no_tls1_1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        time.sleep(1)

    def close(self):
        self.process.kill()
        self.process.wait()


def compare(folder, reference, ours, jobs, report, only=None):
    """Runs each script against the reference's port, and those that pass there
    against ours: name -> (folder of the copy, port).  Returns the names of
    those that pass against the reference, and for each of ours the words of
    those of them that do not."""
    wanted = [path for path in scripts(folder)
              if only is None or re.search(only, path)]

    def each(path):
        name = os.path.basename(path)[len("test-"):-len(".py")]
        failed = {}
        if not run(folder, path, reference)[0]:
            return name, None
        for where, (copy, port) in ours.items():
            passed, words = run(copy, os.path.join(
                copy, "scripts", os.path.basename(path)), port)
            report("%-4s  %-9s %s" % ("pass" if passed else "FAIL", where,
                                      name))
            if not passed:
                failed[where] = words
        return name, failed

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(each, wanted))
    good = [name for name, failed in results if failed is not None]
    return good, {where: {name: failed[where] for name, failed in results
                          if failed and where in failed} for where in ours}
