# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Clients that move folders: synchronizers, backups, a desktop's files."""

import os
import shutil

import programs


class Rclone(programs.Client):
    """Whole folders, over four connections at once."""

    NAME, PACKAGE, NEEDS = "rclone", "rclone", ("rclone",)

    def version(self):
        return programs.told(["rclone", "version"]).replace(
            "rclone ", "") + ", Go"

    def run(self, site, *words):
        _, secret = programs.execute(["rclone", "obscure", site.password], site)
        options = ["--config", os.path.join(site.scratch, "none.conf"),
                   "--ftp-host", "localhost", "--ftp-port", str(site.port),
                   "--ftp-user", site.user, "--ftp-pass", secret.strip(),
                   "--retries", "1", "--low-level-retries", "1",
                   "--ftp-tls" if site.mode == "implicit"
                   else "--ftp-explicit-tls"]
        if site.version == "1.2":
            options.append("--ftp-disable-tls13")
        code, said = programs.execute(["rclone", *options, *words], site,
                             SSL_CERT_FILE=site.ca)
        if code != 0:
            raise programs.Failed(said)
        return said

    def serve(self, plan, site):
        kinds = {step[0] for step in plan}
        if len(plan) > 20 and len(kinds) == 1 and kinds <= {"put", "get"}:
            try:
                self.folder(plan, site)
            except programs.Failed as failed:
                return [("failed", str(failed))]
            return [("ok",)] * len(plan)
        return super().serve(plan, site)

    def folder(self, plan, site):
        """Many files in one run, which is how it is used."""
        folder = os.path.join(site.scratch, "folder")
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        if plan[0][0] == "put":
            for _, local, remote in plan:
                shutil.copy(local, os.path.join(folder, remote))
            self.run(site, "copy", folder, ":ftp:")
            return
        names = os.path.join(site.scratch, "names")
        with open(names, "w", encoding="ascii") as stream:
            stream.writelines(step[1] + "\n" for step in plan)
        self.run(site, "copy", "--files-from", names, ":ftp:", folder)
        for _, remote, local in plan:
            os.replace(os.path.join(folder, remote), local)

    def list(self, site):
        return self.run(site, "lsf", ":ftp:").split()

    def put(self, site, local, remote):
        self.run(site, "copyto", local, ":ftp:" + remote)

    def get(self, site, remote, local):
        self.run(site, "copyto", ":ftp:" + remote, local)


#: The folder on the server that backups go to; lftp says "File exists" where
#: duplicity asks it to make one.
BACKUP = "backup"


class Duplicity(programs.Client):
    """Backups and restores, by lftp underneath."""

    NAME, PACKAGE = "duplicity", "duplicity, lftp"
    NEEDS = ("duplicity", "lftp")
    VERSIONS = ("",)
    AS_FILES = False

    def version(self):
        return programs.told(["duplicity", "--version"]).replace(
            "duplicity ", "")

    def run(self, site, *words):
        with open(os.path.join(site.scratch, ".lftprc"), "w",
                  encoding="ascii") as stream:
            stream.write("set ssl:ca-file %s\nset dns:order inet\n" % site.ca)
        code, said = programs.execute(
            ["duplicity", *words, "--no-encryption", "--no-compression",
             "--ssl-cacert-file", site.ca, "--num-retries", "1",
             "--allow-source-mismatch"], site, FTP_PASSWORD=site.password)
        if code != 0:
            raise programs.Failed(said)

    def serve(self, plan, site):
        if len(plan) < 20:
            return [programs.CANNOT] * len(plan)
        url = "%s://%s@localhost:%d/%s" % (
            "ftps" if site.mode == "implicit" else "ftpes", site.user,
            site.port, BACKUP)
        folder = os.path.join(site.scratch, "saved")
        try:
            if plan[0][0] == "put":
                os.makedirs(folder, exist_ok=True)
                for _, local, remote in plan:
                    shutil.copy(local, os.path.join(folder, remote))
                self.run(site, "full", folder, url)
            else:
                again = os.path.join(site.scratch, "restored")
                shutil.rmtree(again, ignore_errors=True)
                self.run(site, "restore", url, again)
                for _, remote, local in plan:
                    os.replace(os.path.join(again, remote), local)
        except programs.Failed as failed:
            return [("failed", str(failed))]
        return [("ok",)] * len(plan)


class Gvfs(programs.Client):
    """What GNOME's Files and gio(1) have.  It asks about a certificate whose
    CA is not the system's, and sees the server from its root."""

    NAME = "gvfs (gio)"
    PACKAGE = "gvfs-backends, libglib2.0-bin, dbus"
    NEEDS = ("gio", "dbus-run-session")
    VERSIONS = ("",)

    COMMANDS = {
        "put": 'gio copy "{1}" "$url/{2}"', "get": 'gio copy "$url/{1}" "{2}"',
        "list": 'gio list "$url"', "sleep": "sleep {1}"}

    def version(self):
        there = os.path.exists("/usr/share/gvfs/mounts/ftpis.mount")
        return programs.told(["gio", "version"]) + ", GLib" if there else ""

    def serve(self, plan, site):
        if not {step[0] for step in plan} <= set(self.COMMANDS):
            return [programs.CANNOT] * len(plan)
        lines = ["url=%s://%s@localhost:%d%s" % (
            "ftpis" if site.mode == "implicit" else "ftps", site.user,
            site.port, site.home), "set -e",
            'printf "1\\n%s\\n" "$PASSWORD" | gio mount "$url" >/dev/null']
        for step in plan:
            lines += [self.COMMANDS[step[0]].format(*step), "echo did: x"]
        script = os.path.join(site.scratch, "script")
        with open(script, "w", encoding="ascii") as stream:
            stream.write("\n".join(lines) + "\n")
        try:
            code, said = programs.execute(
                ["dbus-run-session", "--", "sh", script], site,
                PASSWORD=site.password, XDG_RUNTIME_DIR=site.scratch,
                GIO_USE_VOLUME_MONITOR="unix")
        except programs.Failed as failed:
            return [("failed", str(failed))]
        parts = said.split("did: x")
        outcomes = [("ok", *part.split()) for part in parts[:-1]]
        if len(outcomes) < len(plan):
            outcomes.append(("failed", "exit status %d: %s" % (
                code, parts[-1])))
        return outcomes
