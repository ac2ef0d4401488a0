import EventModel

/// The names and values that generated expressions and generated timelines share, few enough that they meet.
enum Vocabulary {
    static let now = Instant(text: "2026-06-30T12:00:00Z")!
    /// Composed and decomposed accents are two names.
    static let events = ["A", "B", "Order Completed", "\u{E9}", "e\u{301}"]
    static let properties = [["x"], ["y"], ["flag"], ["item", "color"], ["t-shirt size"], ["count"], ["at"]]
    static let context = [["device", "type"], ["page", "path"], ["n"]]
    static let traits = [["plan"], ["age"], ["vip"], ["createdAt"], ["address", "zip"], ["address"], ["lat"], ["lon"]]
    static let consents = [["marketing"], ["marketing", "email"], ["ads"]]
    static let texts = [
        "", "a", "b", "A", "ab", "\u{E9}", "e\u{301}", "\u{3A3}a", "5", "true", "2026-06-29", "2026-06-30T10:00:00+02:00", "free", "mobile",
        "\u{1F600}", "\u{FFEE}",
    ]
    static let numbers: [JSONValue] = [
        .integer(0), .integer(1), .integer(2), .integer(3), .integer(5), .integer(-1), .number(0.1), .number(0.2), .number(0.3),
        .number(2.5),
        .number(5), .number(-0.0), .number(1e16), .number(-1e16), .number(1e-7), .integer(9_007_199_254_740_993), .number(1.7e308),
        .unsigned(18_446_744_073_709_551_615), .integer(30), .integer(45),
    ]
    /// Lengths that windows and timestamps share, so that events lie on the edges of windows.
    static let lengths: [(text: String, milliseconds: Int64)] = [
        ("0s", 0), ("0.001s", 1), ("30m", 1_800_000), ("1h", 3_600_000), ("1.5h", 5_400_000), ("2h", 7_200_000), ("1d", 86_400_000),
        ("48h", 172_800_000), ("7d", 604_800_000), ("1w", 604_800_000), ("30d", 2_592_000_000),
    ]
    static let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
    static let patterns = ["a", "^a", "b$", "^$", "[a-c]+", "\\\\d", "^\\\\w*$", "(a|b)b?", ".", "\\\\u00e9", "^(?:free|pro)$"]

    /// An instant to ask at: mostly `now`, else one at which windows from `now` end, or next to it.
    static func instant(_ random: inout SeededRandom) -> Instant {
        if random.once(in: 2) { return now }
        let length = random.pick(lengths).milliseconds * (random.once(in: 3) ? 1 : -1)
        return Instant(milliseconds: now.milliseconds + length + Int64(random.below(3)) - 1)
    }
}
