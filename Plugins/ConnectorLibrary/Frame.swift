import Connectors
import EventModel

/// What goes between the worker and a library's helper process: a kind, and fields of bytes.
///
/// On the line: the bytes that follow (32 bits, the least first), the kind (8 bits), then of each field its length (32 bits) and its bytes.
struct Frame: Sendable, Hashable {
    enum Kind: UInt8, Sendable {
        // The worker asks.
        case make = 1, probe, read, deliver, cancel
        // The helper answers.
        case ready = 16, failed, found, given, delivered
        // The last word of a process that cannot go on.
        case lost = 24
        // The helper says meanwhile.
        case heard = 32, report
    }
    var kind: Kind
    var fields: [ContiguousArray<UInt8>] = []

    /// Bytes of a frame, at most: two full batches and their positions.
    static let longest = 48 << 20

    init(_ kind: Kind, _ fields: [ContiguousArray<UInt8>] = []) { (self.kind, self.fields) = (kind, fields) }
    init(_ kind: Kind, texts: [String]) { self.init(kind, texts.map { ContiguousArray($0.utf8) }) }

    /// A field as text; empty where there is none.
    func text(_ index: Int) -> String { fields.indices.contains(index) ? String(decoding: fields[index], as: UTF8.self) : "" }

    var encoded: ContiguousArray<UInt8> {
        var out: ContiguousArray<UInt8> = []
        out.reserveCapacity(5 + fields.reduce(0) { $0 + 4 + $1.count })
        Self.append(1 + fields.reduce(0) { $0 + 4 + $1.count }, to: &out)
        out.append(kind.rawValue)
        for field in fields {
            Self.append(field.count, to: &out)
            out += field
        }
        return out
    }

    /// - Parameter bytes: What follows the length; nil is given where it is no frame.
    init?(_ bytes: ContiguousArray<UInt8>) {
        guard let first = bytes.first, let kind = Kind(rawValue: first) else { return nil }
        self.kind = kind
        var place = 1
        while place < bytes.count {
            guard bytes.count - place >= 4 else { return nil }
            let count = Self.number(bytes[place..<(place + 4)])
            place += 4
            guard count <= bytes.count - place else { return nil }
            fields.append(ContiguousArray(bytes[place..<(place + count)]))
            place += count
        }
    }

    private static func append(_ number: Int, to out: inout ContiguousArray<UInt8>) {
        let number = UInt32(number)
        for shift in stride(from: UInt32(0), to: 32, by: 8) { out.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    /// The number in four bytes.
    static func number(_ bytes: some Collection<UInt8>) -> Int { bytes.reversed().reduce(0) { $0 << 8 | Int($1) } }
}

// MARK: What frames say

extension Frame {
    init(_ error: ConnectorError, _ kind: Kind = .failed) {
        let (word, after): (String, Duration?) =
            switch error.recovery {
            case .mendSettings: ("mend", nil)
            case .retry(let after): ("retry", after)
            case .stop: ("stop", nil)
            }
        let milliseconds = after.map { "\($0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000)" } ?? ""
        self.init(kind, texts: [word, milliseconds, error.place, error.problem, error.remedy])
    }

    var error: ConnectorError {
        let recovery: ConnectorError.Recovery =
            switch text(0) {
            case "mend": .mendSettings
            case "retry": .retry(after: Int(text(1)).map { .milliseconds($0) })
            default: .stop
            }
        return ConnectorError(recovery, at: text(2), text(3), remedy: text(4))
    }

    init(_ result: ReadResult) {
        self.init(.given, texts: ["\(result.progress.rawValue)", "\(result.lines)"])
        fields.append(result.text)
        fields += (result.position.map { ["\($0.version)", $0.position] } ?? ["", ""]).map { ContiguousArray($0.utf8) }
        for reject in result.rejects { fields += [ContiguousArray(reject.record), ContiguousArray(reject.reason.utf8)] }
    }

    /// nil where it is something else.
    var result: ReadResult? {
        guard kind == .given, fields.count >= 5, fields.count % 2 == 1,
            let progress = UInt8(text(0)).flatMap({ ReadResult.Progress(rawValue: $0) }), let lines = Int(text(1)),
            fields[2].count(where: { $0 == 10 }) == lines
        else { return nil }
        var result = ReadResult(text: fields[2], lines: lines, progress: progress)
        if !fields[3].isEmpty {
            guard let version = UInt16(text(3)) else { return nil }
            result.position = Checkpoint(version: version, position: text(4))
        }
        for index in stride(from: 5, to: fields.count, by: 2) {
            result.rejects.append(.init(record: Array(fields[index]), reason: text(index + 1)))
        }
        return result
    }

    init(_ batch: DeliveryBatch) {
        self.init(.deliver)
        fields.reserveCapacity(4 * batch.count)
        for record in batch.records {
            fields.append(ContiguousArray(record.kind.rawValue.utf8))
            for part in [record.key, record.profile, record.json] { fields.append(ContiguousArray(batch.bytes[part])) }
        }
    }

    /// nil where it is something else.
    var batch: DeliveryBatch? {
        guard kind == .deliver, fields.count % 4 == 0 else { return nil }
        var batch = DeliveryBatch()
        for index in stride(from: 0, to: fields.count, by: 4) {
            guard let kind = DeliveryBatch.Kind(rawValue: text(index)) else { return nil }
            batch.append(kind, key: text(index + 1), profile: text(index + 2), json: fields[index + 3])
        }
        return batch
    }

    init(_ receipt: DeliveryReceipt) { self.init(.delivered, texts: receipt.refused.flatMap { ["\($0.record)", $0.reason] }) }

    /// nil where it is something else.
    var receipt: DeliveryReceipt? {
        guard kind == .delivered, fields.count % 2 == 0 else { return nil }
        var refused: [DeliveryReceipt.Refusal] = []
        for index in stride(from: 0, to: fields.count, by: 2) {
            guard let record = Int(text(index)) else { return nil }
            refused.append(.init(record: record, reason: text(index + 1)))
        }
        return DeliveryReceipt(refused: refused)
    }
}
