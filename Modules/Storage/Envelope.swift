import EventModel

/// The members of a message that its row keeps by itself: kind, messageId, time, identifiers, event name.
///
/// They are no columns: `StoreSnapshot.paths` does not list them, and reading one gives an absent column, `event` aside, which every
/// block of kind track has. Members of the same names further down are ordinary.
public enum Envelope {
    /// Their names.
    public static let names = ["type", "messageId", "timestamp", "userId", "anonymousId", "event"]

    /// Whether `path` is one of them.
    static func holds(_ path: some Collection<String>) -> Bool {
        path.count == 1 && path.first.map { first in names.contains { $0.sameScalars(as: first) } } ?? false
    }
}
