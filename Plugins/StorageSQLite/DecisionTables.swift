import EventModel
import Foundation
import GRDB
import Identity
import Storage

/// What decisions about people come to: links out of force, times of links, and the log of people.
///
/// The decisions themselves are definitions. The first two tables follow from them and the blocks, the log from nothing else.
enum DecisionTables {
    private static let noRefusal = DamagedTable(name: "link_refusal", isCurated: true)
    private static let noTime = DamagedTable(name: "said_time", isCurated: true)
    private static let noRecord = DamagedTable(name: "people_record")
    private static let noDecision = DamagedTable(name: "definition")

    static let tables = """
        CREATE TABLE link_refusal(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
        CREATE TABLE said_time(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, seal INTEGER NOT NULL);
        CREATE TABLE people_record(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, data BLOB NOT NULL);
        """

    /// The decisions among a store's definitions.
    static func decisions(_ database: Database) throws -> IdentityDecisions {
        guard let decisions = IdentityDecisions(try SQLiteStore.definitions(database)) else { throw noDecision }
        return decisions
    }

    // MARK: Links out of force

    /// Why links are out of force, by their places; the bytes are the place and the reason of each.
    static func refusals(_ database: Database) throws -> [Int: LinkRefusal] {
        guard try Schema.hasDecisions(database) else { return [:] }
        var refusals: [Int: LinkRefusal] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT first, data FROM link_refusal ORDER BY first")
        while let row = try rows.next() {
            let data = try Sealed.bytes(try row.decode(atIndex: 1), .refusal, try row.decode(atIndex: 0), damaged: noRefusal)
            for start in stride(from: 0, to: data.count - 4, by: 5) {
                let place = data[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
                guard let refusal = LinkRefusal(code: data[start + 4]) else { throw noRefusal }
                refusals[place] = refusal
            }
        }
        guard try Schema.number(.refusals, database) == Int64(refusals.count) else { throw noRefusal }
        return refusals
    }

    private static let refusalsPerRow = 65_536

    static func save(_ refusals: [Int: LinkRefusal], _ database: Database) throws {
        try database.execute(sql: "DELETE FROM link_refusal")
        let places = refusals.keys.sorted()
        for start in stride(from: 0, to: places.count, by: refusalsPerRow) {
            let part = places[start..<min(start + refusalsPerRow, places.count)]
            var data = Data(capacity: part.count * 5)
            for place in part {
                withUnsafeBytes(of: UInt32(place).littleEndian) { data.append(contentsOf: $0) }
                data.append(refusals[place]?.code ?? 0)
            }
            try database.execute(
                sql: "INSERT INTO link_refusal(first, count, data) VALUES(?, ?, ?)",
                arguments: [start, part.count, Sealed.data(data, .refusal, Int64(start))])
        }
        try Schema.set(.refusals, Int64(places.count), database)
    }

    // MARK: Times of links, where limits ask for them

    private static func timeID(alias: Bool, _ place: Int) -> Int64 { Int64(place) << 1 | (alias ? 1 : 0) }

    /// Sets the times of links and aliases.
    static func readTimes(_ links: inout [IdentityGraph.Link], _ aliases: inout [IdentityGraph.Alias], _ database: Database) throws {
        var count = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT id, time, seal FROM said_time")
        while let row = try rows.next() {
            let (id, time): (Int64, Int64) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            let place = Int(id >> 1)
            guard Sealed.seal(.saidTime, id, time) == (try row.decode(Int64.self, atIndex: 2)), place >= 0,
                place < (id & 1 == 1 ? aliases.count : links.count)
            else { throw noTime }
            if id & 1 == 1 {
                let alias = aliases[place]
                aliases[place] = .init(
                    user: alias.user, previous: alias.previous, message: alias.message, messageIsUUID: alias.messageIsUUID, time: time)
            } else {
                let link = links[place]
                links[place] = .init(a: link.a, b: link.b, message: link.message, messageIsUUID: link.messageIsUUID, time: time)
            }
            count += 1
        }
        guard count == links.count + aliases.count else { throw noTime }
    }

    /// Saves the times of links and aliases at some places.
    static func saveTimes(
        links: some Sequence<(place: Int, time: Int64)>, aliases: some Sequence<(place: Int, time: Int64)>, _ database: Database
    ) throws {
        let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO said_time(id, time, seal) VALUES(?, ?, ?)")
        func save(_ id: Int64, _ time: Int64) throws {
            try statement.execute(arguments: [id, time, Sealed.seal(.saidTime, id, time)])
        }
        for (place, time) in links { try save(timeID(alias: false, place), time) }
        for (place, time) in aliases { try save(timeID(alias: true, place), time) }
    }

    // MARK: The log of people

    /// Adds records, which get the next numbers.
    static func save(_ records: [PeopleRecord], _ database: Database) throws {
        guard !records.isEmpty else { return }
        let first = try Schema.number(.peopleRecords, database) + 1
        var data = Data()
        for record in records { append(record, to: &data) }
        try database.execute(
            sql: "INSERT INTO people_record(first, count, data) VALUES(?, ?, ?)",
            arguments: [first, records.count, Sealed.data(data, .peopleRecord, first, Int64(records.count))])
        try Schema.set(.peopleRecords, first + Int64(records.count) - 1, database)
    }

    static func records(_ database: Database) throws -> [PeopleRecord] {
        guard try Schema.hasDecisions(database) else { return [] }
        var records: [PeopleRecord] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT first, count, data FROM people_record ORDER BY first")
        while let row = try rows.next() {
            let (first, count): (Int64, Int64) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            var rest = try Sealed.bytes(try row.decode(atIndex: 2), .peopleRecord, first, count, damaged: noRecord)[...]
            guard first == Int64(records.count) + 1 else { throw noRecord }
            for _ in 0..<count {
                guard let record = record(&rest, number: records.count + 1) else { throw noRecord }
                records.append(record)
            }
        }
        guard try Schema.number(.peopleRecords, database) == Int64(records.count) else { throw noRecord }
        return records
    }

    /// The cause, the time, the decision's number, the profiles before and after, and three texts.
    private static func append(_ record: PeopleRecord, to data: inout Data) {
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) } }
        func append(_ text: String) {
            append(UInt32(text.utf8.count))
            data.append(contentsOf: text.utf8)
        }
        func append(_ ordinals: [UInt32]) {
            append(UInt32(ordinals.count))
            for ordinal in ordinals { append(ordinal) }
        }
        let (code, decision, message): (UInt8, Int, String) =
            switch record.cause {
            case .merge(let id): (1, 0, id)
            case .unmerge(let number): (2, number, "")
            case .rejoin(let number): (3, number, "")
            case .rules: (4, 0, "")
            case .order(let id): (5, 0, id)
            }
        append(code)
        append(record.at.milliseconds)
        append(UInt32(decision))
        append(record.before)
        append(record.after)
        for text in [message, record.by, record.reason] { append(text) }
    }

    private static func record(_ rest: inout ArraySlice<UInt8>, number: Int) -> PeopleRecord? {
        func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func word(_ bytes: Int) -> UInt64? { take(bytes)?.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        func text() -> String? { word(4).flatMap { take(Int($0)) }.map { String(decoding: $0, as: UTF8.self) } }
        func ordinals() -> [UInt32]? {
            guard let count = word(4), let bytes = take(Int(count) * 4) else { return nil }
            return stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
                bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
        }
        guard let code = word(1), let time = word(8), let decision = word(4), let before = ordinals(), let after = ordinals(),
            let message = text(), let by = text(), let reason = text()
        else { return nil }
        let cause: PeopleRecord.Cause
        switch code {
        case 1: cause = .merge(messageID: message)
        case 2: cause = .unmerge(Int(decision))
        case 3: cause = .rejoin(Int(decision))
        case 4: cause = .rules
        case 5: cause = .order(messageID: message)
        default: return nil
        }
        return PeopleRecord(
            number: number, cause: cause, at: Instant(milliseconds: Int64(bitPattern: time)), before: before, after: after, by: by,
            reason: reason)
    }
}

extension LinkRefusal {
    /// The number that a store keeps; never reused.
    fileprivate var code: UInt8 {
        switch self {
        case .cut: 1
        case .blocked: 2
        case .limit(let kind): 16 + kind.rawValue
        }
    }

    fileprivate init?(code: UInt8) {
        switch code {
        case 1: self = .cut
        case 2: self = .blocked
        case 16...:
            guard let kind = IdentifierKind(rawValue: code - 16) else { return nil }
            self = .limit(kind)
        default: return nil
        }
    }
}
