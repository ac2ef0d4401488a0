import BuiltIn
import EventModel
import Foundation
import Platform
import Rules
import Testing

/// One of the libraries of ready segments, as its files stand.
struct Library: Sendable, CustomTestStringConvertible {
    static let folder = packageFolder.appendingPathComponent("Tools/samples/library").path
    static let all = ["content", "shop", "subscription"].map { Library(name: $0) }

    var name: String
    var path: String { Library.folder + "/" + name }
    var testDescription: String { name }

    /// Segments by name.
    func segments() throws -> [String: String] {
        let place = path + "/segments"
        let files = try FileManager.default.contentsOfDirectory(atPath: place).filter { $0.hasSuffix(".segment") }
        return try Dictionary(
            uniqueKeysWithValues: files.map {
                (String($0.dropLast(".segment".count)), try String(contentsOfFile: place + "/" + $0, encoding: .utf8))
            })
    }

    /// A shop where one person did one thing, with this library as its workspace.
    func shop() throws -> Shop {
        try Shop(order("o1", by: "ada", at: "2026-06-01T00:00:00Z", revenue: 10), workspace: Workspace(folder: path))
    }

    /// What its segments may mention.
    func definitions() throws -> Definitions {
        var definitions = Definitions()
        for (name, text) in try segments() { definitions.segments[Text(name)] = text }
        for feature in try #require(try shop().answer("features") as? FeaturesResult).features {
            definitions.features[Text(feature.name)] = feature.value
        }
        return definitions
    }
}

/// One row of `examples.tsv`: a timeline, and whether its person is in.
struct LibraryExample: Sendable, CustomTestStringConvertible {
    var library: Library
    var segment: String
    var timeline: String
    var isMember: Bool
    var note: String
    var now: Instant

    var testDescription: String { "\(library.name)/\(segment): \(note)" }

    static let all = Library.all.flatMap { library in
        let text = (try? String(contentsOfFile: library.path + "/examples.tsv", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().compactMap { line -> LibraryExample? in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count >= 4, cells[2] == "in" || cells[2] == "out" else { return nil }
            let now = cells.count > 4 ? Instant(text: cells[4]) : Shop.now
            return now.map {
                .init(library: library, segment: cells[0], timeline: cells[1], isMember: cells[2] == "in", note: cells[3], now: $0)
            }
        }
    }

    /// Everybody's timeline, `u`'s under the name u.
    func people() throws -> [String: Timeline] {
        var people: [String: [Message]] = ["u": []]
        for (index, element) in (try JSONValue(parsing: Array(timeline.utf8)).asArray ?? []).enumerated() {
            let event = try #require(element.asObject)
            let time = Instant(milliseconds: now.milliseconds + (try Self.offset(try #require(event["at"]?.asString))))
            var json = JSONObject([.init("context", event["c"] ?? .object(JSONObject()))])
            var kind = Message.Kind.track
            if let name = event["page"] {
                (kind, json) = (.page, JSONObject(json.members + [.init("name", name)]))
                if let category = event["category"] { json.set("category", category) }
            } else if let traits = event["identify"] {
                (kind, json) = (.identify, JSONObject(json.members + [.init("traits", traits)]))
            } else {
                json.set("event", try #require(event["track"]))
            }
            json.set("properties", event["p"] ?? .object(JSONObject()))
            people[event["u"]?.asString ?? "u", default: []].append(
                Message(kind: kind, messageID: "m\(index)", timestamp: time, json: json))
        }
        return people.mapValues { Timeline($0) }
    }

    /// `-2h 30m` in milliseconds.
    private static func offset(_ text: String) throws -> Int64 {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        return try -text.dropFirst().split(separator: " ").reduce(0) { sum, part in
            let unit = try #require(units.first { part.hasSuffix($0.0) })
            return sum + (try #require(Int64(part.dropLast(unit.0.count)))) * unit.1
        }
    }
}

@Suite struct LibraryTests {
    @Test(arguments: LibraryExample.all)
    func `a ready segment takes in and leaves out whom its examples say`(example: LibraryExample) throws {
        let definitions = try Self.definitions(of: example.library)
        let text = try #require(definitions.segments[Text(example.segment)], "there is no such file")
        let rule = try Rule(parsing: text, source: .segment(example.segment), definitions: definitions)
        let people = try example.people()
        let reference = Reference(rule, now: example.now, population: Array(people.values))
        #expect(try reference.isMember(#require(people["u"])) == example.isMember)
    }

    @Test(arguments: Library.all)
    func `every file says what it means, what it needs and how to adapt it, and has both kinds of examples`(library: Library) throws {
        let examples = LibraryExample.all.filter { $0.library.name == library.name }
        let lines = try String(contentsOfFile: library.path + "/examples.tsv", encoding: .utf8).split(separator: "\n")
        #expect(examples.count == lines.filter { !$0.hasPrefix("#") }.count - 1, "a row is not understood")
        for (name, text) in try library.segments() {
            for setting in ["title", "note", "needs", "adapt"] { #expect(text.contains("# \(setting): "), "\(name) lacks \(setting)") }
            let own = examples.filter { $0.segment == name }
            #expect(own.contains { $0.isMember } && own.contains { !$0.isMember }, "\(name) lacks examples")
        }
    }

    @Test(arguments: Library.all)
    func `what a file needs is what it mentions`(library: Library) throws {
        var definitions = try library.definitions()
        definitions.features = definitions.features.mapValues { _ in "1" }
        let nothing = Catalogue(events: [:], traits: [])
        for (name, text) in try library.segments() {
            let needs = try #require(text.components(separatedBy: "# needs: ").last?.components(separatedBy: "\n# ").first)
            let checked = try Checker(definitions: definitions, catalogue: nothing).rule(text, source: .segment(name))
            for warning in checked.warnings where warning.place.source == RuleSource.segment(name).label {
                let word = warning.message.components(separatedBy: "\"")[1]
                #expect(needs.contains(word), "\(name) needs \(word)")
            }
        }
    }

    @Test(arguments: Library.all)
    func `a library is a workspace: planned, applied once, and within the bounds of lint`(library: Library) throws {
        let shop = try library.shop()
        let plan = try #require(try shop.answer("plan") as? PlanResult)
        #expect(plan.isApplicable && !plan.findings.contains { $0.check == .channel })
        let applied = try #require(try shop.answer("apply") as? ApplyResult)
        #expect(applied.saved.count == plan.entries.count && applied.removed.isEmpty)
        #expect(try #require(try shop.answer("plan") as? PlanResult).changesNothing)
        let taxonomy = try #require(try shop.answer("taxonomy") as? TaxonomyResult)
        #expect(taxonomy.segments.reduce(0) { $0 + $1.members } == 1)
    }

    @Test func `the page of segments lists every file`() throws {
        let page = try String(contentsOf: packageFolder.appendingPathComponent("Documentation/Segments.md"), encoding: .utf8)
        for library in Library.all {
            for (name, text) in try library.segments() {
                let title = try #require(text.firstMatch(of: /# title: (.*)/)?.1)
                #expect(page.contains("| `\(name)` | \(title)"), "\(library.name)/\(name)")
            }
        }
    }

    @Test func `what the page of segments says of traits is of the language, and means what it says`() throws {
        let page = try String(contentsOf: packageFolder.appendingPathComponent("Documentation/Segments.md"), encoding: .utf8)
        let part = try #require(page.firstMatch(of: /## What a message said of a trait\n(?s:.*?)\n## How to think/)).output
        let checker = Checker(definitions: Definitions(refresh: ["plan": 86_400_000]), catalogue: Catalogue(events: nil))
        let lines = part.matches(of: /```\n(?s:(.*?))```/).flatMap { $0.output.1.split(separator: "\n") }
        #expect(lines.count == 11)
        for line in lines { #expect(try checker.rule(String(line)).warnings.isEmpty) }
        #expect(
            try checker.rule("did any where exists(traits.plan)").warnings.count == 1 && part.contains("`any where exists(traits.plan)`"))
        let long = #"last(any where type == "identify" and exists(traits.x))"#
        #expect(try checker.formula("asOf(trait.x)").tree == checker.formula(long).tree && part.contains(long))
    }

    private static let all = Result { try Dictionary(uniqueKeysWithValues: Library.all.map { ($0.name, try $0.definitions()) }) }

    /// Read once for all examples.
    private static func definitions(of library: Library) throws -> Definitions { try #require(try all.get()[library.name]) }
}
