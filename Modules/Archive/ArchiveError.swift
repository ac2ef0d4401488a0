/// Why an archive could not be read or written, in a sentence that says where, what happened, and what to do.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is, for callers that act on it.
    public enum Reason: Sendable, Hashable {
        /// There is no such file.
        case missing
        /// The file is there and cannot be read: a directory, no permission, a failing disk.
        case unreadable
        /// The bytes are not what they should be.
        case damaged
        /// A limit was passed.
        case limit
        /// No space is left, or the disk refused a write.
        case disk
        /// A key is missing, malformed or the wrong one.
        case key
        /// A newer program wrote it.
        case newer
        /// The file's format could not make sense of it.
        case format
        /// The store refused.
        case store
        /// Somebody stopped the work.
        case interrupted
    }
    /// What kind of trouble it is; `description` tells a reader.
    public var reason: Reason
    public var description: String

    /// Joins the kind of trouble and the sentence that tells it.
    public init(_ reason: Reason, _ description: String) { (self.reason, self.description) = (reason, description) }
}

/// One place where an archive is not whole.
public struct ArchiveDamage: Sendable, Hashable, CustomStringConvertible {
    /// The file, as it was named.
    public var file: String
    /// Which member of the gzip file, from 1.
    public var member: Int
    /// Where that member starts, in bytes from the start of the file (of the decrypted stream, for an encrypted archive).
    public var memberOffset: Int
    /// Where the damage showed.
    public var offset: Int
    /// What was found there, without a full stop.
    public var problem: String

    /// The sentence, without what to do.
    public var description: String {
        "\(file): member \(member), which starts at byte \(memberOffset), is damaged at byte \(offset): \(problem)."
    }
}
