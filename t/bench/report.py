# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The results of bench.py: a table for people, JSON, and a chart in SVG.

Figures are medians over the rounds.  Ratios to another server and surcharges
are taken within each round, where both sides met the same machine, and then
the median.
"""

import json
import statistics
from html import escape

OURS, REFERENCE, FLOOR = "mod_tls4217", "mod_tls", "bare"


class Results:
    """figures: (server, cell) -> one figure per round."""

    def __init__(self, figures, notes, workloads, clear, about):
        self._figures = figures
        self._notes = notes
        self._workloads = workloads
        self._clear = clear
        self._about = about
        self.servers = [name for name in clear
                        if any(server == name for server, _ in figures)]
        self.cells = list(dict.fromkeys(cell for _, cell in figures))

    # -- arithmetic

    def median(self, server, cell):
        figures = self._figures.get((server, cell))
        return statistics.median(figures) if figures else None

    def spread(self, server, cell):
        """The median distance from the median, as a share of it."""
        figures = self._figures[server, cell]
        median = statistics.median(figures)
        distance = statistics.median(abs(each - median) for each in figures)
        return distance / median if median else 0

    def surcharges(self, server, cell):
        """TLS minus clear, per round; clear is that of the same server
        without TLS where there is one."""
        clear = cell._replace(mode="none", key="ec")
        base = self._figures.get((self._clear[server] or server, clear)) \
            or self._figures.get((server, clear), [])
        return [tls - plain for tls, plain
                in zip(self._figures.get((server, cell), []), base)]

    def ratio(self, server, other, cell):
        return _ratio(self._figures.get((server, cell), []),
                      self._figures.get((other, cell), []))

    def surcharge_ratio(self, server, other, cell):
        """Of the medians: single differences of noisy figures are too small
        to divide by."""
        ours, theirs = (self.surcharges(each, cell)
                        for each in (server, other))
        return ours and theirs and _ratio([statistics.median(ours)],
                                          [statistics.median(theirs)]) or None

    # -- the table

    def text(self):
        parts = ["server CPU; %s; %s; %d rounds" % (
            self._about["accounting"], self._about["network"],
            self._about["rounds"])]
        parts.append(self._table("median, and median deviation", self._figure,
                                 self.cells))
        parts.append(self._table("ratio to " + REFERENCE, self._of_reference,
                                 self.cells))
        secured = [cell for cell in self.cells if cell.mode != "none"]
        parts.append(self._table(
            "surcharge of TLS (in brackets: times %s's)" % FLOOR,
            self._surcharge, secured))
        parts.append(self._resumptions())
        parts.append("\n".join("skipped %s: %s" % item for item
                               in self._about["skipped"].items()))
        return "\n\n".join(filter(None, parts)) + "\n"

    def _table(self, title, show, cells):
        rows = [[title, ""] + self.servers]
        for cell in cells:
            rows.append([_name(cell), self._workloads[cell.workload].unit]
                        + [show(server, cell) for server in self.servers])
        rows = [row for row in rows if any(row[2:])]
        return _align(rows) if len(rows) > 1 else ""

    def _figure(self, server, cell):
        if not self._figures.get((server, cell)):
            return ""
        return "%s ±%2.0f%%" % (_digits(self.median(server, cell)),
                                100 * self.spread(server, cell))

    def _of_reference(self, server, cell):
        ratio = self.ratio(server, REFERENCE, cell)
        return "" if ratio is None else "%.2f" % ratio

    def _surcharge(self, server, cell):
        surcharges = self.surcharges(server, cell)
        if not surcharges:
            return ""
        ratio = self.surcharge_ratio(server, FLOOR, cell)
        return _digits(statistics.median(surcharges)) + (
            "" if ratio is None else " (%.2f)" % ratio)

    def _resumptions(self):
        """Who resumed less than it should have, as the client saw it."""
        lines = []
        for (server, cell), notes in self._notes.items():
            count = sum(note["count"] for note in notes)
            resumed = sum(note["resumed"] for note in notes)
            if cell.mode != "none" and resumed < count and \
                    cell.workload not in ("login", "noop", "idle"):
                lines.append("%s, %s: %.0f of %.0f handshakes resumed"
                             % (server, _name(cell), resumed, count))
        return "\n".join(lines)

    # -- files

    def write_json(self, path):
        cells = [{"server": server, "workload": cell.workload,
                  "tls": cell.mode, "key": cell.key,
                  "unit": self._workloads[cell.workload].unit,
                  "median": self.median(server, cell), "rounds": figures,
                  "surcharges": self.surcharges(server, cell)
                  if cell.mode != "none" else None,
                  "client": self._notes[server, cell]}
                 for (server, cell), figures in self._figures.items()]
        with open(path, "w", encoding="utf-8") as stream:
            json.dump({"about": self._about, "figures": cells}, stream,
                      indent=1)
            stream.write("\n")

    def write_svg(self, path):
        cells = [cell for cell in self.cells
                 if cell.mode == "1.3" and cell.key == "ec"]
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(Chart(self, cells).svg())


def _ratio(ours, theirs):
    pairs = [(a, b) for a, b in zip(ours, theirs) if b > 0]
    return statistics.median(a / b for a, b in pairs) if pairs else None


def _name(cell):
    mode = "clear" if cell.mode == "none" else "TLS " + cell.mode
    return "%s, %s%s" % (cell.workload, mode,
                         "" if cell.key == "ec" else ", RSA")


def _digits(number):
    """Three digits that mean something."""
    for limit, form in ((100, "%.0f"), (10, "%.1f"), (1, "%.2f")):
        if abs(number) >= limit:
            return form % number
    return "%.3f" % number


def _align(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(
        text.ljust(width) if index < 2 else text.rjust(width)
        for index, (text, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)


class Chart:
    """Bars of server CPU per workload in TLS 1.3, as a share of mod_tls."""

    COLOURS = {"mod_tls4217": "#1b7837", "mod_tls": "#c51b7d",
               "mod_tls-tuned": "#e9a3c9", "vsftpd": "#4575b4",
               "pure-ftpd": "#91bfdb", "bare": "#999999"}
    LEFT, WIDTH, BAR, GAP, TOP = 120, 560, 13, 14, 64

    def __init__(self, results, cells):
        self._results = results
        self._cells = cells
        self._servers = [name for name in results.servers
                         if name in self.COLOURS]
        shares = [self._share(server, cell)
                  for cell in cells for server in self._servers]
        self._full = min(2.0, max([share for share in shares if share]
                                  or [1.0]))

    def _share(self, server, cell):
        return self._results.ratio(server, REFERENCE, cell)

    def svg(self):
        group = len(self._servers) * self.BAR + self.GAP
        height = self.TOP + group * len(self._cells) + 10
        parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="760" '
                 'height="%d" font-family="sans-serif" font-size="11">'
                 % height,
                 '<rect width="100%" height="100%" fill="#ffffff"/>',
                 _label(10, 20, "Server CPU in TLS 1.3, %s = 1 "
                        "(shorter is better)" % REFERENCE, 14)]
        parts += self._legend()
        for number, cell in enumerate(self._cells):
            parts += self._group(cell, self.TOP + number * group)
        return "\n".join(parts + ["</svg>"]) + "\n"

    def _legend(self):
        parts, x = [], 10
        for server in self._servers:
            parts.append(_bar(x, 34, 10, 10, self.COLOURS[server]))
            parts.append(_label(x + 14, 43, server))
            x += 34 + 7 * len(server)
        return parts

    def _group(self, cell, y):
        what = "idle (memory)" if cell.workload == "idle" else cell.workload
        parts = [_label(10, y + 12, what)]
        for number, server in enumerate(self._servers):
            share = self._share(server, cell)
            if share is None:
                continue
            top = y + number * self.BAR
            width = self.WIDTH * min(share, self._full) / self._full
            parts.append(_bar(self.LEFT, top, width, self.BAR - 2,
                              self.COLOURS[server]))
            parts.append(_label(self.LEFT + width + 4, top + 10,
                                "%.2f" % share))
        return parts


def _bar(x, y, width, height, colour):
    return '<rect x="%.0f" y="%.0f" width="%.1f" height="%.0f" fill="%s"/>' % (
        x, y, width, height, colour)


def _label(x, y, text, size=11):
    return '<text x="%.0f" y="%.0f" font-size="%d">%s</text>' % (
        x, y, size, escape(text))
