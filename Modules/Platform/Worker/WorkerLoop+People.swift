import Service
import Storage

/// Who is who, changed by decision.
extension WorkerLoop {
    /// Parts or rejoins people in the store. The live state follows with the next one that is made; until then it does not move them.
    func change(_ work: (any StoreWriter) throws(StoreError) -> PeopleOutcome) -> Result<(PeopleOutcome, [UInt32: String]), ServiceError> {
        do throws(StoreError) {
            try openWriter()
            // What was merged before is told first: nothing of it counts as regrouped.
            let outcome = try work(writer)
            cache.changeAll()
            tell.noticePeople()
            unsealedSince = nil
            regroup(writer.takeRegrouped())
            guard case .done(_, let record) = outcome else { return .success((outcome, [:])) }
            let names = (record.before + record.after).map { ($0, writer.identifier($0).text) }
            return .success((outcome, Dictionary(names, uniquingKeysWith: { first, _ in first })))
        } catch {
            giveUpWriter("People cannot be changed: \(error)")
            return .failure(
                ServiceError(
                    .disk, "The decision cannot be written now.", remedy: "Ask again later; nothing was changed.", retryAfter: 2))
        }
    }

    /// Whether the live state still groups a profile as it was before it was parted or rejoined.
    func isRegrouped(_ profile: UInt32) -> Bool { regrouped.contains(profile) }

    /// Whether the live state groups everybody as the store does.
    var isSettled: Bool { regrouped.isEmpty }

    func regroup(_ ordinals: [UInt32]) {
        guard !ordinals.isEmpty else { return }
        for ordinal in ordinals { identifiers[ordinal] = nil }
        var own: [UInt32: [UInt32]] = [:]
        for ordinal in ordinals { own[writer.profile(of: ordinal), default: []].append(ordinal) }
        for (profile, ordinals) in own where ordinals.count > 1 { identifiers[profile] = ordinals }
        regrouped.formUnion(ordinals)
        tell.requestReload()
    }
}
