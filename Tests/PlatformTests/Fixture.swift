import BuiltIn
import EventModel
import Foundation
import Platform
import TestFolder

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
