import Connectors
import ConnectorsTesting
import EventModel
import Testing

@testable import ConnectorPostgres

extension ServerTests {
    @Suite(.serialized) struct DestinationTests {
        let server: LocalServer

        init() async throws { server = try await LocalServer.shared.value }

        @Test(arguments: DestinationContract.allCases) func `it keeps the promises`(promise: DestinationContract) async throws {
            let schema = "kit_\(promise)".lowercased()
            try await promise.verify({ try server.destination(schema) }, arrived: { try await server.keys(schema) })
        }

        @Test func `messages, profiles and names with quotes become rows`() async throws {
            let destination = try server.destination(#"My \"Data\""#)
            var batch = DestinationContract.batch(["a"])
            let profile = #"{"id":"p","traits":{"plan":"pro","n":1},"as_of":{}}"#
            batch.append(.profile, key: "p/1", profile: "p", json: #"{"id":"p","traits":{"plan":"free"}}"#.utf8)
            batch.append(.profile, key: "p/2", profile: "p", json: profile.utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
            let rows = try await server.sql(
                #"SELECT type, event, user_id, profile_id, "timestamp"::text, message->'properties'->>'n' FROM "My ""Data""".messages"#)
            #expect(rows == [["track", "Sold", "u0", "u0", "2026-06-01 00:00:00+00", "0"]])
            let profiles = try await server.sql(#"SELECT profile_id, traits->>'plan', traits->>'n' FROM "My ""Data""".profiles"#)
            #expect(profiles == [["p", "pro", "1"]])
            #expect(try await destination.probe().contains("has its tables"))
            await destination.close()
        }

        @Test func `what the server cannot keep is refused alone`() async throws {
            let destination = try server.destination("poison")
            var batch = DeliveryBatch()
            let count = 300
            // Of each sort, and two beside each other.
            let bad: [Int: String] = [
                0: #"{"type":"track","timestamp":"2026-06-01T00:00:00Z","event":"\u0000"}"#, 17: "no json", 18: #"{"type":"track"}"#,
                120: #"{"type":"track","timestamp":"tomorrowish"}"#, 299: #"{"type":"track","timestamp":"2026-06-01T00:00:00Z","n":[}"#,
            ]
            for number in 0..<count {
                let json = bad[number] ?? #"{"type":"track","timestamp":"2026-06-01T00:00:00Z","n":\#(number)}"#
                batch.append(.message, key: "k\(number)", profile: "p", json: json.utf8)
            }
            batch.append(.message, key: "nul\0", profile: "p", json: #"{"type":"track","timestamp":"2026-06-01T00:00:00Z"}"#.utf8)
            batch.append(.membership, key: "m", profile: "p", json: #"{"segment":"s","entered":"perhaps"}"#.utf8)
            batch.append(.profile, key: "p", profile: "p", json: #"{"traits":{"x":"\u0000"}}"#.utf8)
            for round in 0..<2 {
                let refused = try await destination.deliver(batch).refused
                #expect(refused.map(\.record) == [0, 17, 18, 120, 299, 300, 301, 302], "round \(round)")
                #expect(refused.allSatisfy { $0.reason.hasPrefix("PostgreSQL cannot take it: ") && !$0.reason.contains("tomorrowish") })
            }
            let kept = try await server.keys("poison")
            #expect(kept == (0..<count).filter { bad[$0] == nil }.map { "k\($0)" })
            await destination.close()
        }

        // MARK: - memberships

        private func batch(_ changes: [(segment: String, profile: String, entered: Bool, version: Int, cause: String)]) -> DeliveryBatch {
            var batch = DeliveryBatch()
            for change in changes {
                let json = """
                    {"segment":"\(change.segment)","profile":"\(change.profile)","entered":\(change.entered),\
                    "at":"2026-06-01T00:00:\(change.version % 60 < 10 ? "0" : "")\(change.version % 60).000Z",\
                    "cause":"\(change.cause)","version":\(change.version)}
                    """
                let key = "\(change.version)/\(change.segment)/\(change.profile)/\(change.entered ? "entered" : "exited")"
                batch.append(.membership, key: key, profile: change.profile, json: json.utf8)
            }
            return batch
        }

        @Test func `memberships end as they are, and an older version never wins`() async throws {
            let destination = try server.destination("memb")
            var random = UInt64(7)
            func draw(_ bound: Int) -> Int {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(random >> 33) % bound
            }
            var (members, changes) = ([String: Bool](), [(segment: String, profile: String, entered: Bool, version: Int, cause: String)]())
            for person in 0..<50 {
                changes.append(("s0", "p\(person)", true, 1, "full"))
                members["s0 p\(person)"] = true
            }
            for version in 2..<1_500 {
                let (segment, person) = ("s\(draw(3))", "p\(draw(80))")
                let entered = members["\(segment) \(person)"] != true
                members["\(segment) \(person)"] = entered
                changes.append((segment, person, entered, version, "message"))
            }
            for start in stride(from: 0, to: changes.count, by: 100) {
                let piece = Array(changes[start..<min(start + 100, changes.count)])
                _ = try await destination.deliver(batch(piece))
                // What came before comes again late, as dead letters do.
                if start > 300, start % 300 == 0 { _ = try await destination.deliver(batch(Array(changes[(start - 300)..<(start - 200)]))) }
            }
            // A change that was held up: older than what is there.
            _ = try await destination.deliver(batch([("s0", "late", false, 1_499, "message"), ("s0", "late", true, 1_000, "message")]))
            _ = try await destination.deliver(batch([("s0", "late", true, 1_200, "message")]))
            let rows = try await server.sql("SELECT segment || ' ' || profile_id FROM memb.members ORDER BY 1")
            #expect(rows.compactMap { $0[0] } == members.filter(\.value).keys.sorted())
            let versions = try await server.sql("SELECT segment, version FROM memb.segment_versions ORDER BY 1")
            #expect(versions.count == 3 && versions[0] == ["s0", "1499"])
            #expect(try await server.number("SELECT count(*) FROM memb.membership_changes") == changes.count + 3)
            #expect(try await destination.probe().contains("memberships up to version 1499"))
            // What a reconciliation asks.
            let reporting = try #require(destination as? any AudienceReporting)
            let audiences = try await reporting.audiences()
            #expect(audiences.map(\.segment) == ["s0", "s1", "s2"] && audiences[0].version == 1_499)
            #expect(
                audiences.flatMap { audience in audience.members.map { "\(audience.segment) \($0)" } }.sorted()
                    == members.filter(\.value).keys.sorted())
            await destination.close()
        }

        @Test func `a full sync does not change since when somebody is in`() async throws {
            let destination = try server.destination("entry")
            _ = try await destination.deliver(batch([("s", "a", true, 5, "message")]))
            _ = try await destination.deliver(batch([("s", "a", true, 9, "full"), ("s", "b", true, 9, "full")]))
            let at = "SELECT extract(second FROM entered_at)::int FROM entry.memberships WHERE profile_id ="
            #expect(try await server.number("\(at) 'a'") == 5)
            _ = try await destination.deliver(batch([("s", "a", false, 10, "clock"), ("s", "a", true, 12, "message")]))
            #expect(try await server.number("\(at) 'a'") == 12)
            _ = try await destination.deliver(batch([("s", "b", false, 13, "message")]))
            #expect(try await server.sql("SELECT profile_id FROM entry.members") == [["a"]])
            #expect(try await server.number("\(at) 'b'") == 9)
            await destination.close()
        }

        @Test func `a role that may only use the tables is enough`() async throws {
            let owner = try server.destination("shared")
            _ = try await owner.deliver(DestinationContract.batch(["a"]))
            await owner.close()
            try await server.sql(
                """
                CREATE ROLE writer LOGIN; GRANT USAGE ON SCHEMA shared TO writer;
                GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA shared TO writer
                """)
            let destination = try makeDestination(
                #"{"connection":"host=\#(server.folder) user=writer dbname=postgres","schema":"shared"}"#)
            var batch = batch([("s", "p", true, 3, "full")])
            batch.append(.message, key: "b", profile: "p", json: #"{"type":"track","timestamp":"2026-06-01T00:00:00Z"}"#.utf8)
            batch.append(.profile, key: "p/1", profile: "p", json: #"{"id":"p","traits":{}}"#.utf8)
            #expect(try await destination.deliver(batch).refused.isEmpty)
            #expect(try await destination.probe().contains("memberships up to version 3"))
            #expect(try await server.keys("shared") == ["a", "b"])
            await destination.close()
        }
    }
}
