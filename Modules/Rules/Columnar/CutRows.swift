/// How profiles are cut into runs that are worked on one after another.
struct ChunkShape: Sendable {
    let profiles: Int
    /// A run has `1 << bits` profiles, the last one perhaps fewer.
    let bits: Int

    /// - Parameter chunk: A power of two.
    init(profiles: Int, chunk: Int) {
        precondition(chunk > 0 && chunk & (chunk - 1) == 0, "a chunk of profiles is a power of two")
        (self.profiles, bits) = (profiles, chunk.trailingZeroBitCount)
    }

    var width: Int { 1 << bits }
    var count: Int { (profiles + width - 1) >> bits }
}

/// The rows that a list gathered, sorted by chunk of profiles; rows of one chunk keep their order. Read by several threads.
final class CutRows: Sendable {
    /// Where each chunk's rows start; shape `[chunks + 1]`.
    private let starts: FlatArray<UInt32>
    /// Profiles, counted from their chunk's first.
    private let owners: FlatArray<UInt32>
    private let words: FlatArray<UInt64>
    private let edges: FlatArray<Edge>
    private let many: FlatArray<UInt32>
    private let hasMany: Bool

    /// Some rows, side by side; what was not gathered is not to be touched.
    struct Rows {
        var count: Int
        var owners: UnsafeMutablePointer<UInt32>
        var words: UnsafeMutablePointer<UInt64>
        var edges: UnsafeMutablePointer<Edge>
        /// How many rows of the store each stands for; nil: one.
        var many: UnsafeMutablePointer<UInt32>?
    }

    init(
        owners: UnsafePointer<UInt32>, words: UnsafePointer<UInt64>?, edges: UnsafePointer<Edge>?, many: UnsafePointer<UInt32>?, count: Int,
        shape: ChunkShape
    ) {
        precondition(count < Int(UInt32.max), "more than 4 billion events in one leaf")
        let (bits, mask) = (UInt32(shape.bits), UInt32(shape.width - 1))
        let ends = FlatArray<UInt32>(repeating: 0, count: shape.count + 1)
        let sortedOwners = FlatArray<UInt32>(room: count)
        let sortedWords = FlatArray<UInt64>(room: words == nil ? 0 : count)
        let sortedEdges = FlatArray<Edge>(room: edges == nil ? 0 : count)
        let sortedMany = FlatArray<UInt32>(room: many == nil ? 0 : count)
        let end = ends.start + 1
        for entry in 0..<count { end[Int(owners[entry] >> bits)] &+= 1 }
        // Each chunk's entry holds its start while rows are placed and so ends as its end.
        var before: UInt32 = 0
        for chunk in 0..<shape.count { (end[chunk], before) = (before, before &+ end[chunk]) }
        let owned = sortedOwners.start
        if let words {
            let placed = sortedWords.start
            for entry in 0..<count {
                let (owner, chunk) = (owners[entry] & mask, Int(owners[entry] >> bits))
                let place = Int(end[chunk])
                end[chunk] &+= 1
                owned[place] = owner
                placed[place] = words[entry]
                if let many { sortedMany[place] = many[entry] }
            }
        } else {
            let placed = sortedEdges.start
            for entry in 0..<count {
                let (owner, chunk) = (owners[entry] & mask, Int(owners[entry] >> bits))
                let place = Int(end[chunk])
                end[chunk] &+= 1
                owned[place] = owner
                if let edges { placed[place] = edges[entry] }
            }
        }
        (starts, self.owners, self.words, self.edges, self.many) = (ends, sortedOwners, sortedWords, sortedEdges, sortedMany)
        hasMany = many != nil
    }

    /// The rows of a chunk, in the order they came.
    func rows(of chunk: Int) -> Rows {
        let start = Int(starts[chunk])
        return Rows(
            count: Int(starts[chunk + 1]) - start, owners: owners.start + start, words: words.start + (words.count > 0 ? start : 0),
            edges: edges.start + (edges.count > 0 ? start : 0), many: hasMany ? many.start + start : nil)
    }
}
