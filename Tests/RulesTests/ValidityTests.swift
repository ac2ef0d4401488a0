import EventModel
import Foundation
@testable import Rules
import Testing

/// Until when a profile's answer holds: never too long, and for usual rules never too short.
struct ValidityTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    static let batches: Range<UInt64> = 0..<(isLong ? 1_000 : 40)

    @Test(arguments: batches)
    func `an answer holds as long as it says`(batch: UInt64) throws {
        for offset in 0..<UInt64(25) {
            let seed = 5_000_000 + batch * 25 + offset
            let one = try AgreementCase(seed: seed, usual: offset % 2 == 0)
            guard let failure = one.brokenPromise() else { continue }
            let shrunk = one.shrunk { $0.brokenPromise() }
            Issue.record("seed \(seed): \(failure)\nshrunk: \(shrunk.brokenPromise() ?? "")\n\(shrunk)")
            return
        }
    }

    @Test(arguments: batches)
    func `the answer to windows and lengths of time changes when it says`(batch: UInt64) throws {
        for offset in 0..<UInt64(25) {
            let seed = 7_000_000 + batch * 25 + offset
            let one = try AgreementCase(seed: seed, usual: true)
            guard !one.asksCalendar, let failure = one.needlessEnd() else { continue }
            let shrunk = one.shrunk { $0.needlessEnd() }
            Issue.record("seed \(seed): \(failure)\nshrunk: \(shrunk.needlessEnd() ?? "")\n\(shrunk)")
            return
        }
    }

    @Test func `nearly all answers to random expressions change when they say`() throws {
        var (ends, needless) = (0, 0)
        for seed in 0..<UInt64(500) {
            let one = try AgreementCase(seed: 9_000_000 + seed)
            if one.asksCalendar { continue }
            let counts = one.countsOfEnds()
            ends += counts.all
            needless += counts.needless
        }
        #expect(ends > 100)
        #expect(needless * 50 < ends, "\(needless) of \(ends) answers end without a change")
    }
}
