import EventModel
import Service
import Storage
import Synchronization

// MARK: The log of accepted messages

extension Worker {
    /// Holds the log for all who need it and no others, by their names: what lies before the first of their places may go.
    ///
    /// - Parameter places: Where each stands; nil: as it stands here, where it has begun already.
    func holdLog(_ places: [String: LogPlace?]) async throws(ServiceError) {
        logPlaces.withLock { held in held = places.reduce(into: [:]) { $0[$1.key] = $1.value ?? held[$1.key] } }
        try await keepLog()
    }

    /// Holds the log for one from the present on.
    ///
    /// - Returns: The place.
    func holdLog(for name: String) async throws(ServiceError) -> LogPlace {
        let end = try await logEnd()
        logPlaces.withLock { $0[name] = end }
        try await keepLog()
        return end
    }

    /// Lets go of the log before a place, for one who needs it no more. Whoever is held for no longer stays so.
    func releaseLog(for name: String, before place: LogPlace) async throws(ServiceError) {
        let isNews = logPlaces.withLock { places in
            guard let held = places[name] else { return false }
            places[name] = place
            return held.generation != place.generation
        }
        if isNews { try await keepLog() }
    }

    /// Messages from a place on that lie before an end of what was acknowledged; nil where there is none.
    func messages(from place: LogPlace, to end: LogPlace, bytes: Int) async throws(ServiceError) -> (batch: MessageBatch, end: LogPlace)? {
        let log = try log()
        do { return try await offThread { try log.messages(from: place, to: end, bytes: bytes) } } catch {
            throw ServiceError(.failed, "\(error)", remedy: "")
        }
    }

    /// Bytes of messages that lie behind a place.
    func logBytes(from place: LogPlace) async throws(ServiceError) -> Int { try log().bytes(from: place, to: try await logEnd()) }

    private func log() throws(ServiceError) -> any MessageLog {
        let log: (any MessageLog)?
        do throws(CommandError) { log = try tessera.store().log } catch { throw ServiceError(error) }
        guard let log else { throw Self.noLog }
        return log
    }

    /// The place behind everything that was acknowledged.
    func logEnd() async throws(ServiceError) -> LogPlace {
        guard let end = try await now({ $0.writer.logEnd }) else { throw Self.noLog }
        return end
    }

    private func keepLog() async throws(ServiceError) {
        let first = logPlaces.withLock { $0.values.min() }
        let failure = try await now { loop -> StoreError? in
            do throws(StoreError) { try loop.writer.keepLog(from: first) } catch { return error }
            return nil
        }
        if let failure { throw ServiceError(.disk, failure.description, remedy: "") }
    }

    private static let noLog = ServiceError(
        .failed, "This kind of store keeps no log of messages.", remedy: "Deliver memberships alone, or use another store.")
}
