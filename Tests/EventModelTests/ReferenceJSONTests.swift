import EventModel
import Testing

@Suite struct ReferenceJSONTests {
    @Test(arguments: [
        ("9223372036854775807", JSONValue.integer(.max)),
        ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)),
        ("18446744073709551615", .unsigned(.max)),
        ("18446744073709551616", .number(18_446_744_073_709_551_616)),
        ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        ("-0", .integer(0)),
        ("-0.0", .number(-0.0)),
        ("5", .integer(5)),
        ("5.0", .number(5)),
        ("5e0", .number(5)),
        ("0.1", .number(0.1)),
        ("2.2250738585072011e-308", .number(Double.leastNormalMagnitude.nextDown)),
        ("9007199254740993.0", .number(9_007_199_254_740_992)),
        ("1e400", .null),
        ("-1e400", .null),
        ("1e-400", .number(0)),
        ("-1e-400", .number(-0.0)),
    ])
    func `numbers keep their kind and their nearest value`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test func `an integer of four hundred digits is too large and so missing`() throws {
        #expect(try JSONValue(parsing: String(repeating: "9", count: 400)) == .null)
    }

    @Test func `of a name given twice the last value counts, in the first one's place`() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":2,"a":{"c":3,"c":4}}"#)
        #expect(value.text == #"{"a":{"c":4},"b":2}"#)
    }

    @Test func `composed and decomposed accents are two names`() throws {
        let value = try JSONValue(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(value.asObject?.members.count == 2)
    }

    @Test func `escapes of all kinds are read`() throws {
        let value = try JSONValue(parsing: #""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00\u0000""#)
        #expect(value == .string("\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{20ac}\u{1f600}\u{0}"))
    }

    @Test func `nesting goes to the documented depth and no deeper`() throws {
        let deepest = MessageLimits.jsonDepth
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(try JSONValue(parsing: nested(deepest)).text == nested(deepest))
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: nested(deepest + 1)) }
        #expect(error.offset == deepest)
        let siblings = "[" + Array(repeating: nested(deepest - 1), count: 3).joined(separator: ",") + "]"
        #expect(try JSONValue(parsing: siblings).text == siblings)
    }

    @Test func `columns count scalars and lines count line feeds`() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: "{\r\n  \"e\u{301}\u{1f600}\": tru }") }
        #expect((error.line, error.column, error.offset) == (2, 13, 19))
        #expect(
            error.description
                == "line 2, column 13 (byte 19): Byte 0x20 does not belong here. Only the words true, false and null may stand bare.")
    }

    /// Every byte cut off the end, and every byte struck by another, is answered: with a value or with an error in its bounds.
    @Test(arguments: UInt64(1)...20)
    func `damaged texts are answered, never trapped on`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let text = Array(randomValue(depth: 4, using: &random).text.utf8)
        for cut in 0..<text.count { check(Array(text[..<cut])) }
        for _ in 0..<500 {
            var struck = text
            if struck.isEmpty { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                struck[Int.random(in: 0..<struck.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            check(struck)
        }
        func check(_ bytes: [UInt8]) {
            do throws(JSONError) {
                let value = try JSONValue(parsing: bytes)
                #expect((try? JSONValue(parsing: value.text)) == value)
            } catch { #expect(error.offset >= 0 && error.offset <= bytes.count) }
        }
    }
}

/// Any value that JSON can say, numbers and texts of odd kinds included.
func randomValue(depth: Int, using random: inout SplitMix) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
    case 3: return .unsigned(UInt64.random(in: (1 << 63)...UInt64.max, using: &random))
    case 4, 5: return .number(randomDouble(using: &random))
    case 6: return .string(randomText(using: &random))
    case 7: return .array((0..<Int.random(in: 0...5, using: &random)).map { _ in randomValue(depth: depth - 1, using: &random) })
    default:
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            object.set(randomText(using: &random), randomValue(depth: depth - 1, using: &random))
        }
        return .object(object)
    }
}

/// Any finite float64: of any bits, of few decimals, or whole.
func randomDouble(using random: inout SplitMix) -> Double {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random)) / 100
    case 1: return Double(Int64.random(in: -(1 << 60)...(1 << 60), using: &random))
    case 2: return Double.random(in: -1000...1000, using: &random)
    default:
        let number = Double(bitPattern: random.next())
        return number.isFinite ? number : 0.5
    }
}

func randomText(using random: inout SplitMix) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...20, using: &random) {
        let limit: UInt32 = [0x20, 0x7F, 0x7F, 0x800, 0xFFFF, 0x10FFFF].randomElement(using: &random) ?? 0x7F
        text.append(Unicode.Scalar(UInt32.random(in: 0...limit, using: &random)) ?? "\"")
    }
    return String(text)
}
