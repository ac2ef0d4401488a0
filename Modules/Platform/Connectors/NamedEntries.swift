import EventModel

/// How a list section of a settings file whose entries have names of their own is read.
struct NamedEntries {
    /// What one is: `connector`.
    var word: String
    /// The most of them.
    var most: Int
    /// How one is written.
    var example: String
    /// What a name is good for, as a sentence goes on.
    var kept: String

    /// Calls `read` with what is written of each, and its name.
    ///
    /// - Parameter read: Adds what else is wrong to the errors it is lent, with paths in the entry; all of an entry is told at once.
    /// - Throws: Everything that is wrong with the section, each with its path in it.
    func read(
        _ settings: JSONValue,
        _ read: (_ written: JSONObject, _ name: String, _ errors: inout [SettingsError]) throws(SettingsErrors) -> Void
    ) throws(SettingsErrors) {
        guard let list = settings.asArray, list.count <= most else {
            throw SettingsErrors([SettingsError(at: [], "this is not a list of at most \(most) \(word)s", remedy: "Write `\(example)`.")])
        }
        var all: [SettingsError] = []
        var names: Set<String> = []
        for (index, value) in list.enumerated() {
            var errors: [SettingsError] = []
            if let written = value.asObject {
                var name = ""
                do throws(SettingsError) {
                    name = try self.name(written)
                    if !names.insert(name).inserted {
                        throw SettingsError(at: ["name"], "another \(word) is called `\(name)`", remedy: "Give each a name of its own.")
                    }
                } catch { errors.append(error) }
                do throws(SettingsErrors) { try read(written, name, &errors) } catch { errors += error.errors }
            } else {
                errors.append(SettingsError(at: [], "this is not a map of settings", remedy: "Write name, kind and its settings."))
            }
            all += errors.map { SettingsError(at: ["\(index)"] + $0.path, $0.problem, remedy: $0.remedy) }
        }
        if !all.isEmpty { throw SettingsErrors(all) }
    }

    /// A name that can be a file's.
    private func name(_ written: JSONObject) throws(SettingsError) -> String {
        func wrong(_ problem: String) -> SettingsError {
            SettingsError(
                at: ["name"], problem, remedy: "Write 1 to 64 of the letters a to z and A to Z, digits, - and _; \(kept).")
        }
        guard let value = written["name"], value != .null, value != .string("") else { throw wrong("this \(word) needs a name") }
        guard let name = value.asString else { throw wrong("this name of a \(word) is no text; with quotes around it, it is one") }
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
        }
        if !isPlain { throw wrong("the name of a \(word) cannot have other characters than letters, digits, - and _") }
        if name.utf8.count > 64 { throw wrong("this name of a \(word) has \(name.utf8.count) characters") }
        return name
    }
}
