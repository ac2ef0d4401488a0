import Connectors
import EventModel
import Programs

/// What a target writes back: its states, which say how far it has come.
struct TargetAnswers {
    /// The number of the batch behind which all rows of a stream are written, by the stream's name.
    private(set) var reached: [String: Int64] = [:]
    private var lines = LineSplitter()
    private var strays = 0

    /// Lines that are no state of ours, behind one batch.
    static let mostStrays = 100

    /// A new batch begins.
    mutating func begin() { strays = 0 }

    /// Reads a piece of the target's output.
    ///
    /// - Parameter atEnd: It is the last: what is left is a line.
    /// - Returns: False where there were too many lines that are no state, which is no target's way.
    mutating func take(_ bytes: [UInt8], atEnd: Bool = false) -> Bool {
        lines.append(bytes)
        while let line = lines.next(atEnd: atEnd) {
            if case .whole(let bytes) = line, take(line: bytes) { continue }
            strays += 1
            if strays >= Self.mostStrays { return false }
        }
        return true
    }

    /// Whether it was a state of ours, or nothing. Some targets write the value of a STATE, others the whole message.
    private mutating func take(line bytes: [UInt8]) -> Bool {
        if bytes.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }) { return true }
        guard let object = (try? JSONValue(parsing: bytes))?.asObject else { return false }
        let value = object["type"] == .string("STATE") ? object["value"]?.asObject : object
        guard let bookmarks = value?["bookmarks"]?.asObject else { return false }
        for stream in bookmarks.members {
            // Programs that calculate with decimals write 7 as 7.0.
            guard let number = stream.value.asObject?["batch"]?.asDouble.flatMap({ Int64(exactly: $0) }) else { continue }
            reached[stream.name] = max(reached[stream.name] ?? number, number)
        }
        return true
    }

    /// Whether all rows of a batch are written.
    func covers(_ batch: Int64, of streams: Set<String>) -> Bool { streams.allSatisfy { reached[$0] ?? 0 >= batch } }
}
