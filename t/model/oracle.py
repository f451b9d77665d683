# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What a server replies to one client, predicted.

rfc4217/ decides (machine.py).  What is added here is the order in which a
server asks it, and what ProFTPD says by itself: that a command needs a login,
that a file is there.  Of a reply of ours the whole text is predicted, of one of
ProFTPD's the code.
"""

import collections

#: text is the beginning of the reply's text; None: any.
Expected = collections.namedtuple("Expected", "code text")

#: The server closes, with nothing that could be read as a reply.
CLOSED = Expected("closed", None)

#: No FTP server has it.
UNKNOWN = "XYZZY"

#: What is accepted without a login by ProFTPD itself, and its code.
OPEN_TO_ALL = {"NOOP": "200", "SYST": "215", "FEAT": "211", "HELP": "214",
               "CLNT x": "200", "USER": "500", "TYPE I": "200",
               "TYPE A": "200"}

#: What needs one.
BEHIND_LOGIN = {"PWD": "257", "CWD /": "250", "STAT": "211", "MKD file": "550",
                "REST 1": "350", "REST 0": "350", "ABOR": "226",
                "STRU F": "200", "MODE S": "200"}

#: MaxLoginAttempts, of the session and over REIN.
MAX_FAILURES = 1000

REIN_LIMIT = 10


class Host:
    """One policy, and the server that has it."""

    def __init__(self, name, control, data, facts):
        self.name = name
        self.control = control
        self.data = data
        self.facts = frozenset(facts)

    @property
    def implicit(self):
        return "implicit" in self.facts

    @property
    def undoable(self):
        return "undoable" in self.facts and not self.implicit

    @property
    def has_secret(self):
        return "directories" in self.facts

    def directives(self):
        """As proftpd.conf has it."""
        facts = self.facts
        options = [word for word, given in (
            ("UseImplicitSSL", self.implicit),
            ("NoPBSZRequired", "pbsz-required" not in facts),
            ("AllowReinitialize", "undoable" in facts)) if given]
        lines = ["TLSControlProtection " + self.control,
                 "TLSDataProtection " + self.data,
                 "TLSClearCommandChannel %s" % (
                     "on" if "ccc" in facts else "off"),
                 "TLSUserProtection required bob",
                 "TLSUserProtection none carol"]
        if options:
            lines.append("TLSOptions " + " ".join(options))
        if self.data == "per-transfer":
            lines += ["TLSDataRule required command STOR",
                      "TLSDataRule none command NLST"]
        if self.has_secret:
            lines += ["<Directory {root}/home/secret>",
                      "  TLSDataProtection required", "</Directory>"]
        return "\n".join(lines) + "\n"

    def __str__(self):
        return "%s: TLSControlProtection %s, TLSDataProtection %s, %s" % (
            self.name, self.control, self.data,
            " ".join(sorted(self.facts)) or "no option")


def all_hosts():
    """Each pair of views, CCC on and off, explicit and implicit; the rest
    changes from one to the next."""
    hosts = []
    for control in ("optional", "login", "required"):
        for data in ("none", "optional", "required", "per-transfer"):
            for ccc in (False, True):
                for implicit in (False, True):
                    number = len(hosts)
                    facts = [name for name, given in (
                        ("ccc", ccc and control != "required"),
                        ("implicit", implicit),
                        ("pbsz-required", number % 3 != 0),
                        ("undoable", number % 5 in (1, 2, 4)),
                        ("directories", number % 7 in (0, 2, 3, 5))) if given]
                    hosts.append(Host("h%02d" % number, control, data, facts))
    return hosts


#: Of TLSUserProtection, in this order.
USER_VIEWS = {"bob": "required", "carol": "none"}


class Oracle:
    """One connection of one client.  Each method returns the list of Expected
    that a step is answered with; the state is then as behind it."""

    def __init__(self, machine, host):
        self.machine = machine
        self.host = host
        self.reins = self.unknown = 0
        self.address = False
        self.restart = False
        self.user = self.name = self.noted = None
        self.logged_in = False
        self.state = None

    # -- the beginning and the end

    def _fresh(self):
        self.address = self.restart = False
        self.user = None
        self.logged_in = False
        self.state = self.machine.new(
            self.host.control, self.host.data,
            self.host.facts - {"undoable"} | (
                {"undoable"} if self.host.undoable else set()))

    def connect(self, how):
        self._fresh()
        if self.host.implicit:
            if how != "good":
                return [CLOSED]
            self.state = self.machine.tell("protect", "P")
            return [Expected("220", None)]
        if how == "tls":
            return [Expected("220", None), self._reply("tls-without-auth"),
                    CLOSED]
        return [Expected("220", None)]

    # -- what the server asks

    def _reply(self, name):
        verdict = self.machine.ask("reply", name)
        return Expected(verdict.code, verdict.text)

    @staticmethod
    def _said(verdict):
        return [Expected(verdict.code, verdict.text)]

    def _refused(self, verb):
        """Of TLSControlProtection; or nothing."""
        verdict = self.machine.ask("command", verb)
        return [] if verdict.accepted else self._said(verdict)

    def _without_login(self, verb):
        refused = self._refused(verb)
        if refused or self.logged_in:
            return refused
        return [Expected("530", None)]

    # -- RFC 2228

    def auth(self, mechanism, how):
        refused = self._refused("AUTH")
        verdict = self.machine.ask("auth", mechanism)
        if refused or not verdict.accepted:
            return refused or self._said(verdict)
        if how == "good":
            self._forget_user()
            self.address = self.restart = False
            self.state = self.machine.tell("protect", verdict.level)
            return self._said(verdict)
        if how == "alert":
            return self._said(verdict) + [CLOSED]
        return self._said(verdict) + [self._reply("handshake-failed"), CLOSED]

    def pbsz(self, size):
        refused = self._refused("PBSZ")
        verdict = self.machine.ask("pbsz", size)
        if verdict.accepted and not refused:
            self.state = self.machine.tell("set-pbsz")
        return refused or self._said(verdict)

    def prot(self, level):
        refused = self._refused("PROT")
        verdict = self.machine.ask("prot", level)
        if verdict.accepted and not refused:
            self.state = self.machine.tell("set-level", verdict.level)
        return refused or self._said(verdict)

    def ccc(self, parameter):
        refused = self._refused("CCC")
        verdict = self.machine.ask("ccc", parameter)
        if verdict.accepted and not refused:
            self.state = self.machine.tell("clear")
        return refused or self._said(verdict)

    def rein(self, parameter):
        refused = self._refused("REIN")
        self.machine.tell("fact", "exhausted",
                          "01"[self.reins >= REIN_LIMIT])
        verdict = self.machine.ask("rein", parameter)
        if verdict.accepted and not refused:
            self.reins += 1
            # Behind a login another process goes on, which counts from 0.
            self.unknown = 0 if self.logged_in else self.unknown
            self._forget_user()
            self.address = self.restart = False
            self._log_in(False)
            self.name = None
            self.state = self.machine.tell("reset")
        return refused or self._said(verdict)

    # -- who somebody is

    def _forget_user(self):
        self.user = None

    def _log_in(self, done):
        self.logged_in = done
        self.machine.tell("fact", "logged-in", "01"[done])

    def user_command(self, name):
        refused = self._refused("USER")
        if not refused:
            verdict = self.machine.ask("user", self._user_view(name))
            refused = [] if verdict.accepted else self._said(verdict)
        if self.logged_in:
            return refused or [
                Expected("230" if name == self.noted else "501", None)]
        if refused:
            self._forget_user()
            return refused
        self.user = name
        return [Expected("331", None)]

    def _user_view(self, name):
        """Who has logged in has both names."""
        for user, view in USER_VIEWS.items():
            if user in (name, self.name):
                return view
        return "optional"

    def password(self, right):
        refused = self._refused("PASS")
        if refused:
            return refused
        if self.logged_in:
            self.noted = None
            return [Expected("503", None)]
        if self.user is None:
            return [Expected("503", None)]
        if not right:
            self.user = None
            return [Expected("530", None)]
        self.name = self.noted = self.user
        self.user = None
        self.address = self.restart = False
        self._log_in(True)
        return [Expected("230", None)]

    # -- what ProFTPD does

    def simple(self, line):
        verb = line.split()[0]
        refused = self._refused(verb)
        if refused:
            if verb == "USER" and not self.logged_in:
                self._forget_user()
            return refused
        if line == "ABOR":
            return self._abor()
        if line == UNKNOWN:
            return self._unknown()
        if line in BEHIND_LOGIN:
            refused = self._without_login(verb)
            return refused or [Expected(BEHIND_LOGIN[line], None)]
        return [Expected(OPEN_TO_ALL[line], None)]

    def _unknown(self):
        """The last one that is accepted gets ProFTPD's reply."""
        self.unknown += 1
        verdict = self.machine.ask("unknown", str(self.unknown))
        if verdict.accepted:
            return [Expected("500", None)]
        return self._said(verdict) + [CLOSED]

    def _abor(self):
        refused = self._without_login("ABOR")
        return refused or [Expected(BEHIND_LOGIN["ABOR"], None)]

    def quit(self):
        return self._refused("QUIT") or [Expected("221", None), CLOSED]

    def status_lines(self):
        """What STAT says of TLS, as beginnings of its lines."""
        state = self.state
        return ["%s: %s" % (
            self._reply("status-control").text,
            "in clear" if state.control != "protected" else "TLSv1"),
                "%s: %s" % (
                    self._reply("status-data").text,
                    "protected (PROT P)" if state.level == "P"
                    else "in clear (PROT C)")]

    def features(self):
        """What FEAT must say, and what it must not."""
        has = {"AUTH TLS", "PBSZ", "PROT"}
        if "ccc" in self.host.facts:
            has.add("CCC")
        return has, {"AUTH TLS", "PBSZ", "PROT", "CCC"} - has

    def address_command(self, mode):
        code = {"PASV": "227", "EPSV": "229"}.get(mode, "200")
        refused = self._without_login(mode)
        self.address = self.address or not refused
        return refused or [Expected(code, None)]

    # -- files

    def _view(self, name):
        return "required" if self.host.has_secret and \
            name.startswith("secret") else "-"

    def reveal(self, verb, name, code):
        """STAT and MLST of a path."""
        refused = self._without_login(verb)
        if refused:
            return refused
        verdict = self.machine.ask(
            "reveal", "LIST" if verb == "STAT" else "MLSD", self._view(name))
        return [Expected(code, None)] if verdict.accepted \
            else self._said(verdict)

    def move(self, name):
        """RNFR, and the way back where it is accepted."""
        refused = self._without_login("RNFR")
        if refused:
            return refused
        verdict = self.machine.ask("move", "RETR", self._view(name))
        if not verdict.accepted:
            return self._said(verdict)
        return [Expected("350", None), Expected("250", None)]

    def decide(self, verb, name):
        """A transfer command, up to its first reply: that, or None where the
        data connection is opened; and the level."""
        refused = self._without_login(verb)
        if refused:
            return refused, "?"
        verdict = self.machine.ask("transfer", verb, self._view(name))
        if not verdict.accepted:
            return self._said(verdict), "?"
        return [], verdict.level

    def transferred(self, level, how, active, upload):
        """What becomes of a transfer behind its 150."""
        if how == "abort":
            return [Expected("426", None), Expected("226", None)]
        if level == "C":
            return [Expected("226", None)]
        if how == "fresh":
            return [self._reply("not-reused")]
        if how == "plain":
            return self._said(self.machine.ask(
                "without-tls", "active" if active else "passive"))
        if how == "cut" and upload:
            return [self._reply("cut")]
        return [Expected("226", None)]
