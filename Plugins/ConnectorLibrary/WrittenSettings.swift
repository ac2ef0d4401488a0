import Connectors
import EventModel
import Secrets

extension LibraryDescriptor {
    /// Checks what is written for the library.
    ///
    /// - Parameter written: With secrets in the place of their references already.
    /// - Parameter whole: Makes a path of the settings one that the process can open.
    /// - Returns: Names and values as a library is given them.
    /// - Throws: The first thing that is wrong, with its path from the connector's settings on.
    func checked(_ written: SettingObject, whole: (String) -> String) throws(SettingsError) -> [(name: String, value: String)] {
        var descriptor = connector
        for index in descriptor.settings.indices where descriptor.settings[index].kind == .secret {
            descriptor.settings[index].kind = .text
        }
        let checked: JSONObject
        do throws(SettingsErrors) {
            checked = try descriptor.checked(written.object, besides: [], environment: [:])
        } catch {
            let first = error.errors[0]
            throw SettingsError(at: ["settings"] + first.path, first.problem, remedy: first.remedy)
        }
        var values: [(name: String, value: String)] = []
        for member in checked.members {
            let kind = connector.settings.first { $0.name.sameScalars(as: member.name) }?.kind
            if kind == .secret, !written.secrets.contains(where: { $0.value == member.value.asString }) {
                throw SettingsError(
                    at: ["settings", member.name], "this is no reference to a secret", remedy: "Write env:NAME or file:PATH.")
            }
            let value = member.value.setting(kind)
            values.append((member.name, paths.contains(member.name) ? whole(value) : value))
        }
        return values
    }
}

extension JSONValue {
    /// As a library is given it.
    fileprivate func setting(_ kind: SettingDescriptor.Kind?) -> String {
        guard case .string(let text) = self else { return self.text }
        if case .duration = kind, let duration = Duration(text: text) { return "\(duration.components.seconds)" }
        return text
    }
}
