import EventModel
import GRDB
import Storage
import StorageTesting
import TestFolder
import Testing

@testable import StorageSQLite

@Test
func `a name that became frequent keeps blocks of its own, and they are merged within their time`() throws {
    let folder = try Folder()
    let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
    var expected: [String: Int] = [:]
    var writer = try store.makeWriter()
    for (round, rows) in [5_000, 4_500, 40, 4_200].enumerated() {
        let lines = (0..<rows).map { row in
            expected["m\(round)-\(row)"] = row
            return
                "{\"type\":\"track\",\"event\":\"\(row % 50 == 7 ? "Rare \(row % 3)" : "Often")\",\"userId\":\"u\((row * 31 + round) % 400)\",\"messageId\":\"m\(round)-\(row)\",\"timestamp\":\(1_700_000_000_000 + row * 1_000),\"row\":\(row)}"
        }
        let batch = MessageBatch(lines: lines.joined(separator: "\n"))
        #expect(try writer.append(writer.makeDecoder().decode(batch)).accepted == rows)
        try writer.commit(source: nil, position: nil)
        #expect(try writer.append(writer.makeDecoder().decode(batch)).duplicates == rows)
        if round == 1 {
            try writer.close()
            writer = try store.makeWriter()
        }
    }
    let before = try store.snapshot()
    try writer.close()
    let after = try SQLiteStore(path: folder / "s.tessera", mode: .open).snapshot()
    #expect(before.blocks.count > after.blocks.count && after.blocks.count == 2)
    #expect(after.blocks.contains { $0.event == "Often" } && after.blocks.contains { $0.event == nil })
    for snapshot in [before, after] {
        var held: [String: Int] = [:]
        for block in snapshot.blocks {
            let read = try snapshot.read(block, paths: [["row"], ["event"]])
            for (row, id) in try snapshot.messageIDs(block).enumerated() {
                held[id] = Int(read.columns[0].numbers[row])
                let name = read.columns[1].dictionary?[Int(read.columns[1].texts[row])]
                #expect((Int(read.columns[0].numbers[row]) % 50 == 7) == (name != "Often"))
            }
        }
        #expect(held == expected)
    }
}

@Test
func `blocks of long texts are merged only as far as memory allows`() throws {
    let folder = try Folder()
    let path = folder / "s.tessera"
    let writer = try SQLiteStore(path: path, mode: .create).makeWriter()
    var random = ContractRandom(seed: 1)
    for number in 0..<6 {
        let text = (0..<4_000).map { _ in String(random.next(), radix: 36) }.joined()
        let line = "{\"type\":\"screen\",\"userId\":\"u\",\"messageId\":\"m\(number)\",\"timestamp\":\"2026-01-01\",\"t\":\"\(text)\"}"
        _ = try writer.append(writer.makeDecoder().decode(MessageBatch(lines: line)))
        try writer.commit(source: nil, position: nil)
    }
    let size = try DatabaseQueue(path: path).read { try BlockTable.byteCount($0, block: 1) }
    try DatabaseQueue(path: path).writeWithoutTransaction { try BlockMerge.mergeSmallBlocks($0, mostBytes: size * 5 / 2) }
    #expect(try SQLiteStore(path: path, mode: .open).snapshot().blocks.map(\.rows) == [2, 2, 2])
    try writer.close()
    #expect(try SQLiteStore(path: path, mode: .open).snapshot().blocks.map(\.rows) == [6])
}
