import Testing

@testable import FormatCSV

private func decimal(_ text: String, point: String = ".") -> ExactDecimal? {
    var text = text
    return text.withUTF8 { ExactDecimal.parse($0, point: Array(point.utf8)[0]) }
}

extension ExactDecimal {
    /// As `write(to:)` writes it.
    fileprivate var text: String {
        let out = ByteBuffer(capacity: 48)
        write(to: out)
        return out.string(from: 0)
    }
}

@Test(arguments: [
    ("0", "0"), ("17850.0", "17850.0"), ("2.550", "2.55"), ("-0.10", "-0.1"), ("+7", "7"), ("1e3", "1000.0"), ("1E-2", "0.01"),
    ("0.000000001", "1e-9"), ("123456789012345678901234567890", "123456789012345678901234567890"), ("1.5e40", "1.5e40"), ("-3.0", "-3.0"),
    ("0.0", "0.0"), ("00012", "12"), ("100", "100"), ("0.00001234", "0.00001234"), ("12345678901234567890.5", "12345678901234567890.5"),
    ("1e25", "1e25"), ("9223372036854775807", "9223372036854775807"),
])
func `numbers are read and written shortest`(text: String, written: String) {
    #expect(decimal(text)?.text == written)
    #expect(decimal(text)?.double == Double(text))
}

@Test(arguments: ["", "-", ".5", "5.", "1,5", "1 000", "0x10", "NaN", "inf", "1e", "1e+", "--1", "1.2.3", "1e999", "٣"])
func `what is no number is none`(text: String) {
    #expect(decimal(text) == nil)
}

@Test func `a comma may be the decimal point`() {
    #expect(decimal("1234,50", point: ",")?.text == "1234.5")
    #expect(decimal("1234.50", point: ",") == nil)
}

@Test func `sums and products of decimals are exact`() throws {
    let (tenth, fifth) = (try #require(decimal("0.1")), try #require(decimal("0.2")))
    let price = try #require(decimal("2.55"))
    let results = [
        tenth + fifth, tenth * fifth, tenth - fifth, ExactDecimal(3) * ExactDecimal(4), price * ExactDecimal(3), price * ExactDecimal(20),
    ]
    #expect(results.map { $0?.text } == ["0.3", "0.02", "-0.1", "12", "7.65", "51.0"])
    #expect(ExactDecimal.order(tenth, fifth) < 0)
    let (one, most, least) = (try #require(decimal("1.0")), try #require(decimal("1e40")), try #require(decimal("-1e-40")))
    #expect(ExactDecimal.order(one, ExactDecimal(1)) == 0)
    #expect(ExactDecimal.order(most, least) > 0)
    #expect(ExactDecimal.order(-most, -least) < 0)
}

@Test func `past 38 digits results are the nearest float64`() throws {
    let large = try #require(decimal("123456789012345678901234567890.5"))
    #expect((large * large)?.double == large.double * large.double)
    let tiny = try #require(decimal("1e-30"))
    #expect((large + tiny)?.double == large.double)
    let huge = try #require(decimal("1e300"))
    let none: ExactDecimal? = huge * huge
    #expect(none == nil)
}

@Test(arguments: UInt64(1)...200)
func `a quotient is the nearest float64`(seed: UInt64) {
    var random = SeededBytes(seed: seed)
    let (a, b) = (Int64.random(in: -1_000_000...1_000_000, using: &random), Int64.random(in: 1...1_000_000, using: &random))
    let (quotient, none): (ExactDecimal?, ExactDecimal?) = (
        ExactDecimal(Int(a)) / ExactDecimal(Int(b)), ExactDecimal(Int(a)) / ExactDecimal(0)
    )
    #expect(quotient?.double == Double(a) / Double(b))
    #expect(none == nil)
}

@Test(arguments: UInt64(1)...200)
func `decimals agree with integers of a common scale`(seed: UInt64) {
    var random = SeededBytes(seed: seed)
    func number() -> (ExactDecimal, Int64) {
        let (whole, scale) = (Int64.random(in: -99_999...99_999, using: &random), Int.random(in: 0...4, using: &random))
        let factor = (0..<(4 - scale)).reduce(Int64(1)) { power, _ in power * 10 }
        return (ExactDecimal(coefficient: Int128(whole), exponent: -scale, isInteger: scale == 0), whole * factor)
    }
    let ((a, x), (b, y)) = (number(), number())
    let (sum, product): (ExactDecimal?, ExactDecimal?) = (a + b, a * b)
    #expect(sum?.double == Double(x + y) / 10_000)
    #expect(product?.double == Double(x * y) / 100_000_000)
    #expect(ExactDecimal.order(a, b).signum() == (x < y ? -1 : x > y ? 1 : 0))
    let text = a.text
    #expect(decimal(text)?.double == a.double)
}
