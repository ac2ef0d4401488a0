extension Duration {
    /// Reads a whole number and a unit as in the segment language: `90s`, `15m`, `6h`, `1d`, `2w`; a day is 86 400 seconds.
    ///
    /// - Throws: `ScheduleError` for any other text, and for more than a million days.
    public init(jobText text: String) throws(ScheduleError) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), (2...12).contains(text.utf8.count),
            text.utf8.dropLast().allSatisfy({ (48...57).contains($0) }), let count = Int64(text.dropLast()),
            count <= 86_400_000_000 / unit
        else {
            throw ScheduleError("'\(text)' is no duration", remedy: "Write a whole number and a unit (s, m, h, d or w), such as 15m.")
        }
        self = .seconds(count * unit)
    }

    /// The shortest text that `init(jobText:)` reads back: `15m`, not `900s`. Parts of a second are cut.
    public var jobText: String {
        let seconds = components.seconds
        for (unit, name) in [(604_800, "w"), (86_400, "d"), (3_600, "h"), (60, "m")] as [(Int64, String)]
        where seconds != 0 && seconds % unit == 0 { return "\(seconds / unit)\(name)" }
        return "\(seconds)s"
    }

    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
