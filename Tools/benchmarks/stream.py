"""From a Kafka cluster through a worker into PostgreSQL, all on this machine: how many messages a second arrive."""
import glob
import json
import os
import shutil
import subprocess
import tempfile
import time

from measure import Failed
from table import Row

COUNT = {"XS": 20_000, "S": 500_000, "M": 1_000_000}
BATCH = 5_000


def postgres_programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin")) + [os.path.dirname(shutil.which("initdb") or "")]
    for folder in reversed(found):
        if folder and all(os.path.exists(os.path.join(folder, name)) for name in ("initdb", "pg_ctl", "psql")):
            return folder
    raise Failed("PostgreSQL is not installed. (Debian: sudo apt-get install -y postgresql)")


class Server:
    """A PostgreSQL of its own, with its disk syncs."""

    def __init__(self, folder):
        self.programs, self.folder = postgres_programs(), folder
        # It refuses to run as root.
        self.prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        os.makedirs(folder)
        if self.prefix:
            shutil.chown(folder, 65534, 65534)
        self.run("initdb", "-D", self.data, "-U", "tessera", "-A", "trust", "-E", "UTF8", "--locale=C")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as settings:
            settings.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nshared_buffers = 256MB\nmax_wal_size = 4GB\n")
        self.run("pg_ctl", "-D", self.data, "-l", os.path.join(folder, "log"), "-w", "start")

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def run(self, program, *arguments):
        done = subprocess.run(
            self.prefix + [os.path.join(self.programs, program), *arguments], cwd=self.folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f"{program}: {done.stderr[-500:].strip()}")

    def ask(self, question):
        """One value; None where the table is not there yet."""
        done = subprocess.run(
            [os.path.join(self.programs, "psql"), "-h", self.folder, "-U", "tessera", "-d", "postgres", "-Atc", question],
            capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    @property
    def processes(self):
        with open(os.path.join(self.data, "postmaster.pid")) as file:
            parent = int(file.readline())
        return [parent] + [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if stat(pid)[1] == str(parent)]

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")


def stat(pid):
    """Fields of a process behind its name; nothing where it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return [""] * 50


def processor(pids):
    """Seconds."""
    return sum(int(fields[11]) + int(fields[12]) for fields in map(stat, pids) if fields[11]) / os.sysconf("SC_CLK_TCK")


def started(command, folder, name, **more):
    with open(os.path.join(folder, name + ".log"), "w") as log:
        return subprocess.Popen(command, cwd=folder, stderr=log, text=True, **({"stdout": log} | more))


def settings(brokers, socket):
    return "\n".join([
        "connectors:",
        f"  - {{name: in, kind: kafka, brokers: [\"{brokers}\"], topics: [events], batchRecords: {BATCH}}}",
        f"  - {{name: out, kind: postgres, connection: 'host={socket} user=tessera dbname=postgres', deliver: [messages], "
        f"batchRecords: {BATCH}, batchBytes: 8388608, batchWait: 0.2}}",
    ]) + "\n"


def stream_rows(binaries, cache, size, rate):
    """One row: seconds until everything is in the table, beside the seconds that it was offered in."""
    count = COUNT[size]
    lines = os.path.join(cache, f"stream-{count}", "shop.ndjson")
    if not os.path.exists(lines):
        subprocess.run(
            [os.path.join(binaries, "sample-data"), "--out", os.path.dirname(lines), "--events", str(count)], check=True,
            stdout=subprocess.DEVNULL)
    folder = tempfile.mkdtemp(prefix="tessera-stream-")
    os.chmod(folder, 0o755)
    server, children = None, []
    try:
        server = Server(os.path.join(folder, "postgres"))
        mock = started(
            [os.path.join(binaries, "kafka-mock"), "--lines", lines, "--rate", str(rate), "--count", str(count)], folder, "mock",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        children.append(mock)
        brokers = json.loads(mock.stdout.readline())["brokers"]
        with open(os.path.join(folder, "tessera.yaml"), "w") as file:
            file.write(settings(brokers, server.folder))
        worker = started(
            [os.path.join(binaries, "tessera-worker"), "--dev", "--port", "0", "--db", "s.tessera", "--config", "tessera.yaml"], folder,
            "worker")
        children.append(worker)
        begins = os.path.join(folder, "s.tessera.connectors", "out.delivery.json")
        for _ in range(600):
            if os.path.exists(begins) or worker.poll() is not None:
                break
            time.sleep(0.05)
        before = processor([worker.pid]), processor([mock.pid]), processor(server.processes)
        begun = time.monotonic()
        mock.stdin.write("go\n")
        mock.stdin.flush()
        offered = json.loads(mock.stdout.readline())
        waiting = count - int(server.ask("SELECT last_value FROM tessera.messages_position_seq") or 0)
        # The sequence runs ahead of the last commit, and counting takes a while: rows are counted at the end.
        def are_there():
            return int(server.ask("SELECT last_value FROM tessera.messages_position_seq") or 0) >= count and int(
                server.ask("SELECT count(*) FROM tessera.messages")) >= count

        while not are_there():
            if worker.poll() is not None or time.monotonic() - begun > 600:
                raise Failed("not everything arrived; the worker's log ends with: " + open(os.path.join(folder, "worker.log")).read()[-500:])
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        used = processor([worker.pid]) - before[0], processor([mock.pid]) - before[1], processor(server.processes) - before[2]
        there = server.ask("SELECT count(*) || ' ' || count(DISTINCT message->>'messageId') FROM tessera.messages")
        return [Row(
            f"{count} messages, Kafka to PostgreSQL / offered at {rate:.0f} a second", ours=seconds, peer=offered["seconds"],
            checks=[(f"{there.split()[0]} rows of {there.split()[1]} messages", there == f"{count} {count}")],
            note=f"{count / seconds:.0f} a second; {waiting} were waiting when the last was offered; processor: worker {used[0]:.1f} s, "
            f"cluster {used[1]:.1f} s, PostgreSQL {used[2]:.1f} s")]
    finally:
        for child in children:
            child.kill()
            child.wait()
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
