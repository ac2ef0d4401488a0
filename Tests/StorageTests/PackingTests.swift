import StorageTesting
import Testing

@testable import Storage

/// Integers of every width, in runs and at random.
private func integers(_ random: inout ContractRandom, count: Int) -> ContiguousArray<Int64> {
    let shift = UInt64(random.below(65))
    var last: Int64 = 0
    let repeats = random.once(in: 3)
    return ContiguousArray(
        (0..<count).map { _ in
            if repeats, !random.once(in: 5) { return last }
            last = shift == 64 ? 0 : Int64(bitPattern: random.next()) >> Int64(shift)
            if random.once(in: 200) { last = random.pick([.min, .max, 0, -1]) }
            return last
        })
}

@Test(arguments: UInt64(1)...120)
func `packed integers come back`(seed: UInt64) throws {
    var random = ContractRandom(seed: seed)
    let values = integers(&random, count: [0, 1, 2, 63, 64, 1_023, 1_024, 1_025, 2_600][Int(seed % 9)])
    var packed = ContiguousArray<UInt8>([9, 9, 9])
    values.withUnsafeBufferPointer { PackedIntegers.encode($0, to: &packed) }
    packed.removeFirst(3)
    var out = ContiguousArray<Int64>(repeating: 7, count: values.count + 1)
    let used = packed.withUnsafeBytes { raw in
        out.withUnsafeMutableBufferPointer { PackedIntegers.decode(raw, count: values.count, into: $0.baseAddress!) }
    }
    #expect(used == packed.count)
    #expect(out.dropLast().elementsEqual(values))
    let places = values.indices.filter { _ in random.once(in: 7) }
    let some = packed.withUnsafeBytes { PackedIntegers.decode($0, count: values.count, at: places) }
    #expect(some?.used == packed.count && some?.values == ContiguousArray(places.map { values[$0] }))
    // What is cut short is no packed form, and nothing behind it is read.
    for cut in Set((0..<30).map { _ in random.below(packed.count) }) {
        let short = ContiguousArray(packed.prefix(cut))
        let read = short.withUnsafeBytes { raw in
            out.withUnsafeMutableBufferPointer { PackedIntegers.decode(raw, count: values.count, into: $0.baseAddress!) }
        }
        #expect(read == nil || values.isEmpty && cut == 0)
    }
}

@Test(arguments: UInt64(1)...120)
func `sequences come back, and bytes of anything are refused or read`(seed: UInt64) throws {
    var random = ContractRandom(seed: seed)
    let values = integers(&random, count: random.below(3_000))
    var bytes = ContiguousArray<UInt8>()
    values.withUnsafeBufferPointer { bytes.appendSequence($0) }
    let read = try bytes.withUnsafeBytes { raw in
        var reader = ColumnReader(raw)
        let read = try reader.sequence(count: values.count)
        #expect(reader.at == raw.count)
        return read
    }
    #expect(read == values)
    for chance in [UInt64(1), 3, 50] {
        let places = values.indices.filter { _ in random.once(in: chance) }
        let some = try bytes.withUnsafeBytes { raw in
            var reader = ColumnReader(raw)
            let some = try reader.sequence(count: values.count, at: places)
            #expect(reader.at == raw.count)
            return some
        }
        #expect(some == ContiguousArray(places.map { values[$0] }))
    }
    for _ in 0..<40 {
        var broken = bytes
        for _ in 0..<4 { broken[random.below(broken.count)] = UInt8(truncatingIfNeeded: random.next()) }
        broken.removeLast(random.below(min(40, broken.count)))
        broken.withUnsafeBytes { raw in
            var reader = ColumnReader(raw)
            _ = try? reader.sequence(count: values.count)
            reader = ColumnReader(raw)
            _ = try? reader.sequence(count: values.count, at: values.indices.filter { $0 % 11 == 3 })
        }
    }
}

@Test(arguments: UInt64(1)...40)
func `ascending words come back`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    let words = (0..<random.below(3_000)).map { _ in random.next() >> UInt64(random.below(64)) }.sorted()
    let packed = SortedWords.encode(words[...])
    #expect(packed.withUnsafeBytes { SortedWords.decode($0, count: words.count) }.map(Array.init) == words)
    #expect(packed.withUnsafeBytes { SortedWords.decode($0, count: SortedWords.most + 1) } == nil)
    #expect(packed.withUnsafeBytes { SortedWords.decode($0, count: -1) } == nil)
    if !words.isEmpty { #expect(packed.dropLast().withUnsafeBytes { SortedWords.decode($0, count: words.count) } == nil) }
}

@Test(arguments: UInt64(1)...60)
func `texts of a section come back, deflated or not`(seed: UInt64) throws {
    var random = ContractRandom(seed: seed)
    let builder = TextDictionaryBuilder()
    var texts: [[UInt8]] = []
    for _ in 0..<random.below(300) {
        let text = (0..<random.below(40)).map { _ in seed % 2 == 0 ? UInt8(97 + random.below(3)) : UInt8(truncatingIfNeeded: random.next())
        }
        let number = Int(text.withUnsafeBufferPointer { builder.number(of: $0) })
        if number == texts.count { texts.append(text) }
        #expect(texts[number] == text)
    }
    var bytes = ContiguousArray<UInt8>()
    TextSection.encode(builder, to: &bytes)
    let read = try bytes.withUnsafeBytes { raw in
        var reader = ColumnReader(raw)
        return try TextSection.decode(&reader)
    }
    #expect(read.count == texts.count)
    for (number, text) in texts.enumerated() {
        #expect(read.bytes[Int(read.offsets[number])..<Int(read.offsets[number + 1])].elementsEqual(text))
    }
    for _ in 0..<40 {
        var broken = bytes
        for _ in 0..<3 { broken[random.below(broken.count)] ^= 1 << UInt8(random.below(8)) }
        broken.withUnsafeBytes { raw in
            var reader = ColumnReader(raw)
            _ = try? TextSection.decode(&reader)
        }
    }
}

@Test(arguments: UInt64(1)...40)
func `pieces of identifiers come back`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    var texts = IdentifierTexts()
    for _ in 0..<(1 + random.below(200)) {
        let text =
            random.once(in: 2)
            ? Array(MessageKey(high: random.next(), low: random.next()).uuidText.utf8)
            : (0..<random.below(30)).map { _ in UInt8(97 + random.below(4)) }
        texts.kinds.append(UInt8(1 + random.below(2)))
        texts.bytes.append(contentsOf: text)
        texts.offsets.append(texts.bytes.count)
    }
    let bytes = IdentifierPiece.encode(texts, 0..<texts.count)
    var read = IdentifierTexts()
    #expect(bytes.withUnsafeBytes { IdentifierPiece.append($0, count: texts.count, to: &read) })
    #expect(read.kinds == texts.kinds && read.bytes == texts.bytes && read.offsets == texts.offsets)
    for _ in 0..<60 {
        var broken = bytes
        for _ in 0..<3 { broken[random.below(broken.count)] ^= 1 << UInt8(random.below(8)) }
        var waste = IdentifierTexts()
        _ = broken.withUnsafeBytes { IdentifierPiece.append($0, count: texts.count, to: &waste) }
    }
}
