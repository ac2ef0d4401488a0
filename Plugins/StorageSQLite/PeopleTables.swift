import Foundation
import GRDB
import Identity
import Storage

/// Reads and writes identifiers and links, in pieces that each commit adds.
enum PeopleTables {
    private static let noOne = DamagedTable(name: "identifier")
    private static let noLink = DamagedTable(name: "link", isCurated: true)
    private static let noAlias = DamagedTable(name: "alias", isCurated: true)

    /// Everyone that committed tables know, and what was decided about them.
    struct Held {
        let texts: IdentifierTexts
        let links: [IdentityGraph.Link]
        let aliases: [IdentityGraph.Alias]
        let decisions: IdentityDecisions

        init(_ database: Database) throws {
            texts = try PeopleTables.identifiers(database)
            decisions = try DecisionTables.decisions(database)
            var (links, aliases) = (try PeopleTables.links(database), try PeopleTables.aliases(database))
            if !decisions.rules.limits.isEmpty { try DecisionTables.readTimes(&links, &aliases, database) }
            (self.links, self.aliases) = (links, aliases)
        }

        /// Who is who.
        func graph(key: (UInt64, UInt64)) -> IdentityGraph {
            IdentityGraph(texts: texts, links: links, aliases: aliases, decisions: decisions) {
                ColumnarBatch.identifierHash($0, kind: $1, key: key)
            }
        }
    }

    /// Saves what a graph has beyond `saved`, and which links are out of force.
    static func save(_ graph: borrowing IdentityGraph, beyond saved: Saved, _ database: Database) throws {
        try save(graph.texts, from: saved.identifiers, database)
        try save(graph.links, from: saved.links, database)
        try save(graph.aliases, from: saved.aliases, database)
        if graph.hasNewRefusals { try DecisionTables.save(graph.refusals, database) }
        guard !graph.decisions.rules.limits.isEmpty else { return }
        let links = Set(saved.links..<max(saved.links, graph.links.count)).union(graph.earlierLinks)
        let aliases = Set(saved.aliases..<max(saved.aliases, graph.aliases.count)).union(graph.earlierAliases)
        let (allLinks, allAliases) = (graph.links, graph.aliases)
        try DecisionTables.saveTimes(
            links: links.lazy.map { ($0, allLinks[$0].time) }, aliases: aliases.lazy.map { ($0, allAliases[$0].time) }, database)
    }

    /// How much of a graph the tables hold.
    struct Saved {
        var identifiers = 0
        var links = 0
        var aliases = 0

        init() {}
        init(_ graph: borrowing IdentityGraph) {
            (identifiers, links, aliases) = (graph.texts.count, graph.links.count, graph.aliases.count)
        }
    }

    // MARK: Identifiers

    /// How many identifiers there are; their pieces follow each other without a gap.
    static func identifierCount(_ database: Database) throws -> Int {
        let rows = try Row.fetchCursor(database, sql: "SELECT first, count FROM identifier ORDER BY first")
        var total = 0
        while let row = try rows.next() { total += try piece(row, after: total) }
        return total
    }

    private static func piece(_ row: Row, after total: Int) throws -> Int {
        let (first, count): (Int, Int) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
        guard first == total, count > 0, count <= IdentifierPiece.most else { throw noOne }
        return count
    }

    /// The texts of all identifiers.
    ///
    /// - Parameter known: Those of an earlier state, which are not read again.
    static func identifiers(_ database: Database, beyond known: IdentifierTexts = IdentifierTexts()) throws -> IdentifierTexts {
        var texts = known
        let rows = try Row.fetchCursor(
            database, sql: "SELECT first, count, data FROM identifier WHERE first >= ? ORDER BY first", arguments: [known.count])
        while let row = try rows.next() {
            let first = texts.count
            let count = try piece(row, after: first)
            let data: Data = try row.decode(atIndex: 2)
            let isRead = data.withUnsafeBytes { raw in
                Sealed.open(raw, .identifier, Int64(first), Int64(count)).map { IdentifierPiece.append($0, count: count, to: &texts) }
                    ?? false
            }
            guard isRead, texts.count == first + count else { throw noOne }
        }
        return texts
    }

    /// Adds the identifiers from `first` on.
    static func save(_ texts: IdentifierTexts, from first: Int, _ database: Database) throws {
        for start in stride(from: first, to: texts.count, by: IdentifierPiece.most) {
            let end = min(start + IdentifierPiece.most, texts.count)
            let bytes = Sealed.data(IdentifierPiece.encode(texts, start..<end), .identifier, Int64(start), Int64(end - start))
            try database.execute(
                sql: "INSERT INTO identifier(first, count, data) VALUES(?, ?, ?)", arguments: [start, end - start, bytes])
        }
        let ofTraits = texts.kinds[min(first, texts.count)...].count { IdentifierKind(rawValue: $0)?.trait != nil }
        if ofTraits > 0 { try Schema.set(.traitIdentifiers, try Schema.number(.traitIdentifiers, database) + Int64(ofTraits), database) }
    }

    // MARK: Links

    /// The pairs of all links, for readers.
    static func pairs(_ database: Database) throws -> [(a: UInt32, b: UInt32)] {
        var pairs: [(a: UInt32, b: UInt32)] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT first, pairs FROM link ORDER BY first")
        while let row = try rows.next() {
            let first: Int = try row.decode(atIndex: 0)
            guard first == pairs.count else { throw noLink }
            let data = try Sealed.bytes(try row.decode(atIndex: 1), .pairs, Int64(first), damaged: noLink)
            data.withUnsafeBytes { raw in
                for start in stride(from: 0, to: raw.count - 7, by: 8) {
                    let a = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt32.self))
                    let b = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
                    pairs.append((a, b))
                }
            }
        }
        guard try Schema.number(.links, database) == Int64(pairs.count) else { throw noLink }
        return pairs
    }

    static func links(_ database: Database) throws -> [IdentityGraph.Link] {
        var messages: [(MessageKey, Bool)] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT first, messages FROM link ORDER BY first")
        while let row = try rows.next() {
            let data = try Sealed.bytes(try row.decode(atIndex: 1), .linkMessages, try row.decode(atIndex: 0), damaged: noLink)
            data.withUnsafeBytes { raw in
                for start in stride(from: 0, to: raw.count - 16, by: 17) { messages.append(key(raw, at: start)) }
            }
        }
        let pairs = try pairs(database)
        let people = try identifierCount(database)
        guard pairs.count == messages.count, pairs.allSatisfy({ $0.a < people && $0.b < people }) else { throw noLink }
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
            arguments: [
                first, links.count - first, Sealed.data(pairs, .pairs, Int64(first)), Sealed.data(messages, .linkMessages, Int64(first)),
            ])
        try Schema.set(.links, Int64(links.count), database)
    }

    // MARK: Aliases

    static func aliases(_ database: Database) throws -> [IdentityGraph.Alias] {
        var aliases: [IdentityGraph.Alias] = []
        let people = try identifierCount(database)
        let rows = try Row.fetchCursor(database, sql: "SELECT number, data FROM alias ORDER BY number")
        while let row = try rows.next() {
            let number: Int64 = try row.decode(atIndex: 0)
            let data = try Sealed.bytes(try row.decode(atIndex: 1), .alias, number, damaged: noAlias)
            guard number == Int64(aliases.count), data.count >= 21 else { throw noAlias }
            let (user, message) = data.withUnsafeBytes {
                (UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)), Self.key($0, at: 4))
            }
            guard user < people else { throw noAlias }
            aliases.append(IdentityGraph.Alias(user: user, previous: Array(data[21...]), message: message.0, messageIsUUID: message.1))
        }
        guard try Schema.number(.aliases, database) == Int64(aliases.count) else { throw noAlias }
        return aliases
    }

    /// Adds the aliases from `first` on: the user's ordinal, the message, then the previous id.
    static func save(_ aliases: [IdentityGraph.Alias], from first: Int, _ database: Database) throws {
        for (index, alias) in aliases.enumerated().dropFirst(first) {
            var data = Data()
            withUnsafeBytes(of: alias.user.littleEndian) { data.append(contentsOf: $0) }
            append(alias.message, isUUID: alias.messageIsUUID, to: &data)
            data.append(contentsOf: alias.previous)
            try database.execute(
                sql: "INSERT INTO alias(number, data) VALUES(?, ?)", arguments: [index, Sealed.data(data, .alias, Int64(index))])
        }
        if first < aliases.count { try Schema.set(.aliases, Int64(aliases.count), database) }
    }
}
