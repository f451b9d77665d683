# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""FileZilla, the program, on a display that is in memory (Xvfb).

It has no commands for scripts.  Its queue is a database, which it reads as it
starts and serves at Control-P; its log is a file; certificates that its user
trusts are in another.  So whole folders are put and got, and nothing else.
"""

import contextlib
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import time

import programs

EXPLICIT, IMPLICIT = 4, 3           # FTPES, FTPS
DOWNLOAD = 0x10                     # files.flags

SETTINGS = """\
<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="%(version)s" platform="*nix">
<Settings>
<Setting name="Update Check">0</Setting>
<Setting name="Greeting version">99.0.0</Setting>
<Setting name="Logging file" platform="unix">%(log)s</Setting>
<Setting name="File exists action upload">1</Setting>
<Setting name="File exists action download">1</Setting>
</Settings>
</FileZilla3>
"""

TRUSTED = """\
<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="%(version)s" platform="*nix">
<TrustedCerts>
<Certificate>
<Data>%(data)s</Data>
<ActivationTime>%(begin)d</ActivationTime>
<ExpirationTime>%(end)d</ExpirationTime>
<Host>localhost</Host>
<Port>%(port)d</Port>
<TrustSANs>0</TrustSANs>
</Certificate>
</TrustedCerts>
</FileZilla3>
"""

SCHEMA = """\
CREATE TABLE servers (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, host TEXT
NOT NULL, port INTEGER, user TEXT, password TEXT, account TEXT, keyfile TEXT,
protocol INTEGER, type INTEGER, logontype INTEGER, timezone_offset INTEGER,
transfer_mode TEXT, max_connections INTEGER, encoding TEXT,
bypass_proxy INTEGER,
post_login_commands TEXT, name TEXT, parameters TEXT, site_path TEXT);
CREATE TABLE files (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
server INTEGER NOT NULL, source_file TEXT, target_file TEXT,
local_path INTEGER, remote_path INTEGER, size INTEGER, error_count INTEGER,
priority INTEGER, flags INTEGER,
default_exists_action INTEGER, extra_flags TEXT);
CREATE INDEX server_index ON files (server);
CREATE TABLE local_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path
TEXT NOT NULL);
CREATE TABLE remote_paths (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, path
TEXT NOT NULL);
PRAGMA user_version = %d;
"""

#: Of a queue, since 3.63; older queues are brought up to it.
USER_VERSION = 7

DONE = re.compile(r"File transfer successful")
WRONG = re.compile(r"(?:Critical file transfer error|Could not connect|"
                   r"Response:\s+5\d\d).*")


def remote_path(home):
    """A path as the queue has it: Unix, no prefix, each part behind its
    length."""
    return "1 0" + "".join(" %d %s" % (len(part), part)
                           for part in home.strip("/").split("/"))


class Filezilla(programs.Client):
    NAME, PACKAGE = "FileZilla", "filezilla, xvfb, xdotool, dbus"
    NEEDS = ("filezilla", "Xvfb", "xdotool", "dbus-run-session")
    VERSIONS = ("",)

    def version(self):
        if not super().version():
            return ""
        found = programs.told(["dpkg-query", "-W", "-f", "${Version}",
                               "filezilla"])
        return found.partition("-")[0] + ", GnuTLS"

    # -- what it reads as it starts

    def configure(self, plan, site):
        """Its folder; the path of its log."""
        folder = os.path.join(site.scratch, ".config", "filezilla")
        os.makedirs(folder, exist_ok=True)
        log = os.path.join(site.scratch, "filezilla.log")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(log)
        version = self.version().partition(",")[0]
        leaf = os.path.join(os.path.dirname(site.ca), "ec.pem")
        dates = programs.told(["openssl", "x509", "-in", leaf, "-noout",
                               "-startdate", "-enddate"], lines=2)
        begin, end = (ssl.cert_time_to_seconds(line.partition("=")[2])
                      for line in dates.splitlines())
        with open(leaf, encoding="ascii") as stream:
            data = ssl.PEM_cert_to_DER_cert(
                stream.read().partition("-----END CERTIFICATE-----")[0] +
                "-----END CERTIFICATE-----\n").hex()
        for name, text in (("filezilla.xml", SETTINGS),
                           ("trustedcerts.xml", TRUSTED)):
            with open(os.path.join(folder, name), "w",
                      encoding="ascii") as stream:
                stream.write(text % {
                    "version": version, "log": log, "data": data,
                    "begin": begin, "end": end, "port": site.port})
        self.queue(os.path.join(folder, "queue.sqlite3"), plan, site)
        return log

    def queue(self, path, plan, site):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.executescript(SCHEMA % USER_VERSION)
            database.execute(
                "INSERT INTO servers (id, host, port, user, password, protocol,"
                " type, logontype, timezone_offset, transfer_mode,"
                " max_connections, encoding, bypass_proxy) VALUES (1,"
                " 'localhost', ?, ?, ?, ?, 0, 1, 0, 'Passive', 0, 'Auto', 0)",
                (site.port, site.user, site.password,
                 IMPLICIT if site.mode == "implicit" else EXPLICIT))
            database.execute("INSERT INTO local_paths VALUES (1, ?)",
                             (site.scratch + "/",))
            database.execute("INSERT INTO remote_paths VALUES (1, ?)",
                             (remote_path(site.home),))
            for step in plan:
                is_download = step[0] == "get"
                database.execute(
                    "INSERT INTO files (server, source_file, target_file,"
                    " local_path, remote_path, size, error_count, priority,"
                    " flags, default_exists_action)"
                    " VALUES (1, ?, ?, 1, 1, ?, 0, 2, ?, 1)",
                    (os.path.basename(step[1]), os.path.basename(step[2]),
                     -1 if is_download else os.path.getsize(step[1]),
                     DOWNLOAD if is_download else 0))
            database.commit()

    # -- the program

    @contextlib.contextmanager
    def display(self):
        """A display of our own; its name."""
        reader, writer = os.pipe()
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1200x900x24",
             "-nolisten", "tcp"], pass_fds=[writer],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(writer)
        try:
            with os.fdopen(reader) as stream:
                yield ":" + stream.readline().strip()
        finally:
            server.terminate()
            server.wait()

    def serve(self, plan, site):
        if not plan or {step[0] for step in plan} not in ({"put"}, {"get"}):
            return [programs.CANNOT] * len(plan)
        log = self.configure(plan, site)
        with self.display() as display:
            environment = dict(os.environ, HOME=site.scratch, DISPLAY=display,
                               LC_ALL="C.UTF-8")
            program = subprocess.Popen(
                ["dbus-run-session", "--", "filezilla"], env=environment,
                cwd=site.scratch, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True)
            try:
                said = self.wait(log, len(plan), environment)
            finally:
                os.killpg(program.pid, signal.SIGTERM)
                program.wait()
        done = len(DONE.findall(said))
        outcomes = [("ok",)] * min(done, len(plan))
        if done < len(plan):
            outcomes.append(("failed", said[-2000:]))
        return outcomes

    def wait(self, log, wanted, environment):
        """Has it serve its queue; what its log says when that is over."""
        def read():
            with contextlib.suppress(FileNotFoundError):
                with open(log, encoding="utf-8", errors="replace") as stream:
                    return stream.read()
            return ""

        end = time.monotonic() + programs.SECONDS
        pressed = time.monotonic() + 5
        while time.monotonic() < end:
            said = read()
            if len(DONE.findall(said)) >= wanted or WRONG.search(said):
                return said
            if "Connecting" not in said and time.monotonic() > pressed:
                # Its window may take long to come.
                subprocess.run(["xdotool", "key", "ctrl+p"], env=environment,
                               check=False, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
                pressed = time.monotonic() + 10
            time.sleep(0.3)
        return "nothing more for %d s: %s" % (programs.SECONDS, read())
