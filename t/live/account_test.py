#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A certificate opens no account that is closed (RFC 4217 section 12.2).

The server sees a passwd(5), a shadow(5) and PAM services of the test's own,
bound over the system's in a mount namespace; that needs root.
"""

import os
import shutil
import stat
import subprocess
import unittest

import certcase
import daemon
import harness
import program

BY_CN = certcase.OPTIONAL + "\nTLSUserName CommonName\n"

UNIX = BY_CN + "AuthOrder mod_auth_unix.c\n"
PAM = BY_CN + "AuthOrder mod_auth_pam.c mod_auth_unix.c\n" \
              "AuthPAMConfig tls4217\n"
PAM_ONLY = PAM.replace("_pam.c", "_pam.c*")

#: user: password field, and the dates of shadow(5) from the last change on
ACCOUNTS = {
    "open": ("{hash}", "19000::::::"),
    "key": ("*", "19000::::::"),
    "expired": ("{hash}", "19000:::::1:"),
    "aged": ("{hash}", "1:0:1:7:1::"),
    "locked": ("!{hash}", "19000::::::"),
    "closed": ("!", "19000::::::"),
    "banned": ("{hash}", "19000::::::"),
}

#: Who is decided by PAM alone; pam_permit takes any password.
SERVICE = """\
auth required pam_permit.so
session required pam_permit.so
account required pam_succeed_if.so quiet user != banned
account required pam_unix.so
"""

WRAPPER = """\
#!/bin/sh
exec unshare -m /bin/sh -c '
for file in passwd shadow pam.d; do
  mount --bind "{etc}/$file" /etc/$file || exit 1
done
exec {proftpd} "$@"' proftpd "$@"
"""


def can_bind():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "true"], timeout=20, check=False,
        stderr=subprocess.DEVNULL).returncode == 0


def asks_pam():
    """Whether server and module know PAM."""
    linked = subprocess.run(["ldd", program.module()], text=True, timeout=20,
                            capture_output=True, check=False).stdout
    return program.built_in("mod_auth_pam") and "libpam" in linked


class AccountCase(certcase.LoginCase):

    @classmethod
    def setUpClass(cls):
        if not can_bind():
            raise unittest.SkipTest("needs root and a mount namespace")
        super().setUpClass()

    @classmethod
    def make_certificates(cls, made):
        for user in ACCOUNTS:
            if not os.path.exists(made.path(user + ".pem")):
                made.make(user, "/O=Example/CN=" + user)

    @classmethod
    def prepare(cls):
        super().prepare()
        etc = cls.server.path("etc")
        os.mkdir(etc, 0o755)
        cls.write_accounts(etc)
        shutil.copytree("/etc/pam.d", os.path.join(etc, "pam.d"))
        with open(os.path.join(etc, "pam.d", "tls4217"), "w",
                  encoding="ascii") as stream:
            stream.write(SERVICE)
        cls.wrap_server(etc)

    @classmethod
    def write_accounts(cls, etc):
        uid, gid = daemon.account()[2:]
        hashed = daemon.password_hash("wonder")
        names = {"passwd": [], "shadow": [], "users": []}
        for user, (field, dates) in ACCOUNTS.items():
            field = field.replace("{hash}", hashed)
            rest = "%d:%d::%s:/bin/sh\n" % (uid, gid, cls.server.home)
            names["passwd"].append("%s:x:%s" % (user, rest))
            names["shadow"].append("%s:%s:%s\n" % (user, field, dates))
            names["users"].append("%s:%s:%s" % (user, field, rest))
        for name in ("passwd", "shadow"):
            with open("/etc/" + name, encoding="utf-8") as stream:
                names[name].insert(0, stream.read())
        for name, lines in names.items():
            path = os.path.join(etc, name)
            with open(path, "w", encoding="utf-8") as stream:
                stream.writelines(lines)
            os.chmod(path, 0o644 if name == "passwd" else 0o600)
            if name == "users":
                shutil.copy(path, cls.server.path("users"))
                daemon.own(cls.server.path("users"))

    @classmethod
    def wrap_server(cls, etc):
        path = cls.server.path("wrapper")
        with open(path, "w", encoding="ascii") as stream:
            stream.write(WRAPPER.format(etc=etc, proftpd=program.proftpd()))
        os.chmod(path, stat.S_IRWXU)
        before = os.environ.get("PROFTPD")
        os.environ["PROFTPD"] = path
        cls.addClassCleanup(cls.unwrap_server, before)

    @staticmethod
    def unwrap_server(before):
        if before is None:
            del os.environ["PROFTPD"]
        else:
            os.environ["PROFTPD"] = before

    def each(self, host, users, check):
        for user in users:
            with self.subTest(host=host, user=user):
                self.server.mark()
                check(user, host, user)

    def closed(self, user, host, reason):
        """Denied, and the log says why."""
        self.server.mark()
        self.denied(user, host, user)
        self.assert_logged("USER %s: .*%s" % (user, reason))


@harness.both_versions
class System(AccountCase):
    """Accounts of passwd(5) and shadow(5), and of an AuthUserFile."""

    MAIN = UNIX
    HOSTS = {"file": BY_CN + "AuthUserFile {root}/users",
             "alias": UNIX + "UserAlias open locked\nUserAlias key expired"}

    def test_rfc4217_12_2_open(self):
        self.each("main", ("open", "key", "banned"), self.granted)
        self.each("file", ("open", "key", "expired"), self.granted)

    def test_rfc4217_12_2_expired(self):
        self.closed("expired", "main", "has expired")
        self.closed("aged", "main", "has expired")

    def test_rfc4217_12_2_locked(self):
        for host in ("main", "file"):
            for user in ("locked", "closed"):
                with self.subTest(host=host, user=user):
                    self.closed(user, host, "locked")

    def test_rfc4217_12_2_the_account_behind_an_alias(self):
        self.denied("open", "alias", "open")
        self.denied("key", "alias", "key")

    def test_passwords_are_checked_as_before(self):
        for user, code in (("open", 230), ("expired", 530), ("locked", 530)):
            with self.subTest(user=user):
                control = self.secure()
                control.command("USER " + user, 331)
                control.command("PASS wonder", code)


@harness.both_versions
class Pam(AccountCase):
    """PAM's account management, where mod_auth_pam is in AuthOrder."""

    MAIN = PAM
    HOSTS = {
        "only": PAM_ONLY,
        "off": PAM + "AuthPAM off",
        "file": BY_CN + "AuthOrder mod_auth_pam.c mod_auth_file.c\n"
                "AuthPAMConfig tls4217\nAuthUserFile {root}/users",
        "file-only": BY_CN + "AuthOrder mod_auth_pam.c* mod_auth_file.c\n"
                     "AuthPAMConfig tls4217\nAuthUserFile {root}/users",
        "virtual": BY_CN + "AuthPAMConfig tls4217\n"
                   "AuthOrder mod_auth_pam.c mod_auth_file.c",
        "virtual-only": BY_CN + "AuthPAMConfig tls4217\n"
                        "AuthOrder mod_auth_pam.c* mod_auth_file.c",
    }

    @classmethod
    def setUpClass(cls):
        if not asks_pam():
            raise unittest.SkipTest("server or module without PAM")
        super().setUpClass()

    def test_rfc4217_12_2_open(self):
        for host in ("main", "only", "off", "file", "file-only"):
            self.each(host, ("open", "key"), self.granted)

    def test_rfc4217_12_2_closed(self):
        for host in ("main", "only"):
            for user, reason in (("banned", "PAM"), ("expired", "expired"),
                                 ("aged", "expired"), ("locked", "locked")):
                with self.subTest(host=host, user=user):
                    self.closed(user, host, reason)

    def test_rfc4217_12_2_a_first_try_decides_nothing(self):
        self.each("file", ("banned", "expired"), self.granted)

    def test_rfc4217_12_2_an_authority_decides(self):
        self.closed("banned", "file-only", "PAM")
        self.closed("expired", "file-only", "PAM")

    def test_rfc4217_12_2_whom_pam_does_not_know(self):
        self.granted("alice", "virtual", "alice")
        self.closed("alice", "virtual-only", "PAM")

    def test_switched_off(self):
        self.each("off", ("banned",), self.granted)
        self.closed("expired", "off", "expired")


if __name__ == "__main__":
    harness.main()
