import Archive
public import Connectors
public import EventModel
import Foundation
import Storage

/// What connectors left beside a store, in `STORE.connectors/`: a file for each, and one more while it is paused.
public struct ConnectorFolder: ConnectorStateKeeper, DeliveryKeeper {
    private let path: String

    /// That of the store at a path; made when something is kept.
    public init(store path: String) { self.path = path + ".connectors" }

    public func state(of connector: String) async throws(ConnectorError) -> ConnectorState? {
        let file = file(connector, "json")
        guard let data = try contents(of: file) else { return nil }
        guard let json = try? JSONValue(parsing: Array(data)).asObject, let state = ConnectorState(json: json) else {
            throw Self.damaged(file, "the source is then read from the first, and what was stored before is a duplicate")
        }
        return state
    }

    public func save(_ state: ConnectorState, of connector: String) async throws(ConnectorError) {
        try await save(state.json, as: file(connector, "json"))
    }

    public func deliveryState(of connector: String) async throws(ConnectorError) -> DeliveryState? {
        let file = file(connector, "delivery.json")
        guard let data = try contents(of: file) else { return nil }
        guard let json = try? JSONValue(parsing: Array(data)).asObject, let state = DeliveryState(json: json) else {
            throw Self.damaged(file, "deliveries then begin from the present, and `connectors replay` sends what is missing")
        }
        return state
    }

    public func save(_ state: DeliveryState, of connector: String) async throws(ConnectorError) {
        try await save(state.json, as: file(connector, "delivery.json"))
    }

    public func keep(_ letters: [DeadLetter], of connector: String, at instant: Instant) async throws(ConnectorError) {
        do {
            try await offThread {
                try makeFolder()
                var bytes = ContiguousArray<UInt8>()
                for letter in letters {
                    letter.told(at: instant).append(to: &bytes)
                    bytes.append(10)
                }
                try AppendedFile(file(connector, "dead.ndjson")).append(bytes)
            }
        } catch {
            throw ConnectorError(.retry(after: nil), at: path, "dead letters cannot be kept", remedy: "\(error)")
        }
    }

    public func replays(of connector: String) async throws(ConnectorError) -> [DeadLetter] {
        let (asked, waiting, taken) = (file(connector, "replay"), file(connector, "dead.ndjson"), file(connector, "replaying.ndjson"))
        guard FileManager.default.fileExists(atPath: asked) else { return [] }
        // Taken away before they are delivered, so that those that die again are not among them. A crash leaves them where they are.
        if !FileManager.default.fileExists(atPath: taken), rename(waiting, taken) != 0, errno != ENOENT {
            throw ConnectorError(.retry(after: nil), at: waiting, "it cannot be taken", remedy: "Mend the folder's permissions.")
        }
        let letters = Self.deadLetters(taken).map(\.letter)
        if letters.isEmpty { try await replayed(connector) }
        return letters
    }

    public func replayed(_ connector: String) async throws(ConnectorError) {
        for file in [file(connector, "replaying.ndjson"), file(connector, "replay")] where unlink(file) != 0 && errno != ENOENT {
            throw ConnectorError(.retry(after: nil), at: file, "it cannot be removed", remedy: "Mend the folder's permissions.")
        }
    }

    /// Asks for all dead letters to be delivered again: a running worker follows within seconds.
    ///
    /// - Returns: How many there are.
    public func replay(_ connector: String) throws(CommandError) -> Int {
        let count = deadLetters(of: connector).count
        if count > 0 { try attempt { try FileWriting.replace(file(connector, "replay"), with: []) } }
        return count
    }

    /// Asks for records to be delivered beside what else is: a running worker follows within seconds, and dead letters go with them.
    public func deliver(_ letters: [DeadLetter], to connector: String, at now: Instant) async throws {
        if letters.isEmpty { return }
        try await keep(letters, of: connector, at: now)
        _ = try replay(connector)
    }

    private static func damaged(_ file: String, _ then: String) -> ConnectorError {
        ConnectorError(.stop, at: file, "it is damaged or of a newer version", remedy: "Move it away: \(then).")
    }

    private func contents(of file: String) throws(ConnectorError) -> Data? {
        guard let data = FileManager.default.contents(atPath: file) else {
            if FileManager.default.fileExists(atPath: file) {
                throw ConnectorError(.mendSettings, at: file, "it cannot be read", remedy: "Let the worker read it.")
            }
            return nil
        }
        return data
    }

    private func save(_ json: JSONObject, as file: String) async throws(ConnectorError) {
        do {
            try await offThread {
                try makeFolder()
                try FileWriting.replace(file, with: ContiguousArray(json.text.utf8))
            }
        } catch {
            throw ConnectorError(.retry(after: nil), at: path, "the position cannot be kept", remedy: "\(error)")
        }
    }

    /// Waits for the disk off the pool of tasks.
    private func offThread(_ work: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { done in Self.queue.async { done.resume(with: Result { try work() }) } }
    }

    private static let queue = DispatchQueue(label: "tessera.connectors", attributes: .concurrent)

    public func isPaused(_ connector: String) async -> Bool { FileManager.default.fileExists(atPath: file(connector, "paused")) }

    /// Asks a connector to wait, or to go on: a running worker follows within a second.
    public func setPaused(_ isPaused: Bool, _ connector: String) throws(CommandError) {
        try attempt {
            let file = file(connector, "paused")
            if isPaused {
                try makeFolder()
                try FileWriting.replace(file, with: [])
            } else if unlink(file) != 0, errno != ENOENT {
                throw FileWriting.failure(file, errno)
            }
        }
    }

    /// Keeps why a connector does not work, for whoever asks without its worker; nil: it does.
    ///
    /// - Parameter isOver: It cannot go on, and waits for nothing.
    func keep(trouble: ConnectorError?, isOver: Bool, of connector: String, at instant: Instant) async throws {
        let file = file(connector, "trouble.json")
        try await offThread {
            guard let trouble else {
                if unlink(file) != 0, errno != ENOENT { throw FileWriting.failure(file, errno) }
                return
            }
            try makeFolder()
            let told = JSONObject([
                .init("since", .string(instant.text)), .init("stopped", .bool(isOver)), .init("reason", .string("\(trouble)")),
            ])
            try FileWriting.replace(file, with: ContiguousArray(told.text.utf8))
        }
    }

    /// Why a connector did not work when its worker last looked: `{"since","stopped","reason"}`; nil where it did.
    public func trouble(of connector: String) -> JSONObject? {
        FileManager.default.contents(atPath: file(connector, "trouble.json")).flatMap { try? JSONValue(parsing: Array($0)).asObject }
    }

    /// Forgets what a connector left: it is read from the first again, and what was stored before is a duplicate.
    ///
    /// - Throws: `.held` while a worker has the store: it would keep its position over it.
    public func reset(_ connector: String, of tessera: Tessera) throws(CommandError) {
        let store = try tessera.store()
        try attempt {
            let writer = try store.makeWriter()
            defer { try? writer.close() }
            for file in ["json", "delivery.json", "trouble.json"].map({ file(connector, $0) }) where unlink(file) != 0 && errno != ENOENT {
                throw FileWriting.failure(file, errno)
            }
        }
    }

    /// What a connector did over all runs, as far as it is kept.
    public func told(of entry: ConnectorPlan.Entry) async throws(ConnectorError) -> JSONObject {
        switch entry.work {
        case .source: (try await state(of: entry.name) ?? ConnectorState()).json
        case .destination: (try await deliveryState(of: entry.name) ?? DeliveryState()).json
        }
    }

    /// The dead letters of a destination, the earliest first. A line that is no record (the end of a disk that was full) is passed over.
    public func deadLetters(of connector: String) -> [(letter: DeadLetter, at: Instant)] {
        Self.deadLetters(file(connector, "replaying.ndjson")) + Self.deadLetters(file(connector, "dead.ndjson"))
    }

    private static func deadLetters(_ file: String) -> [(letter: DeadLetter, at: Instant)] {
        (FileManager.default.contents(atPath: file) ?? Data()).split(separator: 10).compactMap { line in
            (try? JSONValue(parsing: Array(line)))?.asObject.flatMap { DeadLetter.read($0) }
        }
    }

    private func makeFolder() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private func file(_ connector: String, _ end: String) -> String { "\(path)/\(connector).\(end)" }
}

extension DeadLetter {
    /// `{"at","kind","key","profile","reason","record"}`, as it is kept.
    public func told(at instant: Instant) -> JSONObject {
        JSONObject([
            .init("at", .string(instant.text)), .init("kind", .string(kind.rawValue)), .init("key", .string(key)),
            .init("profile", .string(profile)), .init("reason", .string(reason)), .init("record", .string(json)),
        ])
    }

    /// Reads what `told` wrote; nil where it is something else.
    static func read(_ object: JSONObject) -> (letter: DeadLetter, at: Instant)? {
        guard let kind = object["kind"]?.asString.flatMap({ DeliveryBatch.Kind(rawValue: $0) }), let key = object["key"]?.asString,
            let json = object["record"]?.asString, let at = object["at"]?.asString.flatMap({ Instant(text: $0) })
        else { return nil }
        let letter = DeadLetter(
            kind: kind, key: key, profile: object["profile"]?.asString ?? "", json: json, reason: object["reason"]?.asString ?? "")
        return (letter, at)
    }
}
