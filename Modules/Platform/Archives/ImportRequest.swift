/// What `tessera-archive import` is asked.
public struct ImportRequest: Sendable {
    /// Files in the order in which they count; `-` is standard input.
    public var files: [String]
    /// The word of `--input-format`; nil: told by the mapping, the first line or the file's name.
    public var format: String?
    /// A mapping file.
    public var mapping: String?
    /// Goes on where an earlier import of the same files stopped.
    public var resume = false
    /// Goes past damaged members and files.
    public var keepGoing = false
    /// The file for refused records; nil: a folder beside the store.
    public var rejects: String?
    /// Most bytes of text for each byte of a file; nil: the usual.
    public var maxRatio: Int?
    /// Longest line in bytes; nil: the usual.
    public var maxLine: Int?
    /// A file with the key of encrypted archives.
    public var keyFile: String?
    /// Threads that inflate, decode and store.
    public var threads = 2

    /// A request for files, everything else as usual.
    public init(files: [String]) { self.files = files }
}
