import EventModel
import Storage

/// What completion knows of the store.
extension Session {
    /// The names of the store as it is now; only commands and words where there is no store yet.
    public func completions() -> Completions {
        var completions = Completions()
        guard let question = try? question(interruption: Interruption(), warn: { _ in }) else { return completions }
        completions.events = ((try? question.snapshot.eventNames()) ?? []).map(\.name)
        completions.segments = question.definitions(.segment).map(\.name)
        completions.features = question.definitions(.feature).map(\.name)
        completions.offers = question.definitions(.offer).map(\.name)
        completions.sources = question.definitions(.source).map(\.name)
        completions.paths = completions.features.map(Self.featurePath) + question.namedPaths().map(\.name)
        return completions
    }

    /// The most frequent texts of a path such as `.category`, `context.device.type` or `trait.country`; none where it is not there.
    public func frequentTexts(of path: String) -> [String] {
        guard let question = try? question(interruption: Interruption(), warn: { _ in }) else { return [] }
        return question.profiles(of: [path], rows: Question.rowsForProperties, top: 50)[path]?.top.compactMap(\.value.asString) ?? []
    }

    /// A line for each path, as `Completions.paths` gives them: its kinds and frequent values, or the value that a feature stands for.
    ///
    /// - Parameter width: Columns of the terminal; longer lines are cut.
    public func descriptions(of paths: [String], width: Int) -> [String] {
        guard let question = try? question(interruption: Interruption(), warn: { _ in }) else { return [] }
        let profiles = question.profiles(of: paths, rows: Self.rowsForDescriptions, top: Self.valuesOfDescription)
        var features: [String: String] = [:]
        for feature in question.definitions(.feature) {
            features[Self.featurePath(feature.name)] = DefinitionText(feature.body).expression
        }
        let kinds = paths.map { path in features[path] == nil ? profiles[path]?.kinds.joined(separator: ", ") ?? "" : "feature" }
        let (names, words) = (paths.map(\.count).max() ?? 0, kinds.map(\.count).max() ?? 0)
        return zip(paths, kinds).map { path, kind in
            let values = features[path] ?? profiles[path]?.top.map(\.value.text).joined(separator: ", ") ?? ""
            let line = path.padding(to: names) + "  " + kind.padding(to: words) + (values.isEmpty ? "" : "  " + values)
            return TerminalText.safe(line, width: width)
        }
    }

    /// Rows that are looked at before a description is shown: somebody waits with a finger on the Tab key.
    private static let rowsForDescriptions = 500_000
    private static let valuesOfDescription = 5

    private static func featurePath(_ name: String) -> String { Question.spelled([name], before: "feature") }
}

extension Question {
    /// Every trait, property and context value that the language can name, as it writes it.
    fileprivate func namedPaths() -> [(name: String, path: ColumnPath, kind: Message.Kind)] {
        let traits = (try? traitPaths()) ?? []
        let others = (try? snapshot.paths(kind: .track, event: nil)) ?? []
        return ["trait", "traits"].flatMap { word in traits.map { (Self.spelled($0[...], before: word), ["traits"] + $0, .identify) } }
            + others.compactMap { path in Self.spelled(path).map { ($0, path, .track) } }
    }

    /// What is known of the values of some paths, by their names; nothing of a path that is not there.
    fileprivate func profiles(of names: [String], rows: Int, top: Int) -> [String: PropertyProfile] {
        let asked = Set(names)
        let places = namedPaths().filter { asked.contains($0.name) }
        var found: [String: PropertyProfile] = [:]
        for kind in [Message.Kind.identify, .track] {
            let own = places.filter { $0.kind == kind }
            guard !own.isEmpty, let profiles = try? properties(own.map(\.path), kind: kind, event: nil, top: top, within: rows) else {
                continue
            }
            for (place, profile) in zip(own, profiles) { found[place.name] = profile }
        }
        return found
    }
}

extension String {
    /// The text with spaces behind it, so that it is as long as others in its column.
    fileprivate func padding(to length: Int) -> String { self + String(repeating: " ", count: max(0, length - count)) }
}
