import Connectors
import EventModel
import Rules
import Storage

/// What is stored and saved: names, sizes, people.
extension Question {
    func members(_ expression: String, limit: Int?) throws(CommandError) -> MembersResult {
        let members = try members(of: rule(expression))
        let ids = try attempt { try snapshot.canonicalIDs() }
        let sorted = members.members.map { ids[$0] }.sorted { $0.precedesByScalars($1) }
        return MembersResult(members: limit.map { Array(sorted.prefix($0)) } ?? sorted, total: sorted.count)
    }

    func segments() throws(CommandError) -> SegmentsResult { try sizes(of: definitions(.segment)) }

    func segment(_ name: String) throws(CommandError) -> SegmentsResult {
        guard let definition = definition(.segment, name) else { throw unknown(.segment, name) }
        return try sizes(of: [definition])
    }

    /// The sizes of segments, all from one scan. A refused definition is listed with its problem.
    private func sizes(of definitions: [Definition]) throws(CommandError) -> SegmentsResult {
        let rules = definitions.map { definition in
            Result { () throws(CommandError) in try rule(definition.body, source: .segment(definition.name)) }
        }
        let memberships = try members(of: rules.compactMap { try? $0.get() })
        var next = 0
        let entries = zip(definitions, rules).map { definition, rule in
            switch rule {
            case .success:
                next += 1
                return SegmentEntry(name: definition.name, members: memberships[next - 1].count, body: definition.body)
            case .failure(let error):
                return SegmentEntry(name: definition.name, members: nil, body: definition.body, problem: error.message)
            }
        }
        return SegmentsResult(segments: entries, population: snapshot.profileCount)
    }

    func overlap(_ names: [String]) throws(CommandError) -> OverlapResult {
        let chosen = names.isEmpty ? definitions(.segment).map(\.name) : names
        var rules: [Rule] = []
        for name in chosen {
            guard let definition = definition(.segment, name) else { throw unknown(.segment, name) }
            rules.append(try rule(definition.body, source: .segment(name)))
        }
        let sets = try members(of: rules)
        let shared = Membership.overlaps(of: sets, threads: threads)
        var pairs: [OverlapResult.Pair] = []
        for a in chosen.indices {
            for b in chosen.indices.dropFirst(a + 1) {
                let both = shared[a][b]
                pairs.append(.init(a: chosen[a], b: chosen[b], both: both, either: shared[a][a] + shared[b][b] - both))
            }
        }
        return OverlapResult(names: chosen, sizes: chosen.indices.map { shared[$0][$0] }, pairs: pairs)
    }

    func events() throws(CommandError) -> EventsResult {
        EventsResult(events: try attempt { try snapshot.eventNames().map { .init(name: $0.name, count: $0.rows) } })
    }

    func event(_ name: String) throws(CommandError) -> EventResult {
        let names = try attempt { try snapshot.eventNames() }
        guard let found = names.first(where: { $0.name.sameScalars(as: name) }) else {
            let near = nearMatch(to: name, among: names.map(\.name)).map { " Did you mean \"\($0)\"?" } ?? ""
            throw CommandError(.name, "No event is called \"\(name)\".\(near) `events` lists the names.")
        }
        let paths = Self.leaves(try attempt { try snapshot.paths(kind: .track, event: name) }).filter { Self.spelled($0) != nil }
        let profiles = try properties(paths, kind: .track, event: name, top: 10)
        let entries = zip(paths, profiles).map { path, profile in
            EventResult.Property(
                name: Self.spelled(path) ?? "", kinds: profile.kinds,
                presence: profile.rows > 0 ? Double(profile.present) / Double(profile.rows) : 0, top: profile.top.map(\.value))
        }
        return EventResult(name: name, count: found.rows, properties: entries)
    }

    /// A property or context path as the language writes it; nil for what it cannot ask by path.
    static func spelled(_ path: ColumnPath) -> String? {
        switch path.first {
        case "properties" where path.count > 1: spelled(path.dropFirst(), before: "")
        case "context" where path.count > 1: spelled(path.dropFirst(), before: "context")
        default: nil
        }
    }

    func traits() throws(CommandError) -> TraitsResult {
        let names = try traitPaths().map { Self.spelled($0[...], before: "trait") }
        let sets = try members(of: names.map { name throws(CommandError) in try rule("exists(\(name))") })
        return TraitsResult(
            traits: zip(names, sets).map { .init(name: String($0.dropFirst("trait.".count)), profiles: $1.count) })
    }

    /// Paths of traits, without those that only hold others.
    func traitPaths() throws(CommandError) -> [[String]] {
        let all = try attempt { try snapshot.paths(kind: .identify, event: nil) }.filter { $0.first == "traits" && $0.count > 1 }
        return Self.leaves(all).map { Array($0.dropFirst()) }
    }

    /// Paths without those that only hold others.
    static func leaves(_ paths: [[String]]) -> [[String]] {
        paths.filter { path in !paths.contains { $0.count > path.count && $0.starts(with: path) } }
    }

    func features() -> FeaturesResult {
        FeaturesResult(features: definitions(.feature).map { .init(name: $0.name, value: DefinitionText($0.body).expression) })
    }

    /// The error of a name that is not defined, with the nearest one that is.
    func unknown(_ kind: Definition.Kind, _ name: String) -> CommandError {
        let near = nearMatch(to: name, among: definitions(kind).map(\.name)).map { " Did you mean '\($0)'?" } ?? ""
        return CommandError(.name, "There is no \(kind.rawValue) '\(name)'.\(near) `\(kind.rawValue)s` lists them.")
    }

    /// A path as the segment language writes it: names that are not plain are quoted.
    static func spelled(_ path: ArraySlice<String>, before: String) -> String {
        path.reduce(before) { text, name in
            let plain = name.first.map { $0 == "_" || $0.isLetter } ?? false && name.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
            return text + "." + (plain ? name : JSONValue.string(name).text)
        }
    }
}
