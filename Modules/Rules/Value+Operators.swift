public import EventModel

/// The operators of the language, one function each; every evaluator calls these.
extension Value {
    /// Past this many milliseconds either way an instant or a duration is missing: 2^53 - 1.
    public static let largestTime: Int64 = (1 << 53) - 1

    /// What a JSON value is to the language: null, arrays, objects and absence are missing.
    @inlinable public init(_ json: JSONValue?) {
        switch json {
        case .bool(let truth): self = .truth(truth)
        case .integer(let number): self = .number(Double(number))
        case .unsigned(let number): self = .number(Double(number))
        case .number(let number): self = number.isFinite ? .number(number) : .missing
        case .string(let string): self = .text(Text(string))
        case nil, .null, .array, .object: self = .missing
        }
    }

    /// A number, or missing when it is not finite.
    @inlinable public init(finite number: Double) { self = number.isFinite ? .number(number) : .missing }

    /// Whether a comparison holds. False when a side is missing; where the kinds differ only `!=` holds; truths have no order.
    public static func compare(_ a: Value, _ comparison: Comparison, _ b: Value) -> Bool {
        switch (a, b) {
        case (.missing, _), (_, .missing): false
        case (.text(let a), .text(let b)): compare(texts: a, comparison, b)
        case (.number(let a), .number(let b)): comparison.holds(a, b)
        case (.instant(let a), .instant(let b)): comparison.holds(a, b)
        case (.duration(let a), .duration(let b)): comparison.holds(a, b)
        case (.truth(let a), .truth(let b)):
            switch comparison {
            case .equal: a == b
            case .notEqual: a != b
            default: false
            }
        default: comparison == .notEqual
        }
    }

    private static func compare(texts a: Text, _ comparison: Comparison, _ b: Text) -> Bool {
        switch comparison {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: !(b < a)
        case .greater: b < a
        case .greaterOrEqual: !(a < b)
        }
    }

    /// Whether the value equals one of the literals; false when it is missing.
    public static func isIn(_ value: Value, _ literals: [Literal]) -> Bool {
        literals.contains { compare(value, .equal, $0.value) }
    }

    /// Whether a text test holds; false when the value is not a text.
    public static func test(_ value: Value, _ test: TextTest, _ wanted: Text) -> Bool {
        guard case .text(let text) = value else { return false }
        return test.holds(for: text.string, wanted: wanted.string)
    }

    /// Whether a value on its own counts as true: only the truth true does.
    public var holds: Bool { self == .truth(true) }

    /// What an operation gives; missing where a side is missing or of a kind the operation is not for, where it divides by zero, where a
    /// number is not finite, and where a time is past `largestTime`.
    public static func apply(_ a: Value, _ operation: Arithmetic, _ b: Value) -> Value {
        switch (operation, a, b) {
        case (.add, .number(let a), .number(let b)): Value(finite: a + b)
        case (.subtract, .number(let a), .number(let b)): Value(finite: a - b)
        case (.multiply, .number(let a), .number(let b)): Value(finite: a * b)
        case (.divide, .number(let a), .number(let b)): Value(finite: a / b)
        case (.subtract, .instant(let a), .instant(let b)): bounded(duration: a - b)
        case (.add, .instant(let a), .duration(let b)), (.add, .duration(let b), .instant(let a)): bounded(instant: a + b)
        case (.subtract, .instant(let a), .duration(let b)): bounded(instant: a - b)
        case (.add, .duration(let a), .duration(let b)): bounded(duration: a + b)
        case (.subtract, .duration(let a), .duration(let b)): bounded(duration: a - b)
        case (.multiply, .duration(let a), .number(let b)), (.multiply, .number(let b), .duration(let a)): rounded(duration: Double(a) * b)
        case (.divide, .duration(let a), .number(let b)): rounded(duration: Double(a) / b)
        case (.divide, .duration(let a), .duration(let b)): Value(finite: Double(a) / Double(b))
        default: .missing
        }
    }

    /// `-v`; missing for anything but a number or a duration.
    public static func negate(_ value: Value) -> Value {
        switch value {
        case .number(let number): .number(-number)
        case .duration(let milliseconds): .duration(-milliseconds)
        default: .missing
        }
    }

    /// An instant, or missing past `largestTime`. Sums of two times in bounds do not overflow 64 bits.
    public static func bounded(instant milliseconds: Int64) -> Value {
        milliseconds.magnitude <= UInt64(largestTime) ? .instant(milliseconds) : .missing
    }

    /// A duration, or missing past `largestTime`.
    public static func bounded(duration milliseconds: Int64) -> Value {
        milliseconds.magnitude <= UInt64(largestTime) ? .duration(milliseconds) : .missing
    }

    /// A duration of so many milliseconds, rounded half to even; missing past `largestTime` or where it is not finite.
    public static func rounded(duration milliseconds: Double) -> Value {
        let whole = milliseconds.rounded(.toNearestOrEven)
        return whole.magnitude <= Double(largestTime) ? .duration(Int64(whole)) : .missing
    }

    /// `time(v)`: a text as `Instant(text:)` reads it, or a whole number of milliseconds since the epoch; else missing.
    public static func time(_ value: Value) -> Value {
        switch value {
        case .text(let text): Instant(text: text.string).map { bounded(instant: $0.milliseconds) } ?? .missing
        case .number(let number):
            number.magnitude <= Double(largestTime) && number == number.rounded(.towardZero) ? .instant(Int64(number)) : .missing
        default: .missing
        }
    }

    /// `lower(v)`: each scalar mapped alone, without locale and without looking at its neighbours; missing for anything but a text.
    public static func lower(_ value: Value) -> Value {
        guard case .text(let text) = value else { return .missing }
        return .text(Text(text.string.loweredByScalars))
    }

    /// The great-circle distance between two points in degrees; missing where one of the four is not a number.
    public static func distance(_ unit: DistanceUnit, _ latitude1: Value, _ longitude1: Value, _ latitude2: Value, _ longitude2: Value)
        -> Value
    {
        guard case .number(let a) = latitude1, case .number(let b) = longitude1, case .number(let c) = latitude2,
            case .number(let d) = longitude2
        else { return .missing }
        return Value(finite: greatCircle(latitude1: a, longitude1: b, latitude2: c, longitude2: d, in: unit))
    }

    /// `startOfDay(v, zone)`, `hour(v, zone)`, `weekday(v, zone)`; missing for anything but an instant.
    public static func calendar(_ part: CalendarPart, _ value: Value, _ zone: Zone) -> Value {
        guard case .instant(let time) = value else { return .missing }
        return switch part {
        case .startOfDay: bounded(instant: zone.startOfDay(at: time))
        case .hour: .number(Double(zone.hour(at: time)))
        case .weekday: .number(Double(zone.weekday(at: time)))
        }
    }

    /// The order of `mostFrequent`'s ties: false, true, numbers ascending, texts by scalars. Instants, which never meet the others, ascend.
    public static func sortsBefore(_ a: Value, _ b: Value) -> Bool {
        switch (a, b) {
        case (.truth(let a), .truth(let b)): !a && b
        case (.number(let a), .number(let b)): a < b
        case (.text(let a), .text(let b)): a < b
        case (.instant(let a), .instant(let b)): a < b
        case (.duration(let a), .duration(let b)): a < b
        default: a.sortRank < b.sortRank
        }
    }

    private var sortRank: Int {
        switch self {
        case .missing: 0
        case .truth: 1
        case .number: 2
        case .text: 3
        case .instant: 4
        case .duration: 5
        }
    }
}

extension Comparison {
    /// Whether it holds for two values of one ordered kind.
    @inlinable public func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch self {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        case .greaterOrEqual: a >= b
        }
    }
}

extension TextTest {
    /// Whether `text` contains, starts with or ends with `wanted`, by Unicode scalars. The empty text is found in every text.
    public func holds(for text: String, wanted: String) -> Bool {
        var (text, wanted) = (text, wanted)
        return text.withUTF8 { text in wanted.withUTF8 { wanted in holds(for: text, wanted: wanted) } }
    }

    /// The same over UTF-8; since both are well-formed, a match of bytes is a match of scalars.
    public func holds(for text: UnsafeBufferPointer<UInt8>, wanted: UnsafeBufferPointer<UInt8>) -> Bool {
        guard wanted.count <= text.count else { return false }
        switch self {
        case .startsWith: return text.prefix(wanted.count).elementsEqual(wanted)
        case .endsWith: return text.suffix(wanted.count).elementsEqual(wanted)
        case .contains:
            guard let first = wanted.first else { return true }
            var start = 0
            while start + wanted.count <= text.count {
                if text[start] == first {
                    var same = 1
                    while same < wanted.count, text[start + same] == wanted[same] { same += 1 }
                    if same == wanted.count { return true }
                }
                start += 1
            }
            return false
        }
    }
}

extension String {
    /// Each scalar in lower case on its own: no locale, no final sigma.
    public var loweredByScalars: String {
        if utf8.allSatisfy({ $0 < 0x80 }) {
            return String(decoding: utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
        }
        var lowered = String.UnicodeScalarView()
        for scalar in unicodeScalars { lowered.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars) }
        return String(lowered)
    }
}
