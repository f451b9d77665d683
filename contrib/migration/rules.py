# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What each line means to mod_tls4217.

What the module's table says holds; the functions below say what the table
cannot: a value, a section, or another line that changes the meaning.
"""

import re

from migration.report import CHANGES, GOES, IGNORED, STAYS, Finding

CACHES = {"mod_tls_%scache.c" % name for name in ("shm", "fs", "mem")} | \
    {"mod_tls_redis.c", "mod_tls_memcache.c"}

OLD = ("TLSv1", "TLSv1.1")
VERSIONS = {"sslv3": None, "tlsv1": "TLSv1", "tlsv1.0": "TLSv1",
            "tlsv1.1": "TLSv1.1", "tlsv1.2": "TLSv1.2", "tlsv1.3": "TLSv1.3"}
NEW_VERSIONS = "TLSProtocol TLSv1.2 TLSv1.3"

#: The sections of a table row's contexts, as conf.Scope names them.
CONTEXTS = {"server config": "", "<VirtualHost>": "virtualhost",
            "<Global>": "global", "<Anonymous>": "anonymous",
            "<Directory>": "directory", ".ftpaccess": "directory"}

#: What is different without a line, for whom, and the line for as before.
DEFAULTS = (
    ("tlsprotocol", "TLS 1.0 and 1.1 are off; devices from before 2013 need "
     "them", "TLSPolicy compatible"),
    ("tlsciphersuite", "TLS 1.2 has six suites with ECDHE; older devices may "
     "know none of them", "TLSPolicy compatible"),
    ("tlstimeouthandshake", "a handshake has 30 seconds",
     "TLSTimeoutHandshake 300"),
    ("tlsnextprotocol", "a client that offers ALPN without \"ftp\" is refused "
     "(proxies made for HTTPS)", "TLSNextProtocol off"),
    ("nopbszrequired", "PROT without PBSZ is refused (scripts; every usual "
     "client sends it)", "TLSOptions NoPBSZRequired"),
    ("noclosenotifyrequired", "an upload without close_notify fails (old "
     "devices, some FTP libraries)", "TLSOptions NoCloseNotifyRequired"),
    ("tlsclearcommandchannel", "CCC is refused (clients behind old NAT "
     "devices)", "TLSClearCommandChannel on"),
)


def _why(row):
    """The table says "ignored: why"."""
    return row.usage[len("ignored: "):] if row.usage.startswith("ignored: ") \
        else row.usage


def _versions(words):
    """What a TLSProtocol line allows; None: a word that there is not."""
    found = set()
    for word in words:
        bare = word.lstrip("+-").lower()
        if bare in ("all", "sslv23"):
            found = {name for name in VERSIONS.values() if name}
        elif bare not in VERSIONS:
            return None
        elif word.startswith("-"):
            found.discard(VERSIONS[bare])
        elif VERSIONS[bare]:
            found.add(VERSIONS[bare])
    return found


class Rules:
    def __init__(self, table, config):
        self.table = table
        self.config = config
        self.special = {name[len("check_"):]: getattr(self, name)
                        for name in dir(self) if name.startswith("check_")}

    def run(self):
        found = []
        for line in self.config.lines:
            name = line.name.lower()
            if name == "loadmodule":
                found += self.loadmodule(line)
            elif name.startswith("tls"):
                found.append(self.directive(line))
            elif name == "<ifmodule" and "mod_tls.c" in line.text:
                found.append(Finding(line, STAYS, "mod_tls.c means "
                                     "mod_tls4217.c here", None))
            elif name == "<limit" and re.search(r"\b(PROT|CCC|PBSZ)\b",
                                                line.text):
                found.append(Finding(line, STAYS, "", None))
        return found + self.engines()

    def defaults(self):
        """What changes where nothing is written."""
        if not any(line.name.lower() == "tlsengine"
                   for line in self.config.lines):
            return []
        written = {word.lower() for line in self.config.lines
                   for word in line.words}
        unloaded = [] if written & {"mod_tls.c", "mod_tls4217.c"} else [
            ("the module is loaded nowhere here", "LoadModule mod_tls4217.c")]
        return unloaded + [(text, new) for name, text, new in DEFAULTS
                if name not in written and "tlspolicy" not in written]

    # What holds for a line.

    def server_of(self, line):
        server = line.scope.server
        return self.config.globals if server.kind == "global" else server

    def holding(self, line, name):
        return self.config.find(name, self.server_of(line))

    def options(self, line):
        return {word.lower() for found in self.holding(line, "TLSOptions")
                for word in found.words[1:]}

    # Lines.

    @staticmethod
    def loadmodule(line):
        module = line.words[1] if len(line.words) > 1 else ""
        if module == "mod_tls.c":
            return [Finding(line, CHANGES, "the two are not loaded together",
                            ["LoadModule mod_tls4217.c"])]
        if module in CACHES:
            return [Finding(line, IGNORED, "it belongs to mod_tls; sessions "
                            "are resumed with tickets", [])]
        return []

    def directive(self, line):
        row = self.table.get(line.name.lower())
        if row is None:
            return Finding(line, GOES, "there is no such directive", [])
        if row.fate == "ignored":
            return self.special.get(line.name.lower(), self.ignored)(line, row)
        if row.fate == "refused":
            return self.special.get(line.name.lower(), self.refused)(line, row)
        return self.wrong_place(line, row) or self.wrong_count(line, row) or \
            self.special.get(line.name.lower(), self.stays)(line, row)

    @staticmethod
    def stays(line, _, text=""):
        return Finding(line, STAYS, text, None)

    @staticmethod
    def ignored(line, row):
        return Finding(line, IGNORED, _why(row), [])

    @staticmethod
    def refused(line, row):
        return Finding(line, GOES, row.usage, [])

    @staticmethod
    def wrong_place(line, row):
        allowed = {CONTEXTS[name] for name in row.contexts.split(", ")}
        kinds = [kind for kind in line.scope.sections
                 if kind in set(CONTEXTS.values())]
        if kinds[0] in allowed:
            return None
        return Finding(line, GOES, "it may not stand in <%s>: it is for %s"
                       % (kinds[0], row.contexts), [])

    @staticmethod
    def wrong_count(line, row):
        count = len(line.words) - 1
        if count < int(row.fewest) or (row.most != "-" and
                                       count > int(row.most)):
            return Finding(line, GOES, "write %s %s" % (row.name, row.usage),
                           None)
        return None

    # Directives of their own.

    def check_tlsprotocol(self, line, row):
        versions = _versions(line.words[1:])
        if versions is None:
            return Finding(line, GOES, "a word that is no version: %s"
                           % row.usage, [NEW_VERSIONS])
        weak = "allowweaksecurity" in self.options(line)
        new = versions - set(OLD)
        if not versions or (not new and not weak):
            return Finding(line, GOES, "no client can connect: OpenSSL 3 has "
                           "SSLv3 no more, and TLS 1.0 and 1.1 only with "
                           "TLSOptions AllowWeakSecurity", [NEW_VERSIONS])
        if versions & set(OLD) and not weak:
            return Finding(line, CHANGES, "TLS 1.0 and 1.1 cannot be "
                           "negotiated without TLSOptions AllowWeakSecurity",
                           ["TLSProtocol " + " ".join(sorted(new))])
        return self.stays(line, row)

    def check_tlsciphersuite(self, line, row):
        suites = line.words[-1].split(":")
        tls13 = [suite for suite in suites if suite.startswith("TLS_")]
        rest = [suite for suite in suites if not suite.startswith("TLS_")]
        if len(line.words) > 2 or not tls13:
            return self.stays(line, row)
        new = ["TLSCipherSuite TLSv1.3 " + ":".join(tls13)]
        if any(suite and suite[0] not in "!-+@" for suite in rest):
            return Finding(line, CHANGES, "TLS 1.3 has a list of its own",
                           ["TLSCipherSuite " + ":".join(rest)] + new)
        return Finding(line, GOES, "TLS 1.3 has a list of its own", new)

    def check_tlsrequired(self, line, row):
        kind = next((kind for kind in line.scope.sections
                     if kind not in ("ifmodule", "ifdefine")), "")
        value = line.words[1].lower()
        if kind == "directory":
            return Finding(line, CHANGES, "it is decided by what a command "
                           "names, not by the working directory", None)
        if kind not in ("anonymous", "ifuser", "ifgroup",
                        "ifauthenticated") or value not in ("off", "false"):
            return self.stays(line, row)
        if "allowperuser" in self.options(line) and \
           kind in ("anonymous", "ifuser"):
            return self.stays(line, row, "AllowPerUser: asked at USER, before "
                              "there is a password")
        return Finding(line, CHANGES, "the login is decided at USER, before "
                       "this section is known: an exception from the server's "
                       "TLSRequired is 'TLSUserProtection optional NAME', "
                       "followed by 'TLSUserProtection required *' in place of "
                       "it; for transfers this line holds", None)

    def check_tlssessioncache(self, line, row):
        if line.words[1].lower() in ("off", "false", "no", "0"):
            return Finding(line, CHANGES, "as with mod_tls, sessions need not "
                           "be resumed: 'TLSSessionReuse report' finds out "
                           "who needs that", ["TLSSessionReuse off"])
        return Finding(line, IGNORED, "sessions are resumed with tickets and "
                       "need no cache", [])

    def check_tlsoptions(self, line, row):
        words = line.words[1:]
        rows = {word: self.table.get("tlsoptions:" + word.lower())
                for word in words}
        unknown = [word for word in words if rows[word] is None]
        dropped = [word for word in words
                   if rows[word] is None or rows[word].fate == "ignored"]
        left = [word for word in words if word not in dropped]
        new = ["TLSOptions " + " ".join(left)] if left else []
        if unknown:
            return Finding(line, GOES, "there is no option %s"
                           % ", ".join(unknown), new)
        if dropped:
            return Finding(line, IGNORED, "; ".join(
                "%s: %s" % (word, _why(rows[word])) for word in dropped), new)
        return self.options_that_need(line, {word.lower() for word in words}) \
            or self.stays(line, row)

    def options_that_need(self, line, words):
        """Those that need another line."""
        if "allowweaksecurity" in words and \
           not self.holding(line, "TLSProtocol") and \
           not self.holding(line, "TLSPolicy"):
            return Finding(line, CHANGES, "TLS 1.0 and 1.1 need a line of "
                           "their own", [line.text, "TLSProtocol ALL"])
        dns = [found for found in self.config.find("UseReverseDNS",
                                                   self.config.main)
               if len(found.words) > 1]
        if words & {"dnsnamerequired", "commonnamerequired"} and \
           (not dns or dns[0].words[1].lower() != "on"):
            return Finding(line, GOES, "the client's name in DNS is asked: it "
                           "needs 'UseReverseDNS on' at the server's level",
                           None)
        if "nosessionreuserequired" in words:
            return Finding(line, STAYS, "'TLSSessionReuse report' in its "
                           "place finds out who needs that", None)
        return None

    def check_tlsverifyclient(self, line, row):
        if line.words[1].lower() in ("off", "false", "no") or any(
                self.holding(line, name) for name in
                ("TLSCACertificateFile", "TLSCACertificatePath")):
            return self.stays(line, row)
        return Finding(line, GOES, "no CA is configured: add "
                       "TLSCACertificateFile, or verify nobody",
                       ["TLSVerifyClient off"])

    def check_tlsverifyorder(self, line, row):
        if "ocsp" in [word.lower() for word in line.words]:
            return Finding(line, GOES, "no OCSP server is asked in a "
                           "handshake: use revocation lists "
                           "(TLSCARevocationFile)", [])
        return self.stays(line, row)

    def check_tlsstapling(self, line, row):
        if line.words[1].lower() in ("off", "false", "no"):
            return self.stays(line, row)
        return Finding(line, CHANGES, "no OCSP responder is asked by the "
                       "server: have contrib/ocsp-update write the response "
                       "from cron, and add TLSStaplingFile; a certificate of "
                       "Let's Encrypt's has none: remove the line", None)

    def check_tlsusername(self, line, row):
        if re.match(r"[\d.]+\Z", line.words[1]):
            return Finding(line, CHANGES, "an OID is looked for in the subject "
                           "and in all extensions, and one that occurs more "
                           "than once names nobody: check that it means whom "
                           "you want", None)
        return self.stays(line, row)

    def check_tlslog(self, line, row):
        path = line.words[1]
        if path.lower() == "none" or path.startswith("/"):
            return self.stays(line, row)
        return Finding(line, GOES, "write the whole path",
                       ["TLSLog /var/log/proftpd/tls.log"])

    def check_tlstimeouthandshake(self, line, row):
        value = line.words[1]
        if value.isdigit() and not 0 < int(value) <= 3600:
            return Finding(line, CHANGES, "3600 seconds are the most",
                           ["TLSTimeoutHandshake 3600"])
        return self.stays(line, row)

    # Servers.

    def engines(self):
        """TLSEngine on where there is no certificate."""
        found = []
        for host in self.config.hosts:
            engine = self.config.find("TLSEngine", host)
            if engine and engine[0].words[1:2] and \
               engine[0].words[1].lower() == "on" and not any(
                    self.config.find(name, host) for name in PAIRS):
                found.append(Finding(
                    engine[0], GOES, "there is no certificate for %s: a pair "
                    "that stands in the main server is not that of a "
                    "<VirtualHost>; <Global> is for all"
                    % ("<VirtualHost %s>" % " ".join(host.words)
                       if host.kind else "the main server"),
                    [engine[0].text, "TLSCertificateFile "
                     "/path/fullchain.pem /path/privkey.pem"]))
        return found


PAIRS = ("TLSCertificateFile", "TLSRSACertificateFile", "TLSPKCS12File",
         "TLSECCertificateFile", "TLSSelfSignedCertificate",
         "TLSCertificateDirectory", "TLSDSACertificateFile")
