import EventModel
import Foundation
import TestFolder
import Testing

/// The worker as its clients and its enemies meet it: what is acknowledged is there, once, whatever happens.
@Suite(.serialized) struct WorkerTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    private static let noPython: Comment = "the worker is driven by a script for python3, which is not here"

    /// Runs one part of `worker.py` on a new store; gives what it tells.
    private func told(_ interpreter: String?, _ mode: String, _ arguments: String...) throws -> JSONObject {
        let folder = try Folder()
        let programs = [Program.worker.path, Program.shell.path, folder / "w.tessera"]
        let outcome = try Program.run(interpreter ?? "", ["-B", scripts + "/worker.py", mode] + programs + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try outcome.json
    }

    @Test(.enabled(if: python != nil, noPython))
    func `what was acknowledged before kill -9 is stored once, and memberships are what they would be from scratch`() throws {
        let told = try told(python, "crashes", Self.isLong ? "100" : "5", "20000")
        #expect(told["status"] == .integer(0) && told["lost"] == .integer(0) && told["wrong"] == .object(JSONObject()), "\(told)")
        #expect(told["stored"] == told["distinct"] && told["acknowledged"]?.asDouble ?? 0 > 1_000, "\(told)")
    }

    @Test(.enabled(if: python != nil, noPython))
    func `a full disk is told, questions are answered still, and messages are taken again once there is room`() throws {
        let told = try told(python, "disk")
        #expect(told["first"] == .integer(200) && told["full"] == .array(Array(repeating: .integer(503), count: 3)), "\(told)")
        #expect(told["asked"] == .integer(200) && told["after"] == .integer(200) && told["status"] == .integer(0), "\(told)")
        #expect(told["ids"] == .array([.string("after"), .string("first")]), "\(told)")
    }

    @Test(.enabled(if: learnedPython != nil, "the clients of Segment and RudderStack are Python packages, and no Python has them here"))
    func `the field's own clients lose and double nothing through a kill -9`() throws {
        let count = Self.isLong ? 100_000 : 10_000
        let told = try told(learnedPython, "clients", "\(count)")
        #expect(told["stored"] == .integer(Int64(2 * count)) && told["distinct"] == told["stored"], "\(told)")
        #expect(told["lost"] == .integer(0) && told["errors"] == .array([]) && told["status"] == .integer(0), "\(told)")
    }

    @Test(.enabled(if: python != nil, noPython))
    func `somebody enters a segment by an event and leaves it by the clock`() throws {
        let told = try told(python, "story")
        #expect(told["inside"] == .list(["active"]) && told["outside"] == .list([]), "\(told)")
        #expect(told["changes"] == .list(["entered", "exited"]), "\(told)")
        // The exit has the first millisecond at which the answer is another.
        #expect(told["late"] == .integer(0), "\(told)")
        #expect(told["second"] == .integer(1) && told["import"] == .integer(1), "another writer is let in: \(told)")
    }
}

extension JSONValue {
    fileprivate static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
