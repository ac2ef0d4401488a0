import CConnector

/// What Tessera lends for the time of one call.
public struct ConnectorHost {
    let table: UnsafePointer<tessera_host>

    /// Whether the call is to end: look at it whenever you wait.
    public var isCancelled: Bool { table.pointee.is_cancelled(table.pointee.host) != 0 }

    /// A sentence for the log; no secret and no personal data.
    public func report(_ sentence: String) { lending(sentence.utf8) { table.pointee.report(table.pointee.host, $0) } }

    func fail(_ failure: Failure) -> tessera_status {
        lending(failure.place.utf8) { place in
            lending(failure.problem.utf8) { problem in
                lending(failure.remedy.utf8) { remedy in
                    table.pointee.fail(table.pointee.host, place, problem, remedy, failure.after)
                }
            }
        }
        return failure.status
    }
}
