# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates that are renewed: pairs, the ways to put files into place, and a
server with a host for each of them.

What certbot, lego and acme.sh do to the files is done here, step by step.
"""

import collections
import os
import random
import ssl
import subprocess
import threading

import client
import controlcase
import harness

#: A certificate file with its chain, and a key file: texts.
Pair = collections.namedtuple("Pair", "cert key")


def make_pairs(pki):
    """By what they are: two of RSA, one of ECDSA, one for another name."""
    for name, host, algorithm in (("rsa-new", "localhost", ("rsa:2048",)),
                                  ("other", "other.example", ("rsa:2048",))):
        pki._request(name, host, *algorithm)
        pki._sign(name, "inter", ["subjectAltName=DNS:" + host])
    return {what: Pair(pki.read(name + ".pem") + pki.read("inter.pem"),
                       pki.read(name + ".key"))
            for what, name in (("old", "rsa"), ("new", "rsa-new"),
                               ("ec", "ec"), ("other", "other"))}


def leaf_of(pair):
    """The first certificate of a pair, in DER."""
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(pair.cert.partition(end)[0] + end)


class Way:
    """How a program puts a new file in the place of an old one."""

    #: Its files below the folder of a host.
    CERT, KEY = "cert.pem", "key.pem"

    def __init__(self, folder):
        self.folder = folder
        self.serial = 0

    def path(self, kind):
        return os.path.join(self.folder,
                            self.CERT if kind == "cert" else self.KEY)

    def begin(self, pair):
        """The files of the first start."""
        os.makedirs(os.path.dirname(self.path("cert")), exist_ok=True)
        self.put("cert", pair.cert)
        self.put("key", pair.key)

    def put(self, kind, text):
        raise NotImplementedError

    def remove(self, kind):
        os.remove(self.path(kind))

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
        os.chmod(path, 0o600)


class Cp(Way):
    """Over the old one: the same inode."""

    def put(self, kind, text):
        self.write(self.path(kind), text)


class Mv(Way):
    """Beside it, then in its place."""

    def put(self, kind, text):
        self.write(self.path(kind) + ".new", text)
        os.rename(self.path(kind) + ".new", self.path(kind))


class Link(Way):
    """A symbolic link to another file, swapped at once."""

    def put(self, kind, text):
        self.serial += 1
        target = os.path.join(self.folder, "%s-%d.pem" % (kind, self.serial))
        self.write(target, text)
        os.symlink(target, self.path(kind) + ".new")
        os.rename(self.path(kind) + ".new", self.path(kind))


class Certbot(Way):
    """archive/NAME/privkey2.pem, then the link of live/NAME is removed and
    made again."""

    CERT, KEY = "live/name/fullchain.pem", "live/name/privkey.pem"

    def put(self, kind, text):
        self.serial += 1
        archive = os.path.join(self.folder, "archive", "name")
        os.makedirs(archive, exist_ok=True)
        name = "%s%d.pem" % ("fullchain" if kind == "cert" else "privkey",
                             self.serial)
        self.write(os.path.join(archive, name), text)
        if os.path.lexists(self.path(kind)):
            os.remove(self.path(kind))
        os.symlink("../../archive/name/" + name, self.path(kind))


class Lego(Cp):
    """certificates/NAME.crt and .key, written over."""

    CERT, KEY = "certificates/name.crt", "certificates/name.key"


class AcmeSh(Way):
    """--install-cert: "cat" into the file that is there."""

    CERT, KEY = "etc/cert.pem", "etc/key.pem"

    def put(self, kind, text):
        half = len(text) // 2
        with open(self.path(kind), "w", encoding="ascii") as stream:
            stream.write(text[:half])
            stream.flush()
            stream.write(text[half:])
        os.chmod(self.path(kind), 0o600)


class Backwards(Way):
    """From a backup, by "cp -p": its time is older than the old one's."""

    def put(self, kind, text):
        self.serial += 1
        self.write(self.path(kind), text)
        past = 1700000000 - self.serial * 86400
        os.utime(self.path(kind), (past, past))


WAYS = {"cp": Cp, "mv": Mv, "link": Link, "certbot": Certbot, "lego": Lego,
        "acme": AcmeSh, "backwards": Backwards}


class Traffic:
    """Clients that log in and transfer, one host after the other, all the time;
    and one whose download goes on."""

    def __init__(self, server, hosts, threads):
        self.server = server
        self.hosts = hosts
        self.troubles = []
        self.done = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(each,))
                         for each in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed):
        choose = random.Random(seed)
        while not self._over.is_set():
            host = choose.choice(self.hosts)
            try:
                self._transfer(host, seed)
                self.done += 1
            except ConnectionRefusedError:
                pass    # the daemon opens its sockets again
            except (OSError, ssl.SSLError, client.Cut,
                    client.Refused) as trouble:
                # One that waited at a socket which SIGHUP has closed is reset.
                if not isinstance(trouble, ConnectionResetError):
                    self.troubles.append((host, trouble))

    def _transfer(self, host, seed):
        control = self.server.login(host)
        try:
            control.upload("STOR up-%d" % seed, host.encode())
            got = control.download("RETR up-%d" % seed)
            if got != host.encode():
                raise client.Refused("%r came back" % got)
            control.quit()
        finally:
            control.close()


class Fleet(harness.Server):
    """A server with a host for each of many names, whose files a Way puts into
    place."""

    HOST = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile %s %s
%s
"""

    def __init__(self, ways, directives="", host_directives=""):
        """ways: from the name of a host to the class of its Way."""
        super().__init__(tls="")
        self.pairs = make_pairs(self.pki)
        self._names = {leaf_of(pair): what
                       for what, pair in self.pairs.items()}
        self.ways = {}
        for name, way in ways.items():
            folder = self.path("pki-" + name)
            os.mkdir(folder, 0o700)
            self.ways[name] = way(folder)
            self.ways[name].begin(self.pairs["old"])
        self._vhosts = {name: self.HOST % (way.path("cert"), way.path("key"),
                                           host_directives)
                        for name, way in self.ways.items()}
        self.directives = ("TLSEngine off\nMaxInstances 400\n" +
                           controlcase.ALLOWED + directives)

    def put(self, host, kind, what):
        """A host's certificate or key becomes that of a pair."""
        self.ways[host].put(kind, getattr(self.pairs[what], kind))

    def control(self, *words):
        """The exit status of ftpdctl, and what it says."""
        done = subprocess.run(
            [harness.ftpdctl(), "-s", self.path("controls"), *words],
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def login(self, host):
        control = client.Control(self.address(host), self.context())
        return control.auth().login().protect()

    def presented(self, host):
        """The pair whose certificate a new connection gets."""
        control = client.Control(self.address(host), self.context())
        try:
            got = control.auth().tls.object.getpeercert(True)
        finally:
            control.close()
        return self._names[got]

    def complaints_of(self, host):
        """The lines of ProFTPD's log that say a host's files were refused."""
        return [line for line in self.log("system.log").splitlines()
                if "remain in use" in line and "'%s'" % host in line]
