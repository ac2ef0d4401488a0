import EventModel

/// A place in settings: a value with the names that lead to it.
struct SettingsReader {
    let value: JSONValue
    let path: [String]

    init(_ value: JSONValue, at path: [String]) { (self.value, self.path) = (value, path) }

    /// The members of an object whose names are known; refuses others.
    func members(_ known: [String]) throws(SettingsError) -> [String: SettingsReader] {
        guard let object = value.asObject else { throw refusal("a map of \(known.joined(separator: ", "))") }
        var found: [String: SettingsReader] = [:]
        for member in object.members {
            guard known.contains(member.name) else {
                throw SettingsError(
                    at: path + [member.name], "this setting is not known", remedy: "Known here: \(known.joined(separator: ", ")).")
            }
            found[member.name] = SettingsReader(member.value, at: path + [member.name])
        }
        return found
    }

    func elements<Element>(_ read: (SettingsReader) throws(SettingsError) -> Element) throws(SettingsError) -> [Element] {
        guard let elements = value.asArray else { throw refusal("a list") }
        var found: [Element] = []
        for (index, element) in elements.enumerated() { found.append(try read(SettingsReader(element, at: path + ["\(index)"]))) }
        return found
    }

    /// A text that is not empty.
    func text() throws(SettingsError) -> String {
        guard let text = value.asString, !text.isEmpty else { throw refusal("a text that is not empty") }
        return text
    }

    func word(_ choices: [String]) throws(SettingsError) -> String {
        guard let text = value.asString, choices.contains(text) else { throw refusal(choices.joined(separator: " or ")) }
        return text
    }

    func integer(_ range: ClosedRange<Int>) throws(SettingsError) -> Int {
        guard case .integer(let number) = value, let number = Int(exactly: number), range.contains(number) else {
            throw refusal("a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func number(_ range: ClosedRange<Double>) throws(SettingsError) -> Double {
        guard let number = value.asDouble, range.contains(number) else {
            throw refusal("a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// What stands here is not shown: it may be a secret put in the wrong place.
    private func refusal(_ wanted: String) -> SettingsError { SettingsError(at: path, "this is not \(wanted)", remedy: "Write \(wanted).") }
}
