import EventModel

/// Which column becomes which trait, and how.
struct TableColumn: Sendable, Hashable {
    /// How a cell's text is read; a cell of a database that is no text stays what it is.
    enum Kind: String, CaseIterable, Sendable { case text, number, truth }

    var column: String
    var trait: String
    var kind = Kind.text
    /// nil: the enricher's.
    var purpose: String?
    var timeToLive: Duration?

    /// Reads the map from columns to traits.
    static func read(_ object: JSONObject, at path: [String]) throws(SettingsError) -> [TableColumn] {
        guard !object.members.isEmpty else {
            throw SettingsError(at: path, "no column becomes a trait", remedy: "Write a column and its trait: {income_band: income}.")
        }
        guard object.members.count <= 256 else {
            throw SettingsError(at: path, "these are more than 256 columns", remedy: "Use another enricher for the others.")
        }
        var columns: [TableColumn] = []
        for member in object.members {
            let column = try TableColumn(member, at: path + [member.name])
            if columns.contains(where: { $0.trait.sameScalars(as: column.trait) }) {
                throw SettingsError(
                    at: path + [member.name], "two columns become the trait `\(column.trait)`", remedy: "Give each a trait of its own.")
            }
            columns.append(column)
        }
        return columns
    }

    private init(_ member: JSONObject.Member, at path: [String]) throws(SettingsError) {
        column = member.name
        let known = ["trait", "kind", "purpose", "ttl"]
        let wanted = SettingsError(
            at: path, "this is neither a trait's name nor a map of \(listed(known))",
            remedy: "Write {trait: income, kind: number, purpose: scoring, ttl: 30d}, of which only `trait` is needed.")
        switch member.value {
        case .string(let name) where !name.isEmpty: trait = name
        case .object(let object):
            for setting in object.members where !known.contains(where: { $0.sameScalars(as: setting.name) }) {
                let near = nearMatch(to: setting.name, among: known).map { "Did you mean `\($0)`? " } ?? ""
                throw SettingsError(at: path + [setting.name], "a column has no such setting", remedy: near + "It has: \(listed(known)).")
            }
            guard let name = object["trait"]?.asString, !name.isEmpty else { throw wanted }
            trait = name
            if let written = object["kind"] {
                guard let kind = written.asString.flatMap(Kind.init(rawValue:)) else {
                    throw SettingsError(
                        at: path + ["kind"], "there is no such kind", remedy: "Choose from: \(listed(Kind.allCases.map(\.rawValue))).")
                }
                self.kind = kind
            }
            if let written = object["purpose"] {
                guard let text = written.asString, !text.isEmpty else { throw wanted }
                purpose = text
            }
            if let written = object["ttl"] {
                guard let time = written.asString.flatMap({ Duration(text: $0) }), time > .zero else {
                    throw SettingsError(at: path + ["ttl"], "this is no duration", remedy: "Write a whole number and a unit, such as 30d.")
                }
                timeToLive = time
            }
        default: throw wanted
        }
    }

    /// A cell's text as the trait's value; nil where it is empty.
    ///
    /// - Throws: Where it is not of the column's kind. The text is not shown: it may be about a person.
    func value(_ text: String) throws(TableFault) -> JSONValue? {
        if text.isEmpty { return nil }
        switch kind {
        case .text: return .string(text)
        case .number:
            if let number = try? JSONValue(parsing: text), number.asDouble != nil { return number }
            throw TableFault("a cell of the column `\(column)` is no number", "Write numbers with a decimal point, or `kind: text`.")
        case .truth:
            switch text.lowercased() {
            case "true", "yes", "1": return .bool(true)
            case "false", "no", "0": return .bool(false)
            default: throw TableFault("a cell of the column `\(column)` is neither true nor false", "Write true or false, or `kind: text`.")
            }
        }
    }
}

/// The key column and those that become traits.
struct TableLayout: Sendable {
    var keyColumn: String
    var ignoresCase: Bool
    var columns: [TableColumn]

    /// A key as it is compared; nil: none.
    func key(_ text: String) -> String? {
        guard ignoresCase else { return text.isEmpty ? nil : text }
        let text = text.lowercased()
        let first = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
        let last = text.lastIndex { !$0.isWhitespace }.map { text.index(after: $0) } ?? first
        return first == last ? nil : String(text[first..<last])
    }
}

/// Why a table cannot be read.
struct TableFault: Error {
    var problem: String
    var remedy: String
    /// The setting at fault.
    var setting: String
    /// Where in the file: `, line 5`; empty: all of it.
    var place = ""

    init(_ problem: String, _ remedy: String, setting: String = "file") {
        (self.problem, self.remedy, self.setting) = (problem, remedy, setting)
    }

    /// The same, with its place.
    func at(_ place: String) -> TableFault {
        var fault = self
        fault.place = place
        return fault
    }
}
