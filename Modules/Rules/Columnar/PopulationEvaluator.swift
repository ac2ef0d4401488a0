public import EventModel
public import Storage

/// Answers expressions and values for every profile of a snapshot at once, by scanning the columns of its blocks.
///
/// What several questions have in common is worked out once, and each block is read once for all of them (once more for windows and
/// conditions that depend on what another scan finds: `since last("A")`). It gives what `Reference` gives for each timeline.
///
/// Cost: the blocks of the names and times that are mentioned, in the columns that are mentioned. Memory: for
/// each aggregate 1 to 12 bytes a profile on each thread, or 4 to 56 bytes a selected row where few are selected. The method is that of columnar engines: conditions as masks over chunks of rows, folded into arrays by
/// dense profile number (P. Boncz et al., "MonetDB/X100: Hyper-Pipelining Query Execution", CIDR 2005).
public struct PopulationEvaluator: Sendable {
    /// Whose blocks are read and whose profiles are answered about.
    public let snapshot: any StoreSnapshot
    /// The instant that every question is asked at.
    public let now: Instant
    /// Threads that may work at a time, from 1.
    public let threads: Int
    /// Asked before each block is read, from any thread; once it says true, the question ends with `CancellationError`.
    public let isCancelled: @Sendable () -> Bool
    var tuning = QueryTuning()

    /// Prepares to answer over `snapshot` at `now`.
    public init(
        snapshot: any StoreSnapshot, now: Instant, threads: Int = 2, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        (self.snapshot, self.now, self.threads, self.isCancelled) = (snapshot, now, threads, isCancelled)
    }

    /// Who the members of each rule are, in the order of the rules.
    ///
    /// - Throws: `CancellationError`, or what the store throws.
    public func members(of rules: [Rule]) throws -> [Membership] { try answer(rules, []).memberships }

    /// Who the members of a rule are.
    public func members(of rule: Rule) throws -> Membership { try answer([rule], []).memberships[0] }

    /// Who the members of a rule are among some profiles, as if all were asked; only these are looked at. The rule ranks nobody: it has no
    /// percentile.
    ///
    /// - Parameter candidates: Numbers of profiles, each once.
    public func members(of rule: Rule, among candidates: [Int]) throws -> Membership {
        precondition(rule.percentiles.isEmpty, "a percentile is of everybody")
        var part = PopulationEvaluator(
            snapshot: try CandidateSnapshot(snapshot, candidates), now: now, threads: 1, isCancelled: isCancelled)
        part.tuning = tuning
        let found = candidates.isEmpty ? [] : try part.members(of: rule).members
        return Membership(members: found.map { candidates[$0] }, population: snapshot.profileCount)
    }

    /// Each formula's value for every profile, in the order of the formulas.
    ///
    /// - Parameter restriction: Profiles outside it get no value; nil: all profiles.
    /// - Throws: `CancellationError`, or what the store throws.
    public func values(of formulas: [Formula], where restriction: Rule? = nil) throws -> [ValueColumn] {
        try values(of: formulas, where: restriction).columns
    }

    /// The same, with who passed the restriction (everyone without one); it is answered in the same scan.
    public func values(of formulas: [Formula], where restriction: Rule? = nil) throws -> (columns: [ValueColumn], members: Membership) {
        let everyone = Rule(root: .constant(true))
        let (memberships, columns) = try answer([restriction ?? everyone], formulas)
        guard restriction != nil else { return (columns, memberships[0]) }
        return (columns.map { $0.restricted(to: memberships[0]) }, memberships[0])
    }

    /// Rules and formulas together, in one scan.
    ///
    /// - Throws: `CancellationError`, or what the store throws.
    public func answer(_ rules: [Rule], _ formulas: [Formula]) throws -> (memberships: [Membership], columns: [ValueColumn]) {
        var compiler = QueryCompiler(now: now)
        let clauses = rules.map { compiler.enter($0) }
        let values = formulas.map { compiler.enter($0) }
        let graph = compiler.graph
        let query = PopulationQuery(graph: graph, snapshot: snapshot, threads: threads, tuning: tuning, isCancelled: isCancelled)
        let vectors = try query.answer(clauses + values)
        return (
            vectors.prefix(clauses.count).map(\.membership),
            zip(vectors.dropFirst(clauses.count), values).map { $0.column(graph.kinds[$1]) }
        )
    }
}

extension ProfileVector {
    /// A mask as bits.
    fileprivate var membership: Membership {
        var words = ContiguousArray<UInt64>(repeating: 0, count: (count + 63) / 64)
        for index in words.indices {
            let start = index << 6
            var word: UInt64 = 0
            if start + 64 <= count {
                for part in 0..<8 {
                    // Eight bytes of 0 or 1: the product moves bit 8i of the first factor to bit 56 + i, and nothing else there.
                    let eight = UInt64(
                        littleEndian: UnsafeRawPointer(bytes + start).loadUnaligned(fromByteOffset: part * 8, as: UInt64.self))
                    word |= ((eight &* 0x0102_0408_1020_4080) >> 56) << UInt64(part * 8)
                }
            } else {
                for bit in 0..<(count - start) { word |= UInt64(bytes[start + bit]) << UInt64(bit) }
            }
            words[index] = word
        }
        return Membership(words: words, population: count)
    }

    /// Values as a column of the public kind.
    fileprivate func column(_ kind: Kind) -> ValueColumn {
        func copied<T>(_ source: UnsafeMutablePointer<T>?) -> ContiguousArray<T> {
            source.map { ContiguousArray(UnsafeBufferPointer(start: $0, count: count)) } ?? []
        }
        return ValueColumn(
            kind: kind, tags: copied(bytes), numbers: copied(numbers), times: copied(times), texts: dictionary == nil ? [] : copied(texts),
            dictionary: dictionary)
    }
}

extension ValueColumn {
    /// The same column with a value only for members.
    public func restricted(to members: Membership) -> ValueColumn {
        var tags = tags
        for profile in tags.indices where !members.contains(profile) { tags[profile] = ValueTag.absent }
        return ValueColumn(kind: kind, tags: tags, numbers: numbers, times: times, texts: texts, dictionary: dictionary)
    }
}
