public import EventModel

/// A way to write one record down in bytes: turns them into one line of JSON, and JSON into them.
///
/// What the JSON then means is the business of formats. A codec knows the schemas that its records are written by.
public protocol PayloadCodec: Sendable {
    /// The media type of the bytes.
    var contentType: String { get }
    /// The JSON that the bytes of a record say, without a line's end.
    ///
    /// The bytes come from strangers: whatever they are, this ends soon, in bounded memory.
    /// - Parameter longest: Bytes of JSON, at most.
    /// - Throws: Where the bytes are no record: nothing of it is used.
    func decode(_ bytes: UnsafeRawBufferPointer, longest: Int) throws(PayloadError) -> ContiguousArray<UInt8>
    /// The bytes of a record; the same for the same record.
    ///
    /// - Throws: Where the schema has no room for what the record says. The sentence shows no personal data.
    func encode(_ record: JSONObject, _ kind: DeliveryBatch.Kind) throws(PayloadError) -> ContiguousArray<UInt8>
}

/// Why bytes are no record, or a record cannot be written in bytes.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence or two: where, what is wrong there, and what helps. Shows no personal data.
    public var description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description }
}

/// The payloads that settings can name.
public struct Payloads: Sendable {
    /// The word for records that are JSON as they stand.
    public static let json = "json"
    /// One of them.
    public struct Entry: Sendable {
        /// What `payload` calls it.
        public var name: String
        /// Reads and writes it.
        public var codec: any PayloadCodec
        /// Another one means, within a process, that the same name means something else.
        public var identity: Int

        /// Joins the parts.
        public init(name: String, codec: any PayloadCodec, identity: Int) {
            (self.name, self.codec, self.identity) = (name, codec, identity)
        }
    }
    private let entries: [Entry]

    /// JSON, and these, whose names are distinct.
    public init(_ entries: [Entry] = []) { self.entries = entries }

    /// What a name means, as long as it means the same.
    public func identity(of name: String) -> Int? { entries.first { $0.name.sameScalars(as: name) }?.identity }

    /// The setting that names one, for descriptors of sources.
    public static let read = SettingDescriptor.optional(
        "payload", .text, "What a record's bytes are: json, avro or protobuf by Tessera's own schemas, or a name of the section `schemas`.",
        usual: json)
    /// The setting that names one, for descriptors of destinations.
    public static let written = SettingDescriptor.optional(
        "payload", .text,
        "What records are written as: json, avro or protobuf by Tessera's own schemas, or a name of the section `schemas`.",
        usual: json)

    /// The codec that the setting `payload` names; nil for JSON.
    public func codec(named name: String?) throws(SettingsError) -> (any PayloadCodec)? {
        guard let name, !name.sameScalars(as: Self.json) else { return nil }
        if let found = entries.first(where: { $0.name.sameScalars(as: name) }) { return found.codec }
        let names = [Self.json] + entries.map(\.name)
        let near = nearMatch(to: name, among: names).map { "Did you mean `\($0)`? " } ?? ""
        throw SettingsError(
            at: ["payload"], "there is no payload `\(name)`",
            remedy: near + "There are: \(listed(names)). Schemas of your own are named in the section `schemas`.")
    }
}
