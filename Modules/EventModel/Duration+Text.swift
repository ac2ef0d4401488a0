extension Duration {
    /// Reads a whole number and a unit as in the segment language: `90s`, `15m`, `6h`, `1d`, `2w`; a day is 86 400 seconds.
    ///
    /// nil for any other text, and for more than a million days.
    public init?(text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), (2...12).contains(text.utf8.count),
            text.utf8.dropLast().allSatisfy({ (48...57).contains($0) }), let count = Int64(text.dropLast()),
            count <= 86_400_000_000 / unit
        else { return nil }
        self = .seconds(count * unit)
    }

    /// The shortest text that `init(text:)` reads back: `15m`, not `900s`. Parts of a second are cut.
    public var text: String {
        let seconds = components.seconds
        for (unit, name) in [(604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")] as [(Int64, String)]
        where seconds != 0 && seconds % unit == 0 { return "\(seconds / unit)\(name)" }
        return "\(seconds)s"
    }

    /// Whole milliseconds, rounded down.
    public var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
