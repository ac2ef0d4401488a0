import EventModel

/// What questions read of one profile: lists of its events, and what was last said of its traits and purposes.
protocol ProfileSource {
    /// One of its events.
    associatedtype Event: EventReading
    /// Whether the lists hold only events that the conditions of their selections let in; then no condition is asked.
    static var isSifted: Bool { get }
    /// A list in which all lies that a selection can select.
    func events(of selection: Int, in plan: ProfilePlan) -> EventList
    /// Whether it is known without a list that a selection can select nothing, wherever its windows go.
    func isEmpty(_ selection: Int) -> Bool
    /// Whether the number of events of a selection is in a range, where the source can tell without a list; nil elsewhere.
    func counted(_ selection: Int, _ range: CountRange, at now: Int64) -> Course?
    /// An aggregate, where the source can tell it without a list; nil elsewhere.
    ///
    /// - Parameter node: The aggregate.
    func aggregate(_ node: Int, _ selection: Int, _ function: Aggregate.Function, _ field: Field?, at now: Int64) -> Course?
    /// The event at a position of such a list, for conditions.
    func event(at position: Int32) -> Event
    /// A field of the event at a position of an aggregate's list.
    ///
    /// - Parameter node: The aggregate.
    func value(of field: Field, for node: Int, at position: Int32) -> Value
    /// What is said of a trait at an instant; nil where nothing ever is.
    ///
    /// - Parameter node: The one that asks.
    func latest(trait path: [Text], for node: Int, at now: Int64) -> Saying?
    /// What is said of exactly this purpose at an instant; nil where nothing ever is.
    func latest(purpose: [Text], at now: Int64) -> Saying?
}

extension ProfileSource {
    func isEmpty(_ selection: Int) -> Bool { false }
    func counted(_ selection: Int, _ range: CountRange, at now: Int64) -> Course? { nil }
    func aggregate(_ node: Int, _ selection: Int, _ function: Aggregate.Function, _ field: Field?, at now: Int64) -> Course? { nil }
}

/// An event whose fields can be read.
protocol EventReading {
    /// What a field of the language is in this event.
    func value(of field: Field) -> Value
}

extension Message: EventReading {}

/// The last word about something at an instant.
struct Saying {
    /// nil: nobody has spoken yet.
    var value: Value?
    /// When the word ends by itself; `.max`: never.
    var expiry = Int64.max
    /// When the next word comes that is known already; `.max`: none.
    var next = Int64.max
}
