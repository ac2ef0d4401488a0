#if Redis
import EventModel
import Foundation
import LocalServers
import ScriptedWeb
import TestFolder
import Testing

/// Caches of real workers.
extension ConnectorTests {
    @Test(.enabled(if: LocalRedis.programs != nil, Comment(rawValue: LocalRedis.missing)))
    func `workers that share a cache ask a service once between them, until it is cleared`() async throws {
        let service = try await ScriptedWebServer { request in
            .answer(200, body: #"{"company":"c-\#(request.target.split(separator: "/").last ?? "")"}"#)
        }
        let redis = try await LocalRedis()
        let secret = try folder.write(LocalRedis.password, as: "password")
        _ = try folder.write(
            """
            caches:
              - {name: answers, kind: redis, host: 127.0.0.1, port: \(redis.port), username: tessera, password: "file:\(secret)"}
              - {name: own, kind: memory}
            connectors:
              - {name: drop, kind: files, path: in, follow: false}
              - {name: firm, kind: lookup, deliver: [messages], url: "\(service.url)/{key}", key: userId, traits: {company: company}, \
            purpose: p, cacheIn: answers}
            """, as: "tessera.yaml")
        try put(0..<40, as: "a.ndjson")
        func caches(_ words: String...) throws -> JSONObject {
            let outcome = try Program.run(Program.worker.path, ["caches"] + words + ["--config", config])
            #expect(outcome.status == 0, "\(outcome.errors)")
            return try outcome.json
        }
        #expect(try caches("list")["caches"]?.asArray?.map { $0.asObject?["name"] } == [.string("answers"), .string("own")])
        // Each worker has a store of its own.
        for (worker, asked) in [("a", 40), ("b", 40), ("c", 80)] {
            if worker == "c" { #expect(try caches("clear", "answers")["cleared"] == .string("answers")) }
            for connector in ["drop", "firm"] {
                let run = try Program.worker.run(
                    "connectors", "run", connector, "--db", folder / (worker + ".tessera"), "--config", config)
                #expect(run.status == 0, "\(run.errors)")
            }
            #expect(service.requests.count == asked)
            let count = try Program.shell.run("--db", folder / (worker + ".tessera"), "-c", #"count trait.company == "c-u7""#)
            #expect(try count.json["count"] == .integer(1), "\(count.output)\(count.errors)")
            #expect(
                try caches("check", "answers")["found"]?.asString?.hasSuffix("`tessera:cache` has 40 values of at most 100000.") == true)
        }
        let own = try Program.worker.run("caches", "clear", "own", "--config", config)
        #expect(own.status != 0 && own.errors.contains("in the memory of the worker"), "\(own.errors)")
        let none = try Program.worker.run("caches", "check", "answer", "--config", config)
        #expect(none.status != 0 && none.errors.contains("There are: 'answers' or 'own'."), "\(none.errors)")
        await service.close()
    }
}
#endif
