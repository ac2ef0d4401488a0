import CConnector
import Connectors
import EventModel

/// What a connector says during one call: the other end of `tessera_host`.
///
/// Confined to the thread of the call.
final class CallResults {
    private(set) var read = ReadResult()
    private(set) var refused: [DeliveryReceipt.Refusal] = []
    private(set) var found = ""
    private(set) var failure: ConnectorError?
    /// Set where it goes on after it was told that there is no room.
    private(set) var isFlooded = false
    private let path: String
    private let words: LibraryLanguage
    private let most: Int
    /// Set where it gave a message that is too large.
    private var oversize: ConnectorError?
    private let isCancelled: () -> Bool
    private let report: (String) -> Void
    private let heard: () -> Void
    private let flooded: (ConnectorError) -> Void
    /// What was given up to the last position.
    private var covered = (bytes: 0, lines: 0, rejects: 0)
    private var rejectBytes = 0
    private var reports = 0

    /// Bytes of messages and rejects at which a batch is full.
    static let fullBytes = 2 << 20
    /// Messages and rejects at which it is, too.
    static let fullCount = 10_000
    /// Bytes of a message, at most: one that comes before the batch is full has room.
    static let longestMessage = 6 << 20
    /// Bytes of a sentence that are kept.
    static let longestSentence = 2_000
    /// Sentences of one call that reach the log.
    static let mostReports = 20

    /// - Parameter most: Records after which the batch is full; nil: the usual.
    /// - Parameter heard: Called whenever the connector says something.
    /// - Parameter flooded: Called when it goes on after it was told that there is no room: it may never end.
    init(
        path: String, words: LibraryLanguage, most: Int? = nil, isCancelled: @escaping () -> Bool, report: @escaping (String) -> Void,
        heard: @escaping () -> Void,
        flooded: @escaping (ConnectorError) -> Void
    ) {
        (self.path, self.words, self.most) = (path, words, min(most ?? Self.fullCount, Self.fullCount))
        (self.isCancelled, self.report, self.heard, self.flooded) = (isCancelled, report, heard, flooded)
    }

    /// Makes a call.
    ///
    /// - Returns: Its status.
    /// - Throws: What the connector said was wrong, or what it did wrong.
    func call(_ body: (UnsafePointer<tessera_host>) -> tessera_status) throws(ConnectorError) -> tessera_status {
        var host = tessera_host(
            host: Unmanaged.passUnretained(self).toOpaque(),
            is_cancelled: { CallResults.of($0).isCancelled() ? 1 : 0 },
            report: { CallResults.of($0).take(report: $1.sentence) },
            message: { CallResults.of($0).take(message: $1.buffer) ? 1 : 0 },
            reject: { CallResults.of($0).take(reject: $1.buffer, $2.sentence) ? 1 : 0 },
            position: { CallResults.of($0).reach(Checkpoint(version: $1, position: $2.whole)) },
            refuse: { CallResults.of($0).take(refusal: .init(record: Int(clamping: $1), reason: $2.sentence)) },
            found: { CallResults.of($0).take(found: $1.sentence) },
            fail: { CallResults.of($0).fail($1.sentence, $2.sentence, $3.sentence, after: $4) })
        let status = body(&host)
        switch status {
        case TESSERA_DONE, TESSERA_IDLE, TESSERA_END:
            if let oversize { throw oversize }
            if isFlooded { throw flood }
            try finish(status)
            return status
        case TESSERA_MEND_SETTINGS, TESSERA_RETRY, TESSERA_STOP:
            throw failure(status)
        default: throw wrong("a call answered \(status.rawValue), which is no status", "Answer one of tessera_connector.h.")
        }
    }

    private var flood: ConnectorError {
        wrong("it goes on giving messages when it was told that the batch is full", words.endFullBatch)
    }

    private func finish(_ status: tessera_status) throws(ConnectorError) {
        read.progress = status == TESSERA_END ? .end : status == TESSERA_IDLE ? .idle : .more
        if read.position == nil, read.lines + read.rejects.count > 0 {
            throw wrong("it gave messages and no position behind them", words.givePosition)
        }
        if let position = read.position, position.position.utf8.count > Checkpoint.longestPosition {
            throw wrong("its position is longer than \(Checkpoint.longestPosition) bytes", "Keep less in it.")
        }
        read.text.removeLast(read.text.count - covered.bytes)
        read.rejects.removeLast(read.rejects.count - covered.rejects)
        read.lines = covered.lines
    }

    private func wrong(_ problem: String, _ remedy: String) -> ConnectorError {
        ConnectorError(.stop, at: path, problem, remedy: "This is an error of the library: \(remedy)")
    }

    private func failure(_ status: tessera_status) -> ConnectorError {
        var error = failure ?? wrong("it failed and did not say why", "Call `fail` before an error is answered.")
        switch status {
        case TESSERA_MEND_SETTINGS: error.recovery = .mendSettings
        case TESSERA_STOP: error.recovery = .stop
        default: if case .retry = error.recovery {} else { error.recovery = .retry(after: nil) }
        }
        return error
    }

    // MARK: What it says

    private static func of(_ host: UnsafeMutableRawPointer?) -> CallResults {
        guard let host else { preconditionFailure("a connector lost what it was lent") }
        return Unmanaged<CallResults>.fromOpaque(host).takeUnretainedValue()
    }

    private func take(report sentence: String) {
        heard()
        reports += 1
        if reports <= Self.mostReports { report(sentence) }
    }

    private var isFull: Bool { read.text.count + rejectBytes >= Self.fullBytes || read.lines + read.rejects.count >= most }

    private func take(message: UnsafeBufferPointer<UInt8>) -> Bool {
        heard()
        guard message.count <= Self.longestMessage else {
            // One that gives it again and again may never end.
            if let oversize { flooded(oversize) }
            oversize =
                oversize
                ?? wrong(
                    "it gave a message of \(message.count) bytes, and one has at most \(Self.longestMessage)", words.rejectMessage)
            return false
        }
        guard hasRoom(for: message.count) else { return false }
        // A line's end within a message can only stand between its parts.
        for byte in message { read.text.append(byte == 10 || byte == 13 ? 32 : byte) }
        read.text.append(10)
        read.lines += 1
        return !isFull
    }

    private func take(reject record: UnsafeBufferPointer<UInt8>, _ reason: String) -> Bool {
        heard()
        // No more of it is kept, however large it is.
        guard hasRoom(for: min(record.count, Reject.longestText)) else { return false }
        read.rejects.append(.init(record: Array(record.prefix(Reject.longestText)), reason: reason))
        rejectBytes += min(record.count, Reject.longestText)
        return !isFull
    }

    /// One more is taken when it was full already: some connectors look only at the next one.
    private func hasRoom(for count: Int) -> Bool {
        if isFlooded { return false }
        isFlooded = read.text.count + rejectBytes + count >= SourceBatch.mostBytes || read.lines + read.rejects.count > 2 * Self.fullCount
        if isFlooded { flooded(oversize ?? flood) }
        return !isFlooded
    }

    private func reach(_ position: Checkpoint) {
        heard()
        read.position = position
        covered = (read.text.count, read.lines, read.rejects.count)
    }

    private func take(refusal: DeliveryReceipt.Refusal) {
        heard()
        refused.append(refusal)
    }

    private func take(found sentence: String) { found = sentence }

    private func fail(_ place: String, _ problem: String, _ remedy: String, after: Int64) {
        let problem = problem.hasSuffix(".") ? String(problem.dropLast()) : problem
        failure = ConnectorError(
            .retry(after: after >= 0 ? .milliseconds(after) : nil), at: place.isEmpty ? path : place, problem, remedy: remedy)
    }
}

extension tessera_bytes {
    fileprivate var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count) }
    /// One line, cut where it is too long.
    fileprivate var sentence: String {
        String(decoding: buffer.prefix(CallResults.longestSentence), as: UTF8.self).replacing("\n", with: " ")
    }
    fileprivate var whole: String { String(decoding: buffer.prefix(Checkpoint.longestPosition + 1), as: UTF8.self) }
}
