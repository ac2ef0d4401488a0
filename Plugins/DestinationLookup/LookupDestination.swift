import Connectors
import EventModel
import Synchronization

/// Asks about the people of messages, each key once for a while, and gives what it learned.
final class LookupDestination: Destination {
    private let service: LookupService
    private let key: [String]
    private let traits: LookupTraits
    private let concurrency: Int
    private let now: @Sendable () -> Instant
    /// Answers of a batch that did not get through as a whole are in it, too: when the batch comes again they are not asked for again.
    private let answers: Mutex<AnswerCache>

    let learns = true

    init(
        service: LookupService, key: [String], traits: LookupTraits, answers: consuming AnswerCache, concurrency: Int,
        now: @escaping @Sendable () -> Instant
    ) {
        (self.service, self.key, self.traits, self.concurrency, self.now) = (service, key, traits, concurrency, now)
        self.answers = Mutex(answers)
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
        var known: [String: LookupService.Answer] = [:]
        var missing: [String] = []
        let present = now()
        answers.withLock { answers in
            for key in keys where known[key] == nil {
                if let answer = answers.answer(key, at: present) { known[key] = answer } else { missing.append(key) }
            }
        }
        var seen: Set<String> = []
        missing = missing.filter { seen.insert($0).inserted }
        let asked = await ask(missing)
        for (key, result) in zip(missing, asked) {
            guard case .success(let answer)? = result else { continue }
            known[key] = answer
        }
        for case .failure(let error)? in asked { throw error }
        if Task.isCancelled { throw .cancelled(service.address.shown) }
        return known
    }

    /// Asks about keys, some at once, until one fails; what is answered is kept. Nil: it was not asked any more.
    private func ask(_ keys: [String]) async -> [Result<LookupService.Answer, ConnectorError>?] {
        var results = [Result<LookupService.Answer, ConnectorError>?](repeating: nil, count: keys.count)
        await withTaskGroup(of: (place: Int, result: Result<LookupService.Answer, ConnectorError>).self) { group in
            var next = 0
            func start() {
                guard next < keys.count else { return }
                let (place, key) = (next, keys[next])
                next += 1
                group.addTask {
                    do throws(ConnectorError) { return (place, .success(try await self.service.answer(key))) } catch {
                        return (place, .failure(error))
                    }
                }
            }
            for _ in 0..<concurrency { start() }
            while let (place, result) = await group.next() {
                results[place] = result
                switch result {
                case .success(let answer):
                    answers.withLock { $0.keep(answer, of: keys[place], at: now()) }
                    if !Task.isCancelled { start() }
                case .failure: next = keys.count
                }
            }
        }
        return results
    }
}
