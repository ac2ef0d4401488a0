import Connectors

/// Keys of the records that were written last: what comes again is known by them.
struct RememberedKeys {
    /// The oldest first.
    private var order: [String] = []
    private var known: Set<String> = []

    /// Records that may come again: more than any batch holds.
    static let most = 200_000

    /// Keeps a key; the oldest are forgotten in time.
    mutating func insert(_ key: String) {
        guard known.insert(key).inserted else { return }
        order.append(key)
        guard order.count > 2 * Self.most else { return }
        known.subtract(order[..<Self.most])
        order.removeFirst(Self.most)
    }

    /// A line for each record of a batch that was not written yet, and their keys in that order.
    func newLines(of batch: DeliveryBatch) -> (text: ContiguousArray<UInt8>, keys: [String]) {
        var text = ContiguousArray<UInt8>()
        var keys: [String] = []
        var own: Set<String> = []
        for index in 0..<batch.count {
            let key = batch.key(index)
            guard !known.contains(key), own.insert(key).inserted else { continue }
            keys.append(key)
            batch.appendLine(index, to: &text)
        }
        return (text, keys)
    }
}
