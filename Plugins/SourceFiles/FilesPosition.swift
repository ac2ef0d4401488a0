import Connectors
import EventModel

/// How far each file was read.
struct FilesPosition {
    struct File {
        /// The system's number of it.
        var number: UInt64
        /// Bytes it had when its present end was reached; `unfinished` before that.
        var size: Int
        /// Bytes of its text that are in messages.
        var text: Int
        /// Whether nothing more was expected of it.
        var isDone: Bool
    }
    static let unfinished = -1

    /// By name.
    var files: [String: File] = [:]

    /// Files that can be told apart, at most.
    static let mostFiles = 10_000

    init() {}

    init(_ checkpoint: Checkpoint) throws(ConnectorError) {
        guard checkpoint.version == 1, let json = try? JSONValue(parsing: Array(checkpoint.position.utf8)), let object = json.asObject
        else { throw Self.foreign }
        for member in object.members {
            guard let parts = member.value.asArray, parts.count == 4, case .string(let number) = parts[0], let number = UInt64(number),
                case .integer(let size) = parts[1], case .integer(let text) = parts[2], case .bool(let isDone) = parts[3]
            else { throw Self.foreign }
            files[member.name] = File(number: number, size: Int(size), text: Int(text), isDone: isDone)
        }
    }

    /// By name: its number, bytes it had, bytes of text that were read, whether that was all.
    var checkpoint: Checkpoint {
        let members = files.sorted { $0.key.precedesByScalars($1.key) }.map { name, file in
            JSONObject.Member(
                name, .array([.string("\(file.number)"), .integer(Int64(file.size)), .integer(Int64(file.text)), .bool(file.isDone)]))
        }
        return Checkpoint(version: 1, position: JSONObject(members).text)
    }

    /// Forgets files that are there no more.
    mutating func keep(_ names: Set<String>) throws(ConnectorError) {
        if files.contains(where: { !names.contains($0.key) }) { files = files.filter { names.contains($0.key) } }
        // Each takes its name and at most 64 bytes of the position.
        let bytes = names.reduce(0) { $0 + $1.utf8.count + 64 }
        guard names.count <= Self.mostFiles, bytes <= Checkpoint.longestPosition else {
            throw ConnectorError(
                .retry(after: nil), at: "files", "there are \(names.count) files, more than can be told apart",
                remedy: "Move those that were read to another folder.")
        }
    }

    private static let foreign = ConnectorError(
        .stop, at: "files", "the kept position is of something else", remedy: "Reset the connector: what is read again is stored once.")
}
