import Connectors
import EventModel
import Rules
import Yams

/// One computed trait of a file `features/*.yaml`.
struct FeatureEntry: Sendable {
    var name: String
    var title: String?
    var note: String?
    /// The value, in the language's value grammar.
    var value: String
    /// Where the value stands.
    var places: YAMLPlaces

    /// The text that is saved: the value, with title and note before it as a segment's file has them.
    var body: String { headLines.joined() + value.trimmingSpaces }
    /// Lines that `body` has before the value, and those that it lacks.
    var lineShift: Int {
        headLines.count - value.unicodeScalars.prefix { $0.properties.isWhitespace }.filter { $0 == "\n" }.count
    }

    private var headLines: [String] {
        [("title", title), ("note", note)].compactMap { name, text in
            text.map { "# \(name): " + $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") + "\n" }
        }
    }
}

/// Reads a file `features/*.yaml`: a map `{name, value, title, note}`, or a list of them. In a map the name may be left out: it is the file's.
struct FeatureFile {
    private let document: YAMLDocument
    private(set) var entries: [FeatureEntry] = []
    private(set) var problems: [RuleError] = []

    static let keys = ["name", "value", "title", "note"]

    init(_ text: String, file: String, stem: String) {
        document = YAMLDocument(file: file, text: text)
        do throws(RuleError) {
            switch try document.root(least: "name and value at least") {
            case .sequence(let elements): for element in elements { read(element, stem: nil) }
            case let root: read(root, stem: stem)
            }
        } catch { problems.append(error) }
    }

    private mutating func read(_ node: Node, stem: String?) {
        guard case .mapping(let mapping) = node else {
            return refuse("a feature is a map with name and value", node.mark, hint: "such as {name: spent, value: ...}")
        }
        var found: [String: Node.Scalar] = [:]
        for (key, value) in mapping {
            let name = key.string ?? ""
            guard Self.keys.contains(where: { $0.sameScalars(as: name) }) else {
                let near = nearMatch(to: name, among: Self.keys).map { "did you mean \($0)?" }
                refuse("there is no setting \"\(name)\"", key.mark, hint: near ?? "choose one of \(Self.keys.joined(separator: ", "))")
                continue
            }
            guard case .scalar(let scalar) = value, !scalar.string.trimmingSpaces.isEmpty else {
                refuse("\(name) is not a text", value.mark ?? key.mark)
                continue
            }
            found[name] = scalar
        }
        guard let name = found["name"]?.string ?? stem else {
            return refuse("the name is missing", node.mark, hint: "a list of features names each one")
        }
        guard let value = found["value"] else {
            return refuse("the value of \"\(name)\" is missing", node.mark, hint: "value: sum(\"Order Completed\", .revenue)")
        }
        entries.append(
            FeatureEntry(
                name: name, title: found["title"]?.string, note: found["note"]?.string, value: value.string,
                places: YAMLPlaces(file: document.file, text: document.text, scalar: value)))
    }

    private mutating func refuse(_ message: String, _ mark: Mark?, hint: String? = nil) {
        problems.append(document.problem(message, mark, hint: hint))
    }
}
