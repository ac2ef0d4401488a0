import Storage
import Synchronization

/// Who is who in one state of a store.
final class SnapshotPeople: Sendable {
    let profileOfIdentifier: ContiguousArray<UInt32>
    /// How many profiles there are.
    let count: Int
    /// `IdentifierKind` of each identifier; nil where none is a trait's value.
    let kinds: ContiguousArray<UInt8>?
    private let byProfile = Mutex<ProfileIdentifiers?>(nil)

    init(_ profileOfIdentifier: ContiguousArray<UInt32>, count: Int, kinds: ContiguousArray<UInt8>?) {
        (self.profileOfIdentifier, self.count, self.kinds) = (profileOfIdentifier, count, kinds)
    }

    /// The identifiers of each profile; sorted when it is first asked for.
    var identifiers: ProfileIdentifiers {
        byProfile.withLock { made in
            if let made { return made }
            let sorted = ProfileIdentifiers(profileOfIdentifier, profiles: count)
            made = sorted
            return sorted
        }
    }
}
