import Content
import EventModel
import Rules
import Storage
import Yams

/// One offer of a file `offers/*.yaml`.
struct OfferEntry: Sendable {
    var offer: Offer
    /// Where it begins.
    var place: Place
    /// Where each rule's condition stands.
    var conditions: [YAMLPlaces]

    var definition: Definition { Definition(kind: .offer, name: offer.key, body: offer.text) }

    /// The place in the file of a place in a condition; nil where it is of another offer.
    func located(_ place: Place) -> Place? {
        conditions.indices.first { offer.source(of: $0).label.sameScalars(as: place.source) }.map { conditions[$0].place(of: place) }
    }
}

/// Reads a file `offers/*.yaml`: a map `{key, title, kind, enabled, variants, default, rules}`, or a list of them. In a map the key may be
/// left out: it is the file's.
struct OfferFile {
    private let document: YAMLDocument
    private(set) var entries: [OfferEntry] = []
    private(set) var problems: [RuleError] = []

    init(_ text: String, file: String, stem: String) {
        document = YAMLDocument(file: file, text: text)
        do throws(RuleError) {
            switch try document.root(least: "variants and default at least") {
            case .sequence(let elements): for element in elements { read(element, stem: nil) }
            case let root: read(root, stem: stem)
            }
        } catch { problems.append(error) }
    }

    private mutating func read(_ node: Node, stem: String?) {
        do throws(OfferMistakes) {
            let offer = try Offer(Self.settings(node), key: stem)
            let conditions = (node.mapping?[Node("rules")]?.sequence.map { Array($0) } ?? []).compactMap {
                $0.mapping?[Node("when")]?.scalar
            }
            entries.append(
                OfferEntry(
                    offer: offer, place: document.place(node.mark),
                    conditions: conditions.map { YAMLPlaces(file: document.file, text: document.text, scalar: $0) }))
        } catch {
            for mistake in error.all {
                problems.append(document.problem(mistake.problem, Self.mark(of: mistake, in: node), hint: mistake.remedy))
            }
        }
    }

    /// Settings that are names, titles or conditions: texts, whatever they look like. YAML takes `on` and `no` for truths.
    private static let texts = ["key", "title", "kind", "default", "name", "when", "variant"]

    private static func settings(_ node: Node) -> JSONValue {
        guard case .mapping(let mapping) = node else { return JSONValue(node) }
        return .object(
            JSONObject(
                mapping.map { key, value in
                    let name = key.string ?? ""
                    if texts.contains(name), case .scalar(let scalar) = value { return .init(name, .string(scalar.string)) }
                    if name == "rules", case .sequence(let rules) = value { return .init(name, .array(rules.map(settings))) }
                    return .init(name, JSONValue(value))
                }))
    }

    /// Where a mistake stands: the value at the end of its path, or its name.
    private static func mark(of mistake: OfferMistake, in root: Node) -> Mark? {
        var (node, mark) = (root, root.mark)
        for (depth, name) in mistake.path.enumerated() {
            if case .mapping(let mapping) = node, let found = mapping.first(where: { $0.key.string?.sameScalars(as: name) == true }) {
                let isName = mistake.isAboutName && depth == mistake.path.count - 1
                mark = (isName ? found.key.mark : found.value.mark) ?? mark
                node = found.value
            } else if case .sequence(let sequence) = node, let index = Int(name), sequence.indices.contains(index) {
                node = sequence[index]
                mark = node.mark ?? mark
            }
        }
        return mark
    }
}
