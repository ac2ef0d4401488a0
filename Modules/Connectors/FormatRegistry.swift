import EventModel

/// What help, reference pages and messages need to know of a format, without making one.
public struct FormatDescriptor: Sendable, Hashable {
    /// The word of `--input-format`.
    public var name: String
    /// One sentence for help.
    public var summary: String
    /// Whether the format cannot be made without a mapping file.
    public var needsMapping: Bool
    /// Ends of file names, in lower case and without a dot or `.gz`, by which the format is chosen where none is named.
    public var extensions: [String]

    /// Joins the parts, as the format itself states them.
    public init(name: String, summary: String, needsMapping: Bool, extensions: [String]) {
        (self.name, self.summary, self.needsMapping, self.extensions) = (name, summary, needsMapping, extensions)
    }
}

/// The formats an app offers, by name. A value: nothing is registered at import, and a test builds the registry it needs.
public struct FormatRegistry: Sendable {
    private let formats: [any EventFormat.Type]

    /// Offers every format in `all`, in that order; traps if two share a name.
    public init(_ all: [any EventFormat.Type]) {
        for (index, format) in all.enumerated() {
            precondition(!all[..<index].contains { $0.name.sameScalars(as: format.name) }, "two formats are called '\(format.name)'")
        }
        formats = all
    }

    /// The formats in the order they were given.
    public var descriptors: [FormatDescriptor] { formats.map(Self.describe) }

    /// What is known of the format called `name`.
    /// - Throws: `FormatError` naming the nearest format when there is none.
    public func descriptor(of name: String) throws(FormatError) -> FormatDescriptor { Self.describe(try format(called: name)) }

    /// The names of the formats that messages can be written in, in the order the formats were given.
    public var written: [String] { formats.filter { $0.writer != nil }.map { $0.name } }

    /// Writes messages in the format called `name`; nil when there is no such format, or it is only read.
    public func writer(_ name: String) -> (any EventWriter)? { formats.first { $0.name.sameScalars(as: name) }?.writer }

    /// Checks the settings and makes the format called `name`.
    ///
    /// - Parameter settings: The text of the mapping file, nil without one.
    /// - Parameter settingsName: The mapping file's name for messages.
    /// - Throws: `FormatError` when the name is unknown or the settings are refused.
    public func makeFormat(_ name: String, settings: String? = nil, settingsName: String = "mapping") throws(FormatError) -> any EventFormat
    {
        try format(called: name).init(settings: settings, settingsName: settingsName)
    }

    /// The format that a file's name speaks of: the first whose extension it ends with, `.gz` aside; nil when none does.
    public func format(forFile file: String) -> FormatDescriptor? {
        var parts = file.split(separator: ".").map { $0.lowercased() }
        if parts.last == "gz" { parts.removeLast() }
        guard parts.count > 1, let end = parts.last else { return nil }
        return descriptors.first { $0.extensions.contains(end) }
    }

    /// The format of a file whose name speaks of none: of those that need a mapping where one is given, else of the others, the first.
    public func usualFormat(withMapping: Bool) -> FormatDescriptor? { descriptors.first { $0.needsMapping == withMapping } }

    private func format(called name: String) throws(FormatError) -> any EventFormat.Type {
        if let found = formats.first(where: { $0.name.sameScalars(as: name) }) { return found }
        let known = formats.map { $0.name }
        let near = nearMatch(to: name, among: known).map { " Did you mean '\($0)'?" } ?? ""
        throw FormatError("unknown format '\(name)'.\(near) Choose from \(listed(known)).")
    }

    private static func describe(_ format: any EventFormat.Type) -> FormatDescriptor {
        FormatDescriptor(
            name: format.name, summary: format.summary, needsMapping: format.needsMapping, extensions: format.extensions)
    }
}
