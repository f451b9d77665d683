# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A real proftpd with the module, on loopback: its files, its life, its logs.

The environment says what is tested, beside what program.py takes from it:
    TLS4217_PRELOAD  LD_PRELOAD for the server (a sanitizer's runtime)
    TMPDIR           where the temporary directory is made

Works as root (sessions run as "nobody") and without. A Server owns one
temporary directory, one daemon and one process group, and leaves none behind.
"""

import atexit
import functools
import grp
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "pki")]
sys.dont_write_bytecode = True

import client  # noqa: E402
import pki     # noqa: E402
from program import (built_in, load_lines, load_order,  # noqa: E402
                     module, module_name, proftpd, stock_module,
                     stock_modules)

STOCK_MODULES = ("mod_deflate", "mod_ifsession", "mod_ban", "mod_tls")

BASE = """\
ServerName "live test"
ServerType standalone
{load}
User {user}
Group {group}
UseIPv6 {use_ipv6}
UseReverseDNS off
SocketBindTight on
MaxInstances 60
PidFile {root}/proftpd.pid
ScoreboardFile {root}/scoreboard
SystemLog {root}/system.log
DebugLevel 5
TransferLog none
<IfModule mod_ctrls.c>
  ControlsEngine off
</IfModule>
<Global>
  WtmpLog off
  AuthOrder mod_auth_file.c
  AuthUserFile {root}/passwd
  RequireValidShell off
  AllowOverwrite on
  AllowStoreRestart on
  AllowRetrieveRestart on
  <IfModule mod_delay.c>
    DelayEngine off
  </IfModule>
{global_directives}
</Global>
DefaultAddress {addresses}
{isolation}
{main}
{vhosts}
"""

#: Where the keys are, for the whole run: t/run says so.
ISOLATION = "TLSKeyIsolation off" \
    if os.environ.get("TLS4217_KEY_ISOLATION") == "off" else ""

#: What a server that works needs; names that mod_tls knows, too.
TLS = """\
TLSEngine on
TLSLog {root}/tls.log
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
TLSECCertificateFile {pki}/ec.pem
TLSECCertificateKeyFile {pki}/ec.key
TLSCertificateChainFile {pki}/inter.pem
"""


@functools.lru_cache(maxsize=None)
def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


@functools.lru_cache(maxsize=None)
def account():
    """Whose files the sessions use: (user, group, uid, gid)."""
    entry = pwd.getpwnam("nobody") if os.geteuid() == 0 \
        else pwd.getpwuid(os.geteuid())
    group = grp.getgrgid(entry.pw_gid).gr_name
    return entry.pw_name, group, entry.pw_uid, entry.pw_gid


def temporary_directory():
    """A new 0700 directory of the account, below TMPDIR.

    TMPDIR is passed over where the account cannot get through to it.
    """
    parent = os.path.realpath(tempfile.gettempdir())
    if os.geteuid() == 0 and not _others_can_enter(parent):
        parent = "/tmp"
    made = tempfile.mkdtemp(prefix="tls4217-", dir=parent)
    own(made)
    return made


def _others_can_enter(path):
    while path != "/":
        if not os.stat(path).st_mode & stat.S_IXOTH:
            return False
        path = os.path.dirname(path)
    return True


def own(path):
    """Gives a file to the account that sessions run as."""
    if os.geteuid() == 0:
        os.chown(path, *account()[2:])


@functools.lru_cache(maxsize=None)
def certificates():
    """The certificates of this process, made once."""
    directory = temporary_directory()
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return pki.Pki(directory)


@functools.lru_cache(maxsize=None)
def password_hash(password):
    done = subprocess.run(["openssl", "passwd", "-5", password], text=True,
                          capture_output=True, timeout=20, check=True)
    return done.stdout.strip()


#: Outside of what systems give to outgoing and passive connections.
PORTS = range(11000, 32000)

_reserved = []


def _reserve(port):
    """Whether a port is ours now, for as long as this process lives: tests run
    side by side, and each looks for ports that nobody has."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind("\0tls4217-test-port-%d" % port)
        for family, host in ((socket.AF_INET, "127.0.0.1"),
                             (socket.AF_INET6, "::1"))[:1 + has_ipv6()]:
            with socket.socket(family) as sock:
                sock.bind((host, port))
    except OSError:
        lock.close()
        return False
    _reserved.append(lock)
    return True


def free_ports(count):
    """Ports that nobody listens on, nor any other test will."""
    candidates = iter(random.sample(PORTS, len(PORTS)))
    return [next(filter(_reserve, candidates)) for _ in range(count)]


#: What the key process calls itself, comm of proc(5).
KEY_PROCESS = "tls4217-keys"
TOKEN_PROCESS = "tls4217-token"


class Server:
    """A proftpd with its own directory, configuration and logs.

    directives       what the main server has beside TLS and the basics
    vhosts           name -> directives: the same host again, on other ports
    global_directives  what goes into <Global>
    modules          stock modules to load behind ours, as "mod_deflate"
    before           stock modules to load before ours
                     (program.py has the orders that a run may ask for)
    order            one of those orders, whatever the run asks for
    cuts             sessions end in the middle of transfers: where mod_xfer is
                     a shared module, the core crashes then as it exits, with
                     this module or without any
    tls              the certificate and log lines each host gets, or ""

    {root} and {pki} in directives stand for the directories.
    """

    USERS = {"alice": "wonder", "bob": "builder"}

    def __init__(self, directives="", vhosts=None, global_directives="",
                 modules=(), before=(), order=None, cuts=False,
                 tls=TLS):
        self.process = None
        self.pki = certificates()
        self.root = temporary_directory()
        self.home = self._folder("home")
        self._folder("modules")
        self.directives = directives
        self._vhosts = vhosts or {}
        self._global = global_directives
        self._tls = tls
        self._load = load_order(before, modules, order)
        self.ports = {}
        self._marks = {}
        self._core_crashes = cuts and not built_in("mod_xfer")
        self._copy_modules()
        self._write_passwd()

    # -- files

    def _folder(self, name):
        path = os.path.join(self.root, name)
        os.mkdir(path, 0o700)
        own(path)
        return path

    def path(self, *names):
        return os.path.join(self.root, *names)

    def _copy_modules(self):
        ours = module_name() + ".so"
        if module() is not None:
            shutil.copy(module(), self.path("modules", ours))
        for path in stock_modules():
            if os.path.basename(path) != ours:
                os.symlink(path, self.path("modules", os.path.basename(path)))

    def _write_passwd(self):
        _, _, uid, gid = account()
        path = self.path("passwd")
        with open(path, "w", encoding="ascii") as stream:
            for user, password in self.USERS.items():
                stream.write(":".join([user, password_hash(password), str(uid),
                                       str(gid), "", self.home, "/bin/sh"])
                             + "\n")
        os.chmod(path, 0o600)
        own(path)

    def put(self, name, body):
        """A file in the users' home; returns its path."""
        path = os.path.join(self.home, name)
        with open(path, "wb") as stream:
            stream.write(body)
        own(path)
        return path

    def put_folder(self, name):
        """A folder in the users' home; returns its path."""
        path = os.path.join(self.home, name)
        os.mkdir(path)
        own(path)
        return path

    def get(self, name):
        """The bytes of a file in the users' home, or None."""
        try:
            with open(os.path.join(self.home, name), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    # -- configuration

    def config(self):
        """The whole proftpd.conf, with ports that are free now."""
        names = ["main"] + list(self._vhosts)
        self.ports = dict(zip(names, free_ports(len(names))))
        user, group = account()[:2]
        return self.expand(BASE.format(
            root=self.root, user=user, group=group,
            isolation=ISOLATION,
            load=load_lines(self.path("modules"), self._load),
            use_ipv6="on" if has_ipv6() else "off",
            addresses=_addresses(), global_directives=self._global,
            main=self._host("main", self.directives),
            vhosts="\n".join(self._vhost(*item)
                             for item in self._vhosts.items())))

    def expand(self, text):
        return text.replace("{root}", self.root) \
                   .replace("{pki}", self.pki.directory) \
                   .replace("{port}", str(self.ports.get("main")))

    def _host(self, name, directives):
        return "Port %d\n%s\n%s" % (self.ports[name], self._tls, directives)

    def _vhost(self, name, directives):
        return "<VirtualHost %s>\nServerName %s\n%s\n</VirtualHost>" % (
            _addresses(), name, self._host(name, directives))

    def check_config(self, text=None):
        """Runs proftpd -t: its exit code, and all that it printed."""
        path = self.path("check.conf")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.config() if text is None else self.expand(text))
        done = subprocess.run(
            [proftpd(), "-t", "-c", path], env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=30, check=False)
        with open(self.path("stderr.log"), "ab") as stream:
            stream.write(done.stdout)
        return done.returncode, done.stdout.decode(errors="replace")

    def environment(self):
        """What a server of this directory is to find in its environment."""
        environment = dict(os.environ)
        if os.environ.get("TLS4217_PRELOAD"):
            environment["LD_PRELOAD"] = os.environ["TLS4217_PRELOAD"]
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            given = environment.get(name, "")
            environment[name] = given + ":log_path=" + self.path("sanitizer")
        return environment

    # -- life

    def start(self):
        """Starts the daemon and returns when every host accepts."""
        atexit.register(self._end)
        for _ in range(5):
            self._spawn()
            if client.until(self._is_decided, 20) and self._accepts():
                return self
            trouble = self.logs()
            self._kill()
            if "in use" not in trouble:
                break
        raise RuntimeError("proftpd did not start:\n" + trouble)

    def _spawn(self):
        path = self.path("proftpd.conf")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(self.config())
        with open(self.path("stderr.log"), "ab") as stderr:
            self.process = subprocess.Popen(
                [proftpd(), "-n", "-q", "-c", path],
                env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=stderr, stderr=stderr, start_new_session=True)

    def _is_decided(self):
        return self.process.poll() is not None or self._accepts()

    def _accepts(self):
        for port in self.ports.values():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True

    def reload(self):
        """SIGHUP; returns when the new configuration has been read."""
        mark = self.text("system.log").count("received SIGHUP")
        os.kill(self.process.pid, signal.SIGHUP)
        if not client.until(lambda: self.text("system.log").count(
                "received SIGHUP") > mark and self._accepts(), 10):
            raise AssertionError("no sign of the SIGHUP in the log")

    def stop(self):
        """Ends everything; complains about what should not be there."""
        crashes = self.complaints()
        stuck = self._end()
        if crashes or stuck:
            raise AssertionError("\n".join(crashes + stuck))

    def complaints(self):
        """Signs of a crash or of a sanitizer's report."""
        allowed = "15|11" if self._core_crashes else "15"
        found = re.findall(r".*\(signal (?!(?:%s)\b)\d+\).*" % allowed,
                           self.text("system.log"))
        found += re.findall(r".*(?:runtime error: |Sanitizer: ).*",
                            self.text("stderr.log"))
        for name in sorted(os.listdir(self.root)):
            if name.startswith("sanitizer."):
                found.append(self.text(name))
        return found

    def _kill(self):
        """Ends the process group; returns what did not go by itself."""
        if self.process is None:
            return []
        group, stuck = self.process.pid, []
        for number in (signal.SIGTERM, signal.SIGKILL):
            _kill_group(group, number)
            if client.until(lambda: not self._alive(group), 5):
                break
            stuck.append("proftpd outlived signal %d" % number)
        self.process.wait()
        self.process = None
        return stuck

    def _alive(self, group):
        self.process.poll()
        return _kill_group(group, 0)

    def _end(self):
        stuck = self._kill()
        shutil.rmtree(self.root, ignore_errors=True)
        atexit.unregister(self._end)
        return stuck

    def sessions(self):
        """The pids of the processes that the daemon has forked for clients."""
        return self.children(
            lambda name: name not in (KEY_PROCESS, TOKEN_PROCESS))

    def key_processes(self):
        """The pids of the processes that hold its private keys."""
        return self.children(lambda name: name == KEY_PROCESS)

    def token_processes(self):
        """The pids of those that keep the processes of tokens."""
        return self.children(lambda name: name == TOKEN_PROCESS)

    def children(self, is_wanted):
        """The pids of the daemon's children, by their names."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid, encoding="ascii") as stream:
                    name, _, rest = stream.read().rpartition(")")
                    fields = rest.split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and fields[0] != "Z" and \
               is_wanted(name.partition("(")[2]):
                found.append(int(pid))
        return found

    # -- logs

    LOGS = ("stderr.log", "system.log", "tls.log", "extended.log")

    def text(self, name, since=0):
        try:
            with open(self.path(name), "rb") as stream:
                stream.seek(since)
                return stream.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self):
        """From here on, log() and logs() count."""
        self._marks = {name: len(self.text(name).encode(errors="replace"))
                       for name in self.LOGS}

    def log(self, name="tls.log"):
        """What has been logged since the last mark()."""
        return self.text(name, self._marks.get(name, 0))

    def logs(self, lines=40):
        """The tails of all logs, for people."""
        parts = []
        for name in self.LOGS:
            tail = self.log(name).splitlines()[-lines:]
            if tail:
                parts.append("\n".join(["--- " + name] + tail))
        return "\n".join(parts)

    # -- clients

    def address(self, host="main", ipv6=False):
        return ("::1" if ipv6 else "127.0.0.1", self.ports[host])

    def context(self, version=None, **options):
        return client.context(self.pki.path("root.pem"), version, **options)


def _addresses():
    return "127.0.0.1 ::1" if has_ipv6() else "127.0.0.1"


def _kill_group(group, number):
    """Whether there was a group to send the signal to."""
    try:
        os.killpg(group, number)
        return True
    except ProcessLookupError:
        return False
