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
struct PlannedValue: Sendable {
    /// The property's name; empty for elements.
    var name: String
    /// Whether the value has to be there, and where not, the rule that is broken; no part of an array's elements.
    var required: PlanRule?
    /// In the order in which they are made.
    var checks: [(rule: PlanRule, check: PlanCheck)] = []
    /// What each element keeps: none or one.
    var elements: [PlannedValue] = []
    /// What the members keep, where the value is an object.
    var members = PlannedObject()
}
