/// A value of JSON to be written; members keep their order.
public enum JSON: Sendable {
    case null
    case truth(Bool)
    case integer(Int)
    /// One that is not finite is written as null.
    case number(Double)
    case text(String)
    case array([JSON])
    case object([(String, JSON)])

    /// Its text, without line ends.
    public var encoded: [UInt8] {
        var out: [UInt8] = []
        append(to: &out)
        return out
    }

    func append(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .truth(let truth): out += (truth ? "true" : "false").utf8
        case .integer(let integer): out += String(integer).utf8
        case .number(let number): out += (number.isFinite ? number.description : "null").utf8
        case .text(let text): Self.append(text, to: &out)
        case .array(let elements): Self.append(elements, "[", "]", to: &out) { $0.append(to: &$1) }
        case .object(let members):
            Self.append(members, "{", "}", to: &out) { member, out in
                Self.append(member.0, to: &out)
                out.append(UInt8(ascii: ":"))
                member.1.append(to: &out)
            }
        }
    }

    private static func append<Part>(
        _ parts: [Part], _ start: Unicode.Scalar, _ end: Unicode.Scalar, to out: inout [UInt8], _ write: (Part, inout [UInt8]) -> Void
    ) {
        out.append(UInt8(ascii: start))
        for (index, part) in parts.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            write(part, &out)
        }
        out.append(UInt8(ascii: end))
    }

    private static func append(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case 10: out += #"\n"#.utf8
            case 13: out += #"\r"#.utf8
            case 9: out += #"\t"#.utf8
            case ..<32: out += [UInt8(ascii: "\\"), UInt8(ascii: "u"), 48, 48, 48 + byte >> 4, Self.digit(byte & 15)]
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .truth(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
}
