import Connectors
import EventModel
import Rules
import Storage
import Yams

/// One agreement of a file `sources/*.yaml`.
struct SourceEntry: Sendable {
    var agreement: SourceAgreement
    /// Where it begins.
    var place: Place

    var definition: Definition { Definition(kind: .source, name: agreement.name, body: agreement.text) }
}

/// Reads a file `sources/*.yaml`: a map `{source, title, purpose, every, traits, tolerance}`, or a list of them. In a map the source may be
/// left out: it is the file's name.
struct SourceFile {
    private let document: YAMLDocument
    private(set) var entries: [SourceEntry] = []
    private(set) var problems: [RuleError] = []

    init(_ text: String, file: String, stem: String) {
        document = YAMLDocument(file: file, text: text)
        do throws(RuleError) {
            switch try document.root(least: "every: 1d, or a title") {
            case .sequence(let elements): for element in elements { read(element, stem: nil) }
            case let root: read(root, stem: stem)
            }
        } catch { problems.append(error) }
    }

    private mutating func read(_ node: Node, stem: String?) {
        guard let settings = JSONValue(node).asObject else {
            problems.append(document.problem("a source is a map of settings", node.mark, hint: "such as {every: 1d, traits: [plan]}"))
            return
        }
        guard let name = settings["source"]?.asString ?? stem else {
            problems.append(document.problem("the source is missing", node.mark, hint: "a list of sources names each one"))
            return
        }
        do throws(SettingsErrors) {
            let agreement = try SourceAgreement(settings, name: name, besides: ["source"])
            entries.append(SourceEntry(agreement: agreement, place: document.place(node.mark)))
        } catch {
            for error in error.errors {
                problems.append(
                    document.problem(
                        (error.path.isEmpty ? "" : error.path.joined(separator: ".") + ": ") + error.problem, node.mark(at: error.path),
                        hint: error.remedy.hasSuffix(".") ? String(error.remedy.dropLast()) : error.remedy))
            }
        }
    }
}

extension SourceAgreement {
    /// The one text of an agreement, as it is stored: JSON with a line for each setting, so that what changed can be shown line by line.
    var text: String {
        let lines = json.members.map { "  \(JSONValue.string($0.name).text): \($0.value.text)" }
        return "{\n\(lines.joined(separator: ",\n"))\n}"
    }
}

extension Definition {
    /// What the source of this name has agreed to.
    ///
    /// - Throws: `RuleError` where the text is none, which only a file made elsewhere can hold.
    func agreement() throws(RuleError) -> SourceAgreement {
        let place = Place(source: "source '\(name)'", line: 1, column: 1, length: 1, lineText: "")
        do {
            let settings = try JSONValue(parsing: DefinitionText(body).expression).asObject ?? JSONObject()
            return try SourceAgreement(settings, name: name)
        } catch let wrong as SettingsErrors {
            throw RuleError(.syntax, wrong.description, at: place)
        } catch { throw RuleError(.syntax, "the saved text is not JSON: \(error)", at: place) }
    }
}
