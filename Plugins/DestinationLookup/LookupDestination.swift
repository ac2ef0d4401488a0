import Connectors
import EventModel
import Synchronization

/// Asks about the people of messages, each key once for a while, and gives what it learned.
final class LookupDestination: Destination {
    private let service: LookupService
    private let key: [String]
    private let traits: LookupTraits
    private let concurrency: Int
    /// Answers of a batch that did not get through as a whole are in it, too: when the batch comes again they are not asked for again.
    private let answers: AnswerShelf

    let learns = true

    init(service: LookupService, key: [String], traits: LookupTraits, answers: AnswerShelf, concurrency: Int) {
        (self.service, self.key, self.traits, self.answers, self.concurrency) = (service, key, traits, answers, concurrency)
    }

    func probe() async throws(ConnectorError) -> String {
        "\(service.address.shown) is there; it answers OPTIONS with \(try await service.probe())."
    }

    func deliver(_ batch: DeliveryBatch) async throws(ConnectorError) -> DeliveryReceipt {
        var keys: [(record: Int, key: String)] = []
        for record in batch.records.indices {
            guard batch.records[record].kind == .message else {
                throw ConnectorError(
                    .mendSettings, at: service.address.shown, "only messages can be looked up", remedy: "Write `deliver: [messages]`.")
            }
            if let key = key(of: batch.json(record)) { keys.append((record, key)) }
        }
        let known = try await answers(to: keys.map(\.key))
        var receipt = DeliveryReceipt()
        for (record, key) in keys {
            switch known[key] {
            case .known(let answer)?:
                guard let given = traits.traits(of: answer) else { continue }
                if given.isWithinBounds {
                    receipt.given.append(.init(record: record, traits: given))
                } else {
                    receipt.refused.append(
                        .init(record: record, reason: "The traits of the answer have more than \(GivenTraits.mostBytes) bytes."))
                }
            case .refused(let reason)?: receipt.refused.append(.init(record: record, reason: reason))
            case .unknown?, nil: continue
            }
        }
        return receipt
    }

    /// A text, or a whole number as its digits; nil where a message has none.
    private func key(of json: ContiguousArray<UInt8>.SubSequence) -> String? {
        switch (try? JSONValue(parsing: json))?.asObject?.value(at: key) {
        case .string(let text)?: text.isEmpty ? nil : text
        case .integer(let number)?: String(number)
        case .unsigned(let number)?: String(number)
        default: nil
        }
    }

    /// What is known of each key, asking where nobody did for long.
    private func answers(to keys: [String]) async throws(ConnectorError) -> [String: LookupService.Answer] {
        var seen: Set<String> = []
        let asked = keys.filter { seen.insert($0).inserted }
        let known = await answers.answers(to: asked)
        let missing = asked.filter { known[$0] == nil }
        let round = LookupRound(missing)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(concurrency, missing.count) { group.addTask { await self.ask(round) } }
        }
        if let error = round.failure { throw error }
        if Task.isCancelled { throw .cancelled(service.address.shown) }
        return known.merging(round.answers) { _, asked in asked }
    }

    /// Asks about keys one after the other, until none is left or one of those that ask fails; what is answered is kept.
    private func ask(_ round: LookupRound) async {
        while !Task.isCancelled, let key = round.next() {
            do throws(ConnectorError) {
                let answer = try await service.answer(key)
                await answers.keep(answer, of: key)
                round.keep(answer, of: key)
            } catch { round.fail(error) }
        }
    }
}

/// Keys that are asked about together.
private final class LookupRound: Sendable {
    private struct State {
        var keys: ArraySlice<String>
        var answers: [String: LookupService.Answer] = [:]
        var failure: ConnectorError?
    }
    private let state: Mutex<State>

    init(_ keys: [String]) { state = Mutex(State(keys: keys[...])) }

    /// A key that nobody has asked about; nil where none is left, or one failed.
    func next() -> String? { state.withLock { $0.failure == nil ? $0.keys.popFirst() : nil } }

    func keep(_ answer: LookupService.Answer, of key: String) { state.withLock { $0.answers[key] = answer } }

    /// Of several failures the first counts.
    func fail(_ error: ConnectorError) { state.withLock { $0.failure = $0.failure ?? error } }

    var failure: ConnectorError? { state.withLock { $0.failure } }
    var answers: [String: LookupService.Answer] { state.withLock { $0.answers } }
}
