import BuiltIn
import EventModel
import Foundation
import Platform
import Service
import TestFolder
import Testing

/// The example of `Documentation/Enrichers.md` and the samples beside the plugins, as they stand there.
@Suite struct EnricherPageTests {
    private let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized.path

    /// The first block of a language on a page.
    private func block(_ language: String, of page: String) throws -> String {
        let start = try #require(page.range(of: "```\(language)\n"))
        let end = try #require(page.range(of: "```", range: start.upperBound..<page.endIndex))
        return String(page[start.upperBound..<end.lowerBound])
    }

    @Test func `the page's table gives its traits, which are gone when their time is over`() async throws {
        let page = try String(contentsOfFile: checkout + "/Documentation/Enrichers.md", encoding: .utf8)
        let bench = try Bench()
        try bench.folder.write(block("csv", of: page), as: "regions.csv")
        let settings = try bench.folder.write(block("yaml", of: page), as: "tessera.yaml")
        _ = try bench.shell(#"segment viennese = trait.region == "Vienna" and trait.region_urbanity > 0.9"#)
        _ = try bench.shell(#"segment wealthy = trait.region_income == "high""#)
        let worker = try bench.worker(settings: settings)
        let line = #"{"type":"identify","messageId":"1","userId":"ada","timestamp":"2026-06-01T00:00:00Z","traits":{"postcode":"1010"}}"#
        _ = try await worker.collect(MessageBatch(lines: line), from: "web")
        func members(_ segment: String) async throws -> JSONValue? {
            try await worker.answer(.members(segment: segment, after: nil, limit: 10))["members"]
        }
        for (time, viennese, wealthy) in [
            ("2026-06-01T00:00:00Z", true, true), ("2026-06-30T23:59:59Z", true, true), ("2026-07-01T00:00:00Z", true, false),
            ("2026-08-30T00:00:00Z", false, false),
        ] {
            try bench.turn(time)
            #expect(try await members("viennese") == .array(viennese ? [.string("ada")] : []), "\(time)")
            #expect(try await members("wealthy") == .array(wealthy ? [.string("ada")] : []), "\(time)")
        }
        await worker.drain()
    }

    @Test func `a ticket's mood is known, and its text is not stored`() async throws {
        let bench = try Bench()
        let sample = try String(contentsOfFile: checkout + "/Plugins/EnricherText/sample.yaml", encoding: .utf8)
        let settings = try bench.folder.write(sample, as: "tessera.yaml")
        _ = try bench.shell("segment upset = trait.ticket_sentiment < -0.3")
        let worker = try bench.worker(settings: settings)
        let line =
            #"{"type":"track","messageId":"1","userId":"ada","event":"Support Ticket Opened","timestamp":"2026-06-01T00:00:00Z","#
            + #""properties":{"body":"Terrible: the zeppelin arrived broken.","channel":"mail"}}"#
        _ = try await worker.collect(MessageBatch(lines: line), from: "web")
        #expect(try await worker.answer(.members(segment: "upset", after: nil, limit: 10))["members"] == .array([.string("ada")]))
        await worker.drain()
        let told = try bench.shell("events \"Support Ticket Opened\"").text
        #expect(told.contains("channel") && !told.contains("body"), "\(told)")
    }

    @Test func `the samples of the plugins are taken`() throws {
        let folder = try Folder()
        try folder.write("postcode,region,urbanity,income_band\n", as: "regions.csv")
        for plugin in ["EnricherTable", "EnricherText"] {
            let sample = try String(contentsOfFile: checkout + "/Plugins/\(plugin)/sample.yaml", encoding: .utf8)
            let path = try folder.write(sample, as: "tessera.yaml")
            #expect(try SettingsFile(path: path).enrichers(.builtIn, environment: [:]).entries.count == 1)
        }
    }
}
