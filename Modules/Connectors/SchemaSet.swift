public import EventModel

/// A schema of the settings with all its versions, held against its rule.
public struct SchemaSet: Sendable {
    /// Two versions, side by side.
    public struct Comparison: Sendable, Hashable {
        /// What keeps the newer one from reading what the older one wrote.
        public var backward: [String]
        /// What keeps the older one from reading what the newer one wrote.
        public var forward: [String]

        /// Whether a rule is kept.
        public func keeps(_ rule: SchemaCompatibility) -> Bool {
            (!rule.needsBackward || backward.isEmpty) && (!rule.needsForward || forward.isEmpty)
        }
    }
    /// A file and what it holds.
    public struct File: Sendable {
        /// From 1.
        public var number: Int
        /// Where it lies.
        public var path: String
        /// What it holds.
        public var bytes: [UInt8]

        /// Joins them.
        public init(number: Int, path: String, bytes: [UInt8]) { (self.number, self.path, self.bytes) = (number, path, bytes) }
    }
    /// Its name in the settings.
    public let name: String
    /// The word of `kind:`.
    public let language: String
    /// Its rule.
    public let compatibility: SchemaCompatibility
    /// How records say which version they are written by.
    public let framing: SchemaFraming
    /// Its files, ascending.
    public let files: [File]
    /// Reads records of every version and writes the newest.
    public let codec: any PayloadCodec
    /// Each version but the first, beside the one before it.
    public let comparisons: [Comparison]
    /// Another one means, within a process, that files or settings are others.
    public let identity: Int
    private let compare: @Sendable ([UInt8]) throws(PayloadError) -> Comparison

    /// Reads all versions of a schema.
    ///
    /// - Parameter files: Ascending; at least one.
    /// - Parameter message: What `message:` says.
    /// - Throws: Where a file is no schema or versions break the rule, with the paths of settings.
    public init<Schema: RecordSchema>(
        _ name: String, _ schema: Schema.Type, files: [File], message: String?, compatibility: SchemaCompatibility, framing: SchemaFraming
    ) throws(SettingsErrors) {
        var errors: [SettingsError] = []
        var read: [(number: Int, schema: Schema)] = []
        for file in files {
            do throws(PayloadError) { read.append((file.number, try Schema(file: file.bytes, message: message))) } catch {
                errors.append(
                    SettingsError(at: ["path"], "\(file.path) is no schema of the kind \(Schema.language)", remedy: error.description))
            }
        }
        if !errors.isEmpty { throw SettingsErrors(errors) }
        var comparisons: [Comparison] = []
        for (older, newer) in zip(read, read.dropFirst()) {
            let comparison = Self.compare(older.schema, newer.schema)
            comparisons.append(comparison)
            guard !comparison.keeps(compatibility), let file = files.first(where: { $0.number == newer.number }) else { continue }
            var reasons: [String] = []
            if compatibility.needsBackward, let first = comparison.backward.first {
                reasons.append("it cannot read what version \(older.number) wrote: \(first)")
            }
            if compatibility.needsForward, let first = comparison.forward.first {
                reasons.append("version \(older.number) cannot read what it writes: \(first)")
            }
            errors.append(
                SettingsError(
                    at: ["path"],
                    "\(file.path), version \(newer.number), breaks the compatibility \(compatibility.rawValue); \(reasons.joined(separator: "; "))"
                        .droppingFullStop,
                    remedy: "Mend the file, or write the compatibility that is meant."))
        }
        if !errors.isEmpty { throw SettingsErrors(errors) }
        let versions = SchemaVersions(read)
        do throws(SettingsError) { codec = try Schema.makeCodec(versions, framing: framing) } catch { throw SettingsErrors([error]) }
        (self.name, language, self.compatibility, self.framing) = (name, Schema.language, compatibility, framing)
        (self.files, self.comparisons) = (files, comparisons)
        var hasher = Hasher()
        hasher.combine(message)
        hasher.combine(framing)
        for file in files {
            hasher.combine(file.number)
            hasher.combine(file.bytes)
        }
        identity = hasher.finalize()
        let newest = versions.newest.schema
        compare = { (candidate: [UInt8]) throws(PayloadError) -> Comparison in
            Self.compare(newest, try Schema(file: candidate, message: message))
        }
    }

    private static func compare<Schema: RecordSchema>(_ older: Schema, _ newer: Schema) -> Comparison {
        let lapses = newer.lapses(after: older)
        return Comparison(backward: newer.obstacles(reading: older) + lapses, forward: older.obstacles(reading: newer) + lapses)
    }

    /// Holds what could be the next version against the newest.
    ///
    /// - Throws: Where it is no schema.
    public func compare(candidate: [UInt8]) throws(PayloadError) -> Comparison { try compare(candidate) }
}

extension String {
    fileprivate var droppingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}

/// The languages of schemas that an app offers. A value: nothing is registered at import, and a test builds the registry it needs.
public struct SchemaRegistry: Sendable {
    /// In the order they were given.
    public let languages: [any RecordSchema.Type]

    /// Offers every language in `all`, in that order; traps if two share a name.
    public init(_ all: [any RecordSchema.Type]) {
        for (index, language) in all.enumerated() {
            precondition(!all[..<index].contains { $0.language.sameScalars(as: language.language) }, "two languages of one name")
        }
        languages = all
    }

    /// The language of that name; nil where there is none.
    public func language(_ name: String) -> (any RecordSchema.Type)? { languages.first { $0.language.sameScalars(as: name) } }
}
