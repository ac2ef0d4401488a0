#!/usr/bin/env python3
"""DuckDB as a peer: reads the archive into a table, and answers the segments over its best sort order.

  peer_duckdb.py import DATABASE FILE...           the gzip NDJSON files into tables of one new database, checkpointed
  peer_duckdb.py table DATABASE                    the tables that the segments are asked of, made from those of `import`
  peer_duckdb.py segments DATABASE Q1 Q2 ... [--runs N]   these questions of the suite, warm; prints one line of JSON

Each is a process of its own, so that time and memory are its own. Two threads, as Tessera's.
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

import duckdb

from suite import SEGMENTS, members_sql, timed_sql

# Every field that a message of the benchmark's data can have, typed: nothing is guessed, nothing is left as text that is a number.
COLUMNS = {
    "type": "VARCHAR",
    "messageId": "VARCHAR",
    "anonymousId": "VARCHAR",
    "userId": "VARCHAR",
    "previousId": "VARCHAR",
    "event": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "properties": "STRUCT(path VARCHAR, query VARCHAR, category VARCHAR, product_id VARCHAR, price DOUBLE, "
    "value DOUBLE, order_id VARCHAR, revenue DOUBLE, email_id VARCHAR)",
    "context": "STRUCT(device STRUCT(type VARCHAR), location STRUCT(country VARCHAR, city VARCHAR, latitude DOUBLE, "
    "longitude DOUBLE), campaign STRUCT(source VARCHAR, medium VARCHAR))",
    "traits": "STRUCT(email VARCHAR, firstName VARCHAR, lastName VARCHAR, age INTEGER, country VARCHAR, city VARCHAR, "
    "plan VARCHAR, latitude DOUBLE, longitude DOUBLE, consentEmail BOOLEAN, consentSms BOOLEAN, consentAds BOOLEAN, "
    "createdAt TIMESTAMP)",
}
EVENT_FIELDS = ["messageId", "anonymousId", "userId", "event", "timestamp", "properties", "context"]
PROFILE_FIELDS = ["messageId", "userId", "timestamp", "traits"]
LINK_FIELDS = ["messageId", "anonymousId", "userId", "timestamp"]
# Profiles that nobody signed in to have numbers from here on; they add nothing to the sums that are checked.
FIRST_ANONYMOUS = 1_000_000_000


def connect(path, threads, read_only=False):
    connection = duckdb.connect(path, read_only=read_only)
    connection.execute(f"PRAGMA threads={threads}")
    return connection


def load(arguments):
    """Reads each file into a table named after it; only the fields that such a file has are read."""
    for leftover in (arguments.database, arguments.database + ".wal"):
        if os.path.exists(leftover):
            os.remove(leftover)
    begun = time.perf_counter()
    connection = connect(arguments.database, arguments.threads)
    rows = {}
    for path in arguments.files:
        name = os.path.basename(path).split(".")[0]
        fields = {"events": EVENT_FIELDS, "profiles": PROFILE_FIELDS, "links": LINK_FIELDS}.get(name, list(COLUMNS))
        columns = ", ".join(f"'{field}': '{COLUMNS[field]}'" for field in fields)
        quoted = path.replace("'", "''")
        connection.execute(f"CREATE TABLE raw_{name} AS SELECT * FROM read_ndjson('{quoted}', columns = {{{columns}}})")
        rows[name] = connection.execute(f"SELECT count(*) FROM raw_{name}").fetchone()[0]
    connection.execute("CHECKPOINT")
    connection.close()
    seconds = time.perf_counter() - begun
    print(json.dumps({"rows": rows, "seconds": round(seconds, 3), "bytes": os.path.getsize(arguments.database)}))


def number(text):
    """The digits of a user id."""
    return int("".join(c for c in text if c.isdigit()))


def resolve(connection):
    """Who each identifier belongs to, and the age of each: the connected components of all messages with both ids.

    A profile's number is the digits of its least user id.
    """
    import pyarrow

    parent = {}

    def root(identifier):
        while parent.setdefault(identifier, identifier) != identifier:
            parent[identifier] = parent[parent[identifier]]
            identifier = parent[identifier]
        return identifier

    def rank(identifier):
        return (identifier[0] != "u", identifier[1])

    def join(a, b):
        a, b = root(a), root(b)
        if a != b:
            low, high = (a, b) if rank(a) < rank(b) else (b, a)
            parent[high] = low

    aliases = []
    for anonymous, user, previous in connection.execute("SELECT DISTINCT anonymousId, userId, previousId FROM messages").fetchall():
        known = [("a", anonymous)] if anonymous else []
        known += [("u", user)] if user else []
        for identifier in known:
            root(identifier)
        if len(known) == 2:
            join(*known)
        if previous:
            aliases.append((known[-1], previous))
    for identifier, previous in aliases:
        for other in (("a", previous), ("u", previous)):
            if other in parent:
                join(identifier, other)
    kinds, texts, numbers, nobody = [], [], [], {}
    for identifier in list(parent):
        top = root(identifier)
        kinds.append(identifier[0])
        texts.append(identifier[1])
        numbers.append(number(top[1]) if top[0] == "u" else FIRST_ANONYMOUS + nobody.setdefault(top, len(nobody)))
    identifiers = pyarrow.table({"kind": kinds, "text": texts, "pid": pyarrow.array(numbers, pyarrow.int32())})
    connection.register("identifiers", identifiers)


def make_table(arguments):
    """The table of the suite: integers for people, enumerations for names, cents for money, sorted by (event, ts)."""
    connection = connect(arguments.database, arguments.threads)
    names = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
    if "events" in names:
        return
    everything = " UNION ALL BY NAME ".join(f"SELECT * FROM {name}" for name in sorted(names) if name.startswith("raw_"))
    typed = ", ".join(f"NULL::{kind} AS {field}" for field, kind in COLUMNS.items())
    connection.execute(f"CREATE TEMP VIEW messages AS SELECT {typed} WHERE false UNION ALL BY NAME {everything}")
    resolve(connection)
    connection.execute("CREATE TEMP TABLE people AS SELECT * FROM identifiers")
    source = "raw_events" if "raw_events" in names else "(SELECT * FROM messages WHERE type NOT IN ('identify', 'alias'))"
    kinds = {}
    for column, expression in {"event": "event", "category": "properties.category", "device": "context.device.type"}.items():
        values = f"SELECT DISTINCT {expression} AS v FROM {source} WHERE v IS NOT NULL ORDER BY v"
        kinds[column] = "kind_of_" + column
        connection.execute(f"CREATE TYPE {kinds[column]} AS ENUM ({values})")
    connection.execute(
        f"""CREATE TABLE events AS
        SELECT coalesce(u.pid, a.pid) AS pid, event::{kinds["event"]} AS event, epoch_ms(timestamp) AS ts,
            properties.product_id AS product_id, properties.category::{kinds["category"]} AS category,
            round(properties.revenue * 100)::INTEGER AS cents, context.device.type::{kinds["device"]} AS device,
            context.location.latitude AS lat, context.location.longitude AS lon
        FROM {source} m
        LEFT JOIN people u ON u.kind = 'u' AND u.text = m.userId
        LEFT JOIN people a ON a.kind = 'a' AND a.text = m.anonymousId
        ORDER BY event, ts"""
    )
    connection.execute(
        """CREATE TABLE profiles AS
        SELECT pid, arg_max(traits.age, timestamp) FILTER (traits.age IS NOT NULL) AS age,
            min(epoch_ms(timestamp)) AS signup, arg_max(traits.country, timestamp) AS country,
            arg_max(traits.plan, timestamp) AS plan
        FROM messages m JOIN people ON kind = 'u' AND text = m.userId
        WHERE m.traits IS NOT NULL GROUP BY pid"""
    )
    for name in names:
        connection.execute(f"DROP TABLE {name}")
    connection.execute("CHECKPOINT")
    connection.close()


def ask(arguments):
    """Times every question of the suite warm, then has its members counted and summed."""
    connection = connect(arguments.database, arguments.threads, read_only=True)
    answers, asked = [], [segment for segment in SEGMENTS if segment["name"] in arguments.names]
    for segment in asked:
        question, seconds = timed_sql(segment), []
        for attempt in range(arguments.runs + 1):
            begun = time.perf_counter()
            connection.execute(question).fetchall()
            if attempt > 0:  # The first one warms up.
                seconds.append(time.perf_counter() - begun)
        answers.append({"name": segment["name"], "seconds": statistics.median(seconds)})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    for segment, answer in zip(asked, answers):
        count, total = connection.execute(members_sql(segment, FIRST_ANONYMOUS)).fetchone()
        answer.update(count=count, sum=int(total or 0))
    print(json.dumps({"segments": answers, "peak": peak}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    commands = parser.add_subparsers(dest="command", required=True)
    loading = commands.add_parser("import")
    loading.add_argument("database")
    loading.add_argument("files", nargs="+")
    loading.set_defaults(work=load)
    making = commands.add_parser("table")
    making.add_argument("database")
    making.set_defaults(work=make_table)
    asking = commands.add_parser("segments")
    asking.add_argument("database")
    asking.add_argument("names", nargs="+")
    asking.add_argument("--runs", type=int, default=5)
    asking.set_defaults(work=ask)
    arguments = parser.parse_args()
    arguments.work(arguments)


if __name__ == "__main__":
    main()
