import EventModel
import Records
import Testing

@Suite struct RecordTextTests {
    private static let record =
        #"{"name":"Zoë","n":9007199254740993,"price":2.5,"is":true,"deep":{"er":"x"},"list":[1],"empty":"","no":null}"#

    private func text(_ template: String, _ fallbacks: [String: String] = [:]) throws -> String {
        let object = try #require(try JSONValue(parsing: Self.record).asObject)
        return try RecordText(template, at: ["t"]).text(of: object, else: fallbacks) { "<\($0)>" }
    }

    @Test(arguments: [
        ("plain {{}}", "plain {}"), ("{.name}!", "<Zoë>!"), ("{.n} {.price} {.is}", "<9007199254740993> <2.5> <true>"),
        ("{.deep.er}{ .name }", "<x><Zoë>"), ("{.price * 2}", "<5>"), ("{\"}\"}", "<}>"), ("{lower(.name)}", "<zoë>"),
    ])
    func `values are filled in, escaped, and what is around them is not`(template: String, expected: String) throws {
        #expect(try text(template) == expected)
    }

    @Test(arguments: ["{.none}", "{.no}", "{.empty}", "{.list}", "{.deep}", "{ .none }"])
    func `what is missing has a fallback, or is named`(template: String) throws {
        let value = template.filter { !"{} ".contains($0) }
        #expect(throws: RecordText.Missing.self) { try text(template) }
        #expect(throws: RecordText.Missing.self) { try text(template, [".other": "x"]) }
        #expect(try text("a \(template)", [value: "&"]) == "a <&>")
        #expect(try RecordText(template, at: []).values == [value])
    }

    @Test(arguments: ["{", "}", "{.a", "a}", "{}", "{.a +}", "{did \"x\"}"])
    func `what cannot be read is told at its place`(template: String) throws {
        let error = try #require(throws: SettingsError.self) { try RecordText(template, at: ["t"]) }
        #expect(error.path == ["t"])
    }
}
