import Storage
import Testing

/// Who is who in a snapshot: the identifiers of each person, without those that are nobody's. Expects that each person has an identifier of
/// its own, which `leastOrdinals` names.
func people(_ snapshot: any StoreSnapshot) throws -> Set<Set<Identifier>> {
    var people = [Set<Identifier>](repeating: [], count: snapshot.profileCount)
    for ordinal in 0..<snapshot.identifierCount where snapshot.profileOfIdentifier[ordinal] != IdentifierKind.nobody {
        let (kind, text) = try snapshot.identifier(ordinal)
        people[Int(snapshot.profileOfIdentifier[ordinal])].insert(Identifier(kind, text))
    }
    for (profile, least) in try snapshot.leastOrdinals().enumerated() {
        #expect(try snapshot.identifier(Int(least)).kind.trait == nil && Int(snapshot.profileOfIdentifier[Int(least)]) == profile)
    }
    return Set(people)
}
