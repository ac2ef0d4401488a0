public import EventModel

/// The name of where each kind of record goes on the other side: a topic, a stream.
public struct DeliveryPlaces: Sendable, Hashable {
    private let messages, memberships, profiles: String

    /// The word of `deliver` for each kind of record.
    private static let words: [(word: String, kind: DeliveryBatch.Kind)] = [
        ("messages", .message), ("memberships", .membership), ("profiles", .profile),
    ]

    /// Checks what settings say.
    ///
    /// - Parameter usual: The name for all that have none of their own; it stands at `usualSetting`.
    /// - Parameter own: Names by the words of `deliver`; they stand at `ownSetting`.
    /// - Parameter check: Throws where a name cannot be one, at the path it is given.
    public init(
        _ usual: String?, at usualSetting: String, _ own: [String: String]?, at ownSetting: String,
        check: (String, [String]) throws(SettingsError) -> Void
    ) throws(SettingsError) {
        if let usual { try check(usual, [usualSetting]) }
        for (word, name) in (own ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard Self.words.contains(where: { $0.word == word }) else {
                throw SettingsError(
                    at: [ownSetting, word], "there is no such thing to deliver", remedy: "There are: \(listed(Self.words.map(\.word))).")
            }
            try check(name, [ownSetting, word])
        }
        var byKind: [DeliveryBatch.Kind: String] = [:]
        for (word, kind) in Self.words {
            guard let name = own?[word] ?? usual else {
                throw SettingsError(
                    at: own == nil ? [] : [ownSetting], "nothing says which \(usualSetting) \(word) go to",
                    remedy: "Write `\(usualSetting)`, which is that of all that is not in `\(ownSetting)`.")
            }
            byKind[kind] = name
        }
        (messages, memberships, profiles) = (byKind[.message] ?? "", byKind[.membership] ?? "", byKind[.profile] ?? "")
    }

    /// The name for a kind.
    public subscript(kind: DeliveryBatch.Kind) -> String {
        switch kind {
        case .message: messages
        case .membership: memberships
        case .profile: profiles
        }
    }

    /// Each name once.
    public var all: [String] {
        [messages, memberships, profiles].reduce(into: []) { all, name in if !all.contains(name) { all.append(name) } }
    }
}
