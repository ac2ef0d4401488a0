"""Writes and reads records with fastavro, for AvroInteropTests.

    interop.py write FOLDER SEED FAMILIES RECORDS   families of schemas with versions, records of each, and what they read as
    interop.py read FOLDER                          fails where what is in written.ndjson does not read as its JSON
"""

import base64
import datetime
import decimal
import io
import json
import os
import random
import sys
import uuid

import fastavro
from fastavro.schema import fingerprint, to_parsing_canonical_form


def plain(value):
    """A value as this platform says it in JSON."""
    if value == "\u00ff\u0000a":  # fastavro gives the default of bytes as it is written in the schema
        value = value.encode("latin-1")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        text = value.astimezone(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds")
        return (text[:-3] if text.endswith("000") else text) + "Z"
    if isinstance(value, (datetime.date, uuid.UUID)):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


class Family:
    def __init__(self, chance, number):
        self.chance, self.number, self.names = chance, number, 0

    def name(self):
        self.names += 1
        return f"N{self.names}"

    def type(self, depth):
        kinds = ["null", "boolean", "int", "long", "float", "double", "bytes", "string", "date", "millis", "micros", "decimal", "uuid",
                 "fixed", "enum", "fixeddecimal"]
        if depth < 3:
            kinds += ["array", "map", "record", "optional"] * 3
        kind = self.chance.choice(kinds)
        match kind:
            case "date": return {"type": "int", "logicalType": "date"}
            case "millis": return {"type": "long", "logicalType": "timestamp-millis"}
            case "micros": return {"type": "long", "logicalType": "timestamp-micros"}
            case "decimal": return {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": self.chance.randint(0, 6)}
            case "fixeddecimal":
                return {"type": "fixed", "name": self.name(), "size": 9, "logicalType": "decimal", "precision": 18, "scale": 2}
            case "uuid": return {"type": "string", "logicalType": "uuid"}
            case "fixed": return {"type": "fixed", "name": self.name(), "size": self.chance.randint(0, 9)}
            case "enum": return {"type": "enum", "name": self.name(), "symbols": ["A", "B", "C"], "default": "A"}
            case "array": return {"type": "array", "items": self.type(depth + 1)}
            case "map": return {"type": "map", "values": self.type(depth + 1)}
            case "record": return self.record(depth + 1)
            case "optional":
                inner = self.type(2)
                while inner == "null" or isinstance(inner, list):
                    inner = self.type(2)
                return ["null", inner]
        return kind

    def record(self, depth=0):
        fields = [{"name": f"f{i}", "type": self.type(depth)} for i in range(self.chance.randint(1, 6))]
        return {"type": "record", "name": self.name(), "namespace": "shop.v1", "fields": fields}

    def next(self, schema):
        """A version that reads what this one wrote."""
        schema = json.loads(json.dumps(schema))
        fields = schema["fields"]
        for field in fields:
            if field["name"].startswith("g"):
                continue  # fastavro gives defaults as they are written in the schema, not as one of the field's type
            if field["type"] == "int" and self.chance.random() < 0.5:
                field["type"] = self.chance.choice(["long", "double"])  # fastavro does not round to a float
            elif field["type"] == "string" and self.chance.random() < 0.5:
                field["type"] = "bytes"
            elif isinstance(field["type"], str) and field["type"] != "null" and self.chance.random() < 0.5:
                field["type"] = ["null", field["type"]]
            elif isinstance(field["type"], dict) and field["type"]["type"] == "enum":
                field["type"]["symbols"] = self.chance.choice([["C", "A", "B", "D"], ["A", "C"]])
            elif isinstance(field["type"], dict) and field["type"]["type"] == "record":
                field["type"] = self.next(field["type"])
        if len(fields) > 1 and self.chance.random() < 0.5:
            del fields[self.chance.randrange(len(fields))]
        added = self.chance.choice([
            {"type": "int", "default": -7}, {"type": "bytes", "default": "\u00ff\u0000a"}, {"type": "string", "default": "ü"},
            {"type": {"type": "array", "items": "int"}, "default": [1, 2]}, {"type": ["null", "string"], "default": None},
            {"type": {"type": "map", "values": "double"}, "default": {"a": 1.5}}, {"type": "boolean", "default": True},
        ])
        fields.append({"name": f"g{self.name()}", **added})
        self.chance.shuffle(fields)
        return schema

    def value(self, schema):
        chance = self.chance
        if isinstance(schema, list):
            return None if chance.random() < 0.3 else self.value(schema[1])
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        kind = schema["type"] if isinstance(schema, dict) else schema
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        match logical:
            case "date": return datetime.date(1970, 1, 1) + datetime.timedelta(days=chance.randint(-200_000, 200_000))
            case "timestamp-millis": return epoch + datetime.timedelta(milliseconds=chance.randint(-10**13, 10**13))
            case "timestamp-micros": return epoch + datetime.timedelta(microseconds=chance.randint(-10**16, 10**16))
            case "decimal":
                number = chance.choice([0, 1, -1, 127, 128, -128, -129, chance.randint(-10**17, 10**17)])
                return decimal.Decimal(number).scaleb(-schema["scale"])
            case "uuid": return uuid.UUID(int=chance.getrandbits(128))
        match kind:
            case "null": return None
            case "boolean": return chance.random() < 0.5
            case "int": return chance.choice([0, -1, 2**31 - 1, -(2**31), chance.randint(-1000, 1000)])
            case "long": return chance.choice([0, -1, 2**63 - 1, -(2**63), 2**53 + 1, chance.randint(-10**6, 10**6)])
            case "float": return chance.choice([0.0, 1.5, -0.25, 1e30])
            case "double": return chance.choice([0.0, 0.1, -1e300, 5e-324, chance.uniform(-1, 1)])
            case "bytes": return chance.randbytes(chance.randint(0, 20))
            case "string": return "".join(chance.choice('aü€😀"\\\n\0é') for _ in range(chance.randint(0, 12)))
            case "fixed": return chance.randbytes(schema["size"])
            case "enum": return chance.choice(schema["symbols"])
            case "array": return [self.value(schema["items"]) for _ in range(chance.randint(0, 4))]
            case "map": return {f"k{i}ü": self.value(schema["values"]) for i in range(chance.randint(0, 4))}
            case "record": return {field["name"]: self.value(field["type"]) for field in schema["fields"]}


def write(folder, seed, families, records):
    for number in range(families):
        family = Family(random.Random(f"{seed}/{number}"), number)
        versions = [family.record()]
        for _ in range(2):
            versions.append(family.next(versions[-1]))
        path = f"{folder}/{number}"
        os.makedirs(path)
        for version, schema in enumerate(versions, 1):
            with open(f"{path}/{version}.avsc", "w") as file:
                json.dump(schema, file)
        parsed = [fastavro.parse_schema(schema) for schema in versions]
        with open(f"{path}/records.ndjson", "w") as file:
            for index in range(records):
                version = index % 3
                out = io.BytesIO()
                fastavro.schemaless_writer(out, parsed[version], family.value(versions[version]))
                value = fastavro.schemaless_reader(io.BytesIO(out.getvalue()), parsed[version], parsed[2])
                line = {"version": version + 1, "bytes": base64.b64encode(out.getvalue()).decode(), "json": plain(value)}
                file.write(json.dumps(line) + "\n")
        with open(f"{path}/fingerprints", "w") as file:
            for schema in versions:
                file.write(fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO") + "\n")
        with open(f"{path}/records.avro", "wb") as file:
            values = [family.value(versions[2]) for _ in range(records)]
            fastavro.writer(file, parsed[2], values, codec=["null", "deflate"][number % 2], sync_interval=200)
        with open(f"{path}/records.avro", "rb") as file, open(f"{path}/file.ndjson", "w") as out:
            for value in fastavro.reader(file):
                out.write(json.dumps(plain(value)) + "\n")


def read(folder):
    for number in sorted(os.listdir(folder)):
        with open(f"{folder}/{number}/3.avsc") as file:
            schema = fastavro.parse_schema(json.load(file))
        count = 0
        with open(f"{folder}/{number}/written.ndjson") as file:
            for line in file:
                record = json.loads(line)
                stream = io.BytesIO(base64.b64decode(record["bytes"]))
                value = plain(fastavro.schemaless_reader(stream, schema))
                assert stream.read() == b"", "bytes are left"
                assert value == record["json"], f"{number}: {value} is not {record['json']}"
                count += 1
        assert count, "nothing was written"


if sys.argv[1] == "write":
    write(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
else:
    read(sys.argv[2])
