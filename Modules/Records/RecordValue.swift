import EventModel
import Rules

/// Where a value of a message comes from.
indirect enum RecordValue: Sendable {
    /// The whole record.
    case whole
    /// A member as it stands, objects and lists included: at least one name.
    case member([String])
    /// A value of the language.
    case formula(Operand)
    /// A text with values in it.
    case text([Piece])
    case constant(JSONValue)
    case object([(name: String, value: RecordValue)])
    case array([RecordValue])

    enum Piece: Sendable {
        case text(String)
        case value(RecordValue)
    }

    /// Levels of maps and lists within a message; far more than any message needs, and well below what a decoder takes.
    private static let deepest = 32

    /// Reads a value: what begins with a dot is of the language, and one dot is the whole record; another text stands for itself, with
    /// `{value}` filled in; a text that is one `{value}` and nothing else is that value; maps and lists hold values.
    init(_ setting: JSONValue, at path: [String]) throws(SettingsError) {
        guard path.count < Self.deepest else { throw SettingsError(at: path, "this is nested too deep", remedy: "Write it flatter.") }
        switch setting {
        case .null:
            throw SettingsError(
                at: path, "there is no value here", remedy: "Leave the name out, or write a value: .price, a number, a text.")
        case .bool, .integer, .unsigned, .number: self = .constant(setting)
        case .string(let text): self = try RecordValue(text: text, at: path)
        case .array(let elements):
            var values: [RecordValue] = []
            for (index, element) in elements.enumerated() { values.append(try RecordValue(element, at: path + ["\(index)"])) }
            self = .array(values)
        case .object(let object):
            var members: [(String, RecordValue)] = []
            for member in object.members { members.append((member.name, try RecordValue(member.value, at: path + [member.name]))) }
            self = .object(members)
        }
    }

    private init(text: String, at path: [String]) throws(SettingsError) {
        if text.isEmpty {
            throw SettingsError(at: path, "this is empty", remedy: "Leave the name out, or write a value: .price, a number, a text.")
        }
        if text.utf8.elementsEqual([UInt8(ascii: ".")]) {
            self = .whole
            return
        }
        if text.utf8.first == UInt8(ascii: ".") {
            self = try RecordValue(formula: text, at: path)
            return
        }
        let pieces: [TextPiece]
        do throws(TextPiece.Unpaired) { pieces = try TextPiece.split(text) } catch {
            throw SettingsError(at: path, "a brace is alone", remedy: error.sentences)
        }
        var read: [Piece] = []
        for piece in pieces {
            switch piece {
            case .text(let text): read.append(.text(text))
            case .value(let formula): read.append(.value(try RecordValue(formula: formula, at: path)))
            }
        }
        if read.count == 1, case .value(let value) = read[0] {
            self = value
        } else if read.count == 1, case .text(let constant) = read[0] {
            if Self.looksLikeFormula(constant) {
                throw SettingsError(
                    at: path, "this reads as a value and would be taken for a text",
                    remedy: "Write \"{\(text)}\" for the value, or \"{\\\"\(text)\\\"}\" for the text.")
            }
            self = .constant(.string(constant))
        } else {
            self = .text(read)
        }
    }

    /// Reads a value of the language.
    init(formula text: String, at path: [String]) throws(SettingsError) {
        let root: Operand
        do throws(RuleError) { root = try Formula(parsing: text, scope: .row).root } catch { throw SettingsError(error, at: path) }
        switch root {
        case .field(.property(let names)): self = .member(names.map(\.string))
        case .literal(let literal): self = Self.json(literal.value).map { .constant($0) } ?? .formula(root)
        default: self = .formula(root)
        }
    }

    /// Whether a text calls a function or calculates: nobody means such a text as it stands.
    private static func looksLikeFormula(_ text: String) -> Bool {
        switch try? Formula(parsing: text, scope: .row).root {
        case nil, .literal, .negated: false
        default: true
        }
    }

    /// Whether an object can come of it.
    var canBeObject: Bool {
        switch self {
        case .whole, .member, .object: true
        case .formula, .text, .constant, .array: false
        }
    }

    // MARK: - of a record

    /// What it is for a record; nil where it is missing: absent, null, or an object or list of nothing else.
    func json(of record: JSONObject) -> JSONValue? {
        switch self {
        case .whole: return .object(record)
        case .member(let path):
            let value = record.value(at: path)
            return value == .null ? nil : value
        case .formula(let operand): return Self.json(operand.value(for: RecordSubject(fields: record)))
        case .text(let pieces):
            var text = ""
            for piece in pieces {
                switch piece {
                case .text(let constant): text += constant
                case .value(let value):
                    guard let filled = value.text(of: record) else { return nil }
                    text += filled
                }
            }
            return .string(text)
        case .constant(let json): return json
        case .object(let members):
            let found = members.compactMap { name, value in value.json(of: record).map { JSONObject.Member(name, $0) } }
            return found.isEmpty ? nil : .object(JSONObject(found))
        case .array(let values):
            let found = values.compactMap { $0.json(of: record) }
            return found.isEmpty ? nil : .array(found)
        }
    }

    /// As an identifier or a name; nil where it is missing, empty, or no single value.
    func text(of record: JSONObject) -> String? {
        switch json(of: record) {
        case .string(let text): text.isEmpty ? nil : text
        case .bool, .integer, .unsigned, .number: json(of: record)?.text
        case nil, .null, .array, .object: nil
        }
    }

    /// Instants in RFC 3339, durations in milliseconds, whole numbers without a point; nil where it is missing.
    private static func json(_ value: Value) -> JSONValue? {
        switch value {
        case .missing: nil
        case .text(let text): .string(text.string)
        case .number(let number): Int64(exactly: number).map { .integer($0) } ?? .number(number)
        case .truth(let truth): .bool(truth)
        case .instant(let milliseconds): .string(Instant(milliseconds: milliseconds).text)
        case .duration(let milliseconds): .integer(milliseconds)
        }
    }
}

/// A record as the language asks it: `.name` is a member, `.a.b` one of an object in it.
struct RecordSubject: Subject {
    let fields: JSONObject

    func value(of field: Field) -> Value {
        guard case .property(let path) = field else { return .missing }
        return Value(fields.value(at: path.map(\.string)))
    }
}
