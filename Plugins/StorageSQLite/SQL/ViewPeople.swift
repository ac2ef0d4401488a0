import EventModel
import Storage

/// The people of a statement's snapshot, by number and by name; each part is made when it is first asked for.
final class ViewPeople {
    private let snapshot: any StoreSnapshot

    init(_ snapshot: any StoreSnapshot) { self.snapshot = snapshot }

    private var keptNames: TextDictionary?
    private var keptTable: ContiguousArray<UInt32>?
    private(set) lazy var profileOfIdentifier = snapshot.profileOfIdentifier

    /// Canonical id of each profile.
    var names: TextDictionary {
        get throws {
            if let keptNames { return keptNames }
            let made = TextDictionary(try snapshot.canonicalIDs())
            keptNames = made
            return made
        }
    }

    /// The profiles that are called so; a user and an anonymous identifier may share a text.
    func profiles(called name: [UInt8]) throws -> [UInt32] {
        let names = try names
        let table = table(names)
        var found: [UInt32] = []
        var slot = Self.hash(name[...]) & (table.count - 1)
        while table[slot] != .max {
            let profile = Int(table[slot])
            if names.bytes[Int(names.offsets[profile])..<Int(names.offsets[profile + 1])].elementsEqual(name) { found.append(table[slot]) }
            slot = (slot + 1) & (table.count - 1)
        }
        return found.sorted()
    }

    /// Profile numbers by hash of their names, with open addressing; at most half full.
    private func table(_ names: TextDictionary) -> ContiguousArray<UInt32> {
        if let keptTable { return keptTable }
        var size = 16
        while size < names.count * 2 { size *= 2 }
        var table = ContiguousArray<UInt32>(repeating: .max, count: size)
        for profile in 0..<names.count {
            var slot = Self.hash(names.bytes[Int(names.offsets[profile])..<Int(names.offsets[profile + 1])]) & (size - 1)
            while table[slot] != .max { slot = (slot + 1) & (size - 1) }
            table[slot] = UInt32(profile)
        }
        keptTable = table
        return table
    }

    private static func hash(_ bytes: some Collection<UInt8>) -> Int {
        let hash = bytes.withContiguousStorageIfAvailable { ByteHash.checksum(UnsafeRawBufferPointer($0), seed: 0x53_514C) } ?? 0
        return Int(truncatingIfNeeded: hash)
    }

    /// The ordinals of a profile's identifiers, ascending.
    func ordinals(of profile: UInt32) -> [UInt32] { snapshot.identifiers(of: Int(profile)) }

    /// Writes the name of `profile`.
    func writeName(_ profile: UInt32, to cell: ResultCell) throws {
        let names = try names
        names.bytes.withUnsafeBufferPointer {
            cell.set(UnsafeBufferPointer(rebasing: $0[Int(names.offsets[Int(profile)])..<Int(names.offsets[Int(profile) + 1])]))
        }
    }

    /// The texts of a profile's identifiers of one namespace, by scalars.
    func identifiers(of profile: UInt32, kind: IdentifierKind) throws -> [String] {
        try ordinals(of: profile).map { try snapshot.identifier(Int($0)) }.filter { $0.kind == kind }.map(\.text)
            .sorted { $0.precedesByScalars($1) }
    }
}
