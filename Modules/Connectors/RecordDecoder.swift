public import EventModel
import Foundation

/// Turns what the records of a broker hold into messages: each is a small file of a format, most often one line.
public struct RecordDecoder: Sendable {
    private let format: any EventFormat
    private let limits = FormatLimits()
    /// What the bytes are; nil: what the format reads.
    private let codec: (any PayloadCodec)?
    /// Whether the format gives lines as they stand: then a record of one line needs no reader.
    private let givesLines: Bool

    /// Records of a format that the setting `format` names, and that needs no mapping.
    ///
    /// - Parameter name: Nil: `segment`.
    /// - Parameter payload: What the setting `payload` names; nil: the records are what the format reads.
    public init(named name: String?, payload: String? = nil, _ context: ConnectorContext) throws(SettingsError) {
        let codec = try context.payloads.codec(named: payload)
        do throws(FormatError) { self.init(try context.formats.makeFormat(name ?? "segment"), codec: codec) } catch {
            throw SettingsError(at: ["format"], "this format cannot be read from records", remedy: error.description)
        }
    }

    /// Records of a format that needs no mapping.
    ///
    /// - Parameter codec: Makes JSON of the records' bytes; nil: the format reads them as they are.
    public init(_ format: any EventFormat, codec: (any PayloadCodec)? = nil) {
        (self.format, self.codec) = (format, codec)
        givesLines = format.makeReader(limits: limits) is LineReader
    }

    /// Starts a batch of records.
    ///
    /// - Parameter firstLine: The number of the first record.
    /// - Parameter bytes: Of all records that are expected in it.
    public func makeBatch(firstLine: Int, bytes: Int) -> RecordBatch {
        var batch = MessageBatch(firstLine: firstLine)
        batch.text.reserveCapacity(MessageBatch.padding + bytes)
        return RecordBatch(decoder: self, messages: batch)
    }

    /// Adds what a record holds; false where the batch has no room for it: it comes with the next.
    fileprivate func add(
        _ bytes: UnsafeRawBufferPointer, _ number: Int, _ place: () -> String, to batch: inout MessageBatch
    ) -> Bool {
        guard let codec, !bytes.isEmpty else { return addText(bytes, number, place, to: &batch) }
        do throws(PayloadError) {
            let line = try codec.decode(bytes, longest: limits.longestLine)
            return line.withUnsafeBytes { addText($0, number, place, to: &batch) }
        } catch {
            var piece = Piece(number: number, place: place())
            piece.refuse(error.description, Reject.text(ofPayload: bytes))
            batch.append(piece)
            batch.sourceLines += 1
            return true
        }
    }

    /// Adds what the format reads.
    private func addText(
        _ bytes: UnsafeRawBufferPointer, _ number: Int, _ place: () -> String, to batch: inout MessageBatch
    ) -> Bool {
        if bytes.isEmpty {
            batch.skippedLines += 1
        } else if givesLines, bytes.count <= limits.longestLine, let base = bytes.baseAddress, memchr(base, 10, bytes.count) == nil {
            guard batch.text.count + bytes.count < SourceBatch.mostBytes else { return false }
            batch.text.append(contentsOf: bytes)
            batch.text.append(10)
            batch.lineNumbers.append(number)
        } else {
            let piece = read(bytes, number, place())
            guard batch.takes(piece) else { return false }
            batch.append(piece)
        }
        batch.sourceLines += 1
        return true
    }

    /// What one record holds, read as a file.
    private func read(_ bytes: UnsafeRawBufferPointer, _ number: Int, _ place: String) -> Piece {
        var piece = Piece(number: number, place: place)
        let reader = format.makeReader(limits: limits)
        do throws(FormatError) {
            var rest = bytes
            while true {
                let (batch, consumed) = try reader.read(rest, atEnd: true)
                piece.append(batch)
                rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
                if rest.isEmpty { break }
                guard consumed > 0 || batch.count > 0 else { throw FormatError("Its end cannot be read. Look at the record.") }
            }
            while let batch = try reader.drain() { piece.append(batch) }
            if piece.text.count >= SourceBatch.mostBytes {
                throw FormatError("Its messages have more than \(SourceBatch.mostBytes) bytes. Send them in several records.")
            }
        } catch {
            piece = Piece(number: number, place: place)
            piece.refuse(error.description, String(decoding: bytes.prefix(Reject.longestText), as: UTF8.self))
        }
        return piece
    }
}

/// Records that become messages together.
public struct RecordBatch {
    private let decoder: RecordDecoder
    private var messages: MessageBatch
    /// How many records are in it.
    public private(set) var count = 0

    fileprivate init(decoder: RecordDecoder, messages: MessageBatch) { (self.decoder, self.messages) = (decoder, messages) }

    /// Adds a record; false where there is no room for it: it comes with the next batch.
    ///
    /// - Parameter number: What quarantine calls its line.
    /// - Parameter place: The same in words, which its reason begins with.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, number: Int, place: () -> String) -> Bool {
        guard decoder.add(bytes, number, place, to: &messages) else { return false }
        count += 1
        return true
    }

    /// Keeps a record that is no message: it goes to quarantine.
    public mutating func refuse(_ bytes: some Sequence<UInt8>, number: Int, place: String, _ reason: String) {
        var piece = Piece(number: number, place: place)
        piece.refuse(reason, String(decoding: Array(bytes.prefix(Reject.longestText)), as: UTF8.self))
        messages.append(piece)
        messages.sourceLines += 1
        count += 1
    }

    /// The messages, with the room that must follow them.
    public consuming func finished() -> MessageBatch {
        var batch = messages
        batch.count = batch.text.count
        batch.text.append(contentsOf: repeatElement(0, count: MessageBatch.padding))
        return batch
    }
}

/// What one record gave.
private struct Piece {
    let number: Int
    let place: String
    var text: ContiguousArray<UInt8> = []
    var lines = 0
    var derivedIDs: [String] = []
    var rejects: [Reject] = []

    init(number: Int, place: String) { (self.number, self.place) = (number, place) }

    mutating func append(_ batch: MessageBatch) {
        text.append(contentsOf: batch.text.prefix(batch.count))
        if batch.count > 0, text.last != 10 { text.append(10) }
        lines += batch.text.prefix(batch.count).reduce(0) { $0 + ($1 == 10 ? 1 : 0) }
        if batch.count > 0, batch.text[batch.count - 1] != 10 { lines += 1 }
        derivedIDs += batch.derivedIDs
        for reject in batch.rejects { refuse(reject.reason, reject.text) }
    }

    mutating func refuse(_ reason: String, _ text: String) {
        rejects.append(Reject(line: number, reason: "\(place): \(reason)", text: text))
    }
}

extension MessageBatch {
    /// Whether there is room for it, and its lines have ids as those before have them, or none as those.
    fileprivate func takes(_ piece: Piece) -> Bool {
        if text.isEmpty || piece.lines == 0 { return true }
        return text.count + piece.text.count <= SourceBatch.mostBytes && derivedIDs.isEmpty == piece.derivedIDs.isEmpty
    }

    fileprivate mutating func append(_ piece: Piece) {
        text.append(contentsOf: piece.text)
        lineNumbers.append(contentsOf: repeatElement(piece.number, count: piece.lines))
        derivedIDs += piece.derivedIDs
        rejects += piece.rejects
    }
}

extension Reject {
    /// The beginning of a record that is no text for sure: as it is where it is one all the same, else in base64 behind `base64:`.
    fileprivate static func text(ofPayload bytes: UnsafeRawBufferPointer) -> String {
        var start = bytes.prefix(longestText)
        // A text may have been cut within a letter.
        while start.count < bytes.count, let last = start.last, last & 0xC0 == 0x80 { start.removeLast() }
        if start.count < bytes.count, let last = start.last, last >= 0xC0 { start.removeLast() }
        if let text = String(validating: start, as: UTF8.self), !text.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\t" }) {
            return text
        }
        return "base64:" + Data(bytes.prefix((longestText - 7) / 4 * 3)).base64EncodedString()
    }
}
