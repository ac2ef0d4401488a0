"""Sets the wall clock of a running tessera-worker back and forth while messages come, and tells what is there afterwards.

python3 clock.py WORKER SHELL STORE C_COMPILER
"""
import calendar
import http.client
import json
import os
import subprocess
import sys
import threading
import time

from running import Worker, deliver, ids, shell

program, shell_program, store, compiler = sys.argv[1:]
HOUR = 3_600
WINDOWS = {"briefly": 2_000, "hourly": 90 * 60_000}
SEGMENTS = {
    "briefly": 'did "Viewed" within 2s', "hourly": 'did "Viewed" within 90m', "thrice": 'count("Viewed") >= 3',
    "silent": 'did "Viewed" and not did "Viewed" within 2s',
}
environment = {"LD_PRELOAD": store + ".wallclock.so", "WALLCLOCK": store + ".seconds"}
subprocess.run(
    [compiler, "-shared", "-fPIC", "-o", environment["LD_PRELOAD"], os.path.join(os.path.dirname(__file__), "wallclock.c")], check=True)
with open(environment["WALLCLOCK"], "wb") as file:
    file.write(bytes(8))


def set_clock(seconds):
    """Sets the worker's wall clock to so many seconds from the right time."""
    with open(environment["WALLCLOCK"], "r+b") as file:
        file.write(seconds.to_bytes(8, sys.byteorder, signed=True))


worker = Worker(program, store, environment=environment)
acknowledged, lock, done = set(), threading.Lock(), threading.Event()
numbers = iter(range(10**9))


def client():
    connection = None
    while not done.is_set():
        with lock:
            batch = []
            for number in (next(numbers) for _ in range(10)):
                own = {"type": "track", "userId": f"u{number * 7 % 40}", "event": "Viewed", "messageId": f"m{number}"}
                # Some say the time by a clock of their own that is right; the others get the worker's.
                if number % 3 == 0:
                    moment = time.time()
                    own["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment * 1000) % 1000:03d}Z"
                batch.append(own)
        connection = deliver(worker, connection, json.dumps({"batch": batch}), timeout=10)
        with lock:
            acknowledged.update(own["messageId"] for own in batch)
        time.sleep(0.05)


def send():
    done.clear()
    sender = threading.Thread(target=client)
    sender.start()
    return sender


def quiet(sender):
    done.set()
    sender.join()


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def figure(name):
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=10)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next((float(line.split()[1]) for line in lines if line.startswith(name + " ")), None)


def members(segment):
    return worker.ask("GET", f"/v1/segments/{segment}/members?limit=1000")[1]["total"]


try:
    for name, expression in SEGMENTS.items():
        shell(shell_program, store, f"segment {name} = {expression}")
    # They are taken over within about a second.
    until(lambda: len(worker.ask("GET", "/v1/segments")[1]["segments"]) == len(SEGMENTS))
    sender = send()
    until(lambda: members("thrice") == 40)
    # Everybody is quiet for longer than the short window: all leave it, then the clock is set to before they did.
    quiet(sender)
    until(lambda: members("briefly") == 0)
    set_clock(-HOUR)
    sender = send()
    behind = []
    time.sleep(3)
    behind.append(figure("tessera_clock_behind_seconds"))
    # An edit has the state made anew, and a crash has it loaded anew, while the clock is back.
    shell(shell_program, store, 'segment twice = count("Viewed") >= 2')
    until(lambda: len(worker.ask("GET", "/v1/segments")[1]["segments"]) == len(SEGMENTS) + 1)
    time.sleep(1)
    worker.kill()
    worker.start()
    time.sleep(2)
    behind.append(figure("tessera_clock_behind_seconds"))
    # Who moves is recorded meanwhile: the store takes the instants.
    until(lambda: figure("tessera_membership_changes_waiting") == 0, 20)
    waiting = figure("tessera_membership_changes_waiting")
    # It comes again, and everything passes a second time.
    set_clock(0)
    time.sleep(5)
    behind.append(figure("tessera_clock_behind_seconds"))
    quiet(sender)
    # All windows end while nobody sends.
    set_clock(2 * HOUR)
    until(lambda: members("hourly") == 0)
    left = members("hourly")
    sender = send()
    until(lambda: members("hourly") == 40)
    quiet(sender)
    until(lambda: members("briefly") == 0)
finally:
    done.set()
    status = worker.end()
check = subprocess.run(
    [program, "jobs", "run", "check-memberships", "--db", store], env={**os.environ, **environment}, capture_output=True, text=True)
# By the worker's time, which is two hours ahead.
later = f"set now {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 3 * HOUR))}"
stored = ids(shell_program, store, later)
people = [f"u{number}" for number in range(40)]
wrong, exits = [], 0


def milliseconds(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) * 1000 + int(text[20:23])


histories = shell(shell_program, store, *[f"history for {person}" for person in people])
timelines = shell(shell_program, store, later, *[f"timeline {person} limit 100000" for person in people])
for person, told, timeline in zip(people, histories, timelines[-len(people):]):
    sent = {milliseconds(event["timestamp"]) for event in timeline["events"]}
    last = {}
    for change in told["history"]:
        segment, what, at = change["segment"], change["change"], change["at"]
        before = last.get(segment)
        if (before and (before[0] == what or before[1] > at)) or (not before and what != "entered"):
            wrong.append([person, segment, before, what, at])
        if what == "exited" and change["because"] == "clock" and segment in WINDOWS:
            exits += 1
            # An exit has the first millisecond at which the answer is another: that of a message, and the window.
            if milliseconds(at) - WINDOWS[segment] not in sent:
                wrong.append([person, segment, "inexact", at])
        last[segment] = (what, at)
print(json.dumps({
    "status": status, "acknowledged": len(acknowledged), "stored": len(stored), "distinct": len(set(stored)),
    "lost": len(acknowledged - set(stored)), "wrong": wrong[:5], "exits": exits, "behind": behind, "left": left, "waiting": waiting,
    "check": check.returncode, "said": check.stdout + check.stderr,
}))
