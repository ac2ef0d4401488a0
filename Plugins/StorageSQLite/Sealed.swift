import Foundation
import GRDB
import Storage

/// A table whose rows do not hold what was written.
struct DamagedTable: Error {
    var name: String
    /// The table follows from the blocks, so that a rebuild makes it anew.
    var isCurated = false
}

/// Bytes with a checksum behind them, so that what a failing disk changed is told and not believed.
///
/// SQLite notices a broken page only where its structure breaks. The checksum covers the bytes, the table, and the numbers that the row
/// stands under, so that a row that moved is noticed too. Layout: the bytes, then 8 bytes of checksum, little endian.
enum Sealed {
    /// Numbers of the tables within checksums; stored, never reused.
    enum Table: UInt64 {
        case name = 1
        case path = 2
        case shape = 3
        case vocabulary = 4
        case block = 5
        case column = 6
        case identifier = 7
        case pairs = 8
        case linkMessages = 9
        case alias = 10
        case dedupe = 11
        case position = 12
        case definition = 13
        case meta = 14
        case membershipSegment = 15
        case membershipExpression = 16
        case membershipChange = 17
        case membershipState = 18
        case refusal = 19
        case saidTime = 20
        case peopleRecord = 21
        case traitIndex = 22
        case traitRun = 23
        case traitSegment = 24
    }

    static func checksum(_ bytes: UnsafeRawBufferPointer, _ table: Table, _ numbers: [Int64]) -> UInt64 {
        var seed = table.rawValue
        for number in numbers { seed = (seed ^ UInt64(bitPattern: number)) &* 0x9E37_79B9_7F4A_7C15 ^ seed >> 29 }
        return ByteHash.checksum(bytes, seed: seed)
    }

    /// The bytes and their checksum.
    static func data(_ bytes: some ContiguousBytes, _ table: Table, _ numbers: Int64...) -> Data {
        bytes.withUnsafeBytes { raw in
            var data = Data(capacity: raw.count + 8)
            data.append(contentsOf: raw)
            withUnsafeBytes(of: checksum(raw, table, numbers).littleEndian) { data.append(contentsOf: $0) }
            return data
        }
    }

    /// The bytes without their checksum, nil where it is another.
    static func open(_ raw: UnsafeRawBufferPointer, _ table: Table, _ numbers: Int64...) -> UnsafeRawBufferPointer? {
        guard raw.count >= 8 else { return nil }
        let bytes = UnsafeRawBufferPointer(rebasing: raw[..<(raw.count - 8)])
        let held = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: bytes.count, as: UInt64.self))
        return checksum(bytes, table, numbers) == held ? bytes : nil
    }

    /// The bytes of `data` as an array.
    static func bytes(_ data: Data, _ table: Table, _ numbers: Int64..., damaged: @autoclosure () -> DamagedTable) throws -> [UInt8] {
        try data.withUnsafeBytes { raw in
            guard raw.count >= 8 else { throw damaged() }
            let bytes = UnsafeRawBufferPointer(rebasing: raw[..<(raw.count - 8)])
            guard checksum(bytes, table, numbers) == UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: bytes.count, as: UInt64.self))
            else { throw damaged() }
            return Array(bytes)
        }
    }

    /// The checksum of a row that has numbers only.
    static func seal(_ table: Table, _ numbers: Int64...) -> Int64 {
        Int64(bitPattern: checksum(UnsafeRawBufferPointer(start: nil, count: 0), table, numbers))
    }
}
