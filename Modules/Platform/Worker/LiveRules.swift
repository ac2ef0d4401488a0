import Content
import Live
import Rules
import Storage

/// Everything of a store's definitions that is kept up to date: its segments, and the conditions of its offers beside them.
struct LiveRules {
    /// Saved segments first, by name; then conditions that are none, each once.
    private(set) var segments: [LiveSegment] = []
    private(set) var offers = LiveOffers()
    /// Computed traits by name, those aside that whole messages have to be read for.
    private(set) var features: [LiveFeature] = []
    /// Definitions that cannot be asked, with the reason.
    private(set) var refused: [(name: String, reason: String)] = []
    private var places: [Rule: Int] = [:]
    /// Slots that rules and values take, no more than that, and how many they may.
    private var slots = 0
    private var mostSlots = StandingRules.mostSlots

    /// Nothing is kept up to date.
    init() {}

    /// - Parameter mostSlots: What needs more slots of its rules than that is refused.
    init(_ question: Question, mostSlots: Int = StandingRules.mostSlots) {
        self.mostSlots = mostSlots
        var named: [Text: Int] = [:]
        for definition in question.definitions(.segment) {
            do throws(CommandError) {
                let rule = try question.rule(definition.body, source: .segment(definition.name))
                named[Text(definition.name)] = segments.count
                try add(rule, name: definition.name, expression: DefinitionText(definition.body).expression, question)
            } catch { refused.append(("segment '\(definition.name)'", error.message)) }
        }
        for definition in question.definitions(.feature) {
            guard let formula = try? question.formula(definition.body, source: .feature(definition.name)) else { continue }
            guard let feature = LiveFeature(name: definition.name, formula: formula) else { continue }
            do throws(CommandError) {
                try take(StandingRules.slotCount(of: formula))
                features.append(feature)
            } catch { refused.append(("feature '\(definition.name)'", error.message)) }
        }
        for definition in question.definitions(.offer) {
            do throws(CommandError) {
                let offer = try attempt { try definition.offer() }
                let conditions = try attempt { try offer.conditions(question.checker) }.map(\.tree)
                var own: [Int] = []
                for (rule, condition) in zip(offer.rules, conditions) {
                    own.append(try place(of: condition, expression: rule.when, named, question))
                }
                offers.add(offer, conditions: own)
            } catch {
                refused.append(("offer '\(definition.name)'", error.message))
                offers.refuse(definition.name, because: error.message)
            }
        }
    }

    /// Where a condition is kept: as the segment that it is, as the same condition of another rule, or by itself.
    private mutating func place(
        of rule: Rule, expression: String, _ named: [Text: Int], _ question: Question
    ) throws(CommandError) -> Int {
        if case .segment(let index) = rule.root, let place = named[rule.segments[index].name] { return place }
        if let place = places[rule] { return place }
        places[rule] = segments.count
        try add(rule, name: nil, expression: expression, question)
        return segments.count - 1
    }

    private mutating func add(_ rule: Rule, name: String?, expression: String, _ question: Question) throws(CommandError) {
        try take(StandingRules.slotCount(of: rule))
        let thresholds = try attempt { try question.evaluator.thresholds(of: rule) }
        segments.append(
            LiveSegment(name: name ?? "", expression: expression, rule: rule, thresholds: thresholds, isRecorded: name != nil))
    }

    private mutating func take(_ more: Int) throws(CommandError) {
        guard slots + more <= mostSlots, segments.count < mostSlots else {
            throw CommandError(
                .limit,
                "more than \(Figures.grouped(mostSlots)) conditions cannot be kept up to date at once. Remove some segments, offers or features."
            )
        }
        slots += more
    }
}
