"""Writes and reads records with Google's protobuf package, for ProtobufInteropTests.

    interop.py write FOLDER SEED RECORDS       versions of a schema, records of each, and what they read as
    interop.py read FOLDER                     fails where what is in written.ndjson does not read as its JSON
    interop.py published DESC FOLDER           fails where published.ndjson does not read as its JSON with the published schema
"""

import base64
import datetime
import json
import random
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2, timestamp_pb2, wrappers_pb2

F = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "int32": lambda c: c.choice([0, -1, 2**31 - 1, -(2**31), c.randint(-999, 999)]),
    "int64": lambda c: c.choice([0, -1, 2**63 - 1, -(2**63), 2**53 + 1]),
    "uint32": lambda c: c.choice([0, 1, 2**32 - 1]),
    "uint64": lambda c: c.choice([0, 1, 2**64 - 1, 2**53 + 1]),
    "sint32": lambda c: c.choice([0, -1, 2**31 - 1, -(2**31)]),
    "sint64": lambda c: c.choice([0, -1, 2**63 - 1, -(2**63)]),
    "fixed32": lambda c: c.choice([0, 2**32 - 1]),
    "fixed64": lambda c: c.choice([0, 2**64 - 1]),
    "sfixed32": lambda c: c.choice([0, -(2**31)]),
    "sfixed64": lambda c: c.choice([0, -(2**63)]),
    "bool": lambda c: c.random() < 0.5,
    "float": lambda c: c.choice([0.0, 1.5, -0.25]),
    "double": lambda c: c.choice([0.0, 0.1, -1e300]),
    "string": lambda c: "".join(c.choice('aü€😀"\n') for _ in range(c.randint(0, 9))),
    "bytes": lambda c: c.randbytes(c.randint(0, 9)),
}
WELL_KNOWN = [("at", "google.protobuf.Timestamp"), ("any", "google.protobuf.Struct"), ("wrapped", "google.protobuf.Int64Value")]


def files(version):
    """Version 2 has wider numbers, and fields more and less."""
    file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop.v1", syntax="proto3")
    for _, name in WELL_KNOWN:
        file.dependency.append(f"google/protobuf/{'wrappers' if name.endswith('64Value') else name.split('.')[-1].lower()}.proto")
    enum = file.enum_type.add(name="Colour")
    for number, name in enumerate(["NONE", "RED", "GREEN"][:version + 1]):
        enum.value.add(name=name, number=number)
    file.message_type.add(name="Before")
    order = file.message_type.add(name="Order")
    number = 0
    for kind in SCALARS:
        for label in ["plain", "many", "maybe"]:
            number += 1
            if version == 2 and number == 5:
                order.reserved_range.add(start=5, end=6)
                continue
            wide = {"int32": "int64", "uint32": "uint64", "bool": "int32"}.get(kind, kind) if version == 2 else kind
            field = order.field.add(name=f"{kind}_{label}", number=number, type=getattr(F, "TYPE_" + wide.upper()),
                                    label=F.LABEL_REPEATED if label == "many" else F.LABEL_OPTIONAL)
            if label == "maybe":
                field.proto3_optional = True
    inner = order.nested_type.add(name="Inner")
    inner.field.add(name="x", number=1, type=F.TYPE_INT64, label=F.LABEL_OPTIONAL)
    inner.field.add(name="deeper", number=2, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.Inner", label=F.LABEL_OPTIONAL)
    entry = order.nested_type.add(name="NamesEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=F.TYPE_STRING, label=F.LABEL_OPTIONAL)
    entry.field.add(name="value", number=2, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.Inner", label=F.LABEL_OPTIONAL)
    order.field.add(name="inner", number=100, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.Inner", label=F.LABEL_OPTIONAL)
    order.field.add(name="inners", number=101, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.Inner", label=F.LABEL_REPEATED)
    order.field.add(name="names", number=102, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.NamesEntry", label=F.LABEL_REPEATED)
    order.field.add(name="colour", number=103, type=F.TYPE_ENUM, type_name=".shop.v1.Colour", label=F.LABEL_OPTIONAL)
    order.oneof_decl.add(name="choice")
    order.field.add(name="left", number=104, type=F.TYPE_STRING, label=F.LABEL_OPTIONAL, oneof_index=0)
    order.field.add(name="right", number=105, type=F.TYPE_MESSAGE, type_name=".shop.v1.Order.Inner", label=F.LABEL_OPTIONAL, oneof_index=0)
    for place, (name, kind) in enumerate(WELL_KNOWN):
        order.field.add(name=name, number=110 + place, type=F.TYPE_MESSAGE, type_name="." + kind, label=F.LABEL_OPTIONAL)
    for field in order.field:  # oneofs that proto3 makes of optional fields come last
        if field.proto3_optional:
            field.oneof_index = len(order.oneof_decl)
            order.oneof_decl.add(name="_" + field.name)
    for message in [order, inner, entry]:
        for field in message.field:
            parts = field.name.split("_")
            field.json_name = parts[0] + "".join(part.capitalize() for part in parts[1:])
    if version == 2:
        order.field.add(name="added", number=120, type=F.TYPE_STRING, label=F.LABEL_REPEATED, json_name="added")
    result = descriptor_pb2.FileDescriptorSet()
    for module in [timestamp_pb2, struct_pb2, wrappers_pb2]:
        module.DESCRIPTOR.CopyToProto(result.file.add())
    result.file.append(file)
    return result


def load(descriptors, name):
    pool = descriptor_pool.DescriptorPool()
    for file in descriptors.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def plain(message):
    """A message as this platform says it in JSON."""
    name = message.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        time = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=message.seconds)
        return time.strftime("%Y-%m-%dT%H:%M:%S") + f".{message.nanos // 1_000_000:03}Z"
    if name == "google.protobuf.Struct":
        return {key: plain(value) for key, value in message.fields.items()}
    if name == "google.protobuf.Value":
        kind = message.WhichOneof("kind")
        value = getattr(message, kind)
        return None if kind == "null_value" else plain(value) if kind in ("struct_value", "list_value") else value
    if name == "google.protobuf.ListValue":
        return [plain(value) for value in message.values]
    if name.endswith("64Value"):
        return message.value
    result = {}
    for field, value in message.ListFields():
        def one(value):
            if field.type == F.TYPE_MESSAGE:
                return plain(value)
            if field.type == F.TYPE_BYTES:
                return base64.b64encode(value).decode()
            if field.type == F.TYPE_ENUM:
                return field.enum_type.values_by_number[value].name
            return value
        if field.type == F.TYPE_MESSAGE and field.message_type.GetOptions().map_entry:
            result[field.json_name] = {key: plain(inner) for key, inner in value.items()}
        elif isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or field.type == F.TYPE_MESSAGE and not field.is_repeated:
            result[field.json_name] = one(value)
        else:
            result[field.json_name] = [one(item) for item in value]
    return result


def fill(order, chance, version):
    for field in order.DESCRIPTOR.fields:
        kind = field.name.rsplit("_", 1)[0]
        if kind not in SCALARS or chance.random() < 0.4:
            continue
        count = chance.randint(0, 4) if field.is_repeated else 1
        values = [SCALARS[kind](chance) for _ in range(count)]
        if kind == "bool" and version == 2:
            values = [int(value) for value in values]
        if field.is_repeated:
            getattr(order, field.name).extend(values)
        else:
            setattr(order, field.name, values[0])
    if chance.random() < 0.5:
        order.inner.deeper.deeper.x = chance.randint(0, 2**60)
    for _ in range(chance.randint(0, 3)):
        order.inners.add().x = chance.randint(-5, 5)
    for index in range(chance.randint(0, 3)):
        order.names[f"k{index}ü"].x = index
    order.colour = chance.randint(0, version)
    if chance.random() < 0.5:
        order.left = "left"
    else:
        order.right.x = 7
    order.at.seconds, order.at.nanos = chance.randint(-10**10, 10**10), chance.randint(0, 999) * 1_000_000
    order.any.update({"a": [1.5, None, {"b": "c"}], "d": True})
    order.wrapped.value = chance.randint(-(2**63), 2**63 - 1)


def write(folder, seed, records):
    classes = {}
    for version in [1, 2]:
        descriptors = files(version)
        with open(f"{folder}/{version}.desc", "wb") as file:
            file.write(descriptors.SerializeToString())
        classes[version] = load(descriptors, "shop.v1.Order")
    chance = random.Random(seed)
    with open(f"{folder}/records.ndjson", "w") as file:
        for index in range(records):
            version = index % 2 + 1
            order = classes[version]()
            fill(order, chance, version)
            data = order.SerializeToString()
            line = {"version": version, "bytes": base64.b64encode(data).decode(), "json": plain(classes[2].FromString(data))}
            file.write(json.dumps(line) + "\n")


def read(folder):
    order, count = load(files(2), "shop.v1.Order"), 0
    with open(f"{folder}/written.ndjson") as file:
        for line in file:
            record = json.loads(line)
            value = plain(order.FromString(base64.b64decode(record["bytes"])))
            assert value == record["json"], f"{value} is not {record['json']}"
            count += 1
    assert count, "nothing was written"


def told(value):
    """A tessera.v1.Value."""
    match value.WhichOneof("kind"):
        case None | "null": return None
        case "list": return [told(element) for element in value.list.elements]
        case "object": return members(value.object)
        case "json": return json.loads(value.json)
        case kind: return getattr(value, kind)


def members(object):
    return {member.name: told(member.value) for member in object.members}


def published(descriptors, folder):
    with open(descriptors, "rb") as file:
        message = load(descriptor_pb2.FileDescriptorSet.FromString(file.read()), "tessera.v1.Message")
    count = 0
    with open(f"{folder}/published.ndjson") as file:
        for line in file:
            record = json.loads(line)
            read = message.FromString(base64.b64decode(record["bytes"]))
            value = {}
            for field, part in read.ListFields():
                if field.name == "type":
                    value["type"] = field.enum_type.values_by_number[part].name.removeprefix("TYPE_").lower()
                elif field.name != "other":
                    kind = field.message_type and field.message_type.name
                    value[field.json_name] = members(part) if kind == "Object" else plain(part) if kind else part
            value.update(members(read.other))
            assert value == record["json"], f"{value} is not {record['json']}"
            count += 1
    assert count, "nothing was written"


if sys.argv[1] == "write":
    write(sys.argv[2], sys.argv[3], int(sys.argv[4]))
elif sys.argv[1] == "read":
    read(sys.argv[2])
else:
    published(sys.argv[2], sys.argv[3])
