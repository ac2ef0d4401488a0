"""Import and export beside gzip, igzip and DuckDB."""
import hashlib
import os
import shutil
import subprocess
import sys

from measure import Failed, run, side_by_side
from table import Row

# A reader of many files must not need more, whatever their size.
MEMORY_BOUND = 768 * 2**20


class Programs:
    """Where Tessera's programs are, and how peers are called."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_duckdb.py")

    def ours(self, name):
        return os.path.join(self.binaries, name)

    def duckdb(self, *arguments):
        return [sys.executable, self.peer, *arguments]


def remove_store(path):
    """Removes a store and what lies beside it."""
    folder, name = os.path.split(path)
    for entry in os.listdir(folder):
        if entry.startswith(name):
            whole = os.path.join(folder, entry)
            shutil.rmtree(whole) if os.path.isdir(whole) else os.remove(whole)


def store_size(path):
    """Bytes of a store with its sidecars; the lock and the refused lines do not count."""
    folder, name = os.path.split(path)
    files = [os.path.join(folder, entry) for entry in os.listdir(folder) if entry.startswith(name)]
    return sum(os.path.getsize(file) for file in files if os.path.isfile(file) and not file.endswith(".lock"))


def import_ours(programs, data, store):
    """Imports into an empty store; the program's end is the end of the work, and all of it is on disk then."""
    remove_store(store)
    return run([programs.ours("tessera-archive"), "import", "--db", store, "--format", "json", "--threads", "2", *data.files])


def ready_store(programs, data):
    """A store of the data, imported by this very program."""
    store, fresh = data.made("store.tessera", [programs.ours("tessera-archive"), *data.files])
    if not fresh:
        import_ours(programs, data, store)
    return store


def ready_peer(programs, data):
    """DuckDB's table of the data."""
    table, fresh = data.made("suite.duckdb", [programs.peer, *data.files])
    if not fresh:
        raw, partial = os.path.join(data.scratch, "raw.duckdb"), os.path.join(data.scratch, "partial.duckdb")
        if not os.path.exists(raw):
            run(programs.duckdb("import", raw, *data.files))
        os.replace(raw, partial)
        run(programs.duckdb("table", partial))
        os.replace(partial, table)
    return table


def import_rows(programs, data, rounds):
    """One row for each peer; the store and DuckDB's raw tables stay for what follows."""
    store, raw = os.path.join(data.scratch, "store.tessera"), os.path.join(data.scratch, "raw.duckdb")
    works = {
        "ours": lambda: import_ours(programs, data, store),
        "gzip -dc": lambda: run(["gzip", "-dc", *data.files], keep_output=False),
    }
    if shutil.which("igzip"):
        works["igzip -dc"] = lambda: run(["igzip", "-dc", *data.files], keep_output=False)
    works["DuckDB into a table"] = lambda: run(programs.duckdb("import", raw, *data.files))
    done = side_by_side(rounds, works)
    ours, result = done["ours"], done["ours"].results[-1]
    read = sum(done["DuckDB into a table"].results[-1]["rows"].values())
    rate = result["messages"] / ours.seconds
    size, archive = store_size(store), data.bytes
    checks = {
        "gzip -dc": [
            (f"{result['accepted']} of {read} messages accepted", result["accepted"] == result["messages"] == read),
            (f"{ours.peak / 2**20:.0f} MiB at most 768", ours.peak <= MEMORY_BOUND),
        ],
        "DuckDB into a table": [(f"{result['profiles']} profiles", result["profiles"] > 0)],
    }
    bounds = {"gzip -dc": 1, "DuckDB into a table": 0.5}
    rows = [
        Row("import / " + name, ours.seconds, peer.seconds, ours.peak, peer.peak, bounds.get(name), checks.get(name, []))
        for name, peer in done.items()
        if name != "ours"
    ]
    for row, peer in zip(rows, [peer for name, peer in done.items() if name != "ours"]):
        row.note = processors(ours, peer)
    rows[0].note = f"{rate / 1e6:.2f} M messages/s; {rows[0].note}"
    bought = f"store {size / 2**20:.0f} MiB, archive {archive / 2**20:.0f} MiB, DuckDB {os.path.getsize(raw) / 2**20:.0f} MiB"
    rows.append(Row("store size / archive size", note=f"{size / archive:.2f} ({bought})"))
    return rows


def export_rows(programs, data, rounds):
    """Export beside gzip of the same text; the digest that each export told must be the text's."""
    store = ready_store(programs, data)
    archive, text = os.path.join(data.scratch, "export.gz"), os.path.join(data.scratch, "export.ndjson")

    def export():
        if os.path.exists(archive):
            os.remove(archive)
        return run([programs.ours("tessera-archive"), "export", "--db", store, "--out", archive, "--format", "json"])

    found = {}

    def gzip():
        if not found:  # The text of the first export; unpacking it is nobody's time.
            found["length"], found["digest"] = unpack(archive, text)
        return run(["gzip", "-6", "-c", text], keep_output=False)

    try:
        done = side_by_side(rounds, {"ours": export, "gzip -6": gzip})
        length, digest, told = found["length"], found["digest"], [result["digest"] for result in done["ours"].results]
        sizes = f"{length / 2**20:.0f} MiB of text in {os.path.getsize(archive) / 2**20:.0f} MiB"
        ours, peer = done["ours"], done["gzip -6"]
        return [
            Row(
                "export / gzip -6 of the same text", ours.seconds, peer.seconds, ours.peak, peer.peak,
                checks=[(f"digest {digest[:12]} of the text is the one told", told == [digest] * rounds)], note=f"{sizes}; {processors(ours, peer)}",
            )  # fmt: skip
        ]
    finally:
        for path in (archive, text):
            if os.path.exists(path):
                os.remove(path)


def processors(ours, peer):
    """Processor time of all threads: what a busy machine changes least."""
    return f"processor {ours.processor:.2f} s to {peer.processor:.2f} s"


def unpack(archive, text):
    """Writes the archive's text to a file; gives its length and SHA-256."""
    digest, length = hashlib.sha256(), 0
    with subprocess.Popen(["gzip", "-dc", archive], stdout=subprocess.PIPE) as unzip, open(text, "wb") as file:
        while block := unzip.stdout.read(1 << 20):
            digest.update(block)
            file.write(block)
            length += len(block)
    if unzip.returncode != 0:
        raise Failed(f"gzip cannot read {archive}, which the export wrote")
    return length, digest.hexdigest()
