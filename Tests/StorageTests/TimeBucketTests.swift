import StorageTesting
import Testing

@testable import Storage

@Test(arguments: TimeBucket.Width.allCases, UInt64(1)...5)
func `a bucket holds a stretch of time, before 1970 as after`(width: TimeBucket.Width, seed: UInt64) {
    var random = ContractRandom(seed: seed)
    for _ in 0..<500 {
        let time = Int64(bitPattern: random.next()) >> 16
        let bucket = TimeBucket(width: width, of: time)
        guard let length = width.milliseconds else {
            #expect(bucket.index == 0)
            continue
        }
        #expect(bucket.index * length <= time && time < (bucket.index + 1) * length)
    }
    for time in [-1, 0, 1] as [Int64] { #expect(TimeBucket(width: width, of: time).index == (time < 0 && width != .all ? -1 : 0)) }
}

@Test
func `buckets are as fine as whole blocks allow`() {
    let day: Int64 = 86_400_000
    #expect(TimeBucket.fitting(rows: 10, from: 0, to: 0) == .all)
    #expect(TimeBucket.fitting(rows: BlockFormat.rows, from: 0, to: 6 * day) == .week)
    #expect(TimeBucket.fitting(rows: BlockFormat.rows, from: 0, to: 8 * day) == .month)
    #expect(TimeBucket.fitting(rows: 60 * BlockFormat.rows, from: 0, to: 364 * day) == .week)
    #expect(TimeBucket.fitting(rows: 14 * BlockFormat.rows, from: 0, to: 363 * day) == .month)
    #expect(TimeBucket.fitting(rows: 2 * BlockFormat.rows, from: 0, to: 363 * day) == .year)
    #expect(TimeBucket.fitting(rows: BlockFormat.rows, from: -62_167_219_200_000, to: 253_402_300_799_999) == .all)
}
