import Connectors

extension AvroSchema {
    /// Types that lie in each other, on the way to one.
    static let mostTypeDepth = 200
    static let isTooDeep = PayloadError("Its types lie more than \(mostTypeDepth) levels deep in each other.")
    /// Parts of a record that are there in any case, those of records in it and every 64 bytes of fixed values included.
    private static let mostParts = 200_000

    /// Notes which records have nothing in them.
    ///
    /// - Throws: Where a record lies in itself without a union, an array or a map between, and where one has too many parts.
    mutating func measureRecords() throws(PayloadError) {
        var measured: [Int: Int] = [:]
        var open: Set<Int> = []
        for place in nodes.indices { _ = try parts(of: place, &measured, &open) }
    }

    private mutating func parts(of place: Int, _ measured: inout [Int: Int], _ open: inout Set<Int>) throws(PayloadError) -> Int {
        switch nodes[place].shape {
        case .fixed(let size): return 1 + size / 64
        case .record(let fields):
            if let known = measured[place] { return known }
            let name = nodes[place].name ?? ""
            guard open.insert(place).inserted else {
                throw PayloadError("The record \(name) lies in itself: no value of it ends. Put it into a union with null.")
            }
            guard open.count <= Self.mostTypeDepth else { throw Self.isTooDeep }
            var count = 1
            for field in fields {
                count += try parts(of: field.type, &measured, &open)
                guard count <= Self.mostParts else { throw PayloadError("The record \(name) has more than \(Self.mostParts) parts.") }
            }
            open.remove(place)
            measured[place] = count
            if fields.allSatisfy({ isEmpty($0.type) }) { emptyRecords.insert(place) }
            return count
        default: return 1
        }
    }

    /// Whether values of a type have no bytes and nothing in them: records without fields, or of such records alone.
    func isEmpty(_ place: Int) -> Bool { emptyRecords.contains(place) }
}
