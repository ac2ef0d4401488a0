import Dispatch
import Synchronization
import VerifierMail

/// Answers from a table that a test changes, counts questions, and waits while its gate is shut.
final class FakeResolver: MailResolver {
    private let table: Mutex<[String: [MailRecord: MailAnswer]]>
    private let questions = Mutex<[String]>([])
    private let gate = DispatchSemaphore(value: 0)
    private let isGated: Bool
    private let seesTheWorld: Bool

    /// - Parameter table: What is not in it does not exist; a record that is not in it is not there.
    /// - Parameter seesTheWorld: Whether it knows of `com`, which is not counted.
    init(_ table: [String: [MailRecord: MailAnswer]] = [:], isGated: Bool = false, seesTheWorld: Bool = true) {
        self.table = Mutex(table)
        (self.isGated, self.seesTheWorld) = (isGated, seesTheWorld)
    }

    /// The domains that were asked about, each question once.
    var asked: [String] { questions.withLock { $0 } }

    func set(_ domain: String, _ answers: [MailRecord: MailAnswer]?) { table.withLock { $0[domain] = answers } }

    /// Lets so many questions through.
    func open(_ count: Int) { for _ in 0..<count { gate.signal() } }

    func answer(_ record: MailRecord, of domain: String) -> MailAnswer {
        if record == .ns { return domain == "com" && seesTheWorld ? .found : .noDomain }
        if isGated { gate.wait() }
        questions.withLock { $0.append(domain) }
        return table.withLock { $0[domain].map { $0[record] ?? .noRecord } ?? .noDomain }
    }
}

/// A clock that a test sets.
final class TestClock: Sendable {
    private let passed = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
    func pass(_ time: Duration) { passed.withLock { $0 += time } }
}
