import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Synchronization
import TestFolder
import Testing

@testable import ConnectorLibrary

/// Libraries that trap, hang, flood or speak nonsense: in a process of their own they harm nobody.
@Suite struct LibraryFaultTests {
    /// Reads to the end, going on behind the last batch after each failure, as the platform does.
    private func read(_ source: LibrarySource, failures: inout [ConnectorError]) async throws -> [String] {
        var lines: [String] = []
        var position: Checkpoint?
        while failures.count < 3 {
            do throws(ConnectorError) {
                for try await batch in source.batches(after: position) {
                    let text = batch.messages.text.prefix(batch.messages.count)
                    lines += text.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
                    position = batch.checkpoint
                }
                return lines
            } catch { failures.append(error) }
        }
        return lines
    }

    @Test(arguments: [
        ("trap", "it trapped (signal 6"), ("exit", "it ended with the status 7"), ("hang", "the library hung: not a word for 20 s"),
        ("garbage", "spoke nonsense"), ("memory", "the 256 MiB that the setting `memory` allows were used up"),
        ("words", "Aborted): Weather.swift:7: Fatal error: my words"),
        ("killed", "it was killed (signal 9), perhaps by the system for want of memory"), ("mute", "did not say why"),
        ("busy", "it is busy"),
    ]) func `what goes wrong once is told, and loses and doubles nothing`(fault: String, problem: String) async throws {
        let library = try await BuiltLibrary("faulty")
        var failures: [ConnectorError] = []
        let lines = try await read(library.faulty(fault, mark: library.folder / "mark"), failures: &failures)
        #expect(failures.count == 1 && failures.first?.problem.contains(problem) == true, "\(failures)")
        #expect(failures.first.map { if case .retry = $0.recovery { true } else { false } } == true)
        #expect(lines.count == 100 && Set(lines).count == 100)
    }

    @Test(arguments: [
        ("spill", "goes on giving messages"), ("nowhere", "no position behind them"), ("status", "answered 99, which is no status"),
        ("unmade", "made no connector"), ("spin", "20 times in a row that there is more"),
        ("large", "a message of 52428800 bytes, and one has at most 6291456"),
    ]) func `an error of the library stops it with a sentence`(fault: String, problem: String) async throws {
        let library = try await BuiltLibrary("faulty")
        for source in [library.faulty(fault), try inProcess(library, fault)] {
            var failures: [ConnectorError] = []
            _ = try await read(source, failures: &failures)
            #expect(failures.first?.recovery == .stop && failures.first?.problem.contains(problem) == true, "\(failures)")
        }
    }

    @Test func `one that never ends flooding is ended`() async throws {
        let library = try await BuiltLibrary("faulty")
        var failures: [ConnectorError] = []
        let lines = try await read(library.faulty("flood", mark: library.folder / "mark"), failures: &failures)
        #expect(failures.first?.recovery == .stop && failures.first?.problem.contains("goes on giving messages") == true, "\(failures)")
        #expect(lines.count < 100)
    }

    private func inProcess(_ library: BuiltLibrary, _ fault: String) throws -> LibrarySource {
        let calls = TableCalls(try LibraryTable(opening: library.path), settings: [("fault", fault)], report: { _ in })
        return LibrarySource(connector: BlockingConnector(calls), interval: nil)
    }

    @Test func `what stands behind the last position comes once`() async throws {
        let library = try await BuiltLibrary("faulty")
        var failures: [ConnectorError] = []
        let lines = try await read(library.faulty("behind"), failures: &failures)
        #expect(failures.isEmpty && lines.count == 100 && Set(lines).count == 100)
    }

    @Test func `a record of any size can be set aside, and its beginning is kept`() async throws {
        let library = try await BuiltLibrary("faulty")
        let source = library.faulty("set aside")
        var rejects: [Reject] = []
        for try await batch in source.batches(after: nil) { rejects += batch.messages.rejects }
        #expect(rejects.map(\.reason) == ["It is large."] && rejects.first?.text.utf8.count == Reject.longestText)
    }

    @Test func `nothing says that it is tried again: whoever tries it says so`() async throws {
        let library = try await BuiltLibrary("faulty")
        let error = await #expect(throws: ConnectorError.self) { _ = try await library.faulty("words").probe() }
        #expect(error.map { !$0.description.contains("tried again") } == true, "\(String(describing: error))")
    }

    @Test(arguments: ["", #","inProcess":true"#]) func `a secret that the library shows is not told`(more: String) async throws {
        let library = try await BuiltLibrary("faulty")
        let reports = Mutex<[String]>([])
        let source = try library.source(#""fault":"tell","token":"env:TOKEN""#, more) { report in reports.withLock { $0.append(report) } }
        let error = await #expect(throws: ConnectorError.self) { _ = try await source.probe() }
        #expect(error?.problem == "the other side refuses (secret)")
        #expect(reports.withLock { $0 } == ["(secret)"])
    }

    @Test func `words on its standard output reach nobody`() async throws {
        let library = try await BuiltLibrary("faulty")
        var failures: [ConnectorError] = []
        #expect(try await read(library.faulty("print"), failures: &failures).count == 100)
        #expect(failures.isEmpty)
    }

    @Test func `an error names its place and what helps`() async throws {
        let library = try await BuiltLibrary("faulty")
        await #expect {
            _ = try await library.faulty("settings").probe()
        } throws: { error in
            error as? ConnectorError == ConnectorError(.mendSettings, at: "fault", "it cannot be had", remedy: "Write another.")
        }
        await #expect {
            _ = try await library.faulty("busy").probe()
        } throws: { ($0 as? ConnectorError)?.recovery == .retry(after: .milliseconds(1_500)) }
    }

    @Test(arguments: ["wait", "hang"]) func `a call that is cancelled ends`(fault: String) async throws {
        let library = try await BuiltLibrary("faulty")
        let source = library.faulty(fault)
        let task = Task { try await source.probe() }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        _ = try? await task.value
        // Another call is served by another process.
        var failures: [ConnectorError] = []
        #expect(try await read(library.faulty("none"), failures: &failures).count == 100)
    }

    @Test func `refusing what was not given is an error of the connector`() async throws {
        let library = try await BuiltLibrary("faulty", #"ROLE="destination""#)
        let destination = try library.destination(#""fault":"beyond""#)
        // The runner checks places of every destination.
        let receipt = try await destination.deliver(DestinationContract.batch(["key-0"][...]))
        #expect(receipt.refused.map(\.record) == [6])
        await destination.close()
    }
}
