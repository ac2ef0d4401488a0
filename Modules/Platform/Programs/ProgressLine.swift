/// How far a long piece of work has come, said to a person: a bar on a terminal, elsewhere a line now and then.
///
/// It reads no clock: whoever reports says how many seconds have passed.
public struct ProgressLine: Sendable {
    /// One look at the work.
    public struct State: Sendable, Equatable {
        /// What is being worked on: a file's name.
        public var name: String
        /// Units done, of how many; the total is nil where it is not known.
        public var done: Double
        /// Units there are to do; nil where that is not known, and then no share is shown.
        public var total: Double?
        /// Things counted so far, and what they are called: messages.
        public var count: Int
        /// What is counted, in the singular: `message`.
        public var unit: String
        /// Seconds since the start.
        public var seconds: Double

        /// Takes the figures of this moment; all of them count from the start of the work.
        public init(name: String, done: Double, total: Double?, count: Int, unit: String, seconds: Double) {
            self.name = name
            self.done = done
            self.total = total
            self.count = count
            self.unit = unit
            self.seconds = seconds
        }
    }

    /// Seconds between two lines where there is no terminal.
    public static let quietInterval = 10.0
    /// Seconds between two drawings of the bar.
    public static let liveInterval = 0.1

    private let live: Bool
    private let width: Int
    private var last = 0.0
    private var drawn = false

    /// A bar when `live`, else lines now and then.
    public init(live: Bool, width: Int = 80) { (self.live, self.width) = (live, width) }

    /// What to write to standard error for this state; nil when it is too early to say more.
    public mutating func text(for state: State) -> String? {
        guard state.seconds - last >= (live ? Self.liveInterval : Self.quietInterval) else { return nil }
        last = state.seconds
        drawn = drawn || live
        let figures = Self.figures(state)
        guard live else { return figures + "\n" }
        let share = state.total.map { $0 > 0 ? min(1, state.done / $0) : 0 }
        let room = 20
        let bar = share.map { String(repeating: "█", count: Int($0 * Double(room))) } ?? ""
        let line = (share == nil ? "" : TerminalText.padded(bar, to: room, right: false) + " ") + figures
        return "\r\u{1B}[K" + TerminalText.safe(line, width: max(20, width - 1))
    }

    /// What removes a drawn bar.
    public var clearing: String { drawn ? "\r\u{1B}[K" : "" }

    /// `events.ndjson.gz: 41.3%, 1,204,000 messages, 610k/s, 12 s left`
    static func figures(_ state: State) -> String {
        let rate = state.seconds > 0 ? Double(state.count) / state.seconds : 0
        var parts: [String] = []
        if let total = state.total, total > 0 {
            let share = min(1, state.done / total)
            parts.append(Figures.fixed(share * 100, digits: 1) + "%")
        }
        parts.append(Figures.count(state.count, state.unit))
        parts.append(Figures.short(rate) + "/s")
        if let total = state.total, total > 0, state.done > 0 {
            parts.append(Figures.seconds(max(0, state.seconds / state.done * (total - state.done))) + " left")
        }
        return TerminalText.safe(state.name, width: 40) + ": " + parts.joined(separator: ", ")
    }
}
