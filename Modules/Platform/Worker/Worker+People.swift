import Dispatch
public import EventModel
public import Service
import Storage

// MARK: Decisions about people

extension Worker {
    /// Changes who is who; the live state follows before this returns.
    public func change(_ change: ServiceChange) async throws(ServiceError) -> JSONObject {
        let instant = clock()
        let work: @Sendable (any StoreWriter) throws(StoreError) -> PeopleOutcome
        switch change {
        case .unmerge(let reference, let other, let by, let reason):
            let (identifier, side) = (ProfileReference(reference).identifier(), other.map { ProfileReference($0).identifier() })
            work = { writer throws(StoreError) in
                try writer.unmerge(identifier, from: side, statement: PeopleStatement(at: instant, by: by, reason: reason))
            }
        case .rejoin(let number, let by, let reason):
            work = { writer throws(StoreError) in
                try writer.rejoin(number, statement: PeopleStatement(at: instant, by: by, reason: reason))
            }
        }
        let (outcome, names) = try await now { $0.change(work) }.get()
        let result: PeopleChangeResult
        do { result = try PeopleChangeResult(outcome) { names[$0] ?? "" } } catch { throw ServiceError(CommandError(any: error)) }
        await settle()
        return result.json
    }

    /// Makes the live state group everybody as the store does; returns at once where it does.
    func settle() async {
        for _ in 0..<Self.mostSettlings {
            guard let isSettled = try? await now({ $0.isSettled }), !isSettled else { return }
            await withCheckedContinuation { done in
                upkeep.async {
                    self.keepUp()
                    done.resume()
                }
            }
        }
    }

    /// A state that is made while people are regrouped again and again is made anew so often before whoever waits is answered by the old one.
    private static let mostSettlings = 20
}
