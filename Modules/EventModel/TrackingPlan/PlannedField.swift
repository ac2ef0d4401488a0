/// What a tracking plan asks of one value of a message: of a property, of a trait, of a member of an object.
public struct PlannedField: Sendable {
    private let value: PlannedValue

    /// Whether a value that is there breaks a rule: its kind, bounds, pattern, enumeration, or a normaliser that cannot read it.
    ///
    /// A value that the plan would turn breaks nothing. Verifiers are not asked: what they know differs from process to process.
    public func isBroken(by value: JSONValue) -> Bool {
        var current = value
        for (rule, check) in self.value.checks {
            if case .verify = check { continue }
            switch check.answer(current, coercing: rule.action == .coerce) {
            case .kept, .unknown: continue
            case .turned(let turned): current = turned
            case .broken: return true
            }
        }
        return false
    }

    fileprivate init(_ value: PlannedValue) { self.value = value }
}

extension TrackingPlan {
    /// What the plan asks of one value; nil where it does not name it.
    ///
    /// - Parameter path: Names from the `properties` (of identify and group messages: the `traits`) of a message down to the value.
    /// - Parameter kind: The message's kind.
    /// - Parameter event: Of a track message, its event.
    public func field(_ path: [String], kind: Message.Kind, event: String?) -> PlannedField? {
        guard var object = planned(kind, event: event), let last = path.last else { return nil }
        for name in path.dropLast() {
            guard let found = object.properties.first(where: { $0.name.sameScalars(as: name) }) else { return nil }
            object = found.members
        }
        return object.properties.first { $0.name.sameScalars(as: last) }.map { PlannedField($0) }
    }

    /// What the plan says of the properties or traits of messages.
    private func planned(_ kind: Message.Kind, event: String?) -> PlannedObject? {
        switch kind {
        case .track: events[ExactName(event ?? "")]
        case .identify: sections[.traits]
        case .group: sections[.groupTraits]
        case .page: sections[.pages]
        case .screen: sections[.screens]
        case .alias: nil
        }
    }
}
