import EventModel
import Foundation
import GRDB
import Storage

/// Settles whether messages whose fingerprints the store holds are truly stored: exact, by their keys, and by text where a key is a hash.
///
/// A message sent again mostly has the same event name, person and time as before, so its row is looked for there first; only what is
/// not found there costs a pass over the keys of all blocks, one pass for all that a batch still asks.
final class DuplicateConfirmer {
    private struct Keys {
        var ordinals: ContiguousArray<UInt32>
        var times: ContiguousArray<Int64>
        var keys: ContiguousArray<MessageKey>
        var isUUID: ContiguousArray<Bool>
    }
    /// Decoded blocks kept: at most about 2 MiB each.
    private static let cachedBlocks = 32

    private let image: ReaderImage
    private let blocks: [StoredBlock]
    private var blocksOfName: [Int32: [Int]] = [:]
    private var blocksOfKind: [UInt8: [Int]] = [:]
    private var cache: [Int: Keys] = [:]
    private var cacheOrder: [Int] = []
    /// The messageIds of blocks as texts, for keys that are hashes; at most about 4 MiB each.
    private static let cachedTexts = 16
    private var texts: [Int: [String]] = [:]
    private var textsOrder: [Int] = []

    init(_ database: Database) throws {
        let dictionaries = try DictionaryTables.image(database)
        image = ReaderImage(dictionaries)
        blocks = try BlockTable.blocks(database, names: dictionaries.names)
        for (index, block) in blocks.enumerated() {
            if let name = block.name {
                blocksOfName[name, default: []].append(index)
            } else {
                blocksOfKind[block.summary.kind.rawValue, default: []].append(index)
            }
        }
    }

    /// The rows among `rows` whose messageIds are stored.
    ///
    /// - Parameter owner: The ordinal that a row's identifier has, nil where it is unknown.
    func confirm(_ rows: [Int], of batch: ColumnarBatch, owner: (Int) -> UInt32?, _ database: Database) throws -> Set<Int> {
        var confirmed: Set<Int> = []
        var open: [Int] = []
        for row in rows {
            if let owner = owner(row), try stands(row, of: batch, owner: owner, database) {
                confirmed.insert(row)
            } else {
                open.append(row)
            }
        }
        guard !open.isEmpty else { return confirmed }
        var wanted: [MessageKey: [Int]] = [:]
        for row in open { wanted[batch.key(row).key, default: []].append(row) }
        for index in blocks.indices {
            let keys = try keys(index, database, keep: false)
            for (place, key) in keys.keys.enumerated() {
                guard let asking = wanted[key] else { continue }
                for row in asking where try same(row, of: batch, block: index, place: place, keys, database) { confirmed.insert(row) }
            }
        }
        return confirmed
    }

    private func stands(_ row: Int, of batch: ColumnarBatch, owner: UInt32, _ database: Database) throws -> Bool {
        let place = batch.place(of: row)
        for list in [blocksOfName[place.name] ?? [], blocksOfKind[place.kind] ?? []] {
            for index in list {
                let summary = blocks[index].summary
                guard summary.kind.rawValue == place.kind, summary.minTime <= place.time, place.time <= summary.maxTime,
                    summary.minOrdinal <= owner, owner <= summary.maxOrdinal
                else { continue }
                let keys = try keys(index, database, keep: true)
                var at = Self.firstRow(keys, owner: owner, time: place.time)
                while at < keys.keys.count, keys.ordinals[at] == owner, keys.times[at] == place.time {
                    if try same(row, of: batch, block: index, place: at, keys, database) { return true }
                    at += 1
                }
            }
        }
        return false
    }

    private static func firstRow(_ keys: Keys, owner: UInt32, time: Int64) -> Int {
        var (low, high) = (0, keys.ordinals.count)
        while low < high {
            let middle = (low + high) / 2
            if (keys.ordinals[middle], keys.times[middle]) < (owner, time) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func same(_ row: Int, of batch: ColumnarBatch, block: Int, place: Int, _ keys: Keys, _ database: Database) throws -> Bool {
        let (key, isUUID) = batch.key(row)
        guard keys.keys[place] == key, keys.isUUID[place] == isUUID else { return false }
        if isUUID { return true }
        return try texts(block, database)[place].sameScalars(as: batch.messageIDText(row))
    }

    /// Kept, since every message sent again asks, and reading them costs the whole block.
    private func texts(_ index: Int, _ database: Database) throws -> [String] {
        if let known = texts[index] { return known }
        let read = try reader(index, database).messageIDs()
        if textsOrder.count >= Self.cachedTexts { texts[textsOrder.removeFirst()] = nil }
        texts[index] = read
        textsOrder.append(index)
        return read
    }

    private func reader(_ index: Int, _ database: Database) -> BlockReader {
        let summary = blocks[index].summary
        return BlockReader(image: image, summary: summary) { try BlockTable.column(database, block: summary.id, code: $0) }
    }

    private func keys(_ index: Int, _ database: Database, keep: Bool) throws -> Keys {
        if let known = cache[index] { return known }
        let reader = reader(index, database)
        let (keys, isUUID) = try reader.keys()
        let read = Keys(ordinals: try reader.ordinals(), times: try reader.times(), keys: keys, isUUID: isUUID)
        if keep {
            if cacheOrder.count >= Self.cachedBlocks { cache[cacheOrder.removeFirst()] = nil }
            cache[index] = read
            cacheOrder.append(index)
        }
        return read
    }
}
