import Content
import EventModel
import Foundation
import Rules
import Service
import Storage

/// The worker's answers: who is where comes from its thread, what happened from a snapshot.
struct WorkerAnswers {
    let worker: Worker

    func answer(_ question: ServiceQuestion) async throws(ServiceError) -> JSONObject {
        switch question {
        case .profile(let reference): return try await profile(reference)
        case .traits(let reference):
            return try await kept(question, reference, kinds: [.identify]) { _, messages, now in
                Person.traits(of: messages, at: now).json
            }
        case .events(let reference, let limit):
            return try await kept(question, reference, kinds: nil) { person, messages, now in
                let events = messages.suffix(limit).map { JSONValue.object($0.json) }
                return JSONObject([.init("events", .array(events)), .init("total", .integer(Int64(messages.count)))])
            }
        case .segments(let reference):
            let segments = try await segments(of: reference)
            return JSONObject([
                .init(
                    "segments",
                    .array(
                        segments.map { segment in
                            .object(
                                JSONObject([
                                    .init("name", .string(segment.name)),
                                    .init("valid_until", segment.validUntil.map { .string($0.text) } ?? .null),
                                ]))
                        }))
            ])
        case .links(let reference):
            return try await kept(question, reference, kinds: []) { person, _, _ in
                let links = person.identifiers.map { identifier in
                    JSONValue.object(JSONObject(["namespace": .string(identifier.kind.word), "id": .string(identifier.text)]))
                }
                return JSONObject([.init("links", .array(links))])
            }
        case .consent(let reference): return try await consent(reference)
        case .segmentList:
            let sizes = try await worker.now { $0.sizes }
            return JSONObject([
                .init(
                    "segments",
                    .array(
                        sizes.map { segment in
                            .object(
                                JSONObject([
                                    .init("name", .string(segment.name)), .init("members", .integer(Int64(segment.members))),
                                    .init("expression", .string(segment.expression)),
                                ]))
                        }))
            ])
        case .members(let segment, let after, let limit): return try await members(segment, after: after, limit: limit)
        case .preview(let expression, let limit):
            return try await worker.beside { question throws(CommandError) in
                let members = try question.members(expression, limit: limit)
                return JSONObject([
                    .init("count", .integer(Int64(members.total))), .init("members", .array(members.members.map { .string($0) })),
                ])
            }
        case .merges(let reference):
            let id = try await resolved(reference)
            return try await worker.beside { question throws(CommandError) in try question.merges(id, limit: nil).json }
        case .decide(let reference): return try await decide(reference)
        case .quarantine:
            let path = worker.path
            return try await told { () async throws(CommandError) in try QuarantineFolder(store: path).summary().json }
        case .replayQuarantine: return try await told { () async throws(CommandError) in try await worker.replayQuarantine().json }
        case .offer(let key, let reference): return try await offer(key, to: reference)
        case .offers(let reference):
            let offers = try await offers(nil, to: reference).map { offer in
                JSONValue.object(JSONObject([.init("key", .string(offer.key))] + offer.json.members))
            }
            return JSONObject([.init("offers", .array(offers))])
        }
    }

    private func told(_ ask: () async throws(CommandError) -> JSONObject) async throws(ServiceError) -> JSONObject {
        do throws(CommandError) { return try await ask() } catch { throw ServiceError(error) }
    }

    /// Segments are as of this moment, whatever is kept of the rest.
    private func profile(_ reference: String) async throws(ServiceError) -> JSONObject {
        guard worker.follows else {
            let id = try await resolved(reference)
            return try await worker.beside { question throws(CommandError) in try question.profile(id).json }
        }
        let segments = try await segments(of: reference).map(\.name)
        let answer = try await kept(.profile(reference), reference, kinds: nil) { person, messages, now in
            let traits = Person.traits(of: messages, at: now)
            return ProfileResult(
                id: person.id, identifiers: person.identifiers.map { .init(namespace: $0.kind.word, id: $0.text) },
                traits: traits.values, asOf: traits.asOf, messages: messages.count, firstSeen: messages.first?.timestamp,
                lastSeen: messages.last?.timestamp, segments: []
            ).json
        }
        guard var profile = answer["profile"]?.asObject else { return answer }
        profile.set("segments", .list(segments))
        return JSONObject([.init("profile", .object(profile))])
    }

    /// An answer that was given before and holds still, else one made of the person's messages until now.
    ///
    /// - Parameter kinds: What messages it is made of; nil: all of them. They alone decide when time makes the answer another.
    private func kept(
        _ question: ServiceQuestion, _ reference: String, kinds: Set<Message.Kind>?,
        _ make: @escaping @Sendable (Person, [Message], Instant) -> JSONObject
    ) async throws(ServiceError) -> JSONObject {
        let key = question.cacheKey
        if let key, let known = worker.cache.find(key, now: worker.now, steady: WorkerClock.steady) { return known }
        let change = worker.cache.lastChange
        let id = try await resolved(reference)
        let (answer, profile, until) = try await worker.beside { question throws(CommandError) in
            let (person, now) = (try question.person(id), question.now)
            let all =
                kinds?.isEmpty == true
                ? [] : try attempt { try person.messages(until: Instant(milliseconds: .max), kinds: kinds, threads: 2) }
            let messages = Array(all.prefix { $0.timestamp <= now })
            var until = all.count > messages.count ? all[messages.count].timestamp : nil
            for message in messages {
                // What a message says may hold until an instant that it names.
                guard case .instant(let end) = Value.time(Value(message.context["expiresAt"])), end > now.milliseconds else { continue }
                until = min(until ?? Instant(milliseconds: .max), Instant(milliseconds: end))
            }
            return (make(person, messages, now), person.ordinals.min() ?? 0, until)
        }
        if let key { worker.cache.keep(answer, to: key, about: profile, after: change, until: until, steady: WorkerClock.steady) }
        return answer
    }

    private func segments(of reference: String) async throws(ServiceError) -> [(name: String, validUntil: Instant?)] {
        try await membership(of: reference).segments
    }

    /// What the worker's thread knows of a profile, all of one moment.
    private struct Membership: Sendable {
        /// Canonical id.
        var id: String
        /// By name.
        var segments: [(name: String, validUntil: Instant?)]
        var offers: [LiveOffers.Answer]
        /// Computed traits that are kept up to date, and the names of all.
        var features: [String: Value]
        var featureNames: [String]
    }

    private func membership(of reference: String) async throws(ServiceError) -> Membership {
        let id = try await resolved(reference)
        func ask() async throws(ServiceError) -> (found: Membership?, isRegrouped: Bool) {
            try await worker.now { loop in
                guard let profile = loop.profile(id.id, id.kinds) else { return (nil, false) }
                let found = Membership(
                    id: loop.canonicalID(of: profile), segments: loop.segments(of: profile).sorted { $0.name.precedesByScalars($1.name) },
                    offers: loop.offers(to: profile), features: loop.features(of: profile), featureNames: loop.featureNames)
                return (found, loop.isRegrouped(profile))
            }
        }
        var answer = try await ask()
        if answer.isRegrouped {
            await worker.settle()
            answer = try await ask()
        }
        guard let found = answer.found else {
            throw ServiceError(
                .notFound, "No profile has the identifier \"\(id.id)\".", remedy: "Send a message that names it, or ask for another.")
        }
        return found
    }

    /// What offers give somebody; whoever was never seen is answered as one who has sent nothing.
    ///
    /// - Parameter key: nil: all of them.
    private func offers(_ key: String?, to reference: String) async throws(ServiceError) -> [LiveOffers.Answer] {
        var id: ProfileReference?
        do throws(ServiceError) { id = try await resolved(reference) } catch { guard error.code == .notFound else { throw error } }
        return try await worker.now { [id] loop in loop.offers(key, to: id.flatMap { loop.profile($0.id, $0.kinds) }) }
    }

    private func offer(_ key: String, to reference: String) async throws(ServiceError) -> JSONObject {
        guard let answer = try await offers(key, to: reference).first else {
            throw ServiceError(.notFound, "There is no offer '\(key)'.", remedy: "Ask for all of them to see which there are.")
        }
        if let problem = answer.problem {
            throw ServiceError(.invalid, "The offer '\(key)' cannot be chosen from: \(problem)", remedy: "Mend its file and apply it.")
        }
        return answer.json
    }

    /// A reference by an identifier that links; one by a trait that does not is looked up.
    private func resolved(_ text: String) async throws(ServiceError) -> ProfileReference {
        let reference = ProfileReference(text)
        let named = reference.identifier()
        guard named.kind.trait != nil else { return reference }
        if try await worker.now({ $0.profile(named.text, [named.kind]) }) != nil {
            return ProfileReference(namespace: named.kind.word, id: named.text)
        }
        let identifier = try await worker.beside { question throws(CommandError) in try question.person(reference).identifiers.first }
        guard let identifier else { throw ServiceError(.notFound, "Nobody has that \(named.kind.word).", remedy: "Ask by user_id.") }
        return ProfileReference(namespace: identifier.kind.word, id: identifier.text)
    }

    /// Each purpose that was ever decided on, as the language reads it now; those inside others with a dot.
    private func consent(_ reference: String) async throws(ServiceError) -> JSONObject {
        try await kept(.consent(reference), reference, kinds: nil) { _, messages, now in
            var purposes: Set<[String]> = []
            func collect(_ object: JSONObject, _ path: [String]) {
                for member in object.members {
                    switch member.value {
                    case .bool: purposes.insert(path + [member.name])
                    case .object(let inner): collect(inner, path + [member.name])
                    default: break
                    }
                }
            }
            for message in messages {
                if let preferences = message.context["consent"]?.asObject?["categoryPreferences"]?.asObject { collect(preferences, []) }
            }
            let timeline = Timeline(messages)
            var consent = JSONObject()
            for purpose in purposes.sorted(by: { $0.joined(separator: ".").precedesByScalars($1.joined(separator: ".")) }) {
                let value = Operand.consent(purpose.map { Text($0) })
                let (isSet, isGiven) = (Rule(root: .exists(value)), Rule(root: .holds(value)))
                guard Reference(isSet, now: now).isMember(timeline) else { continue }
                consent.set(purpose.joined(separator: "."), .bool(Reference(isGiven, now: now).isMember(timeline)))
            }
            return JSONObject([.init("consent", .object(consent))])
        }
    }

    private func members(_ segment: String, after: String?, limit: Int) async throws(ServiceError) -> JSONObject {
        let ids = try await worker.memberIDs(of: segment)
        let start = after.map { after in ids.firstIndex { after.precedesByScalars($0) } ?? ids.count } ?? 0
        let page = ids[start...].prefix(limit)
        return JSONObject([
            .init("members", .array(page.map { .string($0) })), .init("total", .integer(Int64(ids.count))),
            .init("next", start + page.count < ids.count ? page.last.map { .string($0) } ?? .null : .null),
        ])
    }

    /// All from the worker's thread, but for features that whole messages have to be read for.
    private func decide(_ reference: String) async throws(ServiceError) -> JSONObject {
        let own = try await membership(of: reference)
        var chosen = JSONObject()
        for offer in own.offers where offer.choice != nil {
            chosen.set(offer.key, .object(JSONObject(offer.json.members.filter { ["variant", "value", "reason"].contains($0.name) })))
        }
        var features = own.features.mapValues(\.json)
        if features.count < own.featureNames.count {
            for (name, value) in try await featuresOfMessages(reference, besides: Set(features.keys)) { features[name] = value }
        }
        var values = JSONObject()
        for name in own.featureNames { if let value = features[name] { values.set(name, value) } }
        return JSONObject([
            .init("profile", .object(JSONObject([.init("id", .string(own.id))]))), .init("segments", .list(own.segments.map(\.name))),
            .init("features", .object(values)), .init("offers", .object(chosen)),
        ])
    }

    /// Features asked of the person's whole messages.
    private func featuresOfMessages(
        _ reference: String, besides known: Set<String>
    ) async throws(ServiceError) -> [(String, JSONValue)] {
        let id = try await resolved(reference)
        return try await worker.beside { question throws(CommandError) in
            let timeline = Timeline(try attempt { try question.person(id).messages(until: Instant(milliseconds: .max), threads: 2) })
            return question.definitions(.feature).filter { !known.contains($0.name) }.compactMap { feature in
                guard let formula = try? question.formula(feature.body, source: .feature(feature.name)) else { return nil }
                return (feature.name, Reference(formula, now: question.now).value(timeline).json)
            }
        }
    }
}

extension ProfileReference {
    /// The kinds of identifier that it may be, in the order in which they are looked for.
    fileprivate var kinds: [IdentifierKind] {
        namespace.flatMap(IdentifierKind.init(word:)).map { [$0] } ?? IdentifierKind.carried
    }
}
