public import Connectors
public import EventModel

/// Reads one file as its format says, from a position in its text on, or a pipe.
public final class FileCursor {
    private let text: any TextPieces
    private let reader: any EventReader
    /// What was read and not yet consumed.
    private var window: ContiguousArray<UInt8> = []
    /// Bytes of text that came before the window.
    private var consumed = 0
    private var isEnded = false
    /// Whether the window holds bytes that the format has not seen.
    private var hasNews = false

    /// Bytes that are read at a time.
    private static let piece = 1 << 20

    /// Opens a file.
    ///
    /// - Parameter position: Bytes of text that are in messages already. They are read, so that the format knows what came before, and not
    ///   given again.
    public init(path: String, _ formats: FileFormats, from position: Int) throws(ConnectorError) {
        (text, reader) = (try FileText(path: path), try formats.makeReader(of: path))
        guard !reader.holdsRecords else { return }
        while consumed < position {
            let before = window.count
            try text.read(min(Self.piece, position - consumed - before), into: &window)
            if try step(atEnd: false) != nil || window.count > before { continue }
            guard consumed + window.count == position else {
                throw ConnectorError(
                    .stop, at: path, "what was read of it is not there any more",
                    remedy: "Reset the connector: what is read again is stored once.")
            }
            // A last line that had no end when the file was taken for whole.
            (consumed, window) = (position, [])
        }
    }

    /// Reads a pipe from where it stands.
    public init(_ pipe: PipeText, _ formats: FileFormats) throws(ConnectorError) {
        (text, reader) = (pipe, try formats.makeReader(of: pipe.path))
    }

    /// Bytes of text that are in messages that were given; 0 as long as the format holds records back.
    public var position: Int { reader.holdsRecords ? 0 : consumed }

    /// Whether it can gain text while it is read.
    public var canGrow: Bool { text.isPlain && !reader.holdsRecords }

    /// The next batch; nil where nothing more is there now.
    ///
    /// - Parameter isWhole: Nothing will follow: what is left is a record, too.
    public func next(isWhole: Bool) throws(ConnectorError) -> MessageBatch? {
        var isAtEnd = false
        while !isEnded {
            let atEnd = isAtEnd && isWhole
            let batch = hasNews || atEnd ? try step(atEnd: atEnd) : nil
            if atEnd, batch == nil || window.isEmpty { isEnded = true }
            if let batch {
                if !batch.isEmpty { return batch }
                continue
            }
            if isAtEnd {
                if isWhole { break }
                return nil
            }
            let before = window.count
            try text.read(Self.piece, into: &window)
            hasNews = window.count > before
            isAtEnd = window.count - before < Self.piece
        }
        do throws(FormatError) { return try reader.drain() } catch { throw failure(error) }
    }

    /// Lets the format read what is there; nil where it needs more.
    private func step(atEnd: Bool) throws(ConnectorError) -> MessageBatch? {
        var (answer, refusal) = ((batch: MessageBatch, consumed: Int)?.none, FormatError?.none)
        window.withUnsafeBytes { bytes in
            do throws(FormatError) { answer = try reader.read(bytes, atEnd: atEnd) } catch { refusal = error }
        }
        if let refusal { throw failure(refusal) }
        guard let answer, answer.consumed > 0 || !answer.batch.isEmpty else {
            hasNews = false
            return nil
        }
        consumed += answer.consumed
        window.removeFirst(answer.consumed)
        return answer.batch
    }

    private func failure(_ error: FormatError) -> ConnectorError {
        ConnectorError(.mendSettings, at: text.path, error.sentence, remedy: text.remedy)
    }
}

extension MessageBatch {
    /// Neither text nor rejects.
    fileprivate var isEmpty: Bool { count == 0 && rejects.isEmpty }
}
