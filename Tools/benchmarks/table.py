"""The one table: on the screen, and as a page."""
import os
import re


class Row:
    """One comparison. Seconds and bytes; a `bound` is the most that ours / peer may be."""

    def __init__(self, what, ours=None, peer=None, ours_peak=None, peer_peak=None, bound=None, checks=(), note="", precise=False):
        self.what, self.ours, self.peer = what, ours, peer
        self.ours_peak, self.peer_peak, self.bound = ours_peak, peer_peak, bound
        # Pairs of a sentence and whether it holds.
        self.checks, self.note, self.precise = list(checks), note, precise

    @property
    def ratio(self):
        return self.ours / self.peer if self.ours is not None and self.peer else None

    @property
    def is_right(self):
        return all(holds for _, holds in self.checks)

    def cells(self):
        def seconds(value):
            return "" if value is None else f"{value:.4f}" if self.precise else f"{value:.2f}"

        def mebibytes(value):
            return "" if value is None else f"{value / 2**20:.0f}"

        remarks = [text if holds else f"WRONG: {text}" for text, holds in self.checks]
        if self.bound is not None and self.ratio is not None:
            over = self.ratio / self.bound - 1
            remarks.append(f"bound {self.bound:g}: " + ("held" if over <= 0 else f"missed by {over:.0%}"))
        if self.note:
            remarks.append(self.note)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [
            self.what,
            seconds(self.ours),
            seconds(self.peer),
            ratio,
            mebibytes(self.ours_peak),
            mebibytes(self.peer_peak),
            "; ".join(remarks),
        ]


HEADER = ["what", "ours s", "peer s", "ratio", "ours MiB", "peer MiB", "checks"]


def plain(rows):
    """For a terminal: aligned columns."""
    lines = [HEADER] + [row.cells() for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADER))]

    def aligned(line):
        cells = [line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:6], widths[1:6])]
        return "  ".join(cells + [line[6]]).rstrip()

    return "\n".join([aligned(lines[0]), "-" * (sum(widths[:6]) + 12)] + [aligned(line) for line in lines[1:]])


def markdown(rows):
    """For a page."""
    lines = ["| " + " | ".join(HEADER) + " |", "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]
    return "\n".join(lines + ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells()) + " |" for row in rows])


def write_between_marks(path, name, text):
    """Puts `text` between the marks called `name` in a file; a file without them gets them at its end."""
    begin, end = f"<!-- results {name} begin -->", f"<!-- results {name} end -->"
    page = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            page = file.read()
    if begin not in page:
        page += ("\n" if page and not page.endswith("\n\n") else "") + f"{begin}\n{end}\n"
    between = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    page = between.sub(lambda _: f"{begin}\n{text}\n{end}", page)
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
