import Connectors
import EventModel
import Rules
import Yams

/// What is wrong with a mapping file: every mistake with its line, so that all are mended in one go.
final class SettingsProblems {
    let file: String
    private var found: [(line: Int, sentence: String)] = []

    init(file: String) { self.file = file }

    var isEmpty: Bool { found.isEmpty }

    func add(_ line: Int, _ place: String, _ sentence: String) {
        found.append((line, "\(file):\(line), \(place.isEmpty ? "" : place + ": ")\(sentence)"))
    }

    /// A sentence that begins with its own place.
    func add(placed sentence: String, line: Int) { found.append((line, sentence)) }

    /// All of them by line, as one error.
    var error: FormatError {
        FormatError(
            found.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element.sentence).joined(
                separator: "\n"))
    }
}

/// A place in a mapping file: a node with the words that lead to it.
struct SettingsNode {
    let node: Node
    /// `message 2, properties.total`
    let place: String
    let problems: SettingsProblems

    /// Line in the file, from 1.
    var line: Int { node.mark?.line ?? 1 }

    /// How the language's errors about a text that stands here begin.
    var source: RuleSource { .other("\(problems.file):\(line), \(place)") }

    func refuse(_ sentence: String) { problems.add(line, place, sentence) }

    /// The scalar's text; refuses anything else.
    func text(_ wanted: String) -> String? {
        guard case .scalar(let scalar) = node else {
            refuse("expected \(wanted)")
            return nil
        }
        return scalar.string
    }

    /// One of the words; refuses anything else, naming the nearest.
    func word(of choices: [String]) -> String? {
        guard let text = text(listed(choices)) else { return nil }
        if choices.contains(where: { $0.sameText(text) }) { return text }
        let near = nearMatch(to: text, among: choices).map { " Did you mean '\($0)'?" } ?? ""
        refuse("'\(text)' is none of \(listed(choices)).\(near)")
        return nil
    }

    /// `true` or `false`.
    var truth: Bool? { word(of: ["true", "false"]).map { $0.sameText("true") } }

    /// The entries of a map in their order; refuses anything else, and keys that are not texts.
    func entries(_ wanted: String) -> [(key: String, value: SettingsNode)] {
        guard case .mapping(let mapping) = node else {
            refuse("expected \(wanted)")
            return []
        }
        return mapping.compactMap { key, value in
            guard case .scalar(let name) = key else {
                refuse("a key must be a text")
                return nil
            }
            return (name.string, SettingsNode(node: value, place: join(name.string), problems: problems))
        }
    }

    /// The entries of a map with known keys; refuses unknown ones, naming the nearest.
    func settings(_ keys: [String], _ wanted: String) -> [String: SettingsNode] {
        var found: [String: SettingsNode] = [:]
        for (key, value) in entries(wanted) {
            if keys.contains(where: { $0.sameText(key) }) {
                found[key] = value
            } else {
                let near = nearMatch(to: key, among: keys).map { "Did you mean '\($0)'?" } ?? "Known here: \(listed(keys))."
                value.refuse("this setting is not known. \(near)")
            }
        }
        return found
    }

    /// The elements of a list, or the node itself where it is none.
    var elements: [SettingsNode] {
        guard case .sequence(let sequence) = node else { return [self] }
        return sequence.enumerated().map { SettingsNode(node: $1, place: "\(place) \($0 + 1)", problems: problems) }
    }

    private func join(_ key: String) -> String {
        if place.isEmpty { return key }
        return place.last.map { $0.isNumber } == true ? "\(place), \(key)" : "\(place).\(key)"
    }
}

extension String {
    /// Equality by Unicode scalars.
    func sameText(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
