import EventModel
import Storage

/// Lays traits out by profile, once for each version of a store that keeps such columns.
///
/// A trait's column says what the last identify with it says. It is the same at every instant from the last identify on, as long as none of
/// them was to hold for a time only; other instants are answered from the blocks.
struct TraitColumns {
    private let keeper: any ProfileColumnKeeping

    /// nil when the snapshot keeps no columns, or the question's instant is too early for them.
    init?(_ snapshot: any StoreSnapshot, now: Int64) {
        guard let keeper = snapshot as? any ProfileColumnKeeping,
            snapshot.blocks.allSatisfy({ $0.kind != .identify || $0.maxTime <= now })
        else { return nil }
        self.keeper = keeper
    }

    /// The kept column of a trait.
    func column(of trait: [Text], profiles: Int) -> Column? {
        guard let column = keeper.keptColumn(path(trait)), column.tags.count == profiles,
            column.numbers.isEmpty || column.numbers.count == profiles, column.texts.isEmpty || column.texts.count == profiles
        else { return nil }
        return column
    }

    /// Keeps a trait's column.
    func keep(_ column: Column, of trait: [Text]) { keeper.keep(column, for: path(trait)) }

    private func path(_ trait: [Text]) -> ColumnPath { ["traits"] + trait.map(\.string) }
}

/// A column of profiles in the making; threads write disjoint chunks.
final class ColumnDraft: @unchecked Sendable {
    // Unchecked: every chunk is written by one thread, and the column is made when all are done.
    private let count: Int
    private let tags: FlatArray<UInt8>
    private let numbers: FlatArray<Double>
    private let texts: FlatArray<UInt32>

    init(count: Int) {
        self.count = count
        tags = FlatArray(room: count)
        numbers = FlatArray(room: count)
        texts = FlatArray(room: count)
    }

    /// Writes the boxes of the profiles from `base` on.
    func store(_ boxes: UnsafePointer<UInt64>, at base: Int, count: Int) {
        let (tags, numbers, texts) = (tags.start + base, numbers.start + base, texts.start + base)
        for i in 0..<count {
            let box = boxes[i]
            (tags[i], numbers[i], texts[i]) = (ValueTag.absent, 0, 0)
            if BoxedValue.isNumber(box) {
                (tags[i], numbers[i]) = (ValueTag.number, BoxedValue.number(of: box))
            } else if BoxedValue.isText(box) {
                (tags[i], texts[i]) = (ValueTag.text, BoxedValue.textNumber(box))
            } else if BoxedValue.isTruth(box) {
                tags[i] = box == BoxedValue.truth(true) ? ValueTag.yes : ValueTag.no
            }
        }
    }

    /// The column, with a dictionary of its own texts only.
    ///
    /// - Parameter dictionary: What the boxes' texts number.
    func column(_ dictionary: TextDictionary) -> Column {
        var known = ContiguousArray<UInt32>(repeating: .max, count: dictionary.count)
        let all = TextBytes(dictionary)
        var bytes = ContiguousArray<UInt8>()
        var offsets: ContiguousArray<UInt32> = [0]
        var (hasNumbers, uniform) = (false, count > 0 ? tags[0] : nil)
        for profile in 0..<count {
            let tag = tags[profile]
            if tag != uniform { uniform = nil }
            if tag == ValueTag.number { hasNumbers = true }
            guard tag == ValueTag.text else { continue }
            let number = Int(texts[profile])
            if known[number] == .max {
                known[number] = UInt32(offsets.count - 1)
                bytes.append(contentsOf: all[number])
                offsets.append(UInt32(bytes.count))
            }
            texts[profile] = known[number]
        }
        func copied<T>(_ array: FlatArray<T>) -> ContiguousArray<T> {
            ContiguousArray(UnsafeBufferPointer(start: array.start, count: count))
        }
        let hasTexts = offsets.count > 1
        return Column(
            tags: copied(tags), numbers: hasNumbers ? copied(numbers) : [], texts: hasTexts ? copied(texts) : [],
            dictionary: hasTexts ? TextDictionary(bytes: bytes, offsets: offsets) : nil, uniformTag: uniform)
    }
}
