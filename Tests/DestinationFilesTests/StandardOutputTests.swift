import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Testing

@testable import DestinationFiles

/// Standard output as a destination, over a pipe of its own for each test.
@Suite(.timeLimit(.minutes(2))) final class StandardOutputTests {
    private let pipe = Pipe()
    private let output: StandardOutput
    private var seen = Data()

    init() {
        output = StandardOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let reading = pipe.fileHandleForReading.fileDescriptor
        _ = fcntl(reading, F_SETFL, fcntl(reading, F_GETFL) | O_NONBLOCK)
    }

    private func make() -> StandardOutputDestination { StandardOutputDestination(output: output) }

    /// All that came so far.
    private func drain() -> Data {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(pipe.fileHandleForReading.fileDescriptor, &piece, piece.count)
            if count <= 0 { return seen }
            seen += piece[..<count]
        }
    }

    private func keys() throws -> [String] {
        try drain().split(separator: 10).map { try #require(try JSONValue(parsing: Array($0)).asObject?["key"]?.asString) }
    }

    private static func keys(_ numbers: Range<Int>) -> ArraySlice<String> { numbers.map { "k\"\($0)" }[...] }

    /// All but what a new process could only know by reading what was written.
    @Test(arguments: DestinationContract.allCases.filter { $0 != .repeatsAfterACrashAreHarmless })
    func `a pipe keeps the promises`(promise: DestinationContract) async throws {
        try await promise.verify({ make() }, arrived: { try keys() })
    }

    @Test func `lines are those of a folder`() async throws {
        let batch = DestinationContract.batch(Self.keys(0..<5))
        var text = ContiguousArray<UInt8>()
        for index in 0..<5 { batch.appendLine(index, to: &text) }
        _ = try await make().deliver(batch)
        #expect(drain().elementsEqual(text))
        #expect(try await make().probe() == "Standard output.")
    }

    @Test(arguments: [false, true]) func `a reader that is slow gets all of it`(neverWaits: Bool) async throws {
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        if neverWaits { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
        let wanted = Self.keys(0..<3_000)
        let delivery = Task { [destination = make()] in try await destination.deliver(DestinationContract.batch(wanted)) }
        while drain().count(where: { $0 == 10 }) < wanted.count { try await Task.sleep(for: .milliseconds(20)) }
        _ = try await delivery.value
        #expect(try keys() == Array(wanted))
    }

    @Test func `a delivery that was cut off in a line goes on in it, and doubles nothing`() async throws {
        let (destination, other) = (make(), make())
        let wanted = Self.keys(0..<3_000)
        let delivery = Task { try await destination.deliver(DestinationContract.batch(wanted)) }
        // Until the pipe is full.
        var (last, waiting) = (Int32(0), Int32(0))
        repeat {
            last = waiting
            try await Task.sleep(for: .milliseconds(100))
            #expect(ioctl(pipe.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &waiting) == 0)
        } while waiting == 0 || waiting > last
        let start = ContinuousClock.now
        delivery.cancel()
        await #expect(throws: ConnectorError.self) { try await delivery.value }
        #expect(ContinuousClock.now - start < .seconds(60))
        let cut = drain()
        #expect(!cut.isEmpty && cut.last != 10)
        // Another connector's line comes behind the rest of that one.
        _ = try await other.deliver(DestinationContract.batch(["other"]))
        let before = try keys()
        #expect(before.last == "other" && before.dropLast().elementsEqual(wanted.prefix(before.count - 1)))
        let again = Task { try await destination.deliver(DestinationContract.batch(wanted)) }
        while drain().count(where: { $0 == 10 }) <= wanted.count { try await Task.sleep(for: .milliseconds(20)) }
        _ = try await again.value
        #expect(try keys().filter { $0 != "other" } == Array(wanted))
    }

    @Test func `a reader that went away is told, and ends nothing else`() async throws {
        try pipe.fileHandleForReading.close()
        await #expect {
            _ = try await make().deliver(DestinationContract.batch(["k"]))
        } throws: { ($0 as? ConnectorError)?.recovery == .stop && "\($0)".contains("nobody reads it any more") }
    }

    @Test func `its settings are those of no folder`() throws {
        let registry = DestinationRegistry([FilesDestinationSettings.self])
        func make(_ path: String, _ settings: [JSONObject.Member] = []) throws -> any Destination {
            try registry.make(
                "files", settings: JSONObject([.init("path", .string(path))] + settings), environment: [:],
                context: ConnectorContext(formats: FormatRegistry([]), folder: "/"))
        }
        for path in ["-", "/dev/stdout"] {
            #expect(try make(path) as? any AudienceReporting == nil && make(path) is StandardOutputDestination)
            #expect {
                try make(path, [.init("rotate", .integer(65_536))])
            } throws: { ($0 as? SettingsErrors)?.errors.first?.path == ["rotate"] }
        }
        #expect(try make("./-") is any AudienceReporting)
    }
}
