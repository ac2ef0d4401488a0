import Foundation

/// Where the messages go: standard output, or a file that has its name only once it is whole.
final class Output {
    /// Bytes written so far.
    private(set) var written = 0
    /// What a report calls it.
    let name: String
    private let handle: FileHandle
    private let partial: URL?
    private let whole: URL?

    /// Opens `-` (standard output) or makes the folder and a new file in it.
    init(to place: String) throws(ShopError) {
        if place == "-" {
            (name, handle, partial, whole) = ("standard output", .standardOutput, nil, nil)
            return
        }
        let folder = URL(fileURLWithPath: place, isDirectory: true)
        let file = folder.appendingPathComponent("shop.ndjson")
        let unfinished = folder.appendingPathComponent("shop.ndjson.partial")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data().write(to: unfinished)
            handle = try FileHandle(forWritingTo: unfinished)
        } catch {
            throw ShopError("\(unfinished.path) cannot be written: \(error.localizedDescription) Choose another folder with --out.")
        }
        (name, partial, whole) = (file.path, unfinished, file)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(ShopError) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        do {
            try handle.write(
                contentsOf: Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none))
        } catch {
            if let partial { try? FileManager.default.removeItem(at: partial) }
            throw ShopError("\(name) cannot be written: \(error.localizedDescription) Make room, or choose another place with --out.")
        }
        written += bytes.count
    }

    /// Closes the file and gives it its name.
    func finish() throws(ShopError) {
        guard let partial, let whole else { return }
        do {
            try handle.close()
            _ = try? FileManager.default.removeItem(at: whole)
            try FileManager.default.moveItem(at: partial, to: whole)
        } catch { throw ShopError("\(name) cannot be written: \(error.localizedDescription) Choose another folder with --out.") }
    }
}
