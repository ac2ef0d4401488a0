#!/usr/bin/env bash
# A moto (a server that speaks S3 and Kinesis, and keeps all in memory) on a free port: moto.sh PYTHON
# Writes the port; then does what each line of input says and writes the line again when it is done:
#   bucket NAME | stream NAME SHARDS | split NAME   makes a bucket or stream; splits the stream's first open shard
#   faults N                                        every Nth request fails, in turn before and after it had its effect; 0: none
# At the end of the input nothing of it runs any more.
exec "$1" -c '
import logging, sys, threading
logging.disable(logging.CRITICAL)
import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

lock, faults, count = threading.Lock(), 0, 0
real = DomainDispatcherApplication(create_backend_app)

def app(environ, start_response):
    global count
    with lock:
        count += 1
        turn = count // faults % 3 if faults and count % faults == 0 else None
    if turn == 0:
        start_response("503 Slow Down", [("Content-Type", "application/xml"), ("Retry-After", "0")])
        return [b"<Error><Code>SlowDown</Code></Error>"]
    if turn is None:
        return real(environ, start_response)
    # It has its effect, and nobody hears of it.
    for _ in real(environ, lambda *_: None): pass
    start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
    return [b"<Error><Code>InternalError</Code></Error>"]

server = make_server("127.0.0.1", 0, app, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
def client(service):
    return boto3.client(service, region_name="us-east-1", endpoint_url="http://127.0.0.1:%d" % server.port,
                        aws_access_key_id="key", aws_secret_access_key="secret")
print(server.port, flush=True)
for line in sys.stdin:
    words = line.split()
    try:
        if words[0] == "bucket": client("s3").create_bucket(Bucket=words[1])
        elif words[0] == "stream": client("kinesis").create_stream(StreamName=words[1], ShardCount=int(words[2]))
        elif words[0] == "faults": faults, count = int(words[1]), 0
        elif words[0] == "split":
            shards = client("kinesis").describe_stream(StreamName=words[1])["StreamDescription"]["Shards"]
            open_shard = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]][0]
            keys = open_shard["HashKeyRange"]
            middle = (int(keys["StartingHashKey"]) + int(keys["EndingHashKey"])) // 2
            client("kinesis").split_shard(StreamName=words[1], ShardToSplit=open_shard["ShardId"], NewStartingHashKey=str(middle))
        print(line.strip(), flush=True)
    except Exception as error:
        print(error, file=sys.stderr)
        print("failed", flush=True)
' 2>/dev/null
