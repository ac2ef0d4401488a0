#!/usr/bin/env python3
"""Measures Tessera beside its peers and prints one table.

  Tools/bench                          size S, everything: a few minutes
  Tools/bench --size M                 the sizes that the bounds are about: about ten minutes, 12 GB of disk
  Tools/bench --only segments,kmeans   some of it
  Tools/bench --size XS --out -        tiny; nothing is written but to the screen
  Tools/bench --only stream            Kafka through a worker into PostgreSQL, at --rate messages a second; by itself alone
  Tools/bench --only connector         a connector in a shared library beside the same one built in; by itself alone, builds a worker of its own

Ours and theirs run in turns on the same data, two threads each, and medians are shown. A ratio below 1 means that Tessera is quicker.
A whole run of size S or M is written into Documentation/Benchmarks.md. The exit status is 1 when an answer is wrong, not when a bound
is missed: speed depends on the machine.
"""
import argparse
import datetime
import os
import shutil
import signal
import subprocess
import sys

import archives
import audiences
import clusters
import connector
import data
import machine
import stream
from measure import Company, Failed
from table import Row, markdown, plain, write_between_marks

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PARTS = ["import", "export", "segments", "kmeans"]
# Each of these is measured by itself, with programs of its own.
ALONE = ["stream", "connector"]
# How often each side does each part. gzip -6 takes minutes on size M.
ROUNDS = {
    "XS": {"import": 1, "export": 1, "segments": 1, "kmeans": 1},
    "S": {"import": 3, "export": 3, "segments": 3, "kmeans": 3},
    "M": {"import": 3, "export": 1, "segments": 3, "kmeans": 3},
}


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)


def options():
    parser = argparse.ArgumentParser(prog="Tools/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(data.SIZES), default="S", help="XS 20 000 events, S a million, M ten million (default S)")
    parser.add_argument(
        "--only", default=",".join(PARTS), help="comma-separated: import, export, segments, kmeans (default: all); or stream or connector, alone")
    parser.add_argument("--rate", type=float, default=50_000, help="messages a second that stream offers (default 50000)")
    parser.add_argument("--out", help="the page to write the table into; - for none (default: Documentation/Benchmarks.md after a whole run of S or M)")
    parser.add_argument("--data", help="a folder with the generator's archives, instead of making them")
    parser.add_argument("--cache", default=os.path.join(ROOT, ".build", "bench-data"), help="where data are kept (default .build/bench-data)")
    parser.add_argument("--bin", help="a folder with the programs, instead of building them")
    parser.add_argument("--rounds", type=int, help="how often each side does each part (default: 3; 1 for XS and the export of M)")
    chosen = parser.parse_args()
    chosen.only = [part.strip() for part in chosen.only.split(",") if part.strip()]
    for part in chosen.only if chosen.only not in ([name] for name in ALONE) else []:
        if part not in PARTS:
            parser.error(f"--only {part}: choose from {', '.join(PARTS)}, or {' or '.join(ALONE)} alone")
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error(f"--rounds {chosen.rounds} is too few. Use 1 or more.")
    return chosen


def build(only):
    """Builds the programs in release; gives their folder."""
    scratch = os.environ.get("TESSERA_BUILD") or os.path.join(ROOT, ".build")
    products, traits, libraries = ("tessera-archive", "tessera-shell", "tessera-bench", "sample-data"), [], []
    if only == ["stream"]:
        products, traits, libraries = ("tessera-worker", "kafka-mock", "sample-data"), ["--traits", "Kafka,Postgres"], ["--all"]
        scratch = os.path.join(scratch, "bench-stream")
    subprocess.run([os.path.join(ROOT, "Tools", "prepare")] + libraries, check=True)
    say("Building in release.")
    for product in products:
        command = ["swift", "build", "--package-path", ROOT, "--scratch-path", scratch, "-c", "release", *traits, "--product", product]
        subprocess.run(command, check=True, stdout=sys.stderr)
    return os.path.join(scratch, "release")


def measure(chosen, binaries):
    """Rows of the table, and the data they are about."""
    archive = data.find(chosen.size, chosen.data, chosen.cache, binaries, say)
    programs, rounds = archives.Programs(binaries), ROUNDS[chosen.size]
    parts = {
        "import": lambda times: archives.import_rows(programs, archive, times),
        "export": lambda times: archives.export_rows(programs, archive, times),
        "segments": lambda times: audiences.segment_rows(programs, archive, times),
        "kmeans": lambda times: clusters.cluster_rows(programs, chosen.cache, chosen.size, times),
    }
    rows, digest = [], archive.digest  # Reading all of it also leaves the files where the first reader finds them.
    for part in PARTS:
        if part in chosen.only:
            say(f"Measuring {part}.")
            try:
                rows += parts[part](chosen.rounds or rounds[part])
            except Failed as failure:
                rows.append(Row(part, checks=[(str(failure).replace("\n", " "), False)]))
    return rows, archive, digest


def main():
    chosen = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # What was begun is cleaned up.
    if chosen.only == ["connector"]:
        return measure_alone(lambda: connector_rows(chosen))
    binaries = os.path.abspath(chosen.bin) if chosen.bin else build(chosen.only)
    if chosen.only == ["stream"]:
        return measure_alone(lambda: stream_rows(chosen, binaries))
    if not shutil.which("igzip"):
        say("igzip is not installed: it is left out. (Debian: sudo apt-get install -y isal)")
    company, load = Company(), os.getloadavg()[0]
    rows, archive, digest = measure(chosen, binaries)
    share = company.share
    people, events = data.SIZES[chosen.size]
    kind = "the test data's generator" if len(archive.files) == 3 else "the sample shop"
    about = [
        f"Size {chosen.size}: {people} people, {events} events from {kind}, {archive.bytes / 1e6:.1f} MB of gzip, data {digest}.",
        f"Machine: {machine.machine()}; load {load:.1f} at the start"
        + ("." if share is None else f", others used {share:.0%} of the processors meanwhile."),
        "Versions: " + ", ".join(machine.versions(ROOT)) + ".",
    ]
    now = datetime.datetime.now(datetime.timezone.utc)
    command = "Tools/bench " + " ".join(argument for argument in public(sys.argv[1:]))
    print("\n".join(about) + "\n\n" + plain(rows))
    whole = sorted(chosen.only) == sorted(PARTS) and chosen.size != "XS"
    page = chosen.out or (os.path.join(ROOT, "Documentation", "Benchmarks.md") if whole else "-")
    if page != "-":
        lines = [f"`{command.strip()}`, {now:%Y-%m-%d %H:%M} UTC", ""] + [f"- {line}" for line in about] + ["", markdown(rows)]
        write_between_marks(page, chosen.size, "\n".join(lines))
        say(f"Written into {page}.")
    if not all(row.is_right for row in rows):
        sys.exit("Some answers are wrong: see the table.")


def stream_rows(chosen, binaries):
    rows = []
    for _ in range(chosen.rounds or 1):
        rows += stream.stream_rows(binaries, chosen.cache, chosen.size, chosen.rate)
    return rows


def connector_rows(chosen):
    scratch = os.path.join(os.environ.get("TESSERA_BUILD") or os.path.join(ROOT, ".build"), "bench-connector")
    worker, library = connector.build(ROOT, scratch, say)
    return connector.connector_rows(worker, library, chosen.size, chosen.rounds)


def measure_alone(measured):
    load = os.getloadavg()[0]
    try:
        rows = measured()
    except Failed as failure:
        rows = [Row("failed", checks=[(str(failure).replace("\n", " "), False)])]
    print(f"Machine: {machine.machine()}; load {load:.1f} at the start.\n\n" + plain(rows))
    if not all(row.is_right for row in rows):
        sys.exit("Some answers are wrong: see the table.")


def public(arguments):
    """The arguments without folders, which mean nothing to others."""
    kept, skip = [], False
    for argument in arguments:
        name = argument.split("=")[0]
        if not skip and name not in ("--data", "--cache", "--bin", "--out"):
            kept.append(argument)
        skip = not skip and name in ("--data", "--cache", "--bin", "--out") and "=" not in argument
    return kept


if __name__ == "__main__":
    main()
