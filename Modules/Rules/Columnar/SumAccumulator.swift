import Storage

/// Exact sums of decimals: a whole number of 10^-scale for each profile, and a slower exact sum where that does not hold one.
final class SumAccumulator: Accumulator {
    private let mantissas: FlatArray<Int64>
    /// How many numbers were added; nil when nobody asks for an average.
    private let counts: FlatArray<UInt32>?
    /// One for all profiles; grows as columns need.
    private var scale = 0
    /// Whether nothing was added to `mantissas` so far.
    private var isEmpty = true
    /// What `mantissas` cannot hold.
    private var spilled: [UInt32: DecimalSum] = [:]
    /// The same, by profile, once everything was taken in.
    private var closed: [(profile: UInt32, sum: DecimalSum)] = []
    private let outputs: Set<LeafOutput>

    static let powers: [Int64] = (0...18).map { (0..<$0).reduce(into: Int64(1)) { power, _ in power *= 10 } }
    private static let floatPowers: [Double] = (0...18).map { Double(powers[$0]) }
    /// Largest scale of `mantissas`: past it numbers are longer than what stays exact in a float64.
    static let greatestScale = 9
    /// A whole number below this over a power of ten is the shortest decimal of what it rounds to.
    private static let mantissaLimit = 1e15

    init(profiles: Int, outputs: Set<LeafOutput>) {
        mantissas = FlatArray(repeating: 0, count: profiles)
        counts = outputs.contains(.average) ? FlatArray(repeating: 0, count: profiles) : nil
        self.outputs = outputs
    }

    override func fold(_ rows: SelectedRows, _ fields: LeafFields) {
        let lanes = fields.value
        guard lanes.numbers != nil else { return }
        if let counts {
            let (counts, profiles, tags) = (counts.start, rows.profiles, lanes.tags)
            rows.each(into: counts) { _, row in counts[Int(profiles[row])] &+= tags[row] == ValueTag.number ? 1 : 0 }
        }
        if let own = lanes.mantissas, lanes.scale <= Self.greatestScale {
            fold(rows, lanes.tags, lanes.uniform == ValueTag.number, own, lanes.scale)
        } else if let numbers = lanes.numbers {
            isEmpty = false
            rows.each(into: mantissas.start) { _, row in
                if lanes.tags[row] == ValueTag.number { add(numbers[row], rows.profiles[row]) }
            }
        }
    }

    private func fold(_ rows: SelectedRows, _ tags: UnsafePointer<UInt8>, _ isUniform: Bool, _ own: UnsafePointer<Int64>, _ ownScale: Int) {
        if ownScale > scale { rescale(to: ownScale) }
        isEmpty = false
        let (sums, profiles, factor) = (mantissas.start, rows.profiles, Self.powers[scale - ownScale])
        rows.each(into: sums) { _, row in
            guard isUniform || tags[row] == ValueTag.number else { return }
            let profile = Int(profiles[row])
            let (scaled, isTooLarge) = own[row].multipliedReportingOverflow(by: factor)
            let (sum, overflows) = sums[profile].addingReportingOverflow(scaled)
            if isTooLarge || overflows {
                spilled[profiles[row], default: DecimalSum()].add(mantissa: own[row], scale: ownScale)
            } else {
                sums[profile] = sum
            }
        }
    }

    /// Adds the shortest decimal of a number.
    @inline(__always)
    private func add(_ number: Double, _ profile: UInt32) {
        let scaled = number * Self.floatPowers[scale]
        let whole = scaled.rounded(.toNearestOrEven)
        if whole.magnitude < Self.mantissaLimit, whole / Self.floatPowers[scale] == number {
            let (sum, overflows) = mantissas[Int(profile)].addingReportingOverflow(Int64(whole))
            if !overflows {
                mantissas[Int(profile)] = sum
                return
            }
        }
        addSlowly(number, profile)
    }

    @inline(never)
    private func addSlowly(_ number: Double, _ profile: UInt32) {
        for longer in 0...Self.greatestScale {
            let whole = (number * Self.floatPowers[longer]).rounded(.toNearestOrEven)
            guard whole.magnitude < Self.mantissaLimit else { break }
            guard whole / Self.floatPowers[longer] == number else { continue }
            if longer > scale { rescale(to: longer) }
            let (scaled, isTooLarge) = Int64(whole).multipliedReportingOverflow(by: Self.powers[scale - longer])
            let (sum, overflows) = mantissas[Int(profile)].addingReportingOverflow(scaled)
            if isTooLarge || overflows { break }
            mantissas[Int(profile)] = sum
            return
        }
        spilled[profile, default: DecimalSum()].add(number)
    }

    private func rescale(to wanted: Int) {
        if isEmpty {
            scale = wanted
            return
        }
        let factor = Self.powers[wanted - scale]
        for profile in 0..<mantissas.count {
            let (scaled, overflows) = mantissas[profile].multipliedReportingOverflow(by: factor)
            if overflows {
                spilled[UInt32(profile), default: DecimalSum()].add(mantissa: mantissas[profile], scale: scale)
                mantissas[profile] = 0
            } else {
                mantissas[profile] = scaled
            }
        }
        scale = wanted
    }

    override func close() { closed = spilled.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    override func reset() {
        mantissas.start.update(repeating: 0, count: mantissas.count)
        if let counts { counts.start.update(repeating: 0, count: counts.count) }
        (scale, isEmpty) = (0, true)
        if !spilled.isEmpty { spilled = [:] }
    }

    override func absorb(_ part: Accumulator, from base: Int, count: Int) {
        let part = unsafeDowncast(part, to: SumAccumulator.self)
        if let counts, let others = part.counts {
            for profile in 0..<count { counts[profile] &+= others[base + profile] }
        }
        guard !part.isEmpty else { return }
        if part.scale > scale { rescale(to: part.scale) }
        isEmpty = false
        let (sums, own, factor) = (mantissas.start, part.mantissas.start + base, Self.powers[scale - part.scale])
        for profile in 0..<count {
            let (scaled, isTooLarge) = own[profile].multipliedReportingOverflow(by: factor)
            let (sum, overflows) = sums[profile].addingReportingOverflow(scaled)
            if isTooLarge || overflows {
                spilled[UInt32(profile), default: DecimalSum()].add(mantissa: own[profile], scale: part.scale)
            } else {
                sums[profile] = sum
            }
        }
        guard !part.closed.isEmpty else { return }
        var place = part.closed.partitioningIndex { Int($0.profile) >= base }
        while place < part.closed.count, Int(part.closed[place].profile) < base + count {
            spilled[part.closed[place].profile - UInt32(base), default: DecimalSum()].add(part.closed[place].sum)
            place += 1
        }
    }

    override func finish() -> LeafResult {
        var result = LeafResult()
        if outputs.contains(.value) {
            result.columns[.value] = spilled.isEmpty ? .decimals(mantissas, scale: scale, over: nil) : .numbers(rounded { _ in 1 })
        }
        if outputs.contains(.average), let counts {
            result.columns[.average] =
                spilled.isEmpty ? .decimals(mantissas, scale: scale, over: counts) : .numbers(rounded { Int(counts[$0]) })
        }
        return result
    }

    /// Sums over something, rounded once; NaN over 0 and where the result is not finite.
    private func rounded(_ divisor: (Int) -> Int) -> FlatArray<Double> {
        let numbers = FlatArray<Double>(repeating: 0, count: mantissas.count)
        for profile in 0..<mantissas.count {
            let count = divisor(profile)
            guard count > 0 else {
                numbers[profile] = .nan
                continue
            }
            if mantissas[profile] == 0 { continue }
            numbers[profile] = DecimalSum.average(mantissa: mantissas[profile], scale: scale, count: count) ?? .nan
        }
        for (profile, kept) in spilled {
            let count = divisor(Int(profile))
            guard count > 0 else { continue }
            var sum = kept
            sum.add(mantissa: mantissas[Int(profile)], scale: scale)
            numbers[Int(profile)] = sum.average(count: count) ?? .nan
        }
        return numbers
    }
}

extension Array {
    /// The first place at which `isAtOrPast` holds, when it holds from some place on; the count when it never does.
    fileprivate func partitioningIndex(_ isAtOrPast: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isAtOrPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
