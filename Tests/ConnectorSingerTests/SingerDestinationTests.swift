import ConnectorSinger
import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

/// Targets that keep the specification: what is delivered arrives.
@Suite(.enabled(if: WrittenTap.isThere, "python3 is not there, and the targets of these tests are written in it"))
struct SingerDestinationTests {
    static let ways: [[JSONObject.Member]] = [
        [], [.init("perBatch", .bool(true))], [.init("acknowledgement", .string("exit"))],
    ]

    private func deliver(_ batch: DeliveryBatch, to destination: some Destination) async throws {
        let receipt = try await destination.deliver(batch)
        #expect(receipt.refused.isEmpty)
    }

    @Test(.timeLimit(.minutes(10)), arguments: DestinationContract.allCases, ways)
    func `a target keeps the promises`(promise: DestinationContract, way: [JSONObject.Member]) async throws {
        let target = try WrittenTarget()
        try await promise.verify({ try target.destination(way) }, arrived: { target.notes("messages.keys") })
        try await target.waitUntilGone()
    }

    @Test func `a target runs on between batches, and each state has the number of its batch`() async throws {
        let target = try WrittenTarget()
        let destination = try target.destination()
        for number in 0..<20 { try await deliver(.messages(number * 100..<(number + 1) * 100), to: destination) }
        await destination.close()
        #expect(target.notes("messages.keys") == (0..<2_000).map { "m\($0)" })
        #expect(target.notes("pids").count == 1 && target.notes("ends").count == 1 && target.notes("schemas").count == 1)
        #expect(target.notes("states") == (1...20).map { #"{"bookmarks": {"messages": {"batch": \#($0)}}}"# })
    }

    @Test func `a target that is run for each batch sees the end of its input behind it`() async throws {
        let target = try WrittenTarget("def state(m): pass\ndef end(): back(last)")
        let destination = try target.destination([.init("perBatch", .bool(true))])
        for number in 0..<3 { try await deliver(.messages(number * 100..<(number + 1) * 100), to: destination) }
        await destination.close()
        #expect(target.notes("messages.keys").count == 300 && target.notes("ends").count == 3 && target.notes("schemas").count == 3)
        #expect(target.notes("states").last == #"{"bookmarks": {"messages": {"batch": 3}}}"#)
    }

    @Test(arguments: [
        // By stream, as those do that write each into a table of its own: only what was flushed.
        """
        flushed, rows = {"bookmarks": {}}, set()
        def record(m):
            keep(m)
            rows.add(m["stream"])
        def state(m):
            for stream in sorted(rows):
                flushed["bookmarks"][stream] = m["value"]["bookmarks"][stream]
                back(flushed)
            rows.clear()
        """,
        // The whole message, and numbers as decimals.
        "def state(m): back(json.loads(json.dumps(m), parse_int=float))",
        // Its state of before, once more, and an empty line.
        """
        def state(m):
            back({"bookmarks": {}})
            print()
            back(m["value"])
            back(m["value"])
        """,
    ])
    func `states come back in any way that targets have`(body: String) async throws {
        let target = try WrittenTarget(body)
        let destination = try target.destination()
        for number in 0..<6 {
            var batch = DeliveryBatch.messages(number * 10..<(number + 1) * 10)
            if number % 2 == 1 { batch.append(.profile, key: "p/\(number)", profile: "p", json: #"{"id":"p\#(number)","traits":{}}"#.utf8) }
            try await deliver(batch, to: destination)
            #expect(target.notes("messages.keys").count == (number + 1) * 10 && target.notes("profiles.keys").count == (number + 1) / 2)
        }
        await destination.close()
    }

    /// A record of each kind.
    private static var mixed: DeliveryBatch {
        var batch = DeliveryBatch()
        batch.append(
            .message, key: "m1", profile: "ada",
            json: #"""
                {"type":"track","event":"Sold","userId":"u1","messageId":"m1","originalTimestamp":1767225600000,"sentAt":"x","name":null,"properties":{"total":9.5,"big":12345678901234567,"gift":true,"note":null,"items":[{"sku":"a"}],"ship":{"to":"Linz","zip":4020}},"context":{"ip":"1.2.3.4"}}
                """#.utf8)
        batch.append(
            .membership, key: "7/buyers/ada/entered", profile: "ada",
            json: #"{"segment":"buyers","profile":"ada","entered":true,"at":"2026-01-01T00:00:00.000Z","cause":"message","version":7}"#.utf8
        )
        batch.append(
            .profile, key: "ada/1", profile: "ada",
            json:
                #"{"id":"ada","identifiers":[{"namespace":"user_id","id":"u1"}],"traits":{"plan":"pro"},"as_of":{"plan":"2026-01-01T00:00:00.000Z"},"messages":5,"first_seen":"2026-01-01T00:00:00.000Z","last_seen":null,"segments":["buyers"]}"#
                .utf8)
        return batch
    }

    @Test func `each kind of record is a stream with a schema and a key of its own`() async throws {
        let target = try WrittenTarget()
        let names = JSONValue.object(JSONObject([.init("memberships", .string("segment_changes"))]))
        let destination = try target.destination([.init("streams", names)])
        try await deliver(Self.mixed, to: destination)
        await destination.close()
        let schemas = try target.notes("schemas").map { try #require(try JSONValue(parsing: $0).asObject) }
        #expect(schemas.map { $0["stream"]?.asString } == ["messages", "segment_changes", "profiles"])
        #expect(schemas.map { $0["key_properties"]?.text } == [#"["messageId"]"#, #"["key"]"#, #"["id"]"#])
        let message = try #require(try target.rows().first)
        #expect(message["timestamp"] == .string("2026-01-01T00:00:00.000Z") && message["profile"] == .string("ada"))
        #expect(message["anonymousId"] == nil && message["name"] == nil)
        #expect(message.value(at: ["properties", "big"]) == .integer(12_345_678_901_234_567))
        #expect(message["other"]?.text == #"{"originalTimestamp":1767225600000,"sentAt":"x"}"#)
        #expect(
            try target.rows("segment_changes").first?.text
                == #"{"key":"7/buyers/ada/entered","segment":"buyers","profile":"ada","entered":true,"at":"2026-01-01T00:00:00.000Z","cause":"message","version":7}"#
        )
        #expect(try target.rows("profiles").first?["identifiers"]?.text == #"[{"namespace":"user_id","id":"u1"}]"#)
    }

    @Test func `objects can be given as texts`() async throws {
        let target = try WrittenTarget()
        let destination = try target.destination([.init("objects", .string("text"))])
        try await deliver(Self.mixed, to: destination)
        await destination.close()
        let message = try #require(try target.rows().first)
        #expect(message["context"] == .string(#"{"ip":"1.2.3.4"}"#) && message["other"]?.asString?.contains("sentAt") == true)
        #expect(target.notes("schemas").allSatisfy { !$0.contains(#""object","null""#) && !$0.contains("array") })
        #expect(try target.rows("profiles").first?["segments"] == .string(#"["buyers"]"#))
    }

    @Test func `members of objects can have columns, declared before the first row that has them`() async throws {
        let target = try WrittenTarget()
        let destination = try target.destination([.init("objects", .string("columns"))])
        try await deliver(Self.mixed, to: destination)
        var batch = DeliveryBatch()
        let rows = [#"{"total":"free","new":1}"#, #"{"total":3,"new":2.5,"ship":{"to":null}}"#]
        for (number, row) in rows.enumerated() {
            batch.append(
                .message, key: "n\(number)", profile: "",
                json: #"{"type":"track","event":"Sold","userId":"u","messageId":"n\#(number)","timestamp":1,"properties":\#(row)}"#.utf8)
        }
        try await deliver(batch, to: destination)
        await destination.close()
        let messages = try target.rows()
        #expect(messages[0]["properties__total"] == .number(9.5) && messages[0]["properties__gift"] == .bool(true))
        #expect(messages[0]["properties__ship__zip"] == .integer(4_020) && messages[0]["properties__note"] == nil)
        #expect(messages[0]["properties__items"] == .string(#"[{"sku":"a"}]"#) && messages[0]["properties"] == nil)
        // The column holds texts from the first text on.
        #expect(messages[1]["properties__total"] == .string("free") && messages[2]["properties__total"] == .string("3"))
        #expect(messages[2]["properties__new"] == .number(2.5))
        let schemas = try target.notes("schemas").map { try #require(try JSONValue(parsing: $0).asObject) }
        #expect(schemas.map { $0["stream"]?.asString } == ["messages", "memberships", "profiles", "messages"])
        func type(_ schema: JSONObject?) -> String? { schema?.value(at: ["schema", "properties", "properties__total", "type"])?.text }
        #expect(type(schemas.first) == #"["number","null"]"# && type(schemas.last) == #"["string","null"]"#)
        #expect(try target.rows("profiles").first?["traits__plan"] == .string("pro"))
    }

    @Test func `columns of members are bounded, and the others are kept together`() async throws {
        let target = try WrittenTarget()
        let destination = try target.destination([.init("objects", .string("columns"))])
        var batch = DeliveryBatch()
        let members = (0..<1_200).map { #""p\#($0)":\#($0)"# }.joined(separator: ",")
        batch.append(
            .message, key: "m", profile: "",
            json: #"{"type":"track","event":"E","userId":"u","messageId":"m","timestamp":1,"properties":{\#(members)}}"#.utf8)
        try await deliver(batch, to: destination)
        await destination.close()
        let row = try #require(try target.rows().first)
        #expect(row["properties__p999"] == .integer(999) && row["properties__p1000"] == nil)
        #expect(row["other"]?.asString.flatMap { try? JSONValue(parsing: $0).asObject }?.members.count == 200)
    }

    @Test func `a record that lacks what every row has is refused by itself`() async throws {
        let target = try WrittenTarget()
        let destination = try target.destination()
        var batch = DeliveryBatch.messages(0..<2)
        batch.append(.membership, key: "k", profile: "p", json: #"{"segment":"s"}"#.utf8)
        batch.append(.profile, key: "k", profile: "p", json: #"{"id":"p"}"#.utf8)
        let receipt = try await destination.deliver(batch)
        #expect(receipt.refused.map(\.record) == [2] && target.notes("profiles.keys") == ["p"])
        await destination.close()
    }

    @Test func `its settings reach it in a file that nobody else can read, and are gone with it`() async throws {
        let target = try WrittenTarget(
            """
            def start():
                note("seen", oct(os.stat(given.config).st_mode & 0o777) + " " + oct(os.stat(os.path.dirname(given.config)).st_mode & 0o777))
                note("seen", json.dumps(config) + os.environ.get("SHOP", "-") + os.environ.get("TESSERA_TESTDATA", "-"))
                note("place", given.config)
                sys.stderr.write("connecting with " + config["password"] + "\\n{\\"a\\": \\"row\\"}\\n")
            """)
        let settings: [JSONObject.Member] = [
            .init("config", .object(JSONObject([.init("password", .string("env:LAKE_KEY"))]))),
            .init("environment", .object(JSONObject([.init("SHOP", .string("Linz"))]))),
        ]
        let destination = try target.destination(settings, environment: ["LAKE_KEY": "s3cret-key"])
        try await deliver(.messages(0..<10), to: destination)
        await destination.close()
        #expect(target.notes("seen") == ["0o600 0o700", #"{"password": "s3cret-key"}Linz-"#])
        let place = try #require(target.notes("place").first)
        try await waitUntil("\(place) is gone") { !FileManager.default.fileExists(atPath: (place as NSString).deletingLastPathComponent) }
        #expect(target.logged == ["python3 says: connecting with (secret)"])
    }
}
