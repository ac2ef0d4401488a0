import EventModel
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        (JSONValue.number(1), "1.0"), (.number(0.1), "0.1"), (.number(1e16), "1e+16"), (.number(-0.0), "-0.0"), (.number(0), "0.0"),
        (.number(.leastNonzeroMagnitude), "5e-324"), (.number(1.7976931348623157e308), "1.7976931348623157e+308"),
        (.number(123456.789), "123456.789"),
        (.number(0.3), "0.3"), (.number(0.1 + 0.2), "0.30000000000000004"), (.number(19.99), "19.99"), (.number(-2.5), "-2.5"),
        (.number(999_999_999_999_999), "999999999999999.0"), (.number(0.0001), "0.0001"), (.number(0.000001), "1e-06"),
        (.integer(.min), "-9223372036854775808"), (.integer(0), "0"), (.integer(-7), "-7"), (.unsigned(.max), "18446744073709551615"),
    ])
    func `a number is written in the fewest digits that read back as it`(value: JSONValue, text: String) throws {
        #expect(value.text == text)
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test func `a number that is not finite is written as null`() {
        for number in [Double.infinity, -.infinity, .nan] { #expect(JSONValue.number(number).text == "null") }
    }

    @Test func `only what JSON requires is escaped`() {
        let text = (0..<0x80).map { String(Unicode.Scalar(UInt8($0))) }.joined() + "\u{e9}\u{2028}\u{1f600}/"
        let expected =
            ##""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"##
            + "\u{7f}\u{e9}\u{2028}\u{1f600}/\""
        #expect(JSONValue.string(text).text == expected)
    }

    @Test func `members keep their order and no space is written`() {
        let object = JSONObject([.init("z", .array([.null, .bool(true)])), .init("a", .object(JSONObject())), .init("", .array([]))])
        #expect(object.text == #"{"z":[null,true],"a":{},"":[]}"#)
    }

    @Test(arguments: UInt64(1)...400)
    func `value to text to value is the same value`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let value = randomValue(depth: 5, using: &random)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    /// The short way of writing prices against the standard library's shortest digits.
    @Test(arguments: UInt64(1)...20)
    func `the quick decimals agree with the standard library`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<5_000 {
            let number = randomDouble(using: &random)
            #expect(JSONValue.number(number).text == number.description)
            let integer = Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random)
            #expect(JSONValue.integer(integer).text == integer.description)
        }
    }

    /// A quote at each place of a run of any length goes through the eight-byte steps and the rest after them.
    @Test func `an escape is found wherever it stands`() throws {
        for length in 1...40 {
            for place in 0..<length {
                for odd in ["\"", "\\", "\n", "\u{1f}", "\u{0}"] {
                    let text = String(repeating: "a", count: place) + odd + String(repeating: "\u{e9}", count: length - place)
                    #expect(try JSONValue(parsing: JSONValue.string(text).text) == .string(text))
                }
            }
        }
    }
}
