#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSDataProtection: the four views of RFC 4217, section 10.2.

One server per level of the configuration that may hold the directive.
"""

import harness

#: view: the codes of PROT C and PROT P, and the levels that may transfer
VIEWS = {
    "none": {"C": 200, "P": 534, "allowed": "C"},
    "optional": {"C": 200, "P": 200, "allowed": "CP"},
    "required": {"C": 534, "P": 200, "allowed": "P"},
    "per-transfer": {"C": 200, "P": 200, "allowed": "CP"},
}

TRANSFERS = ("RETR file", "LIST", "NLST", "MLSD", "STOR new", "APPE new",
             "STOU")

DIRECTIVE = "TLSDataProtection "


class Views:
    """The tests; the cases below say where the directive stands."""

    def hosts(self):
        """(host, view) of what is to be tested."""
        raise NotImplementedError

    @classmethod
    def prepare(cls):
        cls.server.put("file", b"file" * 1000)

    def each(self, check):
        for host, view in self.hosts():
            with self.subTest(host=host, view=view):
                check(host, VIEWS[view])

    def at(self, host, level):
        """A session at a data level, also where PROT would refuse it."""
        control = self.secure(
            host, "TLS" if level == "C" else "SSL").login()
        control.command("TYPE I", 200)
        return control

    def test_rfc4217_10_2_prot(self):
        self.each(self.check_prot)

    def check_prot(self, host, want):
        control = self.secure(host).login()
        control.command("PBSZ 0", 200)
        for level in "CPC":
            control.command("PROT " + level, want[level])

    def test_rfc4217_10_2_transfers(self):
        self.each(self.check_transfers)

    def check_transfers(self, host, want):
        for level in "CP":
            control = self.at(host, level)
            if level in want["allowed"]:
                self.assertEqual(control.download(
                    "RETR file", protected=level == "P"), b"file" * 1000)
            else:
                self.all_refused(control)

    def all_refused(self, control):
        """521 before any 1xx; PASV, EPSV, PORT and EPRT are not checked."""
        for line in TRANSFERS:
            for mode in ("PASV", "EPSV", "PORT", "EPRT"):
                with self.subTest(line=line, mode=mode), control.data(mode):
                    control.command(line, 521)
        control.command("NOOP", 200)
        self.assertIsNone(self.server.get("new"))

    def test_rfc4217_10_2_refused_transfer_leaves_the_next_alone(self):
        self.each(self.check_after_refusal)

    def check_after_refusal(self, host, want):
        if len(want["allowed"]) > 1:
            return
        good = want["allowed"]
        for line in ("LIST", "NLST", "MLSD", "RETR file"):
            control = self.at(host, "C" if good == "P" else "P")
            with control.data():
                control.command(line, 521)
            control.protect(good)
            control.download(line, protected=good == "P")

    def test_rfc4217_10_2_transfer_without_pasv_after_a_refusal(self):
        """It gets an error, and no silence."""
        self.each(self.check_without_pasv)

    def check_without_pasv(self, host, want):
        if len(want["allowed"]) > 1:
            return
        control = self.at(host, "C" if want["allowed"] == "P" else "P")
        with control.data():
            control.command("LIST", 521)
        control.protect(want["allowed"])
        if control.command("LIST").code == 150:
            # Where the client's port is another test's by now, not 425.
            control.reply(425, 426, 522)
        control.command("NOOP", 200)

    def test_rfc4217_10_2_prot_between_pasv_and_retr(self):
        """The level is looked at by RETR, not by PASV."""
        self.each(self.check_late_prot)

    def check_late_prot(self, host, want):
        for level in want["allowed"]:
            for mode in ("PASV", "PORT"):
                control = self.at(host, "C" if level == "P" else "P")
                self.late_prot(control, level, mode)

    def late_prot(self, control, level, mode):
        with control.data(mode) as data:
            control.protect(level)
            control.command("RETR file", 150)
            data.open()
            if level == "P":
                data.secure()
            self.assertEqual(data.read_all(), b"file" * 1000)
            data.finish()
        control.reply(226)

    def test_session_without_tls(self):
        self.each(self.check_without_tls)

    def check_without_tls(self, host, want):
        control = self.connect(host).login()
        if "C" in want["allowed"]:
            control.download("LIST", protected=False)
        else:
            with control.data():
                control.command("LIST", 521)
        control.command("NOOP", 200)


@harness.both_versions
class VirtualHostLevel(Views, harness.LiveCase):
    """In each VirtualHost; the main server stands for the default."""

    SERVER = {"vhosts": {view: DIRECTIVE + view for view in VIEWS}}

    def hosts(self):
        return [("main", "optional")] + [(view, view) for view in VIEWS]


def at_level(name, where, view):
    """A case whose server has the directive at one level."""
    def hosts(self):
        return [("main", view)]

    harness.both_versions(type(
        "%s_%s" % (name, view.replace("-", "_")), (Views, harness.LiveCase),
        {"SERVER": {where: DIRECTIVE + view}, "hosts": hosts,
         "__module__": __name__}))


for _view in VIEWS:
    at_level("ServerLevel", "directives", _view)
    at_level("GlobalLevel", "global_directives", _view)


@harness.both_versions
class GlobalAndOwn(Views, harness.LiveCase):
    """A host's own line wins over <Global>."""

    SERVER = {"global_directives": DIRECTIVE + "required",
              "vhosts": {"own": DIRECTIVE + "none",
                         "mixed": "TLSDataProtection OPTIONAL",
                         "silent": ""}}

    def hosts(self):
        return [("main", "required"), ("own", "none"),
                ("mixed", "optional"), ("silent", "required")]


if __name__ == "__main__":
    harness.main()
