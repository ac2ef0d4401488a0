/// Records on their way to a destination, in the order in which they are to arrive, in one buffer.
///
/// A record is one line of JSON, with a key that is the same however often it is delivered, and the profile it is about. Where a connector's
/// settings name another payload, its destination is given that in the JSON's place.
public struct DeliveryBatch: Sendable {
    /// What a record is. Raw values are the words of settings and of dead letters.
    public enum Kind: String, Sendable, CaseIterable {
        /// A message as it was accepted: `{"type","messageId","timestamp",...}`.
        case message
        /// Somebody entered or exited a segment: `{"segment","profile","entered","at","cause","version"}`.
        case membership
        /// Somebody's profile as it is now: `{"id","identifiers","traits","as_of",...}`.
        case profile
    }

    /// One record: where its parts lie in the buffer.
    public struct Record: Sendable, Hashable {
        /// What it is.
        public var kind: Kind
        /// The JSON, without a line's end, or what stands for it.
        public var json: Range<Int>
        /// What destinations tell repeats by.
        public var key: Range<Int>
        /// Canonical id of the profile; empty where nobody is meant.
        public var profile: Range<Int>
    }

    /// All parts of all records.
    public private(set) var bytes: ContiguousArray<UInt8> = []
    /// In their order.
    public private(set) var records: [Record] = []

    /// The media type of the records.
    public let contentType: String

    /// No record.
    public init(contentType: String = "application/json") { self.contentType = contentType }

    /// Whether there is no record.
    public var isEmpty: Bool { records.isEmpty }
    /// How many records there are.
    public var count: Int { records.count }

    /// Adds a record at the end.
    public mutating func append(_ kind: Kind, key: String, profile: String, json: some Sequence<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: json)
        let keyStart = bytes.count
        bytes.append(contentsOf: key.utf8)
        let profileStart = bytes.count
        bytes.append(contentsOf: profile.utf8)
        records.append(
            Record(kind: kind, json: start..<keyStart, key: keyStart..<profileStart, profile: profileStart..<bytes.count))
    }

    /// Some of the records, in the order of their places.
    func only(_ places: [Int]) -> DeliveryBatch {
        var batch = DeliveryBatch(contentType: contentType)
        for place in places { batch.append(records[place].kind, key: key(place), profile: profile(place), json: json(place)) }
        return batch
    }

    /// The JSON of a record.
    public func json(_ index: Int) -> ContiguousArray<UInt8>.SubSequence { bytes[records[index].json] }
    /// What repeats of a record are told by.
    public func key(_ index: Int) -> String { String(decoding: bytes[records[index].key], as: UTF8.self) }
    /// Canonical id of the profile that a record is about; empty where nobody is meant.
    public func profile(_ index: Int) -> String { String(decoding: bytes[records[index].profile], as: UTF8.self) }
}

/// How much goes to a destination at once: whichever is reached first.
public struct DeliveryLimits: Sendable, Hashable {
    /// Records.
    public var records: Int
    /// Bytes of records.
    public var bytes: Int
    /// How long the first record waits for others.
    public var wait: Duration

    /// By default 500 records, 1 MiB, 1 s.
    public init(records: Int = 500, bytes: Int = 1 << 20, wait: Duration = .seconds(1)) {
        (self.records, self.bytes, self.wait) = (records, bytes, wait)
    }
}
