import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Synchronization
import TestFolder
import Testing

@testable import DestinationExec

/// A program of the tests' own, in the shell's language, in a folder of its own.
final class WrittenProgram: Sendable {
    let folder: Folder
    let reports = Mutex<[String]>([])

    init(_ script: String) throws {
        folder = try Folder()
        let path = try folder.write("#!/bin/sh\n" + script + "\n", as: "deliver.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    func destination(_ more: String = "") throws -> any Destination {
        try makeExec(#""command":["./deliver.sh","one two"]"# + more, folder.path) { text in self.reports.withLock { $0.append(text) } }
    }

    func lines(_ name: String) -> [String] {
        String(decoding: FileManager.default.contents(atPath: folder / name) ?? Data(), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }
}

/// A destination of settings without their braces.
func makeExec(_ settings: String, _ folder: String, report: @escaping @Sendable (String) -> Void = { _ in }) throws -> any Destination {
    let object = try #require(JSONValue(parsing: Array("{\(settings)}".utf8)).asObject)
    return try DestinationRegistry([ExecSettings.self]).make(
        "exec", settings: object, environment: ["TOKEN": "hunter2-token"],
        context: ConnectorContext(formats: FormatRegistry([]), folder: folder, report: report))
}

@Suite(.timeLimit(.minutes(20))) struct ExecDestinationTests {
    private static let keeping = #"cat >> all.ndjson"#

    private func batch(_ keys: [String]) -> DeliveryBatch { DestinationContract.batch(keys[...]) }

    @Test(arguments: DestinationContract.allCases)
    func `a program that keeps each key once keeps the promises`(promise: DestinationContract) async throws {
        let program = try WrittenProgram(
            #"touch keys; while IFS= read -r line; do key=${line#*'"key":"'}; key=${key%%'"'*}; "#
                + #"grep -qxF "$key" keys || echo "$key" >> keys; done"#)
        try await promise.verify({ try program.destination() }, arrived: { program.lines("keys") })
    }

    /// A program cannot ask for a wait of its own.
    @Test(arguments: [DestinationFaultContract.refusesByPlace, .arrivesWholeAfterAFailure])
    func `a program that refuses or fails gets what was promised`(promise: DestinationFaultContract) async throws {
        let program = try WrittenProgram(
            #"touch keys; while IFS= read -r line; do key=${line#*'"key":"'}; key=${key%%'"'*}; "#
                + #"if grep -qxF "$key" refused; then printf '{"key":"%s","refused":"It is not wanted."}\n' "$key"; continue; fi; "#
                + #"[ "$key" != "$(cat failing)" ] || exit 75; grep -qxF "$key" keys || echo "$key" >> keys; done"#)
        func told(_ refused: [String], failing: String = "") throws {
            _ = try program.folder.write(refused.map { $0 + "\n" }.joined(), as: "refused")
            _ = try program.folder.write(failing, as: "failing")
        }
        try told([])
        try await promise.verify(
            { try program.destination() },
            fault: { fault in
                switch fault {
                case .refuses(let keys): try told(keys)
                case .fails(at: let key): try told([], failing: key)
                case .none, .asksToWait: try told([])
                }
            }, arrived: { program.lines("keys") })
    }

    @Test func `a batch is lines on standard input, and the program has its arguments and variables`() async throws {
        let program = try WrittenProgram(#"cat > in.ndjson; echo "$1 $GREETING $TOKEN" > given; [ -z "${OTHER+x}" ]"#)
        let destination = try program.destination(#","environment":{"GREETING":"hello","TOKEN":"env:TOKEN"}"#)
        var batch = DeliveryBatch()
        batch.append(.membership, key: "k\"1", profile: "ada", json: #"{"segment":"s","entered":true}"#.utf8)
        batch.append(.profile, key: "k2", profile: "", json: #"{"id":"\n"}"#.utf8)
        #expect(try await destination.deliver(batch).refused.isEmpty)
        #expect(
            program.lines("in.ndjson") == [
                #"{"kind":"membership","key":"k\"1","profile":"ada","record":{"segment":"s","entered":true}}"#,
                #"{"kind":"profile","key":"k2","profile":"","record":{"id":"\n"}}"#,
            ])
        #expect(program.lines("given") == ["one two hello hunter2-token"])
        #expect(try await destination.probe().hasSuffix("/deliver.sh."))
        #expect(program.lines("in.ndjson").count == 2)
    }

    @Test func `what the program refuses is told with its reason, and only of records that it was given`() async throws {
        let program = try WrittenProgram(
            """
            cat > /dev/null
            printf '{"key":"c","refused":"no hunter2-token\\\\nhere"}\\n{"key":"x","refused":"?"}\\nnonsense\\n\\n{"key":"a","refused":"old"}'
            """)
        let destination = try program.destination(#","environment":{"TOKEN":"env:TOKEN"}"#)
        let receipt = try await destination.deliver(batch(["a", "b", "c"]))
        #expect(receipt.refused.map(\.record) == [0, 2])
        #expect(receipt.refused.map(\.reason) == ["The program refused it: old", "The program refused it: no (secret) here"])
        #expect(program.reports.withLock { $0 } == ["deliver.sh wrote 2 lines that are no answer to a record of its batch."])
    }

    @Test(arguments: [
        ("cat >/dev/null; exit 75", ConnectorError.Recovery.retry(after: nil), "it asks for another try (status 75)"),
        ("cat >/dev/null; echo no such account >&2; exit 78", .mendSettings, "it ended with status 78: no such account"),
        ("echo the disk is full of hunter2-token >&2; exit 3", .retry(after: nil), "it ended with status 3: the disk is full of (secret)"),
        ("cat >/dev/null; kill -9 $$", .retry(after: nil), "it was ended by signal 9"),
        ("sleep 3600", .retry(after: nil), "it did not end within 0.5 seconds"),
    ])
    func `how it ends says what helps`(script: String, recovery: ConnectorError.Recovery, problem: String) async throws {
        let program = try WrittenProgram(script)
        let destination = try program.destination(
            #","environment":{"TOKEN":"env:TOKEN"},"timeout":\#(script.hasPrefix("sleep") ? 0.5 : 300)"#)
        let error = await #expect(throws: ConnectorError.self) { try await destination.deliver(batch(["a", "b"])) }
        #expect(error?.recovery == recovery && "\(error as Any)".contains(problem), "\(error as Any)")
        #expect(!"\(error as Any)".contains("hunter2") && program.reports.withLock { !$0.joined().contains("hunter2") })
    }

    @Test func `a program that is not there stops the connector`() async throws {
        let folder = try Folder()
        for command in ["./none.sh", "no-such-program-anywhere"] {
            let destination = try makeExec(#""command":["\#(command)"]"#, folder.path)
            for act in [{ _ = try await destination.probe() }, { _ = try await destination.deliver(batch(["a"])) }] {
                let error = await #expect(throws: ConnectorError.self) { try await act() }
                #expect(error?.recovery == .mendSettings && "\(error as Any)".contains("there is no program"), "\(error as Any)")
            }
        }
    }

    @Test func `large batches go in while much comes out, and a program that reads nothing may end well`() async throws {
        let program = try WrittenProgram("cat | tee all.ndjson")
        let destination = try program.destination()
        let keys = (0..<20_000).map { "k\($0)" }
        #expect(try await destination.deliver(batch(keys)).refused.isEmpty)
        #expect(program.lines("all.ndjson").count == keys.count)
        let deaf = try WrittenProgram("exit 0")
        #expect(try await deaf.destination().deliver(batch(keys)).refused.isEmpty)
    }

    @Test func `a program that stumbles gets every batch until it has it`() async throws {
        let program = try WrittenProgram(
            #"count=$(($(cat count 2>/dev/null || echo 0) + 1)); echo $count > count; "#
                + #"case $((count % 4)) in 1) exit 75;; 2) head -n 3 >/dev/null; kill -9 $$;; esac; cat >> all.ndjson"#)
        let destination = try program.destination()
        let keys = (0..<4_000).map { "k\($0)" }
        var failures = 0
        for start in stride(from: 0, to: keys.count, by: 250) {
            while true {
                do {
                    _ = try await destination.deliver(batch(Array(keys[start..<(start + 250)])))
                    break
                } catch {
                    guard error.recovery == .retry(after: nil) else { throw error }
                    failures += 1
                }
            }
        }
        #expect(failures == 16)
        let arrived = program.lines("all.ndjson").compactMap { try? JSONValue(parsing: $0).asObject?["key"]?.asString }
        #expect(arrived == keys)
    }

    @Test func `a run that is cancelled leaves nothing behind`() async throws {
        let program = try WrittenProgram("echo $$ > pid.part; mv pid.part pid; sleep 3600 & wait")
        let destination = try program.destination()
        let task = Task { try await destination.deliver(batch(["a"])) }
        for _ in 0..<6_000 where program.lines("pid").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        await #expect(throws: ConnectorError.self) { try await task.value }
        let group = try #require(program.lines("pid").first.flatMap { pid_t($0) })
        // Nobody of its group is left, but those who are dead and not yet buried.
        for _ in 0..<6_000 where kill(-group, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(kill(-group, 0) == -1)
    }

    @Test(arguments: [
        (#""command":[]"#, ["command"], "there is no program in it"), ("", [], "needs the setting `command`"),
        (#""command":["x"],"timeout":0"#, ["timeout"], "a number from 0.05"),
        (#""command":["x"],"environment":{"A=B":"c"}"#, ["environment", "A=B"], "this is not a text"),
        (#""command":["x"],"environment":{"A":7}"#, ["environment", "A"], "this is not a text"),
        (#""command":["x"],"config":{}"#, ["config"], "no such setting"),
        (#""command":"x""#, ["command"], "a list of texts"),
    ])
    func `wrong settings are refused at their place`(settings: String, path: [String], problem: String) {
        #expect {
            _ = try makeExec(settings, "/")
        } throws: {
            ($0 as? SettingsErrors)?.errors.map(\.path) == [path] && "\($0)".contains(problem)
        }
    }
}
