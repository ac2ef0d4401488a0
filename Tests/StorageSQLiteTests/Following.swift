import EventModel
import Storage
import StorageSQLite
import StorageTesting
import Testing

/// Appends messages durably, a few at a time and now and then by a new writer, and expects that whoever follows merges and regroupings knows
/// who is who. Gives the last writer.
func followed<Line>(
    _ messages: [Line], into store: SQLiteStore, by first: any StoreWriter, _ random: inout ContractRandom,
    batch: (ArraySlice<Line>) -> MessageBatch
) throws -> any StoreWriter {
    var writer = first
    var profile = ContiguousArray<UInt32>()
    _ = writer.takeMerges()
    var start = 0
    while start < messages.count {
        let end = min(start + 1 + random.below(12), messages.count)
        _ = try writer.appendDurably(batch(messages[start..<end]))
        for ordinal in profile.count..<(try store.snapshot().identifierCount) { profile.append(UInt32(ordinal)) }
        let regrouped = writer.takeRegrouped()
        for merge in writer.takeMerges() {
            for place in profile.indices where profile[place] == merge.old { profile[place] = merge.kept }
        }
        for ordinal in regrouped { profile[Int(ordinal)] = writer.profile(of: ordinal) }
        for ordinal in profile.indices { #expect(profile[ordinal] == writer.profile(of: UInt32(ordinal))) }
        if random.once(in: 4) {
            try writer.close()
            writer = try store.makeWriter()
            _ = writer.takeMerges()
        }
        start = end
    }
    return writer
}
