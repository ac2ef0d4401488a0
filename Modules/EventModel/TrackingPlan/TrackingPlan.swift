/// What messages are meant to look like, and what happens to those that do not: per event the kinds, ranges, patterns and enumerations
/// of its properties, rules across properties, and normalisers. `Documentation/TrackingPlan.md` describes its settings.
///
/// Immutable: a plan serves any number of threads. The same message always gets the same verdict, but for what verifiers learn meanwhile.
public struct TrackingPlan: Sendable {
    let events: [ExactName: PlannedObject]
    let sections: [PlanSection: PlannedObject]
    private let unplanned: PlanAction?
    /// Identifiers of all rules, in the order of the settings: what counters may name.
    public let rules: [String]
    /// The verifiers that its rules ask, each once.
    public let verifiers: [any Verifier]

    /// Identifier of the rule that `unplannedEvents` sets.
    public static let unplannedRule = "unplannedEvents"
    /// Identifier of the rule that fires where a message that has to be amended brings a `context.tessera` nested too deep to be kept.
    public static let recordRule = "context.tessera"

    /// Reads the section `trackingPlan` of a workspace's settings.
    ///
    /// - Parameter settings: The section's value. An empty object allows everything.
    /// - Parameter path: Where the section stands, for errors.
    /// - Parameter compiling: Compiles a pattern, or says why it is refused. It is called for the pattern as written and once more for
    ///   `^(?:pattern)$`, which is what runs: a text has to fit whole.
    /// - Parameter verifiers: The kinds of verifier that `verify` may name.
    /// - Parameter folder: What relative paths of a verifier's settings start from.
    /// - Parameter nearest: The name of a list that a misspelt word was most likely meant to be, nil where none is near.
    /// - Throws: `SettingsErrors` with everything that is wrong.
    public init(
        _ settings: JSONValue, at path: [String] = ["trackingPlan"], compiling: @escaping PatternCompiler,
        verifiers: VerifierRegistry = VerifierRegistry([]), folder: SettingsFolder = SettingsFolder(),
        nearest: @escaping (_ word: String, _ known: [String]) -> String?
    ) throws(SettingsErrors) {
        var reader = PlanReader(compile: compiling, registry: verifiers, folder: folder, nearest: nearest)
        let plan = reader.plan(settings, at: path)
        guard reader.errors.isEmpty else { throw SettingsErrors(reader.errors) }
        (events, sections, unplanned, rules) = (plan.events, plan.sections, plan.unplanned, reader.ruleOrder)
        self.verifiers = reader.verifiers.map(\.verifier)
    }

    /// Judges one message. Cost: one dictionary look-up for an event that is not planned where the plan allows those; otherwise about
    /// the number of the message's members times that of the planned properties.
    public func verdict(on message: Message) -> Verdict {
        var judgement = PlanJudgement()
        let (member, planned): (String, PlannedObject?)
        switch message.kind {
        case .track:
            member = "properties"
            let name = message.event ?? ""
            planned = events[ExactName(name)]
            if planned == nil, let unplanned {
                judgement.broke(
                    PlanRule(id: Self.unplannedRule, action: unplanned, subject: "The event '\(name.shortened)'"),
                    "is not in the tracking plan", remedy: "Plan it, or correct its name.")
            }
        case .identify: (member, planned) = ("traits", sections[.traits])
        case .group: (member, planned) = ("traits", sections[.groupTraits])
        case .page: (member, planned) = ("properties", sections[.pages])
        case .screen: (member, planned) = ("properties", sections[.screens])
        case .alias: (member, planned) = ("", nil)
        }
        var json = message.json
        if let planned {
            let object = json[member]?.asObject ?? JSONObject()
            if let changed = judgement.judge(object, by: planned, at: "/" + member) { json.set(member, .object(changed)) }
        }
        var verdict = Self.verdict(judgement, on: message, changed: json)
        verdict.unverified = judgement.unverified
        return verdict
    }

    private static func verdict(_ judgement: PlanJudgement, on message: Message, changed: JSONObject) -> Verdict {
        if judgement.fired.isEmpty { return Verdict(outcome: .accepted, message: message) }
        if let reason = judgement.rejection {
            return Verdict(outcome: .rejected(reason: reason), message: message, fired: judgement.fired)
        }
        if let reason = judgement.quarantine {
            return Verdict(outcome: .quarantined(reason: reason), message: message, fired: judgement.fired)
        }
        guard let json = PlanRecord.recorded(in: changed, changes: judgement.changes, flags: judgement.flags) else {
            var judgement = judgement
            judgement.broke(
                PlanRule(id: recordRule, action: .quarantine, subject: "context.tessera"),
                "nests too deep to be kept beside what the plan notes there",
                remedy: "Leave context.tessera to Tessera.")
            return Verdict(outcome: .quarantined(reason: judgement.quarantine ?? ""), message: message, fired: judgement.fired)
        }
        let amended = Message(kind: message.kind, messageID: message.messageID, timestamp: message.timestamp, json: json)
        return Verdict(
            outcome: .amended, message: amended, changes: judgement.changes, flags: judgement.flags, fired: judgement.fired)
    }
}

/// Compiles a pattern into the question whether it is found in a text.
///
/// The engine behind it must run in time linear in the text: the texts come from strangers.
public typealias PatternCompiler = (_ pattern: String) throws(PatternRefusal) -> @Sendable (String) -> Bool

/// Why a pattern was refused.
public struct PatternRefusal: Error, Sendable, Hashable {
    /// A sentence without its full stop.
    public var problem: String
    /// What to write instead, a sentence; nil where nothing better is known.
    public var remedy: String?

    /// Joins the two.
    public init(_ problem: String, remedy: String? = nil) { (self.problem, self.remedy) = (problem, remedy) }
}

/// Sections of the plan that are not about one event; raw values are the settings' names and the beginnings of rule identifiers.
enum PlanSection: String, CaseIterable, Sendable {
    case traits, groupTraits, pages, screens

    /// How reasons begin, and what they call a member.
    var subject: (whole: String, member: String) {
        switch self {
        case .traits: ("Identify", "trait")
        case .groupTraits: ("Group", "trait")
        case .pages: ("Page", "property")
        case .screens: ("Screen", "property")
        }
    }
}

/// A name that equals another where their Unicode scalars do, as names in messages do.
struct ExactName: Hashable, Sendable {
    let text: String
    init(_ text: String) { self.text = text }
    static func == (a: ExactName, b: ExactName) -> Bool { a.text.sameScalars(as: b.text) }
    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
