# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The proftpd under test and its modules: what is built in, what is loaded.

The environment says which:
    PROFTPD               the server; default /usr/sbin/proftpd
    TLS4217_MODULE        path of the module (mod_tls4217.so); "static", or
                          nothing, where the server has it built in
    TLS4217_MODULE_ORDER  where our LoadModule line stands: "core" (default,
                          behind those of the core's own modules and ahead of
                          all others), "first" or "last"
    TLS4217_POOLS_FREE    set where the server's pools free(3) their memory and
                          AddressSanitizer watches (t/core/run)

Distributions differ in what they build into the server: Debian 13 has
mod_xfer, mod_ls and mod_delay as shared modules, Debian 12 has them built in.
"""

import functools
import glob
import os
import re
import subprocess
import sys

#: What ./configure makes a part of every server, in the order in which the
#: server has them when they are built in.
CORE_MODULES = (
    "mod_xfer", "mod_rlimit", "mod_auth_unix", "mod_auth_file", "mod_auth",
    "mod_ls", "mod_log", "mod_site", "mod_delay", "mod_facts", "mod_ident",
    "mod_auth_pam", "mod_cap", "mod_ctrls", "mod_lang")

#: The one module that must come last, whatever the order.
LAST_MODULE = "mod_ifsession"

ORDERS = ("core", "first", "last")

POOLS_FREE = bool(os.environ.get("TLS4217_POOLS_FREE"))


def proftpd():
    path = os.environ.get("PROFTPD", "/usr/sbin/proftpd")
    if not os.access(path, os.X_OK):
        sys.exit("set PROFTPD to the path of proftpd (it is %r)" % path)
    return path


@functools.lru_cache(maxsize=None)
def _said(option):
    return subprocess.run([proftpd(), option], capture_output=True, text=True,
                          timeout=20, check=True).stdout


@functools.lru_cache(maxsize=None)
def version():
    """The version's numbers: (1, 3, 8)."""
    done = subprocess.run([proftpd(), "-v"], capture_output=True, text=True,
                          timeout=20, check=True)
    return tuple(int(each) for each in re.search(
        r"(\d+)\.(\d+)\.(\d+)", done.stdout + done.stderr).groups())


def built_in(name):
    """Whether the server has the module without loading it."""
    return name + ".c" in _said("-l").split()


def libexec():
    """Where the server's own modules are; None without mod_dso."""
    found = re.search(r"Shared Module Directory:\s+(\S+)", _said("-V"))
    return found and found.group(1)


def stock_module(name):
    """The path of one of the server's own shared modules, or None."""
    path = os.path.join(libexec() or "", name + ".so")
    return path if libexec() and os.path.isfile(path) else None


def stock_modules():
    """The paths of all of the server's own shared modules."""
    return sorted(glob.glob(os.path.join(libexec(), "*.so"))) \
        if libexec() else []


def ftpdctl():
    """The server's own ftpdctl, or None; others may not be understood."""
    path = os.path.join(os.path.dirname(os.path.dirname(
        os.path.realpath(proftpd()))), "bin", "ftpdctl")
    return path if os.access(path, os.X_OK) else None


def module():
    """The path of the module under test; None where it is built in."""
    path = os.environ.get("TLS4217_MODULE")
    if path in (None, "", "static") and built_in("mod_tls4217"):
        return None
    if not path or not os.path.isfile(path):
        sys.exit("set TLS4217_MODULE to the path of mod_tls4217.so"
                 " (it is %r)" % path)
    return path


def module_name():
    path = module()
    return "mod_tls4217" if path is None else \
        os.path.basename(path)[:-len(".so")]


def core_modules():
    """The core's own modules that this server must be told to load."""
    return [name for name in CORE_MODULES
            if not built_in(name) and stock_module(name)]


def load_order(before=(), behind=(), order=None):
    """The modules to load, ours among them, in this run's order, or the one
    given."""
    ours = [] if module() is None else [module_name()]
    core = core_modules()
    before = [name for name in before if not built_in(name)]
    behind = [name for name in behind if not built_in(name)]
    order = order or os.environ.get("TLS4217_MODULE_ORDER") or ORDERS[0]
    if order not in ORDERS:
        sys.exit("TLS4217_MODULE_ORDER is one of %s, not %r" % (
            ", ".join(ORDERS), order))
    if order == "first":
        return [*ours, *core, *before, *behind]
    if order == "last":
        last = [name for name in behind if name == LAST_MODULE]
        others = [name for name in behind if name != LAST_MODULE]
        return [*core, *before, *others, *ours, *last]
    return [*core, *before, *ours, *behind]


def load_lines(folder, names):
    """The lines that load them from a folder, if anything is to be loaded:
    a server without mod_dso knows neither directive."""
    if not names:
        return ""
    return "\n".join(["ModulePath " + folder] +
                     ["LoadModule %s.c" % name for name in names])
