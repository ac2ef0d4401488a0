import Connectors
import ConnectorsTesting
import EventModel
import Testing

@testable import ConnectorPostgres

extension ServerTests {
    @Suite(.serialized) struct SourceTests {
        let server: LocalServer
        private static let rules = #""streams":{"orders":{"event":"Sold","userId":".who","timestamp":".at","properties":{"n":".n"}}}"#

        init() async throws { server = try await LocalServer.shared.value }

        /// Rows whose cursor repeats: four of each time.
        private func makeOrders(_ schema: String, _ count: Int) async throws {
            try await server.sql(
                """
                DROP SCHEMA IF EXISTS \(schema) CASCADE; CREATE SCHEMA \(schema);
                CREATE TABLE \(schema).orders (n bigint PRIMARY KEY, who text, at timestamptz NOT NULL, note text);
                INSERT INTO \(schema).orders SELECT n, 'u' || n % 7, timestamptz '2026-01-01' + n / 4 * interval '1.000001 s', repeat('x', 50)
                FROM generate_series(0, \(count - 1)) AS n
                """)
        }

        /// The numbers that a source brings, until it ends or fails.
        private func numbers(_ source: some Source, after checkpoint: Checkpoint? = nil, most: Int = .max) async throws
            -> (numbers: [Int], checkpoints: [Checkpoint])
        {
            var (numbers, checkpoints) = ([Int](), [Checkpoint]())
            for try await batch in source.batches(after: checkpoint) {
                #expect(batch.messages.rejects.isEmpty)
                for line in batch.messages.text.prefix(batch.messages.count).split(separator: 10) {
                    let n = try JSONValue(parsing: Array(line)).asObject?.value(at: ["properties", "n"])?.asDouble
                    numbers.append(Int(n ?? -1))
                }
                checkpoints.append(batch.checkpoint)
                if numbers.count >= most { break }
            }
            return (numbers, checkpoints)
        }

        @Test(arguments: SourceContract.allCases, [#""id":"n","rows":7"#, #""rows":6"#])
        func `it keeps the promises`(promise: SourceContract, how: String) async throws {
            try await makeOrders("kit", 100)
            let settings = #""table":"kit.orders","cursor":"at",\#(how),\#(Self.rules)"#
            func verify(_ source: some Source) async throws { try await promise.verify(source, records: 100) }
            try await verify(server.source(settings))
        }

        @Test(arguments: [#""id":"n","rows":1"#, #""id":"n","rows":5"#, #""rows":1"#, #""rows":3"#, #""rows":1000"#])
        func `rows of one cursor are neither lost nor doubled`(how: String) async throws {
            try await makeOrders("ties", 61)
            let source = try server.source(#""table":"ties.orders","cursor":"at",\#(how),\#(Self.rules)"#)
            let all = try await numbers(source)
            #expect(all.numbers.sorted() == Array(0..<61))
            for (index, checkpoint) in all.checkpoints.enumerated() {
                let rest = try await numbers(source, after: checkpoint)
                #expect(Set(rest.numbers).count == rest.numbers.count)
                #expect(rest.checkpoints.count == all.checkpoints.count - index - 1)
            }
        }

        @Test func `a query is followed while rows come, and values become JSON`() async throws {
            try await makeOrders("follow", 30)
            let source = try server.source(
                """
                "query":"SELECT n, who, at, ARRAY[1,2] AS list, 1.50::numeric AS price FROM follow.orders WHERE n % 2 = 0 -- even",
                "cursor":"n","userId":".who","stream":"Sold","interval":0.05,"rows":4
                """, isRunOnce: false)
            let server = server
            let adding = Task {
                for n in 30..<60 {
                    try await server.sql("INSERT INTO follow.orders VALUES (\(n), 'u', '2026-02-01T00:00:00.5Z')")
                }
            }
            func first(_ source: some Source) async throws -> (numbers: [Int], checkpoints: [Checkpoint]) {
                try await numbers(source, most: 30)
            }
            let read = try await first(source)
            try await adding.value
            #expect(read.numbers == Array(stride(from: 0, to: 60, by: 2)))
            func properties(_ source: some Source) async throws -> JSONValue? {
                for try await batch in source.batches(after: read.checkpoints[read.checkpoints.count - 2]) {
                    let line = try #require(batch.messages.text.prefix(batch.messages.count).split(separator: 10).last)
                    return try JSONValue(parsing: Array(line)).asObject?["properties"]
                }
                return nil
            }
            let values = try #require(try await properties(source)?.asObject)
            #expect(values["at"] == .string("2026-02-01T00:00:00.5+00:00") && values["price"] == .number(1.5))
            #expect(values["list"] == .array([.integer(1), .integer(2)]))
        }

        @Test func `rows whose transaction ends late are waited for`() async throws {
            try await makeOrders("late", 4)
            let slow = server.makeSession()
            _ = try await slow.perform { connection throws(ServerFailure) in
                try connection.query("BEGIN; INSERT INTO late.orders VALUES (4, 'u', '2026-03-01')")
            }
            try await server.sql("INSERT INTO late.orders VALUES (5, 'u', '2026-03-02')")
            let source = try server.source(#""table":"late.orders","cursor":"n","lag":4,\#(Self.rules)"#)
            let reading = Task { try await read(source) }
            // It has looked when it asked the server something.
            let looked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%late%orders%DESC LIMIT 1' AND pid <> pg_backend_pid()"
            while try await server.number(looked) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            _ = try await slow.perform { connection throws(ServerFailure) in try connection.query("COMMIT") }
            await slow.close()
            #expect(try await reading.value == [0, 1, 2, 3, 4, 5])
        }

        private func read(_ source: some Source) async throws -> [Int] { try await numbers(source).numbers }

        @Test func `connections that are ended again and again lose and double nothing`() async throws {
            let count = isLong ? 400_000 : 20_000
            try await makeOrders("flow", count)
            try await server.sql("CREATE INDEX ON flow.orders (at, n)")
            let source = try server.source(#""table":"flow.orders","cursor":"at","id":"n","rows":200,\#(Self.rules)"#)
            let server = server
            let killer = Task {
                while !Task.isCancelled {
                    try await server.sql(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name = 'tessera' AND pid <> pg_backend_pid()
                        """)
                    try? await Task.sleep(for: .milliseconds(40))
                }
            }
            func follow(_ source: some Source) async throws -> (numbers: [Int], failures: Int) {
                var (all, place, failures) = ([Int](), Checkpoint?.none, 0)
                while true {
                    do {
                        for try await batch in source.batches(after: place) {
                            for line in batch.messages.text.prefix(batch.messages.count).split(separator: 10) {
                                let n = try JSONValue(parsing: Array(line)).asObject?.value(at: ["properties", "n"])?.asDouble
                                all.append(Int(n ?? -1))
                            }
                            place = batch.checkpoint
                        }
                        return (all, failures)
                    } catch let error as ConnectorError {
                        guard case .retry = error.recovery else { throw error }
                        failures += 1
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
            }
            let read = try await follow(source)
            killer.cancel()
            try await killer.value
            #expect(read.failures > 0, "nothing was cut off")
            #expect(read.numbers == Array(0..<count))
        }

        @Test func `rows that are large come in small batches`() async throws {
            try await server.sql(
                """
                DROP SCHEMA IF EXISTS large CASCADE; CREATE SCHEMA large; CREATE TABLE large.orders (n int, who text, at timestamptz, note text);
                INSERT INTO large.orders SELECT n, 'u', '2026-01-01', repeat('x', 3000000) FROM generate_series(0, 4) AS n
                """)
            let whole = #""streams":{"orders":{"event":"Sold","userId":".who","properties":"."}}"#
            let source = try server.source(#""table":"large.orders","cursor":"n","id":"n",\#(whole)"#)
            func sizes(_ source: some Source) async throws -> [Int] {
                var sizes: [Int] = []
                for try await batch in source.batches(after: nil) { sizes.append(batch.messages.sourceLines) }
                return sizes
            }
            let found = try await sizes(source)
            #expect(found.reduce(0, +) == 5 && found.allSatisfy { $0 <= 2 })
            // Without what tells them apart they belong together, and the position stays before them.
            let tied = try server.source(#""table":"large.orders","cursor":"at",\#(whole)"#)
            let cut = try await sizes(tied)
            #expect(cut == [2, 2, 1])
        }

        @Test func `what cannot become a message is a reject`() async throws {
            try await makeOrders("bad", 10)
            try await server.sql("UPDATE bad.orders SET who = NULL WHERE n = 3")
            let source = try server.source(#""table":"bad.orders","cursor":"at","id":"n","userId":".who""#)
            func rejects(_ source: some Source) async throws -> [Reject] {
                var rejects: [Reject] = []
                for try await batch in source.batches(after: nil) { rejects += batch.messages.rejects }
                return rejects
            }
            let found = try await rejects(source)
            #expect(found.map(\.line) == [4] && found[0].reason.contains("belongs to nobody") && found[0].text.contains("\"n\":3"))
        }

        @Test func `a probe tells what is there, and mistakes are the settings'`() async throws {
            try await makeOrders("probe", 3)
            let found = try await server.source(#""table":"probe.orders","cursor":"at","userId":".who""#).probe()
            #expect(found.hasPrefix("PostgreSQL 1") && found.hasSuffix("; orders has rows, with the columns n, who, at, note."), "\(found)")
            for (settings, problem) in [
                (#""table":"probe.nothing","cursor":"at""#, "relation \"probe.nothing\" does not exist"),
                (#""table":"probe.orders","cursor":"when""#, "column t.when does not exist"),
                (#""query":"SELEC 1","cursor":"at""#, "syntax error at or near \"1\""),
            ] {
                let source = try server.source(settings + #","userId":".who""#)
                await #expect {
                    _ = try await source.probe()
                } throws: { error in
                    let error = error as? ConnectorError
                    return error?.recovery == .mendSettings && error?.problem == problem
                }
            }
            // A query that changes something changes nothing.
            let source = try server.source(
                #""query":"WITH x AS (DELETE FROM probe.orders RETURNING *) SELECT * FROM x","cursor":"at","userId":".who""#)
            await #expect(throws: ConnectorError.self) { _ = try await source.probe() }
            #expect(try await server.number("SELECT count(*) FROM probe.orders") == 3)
        }

        @Test func `a position of other columns is refused`() async throws {
            try await makeOrders("place", 5)
            let first = try server.source(#""table":"place.orders","cursor":"n",\#(Self.rules)"#)
            func place(_ source: some Source) async throws -> Checkpoint? { try await numbers(source).checkpoints.last }
            let kept = try await place(first)
            func stops(_ source: some Source) async -> Bool {
                do { _ = try await numbers(source, after: kept) } catch { return (error as? ConnectorError)?.recovery == .stop }
                return false
            }
            #expect(await stops(try server.source(#""table":"place.orders","cursor":"at",\#(Self.rules)"#)))
        }
    }
}
