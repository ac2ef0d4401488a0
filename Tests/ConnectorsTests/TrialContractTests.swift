import Connectors
import ConnectorsTesting
import EventModel
import Synchronization
import Testing

/// Keeps memberships, and refuses the first message.
private final class Kept: AudienceReporting {
    /// What it does wrong.
    enum Wrong { case nothing, refusesOnlyOnce, mistakesThePlace, givesNoReason, forgetsWhoLeft, namesNobody, hasTrouble }
    private struct State {
        var keys: Set<String> = []
        var fold = AudienceFold()
        var waits = 1
    }
    private let wrong: Wrong
    private let state = Mutex(State())

    init(_ wrong: Wrong) { self.wrong = wrong }

    var keys: Set<String> { state.withLock { $0.keys } }

    func probe() async throws(ConnectorError) -> String { "It is there." }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        if wrong == .hasTrouble { throw ConnectorError(.retry(after: nil), at: "here", "it is busy", remedy: "Wait.") }
        let wait = state.withLock { state in
            defer { state.waits -= 1 }
            return state.waits > 0
        }
        if wait { throw ConnectorError(.retry(after: .milliseconds(1)), at: "here", "it is busy", remedy: "Wait.") }
        return state.withLock { state in
            var refused: [DeliveryReceipt.Refusal] = []
            for place in batch.records.indices {
                let isNew = state.keys.insert(batch.key(place)).inserted
                if batch.records[place].kind == .message, batch.profile(place).hasSuffix("-0"), isNew || wrong != .refusesOnlyOnce {
                    let told = wrong == .mistakesThePlace ? batch.count : place
                    refused.append(.init(record: told, reason: wrong == .givesNoReason ? "" : "Nobody is called 0."))
                    continue
                }
                guard isNew, let record = (try? JSONValue(parsing: Array(batch.json(place))))?.asObject else { continue }
                if wrong != .forgetsWhoLeft || record["entered"] != .bool(false) { state.fold.take(record) }
            }
            return DeliveryReceipt(refused: refused)
        }
    }

    func audiences() async throws(ConnectorError) -> [Audience] { wrong == .namesNobody ? [] : state.withLock { $0.fold.audiences } }
}

@Suite struct TrialContractTests {
    private static let kinds = Set(DeliveryBatch.Kind.allCases)
    private let records = TrialRecords(of: kinds, at: Instant(milliseconds: 1_780_272_000_000))
    private let pace = TrialContract.Pace(atOnce: 12, rate: nil)

    @Test(arguments: TrialContract.allCases) func `a destination that is right keeps every promise`(promise: TrialContract) async throws {
        let kept = Kept(.nothing)
        let refused = try await promise.verify({ kept }, records: records, pace: pace)
        #expect(refused == (promise == .followsMemberships ? [] : ["Nobody is called 0."]))
        #expect(kept.keys.allSatisfy { $0.contains(TrialRecords.mark) })
        #expect(kept.keys.count == (promise == .followsMemberships ? 20 : 30) && records.count == 40)
    }

    @Test(arguments: [
        (TrialContract.takesRecords, Kept.Wrong.mistakesThePlace, "it speaks of the places [12] of 12 records"),
        (.takesRecords, .givesNoReason, "without a reason"), (.takesRepeats, .refusesOnlyOnce, "0 records are refused, and 1 were before"),
        (.followsMemberships, .forgetsWhoLeft, "when everybody left, it says that 10 are in the segment, of 0"),
        (.followsMemberships, .namesNobody, "when everybody entered, it says that 0 are in the segment, of 10"),
    ])
    private func `one that is wrong is found`(promise: TrialContract, wrong: Kept.Wrong, place: String) async throws {
        let kept = Kept(wrong)
        let broken = await #expect(throws: TrialContract.Broken.self) {
            try await promise.verify({ kept }, records: records, pace: pace)
        }
        #expect(
            String(describing: broken).contains("\(promise): ") && String(describing: broken).contains(place),
            "\(String(describing: broken))")
    }

    @Test func `trouble of the other side is told as it is`() async throws {
        let error = await #expect(throws: ConnectorError.self) {
            try await TrialContract.takesRecords.verify({ Kept(.hasTrouble) }, records: records, pace: pace)
        }
        #expect(error?.problem == "it is busy")
    }

    @Test func `only what the destination is given is made, and is told before`() {
        let few = TrialRecords(of: [.message], at: Instant(milliseconds: 0))
        #expect(few.count == 10 && few.givenAtFirst == 10)
        #expect(TrialRecords.told([.message, .profile]) == "10 messages, 10 profiles")
    }
}
