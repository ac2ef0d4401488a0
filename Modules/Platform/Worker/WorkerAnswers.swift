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
            let messages = try await messages(of: reference, kinds: [.identify])
            return JSONObject([.init("traits", .object(Person.traits(of: messages.all, at: messages.now)))])
        case .events(let reference, let limit):
            let messages = try await messages(of: reference, kinds: nil)
            let events = messages.all.suffix(limit).map { JSONValue.object($0.json) }
            return JSONObject([.init("events", .array(events)), .init("total", .integer(Int64(messages.all.count)))])
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
            let id = try await resolved(reference)
            let identifiers = try await worker.beside { question throws(CommandError) in try question.person(id).identifiers }
            return JSONObject([
                .init(
                    "links",
                    .array(
                        identifiers.map { identifier in
                            .object(JSONObject([.init("namespace", .string(identifier.kind.word)), .init("id", .string(identifier.text))]))
                        }))
            ])
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
        }
    }

    private func profile(_ reference: String) async throws(ServiceError) -> JSONObject {
        let id = try await resolved(reference)
        let segments = try await segments(of: reference).map(\.name)
        return try await worker.beside { question throws(CommandError) in
            let person = try question.person(id)
            let messages = try attempt { try person.messages(until: question.now, threads: 2) }
            return ProfileResult(
                id: person.id, identifiers: person.identifiers.map { .init(namespace: $0.kind.word, id: $0.text) },
                traits: Person.traits(of: messages, at: question.now), messages: messages.count, firstSeen: messages.first?.timestamp,
                lastSeen: messages.last?.timestamp, segments: segments
            ).json
        }
    }

    private func segments(of reference: String) async throws(ServiceError) -> [(name: String, validUntil: Instant?)] {
        let id = try await resolved(reference)
        let kinds: [IdentifierKind] =
            id.namespace == "anonymous_id" ? [.anonymous] : id.namespace == "user_id" ? [.user] : [.user, .anonymous]
        if try await worker.now({ loop in loop.profile(id.id, kinds).map { loop.isRegrouped($0) } ?? false }) { await worker.settle() }
        let found = try await worker.now { loop in loop.profile(id.id, kinds).map { loop.segments(of: $0) } }
        guard let found else {
            throw ServiceError(
                .notFound, "No profile has the identifier \"\(id.id)\".", remedy: "Send a message that names it, or ask for another.")
        }
        return found.sorted { $0.name.precedesByScalars($1.name) }
    }

    /// A reference by user id or anonymous id; one by e-mail address is looked up.
    private func resolved(_ text: String) async throws(ServiceError) -> ProfileReference {
        let reference = ProfileReference(text)
        guard reference.namespace == "email" else { return reference }
        let identifier = try await worker.beside { question throws(CommandError) in try question.person(reference).identifiers.first }
        guard let identifier else { throw ServiceError(.notFound, "Nobody has that address.", remedy: "Ask by user_id.") }
        return ProfileReference(namespace: identifier.kind.word, id: identifier.text)
    }

    private func messages(of reference: String, kinds: Set<Message.Kind>?) async throws(ServiceError) -> (all: [Message], now: Instant) {
        let id = try await resolved(reference)
        return try await worker.beside { question throws(CommandError) in
            let person = try question.person(id)
            return (try attempt { try person.messages(until: question.now, kinds: kinds, threads: 2) }, question.now)
        }
    }

    /// Each purpose that was ever decided on, as the language reads it now; those inside others with a dot.
    private func consent(_ reference: String) async throws(ServiceError) -> JSONObject {
        let messages = try await messages(of: reference, kinds: nil)
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
        for message in messages.all {
            if let preferences = message.context["consent"]?.asObject?["categoryPreferences"]?.asObject { collect(preferences, []) }
        }
        let timeline = Timeline(messages.all)
        var consent = JSONObject()
        for purpose in purposes.sorted(by: { $0.joined(separator: ".").precedesByScalars($1.joined(separator: ".")) }) {
            let value = Operand.consent(purpose.map { Text($0) })
            let (isSet, isGiven) = (Rule(root: .exists(value)), Rule(root: .holds(value)))
            guard Reference(isSet, now: messages.now).isMember(timeline) else { continue }
            consent.set(purpose.joined(separator: "."), .bool(Reference(isGiven, now: messages.now).isMember(timeline)))
        }
        return JSONObject([.init("consent", .object(consent))])
    }

    private func members(_ segment: String, after: String?, limit: Int) async throws(ServiceError) -> JSONObject {
        guard let ordinals = try await worker.now({ $0.members(of: segment) }) else {
            throw ServiceError(.notFound, "There is no segment '\(segment)'.", remedy: "GET /v1/segments lists them.")
        }
        let ids = try await worker.beside { question throws(CommandError) in
            let (ids, profileOf) = (try attempt { try question.snapshot.canonicalIDs() }, question.snapshot.profileOfIdentifier)
            return ordinals.map { ids[Int(profileOf[Int($0)])] }.sorted { $0.precedesByScalars($1) }
        }
        let start = after.map { after in ids.firstIndex { after.precedesByScalars($0) } ?? ids.count } ?? 0
        let page = ids[start...].prefix(limit)
        return JSONObject([
            .init("members", .array(page.map { .string($0) })), .init("total", .integer(Int64(ids.count))),
            .init("next", start + page.count < ids.count ? page.last.map { .string($0) } ?? .null : .null),
        ])
    }

    /// Segments from the worker's thread; features asked of the person's messages.
    private func decide(_ reference: String) async throws(ServiceError) -> JSONObject {
        let id = try await resolved(reference)
        let segments = try await segments(of: reference).map(\.name)
        return try await worker.beside { question throws(CommandError) in
            let person = try question.person(id)
            let features = question.definitions(.feature)
            var values = JSONObject()
            if !features.isEmpty {
                let timeline = Timeline(try attempt { try person.messages(until: Instant(milliseconds: .max), threads: 2) })
                for feature in features {
                    guard let formula = try? question.formula(feature.body, source: .feature(feature.name)) else { continue }
                    values.set(feature.name, Reference(formula, now: question.now).value(timeline).json)
                }
            }
            return JSONObject([
                .init("profile", .object(JSONObject([.init("id", .string(person.id))]))), .init("segments", .list(segments)),
                .init("features", .object(values)),
            ])
        }
    }
}
