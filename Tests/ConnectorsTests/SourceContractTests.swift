import Connectors
import ConnectorsTesting
import EventModel
import Foundation
import Synchronization
import Testing

/// Numbers messages; positions are those numbers.
private final class Counting: CutSource {
    /// What it does wrong.
    enum Wrong { case nothing, ignoresFull, eatsInProbe, saysNothing }
    private let (wrong, count, page, most): (Wrong, Int, Int, Int)
    /// What a probe took away.
    private let eaten: Mutex<Int>

    /// - Parameter page: Messages between two positions.
    init(_ wrong: Wrong = .nothing, count: Int = 100, page: Int = 1, most: Int = 1_000) {
        (self.wrong, self.count, self.page, self.most) = (wrong, count, page, most)
        eaten = Mutex(0)
    }

    func cut(after records: Int) -> Self { Self(wrong, count: count, page: page, most: wrong == .ignoresFull ? most : records) }

    func probe() async throws(ConnectorError) -> String {
        if wrong == .eatsInProbe { eaten.withLock { $0 += 1 } }
        return wrong == .saysNothing ? "" : "There are \(count) messages."
    }

    func batches(after checkpoint: Checkpoint?) -> Batches {
        Batches(
            next: checkpoint.flatMap { Int($0.position) } ?? eaten.withLock { $0 }, end: count, step: (most + page - 1) / page * page)
    }

    struct Batches: AsyncSequence, AsyncIteratorProtocol {
        var (next, end, step): (Int, Int, Int)
        init(next: Int, end: Int, step: Int) { (self.next, self.end, self.step) = (next, end, step) }
        func makeAsyncIterator() -> Self { self }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(ConnectorError) -> SourceBatch? {
            if Task.isCancelled || next >= end { return nil }
            let numbers = next..<Swift.min(end, next + step)
            next = numbers.upperBound
            return SourceBatch(
                MessageBatch(lines: numbers.map { #"{"messageId":"n\#($0)"}"# + "\n" }.joined()),
                then: Checkpoint(version: 1, position: "\(next)"))
        }
    }
}

@Suite struct SourceContractTests {
    @Test(arguments: SourceContract.allCases) func `a source that is right keeps every promise`(promise: SourceContract) async throws {
        try await promise.verify(Counting(), records: 100)
        try await promise.verify(Counting(page: 5), records: 100)
    }

    @Test func `a source that does not end a full batch is found, and pages are asked for`() async throws {
        let broken = await #expect(throws: SourceContract.Broken.self) {
            try await SourceContract.resumesAnywhere.verify(Counting(.ignoresFull), records: 100)
        }
        #expect(
            String(describing: broken).contains("resumesAnywhere: where a batch is full after 1 record, batch 1 has 100: nobody sees"),
            "\(String(describing: broken))")
        await #expect(throws: SourceContract.Broken.self) {
            try await SourceContract.resumesAnywhere.verify(Counting(page: 25), records: 100)
        }
        try await SourceContract.resumesAnywhere.verify(Counting(page: 25), records: 100, page: 25)
    }

    @Test(arguments: [
        (Counting.Wrong.eatsInProbe, "in a reading behind a probe, `n1` came where `n0` was expected"), (.saysNothing, "it says nothing"),
    ])
    private func `a probe that takes something or says nothing is found`(wrong: Counting.Wrong, place: String) async throws {
        let broken = await #expect(throws: SourceContract.Broken.self) {
            try await SourceContract.probesQuietly.verify(Counting(wrong), records: 100)
        }
        #expect(String(describing: broken).contains(place), "\(String(describing: broken))")
    }
}
