import Storage
import Synchronization

/// A snapshot's table from identifiers to profiles, once it was seen that every entry is a profile.
///
/// Reading the whole table costs more than many a question, so the last one that passed is remembered. It is held, too: while it is,
/// nothing else can lie where it lies, and nobody can change it in place.
enum CheckedOwners {
    private static let last = Mutex<(owners: ContiguousArray<UInt32>, profiles: Int, checked: ContiguousArray<UInt32>)?>(nil)

    /// The table of a snapshot.
    ///
    /// - Throws: `StoreError` with reason `.damaged` where an entry is no profile.
    static func of(_ snapshot: any StoreSnapshot) throws(StoreError) -> ContiguousArray<UInt32> {
        let (owners, profiles) = (snapshot.profileOfIdentifier, snapshot.profileCount)
        let known = last.withLock { last in
            last.flatMap { $0.profiles == profiles && areSame($0.owners, owners) ? $0.checked : nil }
        }
        if let known { return known }
        // One more than the greatest number; `nobody` wraps to nothing.
        let greatest = owners.withUnsafeBufferPointer { $0.reduce(0) { max($0, Int($1 &+ 1)) } }
        guard owners.count >= snapshot.identifierCount, greatest <= profiles else {
            throw StoreError(.damaged, "The store's table of people does not hold what it says. Rebuild the store.")
        }
        // No message counts for somebody who is nobody; even if one did, it must not count beside the table.
        let checked =
            owners.contains(IdentifierKind.nobody) && profiles > 0
            ? ContiguousArray(owners.map { $0 == IdentifierKind.nobody ? 0 : $0 }) : owners
        last.withLock { $0 = (owners, profiles, checked) }
        return checked
    }

    /// Whether two arrays are one in memory.
    private static func areSame(_ a: ContiguousArray<UInt32>, _ b: ContiguousArray<UInt32>) -> Bool {
        a.count == b.count && a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { a.baseAddress == $0.baseAddress } }
    }
}
