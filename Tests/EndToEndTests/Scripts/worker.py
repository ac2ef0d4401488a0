"""Runs tessera-worker as its clients and its enemies do, and tells what was acknowledged and what is there.

python3 worker.py crashes WORKER SHELL STORE CRASHES RATE    kill -9 at random moments while clients send and send again
python3 worker.py disk WORKER SHELL STORE                    no room on the disk, then room again
python3 worker.py story WORKER SHELL STORE                   one person enters a segment and leaves it
python3 worker.py clients WORKER SHELL STORE EVENTS          Segment's and RudderStack's own clients, through a kill -9 and a restart
"""
import json
import os
import random
import resource
import socket
import subprocess
import sys
import threading
import time

from running import WRITE, Worker, deliver, ids, shell

SEGMENTS = {
    "thrice": 'count("Order Completed") >= 3',
    "lately": 'did "Product Viewed" within 30d',
    "undecided": 'did "Product Viewed" and not did "Order Completed"',
    "twice-in-a-row": 'sequence("Product Viewed" then "Order Completed" within 1h)',
}


def message(number, chance):
    event = chance.choice(["Product Viewed", "Order Completed", "Search"])
    own = {"type": "track", "event": event, "messageId": f"m-{number}", "properties": {"n": number}}
    if chance.random() < 0.2:
        own["anonymousId"] = f"device-{chance.randrange(200)}"
    if "anonymousId" not in own or chance.random() < 0.5:
        own["userId"] = f"user-{chance.randrange(300)}"
    return own


def crashes(program, shell_program, store, count, rate):
    worker = Worker(program, store)
    for name, expression in SEGMENTS.items():
        shell(shell_program, store, f"segment {name} = {expression}")
    acknowledged, lock, done = set(), threading.Lock(), threading.Event()
    numbers = iter(range(10**9))

    def client(seed):
        chance = random.Random(seed)
        connection = None
        while not done.is_set():
            with lock:
                batch = [message(next(numbers), chance) for _ in range(100)]
            connection = deliver(worker, connection, json.dumps({"batch": batch}), timeout=5)
            with lock:
                acknowledged.update(own["messageId"] for own in batch)
            time.sleep(300.0 / rate)

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(3)]
    for one in clients:
        one.start()
    chance = random.Random(int(count))
    for _ in range(count):
        time.sleep(0.2 + chance.random() * 1.3)
        worker.kill()
        worker.start()
    time.sleep(0.5)
    done.set()
    for one in clients:
        one.join()
    status = worker.end()
    stored = ids(shell_program, store)
    wrong = {}
    for name in SEGMENTS:
        recorded, computed = shell(shell_program, store, f"recorded {name}", f"members {SEGMENTS[name]}")
        if recorded["members"] != computed["members"]:
            wrong[name] = sorted(set(recorded["members"]) ^ set(computed["members"]))[:5]
    print(json.dumps({
        "status": status, "acknowledged": len(acknowledged), "stored": len(stored),
        "distinct": len(set(stored)), "lost": len(acknowledged - set(stored)), "wrong": wrong,
    }))


def disk(program, shell_program, store):
    worker = Worker(program, store)
    track = json.dumps({"userId": "ada", "event": "Viewed", "messageId": "first"})
    first = worker.ask("POST", "/v1/track", track, WRITE)[0]
    # No file may grow any more: to the worker, a disk that is full.
    _, most = resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (1, most))
    full = [
        worker.ask("POST", "/v1/track", json.dumps({"userId": "ada", "event": "Viewed", "messageId": f"full-{n}"}), WRITE)[0]
        for n in range(3)
    ]
    asked = worker.ask("GET", "/v1/profiles/user_id:ada/segments")[0]
    resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (most, most))
    after, tries = None, 0
    while after != 200 and tries < 100:
        after = worker.ask("POST", "/v1/track", json.dumps({"userId": "ada", "event": "Viewed", "messageId": "after"}), WRITE)[0]
        tries += 1
        time.sleep(0.1)
    status = worker.end()
    print(json.dumps({
        "status": status, "first": first, "full": full, "asked": asked, "after": after, "ids": ids(shell_program, store),
    }))


def clients(program, shell_program, store, count):
    import segment.analytics as segment
    import rudderstack.analytics as rudder

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    worker = Worker(program, store, port)
    errors = []
    made = [
        segment.Client("dev", host=f"http://127.0.0.1:{port}", max_queue_size=count + 1, on_error=lambda e, _: errors.append(str(e))),
        rudder.Client(
            "dev", host=f"http://127.0.0.1:{port}", max_queue_size=count + 1, gzip=True, on_error=lambda e, _: errors.append(str(e))),
    ]
    for name, client in zip(["segment", "rudder"], made):
        for number in range(count):
            own = {"user_id": f"u{number % 100}", "event": "Viewed", "properties": {"n": number}, "message_id": f"{name}-{number}"}
            client.track(**own)
    time.sleep(1)
    worker.kill()
    time.sleep(0.5)
    worker.start()
    for client in made:
        client.shutdown()
    status = worker.end()
    stored = ids(shell_program, store)
    expected = {f"{name}-{number}" for name in ["segment", "rudder"] for number in range(count)}
    print(json.dumps({
        "status": status, "stored": len(stored), "distinct": len(set(stored)), "lost": len(expected - set(stored)), "errors": errors[:3],
    }))


def story(program, shell_program, store):
    worker = Worker(program, store)
    track = {"userId": "ada", "event": "Product Added", "properties": {"price": 20}}
    worker.ask("POST", "/v1/track", json.dumps(track), WRITE)
    shell(shell_program, store, 'segment active = did "Product Added" within 3s')

    def segments():
        return [segment["name"] for segment in worker.ask("GET", "/v1/profiles/user_id:ada/segments")[1]["segments"]]

    end = time.time() + 3
    while not (inside := segments()) and time.time() < end:
        time.sleep(0.05)
    # Nobody else may write while the worker does.
    second = subprocess.run([program, "--dev", "--port", "0", "--db", store], capture_output=True).returncode
    archive = os.path.join(os.path.dirname(program), "tessera-archive")
    imported = subprocess.run([archive, "import", "--db", store, "-"], input=b"", capture_output=True).returncode
    end = time.time() + 10
    while (outside := segments()) and time.time() < end:
        time.sleep(0.05)
    worker.end()
    history = shell(shell_program, store, "history for user_id:ada", "timeline user_id:ada")
    changes, sent = history[0]["history"], history[1]["events"][0]["timestamp"]
    moment = lambda text: int(time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))) * 1000 + int(text[20:23])
    print(json.dumps({
        "inside": inside, "outside": outside, "changes": [change["change"] for change in changes],
        "late": moment(changes[-1]["at"]) - moment(sent) - 3000, "second": second, "import": imported,
    }))


mode, arguments = sys.argv[1], sys.argv[2:]
if mode == "crashes":
    crashes(arguments[0], arguments[1], arguments[2], int(arguments[3]), float(arguments[4]))
elif mode == "clients":
    clients(arguments[0], arguments[1], arguments[2], int(arguments[3]))
elif mode == "story":
    story(*arguments)
else:
    disk(*arguments)
