# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The servers that the benchmark compares, each on a port of its own.

A Site is one temporary directory: the certificates, the files that are
transferred, and one account that every server knows.  A Server is one daemon
with its configuration there; it is started inside an Account of measure.py.

    VSFTPD, PURE_FTPD   programs to use instead of the Debian packages, which
                        are fetched and unpacked into the cache, not installed
"""

import glob
import grp
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), name)
                for name in ("pki", "live")]

import pki      # noqa: E402
import program  # noqa: E402

USER = PASSWORD = "bench"

#: PASSWORD by crypt(3)'s oldest and cheapest method: what a password costs is
#: not the question here, and it is the same everywhere.
PASSWORD_HASH = "ab3Nxe3bAE.r."

SMALL, BIG, LISTING, UPLOAD = "small", "big", "list", "up/file"
ENTRIES = 1000
SESSIONS = 1000

PACKAGES = ("vsftpd", "pure-ftpd", "libwrap0")


class Unavailable(Exception):
    """This server cannot run here; the text says why."""


class Site:
    """Certificates, files and account; removed by close()."""

    def __init__(self, parent, big_bytes):
        self.root = tempfile.mkdtemp(prefix="tls4217-bench-", dir=parent)
        os.chmod(self.root, 0o755)
        self.account = _account()
        self.home = self.folder("home")
        self.pki = pki.Pki(self.folder("pki"))
        self._fill(big_bytes)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def folder(self, *names, mode=0o755):
        path = self.path(*names)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        return path

    def own(self, path):
        if os.geteuid() == 0:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path, mode)
        return path

    def _fill(self, big_bytes):
        self.folder("home", os.path.dirname(UPLOAD), mode=0o777)
        self.folder("home", LISTING)
        self.write(os.path.join("home", SMALL), "x" * 1024)
        with open(os.path.join(self.home, BIG), "wb") as stream:
            for _ in range(big_bytes >> 20):
                stream.write(bytes(1 << 20))
        for number in range(ENTRIES):
            self.write(os.path.join("home", LISTING,
                                    "entry-%04d.txt" % number), "x")

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def _account():
    """Whom sessions run as: as root, somebody harmless with a home."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for entry in pwd.getpwall():
        if 0 < entry.pw_uid < 1000 and os.path.isdir(entry.pw_dir):
            return entry
    raise RuntimeError("no unprivileged account with a home directory")


class Server:
    """One daemon.  key is the certificate's: "ec" or "rsa"."""

    NAME = ""
    TLS = True
    #: Whose clear figures the TLS ones are compared with; None: its own.
    CLEAR = None
    user = USER

    def __init__(self, site, key, cache):
        self.site = site
        self.key = key
        self.directory = site.folder(self.NAME + "-" + key)
        self.program = self.find(cache)
        self.port = None
        self.address = None
        self.account = None
        self.base = set()
        self._process = None

    def find(self, cache):
        """The program; raises Unavailable."""
        raise NotImplementedError

    def command(self):
        """Writes the configuration; returns the command line."""
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text, mode=0o644):
        return self.site.write(self.path(name), text, mode)

    def start(self, network, account):
        self.account = account
        self.address = network.address
        self.port = network.free_port()
        command = network.server_prefix + self.command()
        with open(self.path("output"), "wb") as output:
            self._process = subprocess.Popen(
                command,
                env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
                preexec_fn=account.enter)
        account.watch(self._process.pid)
        self._await(network)
        self.base = self._stable_pids()

    def _await(self, network):
        for _ in range(1800):
            if self._process.poll() is not None:
                break
            if network.accepts(self.port):
                return
            time.sleep(0.05)
        with open(self.path("output"), encoding="utf-8",
                  errors="replace") as stream:
            text = stream.read()
        self.stop()
        raise Unavailable("%s did not start: %s" % (self.NAME, text))

    def _stable_pids(self):
        """The daemon's own processes, once the first session has gone."""
        before = None
        for _ in range(20):
            time.sleep(0.2)
            pids = self.account.pids()
            if pids == before:
                break
            before = pids
        return pids

    def settle(self, seconds=5):
        """Waits until all sessions have ended."""
        end = time.monotonic() + seconds
        while self.account.pids() - self.base and time.monotonic() < end:
            time.sleep(0.005)

    def stop(self):
        if self._process is not None:
            self.account.end(self._process.pid)
            self._process.wait()
            self._process = None
        self.account.close()


PROFTPD_CONF = """\
ServerName bench
ServerType {type}
{load}
User {user}
Group {group}
UseIPv6 off
UseReverseDNS off
SocketBindTight on
DefaultAddress {address}
Port {port}
MaxInstances {sessions}
PidFile {directory}/pid
ScoreboardFile {directory}/scoreboard
SystemLog none
TransferLog none
WtmpLog off
AuthOrder mod_auth_file.c
AuthUserFile {directory}/passwd
RequireValidShell off
AllowOverwrite on
TimesGMT on
<IfModule mod_delay.c>
  DelayEngine off
</IfModule>
<IfModule mod_ctrls.c>
  ControlsEngine off
</IfModule>
{tls}
"""

PROFTPD_TLS = """\
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLS{kind}CertificateFile {pki}/{key}.pem
TLS{kind}CertificateKeyFile {pki}/{key}.key
TLSCertificateChainFile {pki}/inter.pem
"""


class ProFTPD(Server):
    """Without any TLS module: what the others are on top of."""

    NAME = "proftpd"
    TLS = False
    EXTRA = ""
    server_type = "standalone"

    def find(self, cache):
        found = os.environ.get("PROFTPD") or shutil.which(
            "proftpd", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if found is None:
            raise Unavailable("no proftpd; the package is proftpd-core")
        os.environ["PROFTPD"] = found
        self.module()
        return found

    def module(self):
        """The path of the TLS module, or None."""
        return None

    def command(self):
        return [self.program, "-n", "-q", "-c", self.write_config()]

    def write_config(self):
        self.write_passwd()
        account = self.site.account
        return self.write("proftpd.conf", PROFTPD_CONF.format(
            type=self.server_type, directory=self.directory,
            load=self._load(), user=account.pw_name,
            group=_group_name(account.pw_gid), address=self.address,
            port=self.port, sessions=SESSIONS, tls=self._tls()))

    def write_passwd(self):
        account = self.site.account
        path = self.write("passwd", "%s:%s:%d:%d::%s:/bin/sh\n" % (
            USER, PASSWORD_HASH, account.pw_uid, account.pw_gid,
            self.site.home), 0o600)
        self.site.own(path)

    def _load(self):
        paths = [program.stock_module(name)
                 for name in program.core_modules()]
        if self.module() is not None:
            paths.append(self.module())
        folder = self.site.folder(self.path("modules"))
        for path in paths:
            shutil.copy(path, folder)
        return program.load_lines(folder, [
            os.path.basename(path)[:-len(".so")] for path in paths])

    def _tls(self):
        if self.module() is None:
            return ""
        kind = {"ec": "EC", "rsa": "RSA"}[self.key]
        return PROFTPD_TLS.format(kind=kind, key=self.key,
                                  pki=self.site.pki.directory) \
            + self.EXTRA.format(pki=self.site.pki.directory)


class Tls4217(ProFTPD):
    NAME = "mod_tls4217"
    TLS = True
    CLEAR = "proftpd"

    def module(self):
        path = os.environ.get("TLS4217_MODULE")
        if not path or not os.path.isfile(path):
            raise Unavailable("set TLS4217_MODULE to the path of"
                              " mod_tls4217.so (it is %r)" % path)
        return path


class ModTls(ProFTPD):
    """ProFTPD's own module as it comes: the system's CA bundle."""

    NAME = "mod_tls"
    TLS = True
    CLEAR = "proftpd"

    def module(self):
        path = program.stock_module("mod_tls")
        if path is None:
            raise Unavailable("no mod_tls; the package is proftpd-mod-crypto")
        return path


class ModTlsTuned(ModTls):
    """With one CA to trust instead of the bundle, and tickets."""

    NAME = "mod_tls-tuned"
    EXTRA = "TLSCACertificateFile {pki}/root.pem\nTLSSessionTickets on\n"


class Vsftpd(Server):
    """Anonymous, because local users need a PAM service of the system."""

    NAME = "vsftpd"
    user = "ftp"

    CONF = """\
listen=YES
background=NO
listen_address={address}
listen_port={port}
anonymous_enable=YES
local_enable=NO
ftp_username={user}
anon_root={home}
secure_chroot_dir={empty}
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_world_readable_only=NO
xferlog_enable=NO
max_clients=0
max_per_ip=0
ssl_enable=YES
allow_anon_ssl=YES
force_local_data_ssl=NO
force_local_logins_ssl=NO
require_ssl_reuse=YES
ssl_ciphers=HIGH
rsa_cert_file={pki}/{key}-chain.pem
rsa_private_key_file={pki}/{key}.key
"""

    def find(self, cache):
        return _peer("VSFTPD", "usr/sbin/vsftpd", cache)

    def environment(self):
        return _with_libraries(self.program)

    def command(self):
        empty = self.site.folder(self.path("empty"))
        return [self.program, self.write("vsftpd.conf", self.CONF.format(
            address=self.address, port=self.port, home=self.site.home,
            user=self.site.account.pw_name, empty=empty, key=self.key,
            pki=self.site.pki.directory), 0o600)]


class PureFtpd(Server):
    NAME = "pure-ftpd"

    def find(self, cache):
        return _peer("PURE_FTPD", "usr/sbin/pure-ftpd", cache)

    def environment(self):
        return _with_libraries(self.program)

    def command(self):
        account = self.site.account
        database = self.path("users.pdb")
        users = self.write("users", ":".join([
            USER, PASSWORD_HASH, str(account.pw_uid), str(account.pw_gid), "",
            self.site.home] + [""] * 12) + "\n")
        subprocess.run([re.sub("s?bin/pure-ftpd$", "bin/pure-pw",
                               self.program), "mkdb", database, "-f", users],
                       check=True, timeout=20)
        pem = self.write("certificate.pem", self.site.pki.read(
            self.key + ".key") + self.site.pki.read(
                self.key + "-chain.pem"), 0o600)
        return [self.program, "-S", "%s,%d" % (self.address, self.port),
                "-l", "puredb:" + database, "-2", pem, "-Y", "1", "-E", "-H",
                "-4", "-u", "1", "-f", "none", "-g", self.path("pid"),
                "-c", str(SESSIONS), "-C", str(SESSIONS),
                "-L", "%d:5" % (2 * ENTRIES)]


class Bare(Server):
    """bare.c: what OpenSSL and the kernel themselves cost."""

    NAME = "bare"

    def find(self, cache):
        return os.path.join(cache, "bare")

    def command(self):
        certificates = self.site.pki
        return [self.program, self.address, str(self.port), self.site.home,
                certificates.path(self.key + "-chain.pem"),
                certificates.path(self.key + ".key")]


ALL = (Tls4217, ModTls, ModTlsTuned, ProFTPD, Vsftpd, PureFtpd, Bare)


def _group_name(gid):
    return grp.getgrgid(gid).gr_name


def _peer(variable, path, cache):
    """A foreign server: the caller's, the system's, or Debian's package."""
    if os.geteuid() != 0:
        raise Unavailable("needs root")
    for program in (os.environ.get(variable), "/" + path):
        if program and os.access(program, os.X_OK):
            return program
    program = os.path.join(cache, "peers", path)
    if not os.access(program, os.X_OK):
        _unpack_packages(cache)
    if not os.access(program, os.X_OK):
        raise Unavailable("not found; set %s to the program" % variable)
    return program


def _unpack_packages(cache):
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return
    peers = os.path.join(cache, "peers")
    os.makedirs(peers, exist_ok=True)
    subprocess.run(("apt-get", "-qq", "download") + PACKAGES, cwd=peers,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=False)
    for package in glob.glob(os.path.join(peers, "*.deb")):
        subprocess.run(["dpkg", "-x", package, peers], check=True)


def _with_libraries(program):
    """The environment with the libraries unpacked beside a program."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(program)))
    environment = dict(os.environ)
    environment["LD_LIBRARY_PATH"] = ":".join(
        os.path.dirname(path)
        for path in glob.glob(os.path.join(root, "lib/*/libwrap.so.0"))
        + glob.glob(os.path.join(root, "usr/lib/*/libwrap.so.0")))
    return environment
