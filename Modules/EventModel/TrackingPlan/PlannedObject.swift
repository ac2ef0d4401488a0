/// What the plan says of one object: of an event's properties, of a person's traits, of a member that is itself an object.
struct PlannedObject: Sendable {
    /// In the plan's order.
    var properties: [PlannedValue] = []
    /// What happens to properties that are not planned; nil allows them.
    var additional: PlanRule?
    var rules: [CrossRule] = []

    /// Whether nothing can be broken here.
    var isEmpty: Bool { properties.isEmpty && additional == nil && rules.isEmpty }
}

/// What the plan says of one value: of a property, or of each element of an array.
///
/// A class, since a judgement passes over many of them and copies none.
final class PlannedValue: Sendable {
    /// The property's name; empty for elements.
    let name: String
    /// Whether the value has to be there, and where not, the rule that is broken; no part of an array's elements.
    let required: PlanRule?
    /// In the order in which they are made.
    let checks: [(rule: PlanRule, check: PlanCheck)]
    /// What each element keeps; nil: anything.
    let elements: PlannedValue?
    /// What the members keep, where the value is an object.
    let members: PlannedObject

    init(
        name: String, required: PlanRule? = nil, checks: [(rule: PlanRule, check: PlanCheck)] = [], elements: PlannedValue? = nil,
        members: PlannedObject = PlannedObject()
    ) {
        (self.name, self.required, self.checks, self.elements, self.members) = (name, required, checks, elements, members)
    }
}
