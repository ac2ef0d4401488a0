extension PlanReader {
    /// `verify: mail-domain`, or with settings of its own, one or more: `verify: {mail-domain: null, disposable-mail: {domains: x.txt}}`.
    mutating func verify(_ setting: JSONValue, for kind: PlanKind?, at path: [String]) -> PlanCheck? {
        let names = registry.kinds.map(\.name)
        if setting == .null || setting.asObject?.members.isEmpty == true {
            fail(path, "there is no verifier behind it", names.isEmpty ? "Leave it out." : "Choose from: \(names.joined(separator: ", ")).")
            return nil
        }
        guard let chosen = choices(setting, among: names, what: "verifier", at: path) else { return nil }
        if let kind, kind != .text {
            fail(path, "verifiers read texts, and the kind is \(kind.rawValue)", "Write kind: text.")
        }
        let verifiers = chosen.compactMap { verifier($0.name, $0.settings, at: $0.path) }
        return verifiers.isEmpty ? nil : .verify(verifiers)
    }

    /// One verifier; values whose settings are the same share it.
    private mutating func verifier(_ name: String, _ settings: JSONValue, at path: [String]) -> PlanCheck.Verify? {
        guard let kind = registry.kinds.first(where: { $0.name.sameScalars(as: name) }),
            let object = object(settings, at: path, keys: kind.settings)
        else { return nil }
        if let made = verifiers.first(where: { $0.kind.sameScalars(as: name) && $0.settings == object }) { return made.verify }
        let known = object.members.filter { member in kind.settings.contains { $0.sameScalars(as: member.name) } }
        do throws(SettingsErrors) {
            let verifier = try kind.makeVerifier(JSONObject(known), in: folder)
            let verify = Self.opened(verifier)
            verifiers.append(MadeVerifier(kind: name, settings: object, verifier: verifier, verify: verify))
            return verify
        } catch {
            for error in error.errors { fail(path + error.path, error.problem, error.remedy) }
            return nil
        }
    }

    /// The question alone, so that nothing has to be unpacked for each value.
    private static func opened(_ verifier: some Verifier) -> PlanCheck.Verify { { verifier.finding(on: $0) } }
}

/// A verifier that the reader made, with what it was made of.
struct MadeVerifier {
    let kind: String
    let settings: JSONObject
    let verifier: any Verifier
    let verify: PlanCheck.Verify
}
