import BuiltIn
import EventModel
import Foundation
import Platform

/// A folder of its own that is gone with the test.
final class Folder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "tessera-platform-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file into the folder and gives its path.
    func write(_ text: String, as name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return file
    }
}

/// A store with the given messages, and a session that asks it at a fixed instant.
struct Shop {
    let folder: Folder
    let tessera: Tessera
    var session: Session

    static let now = Instant(text: "2026-06-30T00:00:00Z")

    init(_ messages: String, workspace: Workspace? = nil) throws {
        folder = try Folder()
        tessera = Tessera(path: folder.path + "/shop.tessera", plugins: .builtIn)
        let file = try folder.write(messages, as: "messages.ndjson")
        _ = try tessera.importFiles(ImportRequest(files: [file]), interruption: Interruption())
        session = Session(
            tessera: tessera, workspace: workspace, now: Self.now, format: .json, clock: { Self.now ?? Instant(milliseconds: 0) })
    }

    /// The answer to one command line.
    func answer(_ line: String) throws -> any CommandResult {
        guard let command = try Command(line) else { return Acknowledgement("") }
        return try session.answer(command)
    }
}

/// One order, as a line.
func order(_ id: String, by user: String, at time: String, revenue: Double) -> String {
    """
    {"type":"track","messageId":"\(id)","userId":"\(user)","event":"Order Completed","timestamp":"\(time)",\
    "properties":{"order_id":"\(id)","revenue":\(revenue)}}

    """
}

/// The folder of the package, found from this file.
let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
