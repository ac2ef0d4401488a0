import Dispatch
public import EventModel
import Synchronization

/// The promises that every kind of verifier keeps.
public enum VerifierContract: CaseIterable, Sendable {
    /// The same text gets the same finding while nothing more is learnt, also from another verifier of the same settings.
    case repeatsItself
    /// It answers at once, also where it knows nothing yet.
    case answersAtOnce
    /// Many threads get the findings that one gets.
    case servesManyThreads
    /// No finding shows the text or a word of it.
    case neverShowsTheText
    /// What is wrong is the rest of a sentence without its full stop, and the remedy is a sentence.
    case speaksInSentences
    /// Settings that it has not, and those that the test says are wrong, are refused at their place.
    case refusesWrongSettings

    /// What is thrown where a promise is not kept.
    public typealias Broken = BrokenPromise<VerifierContract>

    /// Makes verifiers of a kind and throws `Broken` where this promise is not kept.
    ///
    /// - Parameter settings: Right ones.
    /// - Parameter wrong: Wrong ones, each with the name of the setting at fault; nil: the verifier as a whole is (a setting is missing).
    /// - Parameter texts: Asked about; at least one of them is wrong once all is known. Words of four letters or more must be such as no
    ///   finding has by itself.
    /// - Parameter folder: What relative paths of the settings start from.
    public func verify(
        _ kind: some VerifierKind, settings: JSONObject = JSONObject(), wrong: [(settings: JSONObject, at: String?)], on texts: [String],
        in folder: SettingsFolder = SettingsFolder()
    ) throws {
        switch self {
        case .refusesWrongSettings: try refuses(kind, settings, wrong, folder)
        case .answersAtOnce: try answersAtOnce(try kind.makeVerifier(settings, in: folder), texts)
        case .repeatsItself, .servesManyThreads, .neverShowsTheText, .speaksInSentences:
            let verifier = try kind.makeVerifier(settings, in: folder)
            let findings = learnt(verifier, texts)
            let problems = findings.compactMap { finding in
                if case .wrong(let problem, let remedy) = finding { (problem, remedy) } else { nil }
            }
            if problems.isEmpty { throw Broken(promise: self, place: "nothing was wrong, so nothing was checked") }
            switch self {
            case .repeatsItself: try repeats(verifier, try kind.makeVerifier(settings, in: folder), texts, findings)
            case .servesManyThreads: try serves(verifier, texts, findings)
            case .neverShowsTheText:
                for (problem, remedy) in problems {
                    for word in texts.flatMap(Self.words) where "\(problem) \(remedy)".lowercased().contains(word) {
                        throw Broken(promise: self, place: "'\(problem). \(remedy)' shows '\(word)'")
                    }
                }
            default:
                for (problem, remedy) in problems where !Self.isRest(problem) || !Self.isSentence(remedy) {
                    throw Broken(promise: self, place: "'\(problem)', '\(remedy)'")
                }
            }
        }
    }

    private func learnt(_ verifier: some Verifier, _ texts: [String]) -> [VerifierFinding] {
        for text in texts { _ = verifier.finding(on: text) }
        verifier.learn(within: .seconds(60))
        return texts.map { verifier.finding(on: $0) }
    }

    private func repeats(_ verifier: some Verifier, _ other: some Verifier, _ texts: [String], _ findings: [VerifierFinding]) throws {
        for (index, text) in texts.enumerated().reversed() where verifier.finding(on: text) != findings[index] {
            throw Broken(promise: self, place: "text \(index) got another finding")
        }
        if learnt(other, texts) != findings { throw Broken(promise: self, place: "a second verifier has other findings") }
    }

    /// A look-up that is waited for takes a millisecond where it is quick; what is known takes a microsecond.
    private func answersAtOnce(_ verifier: some Verifier, _ texts: [String]) throws {
        let (start, rounds, most) = (ContinuousClock.now, 10_000, Duration.seconds(5))
        for round in 0..<rounds {
            _ = verifier.finding(on: texts[round % texts.count])
            if ContinuousClock.now - start > most { throw Broken(promise: self, place: "\(round + 1) findings took more than \(most)") }
        }
    }

    private func serves(_ verifier: some Verifier, _ texts: [String], _ findings: [VerifierFinding]) throws {
        let differing = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for round in 0..<1_000 {
                let index = (round * 7 + thread) % texts.count
                if verifier.finding(on: texts[index]) != findings[index] { differing.withLock { $0 += 1 } }
            }
        }
        let count = differing.withLock { $0 }
        if count > 0 { throw Broken(promise: self, place: "\(count) findings differ") }
    }

    /// A plan is asked, which knows of the names: what a user would be told.
    private func refuses(
        _ kind: some VerifierKind, _ settings: JSONObject, _ wrong: [(settings: JSONObject, at: String?)], _ folder: SettingsFolder
    ) throws {
        if let errors = Self.errors(kind, settings, folder) { throw Broken(promise: self, place: "right settings are refused: \(errors)") }
        let (stranger, place) = ("noSuchSetting", ["traits", "properties", "it", "verify", kind.name])
        var strange = settings
        strange.set(stranger, .bool(true))
        for (settings, at) in wrong + [(strange, stranger)] {
            let expected = place + (at.map { [$0] } ?? [])
            guard let errors = Self.errors(kind, settings, folder) else {
                throw Broken(promise: self, place: "\(settings.text) is taken")
            }
            for error in errors.errors where !error.path.starts(with: expected) || !Self.isSentence(error.remedy) {
                throw Broken(promise: self, place: "\(settings.text) is refused so: \(error)")
            }
        }
    }

    private static func errors(_ kind: some VerifierKind, _ settings: JSONObject, _ folder: SettingsFolder) -> SettingsErrors? {
        let name = JSONValue.string(kind.name).text
        let plan = try? JSONValue(parsing: #"{"traits":{"properties":{"it":{"verify":{\#(name):\#(settings.text)}}}}}"#)
        do throws(SettingsErrors) {
            _ = try TrackingPlan(
                plan ?? .null, at: [], compiling: { _ throws(PatternRefusal) in throw PatternRefusal("there are no patterns here") },
                verifiers: VerifierRegistry([kind]), folder: folder, nearest: { nearMatch(to: $0, among: $1) })
            return nil
        } catch { return error }
    }

    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count >= 4 }
    }

    private static func isRest(_ problem: String) -> Bool { problem.first?.isLowercase == true && problem.last != "." }
    private static func isSentence(_ text: String) -> Bool { text.first?.isUppercase == true && text.last == "." }
}
