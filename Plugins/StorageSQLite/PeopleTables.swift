import Foundation
import GRDB
import Identity
import Storage

/// Reads and writes identifiers and links, in pieces that each commit adds.
enum PeopleTables {
    private static let damaged = StoreError(.damaged, "the tables of people are damaged. Make them anew with: tessera-archive rebuild")

    static func identifierCount(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT total(count) FROM identifier") ?? 0
    }

    static func identifiers(_ database: Database) throws -> IdentifierTexts {
        var texts = IdentifierTexts()
        for row in try Row.fetchAll(database, sql: "SELECT count, data FROM identifier ORDER BY first") {
            let count: Int = row[0]
            let data: Data = row[1]
            let isRead = data.withUnsafeBytes { IdentifierPiece.append($0, count: count, to: &texts) }
            guard isRead else { throw damaged }
        }
        return texts
    }

    /// Adds the identifiers from `first` on.
    static func save(_ texts: IdentifierTexts, from first: Int, _ database: Database) throws {
        for start in stride(from: first, to: texts.count, by: IdentifierPiece.most) {
            let end = min(start + IdentifierPiece.most, texts.count)
            try database.execute(
                sql: "INSERT INTO identifier(first, count, data) VALUES(?, ?, ?)",
                arguments: [start, end - start, Data(IdentifierPiece.encode(texts, start..<end))])
        }
    }

    /// The pairs of all links, for readers.
    static func pairs(_ database: Database) throws -> [(a: UInt32, b: UInt32)] {
        var pairs: [(a: UInt32, b: UInt32)] = []
        for row in try Row.fetchAll(database, sql: "SELECT count, pairs FROM link ORDER BY first") {
            let count: Int = row[0]
            let data: Data = row[1]
            guard data.count == count * 8 else { throw damaged }
            data.withUnsafeBytes { raw in
                for index in 0..<count {
                    let a = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt32.self))
                    let b = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: index * 8 + 4, as: UInt32.self))
                    pairs.append((a, b))
                }
            }
        }
        return pairs
    }

    static func links(_ database: Database) throws -> [IdentityGraph.Link] {
        var messages: [(MessageKey, Bool)] = []
        for data in try Data.fetchAll(database, sql: "SELECT messages FROM link ORDER BY first") {
            data.withUnsafeBytes { raw in
                for start in stride(from: 0, to: raw.count - 16, by: 17) { messages.append(key(raw, at: start)) }
            }
        }
        let pairs = try pairs(database)
        guard pairs.count == messages.count else { throw damaged }
        return zip(pairs, messages).map { IdentityGraph.Link(a: $0.a, b: $0.b, message: $1.0, messageIsUUID: $1.1) }
    }

    private static func key(_ raw: UnsafeRawBufferPointer, at start: Int) -> (MessageKey, Bool) {
        let high = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        let low = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
        return (MessageKey(high: high, low: low), raw[start + 16] == 1)
    }

    private static func append(_ key: MessageKey, isUUID: Bool, to data: inout Data) {
        withUnsafeBytes(of: key.high.bigEndian) { data.append(contentsOf: $0) }
        withUnsafeBytes(of: key.low.bigEndian) { data.append(contentsOf: $0) }
        data.append(isUUID ? 1 : 0)
    }

    /// Adds the links from `first` on.
    static func save(_ links: [IdentityGraph.Link], from first: Int, _ database: Database) throws {
        guard first < links.count else { return }
        var pairs = Data(capacity: (links.count - first) * 8)
        var messages = Data(capacity: (links.count - first) * 17)
        for link in links[first...] {
            withUnsafeBytes(of: link.a.littleEndian) { pairs.append(contentsOf: $0) }
            withUnsafeBytes(of: link.b.littleEndian) { pairs.append(contentsOf: $0) }
            append(link.message, isUUID: link.messageIsUUID, to: &messages)
        }
        try database.execute(
            sql: "INSERT INTO link(first, count, pairs, messages) VALUES(?, ?, ?, ?)",
            arguments: [first, links.count - first, pairs, messages])
    }

    static func aliases(_ database: Database) throws -> [IdentityGraph.Alias] {
        try Row.fetchAll(database, sql: "SELECT user, previous, message FROM alias ORDER BY number").map { row in
            let message: Data = row[2]
            guard message.count == 17 else { throw damaged }
            let (key, isUUID) = message.withUnsafeBytes { Self.key($0, at: 0) }
            let user: UInt32 = row[0]
            let previous: Data = row[1]
            return IdentityGraph.Alias(user: user, previous: Array(previous), message: key, messageIsUUID: isUUID)
        }
    }

    /// Adds the aliases from `first` on.
    static func save(_ aliases: [IdentityGraph.Alias], from first: Int, _ database: Database) throws {
        for (index, alias) in aliases.enumerated().dropFirst(first) {
            var message = Data()
            append(alias.message, isUUID: alias.messageIsUUID, to: &message)
            try database.execute(
                sql: "INSERT INTO alias(number, user, previous, message) VALUES(?, ?, ?, ?)",
                arguments: [index, alias.user, Data(alias.previous), message])
        }
    }
}
