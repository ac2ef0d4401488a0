/// Something that others may change while it is followed: whoever changes it may be at it still, so a change counts once two looks in a row
/// find the same.
struct SettledChange<Value: Equatable> {
    /// What was taken over last.
    var taken: Value?
    /// At the last look, and at the one before.
    private var seen: Value?
    private var before: Value?

    init() {}

    /// Notes what a look found: whether that is news and settled, once a change.
    mutating func isNews(_ value: Value) -> Bool {
        defer { (before, seen) = (seen, value) }
        // A third look at the same finds what the second one did.
        return value != taken && value == seen && value != before
    }
}
