import EventModel
import EventModelTesting
import Synchronization
import Testing

/// Says of texts what a table says, and counts how often it is asked; what is not in the table is fine.
private final class Table: VerifierKind {
    let name: String
    let settings = ["word", "odd"]
    private let findings: [String: VerifierFinding]
    private let tally = Mutex((made: 0, asked: 0))

    init(_ name: String = "table", _ findings: [String: VerifierFinding] = [:]) { (self.name, self.findings) = (name, findings) }

    var made: Int { tally.withLock { $0.made } }
    var asked: Int { tally.withLock { $0.asked } }

    func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier {
        if let word = settings["word"], word.asString == nil {
            throw SettingsErrors([
                SettingsError(at: ["word"], "this is no word", remedy: "Write a word."),
                SettingsError(at: [], "it is below \(folder.path("x"))", remedy: "Move it."),
            ])
        }
        tally.withLock { $0.made += 1 }
        return Answering(table: self)
    }

    private struct Answering: Verifier {
        let table: Table
        func finding(on text: String) -> VerifierFinding {
            table.tally.withLock { $0.asked += 1 }
            return table.findings[text] ?? .fine
        }
    }
}

private let bad = VerifierFinding.wrong(problem: "is known to be bad", remedy: "Send a good one.")

private func plan(_ json: String, _ kinds: [any VerifierKind]) throws -> TrackingPlan {
    try TrackingPlan(
        JSONValue(parsing: json), compiling: couponCompiler, verifiers: VerifierRegistry(kinds), folder: SettingsFolder("lists"),
        nearest: nearestByFirstLetter)
}

/// A plan of one property, `p`.
private func plan(p settings: String, _ kinds: [any VerifierKind]) throws -> TrackingPlan {
    try plan(#"{"events": {"E": {"properties": {"p": \#(settings)}}}}"#, kinds)
}

@Suite struct VerifierTests {
    @Test(arguments: [
        (#"{"verify": "tabel"}"#, ["verify: there is no verifier 'tabel'. Did you mean 'table'? Choose from: table, other."]),
        (#"{"verify": {"tabel": null}}"#, ["verify.tabel: there is no verifier 'tabel'. Did you mean 'table'? Choose from: table, other."]),
        (#"{"verify": null}"#, ["verify: there is no verifier behind it. Choose from: table, other."]),
        (#"{"verify": {}}"#, ["verify: there is no verifier behind it. Choose from: table, other."]),
        (#"{"verify": 5}"#, ["verify: this is a number. Write an object: table, other."]),
        (#"{"verify": {"table": 5}}"#, ["verify.table: this is a number. Write an object: word, odd."]),
        (
            #"{"verify": {"table": {"wordy": 1}}}"#,
            ["verify.table.wordy: there is no setting 'wordy'. Did you mean 'word'? Choose from: word, odd."]
        ),
        (
            #"{"verify": {"table": {"word": 1}, "other": {"x": 1}}}"#,
            [
                "verify.table.word: this is no word. Write a word.", "verify.table: it is below lists/x. Move it.",
                "verify.other.x: there is no setting 'x'. Choose from: word, odd.",
            ]
        ),
        (#"{"kind": "number", "verify": "table"}"#, ["verify: verifiers read texts, and the kind is number. Write kind: text."]),
        (
            #"{"verify": "table", "actions": {"verify": "coerce"}}"#,
            ["actions.verify: a verifier turns nothing. Write reject, quarantine or flag."]
        ),
        (
            #"{"verify": "table", "actions": {"veriffy": "flag"}}"#,
            ["actions.veriffy: there is no rule of this value 'veriffy'. Did you mean 'verify'? Choose from: verify."]
        ),
    ])
    func `a wrong verifier is refused with its place and what to write`(settings: String, sentences: [String]) throws {
        let error = #expect(throws: SettingsErrors.self) { try plan(p: settings, [Table(), Table("other")]) }
        #expect(error?.errors.map(\.description) == sentences.map { "trackingPlan.events.E.properties.p." + $0 })
    }

    @Test(arguments: [
        ("tessera.yaml", "a.txt"), ("w/tessera.yaml", "w/a.txt"), ("/w/s/tessera.yaml", "/w/s/a.txt"), ("/tessera.yaml", "/a.txt"),
    ])
    func `relative paths start from the folder of the settings file`(file: String, path: String) {
        #expect(SettingsFolder(of: file).path("a.txt") == path && SettingsFolder(of: file).path("/x/a.txt") == "/x/a.txt")
    }

    @Test func `where an app offers no verifier, none is known`() throws {
        #expect(
            try planErrors(#"{"traits": {"properties": {"p": {"verify": "table"}}}}"#) == [
                "trackingPlan.traits.properties.p.verify: there is no verifier 'table'. Leave it out."
            ])
    }

    @Test(arguments: [
        (#""action": "reject""#, "reject"), (#""action": "quarantine""#, "quarantine"), (#""action": "flag""#, "flag"),
        (#""action": "coerce""#, "quarantine"), (#""action": "reject", "actions": {"verify": "flag"}"#, "flag"),
    ])
    func `what is wrong has the action of its rule`(action: String, done: String) throws {
        let plan = try plan(p: #"{"kind": "text", "verify": "table", \#(action)}"#, [Table("table", ["x": bad])])
        #expect(plan.rules == ["E/p/kind", "E/p/verify"])
        let verdict = plan.verdict(on: try track("E", #"{"p": "x"}"#))
        #expect(verdict.fired == [FiredRule(rule: "E/p/verify", action: try #require(PlanAction(rawValue: done)))])
        let reason = "E, property 'p' is known to be bad (rule E/p/verify). Send a good one."
        switch done {
        case "reject": #expect(verdict.outcome == .rejected(reason: reason))
        case "quarantine": #expect(verdict.outcome == .quarantined(reason: reason))
        default: #expect(verdict.outcome == .amended && verdict.flags == ["E/p/verify"])
        }
        #expect(plan.verdict(on: try track("E", #"{"p": "y"}"#)).outcome == .accepted)
    }

    @Test func `it reads what normalising and turning gave, and only texts of the right kind`() throws {
        let table = Table("table", ["ada@mail.test": bad, "5": bad])
        let mail = try plan(p: #"{"normalise": "email", "verify": "table"}"#, [table])
        #expect(mail.verdict(on: try track("E", #"{"p": " ADA@mail.test"}"#)).fired.map(\.rule) == ["E/p/normalise", "E/p/verify"])
        let turned = try plan(p: #"{"kind": "text", "verify": "table", "actions": {"kind": "coerce"}}"#, [table])
        #expect(turned.verdict(on: try track("E", #"{"p": 5}"#)).fired.last?.rule == "E/p/verify")
        let asked = table.asked
        let any = try plan(p: #"{"verify": "table"}"#, [table])
        for value in ["5", "null", "true", "[]", "{}"] {
            #expect(any.verdict(on: try track("E", #"{"p": \#(value)}"#)).outcome == .accepted)
        }
        #expect(mail.verdict(on: try track("E", #"{"p": "no address"}"#)).fired.map(\.rule) == ["E/p/normalise"])
        #expect(table.asked == asked)
        let each = try plan(p: #"{"kind": "array", "elements": {"verify": "table"}}"#, [table])
        #expect(each.verdict(on: try track("E", #"{"p": ["4", "5"]}"#)).fired.map(\.rule) == ["E/p[]/verify"])
    }

    @Test func `several verifiers of one value: what is wrong goes before what is not known`() throws {
        let (first, second) = (Table("first", ["b": .unknown, "u": .unknown]), Table("second", ["b": bad]))
        let plan = try plan(p: #"{"verify": {"first": null, "second": {}}, "action": "flag"}"#, [first, second])
        let verdicts = try ["b", "u", "f"].map { plan.verdict(on: try track("E", #"{"p": "\#($0)"}"#)) }
        #expect(verdicts.map(\.flags) == [["E/p/verify"], [], []])
        #expect(verdicts.map(\.unverified) == [[], ["E/p/verify"], []])
        #expect(verdicts.map(\.outcome) == [.amended, .accepted, .accepted])
    }

    @Test func `values whose settings are the same share a verifier`() throws {
        let table = Table()
        func verify(_ word: String) -> String { #"{"verify": {"table": {"word": "\#(word)"}}}"# }
        let plan = try plan(#"{"traits": {"properties": {"a": \#(verify("x")), "b": \#(verify("y")), "c": \#(verify("x"))}}}"#, [table])
        #expect(table.made == 2 && plan.verifiers.count == 2)
    }

    @Test func `messages that pass only since nothing is known are counted by rule`() throws {
        let plan = try plan(p: #"{"verify": "table", "action": "flag"}"#, [Table("table", ["u": .unknown, "b": bad])])
        var (counters, others) = (PlanCounters(), PlanCounters())
        for value in ["u", "b", "f"] { counters.count(plan.verdict(on: try track("E", #"{"p": "\#(value)"}"#))) }
        #expect(
            counters.json.text
                == #"{"messages":{"accepted":2,"amended":1},"rules":{"E/p/verify":{"flag":1}},"unverified":{"E/p/verify":1}}"#)
        #expect(PlanCounters(json: counters.json) == counters)
        others.merge(counters)
        others.merge(counters)
        #expect(others.unverified == ["E/p/verify": 2])
        for json in [#"{"messages":{},"rules":{},"unverified":5}"#, #"{"messages":{},"rules":{},"unverified":{"r":-1}}"#] {
            #expect(PlanCounters(json: try #require(try JSONValue(parsing: json).asObject)) == nil)
        }
    }

    @Test func `an audit does not ask verifiers`() throws {
        let table = Table("table", ["b": bad])
        let plan = try plan(p: #"{"kind": "text", "verify": "table"}"#, [table])
        let field = try #require(plan.field(["p"], kind: .track, event: "E"))
        #expect(!field.isBroken(by: .string("b")) && field.isBroken(by: .integer(5)) && table.asked == 0)
    }
}

/// The contract finds what breaks it.
@Suite struct VerifierContractTests {
    /// Keeps all promises but one.
    private struct Faulty: VerifierKind {
        let fault: VerifierContract?
        let name = "faulty"
        let settings = ["fault"]

        func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier {
            if settings["fault"] != nil, fault != .refusesWrongSettings {
                throw SettingsErrors([SettingsError(at: ["fault"], "this is one", remedy: "Leave it out.")])
            }
            return Answering(fault: fault)
        }
    }

    private final class Answering: Verifier {
        private let fault: VerifierContract?
        private let count = Mutex(0)

        init(fault: VerifierContract?) { self.fault = fault }

        func finding(on text: String) -> VerifierFinding {
            let count = count.withLock { count in
                count += 1
                return count
            }
            if text.hasPrefix("good") { return .fine }
            switch fault {
            case .answersAtOnce:
                let end = ContinuousClock.now + .milliseconds(1)
                while ContinuousClock.now < end {}
            case .repeatsItself where count > 3: return .unknown
            case .servesManyThreads where count > 20: return .unknown
            case .neverShowsTheText: return .wrong(problem: "is '\(text)'", remedy: "Send another.")
            case .speaksInSentences: return .wrong(problem: "Is bad.", remedy: "mend it")
            default: break
            }
            return .wrong(problem: "is bad", remedy: "Mend it.")
        }
    }

    private func verify(_ promise: VerifierContract, _ fault: VerifierContract?) throws {
        let wrong = try #require(try JSONValue(parsing: #"{"fault":true}"#).asObject)
        try promise.verify(Faulty(fault: fault), wrong: [(wrong, "fault")], on: ["good one", "evil one"])
    }

    @Test(arguments: VerifierContract.allCases)
    func `a kind that breaks a promise is found out, and only by that promise`(promise: VerifierContract) throws {
        try verify(promise, nil)
        #expect(throws: VerifierContract.Broken.self) { try verify(promise, promise) }
    }
}
