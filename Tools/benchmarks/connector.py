"""A connector in a shared library beside the same one built in: what the way through the interface costs."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

from measure import Failed, run, side_by_side
from table import Row

COUNT = {"XS": 20_000, "S": 1_000_000, "M": 1_000_000}
ROUNDS = 5
# Bytes, and seconds, that a library of the scaffold may have and take.
MOST_BYTES, MOST_LOADING = 100_000, 0.05
# Both make the same line in the same way: what is measured is how it comes to the worker.
LINE = (
    r'#"{"type":"track","event":"Something Happened","userId":"user-\#(NUMBER % 100)","messageId":"counter-\#(NUMBER)","#'
    r' + #""timestamp":"2026-06-01T00:00:00Z","properties":{"number":\#(NUMBER)}}"#')


def replace(path, pattern, text):
    with open(path) as file:
        source = file.read()
    changed, times = re.subn(pattern, lambda _: text, source, flags=re.DOTALL)
    if times != 1:
        raise Failed(f"{path} is not what the scaffold wrote some time ago: look at Tools/benchmarks/connector.py.")
    with open(path, "w") as file:
        file.write(changed)


def build(root, scratch, say):
    """Scaffolds both and builds them; gives the worker that has the one, and the path of the other."""
    twin, library = os.path.join(scratch, "tessera"), os.path.join(scratch, "counter")
    for folder in (twin, library):
        shutil.rmtree(folder, ignore_errors=True)
    files = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in filter(None, files.decode().split("\0")):
        target = os.path.join(twin, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(root, name), target)
    tool = [os.path.join(root, "Tools", "new-connector"), "counter"]
    subprocess.run(tool + ["--way", "builtin", "--tessera", twin], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(tool + ["--in", scratch, "--tessera", root], check=True, stdout=subprocess.DEVNULL)
    built_in = os.path.join(twin, "Plugins", "SourceCounter", "CounterSource.swift")
    # As many at once as a library gives.
    replace(built_in, r"last \+ 100\b", "last + 10_000")
    replace(built_in, r"lines \+= #.*?\n +lines \+= #[^\n]*", "lines += " + LINE.replace("NUMBER", "number") + ' + "\\n"')
    replace(
        os.path.join(library, "Sources", "Counter", "Counter.swift"), r"batch\.add\(\n.*?\n +\]\)\)\n",
        f"batch.add(json: ({LINE.replace('NUMBER', 'last')}).utf8)\n")
    say("Building a worker with the connector built in, in release.")
    command = ["swift", "build", "--package-path", twin, "--scratch-path", os.path.join(scratch, "build"), "-c", "release"]
    subprocess.run(command + ["--product", "tessera-worker"], check=True, stdout=sys.stderr)
    say("Building the connector as a library.")
    subprocess.run(["swift", "build", "--package-path", library, "-c", "release", "-Xswiftc", "-Osize"], check=True, stdout=sys.stderr)
    return os.path.join(scratch, "build", "release", "tessera-worker"), os.path.join(library, ".build", "release", "libcounter.so")


def settings(library, count):
    of_library = f"kind: library, path: '{library}', settings: {{count: {count}}}"
    return "\n".join([
        "connectors:", f"  - {{name: built-in, kind: counter, count: {count}}}", f"  - {{name: inside, {of_library}, inProcess: true}}",
        f"  - {{name: outside, {of_library}}}",
    ]) + "\n"


def connector_rows(worker, library, size, rounds):
    folder = tempfile.mkdtemp(prefix="tessera-connector-")

    def work(name, count):
        def whole():
            store = os.path.join(folder, "new.tessera")
            config = os.path.join(folder, "tessera.yaml")
            with open(config, "w") as file:
                file.write(settings(library, count))
            done = run([worker, "connectors", "run", name, "--db", store, "--config", config])
            if done.result["thisRun"]["accepted"] != count:
                raise Failed(f"{name} brought something else: {done.output[:300]}")
            for path in os.listdir(folder):
                path = os.path.join(folder, path)
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
            return done
        return whole

    try:
        names, count = ("built-in", "inside", "outside"), COUNT[size]
        many = side_by_side(rounds or ROUNDS, {name: work(name, count) for name in names})
        one = side_by_side(rounds or 2 * ROUNDS, {name: work(name, 1) for name in names})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    there, loading = many["built-in"], one["inside"].seconds - one["built-in"].seconds
    size = os.path.getsize(library)
    about = f"the library has {size} bytes" + f", bound {MOST_BYTES}: " + ("held" if size <= MOST_BYTES else "missed")

    def row(name, what, bound=None, note=""):
        return Row(
            f"{count} messages, {what} / built in", many[name].seconds, there.seconds, many[name].peak, there.peak, bound=bound,
            note=f"processor {many[name].processor:.2f} s to {there.processor:.2f} s" + note)

    return [
        row("inside", "a library in the process", 1.05, f"; {about}"),
        row("outside", "a library in a process of its own"),
        Row(
            "1 message, a library in the process / built in", one["inside"].seconds, one["built-in"].seconds, precise=True,
            note=f"loading takes {1_000 * loading:.1f} ms, bound {1_000 * MOST_LOADING:.0f}: " + ("held" if loading <= MOST_LOADING else "missed")),
        Row("1 message, a library in a process of its own / built in", one["outside"].seconds, one["built-in"].seconds, precise=True),
    ]
