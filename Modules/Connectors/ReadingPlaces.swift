public import EventModel

/// The names of what a source reads on the other side: topics, streams.
public enum ReadingPlaces {
    /// Checks what settings say.
    ///
    /// - Parameter names: What stands in the list at `setting`: one or more, each once.
    /// - Parameter word: What one of them is called.
    /// - Parameter check: Throws where a name cannot be one, at the path it is given.
    public static func check(
        _ names: [String], at setting: String, each word: String, check: (String, [String]) throws(SettingsError) -> Void
    ) throws(SettingsError) {
        if names.isEmpty { throw SettingsError(at: [setting], "there is no \(word)", remedy: "Write one or more.") }
        for (index, name) in names.enumerated() {
            try check(name, [setting, "\(index)"])
            if names[..<index].contains(where: { $0.sameScalars(as: name) }) {
                throw SettingsError(at: [setting, "\(index)"], "this \(word) is there twice", remedy: "Write it once.")
            }
        }
    }
}
