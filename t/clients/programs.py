# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The FTPS clients that people have, each as something that serves a plan.

A plan is a list of steps, each a tuple of words:

    put LOCAL REMOTE          get REMOTE LOCAL          list
    asciiput LOCAL REMOTE     asciiget REMOTE LOCAL     (text, by lines)
    resumeput LOCAL REMOTE OFFSET   of which the server has OFFSET bytes
    resumeget REMOTE LOCAL OFFSET   of which LOCAL has OFFSET bytes
    abort REMOTE              a download that is given up after some bytes
    sleep SECONDS             with the connection open

What comes back is one outcome for each step that was begun: ("ok", names...),
("cannot",) for what this client has no way to do, or ("failed", text), after
which there is none.
"""

import collections
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))

#: How a run differs: mode is explicit or implicit; version "1.2", "1.3", or ""
#: for what the client chooses; home is the user's folder, by its path from "/".
Site = collections.namedtuple(
    "Site", "mode port version ca user password scratch home")

#: No run of a client may take longer.
SECONDS = 600

#: GnuTLS' words for one version.
PRIORITIES = {"": "", "1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
              "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}

CANNOT = ("cannot",)


class Failed(Exception):
    """What the client said as it failed."""


def execute(command, site, seconds=SECONDS, stdin=None, **environment):
    """Runs a client to its end: exit status, and all it said."""
    env = {name: value for name, value in os.environ.items()
           if not name.lower().endswith("_proxy")}
    env.update(HOME=site.scratch, LC_ALL="C.UTF-8", **environment)
    try:
        done = subprocess.run(
            command, cwd=site.scratch, env=env, input=stdin or b"",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds,
            check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed("nothing for %d s: %s" % (
            seconds, (late.stdout or b"").decode(errors="replace"))) from late
    return done.returncode, done.stdout.decode(errors="replace")


def told(command, lines=1):
    """The first lines of what a program says, as of its version."""
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode != 0:
        return ""
    said = (done.stdout or done.stderr).strip()
    return "\n".join(said.splitlines()[:lines])


class Client:
    """A client.  NEEDS are programs; the package is for people."""

    NAME = PACKAGE = ""
    USER = "alice"

    #: Whether what it puts is a file of this name on the server.
    AS_FILES = True

    NEEDS = ()
    MODES = ("explicit", "implicit")
    VERSIONS = ("1.2", "1.3")

    def version(self):
        """What is tested, or "" where it is not installed."""
        return "?" if all(shutil.which(name) for name in self.NEEDS) else ""

    def serve(self, plan, site):
        """The outcomes of a plan's steps."""
        outcomes = []
        for step in plan:
            method = getattr(self, step[0], None)
            try:
                if method is None:
                    outcomes.append(CANNOT)
                else:
                    names = method(site, *step[1:])
                    outcomes.append(("ok", *(names or ())))
            except Failed as failed:
                outcomes.append(("failed", str(failed)))
                break
        return outcomes


class Planned(Client):
    """One that is a library: a program in its language serves the plan."""

    COMMAND = ()
    ENVIRONMENT = {}

    def command(self, site):
        """The words of the command, without the plan."""
        del site
        return list(self.COMMAND)

    def serve(self, plan, site):
        path = os.path.join(site.scratch, "plan")
        with open(path, "w", encoding="ascii") as stream:
            stream.writelines("\t".join(map(str, step)) + "\n"
                              for step in plan)
        try:
            code, said = execute(
                self.command(site) + [path], site, FTP_PORT=str(site.port),
                FTP_MODE=site.mode, FTP_VERSION=site.version, FTP_CA=site.ca,
                FTP_USER=site.user, FTP_PASS=site.password,
                **self.ENVIRONMENT)
        except Failed as failed:
            return [("failed", str(failed))]
        outcomes = [tuple(line.split("\t")) for line in said.splitlines()
                    if re.match(r"(ok|cannot|failed)\b", line)]
        if len(outcomes) < len(plan) and (
                not outcomes or outcomes[-1][0] != "failed"):
            outcomes.append(("failed", "exit status %d: %s" % (code, said)))
        return outcomes


class Php(Planned):
    NAME, PACKAGE, NEEDS = "PHP ftp_ssl", "php-cli", ("php",)
    MODES = ("explicit",)
    VERSIONS = ("",)
    COMMAND = ("php", os.path.join(HERE, "plan.php"))

    def version(self):
        found = told(["php", "-r", "echo extension_loaded('ftp') ? "
                      "PHP_VERSION . ', ' . OPENSSL_VERSION_TEXT : '';"])
        return found


class Ruby(Planned):
    NAME, PACKAGE, NEEDS = "Ruby Net::FTP", "ruby", ("ruby",)
    COMMAND = ("ruby", os.path.join(HERE, "plan.rb"))

    def version(self):
        return told(["ruby", "-ropenssl", "-rnet/ftp", "-e", "puts "
                     "RUBY_VERSION + ', ' + OpenSSL::OPENSSL_LIBRARY_VERSION"])


class Perl(Planned):
    NAME = "Perl Net::FTP"
    PACKAGE, NEEDS = "perl, libio-socket-ssl-perl", ("perl",)
    COMMAND = ("perl", os.path.join(HERE, "plan.pl"))

    def version(self):
        return told(["perl", "-MNet::FTP", "-MIO::Socket::SSL", "-e",
                     "print Net::FTP->VERSION . ', IO::Socket::SSL ' . "
                     "IO::Socket::SSL->VERSION"])


class PerlFtpssl(Planned):
    NAME = "Perl Net::FTPSSL"
    PACKAGE, NEEDS = "CPAN: Net::FTPSSL, not in Debian", ("perl",)
    COMMAND = ("perl", os.path.join(HERE, "plan_ftpssl.pl"))

    def version(self):
        return told(["perl", "-MNet::FTPSSL", "-e", "print "
                     "Net::FTPSSL->VERSION . ', IO::Socket::SSL ' . "
                     "IO::Socket::SSL->VERSION"])


class Node(Planned):
    NAME, PACKAGE, NEEDS = "Node basic-ftp", "npm: basic-ftp", ("node",)
    COMMAND = ("node", os.path.join(HERE, "plan.js"))

    def version(self):
        return told(["node", "-p", "require('basic-ftp/package.json').version"
                     " + ', Node ' + process.versions.node"])


PYTHON = "/usr/bin/python3"


class Ftplib(Planned):
    NAME, PACKAGE, NEEDS = "Python ftplib", "python3", (PYTHON,)
    COMMAND = (PYTHON, os.path.join(HERE, "plan_ftplib.py"))
    ENVIRONMENT = {"FTP_STYLE": "plain"}

    def version(self):
        return told([PYTHON, "-c", "import ssl, sys; print('%d.%d.%d' % "
                     "sys.version_info[:3] + ', ' + ssl.OPENSSL_VERSION)"])


class FtplibReuse(Ftplib):
    NAME = "Python ftplib, with reuse"
    ENVIRONMENT = {"FTP_STYLE": "reuse"}


class FtplibCut(FtplibReuse):
    NAME = "Python ftplib, no unwrap"
    ENVIRONMENT = {"FTP_STYLE": "reuse", "FTP_UNWRAP": "no"}


class FtplibCutAllowed(FtplibCut):
    NAME = "Python ftplib, no unwrap (2)"
    USER = "carol"


class Pycurl(Planned):
    NAME = "libcurl-gnutls (pycurl)"
    PACKAGE, NEEDS = "python3-pycurl", (PYTHON,)
    COMMAND = (PYTHON, os.path.join(HERE, "plan_pycurl.py"))

    def version(self):
        return told([PYTHON, "-c", "import pycurl; print(', '.join("
                     "pycurl.version.split()[1:3]))"])


JAR = "/usr/share/java/commons-net.jar"


class Java(Planned):
    NAME = "Java commons-net"
    PACKAGE, NEEDS = "default-jdk-headless, libcommons-net-java", (
        "java", "javac")
    ENVIRONMENT = {"FTP_STYLE": "plain"}
    PROPERTIES = ()

    def version(self):
        if not super().version() or not os.path.exists(JAR):
            return ""
        jar = told(["dpkg-query", "-W", "-f", "${Version}",
                    "libcommons-net-java"])
        return "%s, %s" % (jar.partition("-")[0] or "?", re.sub(
            r'(?i)^(openjdk|java) version "([^"]*)".*', r"Java \2",
            told(["java", "-version"])))

    def command(self, site):
        classes = os.path.join(site.scratch, "classes")
        if not os.path.isdir(classes):
            code, said = execute(
                ["javac", "-nowarn", "-d", classes, "-cp", JAR,
                 os.path.join(HERE, "Plan.java")], site)
            if code != 0:
                raise Failed(said)
        return ["java", "-Xshare:auto", "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/sun.security.ssl=ALL-UNNAMED",
                "--add-opens=java.base/sun.security.util=ALL-UNNAMED",
                *self.PROPERTIES, "-cp", JAR + ":" + classes, "Plan"]


class JavaReuse(Java):
    NAME = "Java commons-net, with reuse"
    ENVIRONMENT = {"FTP_STYLE": "reuse"}
    PROPERTIES = ("-Djdk.tls.useExtendedMasterSecret=false",)


class Curl(Client):
    """One run for each step, and one for steps of a kind that follow each
    other."""

    NAME, PACKAGE, NEEDS = "curl", "curl", ("curl",)

    def version(self):
        found = re.match(r"curl (\S+).*? (\S+SSL/\S+|GnuTLS/\S+)",
                         told(["curl", "--version"]))
        return "%s, %s" % found.groups() if found else ""

    def options(self, site):
        options = ["-sS", "--ssl-reqd", "--user", "%s:%s" % (
            site.user, site.password), "--cacert", site.ca, "-4",
            "--connect-timeout", "15", "--write-out", "%{stderr}"]
        if site.version:
            options += ["--tlsv" + site.version, "--tls-max", site.version]
        return options

    def url(self, site, remote=""):
        return "%s://localhost:%d/%s" % (
            "ftps" if site.mode == "implicit" else "ftp", site.port, remote)

    def run(self, site, *words, codes=(0,)):
        code, said = execute(["curl", *self.options(site), *words], site)
        if code not in codes:
            # It says little of replies, unless it is asked.
            _, verbose = execute(["curl", "-v", *self.options(site), *words],
                                 site)
            raise Failed(said + " ".join(re.findall(
                r"(?m)^< (5\d\d[ -].*)", verbose)))
        return said

    def transfer(self, step, site):
        """The options of one transfer."""
        if step[0] == "put":
            return ["-T", step[1], self.url(site, step[2])]
        return ["-o", step[2], self.url(site, step[1])]

    def serve(self, plan, site):
        kinds = {step[0] for step in plan}
        if kinds <= {"put", "get"}:
            words = [word for step in plan
                     for word in self.transfer(step, site)]
        elif [step[0] for step in plan] == ["put", "sleep", "get"]:
            # Its own way to wait between two transfers.
            words = ["-o", "nothing"] + self.transfer(
                plan[0], site) + self.transfer(plan[2], site) + [
                    "--rate", "%d/h" % (3600 // (int(plan[1][1]) + 1))]
        else:
            return super().serve(plan, site)
        try:
            self.run(site, *words)
        except Failed as failed:
            return [("failed", str(failed))]
        return [("ok",)] * len(plan)

    def list(self, site):
        return self.run(site, "-l", self.url(site)).split()

    def asciiput(self, site, local, remote):
        self.run(site, "--crlf", "-B", "-T", local, self.url(site, remote))

    def resumeput(self, site, local, remote, offset):
        self.run(site, "-C", str(offset), "-T", local, self.url(site, remote))

    def resumeget(self, site, remote, local, offset):
        self.run(site, "-C", str(offset), "-o", local, self.url(site, remote))

    def abort(self, site, remote):
        self.run(site, "-r", "0-4095", "-o", "part", self.url(site, remote))

    def put(self, site, local, remote):
        self.run(site, *self.transfer(("put", local, remote), site))

    def get(self, site, remote, local):
        self.run(site, *self.transfer(("get", remote, local), site))


class Wget(Client):
    NAME, PACKAGE, NEEDS = "wget", "wget", ("wget",)

    def version(self):
        return " ".join(told(["wget", "--version"]).split()[2:3]) + ", GnuTLS"

    def run(self, site, *words, seconds=SECONDS):
        options = ["-nv", "--tries=1", "-4", "--ca-certificate=" + site.ca,
                   "--ftp-user=" + site.user,
                   "--ftp-password=" + site.password, "--timeout=15",
                   "--no-hsts"]
        if site.version:
            options.append("--ciphers=" + PRIORITIES[site.version])
        if site.mode == "implicit":
            options.append("--ftps-implicit")
        code, said = execute(["wget", *options, *words], site, seconds)
        if code != 0:
            _, verbose = execute(["wget", "-d", *options, "-v", *words], site)
            raise Failed(said + " ".join(re.findall(
                r"(?m)^(5\d\d[ -].*)", verbose)))
        return said

    def url(self, site, remote=""):
        return "ftps://localhost:%d/%s" % (site.port, remote)

    def list(self, site):
        self.run(site, "-O", "listing", self.url(site))
        with open(os.path.join(site.scratch, "listing"),
                  encoding="utf-8") as stream:
            return re.findall(r'<a href="[^"]*">([^<]*)</a>', stream.read())

    def get(self, site, remote, local):
        self.run(site, "-O", local, self.url(site, remote))

    def resumeget(self, site, remote, local, offset):
        del offset
        os.replace(local, os.path.join(site.scratch, remote))
        self.run(site, "-c", self.url(site, remote))
        os.replace(os.path.join(site.scratch, remote), local)

    def serve(self, plan, site):
        if plan and {step[0] for step in plan} == {"get"}:
            return self.fetch(plan, plan, site)
        if [step[0] for step in plan] == ["get", "sleep", "get"]:
            return self.fetch(plan, plan[::2], site,
                              "--wait=%d" % plan[1][1])
        return super().serve(plan, site)

    def fetch(self, plan, gets, site, *options):
        """Files in one run, into a folder of their own."""
        try:
            self.run(site, "-P", "got", *options,
                     *[self.url(site, step[1]) for step in gets])
        except Failed as failed:
            return [("failed", str(failed))]
        for step in gets:
            os.replace(os.path.join(site.scratch, "got", step[1]), step[2])
        return [("ok",)] * len(plan)


class Lftp(Client):
    NAME, PACKAGE, NEEDS = "lftp", "lftp", ("lftp",)

    COMMANDS = {
        "put": "put {1} -o {2}", "get": "get {1} -o {2}",
        "asciiput": "put -a {1} -o {2}", "asciiget": "get -a {1} -o {2}",
        "resumeput": "put -c {1} -o {2}", "resumeget": "get -c {1} -o {2}",
        "list": "nlist", "sleep": "sleep {1}",
        "abort": "set net:limit-rate 100000\nget {1} -o given-up &\n"
                 "sleep 1\nkill all\nset net:limit-rate 0"}

    def version(self):
        found = re.search(r"Version ([\d.]+)", told(["lftp", "--version"]))
        return found[1] + ", GnuTLS" if found else ""

    def serve(self, plan, site):
        lines = ["set ftp:ssl-force yes", "set ftp:ssl-protect-data yes",
                 "set ftp:ssl-protect-list yes", "set ssl:ca-file " + site.ca,
                 'set ssl:priority "%s"' % PRIORITIES[site.version],
                 "set net:max-retries 1", "set net:timeout 15",
                 "set net:idle 300", "set dns:order inet",
                 "set xfer:clobber yes", "set cmd:fail-exit yes",
                 "open -u %s,%s %s://localhost:%d" % (
                     site.user, site.password,
                     "ftps" if site.mode == "implicit" else "ftp", site.port)]
        for step in plan:
            lines.append(self.COMMANDS[step[0]].format(*step))
            lines.append("echo did: " + step[0])
        path = os.path.join(site.scratch, "script")
        with open(path, "w", encoding="ascii") as stream:
            stream.write("\n".join(lines) + "\n")
        try:
            code, said = execute(["lftp", "--norc", "-f", path], site)
        except Failed as failed:
            return [("failed", str(failed))]
        outcomes = []
        for step, part in zip(plan, said.split("did: ")):
            outcomes.append(("ok", *part.split()[0 if not outcomes else 1:])
                            if step[0] == "list" else ("ok",))
        if code != 0:
            outcomes = outcomes[:said.count("did: ")] + [("failed", said)]
        return outcomes
