import EventModel
import Storage

/// Somebody whose canonical id became another.
struct RenamedPerson: Sendable {
    /// The identifier that they were called by.
    var ordinal: UInt32
    /// Its text.
    var former: String
    /// Canonical id now.
    var id: String
    /// All their identifiers, by ordinals.
    var identifiers: [UInt32]
}

extension StoreSnapshot {
    /// What there is of people now.
    ///
    /// - Parameter record: The last record of membership that was delivered.
    func people(delivered record: Int64) throws -> DeliveryPlace.People {
        .init(identifiers: identifierCount, records: try peopleRecords(touching: nil).count, record: record)
    }

    /// Who got another canonical id behind a place, each former id once, by its ordinal; also some that were none since long ago.
    ///
    /// New ids come by messages, as identifiers of a person that was there before, and by the log of people, as profiles that became one.
    /// Where the rules of identity are made others, who was renamed by that is not among them.
    func renamed(after place: DeliveryPlace.People) throws -> [RenamedPerson] {
        var former: Set<UInt32> = []
        var seen: Set<UInt32> = []
        for ordinal in min(place.identifiers, identifierCount)..<identifierCount {
            let profile = profileOfIdentifier[ordinal]
            guard profile != IdentifierKind.nobody, seen.insert(profile).inserted else { continue }
            let own = try named(identifiers(of: Int(profile)))
            guard own.count > 1 else { continue }
            // Whoever came before a new id that is less may have been called by theirs until then.
            for next in own where next.ordinal >= place.identifiers {
                former.formUnion(own.lazy.filter { $0.ordinal < next.ordinal && next.precedes($0) }.map(\.ordinal))
            }
        }
        let records = try peopleRecords(touching: nil)
        for record in records[min(place.records, records.count)...] { former.formUnion(record.before) }
        return try former.sorted().compactMap { ordinal in
            let profile = profileOfIdentifier[Int(ordinal)]
            guard profile != IdentifierKind.nobody else { return nil }
            let own = try named(identifiers(of: Int(profile)))
            guard let now = own.min(by: { $0.precedes($1) }), now.ordinal != ordinal else { return nil }
            return RenamedPerson(
                ordinal: ordinal, former: try identifier(Int(ordinal)).text, id: now.text, identifiers: own.map(\.ordinal))
        }
    }

    /// Those that a person can be called by.
    private func named(_ ordinals: [UInt32]) throws -> [Named] {
        try ordinals.compactMap { ordinal in
            let (kind, text) = try identifier(Int(ordinal))
            return kind.trait == nil ? Named(ordinal: ordinal, kind: kind, text: text) : nil
        }
    }
}

/// An identifier as it stands among those of a person: who is called by the least.
private struct Named {
    var ordinal: UInt32
    var kind: IdentifierKind
    var text: String

    func precedes(_ other: Named) -> Bool {
        kind != other.kind ? kind.rawValue < other.kind.rawValue : text.precedesByScalars(other.text)
    }
}
