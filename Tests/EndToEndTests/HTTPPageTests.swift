import EventModel
import Foundation
import TestFolder
import Testing

/// The commands of `Documentation/HTTP.md`, as they stand there, sent to a running worker.
@Suite(.serialized) struct HTTPPageTests {
    @Test func `a page, an app and a mail service tell of one person, as the page shows`() throws {
        let page = try String(contentsOfFile: packageFolder + "/Documentation/HTTP.md", encoding: .utf8)
        let section = try #require(page.components(separatedBy: "### Three touchpoints, one profile\n").dropFirst().first)
        let block = try #require(section.components(separatedBy: "```sh\n").dropFirst().first?.components(separatedBy: "```").first)
        let folder = try Folder()
        let log = folder / "log"
        let worker = try Program.worker.start("--dev", "--port", "0", "--db", folder / "t.tessera", log: log)
        defer {
            worker.terminate()
            worker.waitUntilExit()
        }
        var port: Substring?
        for _ in 0..<1_200 where port == nil {
            usleep(50_000)
            port = try String(contentsOfFile: log, encoding: .utf8).firstMatch(of: /listens on http:\/\/127\.0\.0\.1:(\d+)/)?.1
        }
        let commands = block.replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(try #require(port))")
        let answers = try Program.bash("export WRITE=dev READ=dev-admin\n" + commands.replacingOccurrences(of: "'\n", with: "'; echo\n"))
        let lines = answers.output.split(separator: "\n")
        #expect(lines.count == 5 && lines.dropLast().allSatisfy { $0 == #"{"success":true}"# }, "\(answers)")
        let profile = try JSONValue(parsing: Array((lines.last ?? "").utf8)).asObject?["profile"]?.asObject
        #expect(profile?["id"] == .string("mia") && profile?["messages"] == .integer(4), "\(answers)")
        #expect(profile?["identifiers"]?.asArray?.count == 2 && profile?.value(at: ["traits", "email"]) == .string("mia@example.com"))
    }
}
