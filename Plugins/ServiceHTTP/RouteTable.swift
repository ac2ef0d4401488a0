import HTTPTypes

/// Finds the route of a request.
struct RouteTable: Sendable {
    let routes: [Route]
    /// By whole path, where a path has no names in it.
    private var exact: [String: [Int]] = [:]
    /// The others: segments, nil for a name.
    private var patterns: [(segments: [Segment], route: Int)] = []

    private enum Segment: Sendable {
        case literal(String)
        case name(String)
    }

    enum Match {
        case route(Int, path: [String: String])
        /// The path is there, with other methods.
        case methods([HTTPRequest.Method])
        case nothing
    }

    init(_ routes: [Route]) {
        self.routes = routes
        for (index, route) in routes.enumerated() {
            guard route.path.contains("{") else {
                exact[route.path, default: []].append(index)
                continue
            }
            let segments = route.path.split(separator: "/").map { part in
                part.hasPrefix("{") ? Segment.name(String(part.dropFirst().dropLast())) : .literal(String(part))
            }
            patterns.append((segments, index))
        }
    }

    /// - Parameter path: As it stands in the request, in percent encoding.
    func match(_ method: HTTPRequest.Method, path: Substring) throws(HTTPFailure) -> Match {
        var others: [HTTPRequest.Method] = []
        // What answers GET answers HEAD, without the body.
        let wanted = method == .head ? .get : method
        if let found = exact[String(path)] {
            for index in found {
                if routes[index].method == wanted { return .route(index, path: [:]) }
                others.append(routes[index].method)
            }
            return .methods(others)
        }
        guard path.hasPrefix("/") else { return .nothing }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (segments, index) in patterns where segments.count == parts.count {
            guard let names = try match(segments, parts) else { continue }
            if routes[index].method == wanted { return .route(index, path: names) }
            others.append(routes[index].method)
        }
        return others.isEmpty ? .nothing : .methods(others)
    }

    private func match(_ segments: [Segment], _ parts: [Substring]) throws(HTTPFailure) -> [String: String]? {
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text): if text != part { return nil }
            case .name: if part.isEmpty { return nil }
            }
        }
        var names: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            if case .name(let name) = segment { names[name] = try percentDecoded(part) }
        }
        return names
    }
}

/// The values of a query by their names; of a name given twice the first counts. `+` stands for itself.
func queryValues(_ query: Substring) throws(HTTPFailure) -> [String: String] {
    var values: [String: String] = [:]
    for pair in query.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first else { continue }
        let name = try percentDecoded(first)
        if values[name] == nil { values[name] = parts.count > 1 ? try percentDecoded(parts[1]) : "" }
    }
    return values
}

/// The text that percent encoding stands for (RFC 3986, section 2.1).
private func percentDecoded(_ text: Substring) throws(HTTPFailure) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else { throw notDecodable }
        bytes.append(high << 4 | low)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else { throw notDecodable }
    return decoded
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

private let notDecodable = HTTPFailure(
    .badRequest, "bad_address", "The address is not valid percent encoding of UTF-8.",
    remedy: "Write % as %25, and other bytes as % with two hexadecimal digits.")
