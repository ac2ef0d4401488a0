import Connectors
import Foundation

/// The text of one file, in pieces: of a plain file also what it gains while it is read.
final class FileText: TextPieces {
    private enum Source {
        case plain(descriptor: Int32)
        case inflated(InflatingReader)
    }
    let path: String
    private let source: Source

    /// Opens a file.
    init(path: String) throws(ConnectorError) {
        self.path = path
        let reader: InflatingReader
        do throws(ArchiveError) { reader = try InflatingReader(path: path) } catch { throw Self.failure(path, error) }
        switch reader.encoding {
        case .gzip: source = .inflated(reader)
        case .encrypted:
            throw ConnectorError(
                .mendSettings, at: path, "it is encrypted", remedy: "Import it with tessera-archive import --key, and move it away.")
        case .plain:
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Self.failure(path) }
            source = .plain(descriptor: descriptor)
        }
    }

    /// The text of what is inflated already.
    init(_ reader: InflatingReader) { (path, source) = (reader.name, .inflated(reader)) }

    deinit { if case .plain(let descriptor) = source { close(descriptor) } }

    /// Whether it can gain text while it is read.
    var isPlain: Bool { if case .plain = source { true } else { false } }

    var remedy: String { "Mend the file, or leave it out with `pattern`." }

    func read(_ count: Int, into buffer: inout ContiguousArray<UInt8>) throws(ConnectorError) {
        let start = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: count))
        var (filled, failed) = (0, Failure.none)
        buffer.withUnsafeMutableBytes { bytes in
            while filled < count {
                let room = UnsafeMutableRawBufferPointer(rebasing: bytes[(start + filled)...])
                switch source {
                case .plain(let descriptor):
                    let read = Foundation.read(descriptor, room.baseAddress, room.count)
                    if read < 0, errno == EINTR { continue }
                    if read < 0 { failed = .system }
                    if read <= 0 { return }
                    filled += read
                case .inflated(let reader):
                    do throws(ArchiveError) {
                        let read = try reader.read(into: room)
                        if read == 0 { return }
                        filled += read
                    } catch {
                        failed = .archive(error)
                        return
                    }
                }
            }
        }
        buffer.removeLast(count - filled)
        switch failed {
        case .none: return
        case .system: throw Self.failure(path)
        // What came before the damage is given first; the next call finds it again.
        case .archive(let error): if filled == 0 { throw Self.failure(path, error) }
        }
    }

    private enum Failure {
        case none, system
        case archive(ArchiveError)
    }

    private static func failure(_ path: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "it cannot be read (\(String(cString: strerror(errno))))", remedy: "Let the worker read it.")
    }

    private static func failure(_ path: String, _ error: ArchiveError) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "it cannot be read to its end: \(error)",
            remedy: "Put a whole file there; one that is still written comes in by another name and is then renamed.")
    }
}
