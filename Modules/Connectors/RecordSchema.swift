public import EventModel

/// One version of a schema that records are written by, in one language: Avro, Protocol Buffers.
///
/// The platform reads the files, keeps their versions apart, and holds them against the rule of compatibility; a language knows what a file
/// says, whether one version reads what another wrote, and how bytes become JSON by them.
public protocol RecordSchema: Sendable {
    /// The word of `kind:`, and of `payload` for Tessera's own records.
    static var language: String { get }
    /// One sentence for help.
    static var summary: String { get }
    /// The end of a version's file, without a dot.
    static var fileExtension: String { get }
    /// The words of `framing:`, the usual one first.
    static var framings: [String] { get }
    /// Whether a file holds several kinds of record, of which `message:` names one.
    static var hasSeveralMessages: Bool { get }
    /// Reads and writes Tessera's own records.
    static var published: any PayloadCodec { get }
    /// Reads one version.
    ///
    /// - Parameter message: What `message:` says.
    init(file: [UInt8], message: String?) throws(PayloadError)
    /// What keeps this version from reading what `writer` wrote, each a sentence that names the field; empty: nothing.
    func obstacles(reading writer: Self) -> [String]
    /// What is wrong with this as the version after `older`, whichever way records are read; each a sentence. Empty by default.
    func lapses(after older: Self) -> [String]
    /// Reads records of any of these versions and writes those of the newest.
    static func makeCodec(_ versions: SchemaVersions<Self>, framing: SchemaFraming) throws(SettingsError) -> any PayloadCodec
}

extension RecordSchema {
    public func lapses(after older: Self) -> [String] { [] }
}

/// All versions of a schema, ascending; at least one.
public struct SchemaVersions<Schema: RecordSchema>: Sendable {
    /// One of them.
    public struct Version: Sendable {
        /// From 1.
        public var number: Int
        /// What its file says.
        public var schema: Schema
    }
    /// In their order.
    public let all: [Version]

    /// Takes them, ascending; traps where there is none.
    public init(_ all: [(number: Int, schema: Schema)]) {
        precondition(!all.isEmpty, "a schema has a version")
        self.all = all.map { Version(number: $0.number, schema: $0.schema) }
    }

    /// The last of them.
    public var newest: Version { all[all.count - 1] }
}

/// How records say which version they are written by.
public struct SchemaFraming: Sendable, Hashable {
    /// The word of `framing:`.
    public var name: String
    /// Versions by the ids of a schema registry; a version that is not among them has its number for an id, where that is free.
    public var ids: [UInt32: Int]

    /// Joins both.
    public init(_ name: String, ids: [UInt32: Int] = [:]) { (self.name, self.ids) = (name, ids) }

    /// The version that an id speaks of; nil: none.
    public func version(of id: UInt32, among numbers: [Int]) -> Int? {
        if let version = ids[id] { return version }
        return numbers.first { $0 == Int(id) && !ids.values.contains($0) }
    }

    /// The id that speaks of a version.
    public func id(of version: Int) -> UInt32 {
        ids.filter { $0.value == version }.keys.max() ?? UInt32(clamping: version)
    }
}

/// Which way versions must be readable, as schema registries call it.
public enum SchemaCompatibility: String, Sendable, CaseIterable {
    /// Versions need have nothing to do with each other.
    case none
    /// A version reads what the one before it wrote.
    case backward
    /// A version's records are readable by the one before it.
    case forward
    /// Both.
    case full

    /// Whether a version must read what the one before wrote.
    public var needsBackward: Bool { self == .backward || self == .full }
    /// Whether the one before must read what a version wrote.
    public var needsForward: Bool { self == .forward || self == .full }
}
