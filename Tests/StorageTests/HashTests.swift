import StorageTesting
import Testing

@testable import Storage

/// Input of n bytes 00, 01, 02 ... under the key 00..0f: `vectors_sip128` of the reference code of SipHash.
@Test(arguments: [
    (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"), (2, "8177228da4a45dc7fca38bdef60affe4"),
    (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"), (9, "264499060ad9baabc47f8b02bb6d71ed"),
    (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (16, "6ee2a4ca67b054bbfd3315bf85230577"), (17, "473d06e8738db89854c066c47ae47740"),
    (31, "2939b0183223fafc1723de4f52c43d35"), (32, "7c3956ca5eeafc3e363e9d556546eb68"), (63, "5150d1772f50834a503e069a973fbd7c"),
])
func `SipHash-2-4 with 128 bits gives the published values`(count: Int, hex: String) {
    let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
    let hash = (0..<count).map { UInt8($0) }.withUnsafeBufferPointer { ByteHash.sip128($0, key: key) }
    let bytes = [hash.0, hash.1].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hex)
}

/// Checksums are stored: these values never change.
@Test(arguments: [
    ("", 5_843_552_163_249_069_563 as UInt64), ("a", 4_371_632_907_570_790_160), ("0123456789abcdef", 14_148_278_436_608_119_183),
    ("0123456789abcdef0", 13_652_762_086_459_224_512), ("the quick brown fox jumps over the lazy dog", 5_697_886_343_166_106_962),
])
func `a checksum never changes`(text: String, value: UInt64) {
    #expect(Array(text.utf8).withUnsafeBytes { ByteHash.checksum($0, seed: 7) } == value)
}

@Test(arguments: UInt64(1)...20)
func `a checksum notices every flipped bit and every cut`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    var bytes = (0..<(1 + random.below(200))).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let whole = bytes.withUnsafeBytes { ByteHash.checksum($0, seed: seed) }
    for bit in 0..<(bytes.count * 8) {
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(bytes.withUnsafeBytes { ByteHash.checksum($0, seed: seed) } != whole)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
    }
    for cut in 0..<bytes.count { #expect(bytes[..<cut].withUnsafeBytes { ByteHash.checksum($0, seed: seed) } != whole) }
    #expect(bytes.withUnsafeBytes { ByteHash.checksum($0, seed: seed + 1) } != whole)
}

@Test(arguments: UInt64(1)...20)
func `keys of UUIDs are their bytes, and sort as their texts do`(seed: UInt64) {
    var random = ContractRandom(seed: seed)
    let keys = (0..<40).map { _ in MessageKey(high: random.next() >> UInt64(random.below(60)), low: random.next()) }
    for key in keys {
        let text = key.uuidText
        #expect(Array(text.utf8).withUnsafeBufferPointer { MessageKey(canonicalUUID: $0) } == key)
        for other in keys where key != other {
            #expect(((key.high, key.low) < (other.high, other.low)) == text.utf8.lexicographicallyPrecedes(other.uuidText.utf8))
        }
        let upper = text.uppercased()
        if upper != text { #expect(Array(upper.utf8).withUnsafeBufferPointer { MessageKey(canonicalUUID: $0) } == nil) }
        for place in 0..<36 {
            var bytes = Array(text.utf8)
            bytes[place] = UInt8(ascii: "g")
            #expect(bytes.withUnsafeBufferPointer { MessageKey(canonicalUUID: $0) } == nil)
        }
    }
}
