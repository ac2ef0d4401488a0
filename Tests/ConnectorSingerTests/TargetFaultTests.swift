import ConnectorSinger
import Connectors
import EventModel
import Foundation
import TestFolder
import Testing

/// Targets that die, hang, flood, or do something else than they should: one sentence, and the batch comes again.
@Suite(.enabled(if: WrittenTap.isThere, "python3 is not there, and the targets of these tests are written in it"))
struct TargetFaultTests {
    private func failure(_ destination: any Destination, _ batch: DeliveryBatch = .messages(0..<100)) async -> ConnectorError? {
        do throws(ConnectorError) {
            _ = try await destination.deliver(batch)
            return nil
        } catch { return error }
    }

    /// The second half of a batch comes only when the target is run again.
    @Test(
        .timeLimit(.minutes(5)),
        arguments: [
            (#"os._exit(3)"#, "it ended with status 3: the disk is full"),
            (#"os.kill(os.getpid(), signal.SIGKILL)"#, "it was ended by signal 9: the disk is full"),
            (#"sys.exit(0)"#, "it ended with status 0 before it wrote back the state of what it was given"),
            (#"time.sleep(600)"#, "it did not acknowledge a batch within 60 seconds, and was ended"),
            (#"os.close(0); time.sleep(600)"#, "it did not acknowledge a batch within 60 seconds, and was ended"),
            (#"os.close(1); os.close(2); time.sleep(600)"#, "it did not acknowledge a batch within 60 seconds, and was ended"),
            ("\n        while True: print('total 8 drwxr-xr-x')", "it wrote 100 lines that are no state of what it was given"),
            ("\n        while True: print(json.dumps(m))", "it wrote 100 lines that are no state of what it was given"),
            ("\n        while True: sys.stdout.write('x' * 65536)", "it did not acknowledge a batch within 60 seconds, and was ended"),
            ("\n        while True: sys.stderr.write('no news\\n')", "it did not acknowledge a batch within 60 seconds, and was ended"),
        ])
    func `what a target does wrong in the middle of a batch is told, and the batch comes again`(wrong: String, expected: String)
        async throws
    {
        let target = try WrittenTarget(
            """
            def record(m):
                keep(m)
                if len(lines("pids")) == 1 and key(m) == "m150":
                    sys.stderr.write("the disk is full.\\n")
                    sys.stderr.flush()
                    \(wrong.hasPrefix("\n") ? "pass" + wrong : wrong)
            """)
        let destination = try target.destination([.init("timeout", .integer(60))])
        #expect(await failure(destination) == nil)
        let error = try #require(await failure(destination, .messages(100..<3_000)))
        #expect(error.recovery == .retry(after: nil) && error.place == "python3")
        #expect(error.problem.hasPrefix(expected), "\(error)")
        #expect(target.notes("messages.keys").count == 151)
        try await target.waitUntilGone()
        #expect(await failure(destination, .messages(100..<3_000)) == nil)
        #expect(target.notes("messages.keys") == (0..<3_000).map { "m\($0)" } && target.notes("pids").count == 2)
        await destination.close()
        #expect(target.logged.allSatisfy { $0.utf8.count < 600 } && target.logged.count <= 400)
    }

    @Test(arguments: [
        ("def end(): sys.exit('the table is locked.')", "it ended with status 1: the table is locked"),
        ("def state(m): pass", "it ended with status 0 before it wrote back the state of what it was given"),
        ("def state(m): back({'bookmarks': {'messages': {'batch': 0}}})", "it ended with status 0 before it wrote back the state"),
        ("def state(m): back({'bookmarks': {'people': {'batch': 9}}})", "it ended with status 0 before it wrote back the state"),
    ])
    func `a target that is run for each batch has to end well and to have the batch`(body: String, expected: String) async throws {
        let target = try WrittenTarget(body)
        let error = try #require(await failure(try target.destination([.init("perBatch", .bool(true))])))
        #expect(error.recovery == .retry(after: nil) && error.problem.hasPrefix(expected), "\(error)")
        // Where its end is what counts, only that does.
        let other = await failure(try target.destination([.init("acknowledgement", .string("exit"))]))
        #expect((other == nil) == !body.contains("end()"), "\(String(describing: other))")
    }

    @Test func `an older state does not stand for the batch`() async throws {
        let target = try WrittenTarget(
            """
            def state(m):
                number = m["value"]["bookmarks"]["messages"]["batch"]
                back({"bookmarks": {"messages": {"batch": min(number, 2)}}})
            """)
        let destination = try target.destination([.init("timeout", .integer(60))])
        #expect(await failure(destination) == nil)
        #expect(await failure(destination) == nil)
        #expect(await failure(destination)?.problem.hasPrefix("it did not acknowledge a batch within 60 seconds") == true)
    }

    @Test(.timeLimit(.minutes(5))) func `a target that floods behind a batch is ended all the same`() async throws {
        let target = try WrittenTarget("def state(m):\n    while True: sys.stdout.write('x' * 65536)")
        let destination = try target.destination([.init("timeout", .integer(30))])
        #expect(await failure(destination)?.problem == "it did not acknowledge a batch within 30 seconds, and was ended")
        #expect(target.notes("messages.keys").count <= 100)
        try await target.waitUntilGone()
        await destination.close()
    }

    @Test func `a target that writes much while it is written to keeps nobody waiting`() async throws {
        let target = try WrittenTarget(
            """
            def record(m):
                keep(m)
                back({"bookmarks": {}, "padding": "y" * 4000})
            """)
        let destination = try target.destination()
        #expect(await failure(destination, .messages(0..<2_000, padding: 2_000)) == nil)
        #expect(target.notes("messages.keys").count == 2_000)
        await destination.close()
    }

    @Test func `what a target prints for people on its output is passed over within bounds`() async throws {
        let target = try WrittenTarget(
            """
            def state(m):
                for i in range(99): print("loaded", i)
                back(m["value"])
            """)
        let destination = try target.destination()
        for number in 0..<5 { #expect(await failure(destination, .messages(number * 10..<number * 10 + 10)) == nil) }
        await destination.close()
        #expect(target.notes("pids").count == 1)
    }

    @Test func `a target that ended between two batches is started again, and the log says so`() async throws {
        let target = try WrittenTarget(
            """
            def state(m):
                back(m["value"])
                if len(lines("pids")) == 1: sys.exit("the session has timed out.")
            """)
        let destination = try target.destination()
        #expect(await failure(destination) == nil)
        try await target.waitUntilGone()
        // It is gone before this process has been told; until then the batch fails, and comes again.
        try await waitUntil("it was told") { target.logged.contains { $0.contains("timed out") } }
        while let error = await failure(destination, .messages(100..<200)) {
            #expect(error.problem == "it ended with status 1: the session has timed out")
        }
        #expect(target.notes("messages.keys").count == 200 && target.notes("pids").count == 2)
        await destination.close()
    }

    @Test func `cancelling ends the target and all that it started, however they cling to life`() async throws {
        let target = try WrittenTarget(
            """
            def state(m):
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                if os.fork() == 0: note("pids", os.getpid())
                time.sleep(600)
            """)
        let destination = try target.destination()
        let task = Task { await failure(destination) }
        try await waitUntil("both began") { target.notes("pids").count == 2 }
        task.cancel()
        #expect(await task.value != nil)
        try await target.waitUntilGone()
    }

    @Test func `a destination that nobody holds any more ends its target`() async throws {
        let target = try WrittenTarget()
        do {
            let destination = try target.destination()
            #expect(await failure(destination) == nil)
        }
        try await target.waitUntilGone()
    }

    @Test func `a target that does not end with its input is ended`() async throws {
        let target = try WrittenTarget("def end(): time.sleep(600)")
        let destination = try target.destination()
        #expect(await failure(destination) == nil)
        await destination.close()
        try await target.waitUntilGone()
    }

    @Test(arguments: ["target-of-nobody", "./target-of-nobody", "./plain"])
    func `a program that cannot be run is named`(program: String) async throws {
        let target = try WrittenTarget()
        try target.folder.write("text", as: "plain")
        let destination = try target.destination([.init("command", .array([.string(program)]))])
        let error = try #require(await failure(destination))
        #expect(error.recovery == .mendSettings && error.place == "command" && error.problem.contains(program.dropFirst(2)), "\(error)")
    }

    @Test func `a check runs the target without records`() async throws {
        let target = try WrittenTarget()
        let found = try await probe(try target.destination())
        #expect(found == "python3 takes its settings, and ends well where there is nothing to deliver.")
        #expect(target.notes("types").isEmpty && target.notes("ends").count == 1)
        let broken = try WrittenTarget("def start(): sys.exit('no password.')")
        let destination = try broken.destination()
        do throws(ConnectorError) {
            _ = try await probe(destination)
            Issue.record("it was found well")
        } catch { #expect(error.problem == "it ended with status 1: no password") }
    }

    private func probe(_ destination: any Destination) async throws(ConnectorError) -> String { try await destination.probe() }

    @Test(arguments: [
        (#"{"command": []}"#, "command: there is no program in it. Write for example [target-csv]."),
        (#"{"command": "target-x"}"#, "command: this is not a list of texts"),
        (#"{"config": 3}"#, "config: this is not a map, with env:NAME or file:PATH where a secret belongs"),
        (#"{"config": {"a": "env:NOT_THERE"}}"#, "config.a: the environment has no variable NOT_THERE"),
        (#"{"environment": {"A": 3}}"#, "environment.A: this is not a text"),
        (#"{"streams": {"people": "x"}}"#, "streams.people: there is no such thing to deliver. There are: 'messages', 'memberships'"),
        (#"{"streams": {"messages": "profiles"}}"#, "streams: two streams have one name"),
        (#"{"streams": {"messages": ""}}"#, "streams: this is not a map from names to texts"),
        (#"{"objects": "flat"}"#, "objects: this is not 'object', 'text' or 'columns'"),
        (#"{"acknowledgement": "done"}"#, "acknowledgement: this is not 'state' or 'exit'"),
        (#"{"acknowledgement": "exit", "perBatch": false}"#, "perBatch: a target that runs on does not end behind a batch"),
        (#"{"timeout": 0}"#, "timeout: this is not a number"),
        (#"{"perbatch": true}"#, "perbatch: `singer` has no such setting. Did you mean `perBatch`?"),
    ])
    func `settings that cannot be taken are named`(settings: String, expected: String) throws {
        let object = try #require(try JSONValue(parsing: settings).asObject)
        do {
            _ = try WrittenTarget().destination(object.members)
            Issue.record("the settings were taken")
        } catch let errors as SettingsErrors { #expect(errors.description.contains(expected), "\(errors)") }
    }
}
