# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What a server spends: CPU from the kernel's own books, and memory.

CgroupAccount   a control group (v2) of the server's own; its cpu.stat counts
                every process that ever ran in it, to the microsecond
ProcAccount     where no group can be made: the daemon's own time, its reaped
                children's (cutime, cstime) and its living descendants', from
                /proc/PID/stat; in clock ticks of 10 ms, so it wants long runs
Load            one run of the load client, step by step
"""

import os
import re
import signal
import statistics
import subprocess
import time


def _read(path):
    with open(path, encoding="ascii", errors="replace") as stream:
        return stream.read()


def cgroup_folder():
    """Where this process may make groups, or None."""
    mount = re.search(r"^\S+ (\S+) cgroup2 ", _read("/proc/mounts"), re.M)
    own = re.search(r"^0::(.*)$", _read("/proc/self/cgroup"), re.M)
    if mount is None or own is None:
        return None
    folder = mount.group(1) + own.group(1).rstrip("/")
    try:
        probe = os.path.join(folder, "tls4217-bench-probe-%d" % os.getpid())
        os.mkdir(probe)
        usable = os.path.exists(os.path.join(probe, "cpu.stat"))
        os.rmdir(probe)
        return folder if usable else None
    except OSError:
        return None


class CgroupAccount:
    METHOD = "cgroup v2 cpu.stat (user + system of all processes)"

    def __init__(self, folder, name):
        self._path = os.path.join(folder, "tls4217-bench-%d-%s"
                                  % (os.getpid(), name))
        os.mkdir(self._path)

    def enter(self):
        """In the child, before it becomes the server."""
        with open(os.path.join(self._path, "cgroup.procs"), "w",
                  encoding="ascii") as stream:
            stream.write("0")

    def watch(self, pid):
        """Nothing: the group knows."""

    def seconds(self):
        text = _read(os.path.join(self._path, "cpu.stat"))
        return int(re.search(r"usage_usec (\d+)", text).group(1)) / 1e6

    def pids(self):
        text = _read(os.path.join(self._path, "cgroup.procs"))
        return set(map(int, text.split()))

    def end(self, pid):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for each in self.pids():
                _kill(each, number)
            if _until(lambda: not self.pids() - {pid}, 3):
                return

    def close(self):
        _until(lambda: not self.pids(), 3)
        os.rmdir(self._path)


class ProcAccount:
    METHOD = "/proc/PID/stat (own, living and reaped children; 10 ms ticks)"

    def __init__(self):
        self._pid = None

    def enter(self):
        """Nothing: the daemon's descendants are found by their parents."""

    def watch(self, pid):
        self._pid = pid

    def _tree(self):
        """pid -> fields of /proc/PID/stat, of the daemon and below."""
        stats = _all_stats()
        found, more = {}, [self._pid]
        while more:
            found.update((pid, stats[pid]) for pid in more if pid in stats)
            more = [pid for pid, fields in stats.items()
                    if int(fields[1]) in more]
        return found

    def seconds(self):
        ticks = sum(sum(map(int, fields[11:15]))
                    for fields in self._tree().values())
        return ticks / os.sysconf("SC_CLK_TCK")

    def pids(self):
        return {pid for pid, fields in self._tree().items()
                if fields[0] != "Z"}

    def end(self, pid):
        for number in (signal.SIGTERM, signal.SIGKILL):
            for each in self.pids():
                _kill(each, number)
            if _until(lambda: not self.pids() - {pid}, 3):
                return

    def close(self):
        """Nothing is left behind."""


def _all_stats():
    stats = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = _read("/proc/%s/stat" % name)
        except OSError:
            continue
        stats[int(name)] = text.rpartition(")")[2].split()
    return stats


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _until(true, seconds):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Load:
    """The load client at one server: ready(), run(), leave()."""

    TIMEOUT = 120

    def __init__(self, program, network, server, *arguments):
        self._process = subprocess.Popen(
            network.client_prefix
            + [program, "--steps", "--host", server.address,
               "--port", str(server.port), "--user", server.user]
            + list(arguments),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def ready(self):
        if self._process.stdout.readline() != "ready\n":
            self._complain()

    def run(self):
        """The result line as a dict of numbers."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._complain()
        return {key: float(value)
                for key, value in re.findall(r"(\w+)=([\d.]+)(?=\s)", line)}

    def leave(self):
        _, trouble = self._process.communicate("\n", timeout=self.TIMEOUT)
        if self._process.returncode != 0:
            raise RuntimeError(trouble.strip())

    def close(self):
        """Ends it, whatever it is doing."""
        self._process.kill()
        self._process.communicate()

    def _complain(self):
        self._process.kill()
        raise RuntimeError(self._process.communicate()[1].strip()
                           or "the load client said nothing")


def memory(server):
    """KiB of an idle session, median over all: {"pss": ..., "private": ...}.

    A session is a child of the daemon with all that it has forked itself.
    """
    sessions = {}
    parents = {pid: int(fields[1]) for pid, fields in _all_stats().items()}
    for pid in server.account.pids() - server.base:
        first = pid
        while parents.get(first) not in server.base | {1, None}:
            first = parents[first]
        sessions.setdefault(first, []).append(_rollup(pid))
    return {what: statistics.median(sum(each[what] for each in members)
                                    for members in sessions.values())
            for what in ("pss", "private")}


def _rollup(pid):
    text = _read("/proc/%d/smaps_rollup" % pid)
    sizes = {key: int(value) for key, value in
             re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}
    return {"pss": sizes["Pss"],
            "private": sizes["Private_Dirty"] + sizes["Private_Clean"]}
