import Connectors
import ConnectorsTesting
import EventModel
import TestFolder
import Testing

@testable import EnricherText

private func make(_ settings: String, in folder: String = "") throws -> any Enricher {
    let written = try #require(try JSONValue(parsing: settings).asObject)
    return try EnricherRegistry([TextSettings.self]).make(
        "text", settings: written, environment: [:], context: ConnectorContext(formats: FormatRegistry([]), folder: folder))
}

private let usual = #"{"part":"properties.body","prefix":"ticket","keywords":3}"#

@Suite struct TextTests {
    private func sentiment(_ text: String) throws -> Double? {
        try make(usual).traits(of: [.string(text)], at: Instant(milliseconds: 0)).first?.traits["ticket_sentiment"]?.asDouble
    }

    @Test(arguments: [
        // Worked by hand: good weighs 0.6, bad -0.7, very 1.5, a negation -0.75; s / sqrt(s² + 1).
        ("It is good", 0.51), ("very good!", 0.67), ("not good", -0.41), ("It isn't very good", -0.56), ("bad", -0.57),
        ("not bad", 0.46), ("not, good", 0.51), ("GOOD and bad", -0.1), ("The parcel", 0), ("not in any way that was good", 0.51),
    ])
    func `words weigh, are turned and made stronger`(text: String, expected: Double) throws {
        #expect(try sentiment(text) == expected)
    }

    @Test func `keywords are those that occur most, and no address and no number`() throws {
        let text = "The parcel is late. Where is my parcel? Order A1234567, call +43 1 5550100 or ada@mail.example; driver, driver, parcel!"
        let given = try make(usual).traits(of: [.string(text)], at: Instant(milliseconds: 0))
        #expect(given.first?.traits["ticket_keywords"] == .array(["parcel", "driver", "late"].map { .string($0) }))
        for nothing: JSONValue? in [nil, .string(""), .string(" ... "), .integer(5)] {
            #expect(try make(usual).traits(of: [nothing], at: Instant(milliseconds: 0)).isEmpty)
        }
    }

    @Test func `a lexicon of one's own takes the place, and a damaged one is refused with its line`() throws {
        let folder = try Folder()
        try folder.write("# Deutsch\ngut 0.6\nsehr *2\nnicht negates\nder stop\n", as: "de.txt")
        let settings = #"{"part":"properties.body","prefix":"t","lexicon":"de.txt"}"#
        let given = try make(settings, in: folder.path).traits(of: [.string("Der Fahrer war sehr gut")], at: Instant(milliseconds: 0))
        #expect(given.first?.traits["t_sentiment"] == .number(0.77))
        try folder.write("gut 0.6\ngut viel\n", as: "de.txt")
        let refused = #expect(throws: SettingsErrors.self) { try make(settings, in: folder.path) }
        #expect(refused?.errors.first?.problem == "line 2: this is no word with its meaning")
    }

    @Test(arguments: EnricherContract.allCases)
    func `it keeps the promises of enrichers`(promise: EnricherContract) throws {
        let settings = #"{"part":"properties.body","prefix":"ticket","purge":true}"#
        try promise.verify({ try make(settings) }, known: [[.string("A very good day")], [.string("Broken again, and late.")]])
    }
}
