import Archive
import Connectors
import Foundation
import Programs

/// A file of records that a tap has named in a BATCH: a JSON object on each line, plain or gzip.
final class RecordFile {
    let stream: String
    private let path: String
    private let reader: InflatingReader
    private var lines = LineSplitter()
    private var isAtEnd = false

    private static let piece = 1 << 18

    /// - Parameter address: A path, or one with `file://` before it.
    init(_ address: String, stream: String) throws(ConnectorError) {
        path = address.hasPrefix("file://") ? URL(string: address)?.path ?? String(address.dropFirst(7)) : address
        self.stream = stream
        guard path.hasPrefix("/") else {
            throw ConnectorError(
                .mendSettings, at: path, "the tap hands over a file that is not on this machine",
                remedy: "Let its batch_config name a folder: file:///path.")
        }
        do throws(ArchiveError) { reader = try InflatingReader(path: path) } catch { throw Self.failure(path, error) }
    }

    /// The next record's bytes; nil at the end.
    func next() throws(ConnectorError) -> [UInt8]? {
        while true {
            switch lines.next(atEnd: isAtEnd) {
            case .whole(let bytes): if !bytes.isEmpty { return bytes }
            // It is no JSON object, as it was cut: who reads it refuses it.
            case .tooLong(let head): return head
            case nil:
                if isAtEnd { return nil }
                try read()
            }
        }
    }

    private func read() throws(ConnectorError) {
        var (count, failure) = (0, ArchiveError?.none)
        withUnsafeTemporaryAllocation(byteCount: Self.piece, alignment: 1) { room in
            do throws(ArchiveError) {
                count = try reader.read(into: room)
                lines.append(room[..<count])
            } catch { failure = error }
        }
        if let failure { throw Self.failure(path, failure) }
        isAtEnd = count == 0
    }

    private static func failure(_ path: String, _ error: ArchiveError) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "the tap's file cannot be read (\(error))",
            remedy: "Let the tap write it where the worker can read it.")
    }
}
