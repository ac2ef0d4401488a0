public import EventModel
import EventModelTesting
import Foundation
import Testing

// What `Documentation/TrackingPlan.md` shows.
public struct KnownWords: VerifierKind {
    public let name = "known-words"
    public let settings = ["words"]

    public func makeVerifier(_ settings: JSONObject, in folder: SettingsFolder) throws(SettingsErrors) -> any Verifier {
        let words = settings["words"]?.asArray?.compactMap(\.asString) ?? []
        if words.isEmpty {
            throw SettingsErrors([SettingsError(at: ["words"], "this is no list of words", remedy: "Write words: [red, blue].")])
        }
        return WordVerifier(words: Set(words))
    }
}

private struct WordVerifier: Verifier {
    let words: Set<String>
    func finding(on text: String) -> VerifierFinding {
        words.contains(text) ? .fine : .wrong(problem: "is not a word that is known", remedy: "Send another word.")
    }
}

@Suite struct KnownWordsTests {
    private func settings(_ json: String) throws -> JSONObject { try JSONValue(parsing: json).asObject ?? JSONObject() }

    @Test func `the page shows this verifier`() throws {
        let page = try String(contentsOf: checkout.appendingPathComponent("Documentation/TrackingPlan.md"), encoding: .utf8)
        let shown = page.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
        #expect(try String(contentsOf: URL(fileURLWithPath: #filePath), encoding: .utf8).contains(shown))
    }

    @Test(arguments: VerifierContract.allCases)
    func `what the page shows keeps its promises`(promise: VerifierContract) throws {
        try promise.verify(
            KnownWords(), settings: settings(#"{"words":["crimson"]}"#), wrong: [(settings(#"{"words":"crimson"}"#), "words")],
            on: ["crimson", "vermilion"])
    }
}
