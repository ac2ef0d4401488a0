import Archive
public import Connectors
import EventModel
import Foundation
import Storage

/// What connectors left beside a store, in `STORE.connectors/`: a file for each, and one more while it is paused.
public struct ConnectorFolder: ConnectorStateKeeper {
    private let path: String

    /// That of the store at a path; made when something is kept.
    public init(store path: String) { self.path = path + ".connectors" }

    public func state(of connector: String) async throws(ConnectorError) -> ConnectorState? {
        let file = file(connector, "json")
        guard let data = FileManager.default.contents(atPath: file) else {
            if FileManager.default.fileExists(atPath: file) {
                throw ConnectorError(.mendSettings, at: file, "it cannot be read", remedy: "Let the worker read it.")
            }
            return nil
        }
        guard let json = try? JSONValue(parsing: Array(data)).asObject, let state = ConnectorState(json: json) else {
            throw ConnectorError(
                .stop, at: file, "it is damaged or of a newer version",
                remedy: "Move it away: the source is then read from the first, and what was stored before is a duplicate.")
        }
        return state
    }

    public func save(_ state: ConnectorState, of connector: String) async throws(ConnectorError) {
        do {
            try makeFolder()
            try FileWriting.replace(file(connector, "json"), with: ContiguousArray(state.json.text.utf8))
        } catch {
            throw ConnectorError(.retry(after: nil), at: path, "the position cannot be kept", remedy: "\(error)")
        }
    }

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

    /// Forgets what a connector left: it is read from the first again, and what was stored before is a duplicate.
    ///
    /// - Throws: `.held` while a worker has the store: it would keep its position over it.
    public func reset(_ connector: String, of tessera: Tessera) throws(CommandError) {
        let store = try tessera.store()
        try attempt {
            let writer = try store.makeWriter()
            defer { try? writer.close() }
            let file = file(connector, "json")
            if unlink(file) != 0, errno != ENOENT { throw FileWriting.failure(file, errno) }
        }
    }

    private func makeFolder() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private func file(_ connector: String, _ end: String) -> String { "\(path)/\(connector).\(end)" }
}
