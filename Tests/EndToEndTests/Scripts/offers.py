"""Asks a running tessera-worker for offers by OpenFeature's own SDK and OFREP provider, unmodified, and tells what they resolve.

python3 offers.py WORKER SHELL STORE WORKSPACE
"""
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from running import Worker

program, shell, store, workspace = sys.argv[1:]
subprocess.run([shell, "--db", store, "--workspace", workspace, "-c", "apply"], check=True, capture_output=True)
worker = Worker(program, store)
base = f"http://127.0.0.1:{worker.port}"


def send(path, body, key, headers={}):
    request = urllib.request.Request(
        base + path, json.dumps(body).encode(), {"Content-Type": "application/json", "Authorization": f"Bearer {key}", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers.get("ETag"), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("ETag"), error.read()


api.set_provider(OFREPProvider(base, headers_factory=lambda: {"Authorization": "Bearer dev-admin"}))
client = api.get_client()
ada = EvaluationContext(targeting_key="ada", attributes={"page": "home"})


def details(resolved):
    return {
        "value": resolved.value, "variant": resolved.variant, "reason": str(resolved.reason and resolved.reason.value),
        "error": resolved.error_code and resolved.error_code.value, "metadata": dict(resolved.flag_metadata),
    }


def told():
    return {
        "string": details(client.get_string_details("banner", "code", ada)),
        "boolean": details(client.get_boolean_details("free-shipping", False, ada)),
        "object": details(client.get_object_details("card", {}, ada)),
        "float": details(client.get_float_details("discount", -1.0, ada)),
        "integer": details(client.get_integer_details("places", -1, ada)),
    }


before = told()
context = {"context": {"targetingKey": "ada"}}
first = send("/ofrep/v1/evaluate/flags", context, "dev-admin")
same = send("/ofrep/v1/evaluate/flags", context, "dev-admin", {"If-None-Match": first[1]})
# Read your writes: the answer to the very next question has the event counted in, a hundred times over.
stale = 0
for number in range(100):
    person = {"context": {"targetingKey": f"p{number}"}}
    earlier = send("/ofrep/v1/evaluate/flags", person, "dev-admin")
    send("/v1/track", {"userId": f"p{number}", "event": "Order Completed", "messageId": f"m{number}", "properties": {"revenue": 60}}, "dev")
    later = send("/ofrep/v1/evaluate/flags", person, "dev-admin", {"If-None-Match": earlier[1]})
    flags = {flag["key"]: flag for flag in json.loads(later[2] or b'{"flags":[]}')["flags"]}
    stale += later[0] != 200 or flags["banner"]["variant"] != "vip"
send("/v1/track", {"userId": "ada", "event": "Order Completed", "messageId": "ada", "properties": {"revenue": 60}}, "dev")
after = told()
# A window ends by the clock, with nothing more sent.
send("/v1/track", {"userId": "ada", "event": "Looked", "messageId": "looked"}, "dev")
inside = details(client.get_boolean_details("just-looked", False, ada))
time.sleep(1.1)
outside = details(client.get_boolean_details("just-looked", False, ada))
unknown = details(client.get_string_details("nothing", "code", ada))
mismatch = details(client.get_boolean_details("banner", False, ada))
nobody = details(client.get_string_details("banner", "code"))
api.set_provider(OFREPProvider(base, headers_factory=lambda: {"X-API-Key": "wrong"}))
refused = details(api.get_client().get_string_details("banner", "code", ada))
print(json.dumps({
    "before": before, "after": after, "unknown": unknown, "mismatch": mismatch, "nobody": nobody, "refused": refused, "stale": stale,
    "inside": inside, "outside": outside, "bulk": first[0], "same": same[0], "sameTag": same[1] == first[1], "status": worker.end(),
}))
