import CConnector

/// Somewhere that records are delivered to: what the author of a destination writes.
///
/// Tessera decides what is delivered and when, keeps how far it has come, tries again, and keeps what is refused. Delivery is at least once
/// and in order: a record that comes again has the same key.
public protocol Destination {
    /// Its name, what it is for, and every setting.
    static var descriptor: Descriptor { get }
    /// Checks how the settings go together. Touches nothing outside the process.
    init(_ settings: Settings) throws(Failure)
    /// Looks at the other side once, cheaply, and says in a sentence what it found.
    mutating func probe(_ host: ConnectorHost) throws(Failure) -> String
    /// Delivers records, the first one first. When it returns, the other side has every record that was not refused.
    mutating func deliver(_ records: Records) throws(Failure)
}

/// Records of one call of `deliver`, in the order in which they are to arrive; valid as long as the call takes.
public struct Records: RandomAccessCollection {
    /// What is lent for the time of the call.
    public let host: ConnectorHost
    let records: UnsafeBufferPointer<tessera_record>

    public var startIndex: Int { 0 }
    public var endIndex: Int { records.count }
    public subscript(index: Int) -> Record { Record(record: records[index]) }

    /// Says that the other side will never take the record at a place, and why: a sentence. Places ascend.
    public func refuse(_ index: Int, _ reason: String) {
        lending(reason.utf8) { host.table.pointee.refuse(host.table.pointee.host, index, $0) }
    }
}

/// One record.
public struct Record {
    /// What a record is.
    public enum Kind: Sendable {
        /// A message as it was accepted.
        case message
        /// Somebody entered or exited a segment.
        case membership
        /// Somebody's profile as it is now.
        case profile
    }
    let record: tessera_record

    /// What it is.
    public var kind: Kind {
        switch record.kind {
        case TESSERA_MEMBERSHIP: .membership
        case TESSERA_PROFILE: .profile
        default: .message
        }
    }
    /// The same however often the record comes.
    public var key: String { record.key.text }
    /// Canonical id of the profile; empty where nobody is meant.
    public var profile: String { record.profile.text }
    /// One JSON object without a line's end; valid as long as the call takes.
    public var json: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: record.json.bytes, count: record.json.count) }
}
