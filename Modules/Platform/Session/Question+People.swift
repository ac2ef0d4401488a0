import EventModel
import Rules
import Storage

/// One person at a time.
extension Question {
    func profile(_ reference: ProfileReference) throws(CommandError) -> ProfileResult {
        let person = try person(reference)
        let messages = try attempt { try person.messages(until: now, threads: threads) }
        let saved = definitions(.segment).compactMap { definition in
            (try? rule(definition.body, source: .segment(definition.name))).map { (definition.name, $0) }
        }
        let sets = try members(of: saved.map(\.1))
        let segments = zip(saved, sets).compactMap { $1.contains(person.profile) ? $0.0 : nil }
        let traits = Person.traits(of: messages, at: now)
        return ProfileResult(
            id: person.id, identifiers: person.identifiers.map { .init(namespace: $0.kind.word, id: $0.text) },
            traits: traits.values, asOf: traits.asOf, messages: messages.count, firstSeen: messages.first?.timestamp,
            lastSeen: messages.last?.timestamp, segments: segments)
    }

    func timeline(_ reference: ProfileReference, limit: Int?) throws(CommandError) -> TimelineResult {
        let person = try person(reference)
        let messages = try attempt { try person.messages(until: now, threads: threads) }
        return TimelineResult(
            id: person.id, events: limit.map { Array(messages.suffix($0)) } ?? messages, total: messages.count)
    }

    /// The log of people: everybody's, or one person's; a limit keeps the latest.
    func merges(_ reference: ProfileReference?, limit: Int?) throws(CommandError) -> MergesResult {
        let ordinals = try reference.map { reference throws(CommandError) in OrdinalSet(try person(reference).ordinals) }
        return try attempt {
            let records = try snapshot.peopleRecords(touching: ordinals)
            let shown = limit.map { Array(records.suffix($0)) } ?? records
            return MergesResult(
                merges: try shown.map { record in
                    try MergesResult.Entry(record) { try snapshot.identifier(Int($0)).text }
                }, total: records.count)
        }
    }

    /// Links that join nobody; a limit keeps the latest.
    func refusedMerges(limit: Int?) throws(CommandError) -> RefusedMergesResult {
        try attempt {
            let links = try snapshot.refusedLinks()
            let shown = limit.map { Array(links.suffix($0)) } ?? links
            func spelled(_ ordinal: UInt32) throws -> String {
                let (kind, text) = try snapshot.identifier(Int(ordinal))
                return Identifier(kind, text).description
            }
            return RefusedMergesResult(
                refused: try shown.map { .init(identifiers: try [spelled($0.a), spelled($0.b)], because: $0.refusal.word) },
                total: links.count)
        }
    }

    /// Finds the person that a reference names.
    func person(_ reference: ProfileReference) throws(CommandError) -> Person {
        try attempt { try Person(profile: profileNumber(reference), in: snapshot) }
    }

    private func profileNumber(_ reference: ProfileReference) throws(CommandError) -> Int {
        switch reference.namespace {
        case let word? where IdentifierKind(word: word)?.trait != nil: return try soleProfile(with: word, reference)
        case "anonymous_id": return try known(reference.id, [.anonymous])
        case "user_id": return try known(reference.id, [.user])
        default: return try known(reference.id, IdentifierKind.carried)
        }
    }

    private func known(_ id: String, _ kinds: [IdentifierKind]) throws(CommandError) -> Int {
        for kind in kinds {
            if let found = try linked(Identifier(kind, id)) { return found }
        }
        let words = kinds.map(\.word).joined(separator: " or ")
        throw CommandError(.name, "No profile has the \(words) \"\(id)\". `members true limit 5` shows what ids look like.")
    }

    /// The profile that an identifier belongs to; nil where it was never seen, or names nobody.
    private func linked(_ identifier: Identifier) throws(CommandError) -> Int? {
        guard let ordinal = try attempt({ try snapshot.ordinal(of: identifier.text, kind: identifier.kind) }) else { return nil }
        let profile = snapshot.profileOfIdentifier[ordinal]
        return profile == IdentifierKind.nobody ? nil : Int(profile)
    }

    /// Who is linked by a trait's value, else who alone has it now.
    private func soleProfile(with trait: String, _ reference: ProfileReference) throws(CommandError) -> Int {
        if let linked = try linked(reference.identifier()) { return linked }
        let value = reference.id
        let found = try members(of: rule("trait.\(trait) == \(JSONValue.string(value).text)")).members
        if found.count == 1 { return found[0] }
        if found.isEmpty { throw CommandError(.name, "No profile has the trait \(trait) \"\(value)\" now.") }
        let ids = try attempt { try snapshot.canonicalIDs() }
        let names = found.prefix(5).map { ids[$0] }.joined(separator: ", ")
        throw CommandError(.name, "\(found.count) profiles have the trait \(trait) \"\(value)\": \(names). Name one by its user_id.")
    }
}
