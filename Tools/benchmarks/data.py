"""The data that is measured on: made once, kept outside version control, used again."""
import hashlib
import json
import os
import subprocess
import sys

# People and events of each size; S and M are those of the test data's generator.
SIZES = {"XS": (2_000, 20_000), "S": (100_000, 1_000_000), "M": (1_000_000, 10_000_000)}
SUITE_FILES = ["profiles.ndjson.gz", "links.ndjson.gz", "events.ndjson.gz"]


class Data:
    """Archives to import, in the order to import them, and a folder for what is made from them."""

    def __init__(self, files, scratch, size, is_suite):
        self.files, self.scratch, self.size = files, scratch, size
        # Whether the counts of the segment suite are known for these data.
        self.is_suite = is_suite
        os.makedirs(scratch, exist_ok=True)

    @property
    def bytes(self):
        return sum(os.path.getsize(file) for file in self.files)

    @property
    def digest(self):
        """SHA-256 of the files, twelve digits: figures of different data are not to be compared."""
        total = hashlib.sha256()
        for path in self.files:
            with open(path, "rb", buffering=0) as file:
                while block := file.read(1 << 22):
                    total.update(block)
        return total.hexdigest()[:12]

    def made(self, name, sources=()):
        """Where a product of these data lies, and whether it is there and newer than all its sources."""
        path = os.path.join(self.scratch, name)
        fresh = os.path.exists(path) and all(os.path.getmtime(path) >= os.path.getmtime(source) for source in sources)
        return path, fresh


def find(size, given, cache, binaries, say):
    """The data of `size`: those of the folder `given`, else those in `cache`, made if need be."""
    scratch = os.path.join(cache, size)
    if given:
        files = existing(given, SUITE_FILES) or existing(given, ["shop.ndjson.gz"])
        if not files:
            sys.exit(f"{given} holds neither {', '.join(SUITE_FILES)} nor shop.ndjson.gz.")
        is_suite = len(files) == 3 and is_default(given, size)
        if len(files) == 3 and not is_suite:
            say(f"{given} has no meta.json of gen.py's default seed and size {size}: the suite's known counts are not checked.")
        place = hashlib.sha256(os.path.abspath(given).encode()).hexdigest()[:8]
        return Data(files, os.path.join(scratch, "given-" + place), size, is_suite)
    generator = os.path.join(os.environ.get("TESSERA_TESTDATA") or "/nowhere", "bench", "gen.py")
    if os.path.exists(generator):
        folder = os.path.join(scratch, "suite")
        files = existing(folder, SUITE_FILES)
        if not files or not is_default(folder, size):
            say(f"Making data of size {size} with {generator} (once).")
            subprocess.run([sys.executable, generator, "--out", folder, "--size", size], check=True, stdout=sys.stderr)
            files = existing(folder, SUITE_FILES)
        return Data(files, folder, size, True)
    say("TESSERA_TESTDATA names no folder with bench/gen.py: a sample shop is used. The suite's known counts do not apply to it; DuckDB's are the measure.")
    folder = os.path.join(scratch, "shop")
    files = existing(folder, ["shop.ndjson.gz"])
    if not files:
        people, events = SIZES[size]
        os.makedirs(folder, exist_ok=True)
        command = [os.path.join(binaries, "sample-data"), "--out", "-", "--profiles", str(people), "--events", str(events)]
        partial = os.path.join(folder, "partial.gz")
        with open(partial, "wb") as file:
            maker = subprocess.Popen(command, stdout=subprocess.PIPE)
            subprocess.run(["gzip", "-6", "-n"], stdin=maker.stdout, stdout=file, check=True)
            if maker.wait() != 0:
                sys.exit("sample-data failed.")
        os.rename(partial, os.path.join(folder, "shop.ndjson.gz"))
        files = existing(folder, ["shop.ndjson.gz"])
    return Data(files, folder, size, False)


def existing(folder, names):
    """The files of those names, if all are there."""
    paths = [os.path.join(os.path.abspath(folder), name) for name in names]
    return paths if all(os.path.exists(path) for path in paths) else []


def is_default(folder, size):
    """Whether gen.py made these files whole (it writes meta.json last), with its default seed, and of this size."""
    try:
        with open(os.path.join(folder, "meta.json")) as file:
            meta = json.load(file)
    except (OSError, ValueError):
        return False
    people, events = SIZES[size]
    return (meta.get("profiles"), meta.get("events"), meta.get("seed"), meta.get("days"), meta.get("dup_rate")) == (
        people,
        events,
        20260630,
        180,
        0.0,
    )

