import EventModel
import Foundation
import ScriptedWeb
import TestFolder
import Testing

/// Lookups of the real worker.
extension ConnectorTests {
    @Test func `whoever is sent is looked up once for each message, through kill -9 and a service that stumbles`() async throws {
        let server = try await ScriptedWebServer { request in
            let key = request.target.split(separator: "/").last.map(String.init) ?? ""
            if key == "u7" { return .answer(404) }
            // Every eleventh request fails, whoever it asks about.
            if Int.random(in: 0..<11) == 0 { return .answer(503, headers: ["Retry-After": "0"]) }
            return .answer(200, body: #"{"person":{"company":"c-\#(key)","score":\#(key.count)}}"#)
        }
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: firm, kind: lookup, deliver: [messages], url: \"\(server.url)/{key}\", key: userId, traits: {company: person.company, "
                + "score: person.score}, purpose: scoring, ttl: 365d, batchWait: 0.05, retry: {first: 0.01, longest: 0.1}, "
                + "breakerFailures: 1000")
        let (rounds, size) = (Self.isLong ? 30 : 4, 1_000)
        try await killed(rounds: rounds, life: 300...900) { round in
            try put((round * size)..<((round + 1) * size), as: String(format: "%03d.ndjson", round))
        }
        let worker = try start()
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        // u7 is nobody there: of three hundred people one gets nothing.
        let known = (0..<(rounds * size)).filter { $0 % 300 != 7 }.count
        try wait(for: rounds * size + known)
        let counted = try Program.shell.run(
            "--db", store, "-c", #"count trait.company == "c-u12" and trait.score == 3"#)
        #expect(try counted.json["count"] == .integer(1), "\(counted.output)\(counted.errors)")
        let listed = try #require(try list().last)
        #expect(listed["name"] == .string("firm") && listed["dead"] == .integer(0), "\(listed)")
        await server.close()
    }
}
