import Content
import EventModel
import Rules
import Storage

/// What is offered, and to whom.
extension Question {
    /// Every offer; a refused one is listed with its problem.
    func offers() -> OffersResult {
        OffersResult(
            offers: definitions(.offer).map { definition in
                do throws(RuleError) {
                    let offer = try definition.offer()
                    var problem: String?
                    do throws(RuleError) { _ = try offer.conditions(checker) } catch { problem = CommandError(error).message }
                    return .init(key: definition.name, offer: offer, problem: problem)
                } catch { return .init(key: definition.name, offer: nil, problem: CommandError(error).message) }
            })
    }

    /// One offer, whole.
    func offer(_ key: String) throws(CommandError) -> OfferResult { OfferResult(offer: try savedOffer(key)) }

    /// What an offer gives somebody now, and why: each rule with whether its condition holds.
    func offer(_ key: String, for reference: ProfileReference) throws(CommandError) -> OfferChoiceResult {
        let offer = try savedOffer(key)
        let conditions = try attempt { try offer.conditions(checker) }.map(\.tree)
        let person = try person(reference)
        // Messages dated ahead are stored already, and come into force by the clock.
        let timeline = ProfileTimeline(try attempt { try person.messages(until: Instant(milliseconds: .max), threads: threads) })
        try interruption.check()
        let holds = try attempt {
            try conditions.map { rule in
                ProfileEvaluator(rule, thresholds: try evaluator.thresholds(of: rule)).answer(for: timeline, at: now).isMember
            }
        }
        return OfferChoiceResult(offer: offer, id: person.id, choice: offer.choice { holds[$0] }, holds: holds)
    }

    private func savedOffer(_ key: String) throws(CommandError) -> Offer {
        guard let definition = definition(.offer, key) else { throw unknown(.offer, key) }
        return try attempt { try definition.offer() }
    }
}
