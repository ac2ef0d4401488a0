import StorageTesting
import Testing

@testable import Storage

/// The set through its bytes and back; nil where something is left over.
private func readBack(_ set: OrdinalSet) -> OrdinalSet? {
    var bytes = ContiguousArray<UInt8>([9, 9])
    set.appendBytes(to: &bytes)
    return bytes.withUnsafeBytes { raw in
        var rest = UnsafeRawBufferPointer(rebasing: raw[2...])
        let read = OrdinalSet(bytes: &rest, count: set.count)
        return rest.isEmpty ? read : nil
    }
}

@Test(arguments: UInt64(1)...60)
func `sets of ordinals come back from their bytes`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    let spread = random.pick([1, 2, 3, 9, 100, 5_000, 100_000])
    let start = random.pick([0, 0, 1, 127, 128, 16_384, Int(UInt32.max) - 300_000_000])
    let set = OrdinalSet((0..<random.below(2_000)).map { _ in UInt32(start + random.below(spread * 2_000)) })
    #expect(zip(set.ordinals, set.ordinals.dropFirst()).allSatisfy { $0 < $1 })
    #expect(readBack(set) == set)
}

@Test(arguments: [[], [0], [UInt32.max], [0, UInt32.max], Array(UInt32.max - 40...UInt32.max), Array(0...99)] as [[UInt32]])
func `sets at the edges come back from their bytes`(ordinals: [UInt32]) {
    let set = OrdinalSet(ordinals)
    #expect(set.ordinals == ContiguousArray(ordinals))
    #expect(readBack(set) == set)
}

@Test
func `a million in a row take a bit each, and one alone takes a few bytes`() {
    var bytes = ContiguousArray<UInt8>()
    OrdinalSet(0..<1_000_000).appendBytes(to: &bytes)
    #expect(bytes.count == 125_005)
    bytes = []
    OrdinalSet([3_000_000_000]).appendBytes(to: &bytes)
    #expect(bytes.count == 6)
}

@Test(arguments: UInt64(1)...200)
func `bytes of anything give a set or nil`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    var bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    if !bytes.isEmpty { bytes[0] = UInt8(random.below(3)) }
    for count in [0, 1, 2, 30, Int.max] {
        bytes.withUnsafeBytes { raw in
            var rest = raw
            guard let set = OrdinalSet(bytes: &rest, count: count) else { return }
            #expect(set.count == count && zip(set.ordinals, set.ordinals.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}

@Test(arguments: UInt64(1)...20)
func `changes folded into a bitmap leave the set that plain sets leave`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    var plain: Set<UInt32> = []
    var bitmap = OrdinalBitmap()
    for _ in 0..<30 {
        let some = OrdinalSet((0..<random.below(50)).map { _ in UInt32(random.below(400)) })
        if random.once(in: 2) {
            plain.formUnion(some.ordinals)
            bitmap.insert(some)
        } else {
            plain.subtract(some.ordinals)
            bitmap.remove(some)
        }
        let asked = OrdinalSet((0..<random.below(90)).map { _ in UInt32(random.below(400)) })
        #expect(bitmap.set == OrdinalSet(plain))
        #expect(Set(bitmap.set.intersection(asked).ordinals) == plain.intersection(asked.ordinals))
        #expect(asked.ordinals.allSatisfy { bitmap.set.contains($0) == plain.contains($0) })
    }
}
