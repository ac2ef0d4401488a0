import Connectors
import EventModel
import Storage

/// Names that messages carry, numbered as they are met: who sent them, what for. Beyond 63 of them the rest share one.
struct OriginNames {
    private(set) var names: [String] = []
    /// The number of the rest.
    private static let rest = 63

    /// The number of a name; nil for nothing.
    mutating func number(of name: String?) -> UInt8 {
        guard let name, !name.isEmpty else { return Self.none }
        if let known = names.firstIndex(where: { $0.sameScalars(as: name) }) { return UInt8(known) }
        if names.count >= Self.rest { return UInt8(Self.rest) }
        names.append(name)
        return UInt8(names.count - 1)
    }

    /// The number of no name.
    static let none: UInt8 = 64

    /// Names whose bits are set, by scalars; the rest as `...` at the end.
    func named(_ bits: UInt64) -> [String] {
        names.indices.filter { bits & (1 << UInt64($0)) != 0 }.map { names[$0] }.sorted { $0.precedesByScalars($1) }
            + (bits & (1 << UInt64(Self.rest)) != 0 ? ["..."] : [])
    }
}

/// Which source and which purpose each row of a block names.
struct MessageOrigins {
    /// Of each row, by `OriginNames`.
    private(set) var sources: [UInt8]
    private(set) var purposes: [UInt8]

    /// Where a message says so: `context.source`, else the library that sent it; `context.purpose`.
    static let paths: [ColumnPath] = [["context", "source"], ["context", "library", "name"], ["context", "purpose"]]

    /// - Parameter columns: At `paths`.
    init(_ columns: ArraySlice<Column>, rows: Int, _ sourceNames: inout OriginNames, _ purposeNames: inout OriginNames) {
        let (own, library, purpose) = (columns[columns.startIndex], columns[columns.startIndex + 1], columns[columns.startIndex + 2])
        sources = own.numbers(rows, &sourceNames)
        for (row, number) in library.numbers(rows, &sourceNames).enumerated() where sources[row] == OriginNames.none {
            sources[row] = number
        }
        purposes = purpose.numbers(rows, &purposeNames)
    }
}

extension Column {
    /// The number of each row's text; each text of the dictionary is looked up once.
    fileprivate func numbers(_ rows: Int, _ names: inout OriginNames) -> [UInt8] {
        var numbers = [UInt8](repeating: OriginNames.none, count: rows)
        guard let dictionary, uniformTag == nil || uniformTag == ValueTag.text else { return numbers }
        var known: [UInt32: UInt8] = [:]
        for row in 0..<rows where tags[row] == ValueTag.text {
            let text = texts[row]
            let number = known[text] ?? names.number(of: dictionary[Int(text)])
            known[text] = number
            numbers[row] = number
        }
        return numbers
    }
}

/// Sources and purposes that were met, as bits.
struct MetOrigins {
    private(set) var sources: UInt64 = 0
    private(set) var purposes: UInt64 = 0

    mutating func meet(_ origins: MessageOrigins, row: Int) {
        let (source, purpose) = (origins.sources[row], origins.purposes[row])
        if source < OriginNames.none { sources |= 1 << UInt64(source) }
        if purpose < OriginNames.none { purposes |= 1 << UInt64(purpose) }
    }
}

/// The names of an audit, and what its sources have agreed to.
struct AuditOrigins {
    var sources = OriginNames()
    var purposes = OriginNames()
    let agreements: [SourceAgreement]

    init(agreements: [SourceAgreement]) { self.agreements = agreements }

    /// Who sent it, and what for: what messages say, and what those sources have agreed to, each once and by scalars.
    func named(_ met: MetOrigins) -> (sources: [String], purposes: [String]) {
        let sources = sources.named(met.sources)
        var purposes = purposes.named(met.purposes)
        for agreement in agreements where sources.contains(where: { $0.sameScalars(as: agreement.name) }) {
            if let purpose = agreement.purpose, !purposes.contains(where: { $0.sameScalars(as: purpose) }) { purposes.append(purpose) }
        }
        return (sources, purposes.sorted { $0.precedesByScalars($1) })
    }
}
