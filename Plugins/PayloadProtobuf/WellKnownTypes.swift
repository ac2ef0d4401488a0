import Connectors
import EventModel

/// Messages that have a meaning of their own in JSON.
///
/// - SeeAlso: Protocol Buffers, ProtoJSON Format (https://protobuf.dev/programming-guides/json/).
enum WellKnownTypes {
    private static let prefix = "google.protobuf."
    private static let wrappers: [String: JSONValue] = [
        "DoubleValue": .number(0), "FloatValue": .number(0), "Int64Value": .integer(0), "UInt64Value": .integer(0),
        "Int32Value": .integer(0), "UInt32Value": .integer(0), "BoolValue": .bool(false), "StringValue": .string(""),
        "BytesValue": .string(""),
    ]

    /// What a message that was read is in JSON.
    static func told(_ type: String, _ object: JSONObject) throws(PayloadError) -> JSONValue {
        guard type.hasPrefix(prefix) else { return .object(object) }
        let name = String(type.dropFirst(prefix.utf8.count))
        if let zero = wrappers[name] { return object["value"] ?? zero }
        switch name {
        case "Timestamp":
            guard case (let seconds, let nanos)? = parts(object), let text = text(seconds, nanos) else {
                throw PayloadError("A timestamp lies outside of the years 0000 to 9999.")
            }
            return .string(text)
        case "Duration":
            guard case (let seconds, let nanos)? = parts(object), seconds.magnitude <= 315_576_000_000 else {
                throw PayloadError("A duration is longer than 10000 years.")
            }
            let sign = seconds < 0 || nanos < 0 ? "-" : ""
            return .string("\(sign)\(seconds.magnitude)\(fraction(Int64(nanos.magnitude)))s")
        case "Struct": return object["fields"] ?? .object(JSONObject())
        case "ListValue": return object["values"] ?? .array([])
        case "Value": return object.members.first?.value ?? .null
        default: return .object(object)
        }
    }

    /// What JSON is as the members of a message; nil where it is none of it.
    static func members(_ type: String, _ value: JSONValue) -> JSONObject? {
        guard type.hasPrefix(prefix) else { return value.asObject }
        let name = String(type.dropFirst(prefix.utf8.count))
        if wrappers[name] != nil { return JSONObject([.init("value", value)]) }
        switch name {
        case "Timestamp":
            guard let (seconds, nanos) = value.asString.flatMap({ time($0) }) else { return nil }
            return JSONObject([.init("seconds", .integer(seconds)), .init("nanos", .integer(nanos))])
        case "Duration":
            guard let (seconds, nanos) = value.asString.flatMap({ duration($0) }) else { return nil }
            return JSONObject([.init("seconds", .integer(seconds)), .init("nanos", .integer(nanos))])
        case "Struct": return value.asObject.map { JSONObject([.init("fields", .object($0))]) }
        case "ListValue": return value.asArray.map { JSONObject([.init("values", .array($0))]) }
        case "Value":
            let member =
                switch value {
                case .null: "nullValue"
                case .bool: "boolValue"
                case .string: "stringValue"
                case .array: "listValue"
                case .object: "structValue"
                case .integer, .unsigned, .number: "numberValue"
                }
            return JSONObject([.init(member, value == .null ? .integer(0) : value)])
        default: return value.asObject
        }
    }

    private static func parts(_ object: JSONObject) -> (Int64, Int64)? {
        var (seconds, nanos): (Int64, Int64) = (0, 0)
        if case .integer(let number) = object["seconds"] { seconds = number }
        if case .integer(let number) = object["nanos"] { nanos = number }
        return nanos.magnitude < 1_000_000_000 ? (seconds, nanos) : nil
    }

    private static func text(_ seconds: Int64, _ nanos: Int64) -> String? {
        guard nanos >= 0, seconds.magnitude < 1_000_000_000_000 else { return nil }
        let instant = Instant(milliseconds: seconds * 1_000)
        guard instant >= MessageLimits.earliest, instant <= MessageLimits.latest else { return nil }
        // Milliseconds always, as all times have here.
        return instant.text.dropLast(5) + (nanos % 1_000_000 == 0 ? "." + "00\(nanos / 1_000_000)".suffix(3) : fraction(nanos)) + "Z"
    }

    /// None, or three, six or nine digits.
    private static func fraction(_ nanos: Int64) -> String {
        if nanos == 0 { return "" }
        let digits = "00000000\(nanos)".suffix(9)
        return "." + (nanos % 1_000_000 == 0 ? digits.prefix(3) : nanos % 1_000 == 0 ? digits.prefix(6) : digits)
    }

    private static func time(_ text: String) -> (Int64, Int64)? {
        guard let instant = Instant(text: text) else { return nil }
        let millisecond = (instant.milliseconds % 1_000 + 1_000) % 1_000
        var nanos = millisecond * 1_000_000
        if let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let digits = text.utf8[text.utf8.index(after: dot)...].prefix { (48...57).contains($0) }
            nanos = (Array(digits) + [UInt8](repeating: 48, count: 9)).prefix(9).reduce(0) { $0 * 10 + Int64($1 - 48) }
        }
        return ((instant.milliseconds - millisecond) / 1_000, nanos)
    }

    private static func duration(_ text: String) -> (Int64, Int64)? {
        guard text.hasSuffix("s") else { return nil }
        var rest = text.dropLast()
        let sign: Int64 = rest.hasPrefix("-") ? -1 : 1
        if sign < 0 { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.count == 2 ? parts[1] : ""
        guard let seconds = Int64(parts.first ?? ""), seconds >= 0, digits.utf8.count <= 9,
            digits.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let nanos = Int64(digits + String(repeating: "0", count: 9 - digits.utf8.count)) ?? 0
        return (sign * seconds, sign * nanos)
    }
}
