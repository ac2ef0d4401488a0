public import EventModel
import Secrets

extension ConnectorDescriptor {
    /// Settings as they were written, held against this: what is right, with secrets in the place of their references.
    ///
    /// - Parameter known: Names beside the connector's own that whoever reads the settings knows itself; they are left out.
    /// - Parameter environment: Where `env:` secrets are looked up.
    /// - Throws: Everything that is wrong, each with its path from the connector's settings on.
    public func checked(_ settings: JSONObject, besides known: [String], environment: [String: String]) throws(SettingsErrors) -> JSONObject
    {
        var errors: [SettingsError] = []
        var checked = JSONObject()
        let names = self.settings.map(\.name)
        for member in settings.members where !known.contains(where: { $0.sameScalars(as: member.name) }) {
            guard let setting = self.settings.first(where: { $0.name.sameScalars(as: member.name) }) else {
                let near = nearMatch(to: member.name, among: names).map { "Did you mean `\($0)`? " } ?? ""
                errors.append(
                    SettingsError(
                        at: [member.name], "`\(name)` has no such setting",
                        remedy: near + (names.isEmpty ? "It has none." : "It has: \(listed(names)).")))
                continue
            }
            do throws(SettingsError) { checked.set(setting.name, try setting.checked(member.value, environment)) } catch {
                errors.append(error)
            }
        }
        for setting in self.settings where setting.isRequired && settings[setting.name] == nil {
            errors.append(
                SettingsError(
                    at: [], "`\(name)` needs the setting `\(setting.name)`", remedy: "\(setting.summary) Write \(setting.kind.wanted)."))
        }
        if !errors.isEmpty { throw SettingsErrors(errors) }
        return checked
    }
}

extension SettingDescriptor {
    /// The value, where it is of this kind. What stands there is not shown otherwise: it may be a secret put in the wrong place.
    fileprivate func checked(_ value: JSONValue, _ environment: [String: String]) throws(SettingsError) -> JSONValue {
        func texts(_ values: [JSONValue]) -> Bool { values.allSatisfy { $0.asString?.isEmpty == false } }
        let isRight =
            switch kind {
            case .text: value.asString?.isEmpty == false
            case .word(let words): words.contains { value.asString?.sameScalars(as: $0) == true }
            case .integer(let range): if case .integer(let number) = value { range.contains(Int(number)) } else { false }
            case .number(let range): value.asDouble.map { range.contains($0) } ?? false
            case .truth: if case .bool = value { true } else { false }
            case .texts: value.asArray.map { texts($0) } ?? false
            case .map: value.asObject.map { texts($0.members.map(\.value)) } ?? false
            case .secret: value.asString?.isEmpty == false
            }
        guard isRight else { throw SettingsError(at: [name], "this is not \(kind.wanted)", remedy: "Write \(kind.wanted). \(summary)") }
        guard kind == .secret, let text = value.asString else { return value }
        return .string(try SecretReference(text, at: [name]).secret(environment: environment, at: [name], shortest: 1))
    }
}
