import EventModel
import HTTPTypes
import Service

extension Route {
    /// What was refused, and sending it again; for keys that may write and read.
    static func quarantine(_ service: any WorkerService) -> [Route] {
        @Sendable func answer(_ question: ServiceQuestion) async throws(HTTPFailure) -> Answer {
            do throws(ServiceError) { return .json(try await service.answer(question)) } catch { throw HTTPFailure(error) }
        }
        return [
            Route(
                method: .get, path: "/v1/quarantine", access: .admin, id: "quarantine",
                summary: "Messages that were refused and kept, by file and cause.", answer: .json("Quarantine"), refusals: [503],
                handle: { _ async throws(HTTPFailure) in try await answer(.quarantine) }),
            Route(
                method: .post, path: "/v1/quarantine/replay", access: .admin, id: "replayQuarantine",
                summary: "Judges again what is in quarantine, and stores what the tracking plan takes now. Nothing is lost or doubled.",
                answer: .json("Replay"), refusals: [409, 503],
                handle: { _ async throws(HTTPFailure) in try await answer(.replayQuarantine) }),
        ]
    }
}
