public import EventModel
import Foundation

/// A stream of messages that goes on where it last stopped. Sources keep the promises of `SourceContract`.
///
/// A source only knows how to read the other side. The platform stores what it gives, keeps its checkpoints, tries again, limits its rate,
/// counts, and reports. Delivery is at least once; a message that comes again with its `messageId` is stored once.
public protocol Source: Sendable {
    /// Pulled by the platform, a batch at a time, so that nothing piles up: the next batch is asked for once the last is durable.
    associatedtype Batches: AsyncSequence<SourceBatch, ConnectorError>
    /// Streams what was recorded strictly after `checkpoint` (nil: from the first), oldest first.
    ///
    /// It ends by itself where there is an end; cancelling the task that reads it ends it at once.
    func batches(after checkpoint: Checkpoint?) -> Batches
    /// Looks at the other side once, cheaply, before streaming starts, and says in a sentence what it found.
    func probe() async throws(ConnectorError) -> String
}

/// The decoded settings of one kind of source; they know how to build it.
public protocol SourceSettings: Decodable, Sendable {
    /// Its name, what it is for, and every setting.
    static var descriptor: ConnectorDescriptor { get }
    /// Checks how the values go together and builds the source. Touches nothing outside the process.
    ///
    /// - Parameter context: What the platform lends.
    /// - Throws: With the path of the setting at fault, from the connector's settings on.
    func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source
}

/// What the platform lends to connectors.
public struct ConnectorContext: Sendable {
    /// The formats that there are.
    public var formats: FormatRegistry
    /// The payloads that there are.
    public var payloads: Payloads
    /// The folder that relative paths of the settings start from.
    public var folder: String
    /// Whether the connector is run by hand, to its end: what else waits for more, ends.
    public var isRunOnce: Bool
    /// Takes sentences for the log; whoever lends it puts the connector's name before them.
    public var report: @Sendable (String) -> Void
    /// The wall clock.
    public var now: @Sendable () -> Instant
    /// The caches of the settings file, by their names.
    public var caches: [String: OptionalCache] = [:]

    /// Joins the parts.
    public init(
        formats: FormatRegistry, payloads: Payloads = Payloads(), folder: String, isRunOnce: Bool = false,
        report: @escaping @Sendable (String) -> Void = { _ in }, now: @escaping @Sendable () -> Instant = ConnectorContext.systemClock
    ) {
        self.payloads = payloads
        (self.formats, self.folder, self.isRunOnce, self.report, self.now) = (formats, folder, isRunOnce, report, now)
    }

    /// The clock of the machine.
    public static let systemClock: @Sendable () -> Instant = { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }

    /// A cache of the settings file.
    ///
    /// - Parameter path: The setting that names it.
    public func cache(called name: String, at path: [String]) throws(SettingsError) -> OptionalCache {
        if let cache = caches[name] { return cache }
        let names = caches.keys.sorted { $0.precedesByScalars($1) }
        throw SettingsError(
            at: path, "there is no cache `\(name)`",
            remedy: names.isEmpty ? "Write one in the section `caches`." : "There are: \(listed(names)).")
    }

    /// A path of the settings as the process can open it.
    public func path(_ path: String) -> String { SettingsFolder(folder).path(path) }
}

/// A source whose batches can be made small, so that its positions lie everywhere: contract kits then go on from each.
public protocol CutSource: Source {
    /// The same source, whose batches are full after so many records: each ends there, or behind what has no position within.
    func cut(after records: Int) -> Self
}

/// Messages delivered together, and where to go on once all of them are durable.
public struct SourceBatch: Sendable {
    /// At most `mostBytes`. Records that cannot become a message are among its rejects, with their reason: they are kept in quarantine.
    public var messages: MessageBatch
    /// Where to go on.
    public var checkpoint: Checkpoint
    /// When the newest of them was recorded on the other side, where the source knows: the connector's lag is told by it.
    public var newest: Instant?

    /// Bytes of a batch's text, at most.
    public static let mostBytes = 8 << 20

    /// Joins messages with the position behind them.
    public init(_ messages: MessageBatch, then checkpoint: Checkpoint, newest: Instant? = nil) {
        (self.messages, self.checkpoint, self.newest) = (messages, checkpoint, newest)
    }
}
