import Storage

/// The rows of a chunk that a selection takes.
struct SelectedRows {
    var count: Int
    /// Which rows of the chunk, ascending; nil: the first `count`.
    var rows: UnsafePointer<UInt32>?
    /// By row of the chunk.
    var profiles: UnsafePointer<UInt32>
    var times: UnsafePointer<Int64>
    /// The block and its row that the chunk starts at.
    var block: Int
    var base: Int
    /// Identifier ordinals, by row of the block.
    var ordinals: UnsafePointer<UInt32>

    /// Calls `body` with each row of the chunk that is selected, and its place among them.
    @inline(__always)
    func each(_ body: (_ place: Int, _ row: Int) throws -> Void) rethrows {
        if let rows {
            for place in 0..<count { try body(place, Int(rows[place])) }
        } else {
            for row in 0..<count { try body(row, row) }
        }
    }

    /// The same for a body that touches its profile's entry of `target`, which is asked for some rows ahead.
    @inline(__always)
    func each<Entry>(into target: UnsafeMutablePointer<Entry>, _ body: (_ place: Int, _ row: Int) throws -> Void) rethrows {
        let early = max(0, count - Ahead.rows)
        if let rows {
            for place in 0..<early {
                prefetch(target + Int(profiles[Int(rows[place + Ahead.rows])]))
                try body(place, Int(rows[place]))
            }
            for place in early..<count { try body(place, Int(rows[place])) }
        } else {
            for row in 0..<early {
                prefetch(target + Int(profiles[row + Ahead.rows]))
                try body(row, row)
            }
            for row in early..<count { try body(row, row) }
        }
    }
}

/// Gathers what one leaf wants to know, profile by profile, on one thread. Blocks come in any order.
///
/// A scan has one on each thread; what they found is put together chunk of profiles by chunk, in another one that holds only a chunk
/// (`absorb`, `finish`), so that no thread ever sweeps the whole population alone.
class Accumulator {
    /// Takes rows in.
    func fold(_ rows: SelectedRows, _ fields: LeafFields) throws { preconditionFailure("an accumulator of no kind") }
    /// Everything was taken in: from now on others absorb it, from several threads.
    func close() {}
    /// Forgets everything.
    func reset() { preconditionFailure("an accumulator of no kind") }
    /// Takes in what an accumulator of the whole population found for the `count` profiles from `base` on; this one holds a chunk.
    func absorb(_ part: Accumulator, from base: Int, count: Int) { preconditionFailure("an accumulator of no kind") }
    /// What it found; valid until it is reset.
    func finish() -> LeafResult { preconditionFailure("an accumulator of no kind") }
}

/// What a leaf reads of each row of a chunk.
struct LeafFields {
    /// The field, or a trait's value, or a purpose's.
    var value = Lanes(uniform: ValueTag.absent)
    /// A trait's top-level name.
    var top = Lanes(uniform: ValueTag.absent)
    /// `context.expiresAt`.
    var expiry = Lanes(uniform: ValueTag.absent)
}

final class HappenedAccumulator: Accumulator {
    private let flags: FlatArray<UInt8>

    init(profiles: Int) { flags = FlatArray(repeating: 0, count: profiles) }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let (flags, profiles) = (flags.start, rows.profiles)
        rows.each(into: flags) { _, row in flags[Int(profiles[row])] = 1 }
    }

    override func reset() { flags.start.update(repeating: 0, count: flags.count) }

    override func absorb(_ part: Accumulator, from base: Int, count: Int) {
        let (flags, part) = (flags.start, unsafeDowncast(part, to: HappenedAccumulator.self).flags.start + base)
        for profile in 0..<count { flags[profile] |= part[profile] }
    }

    override func finish() -> LeafResult { LeafResult(columns: [.value: .happened(flags)]) }
}

final class CountAccumulator: Accumulator {
    private let counts: FlatArray<UInt32>

    init(profiles: Int) { counts = FlatArray(repeating: 0, count: profiles) }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let (counts, profiles) = (counts.start, rows.profiles)
        rows.each(into: counts) { _, row in counts[Int(profiles[row])] &+= 1 }
    }

    override func reset() { counts.start.update(repeating: 0, count: counts.count) }

    override func absorb(_ part: Accumulator, from base: Int, count: Int) {
        let (counts, part) = (counts.start, unsafeDowncast(part, to: CountAccumulator.self).counts.start + base)
        for profile in 0..<count { counts[profile] &+= part[profile] }
    }

    override func finish() -> LeafResult { LeafResult(columns: [.value: .counts(counts)]) }
}

/// The first or the last instant.
final class InstantAccumulator: Accumulator {
    private let best: FlatArray<UInt64>
    private let edge: TimeKey

    init(profiles: Int, isLast: Bool) {
        edge = TimeKey(isLast: isLast)
        best = FlatArray(repeating: TimeKey.none, count: profiles)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let (best, profiles, times, edge) = (best.start, rows.profiles, rows.times, edge)
        rows.each(into: best) { _, row in
            let profile = Int(profiles[row])
            best[profile] = max(best[profile], edge.key(of: times[row]))
        }
    }

    override func reset() { best.start.update(repeating: TimeKey.none, count: best.count) }

    override func absorb(_ part: Accumulator, from base: Int, count: Int) {
        let (best, part) = (best.start, unsafeDowncast(part, to: InstantAccumulator.self).best.start + base)
        for profile in 0..<count { best[profile] = max(best[profile], part[profile]) }
    }

    override func finish() -> LeafResult { LeafResult(columns: [.value: .times(best, edge)]) }
}

/// The least or the greatest number.
final class ExtremeAccumulator: Accumulator {
    private let best: FlatArray<Double>
    private let isGreatest: Bool

    init(profiles: Int, isGreatest: Bool) {
        self.isGreatest = isGreatest
        best = FlatArray(repeating: isGreatest ? -.infinity : .infinity, count: profiles)
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        guard let numbers = fields.value.numbers else { return }
        let (best, profiles, tags) = (best.start, rows.profiles, fields.value.tags)
        let sign: Double = isGreatest ? 1 : -1
        rows.each(into: best) { _, row in
            guard tags[row] == ValueTag.number else { return }
            let profile = Int(profiles[row])
            if sign * numbers[row] > sign * best[profile] { best[profile] = numbers[row] }
        }
    }

    override func reset() { best.start.update(repeating: isGreatest ? -.infinity : .infinity, count: best.count) }

    override func absorb(_ part: Accumulator, from base: Int, count: Int) {
        let (best, part) = (best.start, unsafeDowncast(part, to: ExtremeAccumulator.self).best.start + base)
        if isGreatest {
            for profile in 0..<count where part[profile] > best[profile] { best[profile] = part[profile] }
        } else {
            for profile in 0..<count where part[profile] < best[profile] { best[profile] = part[profile] }
        }
    }

    override func finish() -> LeafResult {
        // No number is infinite: one that is still there was never beaten.
        for profile in 0..<best.count where best[profile].isInfinite { best[profile] = .nan }
        return LeafResult(columns: [.value: .numbers(best)])
    }
}
