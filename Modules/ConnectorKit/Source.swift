import CConnector

/// A stream of messages that goes on where it last stopped: what the author of a source writes.
///
/// Tessera keeps positions, tries again, limits the rate, counts and reports. Delivery is at least once; a message that comes again with
/// its `messageId` is stored once. A call may block for a while.
public protocol Source {
    /// Its name, what it is for, and every setting.
    static var descriptor: Descriptor { get }
    /// Checks how the settings go together. Touches nothing outside the process.
    init(_ settings: Settings) throws(Failure)
    /// Looks at the other side once, cheaply, and says in a sentence what it found.
    mutating func probe(_ host: ConnectorHost) throws(Failure) -> String
    /// Gives the next messages behind a position (nil: from the first), oldest first, until the batch is full or nothing is there.
    mutating func read(after position: Position?, into batch: Batch) throws(Failure) -> Reading
}

/// Where to go on. Only the source that wrote it reads it.
public struct Position: Sendable, Hashable {
    /// Of the text's form: it outlives the code that wrote it.
    public var version: UInt16
    /// Any text.
    public var text: String

    /// Joins the parts.
    public init(_ text: String, version: UInt16 = 1) { (self.text, self.version) = (text, version) }
}

/// How a call of `read` ended.
public enum Reading: Sendable {
    /// There may be more at once.
    case more
    /// There is nothing more now; there may be later.
    case idle
    /// There is nothing more, and never will be.
    case end
}

/// Takes the messages of one call of `read`.
public struct Batch {
    /// What is lent for the time of the call.
    public let host: ConnectorHost

    /// Adds a message, one JSON object as Segment's specification has it, of at most 6 MiB.
    ///
    /// It needs a `type`, a `userId` or an `anonymousId`, a `timestamp`, and what its type asks for (a track: an `event`); without them it goes
    /// to quarantine. Give it a `messageId` that is the same whenever it comes again.
    ///
    /// - Returns: Whether there is room for another: end the batch where there is none.
    @discardableResult
    public func add(_ message: JSON) -> Bool { add(json: message.encoded) }

    /// Adds a message as its text.
    @discardableResult
    public func add(json: some Sequence<UInt8>) -> Bool {
        lending(json) { host.table.pointee.message(host.table.pointee.host, $0) } != 0
    }

    /// Sets a record aside that cannot become a message: it is kept in quarantine with the reason, a sentence.
    ///
    /// It may be of any size; its first 64 KiB are kept.
    ///
    /// - Returns: Whether there is room for another message or reject.
    @discardableResult
    public func reject(_ record: some Sequence<UInt8>, _ reason: String) -> Bool {
        lending(record) { record in lending(reason.utf8) { host.table.pointee.reject(host.table.pointee.host, record, $0) } } != 0
    }

    /// Says where to go on behind everything that was added so far. What is added behind the last position comes again.
    public func reached(_ position: Position) {
        lending(position.text.utf8) { host.table.pointee.position(host.table.pointee.host, position.version, $0) }
    }
}
