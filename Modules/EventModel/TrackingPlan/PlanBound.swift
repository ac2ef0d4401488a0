/// A least or greatest value, and how values stand to it.
enum PlanBound: Sendable {
    /// Any JSON number.
    case number(JSONValue)
    case instant(Instant)

    /// How `value` stands to this bound: -1 below, 0 equal, 1 above; nil where they cannot be compared.
    func order(of value: JSONValue) -> Int? {
        switch self {
        case .number(let bound): numericOrder(value, bound)
        case .instant(let bound): value.asString.flatMap { Instant(text: $0) }.map { $0 < bound ? -1 : $0 == bound ? 0 : 1 }
        }
    }

    var shown: String {
        switch self {
        case .number(let number): number.text
        case .instant(let instant): instant.text
        }
    }
}

/// How the number `a` stands to the number `b`, exactly: -1, 0 or 1; nil unless both are numbers.
func numericOrder(_ a: JSONValue, _ b: JSONValue) -> Int? {
    switch (a.asInteger, b.asInteger) {
    case (let x?, let y?): return x < y ? -1 : x == y ? 0 : 1
    case (let x?, nil): return b.asDouble.map { order(of: x, to: $0) }
    case (nil, let y?): return a.asDouble.map { -order(of: y, to: $0) }
    case (nil, nil):
        guard let x = a.asDouble, let y = b.asDouble else { return nil }
        return x < y ? -1 : x == y ? 0 : 1
    }
}

/// Beyond 2^64 every double is above (or below) every integer of JSON; within, its floor is an exact integer.
private func order(of integer: Int128, to number: Double) -> Int {
    if number >= 0x1p64 { return -1 }
    if number <= -0x1p64 { return 1 }
    let floor = number.rounded(.down)
    let whole = Int128(floor)
    return integer > whole ? 1 : integer < whole || floor < number ? -1 : 0
}

extension JSONValue {
    fileprivate var asInteger: Int128? {
        switch self {
        case .integer(let x): Int128(x)
        case .unsigned(let x): Int128(x)
        default: nil
        }
    }
}
