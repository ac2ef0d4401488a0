public import EventModel

/// Somewhere that records are delivered to. Destinations keep the promises of `DestinationContract`.
///
/// A destination only knows how to speak to the other side. The platform decides what is delivered and when, batches it, keeps how far it has
/// come, tries again, limits the rate, keeps what is refused, counts, and reports. Delivery is at least once and in order: a record that
/// comes again has the same key, and whoever can tells it by that.
public protocol Destination: Sendable {
    /// Delivers records, the first one first. When this returns, the other side has every record that the receipt does not refuse.
    ///
    /// - Throws: Where it is not known of any of them whether they arrived: the whole batch comes again. Where it is known of some, the
    ///   receipt can say which are to come again instead.
    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt
    /// Looks at the other side once, cheaply, and says in a sentence what it found.
    func probe() async throws(ConnectorError) -> String
    /// Lets go of what it holds of the other side: no batch comes after that.
    func close() async
    /// Whether it asks the other side about people and its receipts say what it learned. It is not given the messages that became of that.
    var learns: Bool { get }
}

extension Destination {
    /// Nothing is held.
    public func close() async {}
    /// It only delivers.
    public var learns: Bool { false }
}

/// What the other side made of a batch.
public struct DeliveryReceipt: Sendable, Hashable {
    /// A record that the other side will never take.
    public struct Refusal: Sendable, Hashable {
        /// Its place in the batch.
        public var record: Int
        /// A sentence: why. Shows no secret and no personal data.
        public var reason: String

        /// Joins the parts.
        public init(record: Int, reason: String) { (self.record, self.reason) = (record, reason) }
    }
    /// What the other side knows of the person of a message.
    public struct Given: Sendable, Hashable {
        /// The message's place in the batch.
        public var record: Int
        /// Traits within their bounds, each with a purpose.
        public var traits: GivenTraits

        /// Joins the parts.
        public init(record: Int, traits: GivenTraits) { (self.record, self.traits) = (record, traits) }
    }
    /// Records that have to be tried again.
    public struct Later: Sendable, Hashable {
        /// Their places in the batch, ascending; none is refused as well.
        public var records: [Int]
        /// Why, and how long to wait: one that another try may mend.
        public var error: ConnectorError

        /// Joins the parts.
        public init(_ records: [Int], because error: ConnectorError) { (self.records, self.error) = (records, error) }
    }
    /// Ascending by their places; the others have arrived, but for those that come later.
    public var refused: [Refusal]
    /// What was learned: stored as identifies before the batch counts as delivered. Empty where the destination does not learn.
    public var given: [Given]
    /// What has to be tried again though others got through; nil: nothing. It comes again as a smaller batch.
    public var later: Later?

    /// By default all have arrived, and nothing was learned.
    public init(refused: [Refusal] = [], given: [Given] = [], later: Later? = nil) {
        (self.refused, self.given, self.later) = (refused, given, later)
    }
}

/// The decoded settings of one kind of destination; they know how to build it.
public protocol DestinationSettings: Decodable, Sendable {
    /// Its name, what it is for, and every setting.
    static var descriptor: ConnectorDescriptor { get }
    /// Checks how the values go together and builds the destination. Touches nothing outside the process.
    ///
    /// - Parameter context: What the platform lends.
    /// - Throws: With the path of the setting at fault, from the connector's settings on.
    func makeDestination(_ context: ConnectorContext) throws(SettingsError) -> any Destination
}
