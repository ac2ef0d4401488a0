import EventModel
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

@Test(arguments: StoreContract.allCases, isLong ? Array(1...20) : [1, 2] as [UInt64])
func `the embedded store keeps its promises`(promise: StoreContract, seed: UInt64) throws {
    let folder = try Folder()
    try promise.verify(seed: seed) { try SQLiteStore(path: folder / "s.tessera", mode: .create) }
}

@Test
func `a path that only the tail has leaves nothing behind for the path that takes its number`() throws {
    let folder = try Folder()
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    let writer = try store.makeWriter()
    func line(_ id: String, _ member: String) -> MessageBatch {
        MessageBatch(lines: "{\"type\":\"screen\",\"userId\":\"u\",\"messageId\":\"\(id)\",\"timestamp\":\"2026-01-01\",\(member)}")
    }
    // Kept whole for its empty id: its members are columns without numbers.
    _ = try writer.append(writer.makeDecoder().decode(line("m1", "\"anonymousId\":\"\",\"behind\":1")))
    try writer.commit(source: nil, position: nil)
    // The writer has met "ahead" and gives it the next number; the tail's reader has not, and gives that number to "behind".
    _ = writer.makeDecoder().decode(line("never appended", "\"ahead\":1"))
    _ = try writer.appendDurably(line("m2", "\"behind\":true"))
    func tags(_ path: String) throws -> Set<UInt8> {
        let snapshot = try store.snapshot()
        return Set(try snapshot.blocks.flatMap { try snapshot.read($0, paths: [[path]]).columns[0].tags })
    }
    #expect(try tags("behind") == [ValueTag.number, ValueTag.yes])
    try writer.commit(source: nil, position: nil)
    #expect(try tags("ahead") == [ValueTag.absent])
    #expect(try tags("behind") == [ValueTag.number, ValueTag.yes])
    try writer.close()
}
