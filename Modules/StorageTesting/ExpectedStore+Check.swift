import EventModel
import Storage

/// What a store did not say as it should have.
struct Difference: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// Throws where `holds` is false.
func expect(_ holds: Bool, _ what: @autoclosure () -> String) throws(Difference) {
    if !holds { throw Difference(what()) }
}

extension ExpectedStore {
    /// Compares everything a snapshot says with the messages that were accepted.
    func check(_ snapshot: any StoreSnapshot) throws {
        try checkRows(snapshot)
        try checkPeople(snapshot)
        try checkNames(snapshot)
        for block in snapshot.blocks { try checkColumns(snapshot, block) }
    }

    // MARK: Rows

    private func checkRows(_ snapshot: any StoreSnapshot) throws {
        var expected: [[UInt8]: Int] = [:]
        for (index, message) in messages.enumerated() { expected[Array(message.messageID.utf8)] = index }
        for block in snapshot.blocks {
            let place = "block \(block.id)"
            let read = try snapshot.read(block, paths: [])
            let ids = try snapshot.messageIDs(block)
            let held = try snapshot.messages(block, rows: Array(0..<block.rows))
            try expect(block.rows > 0, "\(place) is empty")
            try expect(
                read.ordinals.count == block.rows && read.times.count == block.rows && ids.count == block.rows && held.count == block.rows,
                "\(place) does not give a value for each row")
            try expect(
                read.times.min() == block.minTime && read.times.max() == block.maxTime && read.ordinals.first == block.minOrdinal
                    && read.ordinals.last == block.maxOrdinal, "the bounds of \(place) are not those of its rows")
            for row in 0..<block.rows {
                guard let index = expected.removeValue(forKey: Array(ids[row].utf8)) else {
                    throw Difference("\(place) has messageId \(ids[row]), which was not accepted or is there twice")
                }
                let message = messages[index]
                try expect(
                    JSONValue.object(held[row].json) == .object(message.json),
                    "a message came back as \(held[row].json.text) and was \(message.json.text)")
                try expect(held[row].kind == message.kind && block.kind == message.kind, "the kind of \(ids[row]) changed")
                try expect(read.times[row] == message.timestamp.milliseconds, "the time of \(ids[row]) changed")
                if let event = block.event {
                    try expect(message.event?.sameScalars(as: event) ?? false, "\(ids[row]) is not of event \(event)")
                }
                let (kind, text) = try snapshot.identifier(Int(read.ordinals[row]))
                try expect(
                    Identifier(kind: kind, text: Array(text.utf8)) == owners[index], "\(ids[row]) counts for \(kind.word) \(text)")
                guard row > 0 else { continue }
                let before = (read.ordinals[row - 1], read.times[row - 1])
                let here = (read.ordinals[row], read.times[row])
                try expect(
                    before < here || before == here && ids[row - 1].precedesByScalars(ids[row]),
                    "rows \(row - 1) and \(row) of \(place) are not in order of identifier, time and messageId")
            }
            if let scanning = snapshot as? any MessageScanning { try checkScan(scanning, block, read, held) }
        }
        try expect(
            expected.isEmpty,
            "\(expected.count) accepted messages are not there, the first is \(expected.first.map { messages[$0.value].json.text } ?? "")")
        try expect(snapshot.latestTime == messages.map(\.timestamp.milliseconds).max(), "latestTime is not the latest message's")
    }

    private func checkScan(
        _ snapshot: some MessageScanning, _ block: BlockSummary, _ read: ColumnarBlock, _ held: [Message]
    ) throws {
        var next = 0
        try snapshot.eachMessage(block) { row, ordinal, time, id, json in
            try expect(row == next && ordinal == read.ordinals[row] && time == read.times[row], "eachMessage goes out of order")
            try expect(id.elementsEqual(held[row].messageID.utf8), "eachMessage gives another messageId at row \(row)")
            try expect(json.elementsEqual(held[row].json.text.utf8), "eachMessage writes \(String(decoding: json, as: UTF8.self))")
            next += 1
        }
        try expect(next == block.rows, "eachMessage gives \(next) of \(block.rows) rows")
    }

    // MARK: Names and people

    private func checkNames(_ snapshot: any StoreSnapshot) throws {
        let names = try snapshot.eventNames()
        try expect(
            zip(names, names.dropFirst()).allSatisfy { $0.name.precedesByScalars($1.name) }, "event names are not in order of scalars")
        let counts: [[UInt8]: Int] = names.reduce(into: [:]) { $0[Array($1.name.utf8)] = $1.rows }
        try expect(counts == eventNames(), "event names and counts are \(names)")
        var asked: [(Message.Kind, String?)] = Message.Kind.allCases.map { ($0, nil) }
        asked += names.prefix(12).map { (.track, $0.name) } + [(.track, "no such event")]
        for (kind, event) in asked {
            let paths = try snapshot.paths(kind: kind, event: event)
            let bytes = paths.map { $0.map { Array($0.utf8) } }
            try expect(
                zip(bytes, bytes.dropFirst()).allSatisfy { a, b in a.lexicographicallyPrecedes(b) { $0.lexicographicallyPrecedes($1) } },
                "paths are not in order of scalars, or given twice")
            let wanted = self.paths(kind: kind, event: event)
            try expect(
                Set(bytes) == wanted,
                "paths of \(kind.word) \(event ?? "") differ by \(Set(bytes).symmetricDifference(wanted).map { $0.map { String(decoding: $0, as: UTF8.self) } })"
            )
        }
    }

    private func checkPeople(_ snapshot: any StoreSnapshot) throws {
        let profiles = snapshot.profileOfIdentifier
        let canonical = try snapshot.canonicalIDs()
        try expect(
            profiles.count == snapshot.identifierCount && canonical.count == snapshot.profileCount
                && profiles.allSatisfy { Int($0) < snapshot.profileCount }, "counts of people do not agree")
        var people: [UInt32: Set<Identifier>] = [:]
        for ordinal in 0..<snapshot.identifierCount {
            let (kind, text) = try snapshot.identifier(ordinal)
            people[profiles[ordinal], default: []].insert(Identifier(kind: kind, text: Array(text.utf8)))
        }
        let wanted = self.people()
        try expect(people.values.reduce(0) { $0 + $1.count } == snapshot.identifierCount, "an identifier has two ordinals")
        try expect(
            Set(people.values) == wanted,
            "the people are others: \(Set(people.values).symmetricDifference(wanted).map { $0.map { "\($0.kind.word) " + String(decoding: $0.text, as: UTF8.self) } })"
        )
        for (profile, person) in people {
            try expect(
                Array(canonical[Int(profile)].utf8) == Self.canonicalID(of: person),
                "profile \(profile) is called \(canonical[Int(profile)])")
        }
        for person in wanted.prefix(20) {
            for identifier in person {
                let text = String(decoding: identifier.text, as: UTF8.self)
                let ordinal = try snapshot.ordinal(of: text, kind: identifier.kind)
                try expect(
                    try ordinal.map { try snapshot.identifier($0) }.map { $0.kind == identifier.kind && $0.text.sameScalars(as: text) }
                        ?? false,
                    "ordinal(of: \(text)) finds another")
            }
        }
        try expect(try snapshot.ordinal(of: "nobody was ever called so", kind: .user) == nil, "an unknown identifier has an ordinal")
    }

    // MARK: Columns

    private func checkColumns(_ snapshot: any StoreSnapshot, _ block: BlockSummary) throws {
        let held = try snapshot.messages(block, rows: Array(0..<block.rows))
        var paths = try snapshot.paths(kind: block.kind, event: nil)
        paths += [["event"], ["no such path"], ["properties", "no such", "path"], ["properties"]]
        let read = try snapshot.read(block, paths: paths)
        try expect(read.columns.count == paths.count, "a column is missing")
        for (path, column) in zip(paths, read.columns) {
            try expect(column.tags.count == block.rows, "the column at \(path) has \(column.tags.count) tags")
            if let uniform = column.uniformTag {
                try expect(column.tags.allSatisfy { $0 == uniform }, "the column at \(path) is not uniform")
            }
            for row in 0..<block.rows {
                let value = held[row].json.value(at: path)
                try expect(
                    Self.says(column, row, value),
                    "row \(row) of block \(block.id) at \(path) is not \(value?.text ?? "absent"): tag \(column.tags[row])")
            }
        }
        // The envelope has no columns.
        for column in try snapshot.read(block, paths: Envelope.names.filter { $0 != "event" }.map { [$0] }).columns {
            try expect(column.tags.allSatisfy { $0 == ValueTag.absent }, "a member of the envelope has a column")
        }
    }

    private static func says(_ column: Column, _ row: Int, _ value: JSONValue?) -> Bool {
        let tag = column.tags[row]
        switch value {
        case nil: return tag == ValueTag.absent
        case .null?: return tag == ValueTag.null
        case .bool(let truth)?: return tag == (truth ? ValueTag.yes : ValueTag.no)
        case .array?: return tag == ValueTag.array
        case .object?: return tag == ValueTag.object
        case .string(let text)?:
            guard tag == ValueTag.text, let dictionary = column.dictionary else { return false }
            return dictionary[Int(column.texts[row])].sameScalars(as: text)
        case .integer?, .unsigned?, .number?:
            guard tag == ValueTag.number, let number = value?.asDouble, column.numbers[row].bitPattern == number.bitPattern else {
                return false
            }
            guard !column.mantissas.isEmpty else { return true }
            let mantissa = column.mantissas[row]
            return mantissa.magnitude < 1_000_000_000_000_000 && Double("\(mantissa)e-\(column.scale)") == number
        }
    }
}
