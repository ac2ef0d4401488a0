import EventModel
import StorageTesting
import Testing

@testable import Storage

/// A store in memory: blocks as they are written, people without links.
private final class MemoryBlocks {
    let dictionaries: StoreDictionaries
    private(set) var texts = IdentifierTexts()
    private var ordinals: [[UInt8]: UInt32] = [:]
    var blocks: [EncodedBlock] = []

    init(_ image: StoreDictionaries.Image = .init()) { dictionaries = StoreDictionaries(image) }

    func decode(_ batch: MessageBatch) -> ColumnarBatch {
        MessageDecoder(dictionaries: dictionaries, key: (1, 2)).decode(batch) as! ColumnarBatch
    }

    /// Names the owners of all messages and writes them as blocks.
    func write(_ batches: [ColumnarBatch]) {
        for batch in batches {
            for row in 0..<batch.messageCount {
                let ids = batch.identifiers(of: row)
                let user = ids.user.map { ordinal(batch.identifier($0)) }
                let anonymous = ids.anonymous.map { ordinal(batch.identifier($0)) }
                batch.settle(row, owner: user ?? anonymous, companion: user == nil ? nil : anonymous)
            }
        }
        let plan = BlockPlan(batches: batches, image: dictionaries.image, ownNames: [])
        for index in 0..<plan.count { plan.encode(index) { blocks.append($0) } }
    }

    private func ordinal(_ identifier: (kind: IdentifierKind, text: UnsafeBufferPointer<UInt8>, hash: UInt64)) -> UInt32 {
        let key = [identifier.kind.rawValue] + Array(identifier.text)
        if let known = ordinals[key] { return known }
        ordinals[key] = UInt32(texts.count)
        texts.kinds.append(identifier.kind.rawValue)
        texts.bytes.append(contentsOf: identifier.text)
        texts.offsets.append(texts.bytes.count)
        return UInt32(texts.count - 1)
    }

    func reader(_ block: EncodedBlock, image: ReaderImage) -> BlockReader {
        BlockReader(image: image, summary: block.summary) { code in block.columns.first { $0.code == code }?.bytes }
    }

    /// The JSON of every message, by messageId.
    func messages() throws -> [[UInt8]: [UInt8]] {
        let image = ReaderImage(dictionaries.image)
        var all: [[UInt8]: [UInt8]] = [:]
        for block in blocks {
            let reader = reader(block, image: image)
            for (id, json) in zip(try reader.messageIDs(), try reader.messages(rows: Array(0..<block.summary.rows), identifiers: texts)) {
                all[Array(id.utf8)] = Array(json)
            }
        }
        return all
    }

    /// Whether rows that are read alone are what they are among all.
    func expectRowsAlone(_ random: inout ContractRandom) throws {
        let image = ReaderImage(dictionaries.image)
        let writer = MessageWriter(image: image, identifiers: texts)
        for block in blocks {
            let reader = reader(block, image: image)
            let whole = try reader.batch()
            for _ in 0..<4 {
                let chance = random.pick([UInt64(1), 2, 10, 40])
                let rows = (0..<block.summary.rows).filter { _ in random.once(in: chance) }
                let alone = try reader.batch(rows: rows)
                #expect(alone.messageCount == rows.count)
                for (place, row) in rows.enumerated() {
                    var (here, there) = (ContiguousArray<UInt8>(), ContiguousArray<UInt8>())
                    writer.append(alone, row: place, to: &here)
                    writer.append(whole, row: row, to: &there)
                    #expect(here == there && alone.messageID(place) == whole.messageID(row))
                }
            }
        }
    }

    /// Whether everything that `expected` accepted is there as it was, and its columns say the same.
    func expectHolds(_ expected: ExpectedStore) throws {
        let held = try messages()
        #expect(held.count == expected.messages.count)
        for message in expected.messages { #expect(held[Array(message.messageID.utf8)] == Array(message.json.text.utf8)) }
    }
}

private func line(_ number: Int, _ rest: String) -> String {
    "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\(number % 7)\",\"messageId\":\"m\(number)\",\"timestamp\":\"2026-01-01\",\(rest)}"
}

private func hold(_ lines: [String], in store: MemoryBlocks, whole: ClosedRange<Int>) throws {
    var expected = ExpectedStore()
    let batch = MessageBatch(lines: lines.joined(separator: "\n"))
    _ = expected.take(batch)
    let decoded = store.decode(batch)
    #expect(decoded.messageCount == lines.count)
    #expect(whole.contains((0..<decoded.messageCount).count { decoded.rows[$0].shape == 0 }))
    store.write([decoded])
    try store.expectHolds(expected)
    let image = ReaderImage(store.dictionaries.image)
    for block in store.blocks {
        let reader = store.reader(block, image: image)
        let names = try reader.column(["event"])
        for row in 0..<block.summary.rows {
            #expect(names.tags[row] == ValueTag.text && (names.dictionary?[Int(names.texts[row])].hasPrefix("E") ?? false))
        }
    }
}

@Test
func `more texts than a vocabulary holds come back`() throws {
    let store = MemoryBlocks()
    try hold((0..<2_500).map { line($0, "\"properties\":{\"p\":\"text \($0 % 1_300)\",\"q\":\"\($0 % 3)\"}") }, in: store, whole: 0...0)
    #expect(store.dictionaries.image.vocabularies.values.map(\.count).max() == DictionaryLimits.vocabulary)
}

@Test
func `messages with more paths than there is room for are kept whole`() throws {
    var image = StoreDictionaries.Image()
    for number in image.paths.count..<(DictionaryLimits.paths - 20) { image.paths.append(["taken \(number)"]) }
    let store = MemoryBlocks(image)
    try hold((0..<120).map { line($0, "\"properties\":{\"key \($0)\":\($0),\"x\":{\"deep \($0)\":[1]}}") }, in: store, whole: 100...120)
    #expect(store.dictionaries.image.paths.count == DictionaryLimits.paths)
    let reader = store.reader(store.blocks[0], image: ReaderImage(store.dictionaries.image))
    let column = try reader.column(["properties", "key 119"])
    #expect(column.tags.filter { $0 == ValueTag.number }.count == 1 && column.numbers.contains(119))
}

@Test
func `messages of more shapes than there is room for are kept whole`() throws {
    var image = StoreDictionaries.Image()
    for number in 0..<200 { image.paths.append(["p\(number)"]) }
    for number in image.shapes.count..<(DictionaryLimits.shapes - 3) {
        image.shapes.append(Shape(tokens: [.init(.leaf, path: Int32(number % 200)), .init(.leaf, path: Int32(number / 200))]))
    }
    let store = MemoryBlocks(image)
    try hold((0..<60).map { line($0, (0...($0 % 10)).map { "\"x\($0)\":\($0)" }.joined(separator: ",")) }, in: store, whole: 30...60)
}

@Test
func `events of more names than there is room for keep their names`() throws {
    var image = StoreDictionaries.Image()
    for number in image.names.count..<(DictionaryLimits.names - 2) { image.names.append("taken \(number)") }
    let store = MemoryBlocks(image)
    let lines = (0..<60).map { line($0, "\"n\":1").replacing("\"E\"", with: "\"E \($0 % 9)\"") }
    try hold(lines, in: store, whole: 0...0)
}

@Test
func `more rows than a block holds are cut by time`() throws {
    let store = MemoryBlocks()
    let count = BlockFormat.rows + 500
    let lines = (0..<count).map {
        "{\"type\":\"track\",\"event\":\"E\",\"userId\":\"u\($0 % 97)\",\"messageId\":\"m\($0)\",\"timestamp\":\(1_700_000_000_000 + ($0 * 7_919) % 50_000),\"n\":\($0)}"
    }
    store.write([store.decode(MessageBatch(lines: lines.joined(separator: "\n")))])
    #expect(store.blocks.count == 2 && store.blocks.map(\.summary.rows).reduce(0, +) == count)
    let sorted = store.blocks.map(\.summary).sorted { $0.minTime < $1.minTime }
    #expect(sorted[0].maxTime <= sorted[1].minTime)
    var seen: Set<Double> = []
    for block in store.blocks {
        let column = try store.reader(block, image: ReaderImage(store.dictionaries.image)).column(["n"])
        #expect(column.uniformTag == ValueTag.number && column.mantissas.count == block.summary.rows)
        seen.formUnion(column.numbers)
    }
    #expect(seen.count == count)
}

@Test(arguments: UInt64(1)...6)
func `odd messages come back from blocks`(seed: UInt64) throws {
    var odd = OddMessages(seed: seed)
    var expected = ExpectedStore()
    let store = MemoryBlocks()
    var batches: [ColumnarBatch] = []
    for _ in 0..<3 {
        let batch = odd.batch(150)
        let before = expected.messages.count
        let outcome = expected.take(batch)
        let decoded = store.decode(batch)
        #expect(decoded.rejects.map(\.line) == outcome.refusedLines)
        // Duplicates are the store's to drop; here the first of each id is kept by dropping the others' owners.
        batches.append(decoded)
        #expect(expected.messages.count - before == outcome.accepted)
    }
    store.write(batches)
    let held = try store.messages()
    #expect(Set(held.keys) == Set(expected.messages.map { Array($0.messageID.utf8) }))
    var random = ContractRandom(seed: seed)
    try store.expectRowsAlone(&random)
}

@Test(arguments: UInt64(1)...4)
func `damaged columns are refused or read, never believed beyond their bytes`(seed: UInt64) throws {
    var odd = OddMessages(seed: seed)
    let store = MemoryBlocks()
    store.write([store.decode(odd.batch(250))])
    let image = ReaderImage(store.dictionaries.image)
    var random = ContractRandom(seed: seed)
    for round in 0..<400 {
        var block = store.blocks[round % store.blocks.count]
        let victim = random.below(block.columns.count)
        for _ in 0..<(1 + round % 3) {
            guard !block.columns[victim].bytes.isEmpty else { break }
            let place = random.below(random.once(in: 2) ? min(24, block.columns[victim].bytes.count) : block.columns[victim].bytes.count)
            if random.once(in: 4) {
                block.columns[victim].bytes.removeLast(random.below(block.columns[victim].bytes.count))
            } else if random.once(in: 3) {
                block.columns[victim].bytes[place] = random.pick([0, 1, 127, 128, 255])
            } else {
                block.columns[victim].bytes[place] ^= 1 << UInt8(random.below(8))
            }
        }
        let reader = store.reader(block, image: image)
        _ = try? reader.messageIDs()
        _ = try? reader.pathsUsed(event: "Event 1")
        _ = try? reader.messages(rows: Array(0..<block.summary.rows), identifiers: store.texts)
        _ = try? reader.messages(rows: [random.below(block.summary.rows)], identifiers: store.texts)
        for code in Set([victim, 0].map { block.columns[$0].code }) where code >= BlockFormat.Code.firstPath {
            _ = try? reader.column(image.paths[code - BlockFormat.Code.firstPath])
        }
        _ = try? reader.column(["event"])
        _ = try? reader.column(["properties"])
    }
}

@Test
func `decoders on several threads share one set of numbers`() async throws {
    let store = MemoryBlocks()
    let dictionaries = store.dictionaries
    var expected = ExpectedStore()
    let texts = (0..<4).map { part in
        (0..<700).map {
            line(part * 1_000 + $0, "\"properties\":{\"p\":\"text \(($0 * 7 + part) % 1_500)\",\"k\(($0 + part) % 20)\":\($0)}")
        }
        .joined(separator: "\n")
    }
    for text in texts { _ = expected.take(MessageBatch(lines: text)) }
    let batches = await withTaskGroup(of: (Int, ColumnarBatch).self) { group in
        for (index, text) in texts.enumerated() {
            group.addTask {
                let decoded = MessageDecoder(dictionaries: dictionaries, key: (1, 2)).decode(MessageBatch(lines: text)) as! ColumnarBatch
                return (index, decoded)
            }
        }
        return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
    store.write(batches)
    try store.expectHolds(expected)
}

@Test func `lines that their format gave no number or no identifier are refused, and the others taken`() {
    let lines = (0..<3).map { "{\"type\":\"page\",\"userId\":\"u\($0)\",\"timestamp\":\"2026-01-01T00:00:00Z\"}\n" }.joined(separator: "\n")
    var batch = MessageBatch(lines: lines, firstLine: 10)
    batch.lineNumbers = [100, 101, 102]
    let few = MemoryBlocks().decode(batch)
    #expect(few.messageCount == 2 && few.rejects.map(\.line) == [14] && few.rejects[0].reason.contains("fault of the format"))
    batch.lineNumbers = [100, 101, 102, 103, 104]
    batch.derivedIDs = ["00000000-0000-4000-8000-000000000000"]
    let nameless = MemoryBlocks().decode(batch)
    #expect(nameless.messageCount == 1 && nameless.rejects.map(\.line) == [102, 104])
}
