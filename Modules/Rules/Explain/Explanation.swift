public import EventModel

/// Why a profile is a member of a rule, or is not: the proof, how long it holds, and the least that would change it.
public struct Explanation: Sendable, Hashable {
    /// Whether the rule holds for the profile at `now`.
    public var isMember: Bool
    /// The instant it was asked at.
    public var now: Instant
    /// With no new message the answer holds before this instant; nil: until something new comes.
    public var validUntil: Instant?
    /// One line for people: the answer, why, and what would change it.
    public var summary: String
    /// The whole rule, node by node.
    public var tree: ExplainedNode
    /// The fewest changes that together make the answer the opposite; empty where no small change was found that does.
    public var smallestChange: [ExplainedChange]
}

/// One node of a rule with what it came to for a profile.
public struct ExplainedNode: Sendable, Hashable {
    /// What a node came to.
    public enum Outcome: Sendable, Hashable {
        /// Of a yes-or-no question.
        case truth(Bool)
        /// Of a value; `missing` too.
        case value(Value)
    }

    /// How a node comes from those below it.
    public enum Role: Sendable, Hashable { case all, any, not, other }

    /// The node as text of the language.
    public var text: String
    /// How its outcome comes from `children`; `other` for anything but `and`, `or` and `not`.
    public var role: Role
    /// What it came to at the instant it was asked at.
    public var outcome: Outcome
    /// The nodes it is made of; for a segment or a feature, its definition.
    public var children: [ExplainedNode] = []
    /// The events that decided it, at most `Explainer.mostEvents`, the latest; in order.
    public var events: [ExplainedEvent] = []
    /// How many events decided it.
    public var totalEvents = 0
    /// The instants that the windows let in; nil where it has no windows.
    public var window: ExplainedWindow?
    /// What is missing or how near it is: "2 of 3", "trait.plan is missing".
    public var note: String?
    /// With no new message its truth holds before this instant; nil: until something new comes, or a value.
    public var validUntil: Instant?
}

/// The first and last instant that windows let in, both inside; nil on a side that is open.
public struct ExplainedWindow: Sendable, Hashable {
    /// The earliest instant let in.
    public var from: Instant?
    /// The latest instant let in.
    public var to: Instant?
}

/// An event that decided something.
public struct ExplainedEvent: Sendable, Hashable {
    /// The message's timestamp.
    public var time: Instant
    /// The event's name; for anything but a track message the word of its kind.
    public var name: String
    /// The message's `messageId`.
    public var messageID: String

    init(_ message: Message) {
        (time, messageID) = (message.timestamp, message.messageID)
        name = message.event ?? message.kind.word
    }
}

/// One change that, together with the others of its list, makes the answer the opposite.
public struct ExplainedChange: Sendable, Hashable {
    /// What a change is about.
    public enum Kind: Sendable, Hashable {
        /// So many more events.
        case events(Int)
        /// A trait gets another value, or goes.
        case trait([Text])
        /// A purpose is granted or refused.
        case consent([Text])
        /// Nothing comes, and time passes.
        case wait(until: Instant)
    }
    /// What has to happen, for programs.
    public var kind: Kind
    /// What has to happen, in words.
    public var sentence: String
    /// It has to happen before this instant, or more is needed; nil where there is no such instant.
    public var before: Instant?
    /// One way for it to happen: messages that would do. They are made up, and stand for what would have to come.
    public var messages: [Message]
    /// When the answer is the opposite, if everything happens as in `messages` and by waiting.
    public var done: Instant
}
