import EventModel
import EventModelTesting
import TestFolder
import Testing
import VerifierMail

@Suite struct DisposableMailTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        try folder.write("# Known ones\n\nthrowaway.example\r\n  Ten-Minutes.example # and those below\n", as: "lists/a.txt")
    }

    private func settings(_ json: String) throws -> JSONObject { try JSONValue(parsing: json).asObject ?? JSONObject() }

    private func error(of list: String) throws -> [String] {
        try folder.write(list, as: "list.txt")
        do throws(SettingsErrors) {
            _ = try DisposableMail().makeVerifier(JSONObject([.init("domains", .string("list.txt"))]), in: SettingsFolder(folder.path))
            return []
        } catch { return error.errors.map(\.description) }
    }

    @Test(arguments: VerifierContract.allCases)
    func `disposable-mail keeps its promises`(promise: VerifierContract) throws {
        try promise.verify(
            DisposableMail(), settings: settings(#"{"domains":"lists/a.txt"}"#),
            wrong: [
                (JSONObject(), nil), (settings(#"{"domains":5}"#), "domains"), (settings(#"{"domains":"none.txt"}"#), "domains"),
                (settings(#"{"domains":"lists"}"#), "domains"), (settings(#"{"domains":""}"#), "domains"),
            ], on: ["someone@throwaway.example", "someone@lasting.example", "quatsch"], in: SettingsFolder(folder.path))
    }

    @Test(arguments: [
        ("ada@throwaway.example", true), (" Ada@THROWAWAY.example ", true), ("a@b.c.throwaway.example", true),
        ("ada@ten-minutes.example", true), ("ada@notthrowaway.example", false), ("throwaway.example@mail.example", false),
        ("ada@example", false), ("throwaway.example", false), ("", false),
    ])
    func `listed domains and those below them are refused, nothing else`(text: String, isRefused: Bool) throws {
        let kind = DisposableMail()
        let verifier = try kind.makeVerifier(settings(#"{"domains":"lists/a.txt"}"#), in: SettingsFolder(folder.path))
        let refused = VerifierFinding.wrong(
            problem: "is an e-mail address of a domain that is listed as disposable",
            remedy: "Send an address that lasts, or take the domain off the list.")
        #expect(verifier.finding(on: text) == (isRefused ? refused : .fine))
    }

    @Test func `a wrong line is told with its file and number, ten of them at most`() throws {
        let place = "domains: \(folder.path)/list.txt"
        let remedy = "Write one domain a line, such as mail.example; other scripts in their xn-- form."
        #expect(
            try error(of: "# fine\na.example\n@b.example\nlocalhost\n") == [
                "\(place), line 3: '@b.example' is not a domain. \(remedy)", "\(place), line 4: 'localhost' is not a domain. \(remedy)",
            ])
        #expect(try error(of: "müll.example\n").first == "\(place), line 1: 'müll.example' is not a domain. \(remedy)")
        #expect(try error(of: String(repeating: "?\n", count: 50)).count == 10)
        #expect(try error(of: "# nothing\n\n") == ["\(place) lists no domain. Write one domain a line, such as mail.example."])
        #expect(try error(of: "") == ["\(place) lists no domain. Write one domain a line, such as mail.example."])
    }

    @Test func `a million lines are read, and not one more`() throws {
        let lines = String(repeating: "#\n", count: 999_999) + "last.example"
        #expect(try error(of: lines).isEmpty)
        let verifier = try DisposableMail().makeVerifier(settings(#"{"domains":"list.txt"}"#), in: SettingsFolder(folder.path))
        #expect(verifier.finding(on: "a@x.last.example") != .fine && verifier.finding(on: "a@d0.example") == .fine)
        #expect(
            try error(of: lines + "\none.more.example") == ["domains: \(folder.path)/list.txt has more than 1000000 lines. Shorten it."])
    }
}
