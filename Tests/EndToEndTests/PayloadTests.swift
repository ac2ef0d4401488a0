#if Avro && Kafka && Protobuf
import EventModel
import Foundation
import KafkaMock
import TestFolder
import Testing

/// Payloads beside the real worker: Avro in with two versions of a schema, Protobuf out.
extension ConnectorTests {
    private static let fields = #"""
        {"name":"type","type":{"type":"enum","name":"Type","symbols":["track","identify"]}},
        {"name":"messageId","type":"string"},{"name":"userId","type":"string"},{"name":"event","type":"string"},
        {"name":"timestamp","type":{"type":"long","logicalType":"timestamp-millis"}}
        """#
    private static let first = #"{"type":"record","name":"Order","fields":[\#(fields)]}"#
    private static let second =
        #"{"type":"record","name":"Order","fields":[\#(fields),{"name":"properties","type":{"type":"map","values":"double"},"default":{}}]}"#

    /// A record as a producer with a schema registry writes it.
    private static func sold(_ number: Int, version: Int) -> [UInt8] {
        func varint(_ value: Int) -> [UInt8] {
            var (rest, bytes) = (UInt64(bitPattern: Int64(value << 1 ^ value >> 63)), [UInt8]())
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }
        func text(_ text: String) -> [UInt8] { varint(text.utf8.count) + Array(text.utf8) }
        let common = varint(0) + text("m\(number)") + text("u\(number % 300)") + text("Sold") + varint(1_780_272_000_000)
        let amount = withUnsafeBytes(of: Double(number).bitPattern.littleEndian) { Array($0) }
        let properties = varint(1) + text("amount") + amount + varint(0)
        return [0, 0, 0, 1, UInt8(version)] + common + (version == 2 ? properties : [])
    }

    @Test func `orders in Avro of two versions become Protobuf once each through kill -9, and poison is in quarantine`() async throws {
        try folder.write(Self.first, as: "schemas/orders/1.avsc")
        try folder.write(Self.second, as: "schemas/orders/2.avsc")
        let cluster = MockCluster()
        for topic in ["orders", "copy"] { cluster.create(topic, partitions: 2) }
        try folder.write(
            """
            schemas:
              - {name: orders, kind: avro, path: schemas/orders, framing: confluent, ids: {257: 1, 258: 2}}
            connectors:
              - {name: shop, kind: kafka, brokers: ["\(cluster.brokers[0])"], topics: [orders], payload: orders}
              - {name: copy, kind: kafka, brokers: ["\(cluster.brokers[0])"], topic: copy, deliver: [messages], payload: protobuf, batchWait: 0.05}

            """, as: "tessera.yaml")
        let (rounds, size) = (Self.isLong ? 10 : 3, 2_000)
        let whole = Self.sold(7, version: 2)
        let poison: [[UInt8]] = [
            Array("no record".utf8), [0, 0, 0, 9, 9] + whole.dropFirst(5), Array(whole.dropLast(3)), whole + [1],
            Array(whole.prefix(6)) + [4, 0xFF, 0xFF] + whole.dropFirst(9), [0, 0, 0, 1, 1, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F],
        ]
        try await killed(rounds: rounds, life: 400...920) { round in
            cluster.append(
                bytes: ((round * size)..<((round + 1) * size)).map { Self.sold($0, version: $0 % 2 + 1) } + [poison[round % 6]],
                to: "orders",
                partitions: 2)
        }
        cluster.append(bytes: poison, to: "orders", partitions: 2)
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        try wait(for: rounds * size)
        func copied() -> [MockRecord] { cluster.records(of: "copy", partitions: 2) }
        try wait { Set(copied().map(\.bytes)).count >= rounds * size }
        var keys: Set<String> = []
        for record in copied() {
            // `type` is a track, and `message_id` the key, as the published schema numbers them.
            let key = try #require(record.headers["tessera-key"])
            #expect(record.bytes.starts(with: [0x08, 1, 0x12, UInt8(key.utf8.count)] + Array(key.utf8)))
            keys.insert(key)
        }
        #expect(keys.count == rounds * size)
        try wait { try list().first?["quarantined"]?.asDouble ?? 0 >= Double(poison.count + rounds) }
        let shown = try Program.worker.run("quarantine", "show", "--limit", "100", "--db", store).json["records"]?.asArray ?? []
        let reasons = shown.compactMap { $0.asObject?["reason"]?.asString }
        for sentence in [
            "It does not begin with the byte 0", "No version of the schema has the id 2313.", "it ends within a value", "1 bytes follow",
        ] { #expect(reasons.contains { $0.hasPrefix("orders/") && $0.contains(sentence) }, "\(sentence): \(reasons)") }
        #expect(shown.contains { $0.asObject?["text"]?.asString?.hasPrefix("base64:AAA") == true })
    }

    @Test func `schemas are listed, described and checked, and a set that breaks its rule is refused with its file`() throws {
        try folder.write(Self.first, as: "schemas/orders/1.avsc")
        try folder.write(Self.second, as: "schemas/orders/2.avsc")
        try folder.write("schemas:\n  - {name: orders, kind: avro, path: schemas/orders}\n", as: "tessera.yaml")
        func schemas(_ arguments: String...) throws -> Program.Outcome {
            try Program.run(Program.worker.path, ["schemas"] + arguments + ["--config", config])
        }
        #expect(try schemas("list").json["schemas"]?.asArray?.first?.asObject?["newest"] == .integer(2))
        let versions = try schemas("describe", "orders").json["versions"]?.asArray
        #expect(versions?.last?.asObject?["full"] == .bool(true) && versions?.count == 2)
        let good = try folder.write(Self.second.replacing("\"double\"", with: "[\"double\",\"null\"]"), as: "good.avsc")
        let kept = try schemas("check", "orders", good)
        #expect(try kept.status == 0 && kept.json["backward"] == .bool(true) && kept.json["forward"] == .bool(false), "\(kept.output)")
        let bad = try folder.write(Self.second.replacing("double", with: "string"), as: "bad.avsc")
        let broken = try schemas("check", "orders", bad)
        #expect(
            broken.status == 1 && broken.output.contains("The field `properties{}`: double cannot be read as string."), "\(broken.output)")
        let none = try schemas("check", "orders", try folder.write("{}", as: "none.avsc"))
        #expect(none.status != 0 && none.errors.contains("is no schema of the kind avro"), "\(none.errors)")
        let unknown = try schemas("describe", "order")
        #expect(unknown.status != 0 && unknown.errors.contains("It names 'orders'."), "\(unknown.errors)")
        try folder.write(Self.second.replacing("double", with: "string"), as: "schemas/orders/3.avsc")
        let refused = try Program.worker.run("connectors", "list", "--db", store, "--config", config)
        let sentence =
            "orders/3.avsc, version 3, breaks the compatibility backward; it cannot read what version 2 wrote: The field `properties{}`"
        #expect(
            refused.status != 0 && refused.errors.contains("tessera.yaml:2, schemas.0.path") && refused.errors.contains(sentence),
            "\(refused.errors)")
        for command in [["schemas"], ["schemas", "list"], ["schemas", "describe"], ["schemas", "check"]] {
            let help = try Program.run(Program.worker.path, command + ["--help"])
            #expect(help.status == 0 && help.output.contains("tessera-worker schemas"), "\(help.output)")
        }
    }
}
#endif
