import EventModel
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Reads bodies into flat buffers within limits: bytes of one body, and bytes of all bodies that are held at once.
final class BodyReader: Sendable {
    private let longest: Int
    private let mostHeld: Int
    private let held = Mutex(0)

    init(longest: Int, mostHeld: Int) { (self.longest, self.mostHeld) = (longest, mostHeld) }

    /// Bytes of bodies held now.
    var bytesHeld: Int { held.withLock { $0 } }

    /// A body as it was sent, inflated; room of `MessageBatch.padding` follows `count` bytes. Its place is given back when it goes.
    final class Body {
        fileprivate(set) var bytes: ContiguousArray<UInt8> = []
        fileprivate(set) var count = 0
        private let reader: BodyReader
        private let mostHeld: Int
        private var taken = 0

        fileprivate init(_ reader: BodyReader, mostHeld: Int) { (self.reader, self.mostHeld) = (reader, mostHeld) }
        deinit { reader.held.withLock { $0 -= taken } }

        fileprivate func take(_ count: Int) throws(HTTPFailure) {
            let hasRoom = reader.held.withLock { held in
                if held + count > mostHeld { return false }
                held += count
                return true
            }
            guard hasRoom else {
                throw HTTPFailure(
                    .tooManyRequests, "overloaded", "Too many bodies are being read at once.", remedy: "Try again after 1 s.", retryAfter: 1
                )
            }
            taken += count
        }
    }

    /// Refuses a body by what its head says of it, before any of it is read.
    func check(_ request: Request) throws(HTTPFailure) {
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity", "gzip", "x-gzip", "deflate": break
        default:
            throw HTTPFailure(
                .unsupportedMediaType, "unsupported_encoding", "The body's Content-Encoding is not known here.",
                remedy: "Send it as gzip, as deflate, or plain.")
        }
        if Self.told(request) > longest { throw Self.tooLarge(longest) }
    }

    private static func told(_ request: Request) -> Int { request.headers[.contentLength].flatMap { Int($0) } ?? 0 }

    /// Reads the whole body of a request that passed `check`.
    ///
    /// - Parameter isKnown: Whether the head named a key. Strangers get a quarter of the room, so that they cannot take all of it.
    /// - Throws: `HTTPFailure` for what is too large, not inflatable or one too many; else what the connection died of.
    func read(_ request: Request, isKnown: Bool) async throws -> Body {
        let encoding = request.headers[.contentEncoding]?.lowercased() ?? ""
        let inflater = encoding.isEmpty || encoding == "identity" ? nil : BodyInflater()
        let body = Body(self, mostHeld: isKnown ? mostHeld : mostHeld / 4)
        var received = 0
        for try await piece in request.body {
            received += piece.readableBytes
            if let inflater {
                let before = body.bytes.count
                try piece.withUnsafeReadableBytes { (bytes) throws(HTTPFailure) in
                    try inflater.append(bytes, to: &body.bytes, limit: longest)
                }
                try body.take(body.bytes.count - before)
            } else {
                if body.bytes.count + piece.readableBytes > longest { throw Self.tooLarge(longest) }
                try body.take(piece.readableBytes)
                if body.bytes.isEmpty { body.bytes.reserveCapacity(Self.told(request) + MessageBatch.padding) }
                piece.withUnsafeReadableBytes { body.bytes.append(contentsOf: $0) }
            }
        }
        // A client that closes its side in the middle ends the pieces as if that were all.
        if received < Self.told(request) {
            throw HTTPFailure(
                .badRequest, "incomplete", "The body has \(received) bytes, and its head told of \(Self.told(request)).",
                remedy: "Send the whole body before you close.")
        }
        if let inflater, !inflater.isComplete { throw BodyInflater.broken }
        body.count = body.bytes.count
        body.bytes.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return body
    }

    static func tooLarge(_ longest: Int) -> HTTPFailure {
        HTTPFailure(
            .contentTooLarge, "body_too_large", "The body has more than \(longest) bytes, counted without compression.",
            remedy: "Send smaller batches, or raise limits.batchBytes in the server's settings.")
    }
}
