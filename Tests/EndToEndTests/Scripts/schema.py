"""Holds a running tessera-worker against its own /openapi.json with schemathesis, and tells what that found.

python3 schema.py WORKER STORE WORKSPACE SETTINGS HOOKS EXAMPLES SEED
"""
import http.client
import json
import os
import subprocess
import sys

from running import Worker

program, store, workspace, settings, hooks, examples, seed = sys.argv[1:]
keys = {"WEB_KEY": "schema-web-key", "DESK_KEY": "schema-desk-key", "ADMIN_KEY": "schema-admin-key"}
admin = {"Authorization": f"Bearer {keys['ADMIN_KEY']}"}
worker = Worker(program, store, arguments=["--workspace", workspace, "--config", settings], environment=keys)
try:
    # People with traits, events and links, one of them parted and rejoined, and messages in quarantine: most answers have something to show.
    batch = [
        {"type": "identify", "userId": f"u-{n}", "anonymousId": f"a-{n}", "messageId": f"i{n}", "traits": {"email": f"u{n}@b.example"},
         "context": {"consent": {"categoryPreferences": {"marketing": n % 2 == 0}}}}
        for n in range(20)
    ] + [
        {"type": "track", "userId": f"u-{n % 20}", "messageId": f"o{n}", "event": "Order Completed",
         "properties": {"revenue": n if n % 7 else "none"}}
        for n in range(100)
    ]
    sent = worker.ask("POST", "/v1/batch", json.dumps({"batch": batch}), {"Authorization": f"Bearer {keys['WEB_KEY']}"})
    parted = worker.ask("POST", "/v1/profiles/anonymous_id:a-1/unmerge", "{}", admin)
    # A stream has no end that a tester could wait for: one stands open, no more are allowed, and the others are refused at once.
    stream = http.client.HTTPConnection("127.0.0.1", worker.port)
    stream.request("GET", "/v1/changes", headers=admin)
    streaming = stream.getresponse().status
    tester = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"http://127.0.0.1:{worker.port}/openapi.json",
         "--header", f"Authorization: {admin['Authorization']}", "--checks", "all", "--max-examples", examples, "--seed", seed,
         "--continue-on-failure", "--no-color"],
        cwd=os.path.dirname(store), env={**os.environ, "PYTHONPATH": hooks, "SCHEMATHESIS_HOOKS": "schemathesis_hooks"},
        capture_output=True, text=True)
    alive = worker.ask("GET", "/health/ready", headers={})[0]
    stream.close()
finally:
    status = worker.end()
print(json.dumps({
    "sent": sent[0], "parted": parted[0], "streaming": streaming, "alive": alive, "status": status, "tester": tester.returncode,
    "report": tester.stdout[-20_000:] + tester.stderr[-5_000:],
}))
