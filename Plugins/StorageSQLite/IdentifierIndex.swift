import Storage

/// Ordinals by identifier: a hash table with open addressing, at most half full.
///
/// What is committed of identifiers never changes, so all snapshots of a store share one table of those, which grows when a later state is
/// asked; a snapshot's tail has a small one of its own. 8 to 16 bytes an identifier.
struct IdentifierIndex {
    private let key: (UInt64, UInt64)
    private let first: Int
    private(set) var end: Int
    private var slots: ContiguousArray<UInt32>
    private static let none = UInt32.max

    /// An index of nobody.
    ///
    /// - Parameter key: The store's secret, so that strangers cannot make identifiers collide.
    /// - Parameter first: The least ordinal that it will hold.
    init(key: (UInt64, UInt64), from first: Int) {
        (self.key, self.first, end) = (key, first, first)
        slots = ContiguousArray(repeating: Self.none, count: 1_024)
    }

    /// Takes the identifiers that are not in it yet, up to `end`.
    mutating func extend(to end: Int, of texts: IdentifierTexts) {
        guard end > self.end else { return }
        let start: Int
        if (end - first) * 2 > slots.count {
            var size = slots.count
            while size < (end - first) * 2 { size *= 2 }
            slots = ContiguousArray(repeating: Self.none, count: size)
            start = first
        } else {
            start = self.end
        }
        texts.bytes.withUnsafeBufferPointer { bytes in
            for ordinal in start..<end {
                let text = UnsafeBufferPointer(rebasing: bytes[texts.offsets[ordinal]..<texts.offsets[ordinal + 1]])
                var slot = place(of: text, kind: IdentifierKind(rawValue: texts.kinds[ordinal]) ?? .user)
                while slots[slot] != Self.none { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = UInt32(ordinal)
            }
        }
        self.end = end
    }

    private func place(of text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind) -> Int {
        Int(truncatingIfNeeded: ColumnarBatch.identifierHash(text, kind: kind, key: key)) & (slots.count - 1)
    }

    /// The ordinal of an identifier; nil where `texts` does not have it, though a later state may.
    func ordinal(of text: UnsafeBufferPointer<UInt8>, kind: IdentifierKind, in texts: IdentifierTexts) -> Int? {
        texts.bytes.withUnsafeBufferPointer { bytes in
            var slot = place(of: text, kind: kind)
            while slots[slot] != Self.none {
                let ordinal = Int(slots[slot])
                if ordinal < texts.count, texts.kinds[ordinal] == kind.rawValue,
                    bytes[texts.offsets[ordinal]..<texts.offsets[ordinal + 1]].elementsEqual(text)
                {
                    return ordinal
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }
}
