import HTTPTypes
import Service
import Synchronization

/// Counts requests and their times, and writes them down for Prometheus with the worker's own figures.
final class HTTPFigures: Sendable {
    /// Upper bounds of the histogram, in seconds.
    private static let bounds: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

    private struct Answered: Hashable {
        var route: Int
        var status: Int
    }
    private struct Times {
        /// One more than bounds: what took longer than all of them.
        var counts = [Int](repeating: 0, count: HTTPFigures.bounds.count + 1)
        var seconds = 0.0
    }
    private struct State {
        var answered: [Answered: Int] = [:]
        var times: [Int: Times] = [:]
    }
    private let state = Mutex(State())
    /// Connections and streams that are open now.
    let connections = Atomic(0)
    let streams = Atomic(0)
    /// `(method, path)` of each route, once they are known.
    private let names = Mutex<[(method: String, path: String)]>([])
    private let bodies: BodyReader

    init(bodies: BodyReader) { self.bodies = bodies }

    func name(_ routes: [Route]) { names.withLock { $0 = routes.map { ($0.method.rawValue, $0.path) } } }

    /// Counts a request that was answered. `route` is -1 where it fits none.
    func count(route: Int, status: HTTPResponse.Status, took: Duration) {
        let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.answered[Answered(route: route, status: status.code), default: 0] += 1
            state.times[route, default: Times()].counts[bucket] += 1
            state.times[route, default: Times()].seconds += seconds
        }
    }

    /// Prometheus's text format 0.0.4.
    func text(with figures: [ServiceFigure]) -> String {
        let (state, names) = (state.withLock { $0 }, names.withLock { $0 })
        func labels(_ route: Int) -> String {
            let (method, path) = names.indices.contains(route) ? names[route] : ("", "")
            return "method=\"\(method)\",path=\"\(escaped(path))\""
        }
        var out = ""
        write(figures, to: &out)
        write(
            [
                ServiceFigure(
                    "tessera_http_connections", .gauge, help: "Connections that are open.",
                    value: Double(connections.load(ordering: .relaxed))),
                ServiceFigure(
                    "tessera_http_streams", .gauge, help: "Streams of changes that are open.",
                    value: Double(streams.load(ordering: .relaxed))),
                ServiceFigure("tessera_http_body_bytes", .gauge, help: "Bytes of bodies that are held.", value: Double(bodies.bytesHeld)),
            ], to: &out)
        out += "# HELP tessera_http_requests_total Requests answered, by route and status.\n# TYPE tessera_http_requests_total counter\n"
        for (answered, count) in state.answered.sorted(by: { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }) {
            out += "tessera_http_requests_total{\(labels(answered.route)),status=\"\(answered.status)\"} \(count)\n"
        }
        out += "# HELP tessera_http_request_seconds Time from a request's head to the end of its answer.\n"
        out += "# TYPE tessera_http_request_seconds histogram\n"
        for (route, times) in state.times.sorted(by: { $0.key < $1.key }) {
            var below = 0
            for (bound, count) in zip(Self.bounds.map(\.description) + ["+Inf"], times.counts) {
                below += count
                out += "tessera_http_request_seconds_bucket{\(labels(route)),le=\"\(bound)\"} \(below)\n"
            }
            out += "tessera_http_request_seconds_sum{\(labels(route))} \(times.seconds)\n"
            out += "tessera_http_request_seconds_count{\(labels(route))} \(below)\n"
        }
        return out
    }

    /// Figures of one name stand together, under one HELP and one TYPE.
    private func write(_ figures: [ServiceFigure], to out: inout String) {
        var order: [String] = []
        var groups: [String: [ServiceFigure]] = [:]
        for figure in figures {
            if groups[figure.name] == nil { order.append(figure.name) }
            groups[figure.name, default: []].append(figure)
        }
        for name in order {
            guard let group = groups[name], let first = group.first else { continue }
            out += "# HELP \(name) \(escaped(first.help, quotes: false))\n# TYPE \(name) \(first.kind.rawValue)\n"
            for figure in group {
                let labels = figure.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
                let whole = figure.value == figure.value.rounded() && figure.value.magnitude < 1e15
                out += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(whole ? "\(Int64(figure.value))" : number(figure.value))\n"
            }
        }
    }

    private func number(_ value: Double) -> String {
        value.isNaN ? "NaN" : value == .infinity ? "+Inf" : value == -.infinity ? "-Inf" : "\(value)"
    }

    /// In labels quotes are escaped too, in help they are not.
    private func escaped(_ text: String, quotes: Bool = true) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 10 }) else { return text }
        return text.reduce(into: "") { out, character in
            switch character {
            case "\\": out += "\\\\"
            case "\"" where quotes: out += "\\\""
            case "\n": out += "\\n"
            default: out.append(character)
            }
        }
    }
}
