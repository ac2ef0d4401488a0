import EventModel
import HTTPTypes
import Service

extension Route {
    /// What the server tells of itself.
    static func state(_ service: any WorkerService, figures: HTTPFigures) -> [Route] {
        [
            Route(
                method: .get, path: "/metrics", access: .open, id: "metrics", summary: "Counts and gauges, for Prometheus.",
                answer: .metrics,
                handle: { _ async throws(HTTPFailure) in
                    .text(figures.text(with: service.figures), type: "text/plain; version=0.0.4; charset=utf-8")
                }),
            Route(
                method: .get, path: "/health/live", access: .open, id: "live", summary: "Whether the process runs.",
                answer: .json("Health"),
                handle: { _ async throws(HTTPFailure) in .json(JSONObject([.init("status", .string("live"))])) }),
            Route(
                method: .get, path: "/health/ready", access: .open, id: "ready", summary: "Whether questions can be answered.",
                answer: .json("Health"), refusals: [503],
                handle: { _ async throws(HTTPFailure) in
                    if let reason = service.notReady {
                        throw HTTPFailure(.serviceUnavailable, "not_ready", reason, remedy: "Try again after 1 s.", retryAfter: 1)
                    }
                    return .json(JSONObject([.init("status", .string("ready"))]))
                }),
            Route(
                method: .get, path: "/openapi.json", access: .open, id: "openapi", summary: "This interface, as an OpenAPI 3.1 document.",
                answer: .json("Document"), handle: { _ async throws(HTTPFailure) in .document }),
        ]
    }
}
