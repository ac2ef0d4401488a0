"""Sends signed requests to a worker that is killed again and again; prints what became of them as one JSON object.

Usage: webhook.py WORKER SHELL STORE CONFIG KILLS DELIVERIES. The config has a connector `shop` of the kind webhook (hmac in X-Sign).
"""
import hashlib
import hmac
import http.client
import json
import subprocess
import sys
import threading
import time

from running import Worker

program, shell, store, config = sys.argv[1:5]
kills, count = int(sys.argv[5]), int(sys.argv[6])
worker = Worker(program, store, arguments=("--dev", "--config", config))
senders, tries, lock = 4, [0], threading.Lock()
acknowledged = set()


def post(number, headers={}):
    body = json.dumps({"id": number, "customer": "u%d" % (number % 50)})
    sign = hmac.new(b"the secret of the shop", body.encode(), hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=30)
    try:
        connection.request("POST", "/v1/webhooks/shop", body, {"X-Sign": sign, "X-Delivery": str(number), **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Retry-After"), answer.read()
    finally:
        connection.close()


def send(first):
    for number in range(first, count, senders):
        while True:
            with lock: tries[0] += 1
            try:
                if post(number)[0] == 200: break
            except (OSError, http.client.HTTPException): pass
            time.sleep(0.02)
        acknowledged.add(number)


threads = [threading.Thread(target=send, args=(first,)) for first in range(senders)]
for thread in threads: thread.start()
for kill in range(kills):
    goal = (kill + 1) * count // (kills + 1)
    while len(acknowledged) < goal: time.sleep(0.01)
    worker.kill()
    worker.start()
for thread in threads: thread.join()
# What was acknowledged is sent once more: all of it is known.
again = [post(number)[0] for number in range(0, count, 7)]
refused = post(1, {"X-Sign": "00"})[0]
broken = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=30)
sign = hmac.new(b"the secret of the shop", b"no json", hashlib.sha256).hexdigest()
broken.request("POST", "/v1/webhooks/shop", b"no json", {"X-Sign": sign})
quarantined = broken.getresponse().status
nobody = worker.ask("POST", "/v1/webhooks/nobody", b"{}", {})[0]


def connectors(*arguments):
    done = subprocess.run([program, "connectors", *arguments, "--db", store, "--config", config], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else done.stderr


connectors("pause", "shop")
paused = post(count)[:2]
connectors("resume", "shop")
deadline = time.time() + 60
while (resumed := post(count)[0]) != 200 and time.time() < deadline: time.sleep(0.2)
listed = connectors("list")["connectors"][0]
status = worker.end()
rows = subprocess.run(
    [shell, "--db", store, "-c", "sql SELECT count(*), count(DISTINCT message_id) FROM events"], capture_output=True, text=True)
stored, distinct = json.loads(rows.stdout)["rows"][0]
print(json.dumps({
    "stored": stored, "distinct": distinct, "tries": tries[0], "again": sorted(set(again)), "refused": refused, "quarantined": quarantined,
    "nobody": nobody, "paused": paused, "resumed": resumed, "listed": listed, "status": status,
    "check": connectors("check", "shop"), "run": connectors("run", "shop"),
}))
