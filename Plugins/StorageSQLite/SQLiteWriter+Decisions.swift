import EventModel
import Foundation
import GRDB
import Identity
import Storage

// MARK: Decisions about people

/// Decisions that wait for the next commit.
struct Decided {
    var saved: [Definition] = []
    var removed: [Definition] = []
    var lastUnmerge: Int64?
}

extension SQLiteWriter {
    func takeRegrouped() -> [UInt32] { settlement.graph.takeRegrouped() }

    func unmerge(
        _ identifier: Identifier, from other: Identifier?, statement: PeopleStatement
    ) throws(StoreError) -> PeopleOutcome {
        guard let ordinal = ordinal(of: identifier.text, kind: identifier.kind) else {
            return .unknown(unknown(identifier))
        }
        var side: UInt32?
        if let other {
            guard let known = self.ordinal(of: other.text, kind: other.kind) else {
                return .unknown(unknown(other))
            }
            guard known != ordinal, profile(of: known) == profile(of: ordinal) else {
                return .refused("\(identifier) and \(other) are not two identifiers of one profile. Nothing is to be parted.")
            }
            side = known
        }
        let cuts = settlement.graph.cuts(of: ordinal, from: side)
        guard !cuts.isEmpty else { return .refused("\(identifier) stands alone already: no link of it is in force.") }
        let number = try lastUnmerge() + 1
        let decision = Unmerge(number: Int(number), identifier: identifier, other: other, cuts: cuts, statement: statement)
        var decisions = settlement.graph.decisions
        decisions.unmerges.append(decision)
        return try decide(decisions, .unmerge(decision.number), statement, about: decision) {
            $0.saved.append(decision.definition)
            $0.lastUnmerge = number
        }
    }

    private func unknown(_ identifier: Identifier) -> String {
        guard identifier.kind.trait != nil, !settlement.graph.decisions.rules.links.contains(identifier.kind) else {
            return "Nobody has the identifier \(identifier). Name one that a message carried."
        }
        return "\(identifier) is looked up, and is no identifier that links. Name user_id:U or anonymous_id:A; `profile` lists them."
    }

    func rejoin(_ number: Int, statement: PeopleStatement) throws(StoreError) -> PeopleOutcome {
        var decisions = settlement.graph.decisions
        guard let place = decisions.unmerges.firstIndex(where: { $0.number == number }) else {
            let known = decisions.unmerges.map { String($0.number) }.joined(separator: ", ")
            return .unknown(
                "There is no unmerge \(number) in force. " + (known.isEmpty ? "There is none at all." : "In force: \(known)."))
        }
        let decision = decisions.unmerges.remove(at: place)
        return try decide(decisions, .rejoin(number), statement, about: decision) { $0.removed.append(decision.definition) }
    }

    func adopt(_ decisions: IdentityDecisions) throws(StoreError) {
        var own = settlement.graph.decisions
        var number = try lastUnmerge()
        for unmerge in decisions.unmerges {
            let isKnown = own.unmerges.contains {
                $0.identifier == unmerge.identifier && $0.other == unmerge.other && $0.cuts == unmerge.cuts
                    && $0.statement == unmerge.statement
            }
            if isKnown { continue }
            var unmerge = unmerge
            // An archive's own number stands where it is free, so that what is exported again is the same.
            if own.unmerges.contains(where: { $0.number == unmerge.number }) || unmerge.number <= number {
                unmerge.number = Int(number) + 1
            }
            number = max(number, Int64(unmerge.number))
            own.unmerges.append(unmerge)
            decided.saved.append(unmerge.definition)
            decided.lastUnmerge = number
        }
        let rules = own.rules.isEmpty && !decisions.rules.isEmpty ? decisions.rules : nil
        guard own != settlement.graph.decisions || rules != nil else { return }
        settlement.decide(own)
        guard let rules else { return }
        // Limits ask for the times of links, which are read from the messages again.
        try commit(source: nil, position: nil)
        let fingerprint = settlement.fingerprint
        try attempting { try CuratedLayer.rebuild($0, fingerprint: fingerprint, rules: rules) }
        // What memory holds is of the old tables.
        let (people, key) = (try attempting { try PeopleTables.Held($0) }, settlement.key)
        settlement = Settlement(key: key, graph: people.graph(key: key), dictionaries: dictionaries)
        savedPeople = PeopleTables.Saved(settlement.graph)
        dedupe = try attempting { try DedupeIndex($0) }
    }

    private func attempting<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try connection.inDatabase(body) } catch { throw StoreError(error, path: store.path) }
    }

    /// The last number that an unmerge was given, one that is not saved yet included.
    private func lastUnmerge() throws(StoreError) -> Int64 {
        if let waiting = decided.lastUnmerge { return waiting }
        return try attempting { try Schema.number(.unmerges, $0) }
    }

    /// Puts decisions in force with everything that waits, and says what that changed.
    private func decide(
        _ decisions: IdentityDecisions, _ cause: PeopleRecord.Cause, _ statement: PeopleStatement, about unmerge: Unmerge,
        _ note: (inout Decided) -> Void
    ) throws(StoreError) -> PeopleOutcome {
        let touched = unmerge.cuts.flatMap { [$0.a, $0.b] }.compactMap { ordinal(of: $0.text, kind: $0.kind) }
        let before = settlement.graph.names(of: touched)
        settlement.decide(decisions)
        let after = settlement.graph.names(of: touched)
        settlement.note(PeopleRecord(number: 0, cause: cause, before: before, after: after, statement: statement))
        note(&decided)
        // What memory holds after an error is not the store's state any more: the commit says so for every later call.
        try commit(source: nil, position: nil)
        let number = try attempting { try Schema.number(.peopleRecords, $0) }
        return .done(
            unmerge.number, PeopleRecord(number: Int(number), cause: cause, before: before, after: after, statement: statement))
    }

    func saveDecisions(_ database: Database) throws {
        for definition in decided.saved { try SQLiteStore.save(definition, database) }
        for definition in decided.removed { _ = try SQLiteStore.remove(definition.kind, definition.name, database) }
        if let last = decided.lastUnmerge { try Schema.set(.unmerges, last, database) }
    }

    /// Makes the people anew by other rules; a store that has these already is left alone.
    static func apply(_ rules: IdentityRules, _ statement: PeopleStatement, _ database: Database) throws {
        guard try DecisionTables.decisions(database).rules != rules else { return }
        try CuratedLayer.rebuild(
            database, fingerprint: Fingerprint(secret: Schema.key(database)), rules: rules, statement: statement)
    }
}

// MARK: Indexes of traits

extension SQLiteWriter {
    func addIndex(of trait: ColumnPath) throws(StoreError) -> TraitIndex? {
        try changeIndexes { database in
            guard try TraitIndexTables.index(of: trait, database) == nil else { return nil }
            let index = try TraitIndexTables.add(trait, database)
            let image = try DictionaryTables.image(database)
            var indexing = try Indexing(database, [index]) { ReaderImage(image) }
            try indexing.takeStored(BlockTable.blocks(database, names: image.names))
            return try TraitIndexTables.index(of: trait, database)?.index
        }
    }

    func removeIndex(of trait: ColumnPath) throws(StoreError) -> Bool {
        try changeIndexes { database in
            guard let index = try TraitIndexTables.index(of: trait, database) else { return false }
            try TraitIndexTables.remove(index, database)
            return true
        }
    }

    private func changeIndexes<Answer>(_ change: (Database) throws -> Answer) throws(StoreError) -> Answer {
        try commit(source: nil, position: nil)
        return try attempting { database in
            var answer: Answer?
            try database.inTransaction(.immediate) {
                answer = try change(database)
                try Schema.bumpVersion(database)
                return .commit
            }
            guard let answer else { preconditionFailure("a transaction that ended was run") }
            return answer
        }
    }
}
