#if Postgres
import EventModel
import Foundation
import LocalServers
import TestFolder
import Testing

/// A worker beside a real PostgreSQL.
@Suite(.serialized, .enabled(if: LocalPostgres.programs != nil, Comment(rawValue: LocalPostgres.missing))) struct PostgresTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    private static let shared = Task { try await LocalPostgres() }
    private let worker: ConnectorTests
    private let server: LocalPostgres

    init() async throws {
        worker = try ConnectorTests()
        server = try await Self.shared.value
    }

    private func sql(_ text: String) throws -> String {
        let outcome = try Program.run(
            "/usr/bin/env", [(LocalPostgres.programs ?? "") + "/psql", "-At", "-q", "-X", "-d", server.connection, "-c", text])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test func `what files bring lies in tables once, through kill -9 of the worker and a breakdown of the server`() async throws {
        let connection = server.connection
        try worker.configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: lake, kind: postgres, connection: \"\(connection)\", schema: lake, deliver: [messages, memberships, profiles], "
                + "batchWait: 0.1, retry: {first: 0.1, longest: 0.5}, breakerRest: 0.2")
        let (rounds, size) = (Self.isLong ? 60 : 6, 3_000)
        try await worker.killed(rounds: rounds, life: 400...1200) { round in
            let lines = (0..<size).map { n in
                let number = round * size + n
                let what = n % 10 == 0 ? #""identify","traits":{"n":\#(number)}"# : #""track","event":"Sold""#
                let at = Instant(milliseconds: 1_780_000_000_000 + Int64(number)).text
                return #"{"type":\#(what),"userId":"u\#(n % 300)","messageId":"m\#(number)","timestamp":"\#(at)"}"# + "\n"
            }
            let part = try worker.folder.write(lines.joined(), as: "part")
            #expect(rename(part, worker.folder / String(format: "in/%03d.ndjson", round)) == 0)
            if round == 2 {
                try worker.wait { try sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'lake'") == "1" }
                try await server.tell("crash")
                usleep(300_000)
                try await server.tell("start")
            }
        }
        let process = try worker.start()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try worker.wait(for: rounds * size)
        let define = try Program.shell.run("--db", worker.store, "-c", "segment buyers = did \"Sold\"")
        #expect(define.status == 0, "\(define.errors)")
        try worker.wait { try sql("SELECT count(*) FROM lake.messages") == "\(rounds * size)" }
        #expect(try sql("SELECT count(DISTINCT message_id) FROM lake.messages") == "\(rounds * size)")
        try worker.wait { try sql("SELECT count(*) FROM lake.members WHERE segment = 'buyers'") == "270" }
        try worker.wait { try sql("SELECT count(*) FROM lake.profiles") == "30" }
        let last = "SELECT max((traits->>'n')::int) FROM lake.profiles"
        try worker.wait { try sql(last) == "\(rounds * size - 10)" }
        let check = try Program.worker.run("connectors", "check", "lake", "--config", worker.config)
        #expect(check.status == 0 && check.output.contains("the schema lake has its tables"), "\(check.output)\(check.errors)")
        #expect(try worker.list().allSatisfy { $0["dead"] ?? .integer(0) == .integer(0) })
    }

    @Test func `the page's orders come in and go out`() throws {
        let page = try String(contentsOfFile: packageFolder + "/Documentation/Postgres.md", encoding: .utf8)
        let parts = page.components(separatedBy: "\nEND\n")
        let yaml = try #require(parts.first?.components(separatedBy: "<<'END'\n").last)
        let statements = page.components(separatedBy: "psql -d shop -c \"").dropFirst().compactMap {
            $0.components(separatedBy: "\"\n").first
        }
        #expect(statements.count == 3)
        _ = try worker.folder.write(
            yaml.replacingOccurrences(of: "dbname=shop", with: "\"\(server.connection)\""), as: "tessera.yaml")
        for statement in statements.prefix(2) { _ = try sql(statement) }
        let check = try Program.worker.run("connectors", "check", "orders", "--config", worker.config)
        let found = "orders has rows, with the columns id, customer, total, updated_at."
        #expect(check.status == 0 && check.output.contains(found) && page.contains(found), "\(check.output)\(check.errors)")
        let process = try worker.start()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        try worker.wait { try sql("SELECT count(*) FROM pg_views WHERE schemaname = 'tessera'") == "1" }
        try worker.wait { try sql("SELECT count(*) FROM tessera.messages") == "2" }
        #expect(try sql(statements[2]).contains("|Order Completed|ada"))
    }

    @Test func `the sample is taken`() throws {
        let sample = "Plugins/ConnectorPostgres/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(worker.store) --config \(sample)"
        let secrets = "SHOP_PASSWORD=secret-of-the-shop WAREHOUSE_URL=postgresql://w:secret@db.example.com/warehouse"
        let outcome = try Program.bash("\(secrets) \(list)", folder: packageFolder)
        #expect(outcome.status == 0 && !outcome.output.contains("secret"), "\(outcome.errors)")
        let refused = try Program.bash("env -u WAREHOUSE_URL SHOP_PASSWORD=x \(list)", folder: packageFolder)
        #expect(refused.status != 0 && refused.errors.contains("the environment has no variable WAREHOUSE_URL"), "\(refused.errors)")
    }
}
#endif
