public import Connectors
public import EventModel
public import EventModelTesting

/// The promises that every kind of connector keeps of its settings, held against its descriptor.
public enum SettingsContract: CaseIterable, Sendable {
    /// Without a setting that is required there is one error, and it names that setting.
    case needsWhatIsRequired
    /// What is not of a setting's kind is one error at that setting, and the value is not shown: it may be a secret in the wrong place.
    case refusesOtherKinds
    /// A setting that it does not have is one error at its name.
    case refusesUnknownNames
    /// Whatever is wrong is told at once.
    case tellsEverythingAtOnce
    /// What the descriptor lets through it can read: the ends of each range, and each word.
    case readsWhatItDescribes

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<SettingsContract>

    /// Makes connectors of a kind and throws `Broken` where this promise is not kept.
    ///
    /// - Parameter settings: Right ones, without those that whoever reads a settings file knows itself (`name`, `kind`, `rate`...).
    /// - Parameter environment: Has the secrets that they name.
    public func verify<Made>(
        _ kinds: ConnectorRegistry<Made>, _ name: String, settings: JSONObject, environment: [String: String] = [:],
        context: ConnectorContext = ConnectorContext(formats: FormatRegistry([]), folder: "")
    ) throws {
        guard let described = kinds.descriptors.first(where: { $0.name == name })?.settings else {
            throw broken("there is no kind `\(name)`")
        }
        func errors(_ settings: JSONObject) -> [SettingsError] {
            do throws(SettingsErrors) { _ = try kinds.make(name, settings: settings, environment: environment, context: context) } catch {
                return error.errors
            }
            return []
        }
        func with(_ value: JSONValue, at name: String, in settings: JSONObject) -> JSONObject {
            var changed = settings
            changed.set(name, value)
            return changed
        }
        if let error = errors(settings).first { throw broken("settings that are right are refused: \(error)") }
        switch self {
        case .needsWhatIsRequired:
            for setting in described where setting.isRequired {
                var rest = settings
                rest.members.removeAll { $0.name == setting.name }
                let found = errors(rest)
                if found.count != 1 || !found[0].names(setting.name) { throw broken("without `\(setting.name)`", found) }
            }
        case .refusesOtherKinds:
            for setting in described {
                for value in setting.kind.wrongValues {
                    let found = errors(with(value, at: setting.name, in: settings))
                    if found.count != 1 || found[0].path.first != setting.name { throw broken("`\(setting.name)` as \(value.text)", found) }
                    if found[0].description.contains(SettingDescriptor.Kind.unshown) { throw broken("what is wrong is shown", found) }
                }
            }
        case .refusesUnknownNames:
            for name in ["nobodysSetting"] + described.map({ $0.name + "x" }) where !described.contains(where: { $0.name == name }) {
                let found = errors(with(.integer(1), at: name, in: settings))
                if found.count != 1 || found[0].path != [name] { throw broken("the unknown `\(name)`", found) }
            }
        case .tellsEverythingAtOnce:
            var wrong = JSONObject()
            for setting in described { if let value = setting.kind.wrongValues.first { wrong.set(setting.name, value) } }
            wrong.set("nobodysSetting", .integer(1))
            let found = errors(wrong)
            for name in wrong.members.map(\.name) where !found.contains(where: { $0.path.first == name }) {
                throw broken("with everything wrong, nothing of `\(name)`", found)
            }
        case .readsWhatItDescribes:
            for setting in described {
                for value in setting.kind.rightValues {
                    // How it goes with the others may be wrong: that has its place.
                    let found = errors(with(value, at: setting.name, in: settings))
                    if let error = found.first(where: { $0.problem.hasSuffix("cannot read its own settings") }) {
                        throw broken("`\(setting.name)` as \(value.text)", [error])
                    }
                }
            }
        }
    }

    private func broken(_ place: String, _ found: [SettingsError]? = nil) -> Broken {
        guard let found else { return Broken(promise: self, place: place) }
        return Broken(promise: self, place: "\(place): " + (found.isEmpty ? "no error" : found.map(\.description).joined(separator: " ")))
    }
}

extension SettingsError {
    /// Whether the setting is its place, or, where it is missing, among its words.
    fileprivate func names(_ setting: String) -> Bool { path.first == setting || problem.contains("`\(setting)`") }
}

extension SettingDescriptor.Kind {
    /// A word that no error may show.
    fileprivate static var unshown: String { "hunter2-unshown" }

    /// What is not of this kind.
    fileprivate var wrongValues: [JSONValue] {
        let word = JSONValue.string(Self.unshown)
        return switch self {
        case .text: [.integer(7), .string(""), .array([word])]
        case .word: [word, .integer(7), .null]
        case .integer(let range):
            [word, .number(0.5)]
                + [range.lowerBound &- 1, range.upperBound &+ 1].filter { !range.contains($0) }.map { .integer(Int64($0)) }
        case .number(let range):
            [word, .bool(true)]
                + [range.lowerBound.nextDown, range.upperBound.nextUp].filter { $0.isFinite && !range.contains($0) }.map { .number($0) }
        case .duration: [word, .integer(7), .string("-1s")]
        case .truth: [word, .integer(1), .string("true")]
        case .texts: [.integer(7), word, .array([.integer(7)]), .array([.string("")])]
        case .map: [.integer(7), word, .object(JSONObject([.init("a", .integer(7))]))]
        case .secret: [word, .integer(7), .string("")]
        case .object: [word, .array([word]), .integer(7)]
        }
    }

    /// What is, at its ends; nothing where only the connector knows more of it.
    fileprivate var rightValues: [JSONValue] {
        switch self {
        case .word(let words): words.map { .string($0) }
        case .integer(let range): [.integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound))]
        case .number(let range): [range.lowerBound, range.upperBound].filter(\.isFinite).map { .number($0) }
        case .duration(let range): [.string(range.lowerBound.text), .string(range.upperBound.text)]
        case .truth: [.bool(true), .bool(false)]
        case .text, .texts, .map, .secret, .object: []
        }
    }
}
