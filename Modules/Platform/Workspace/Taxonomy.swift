import EventModel
import Rules
import Storage

/// An exclusive set of segments in an order: each profile falls into the first that holds, and into the fallback where none does.
///
/// For each of its segments there is one more, `TAXONOMY:SEGMENT`, which leaves out those whom an earlier one has: an ordinary expression
/// over ordinary segments, so everything that answers segments answers these.
struct Taxonomy: Sendable, Equatable {
    /// One segment of the set.
    struct Member: Sendable, Equatable {
        var segment: String
        var title: String?
        var order: Int
    }

    /// The segment that is made where no member holds for everyone.
    static let fallback = "other"

    var name: String
    /// By their order.
    var members: [Member]
    /// Whether the last member holds for everyone, so that none needs to be made.
    var hasFallback: Bool

    /// What the exclusive segment of `member` is called.
    static func name(of member: String, in taxonomy: String) -> String { taxonomy + ":" + member }

    /// The exclusive segments, in their order.
    var definitions: [Definition] {
        var definitions = members.indices.map { index in
            let own = mention(members[index].segment)
            let others = earlier(than: index)
            return definition(
                members[index].segment, title: members[index].title ?? members[index].segment,
                note: "Those in \(members[index].segment) whom no earlier segment of the taxonomy \(name) has.", order: index + 1,
                others.isEmpty ? own : "\(own) and not \(others)")
        }
        if !hasFallback {
            definitions.append(
                definition(
                    Self.fallback, title: "Everyone else", note: "Those whom no segment of the taxonomy \(name) has.",
                    order: members.count + 1, "not \(earlier(than: members.count))"))
        }
        return definitions
    }

    private func mention(_ segment: String) -> String { "segment " + JSONValue.string(segment).text }

    private func earlier(than index: Int) -> String {
        let mentions = members[..<index].map { mention($0.segment) }
        return mentions.count > 1 ? "(" + mentions.joined(separator: " or ") + ")" : mentions.first ?? ""
    }

    private func definition(_ segment: String, title: String, note: String, order: Int, _ expression: String) -> Definition {
        let head = "# title: \(title)\n# note: \(note)\n# taxonomy: \(name)\n# order: \(order)\n"
        return Definition(kind: .segment, name: Self.name(of: segment, in: name), body: head + expression)
    }
}

extension Taxonomy {
    /// The taxonomies that segments' files name, by name, with what is wrong with them.
    static func all(of files: [SegmentFile]) -> (taxonomies: [Taxonomy], problems: [RuleError]) {
        var groups: [Text: [SegmentFile]] = [:]
        for file in files { if let name = file.text.head.taxonomy { groups[Text(name), default: []].append(file) } }
        var (taxonomies, problems): ([Taxonomy], [RuleError]) = ([], [])
        for (name, files) in groups.sorted(by: { $0.key < $1.key }) {
            for file in files where file.text.head.order == nil {
                problems.append(file.problem("a segment of the taxonomy \(name) needs its place there", at: "taxonomy", hint: "# order: 1"))
            }
            let sorted = files.filter { $0.text.head.order != nil }.sorted { ($0.text.head.order ?? 0) < ($1.text.head.order ?? 0) }
            for (file, next) in zip(sorted, sorted.dropFirst()) {
                if file.text.head.order == next.text.head.order {
                    problems.append(next.problem("\(file.name) has this place in \(name) already", at: "order", hint: "choose another"))
                }
                if file.isEverybody {
                    problems.append(
                        file.problem("this holds for everyone, which leaves nobody for \(next.name)", at: "order", hint: "put it last"))
                }
            }
            let hasFallback = sorted.last?.isEverybody ?? false
            if !hasFallback, let other = sorted.first(where: { $0.name.sameScalars(as: fallback) }) {
                problems.append(
                    other.problem(
                        "\(fallback) is the segment that \(name) gets for everyone else", at: "taxonomy",
                        hint: "give it another name, or say true and put it last"))
            }
            taxonomies.append(
                Taxonomy(
                    name: name.string,
                    members: sorted.map { Member(segment: $0.name, title: $0.text.title, order: $0.text.head.order ?? 0) },
                    hasFallback: hasFallback))
        }
        return (taxonomies, problems)
    }
}
