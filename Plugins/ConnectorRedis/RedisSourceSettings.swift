public import Connectors
public import EventModel

/// Settings of the source `redis`: a server, streams, and what their entries hold.
public struct RedisSourceSettings: SourceSettings {
    private struct Own: Decodable {
        var streams: [String]
        var group: String?
        var consumer: String?
        var claimAfter: Double?
        var field: String?
        var flat: Bool?
        var format: String?
        var payload: String?
        var start: String?
        var batchRecords: Int?
        var batchBytes: Int?
    }
    private let server: ServerSettings
    private let own: Own

    public static let descriptor = ConnectorDescriptor(
        name: "redis", summary: "Reads entries of Redis streams, on its own or as one of a group.",
        settings: [.required("streams", .texts, "The streams that are read.")] + ServerSettings.descriptors + [
            .optional("group", .text, "The consumer group that shares the entries.", usual: "none: it reads all entries"),
            .optional("consumer", .text, "With a group: the name of this consumer, which no other has."),
            .optional(
                "claimAfter", .number(0...604_800),
                "With a group: after how long entries are taken over that another consumer has not acknowledged; 0: never.", unit: "s",
                usual: "300"),
            .optional("field", .text, "The field of an entry that holds the record.", usual: "data"),
            .optional("flat", .truth, "Whether the fields of an entry are the record itself.", usual: "false"),
            .optional("format", .text, "The format that is in a record; one that needs no mapping.", usual: "segment"),
            Payloads.read,
            .optional(
                "start", .word(["earliest", "latest"]), "Where it begins that was never read: at the first entry, or behind the last.",
                usual: "earliest"),
            .optional("batchRecords", .integer(1...100_000), "Entries that are stored together, at most.", usual: "5000"),
            .optional(
                "batchBytes", .integer(1...4_194_304), "Bytes of entries that are stored together, about.", unit: "bytes", usual: "1048576"),
        ])

    public init(from decoder: any Decoder) throws {
        server = try ServerSettings(from: decoder)
        own = try Own(from: decoder)
    }

    /// Checks names and the format; nothing is connected to before the first batch.
    public func makeSource(_ context: ConnectorContext) throws(SettingsError) -> any Source {
        try ReadingPlaces.check(own.streams, at: "streams", each: "stream", check: StreamName.check)
        if own.flat == true, own.field != nil {
            throw SettingsError(at: ["field"], "the fields are the record already (`flat`)", remedy: "Leave one of the two out.")
        }
        if own.flat == true, own.payload != nil {
            throw SettingsError(at: ["payload"], "the fields are the record already (`flat`)", remedy: "Leave one of the two out.")
        }
        return RedisSource(
            plan: StreamReadingPlan(
                address: try server.makeAddress(context), streams: own.streams,
                content: own.flat == true ? .flat : .field(own.field ?? "data"), membership: try makeMembership(),
                startsLatest: own.start == "latest", batchRecords: own.batchRecords ?? 5_000, batchBytes: own.batchBytes ?? 1 << 20,
                isRunOnce: context.isRunOnce, decoder: try RecordDecoder(named: own.format, payload: own.payload, context),
                report: context.report))
    }

    private func makeMembership() throws(SettingsError) -> StreamReadingPlan.Membership? {
        guard let group = own.group else {
            if let name = own.consumer.map({ _ in "consumer" }) ?? own.claimAfter.map({ _ in "claimAfter" }) {
                throw SettingsError(at: [name], "there is no group", remedy: "Write `group`, or leave it out.")
            }
            return nil
        }
        guard let consumer = own.consumer else {
            throw SettingsError(
                at: ["group"], "nothing says which consumer of the group this is", remedy: "Write `consumer`, a name that no other has.")
        }
        try StreamName.check(group, at: ["group"])
        try StreamName.check(consumer, at: ["consumer"])
        let wait = own.claimAfter ?? 300
        return .init(group: group, consumer: consumer, claimAfter: wait == 0 ? nil : .milliseconds(Int64(wait * 1_000)))
    }
}
