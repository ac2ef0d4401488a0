/// The bounds that every message keeps. `Documentation/Messages.md` lists them for users.
public enum MessageLimits {
    /// Longest `userId`, `anonymousId`, `messageId`, `previousId` and `groupId`, in bytes of UTF-8.
    public static let longestID = 512
    /// Longest `event`, and longest `name` and `category` of a page or screen, in bytes of UTF-8.
    public static let longestName = 512
    /// Deepest nesting of arrays and objects; the message itself is the first level.
    public static let jsonDepth = 128
    /// Earliest time of a message: 0000-01-01T00:00:00.000Z.
    public static let earliest = Instant(milliseconds: -62_167_219_200_000)
    /// Latest time of a message: 9999-12-31T23:59:59.999Z.
    public static let latest = Instant(milliseconds: 253_402_300_799_999)
}
