import BuiltIn
import EventModel
import Foundation
import Platform
import Storage
import TestFolder
import Testing

/// `Documentation/JSON.md` is a transcript: these tests ask what it asks and get what it says.
@Suite struct DocumentedShapesTests {
    struct Example {
        var command: String
        var json: JSONValue
    }

    let page: String
    init() throws { page = try String(contentsOf: packageFolder.appendingPathComponent("Documentation/JSON.md"), encoding: .utf8) }

    @Test func `the shell's examples hold, in the order of the page`() throws {
        var shop = try Shop(fixture())
        shop.session.author = "operator"
        let examples = try examples(under: "## tessera-shell")
        #expect(examples.count > 20)
        for example in examples {
            let command = try #require(try Command(example.command))
            let said = try shop.session.apply(command)
            let result = try said ?? shop.session.answer(command)
            let found = try JSONValue(parsing: Array(result.rendered(as: .json).utf8.dropLast()))
            #expect(Self.agree(found, example.json), "\(example.command): \(found.text)")
        }
    }

    @Test func `the workspace's examples hold, in the order of the page`() throws {
        var shop = try Shop(fixture())
        for part in page.components(separatedBy: "```file ").dropFirst() {
            let (name, text) = try #require(part.components(separatedBy: "\n```").first?.splitOnce("\n"))
            _ = try shop.folder.write(text, as: "workspace/" + name)
        }
        let examples = try examples(under: "## tessera-shell with a workspace")
        #expect(examples.count > 5)
        for (index, example) in examples.enumerated() {
            if index == 1 { shop.session.workspace = Workspace(folder: shop.folder.path + "/workspace") }
            let result = try shop.answer(example.command)
            let found = try JSONValue(parsing: Array(result.rendered(as: .json).utf8.dropLast()))
            #expect(Self.agree(found, example.json), "\(example.command): \(found.text)")
        }
    }

    @Test func `the worked example of identity holds, and its settings are taken`() throws {
        let page = try String(contentsOf: packageFolder.appendingPathComponent("Documentation/Identity.md"), encoding: .utf8)
        var shop = try Shop(fixture(of: page))
        shop.session.author = "operator"
        let examples = try examples(under: "## A worked example", of: page)
        #expect(examples.count >= 5)
        for example in examples {
            let found = try JSONValue(parsing: Array(shop.answer(example.command).rendered(as: .json).utf8.dropLast()))
            #expect(Self.agree(found, example.json), "\(example.command): \(found.text)")
        }
        let settings = try #require(page.components(separatedBy: "```yaml\n").dropFirst().first?.components(separatedBy: "```").first)
        let sample = try String(contentsOf: packageFolder.appendingPathComponent("Tools/samples/identity.yaml"), encoding: .utf8)
        for text in [settings, sample] {
            let file = try SettingsFile(path: shop.folder.write(text, as: "tessera.yaml"))
            let rules = try #require(try file.identityRules())
            #expect(rules.limits == [.user: 5, .anonymous: 200] && rules.priorities == [.user, .anonymous])
            let blocked = BlockedValues(rules)
            for value in ["NULL", "-1", "anonymous", "000", "00000000-0000-0000-0000-000000000000"] {
                #expect(blocked.contains(value, kind: .user), "\(value)")
            }
            #expect(!blocked.contains("10", kind: .user) && !blocked.contains("ann", kind: .anonymous))
        }
    }

    @Test func `the errors hold`() throws {
        let shop = try Shop(fixture())
        let examples = try examples(under: "## Errors")
        #expect(examples.count >= 5)
        for example in examples {
            let error = #expect(throws: CommandError.self) { _ = try shop.answer(example.command) }
            let found = try JSONValue(parsing: Array((error?.rendered(as: .json) ?? "").utf8.dropLast()))
            #expect(Self.agree(found, example.json), "\(example.command): \(found.text)")
        }
    }

    @Test func `the archive tool's examples have the members that its results have`() throws {
        let folder = try Folder()
        let tessera = Tessera(path: folder.path + "/shop.tessera", plugins: .builtIn)
        let file = try folder.write(fixture(), as: "fixture.ndjson")
        let (stopping, archive) = (Interruption(), folder.path + "/everything.gz")
        var results: [any CommandResult] = [try tessera.importFiles(ImportRequest(files: [file]), interruption: stopping).summary]
        results.append(try tessera.exportArchive(ExportRequest(file: archive, now: Instant(milliseconds: 0)), interruption: stopping))
        for verdictOnly in [true, false] {
            results.append(try Tessera.inspect([archive], keyFile: nil, verdictOnly: verdictOnly, interruption: stopping).result)
        }
        results.append(try tessera.digest(interruption: stopping))
        results.append(try tessera.rebuild(interruption: stopping))
        let examples = try examples(under: "## tessera-archive")
        #expect(examples.count == results.count)
        for (example, result) in zip(examples, results) {
            #expect(Self.shape(.object(result.json)) == Self.shape(example.json), "\(example.command)")
        }
    }

    @Test func `the worker's examples have the members that its results have`() async throws {
        let folder = try Folder()
        let tessera = Tessera(path: folder.path + "/shop.tessera", plugins: .builtIn)
        let noon = Instant(milliseconds: 1_782_820_800_000)
        func worker(_ rules: String) throws -> Worker {
            let file = try folder.write(
                "trackingPlan: {events: {Sold: {properties: {price: {kind: number\(rules)}}}}}\n", as: "tessera.yaml")
            return try Worker(tessera: tessera, settings: file, clock: { noon }, report: { _ in })
        }
        let message =
            #"{"type":"track","event":"Sold","userId":"u","messageId":"m","timestamp":"2026-06-30T00:00:00Z","properties":{"price":0}}"#
        let strict = try worker(", minimum: 1")
        _ = try await strict.collect(MessageBatch(lines: message + "\n"), from: "web")
        await strict.drain()
        let quarantine = QuarantineFolder(store: tessera.path)
        var results: [any CommandResult] = [try quarantine.summary(), try quarantine.records(reason: nil, limit: 1)]
        let mended = try worker("")
        results.append(try await mended.replayQuarantine())
        await mended.drain()
        let examples = try examples(under: "## tessera-worker")
        #expect(examples.count == results.count)
        for (example, result) in zip(examples, results) {
            #expect(Self.shape(.object(result.json)) == Self.shape(example.json), "\(example.command)")
        }
    }

    @Test func `every code is in the table`() {
        for code in CommandError.Code.allCases { #expect(page.contains("`\(code.rawValue)`"), "\(code)") }
    }

    private func fixture() throws -> String { try fixture(of: page) }

    private func fixture(of page: String) throws -> String {
        let parts = page.components(separatedBy: "```ndjson\n")
        return try #require(parts.last?.components(separatedBy: "```").first)
    }

    /// Headings with a command and the first block of JSON under each, from one chapter.
    private func examples(under chapter: String) throws -> [Example] { try examples(under: chapter, of: page) }

    private func examples(under chapter: String, of page: String) throws -> [Example] {
        let start = try #require(page.range(of: chapter + "\n"))
        let text = page[start.upperBound...].components(separatedBy: "\n## ")[0]
        return try text.components(separatedBy: "\n### `").dropFirst().map { part in
            let command = part.components(separatedBy: "`\n")[0]
            let block = try #require(part.components(separatedBy: "```json\n").dropFirst().first?.components(separatedBy: "\n```").first)
            return Example(command: command, json: try JSONValue(parsing: Array(block.utf8)))
        }
    }

    /// Equal, numbers within 1e-9 of their size: sums of floating-point products differ in their last digits between machines.
    private static func agree(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if let x = a.asDouble, let y = b.asDouble { return abs(x - y) <= 1e-9 * max(1, abs(x), abs(y)) }
        switch (a, b) {
        case (.array(let x), .array(let y)): return x.count == y.count && zip(x, y).allSatisfy { agree($0, $1) }
        case (.object(let x), .object(let y)):
            return x.members.map(\.name) == y.members.map(\.name) && zip(x.members, y.members).allSatisfy { agree($0.value, $1.value) }
        default: return a == b
        }
    }

    /// Names and kinds, without the values.
    private static func shape(_ value: JSONValue) -> String {
        switch value {
        case .object(let object): "{" + object.members.map { "\($0.name):\(shape($0.value))" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + (elements.first.map(shape) ?? "") + "]"
        case .string: "text"
        case .bool: "truth"
        case .null: "null"
        case .integer, .unsigned, .number: "number"
        }
    }
}

extension String {
    /// The text before the first `separator` and the text after it.
    fileprivate func splitOnce(_ separator: String) -> (String, String)? {
        guard let found = firstRange(of: separator) else { return nil }
        return (String(self[..<found.lowerBound]), String(self[found.upperBound...]))
    }
}
