public import Connectors
import ConnectorsTesting

/// What becomes of a server while batches go to it or come from it.
public struct Faults: Sendable {
    /// A connector did with a fault what it may not.
    public struct Wrong: Error {
        let what: String
    }
    private let words: [Int: [String]]
    private let frozen: Int?
    private let tell: @Sendable (String) async throws -> Void

    /// - Parameter words: What the server is told at a batch, by its number.
    /// - Parameter frozen: The number of the batch from which on it says nothing, until somebody complains.
    /// - Parameter tell: Tells the server a word.
    public init(_ words: [Int: [String]], frozen: Int? = nil, tell: @escaping @Sendable (String) async throws -> Void) {
        (self.words, self.frozen, self.tell) = (words, frozen, tell)
    }

    private func begin(_ number: Int) async throws { for word in words[number] ?? [] { try await tell(word) } }

    private func check(_ error: any Error) throws {
        guard let error = error as? ConnectorError, error.recovery == .retry(after: nil) else { throw error }
    }

    /// Delivers records, 500 at once and each batch again until it is taken. Servers are told their words while one is on its way, or between
    /// it and the next.
    ///
    /// - Returns: How often one was not taken.
    /// - Throws: What another try could not help, and where records were refused.
    public func deliver(_ keys: [String], to destination: some Destination) async throws -> Int {
        var failures = 0
        for (number, start) in stride(from: 0, to: keys.count, by: 500).enumerated() {
            let batch = DestinationContract.batch(keys[start..<min(keys.count, start + 500)])
            let fault = Task.detached { try await begin(number) }
            if number == frozen { try await tell("freeze") }
            while true {
                do {
                    let refused = try await destination.deliver(batch).refused
                    guard refused.isEmpty else { throw Wrong(what: "refused: \(refused)") }
                    break
                } catch {
                    try check(error)
                    failures += 1
                    if number == frozen { try await tell("thaw") }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            try await fault.value
        }
        await destination.close()
        return failures
    }

    /// Reads so many lines, each time from the last checkpoint on. Servers are told their words behind a batch.
    public func read(_ count: Int, from source: some Source) async throws -> (lines: [String], failures: Int) {
        var (seen, failures, batches, isFrozen) = ([String](), 0, 0, false)
        var kept: Checkpoint?
        while seen.count < count {
            var reading = source.batches(after: kept).makeAsyncIterator()
            do {
                while let batch = try await reading.next(isolation: nil) {
                    seen += lines(batch)
                    kept = batch.checkpoint
                    batches += 1
                    try await begin(batches)
                    if batches == frozen {
                        try await tell("freeze")
                        isFrozen = true
                    }
                }
            } catch {
                try check(error)
                failures += 1
                if isFrozen { try await tell("thaw") }
                isFrozen = false
            }
        }
        return (seen, failures)
    }
}
