import EventModel
import Foundation
import Storage

/// Decisions about people. They need the store's lock: while a worker runs, it is the one to ask.
extension Session {
    func unmerge(_ reference: ProfileReference, from other: ProfileReference?, reason: String) throws(CommandError) -> any CommandResult {
        let (identifier, side) = (reference.identifier(), other?.identifier())
        let (statement, store) = (statement(reason), try tessera.store())
        return try writing(store) { writer throws(StoreError) in try writer.unmerge(identifier, from: side, statement: statement) }
    }

    func rejoin(_ number: Int, reason: String) throws(CommandError) -> any CommandResult {
        let (statement, store) = (statement(reason), try tessera.store())
        return try writing(store) { writer throws(StoreError) in try writer.rejoin(number, statement: statement) }
    }

    private func statement(_ reason: String) -> PeopleStatement { PeopleStatement(at: wallClock, by: author, reason: reason) }

    private func writing(
        _ store: any EventStore, _ change: (any StoreWriter) throws(StoreError) -> PeopleOutcome
    ) throws(CommandError) -> PeopleChangeResult {
        let outcome: PeopleOutcome
        do throws(StoreError) {
            let writer = try store.makeWriter()
            do throws(StoreError) { outcome = try change(writer) } catch {
                try? writer.close()
                throw error
            }
            try writer.close()
        } catch {
            guard error.reason == .held else { throw CommandError(error) }
            throw CommandError(
                .held,
                error.description
                    + " A running worker does it too: POST /v1/profiles/{reference}/unmerge, and POST /v1/unmerges/{number}/rejoin.")
        }
        return try attempt {
            let snapshot = try store.snapshot()
            return try PeopleChangeResult(outcome) { try snapshot.identifier(Int($0)).text }
        }
    }
}

extension Tessera {
    /// The store's writer, by rules of who is who, and whether the store had others for somebody it knows.
    func writer(
        of store: any EventStore, by rules: IdentityRules, at instant: Instant
    ) throws(CommandError) -> (writer: any StoreWriter, hadOthers: Bool) {
        return try attempt {
            let before = try IdentityDecisions(store.definitions())?.rules
            let hadOthers = try before != rules && store.snapshot().identifierCount > 0
            return (try store.makeWriter(rules: rules, statement: PeopleStatement(at: instant, by: NSUserName())), hadOthers)
        }
    }
}

extension ProfileReference {
    /// The identifier that it names, a trait's value in its one spelling; whatever is not known as a namespace is a user id.
    func identifier() -> Identifier {
        let kind = namespace.flatMap(IdentifierKind.init(word:)) ?? .user
        return Identifier(kind, kind.normalised(.string(id)) ?? id)
    }
}
