import EventModel
import Foundation
import TestFolder
import Testing

/// Programs that the real worker runs for batches.
extension ConnectorTests {
    @Test func `a program is given each message at least once and in order, through kill -9, and no run is left`() async throws {
        let script = try folder.write(
            "#!/bin/sh\necho $$ >> pids\nsed -n 's/.*\"key\":\"\\(m[0-9]*\\)\".*/\\1/p' > batch.$$\ncat batch.$$ >> keys\nrm batch.$$\n",
            as: "keep.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        try configure(
            "name: drop, kind: files, path: in, interval: 0.05",
            "name: keep, kind: exec, command: [./keep.sh], deliver: [messages], batchWait: 0.05, batchRecords: 200")
        let check = try Program.worker.run("connectors", "check", "keep", "--config", config)
        #expect(check.output.contains("the program is there, at "), "\(check.output)\(check.errors)")
        let (rounds, size) = (Self.isLong ? 40 : 4, 2_000)
        try await killed(rounds: rounds, life: 300...900) { round in
            try put((round * size)..<((round + 1) * size), as: "\(round).ndjson")
        }
        let worker = try start()
        try wait(for: rounds * size)
        func lines(_ name: String) -> [String] {
            String(decoding: FileManager.default.contents(atPath: folder / name) ?? Data(), as: UTF8.self).split(separator: "\n").map(
                String.init)
        }
        try wait { Set(lines("keys")).count == rounds * size }
        worker.terminate()
        worker.waitUntilExit()
        // Batches that a kill cut off come again, whole; the first of each message is in order with the others of its person.
        let keys = lines("keys")
        #expect(keys.count - rounds * size <= rounds * 200)
        var seen: Set<String> = []
        let first = keys.filter { seen.insert($0).inserted }.compactMap { Int($0.dropFirst()) }.filter { $0 % 300 == 7 }
        #expect(first == first.sorted() && first.count == (0..<(rounds * size)).count { $0 % 300 == 7 })
        #expect(lines("pids").compactMap { pid_t($0) }.allSatisfy { kill($0, 0) == -1 })
    }

    @Test func `the sample of the exec page is taken`() throws {
        let sample = "Plugins/DestinationExec/sample.yaml"
        let list = "\(Program.worker.path) connectors list --db \(store) --config \(sample)"
        let outcome = try Program.bash("CRM_TOKEN=token-of-the-shop \(list)", folder: packageFolder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try outcome.json["connectors"]?.asArray?.map { $0.asObject?["kind"] } == [.string("exec")])
    }
}
