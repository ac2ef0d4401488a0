import Foundation

/// Whether the long tests were asked for.
let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil

/// A folder of its own for one test; gone when the test is.
final class Folder: Sendable {
    let root: String

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { root + "/" + name }
}
