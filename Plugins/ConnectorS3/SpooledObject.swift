import Connectors
import EventModel
import Foundation

/// A copy of an object in the system's folder for temporary files, which goes away with it.
final class SpooledObject: Sendable {
    let path: String

    /// Bytes that are fetched at a time.
    private static let piece = 8 << 20

    /// Fetches an object; nil where it is not any more what was listed.
    init?(_ object: S3Bucket.Object, of bucket: S3Bucket) async throws(ConnectorError) {
        let name = object.key.split(separator: "/").last.map(String.init) ?? "object"
        // The end of its name tells its format.
        path = NSTemporaryDirectory() + "/tessera-s3-\(UUID().uuidString)-\(name.suffix(100))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        defer { close(descriptor) }
        var start = 0
        while start < object.size {
            if Task.isCancelled { throw .cancelled("s3") }
            guard let bytes = try await bucket.read(object, from: start, count: Self.piece) else { return nil }
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(path) }
                written += count
            }
            start += bytes.count
        }
    }

    deinit { unlink(path) }

    private static func failure(_ path: String) -> ConnectorError {
        ConnectorError(
            .retry(after: nil), at: path, "a copy of the object cannot be written (\(String(cString: strerror(errno))))",
            remedy: "Make room there, or name another folder with TMPDIR.")
    }
}
