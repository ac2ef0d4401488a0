import Connectors
import Content
import EventModel
import Rules
import Storage

/// What a workspace's files hold, and what is wrong with them.
struct WorkspaceContents: Sendable {
    private(set) var segments: [SegmentFile] = []
    private(set) var features: [FeatureEntry] = []
    private(set) var offers: [OfferEntry] = []
    private(set) var sources: [SourceEntry] = []
    private(set) var taxonomies: [Taxonomy] = []
    /// What is not understood, in the order of the files.
    private(set) var problems: [RuleError] = []
    /// Files that cannot be read at all.
    var unreadable: [CommandError] = []

    /// Every definition, sorted by name; those that taxonomies make included.
    var definitions: [Definition] {
        let segments = segments.map { Definition(kind: .segment, name: $0.name, body: $0.body) }
        let features = features.map { Definition(kind: .feature, name: $0.name, body: $0.body) }
        let made = taxonomies.flatMap(\.definitions)
        let others = offers.map(\.definition) + sources.map(\.definition)
        return (segments + features + others + made).sorted { $0.name.precedesByScalars($1.name) }
    }

    mutating func add(_ file: SegmentFile) {
        segments.append(file)
        problems += file.text.problems
        if !Definition.accepts(name: file.name) {
            problems.append(file.problem(Definition.nameRule, at: "title", hint: "rename the file"))
        }
    }

    mutating func add(_ file: FeatureFile) {
        problems += file.problems
        for entry in file.entries {
            let start = Place(source: "", line: 1, column: 1, length: 1, lineText: "")
            if !Definition.accepts(name: entry.name) {
                problems.append(RuleError(.name, Definition.nameRule, at: entry.places.place(of: start)))
            } else if features.contains(where: { $0.name.sameScalars(as: entry.name) }) {
                problems.append(
                    RuleError(
                        .name, "the feature \"\(entry.name)\" is defined twice", at: entry.places.place(of: start), hint: "keep one"))
            } else {
                features.append(entry)
            }
        }
    }

    mutating func add(_ file: OfferFile) {
        problems += file.problems
        for entry in file.entries {
            if offers.contains(where: { $0.offer.key.sameScalars(as: entry.offer.key) }) {
                problems.append(
                    RuleError(.name, "the offer \"\(entry.offer.key)\" is defined twice", at: entry.place, hint: "keep one"))
            } else {
                offers.append(entry)
            }
        }
    }

    mutating func add(_ file: SourceFile) {
        problems += file.problems
        for entry in file.entries {
            if !Definition.accepts(name: entry.agreement.name) {
                problems.append(RuleError(.name, Definition.nameRule, at: entry.place))
            } else if sources.contains(where: { $0.agreement.name.sameScalars(as: entry.agreement.name) }) {
                problems.append(
                    RuleError(.name, "the source \"\(entry.agreement.name)\" is described twice", at: entry.place, hint: "keep one"))
            } else {
                sources.append(entry)
            }
        }
    }

    /// Reads the taxonomies, once all segments are there.
    mutating func addTaxonomies() {
        let (found, wrong) = Taxonomy.all(of: segments)
        taxonomies = found
        problems += wrong
        for made in found.flatMap(\.definitions) {
            if let file = segments.first(where: { $0.name.sameScalars(as: made.name) }) {
                problems.append(file.problem("a taxonomy makes a segment of this name", at: "title", hint: "rename the file"))
            }
        }
    }

    /// An error of the language with the file it stands in, and its place there.
    func located(_ error: RuleError) -> RuleError {
        var error = error
        error.place = located(error.place)
        return error
    }

    /// A warning of the language with the file it stands in.
    func located(_ warning: RuleWarning) -> RuleWarning {
        var warning = warning
        warning.place = located(warning.place)
        return warning
    }

    private func located(_ place: Place) -> Place {
        var place = place
        if let file = segments.first(where: { RuleSource.segment($0.name).label.sameScalars(as: place.source) }) {
            place.source = file.file
        } else if let entry = features.first(where: { RuleSource.feature($0.name).label.sameScalars(as: place.source) }) {
            place.line -= entry.lineShift
            return entry.places.place(of: place)
        } else if let found = offers.lazy.compactMap({ $0.located(place) }).first {
            return found
        }
        return place
    }
}

extension Definition {
    /// Whether a definition may have this name.
    static func accepts(name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 200 && !name.unicodeScalars.contains { $0.value < 32 }
    }

    /// What `accepts` asks, as a sentence without its full stop.
    static let nameRule = "a name has 1 to 200 bytes and no line ends"
}

extension CommandError {
    /// Everything that is wrong with some files, as one error; nil where nothing is.
    init?(_ problems: [RuleError]) {
        var seen = Set<RuleError>()
        let errors = problems.filter { seen.insert($0).inserted }.map { CommandError($0) }
        guard var first = errors.first else { return nil }
        if errors.count > 1 {
            first.message = errors.map(\.message).joined(separator: "\n")
            first.display = errors.map(\.description).joined(separator: "\n")
        }
        self = first
    }
}
