import EventModel

/// Everything that happened, person after person, and the products of every basket.
struct Timelines {
    private(set) var records: [Record] = []
    private(set) var lines: [Line] = []
    private(set) var orders: UInt32 = 0

    mutating func reserve(events: Int, people: Int) {
        records.reserveCapacity(events + people + people / 4)
        lines.reserveCapacity(events / 4)
    }

    mutating func add(_ record: Record) { records.append(record) }

    /// Adds a record with products.
    mutating func add(_ record: Record, _ products: some Collection<Line>) {
        var record = record
        record.firstLine = UInt32(lines.count)
        record.lineCount = UInt8(products.count)
        lines.append(contentsOf: products)
        records.append(record)
    }

    /// The number of the next order.
    mutating func nextOrder() -> UInt32 {
        orders += 1
        return orders
    }

    func products(of record: Record) -> ArraySlice<Line> { lines[Int(record.firstLine)..<Int(record.firstLine) + Int(record.lineCount)] }

    /// Indices of the records by time, ties by the order of making. A year of milliseconds takes 35 bits, which leaves 29 for the index.
    func order(from start: Instant) -> [Int] {
        precondition(records.count < 1 << 29, "more records than a sort key numbers")
        var keys = [UInt64](unsafeUninitializedCapacity: records.count) { keys, count in
            for (index, record) in records.enumerated() { keys[index] = UInt64(record.time - start.milliseconds) << 29 | UInt64(index) }
            count = records.count
        }
        keys.sort()
        return keys.map { Int($0 & (1 << 29 - 1)) }
    }
}
