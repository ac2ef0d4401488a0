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
            case .duration(let range): value.asString.flatMap { Duration(text: $0) }.map { range.contains($0) } ?? false
            case .truth: if case .bool = value { true } else { false }
            case .texts: value.asArray.map { texts($0) } ?? false
            case .map: value.asObject.map { texts($0.members.map(\.value)) } ?? false
            case .secret: value.asString?.isEmpty == false
            case .object: value.asObject != nil
            }
        if case .text = kind, !isRight {
            throw SettingsError(
                at: [name], value.asString == nil ? "this is no text" : "this text is empty", remedy: "Write \(kind.wanted). \(summary)")
        }
        guard isRight else { throw SettingsError(at: [name], "this is not \(kind.wanted)", remedy: "Write \(kind.wanted). \(summary)") }
        switch kind {
        case .secret:
            guard let text = value.asString else { return value }
            return .string(try SecretReference(text, at: [name]).secret(environment: environment, at: [name], shortest: 1))
        case .object(let withSecrets):
            var secrets: [Secret] = []
            let read = withSecrets ? try value.resolved(environment, at: [name], &secrets) : value
            return .string(SettingObject(read.asObject ?? JSONObject(), secrets: secrets).carried)
        case .text, .word, .integer, .number, .duration, .truth, .texts, .map: return value
        }
    }
}

extension JSONValue {
    /// With secrets in the place of references to them.
    fileprivate func resolved(
        _ environment: [String: String], at path: [String], _ secrets: inout [Secret]
    ) throws(SettingsError) -> JSONValue {
        switch self {
        case .string(let text):
            guard text.hasPrefix("env:") || text.hasPrefix("file:") && !text.hasPrefix("file://") else { return self }
            let secret = try SecretReference(text, at: path).secret(environment: environment, at: path, shortest: 1)
            secrets.append(Secret(secret))
            return .string(secret)
        case .array(let elements):
            var read: [JSONValue] = []
            for (index, element) in elements.enumerated() {
                read.append(try element.resolved(environment, at: path + ["\(index)"], &secrets))
            }
            return .array(read)
        case .object(let object):
            var read = JSONObject()
            for member in object.members {
                read.members.append(.init(member.name, try member.value.resolved(environment, at: path + [member.name], &secrets)))
            }
            return .object(read)
        case .null, .bool, .integer, .unsigned, .number: return self
        }
    }
}
