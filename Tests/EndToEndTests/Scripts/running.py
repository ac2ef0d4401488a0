"""A running tessera-worker, for the scripts beside this one."""
import base64
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

WRITE = {"Authorization": "Basic " + base64.b64encode(b"dev:").decode(), "Content-Type": "application/json"}
READ = {"Authorization": "Basic " + base64.b64encode(b"dev-admin:").decode()}


class Worker:
    """The program, started anew after each crash on whatever port is free."""

    def __init__(self, program, store, port=0, arguments=("--dev",), environment=None):
        self.program, self.store, self.wanted, self.port = program, store, port, None
        self.arguments, self.environment = list(arguments), {**os.environ, **(environment or {})}
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [self.program, *self.arguments, "--port", str(self.wanted), "--db", self.store], env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            found = re.search(rb"listens on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        sys.exit("the worker did not start: " + b"".join(lines).decode())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def ask(self, method, path, body=None, headers=READ):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()


def deliver(worker, connection, body, timeout):
    """Sends a batch until it is acknowledged, whatever goes wrong meanwhile; gives the connection to go on with."""
    while True:
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", worker.port, timeout=timeout)
            connection.request("POST", "/v1/batch", body, WRITE)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                return connection
        except (OSError, http.client.HTTPException):
            connection = None
        time.sleep(0.01)


def shell(program, store, *commands):
    arguments = [program, "--db", store, "--format", "json"]
    for command in commands:
        arguments += ["-c", command]
    output = subprocess.run(arguments, check=True, capture_output=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def ids(program, store, *before):
    """The id of every message in the store, one that is there twice twice; ascending. Commands before it may set the time."""
    found, page = [], 100_000  # the most rows that one answer has
    while len(found) % page == 0:
        command = f"sql SELECT message_id FROM events ORDER BY message_id LIMIT {page} OFFSET {len(found)}"
        rows = shell(program, store, *before, command)[-1]["rows"]
        if not rows:
            break
        found += [row[0] for row in rows]
    return found
