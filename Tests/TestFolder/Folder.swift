import Foundation

/// A temporary folder of its own for one test; it is gone with the test, also where that failed.
public final class Folder: Sendable {
    /// Absolute, without a slash at its end.
    public let path: String

    /// Makes an empty folder; throws what the system refuses it with.
    public init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders between, and gives its path.
    @discardableResult
    public func write(_ text: String, as name: String) throws -> String { try write(Data(text.utf8), as: name) }

    /// Writes a file, with the folders between, and gives its path.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let file = self / name
        let url = URL(fileURLWithPath: file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return file
    }

    /// The path of something in the folder, there or not.
    public static func / (folder: Folder, name: String) -> String { folder.path + "/" + name }
}
