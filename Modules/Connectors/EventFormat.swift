public import EventModel

/// A way to write events down: turns the bytes of a file into messages.
///
/// The platform inflates, counts, limits line length, decodes in parallel, stores, and resumes; a format only finds its records and
/// writes each as one line of JSON in Segment's shape.
public protocol EventFormat: Sendable {
    /// The word of `--input-format`.
    static var name: String { get }
    /// One sentence for help.
    static var summary: String { get }
    /// Whether it cannot be made without a mapping file. False by default.
    static var needsMapping: Bool { get }
    /// Ends of file names, in lower case and without a dot or `.gz`, that speak of this format. None by default.
    static var extensions: [String] { get }
    /// Writes messages in this format; nil where it is only read, which is usual.
    static var writer: (any EventWriter)? { get }
    /// Checks the settings (the text of a mapping file, nil without one) and makes the format. Touches nothing outside the process.
    init(settings: String?, settingsName: String) throws(FormatError)
    /// A reader for one file, from its first byte.
    func makeReader(limits: FormatLimits) -> any EventReader
}

extension EventFormat {
    public static var needsMapping: Bool { false }
    public static var extensions: [String] { [] }
    public static var writer: (any EventWriter)? { nil }
}

/// Reads one file of a format, in order, on one thread.
///
/// What a file gives does not depend on how its bytes are cut into calls. A reader holds no more than the limits allow, so a record of
/// any length passes through bounded memory.
public protocol EventReader: AnyObject {
    /// Takes the next bytes of the file and gives what records they complete.
    ///
    /// - Parameter bytes: What follows the bytes consumed so far. Bytes left unconsumed come again, with more behind them; after
    ///   a call that consumed nothing and gave no line, more bytes must come before the next.
    /// - Parameter atEnd: No byte follows. The reader must then consume all and give what it still holds.
    /// - Returns: The batch and how many bytes were consumed. A batch may hold less than the bytes allow; then the rest comes again.
    func read(_ bytes: UnsafeRawBufferPointer, atEnd: Bool) throws(FormatError) -> (batch: MessageBatch, consumed: Int)
    /// At the end a folding reader may hold more than one batch: called until it gives nil, after `read(atEnd: true)`.
    func drain() throws(FormatError) -> MessageBatch?
    /// Whether records are held back to be joined with later ones (a fold): an import can then be resumed at the file's end only, not inside.
    var holdsRecords: Bool { get }
}

extension EventReader {
    /// Nil: nothing is left after `read(atEnd: true)`.
    public func drain() throws(FormatError) -> MessageBatch? { nil }
    /// False: no record waits to be joined with a later one.
    public var holdsRecords: Bool { false }
}

/// Bounds a reader holds.
public struct FormatLimits: Sendable {
    /// Longest line (record) in bytes; a longer one is rejected.
    public var longestLine: Int
    /// Bytes that a folding reader holds before it spills to disk.
    public var foldBytes: Int

    /// Bounds in bytes; by default lines of 1 MiB and folds of 256 MiB.
    public init(longestLine: Int = 1 << 20, foldBytes: Int = 256 << 20) { (self.longestLine, self.foldBytes) = (longestLine, foldBytes) }
}

/// Why a format could not be made or a file not be read, in a sentence.
public struct FormatError: Error, Sendable, CustomStringConvertible {
    public var description: String
    /// Takes the sentence: where, what happened, what to do.
    public init(_ description: String) { self.description = description }
}
