"""Runs programs and measures them from outside: wall time, processor time, peak memory; and what else the machine was doing."""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    """A program that was measured ended badly; says which and what it wrote."""


class Run:
    """One run of a program."""

    def __init__(self, seconds, processor, peak, output):
        # Wall time, processor time of all threads, bytes.
        self.seconds, self.processor, self.peak, self.output = seconds, processor, peak, output

    @property
    def result(self):
        """The last line of JSON that it printed."""
        lines = [line for line in self.output.splitlines() if line.startswith("{")]
        if not lines:
            raise Failed("no JSON was printed, but: " + self.output[:300])
        return json.loads(lines[-1])


def gnu_time():
    """The path of GNU time, which knows the memory of the program alone; None where there is none."""
    found = shutil.which("time")
    if found and subprocess.run([found, "--version"], capture_output=True, text=True).returncode == 0:
        return found
    return None


def run(command, keep_output=True):
    """Runs `command` (a list) to its end. Output goes to /dev/null unless it is kept."""
    timer = gnu_time()
    with tempfile.NamedTemporaryFile("r") as measured, tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryFile("w+") as text:
        output = text if keep_output else subprocess.DEVNULL
        whole = [timer, "-f", "%M", "-o", measured.name] + command if timer else command
        begun = time.perf_counter()
        process = subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, start_new_session=True)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # Stopped by hand: nothing goes on behind one's back.
            raise
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            raise Failed(f"{' '.join(command)}\nended with status {process.returncode}: {errors.read()[-2000:].strip()}")
        if timer:
            peak = int(measured.read().split()[-1]) * 1024
        else:
            # Counts the copy of this process before the program started, some 20 MB; macOS counts in bytes.
            peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        text.seek(0)
        return Run(seconds, usage.ru_utime + usage.ru_stime, peak, text.read() if keep_output else "")


class Runs:
    """The same work done several times."""

    def __init__(self, runs):
        self.runs = runs

    @property
    def seconds(self):
        return statistics.median(run.seconds for run in self.runs)

    @property
    def processor(self):
        return statistics.median(run.processor for run in self.runs)

    @property
    def peak(self):
        return max(run.peak for run in self.runs)

    @property
    def results(self):
        return [run.result for run in self.runs]


def side_by_side(rounds, works):
    """Runs each of `works` (name: function that gives a Run) in turn, `rounds` times: a busy minute hits all of them alike."""
    done = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            done[name].append(work())
    return {name: Runs(runs) for name, runs in done.items()}


def warm(paths):
    """Reads files once, so that the first to read them is not the one that waits for the disk."""
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 22):
                pass


class Company:
    """How much of the processors others used while we measured."""

    def __init__(self):
        self.begun, self.start, self.own = time.perf_counter(), self.busy(), self.mine()

    @staticmethod
    def busy():
        """Seconds that all processors were busy since the machine started; None where that is not told."""
        try:
            with open("/proc/stat") as file:
                fields = [int(field) for field in file.readline().split()[1:]]
        except OSError:
            return None
        user, nice, system, _, _, interrupts, soft, stolen = fields[:8]
        return (user + nice + system + interrupts + soft + stolen) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def mine():
        used = os.times()
        return used.user + used.system + used.children_user + used.children_system

    @property
    def share(self):
        """From 0 to 1; None where it is not told."""
        now = self.busy()
        if now is None or self.start is None:
            return None
        others = (now - self.start) - (self.mine() - self.own)
        return max(0.0, min(1.0, others / ((time.perf_counter() - self.begun) * (os.cpu_count() or 1))))
