import Storage

/// Keeps what a leaf reads of its selected rows as they come, on one thread, and then hands it out chunk of profiles by chunk.
///
/// Writing runs forward and nothing is as wide as the population, so it suits leaves that take few rows, and those that need many words of
/// a profile: instants, values, the last row. What a chunk's rows come to is worked out when the chunk is asked for, in the first-level
/// cache. (S. Manegold, P. Boncz, M. Kersten: "Optimizing Main-Memory Join on Modern Hardware", IEEE TKDE 2002, on cutting by the cache's size.)
final class RowList: Accumulator {
    /// What is kept of a row beside its profile.
    enum Content {
        case nothing
        /// The instant.
        case time
        /// A number, as its bits; of decimals the mantissa, while `scale` is not nil.
        case number(asDecimal: Bool)
        /// A `BoxedValue`, or milliseconds, of rows that have one.
        case box
        /// A value, its instant and its place, of the first or the last of neighbours.
        case edge(EdgeRule)
    }
    let content: Content
    /// Whether rows of one profile that follow one another may be kept as one: all that counts is whether there is any, or the last.
    private let joins: Join
    /// Which of the neighbours of one profile are kept.
    enum Join {
        case none
        case any
        case least
        case greatest
    }
    private var owners: GrowingList<UInt32>
    private var words: GrowingList<UInt64>
    private var edges: GrowingList<Edge>
    /// Of `Content.number`: the scale of mantissas; nil once numbers came that have none, or another.
    private(set) var scale: Int?
    /// Of `Content.edge`: whether some row said until when it holds.
    private(set) var hasExpiry = false
    private var reader: BoxReader
    private let now: Int64
    private let shape: ChunkShape
    /// How many rows each entry stands for; empty while each stands for itself.
    private var many = GrowingList<UInt32>()
    /// Rows at which those that say the same are put together; nil: never.
    private var compactAt: Int?
    /// The rows chunk by chunk, once everything was taken in.
    private(set) var cut: CutRows?

    /// - Parameter rows: About how many rows may come.
    init(content: Content, joins: Join, shape: ChunkShape, rows: Int, compactAt: Int?, now: Int64, pool: TextPool) {
        (self.content, self.joins, self.now, self.compactAt) = (content, joins, now, compactAt)
        self.shape = shape
        var (wordRoom, edgeRoom) = (rows, 0)
        switch content {
        case .nothing: wordRoom = 0
        case .time, .number, .box: break
        case .edge: (wordRoom, edgeRoom) = (0, rows)
        }
        owners = GrowingList(capacity: rows)
        words = GrowingList(capacity: wordRoom)
        edges = GrowingList(capacity: edgeRoom)
        reader = BoxReader(pool: pool)
    }

    /// Rows taken in so far.
    var count: Int { owners.count }

    // MARK: Taking rows in

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        if let compactAt, owners.count >= compactAt { compact(compactAt) }
        let owner = owners.room(for: rows.count)
        switch content {
        case .nothing: foldNothing(rows, owner)
        case .time: foldTimes(rows, owner)
        case .number(let asDecimal): foldNumbers(rows, fields.value, asDecimal, owner)
        case .box: foldBoxes(rows, reader.boxes(rows, fields.value), owner)
        case .edge(let rule): foldEdges(rows, fields, rule, owner)
        }
    }

    private func foldNothing(_ rows: SelectedRows, _ owner: UnsafeMutablePointer<UInt32>) {
        let profiles = rows.profiles
        guard joins != .none else {
            rows.each { place, row in owner[place] = profiles[row] }
            owners.wrote(rows.count)
            return
        }
        var (written, before) = (0, UInt32.max)
        rows.each { _, row in
            let profile = profiles[row]
            owner[written] = profile
            written += profile == before ? 0 : 1
            before = profile
        }
        owners.wrote(written)
    }

    private func foldTimes(_ rows: SelectedRows, _ owner: UnsafeMutablePointer<UInt32>) {
        let (profiles, times, word) = (rows.profiles, rows.times, words.room(for: rows.count))
        var written = 0
        switch joins {
        case .none, .any:
            rows.each { place, row in
                owner[place] = profiles[row]
                word[place] = UInt64(bitPattern: times[row])
            }
            written = rows.count
        case .least, .greatest:
            let isLeast = joins == .least
            rows.each { _, row in
                let (profile, time) = (profiles[row], times[row])
                if written > 0, owner[written - 1] == profile {
                    let known = Int64(bitPattern: word[written - 1])
                    word[written - 1] = UInt64(bitPattern: isLeast ? min(known, time) : max(known, time))
                } else {
                    owner[written] = profile
                    word[written] = UInt64(bitPattern: time)
                    written += 1
                }
            }
        }
        owners.wrote(written)
        words.wrote(written)
    }

    private func foldNumbers(_ rows: SelectedRows, _ lanes: Lanes, _ asDecimal: Bool, _ owner: UnsafeMutablePointer<UInt32>) {
        guard let numbers = lanes.numbers else { return }
        let (profiles, tags, word) = (rows.profiles, lanes.tags, words.room(for: rows.count))
        var written = 0
        if owners.count == 0 {
            scale = asDecimal && lanes.mantissas != nil && lanes.scale <= SumAccumulator.greatestScale ? lanes.scale : nil
        }
        if let own = lanes.mantissas, scale == lanes.scale {
            rows.each { _, row in
                owner[written] = profiles[row]
                word[written] = UInt64(bitPattern: own[row])
                written += tags[row] == ValueTag.number ? 1 : 0
            }
        } else {
            if let scale { unscale(scale) }
            rows.each { _, row in
                owner[written] = profiles[row]
                word[written] = numbers[row].bitPattern
                written += tags[row] == ValueTag.number ? 1 : 0
            }
        }
        owners.wrote(written)
        words.wrote(written)
    }

    /// Makes numbers of the mantissas: the division of two whole numbers that float64 holds gives the number they came from.
    private func unscale(_ old: Int) {
        let (power, start) = (Double(SumAccumulator.powers[old]), words.start)
        for entry in 0..<words.count { start[entry] = (Double(Int64(bitPattern: start[entry])) / power).bitPattern }
        scale = nil
    }

    private func foldBoxes(_ rows: SelectedRows, _ read: UnsafePointer<UInt64>, _ owner: UnsafeMutablePointer<UInt32>) {
        let (profiles, word) = (rows.profiles, words.room(for: rows.count))
        var written = 0
        rows.each { place, row in
            owner[written] = profiles[row]
            word[written] = read[place]
            written += read[place] == BoxedValue.missing ? 0 : 1
        }
        owners.wrote(written)
        words.wrote(written)
    }

    private func foldEdges(_ rows: SelectedRows, _ fields: LeafFields, _ rule: EdgeRule, _ owner: UnsafeMutablePointer<UInt32>) {
        guard rule.applies(fields) else { return }
        let read = reader.boxes(rows, fields.value)
        let (profiles, times, ordinals, edge) = (rows.profiles, rows.times, rows.ordinals + rows.base, edges.room(for: rows.count))
        let isLast = joins == .greatest
        let expiry = rule.expires && fields.expiry.uniform != ValueTag.absent ? fields.expiry : nil
        if expiry != nil { hasExpiry = true }
        var (written, before) = (0, -1)
        rows.each { place, row in
            var box = read[place]
            guard rule.isThere(box, fields, row) else { return }
            // Rows of one identifier ascend by time, then by messageId: of those that follow one another, the edge is one end.
            let continues = before >= 0 && ordinals[before] == ordinals[row]
            before = row
            if continues, !isLast { return }
            if let expiry, EdgeRule.hasExpired(expiry, row, now: now) { box = BoxedValue.missing }
            let at = continues ? written - 1 : written
            owner[at] = profiles[row]
            edge[at] = Edge(time: times[row], box: box, place: RowPlace(block: rows.block, row: rows.base + row))
            written = at + 1
        }
        owners.wrote(written)
        edges.wrote(written)
    }

    // MARK: Handing rows out

    override func close() {
        cut = sorted()
        owners = GrowingList()
        words = GrowingList()
        edges = GrowingList()
        many = GrowingList()
    }

    private func sorted() -> CutRows {
        if many.count > 0 { fillMany() }
        return CutRows(
            owners: UnsafePointer(owners.start), words: words.count > 0 ? UnsafePointer(words.start) : nil,
            edges: edges.count > 0 ? UnsafePointer(edges.start) : nil, many: many.count > 0 ? UnsafePointer(many.start) : nil,
            count: owners.count, shape: shape)
    }

    /// Every row that came since rows were last put together stands for itself.
    private func fillMany() {
        let more = owners.count - many.count
        many.room(for: more).update(repeating: 1, count: more)
        many.wrote(more)
    }

    /// Puts rows of one profile and one value together; where that does not help, waits for twice as many.
    private func compact(_ limit: Int) {
        let all = sorted()
        owners = GrowingList()
        words = GrowingList()
        many = GrowingList()
        let sorter = GroupSorter(capacity: shape.width)
        for chunk in 0..<shape.count {
            sorter.eachRun([all], chunk, shape.width) { profile, box, times in
                owners.room(for: 1).pointee = UInt32(chunk << shape.bits + profile)
                words.room(for: 1).pointee = box
                many.room(for: 1).pointee = times
                owners.wrote(1)
                words.wrote(1)
                many.wrote(1)
            }
        }
        if owners.count * 2 > limit { compactAt = limit * 2 }
    }
}
