/// Instants at which something has to be asked of a profile, the earliest first.
///
/// A binary heap in one flat array. Entries are not taken out when an instant changes: whoever takes one asks whether it still stands.
struct TimerHeap {
    struct Entry {
        /// Milliseconds since the epoch.
        var at: Int64
        var profile: UInt32

        /// By instant, then by profile, so that the order never depends on how entries came in.
        static func < (a: Entry, b: Entry) -> Bool { a.at != b.at ? a.at < b.at : a.profile < b.profile }
    }
    private var entries: ContiguousArray<Entry> = []

    var count: Int { entries.count }
    /// The earliest instant; nil where there is none.
    var first: Int64? { entries.first?.at }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest out if its instant is at or before `instant`.
    mutating func takeFirst(upTo instant: Int64) -> Entry? {
        guard let first = entries.first, first.at <= instant, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink(0)
        }
        return first
    }

    /// Keeps only entries that still stand.
    mutating func removeAll(where isStale: (Entry) -> Bool) {
        entries.removeAll(where: isStale)
        for parent in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(parent) }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && entries[child] < entries[least] { least = child }
            if least == parent { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
