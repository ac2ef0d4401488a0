import EventModel
import Foundation
import TestFolder
import Testing

/// `Tools/new-connector`: what it writes works before a line of it is changed.
@Suite struct NewConnectorTests {
    private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG"] != nil
    private let folder: Folder

    init() throws { folder = try Folder() }

    private func scaffold(_ arguments: String...) throws -> Program.Outcome {
        try Program.run("/usr/bin/env", ["bash", packageFolder + "/Tools/new-connector"] + arguments + ["--in", folder.path])
    }

    /// Runs a command line in the package's folder.
    private func run(_ line: String, in name: String) throws -> String {
        let outcome = try Program.bash(line, folder: folder / name)
        #expect(outcome.status == 0, "\(line): \(outcome.output.suffix(2_000)) \(outcome.errors.suffix(2_000))")
        return outcome.output
    }

    /// Builds the library of a package without its package manager: the kit, and the sources that were written.
    private func build(_ name: String, _ type: String) throws {
        try buildKit(name)
        try buildLibrary(name, type)
    }

    private static let options = "swiftc -swift-version 6 -parse-as-library -I ../c -I ."

    private func buildKit(_ name: String) throws {
        _ = try folder.write(
            "module CConnector { header \"\(packageFolder)/Modules/CConnector/include/tessera_connector.h\" export * }",
            as: "c/module.modulemap")
        _ = try run(
            """
            mkdir -p .build/release
            \(Self.options) -enable-upcoming-feature InternalImportsByDefault -emit-module -emit-object -whole-module-optimization \
            -module-name ConnectorKit -o kit.o \(packageFolder)/Modules/ConnectorKit/*.swift
            """, in: name)
    }

    private func buildLibrary(_ name: String, _ type: String) throws {
        _ = try run(
            "\(Self.options) -emit-library -module-name \(type) -o .build/release/lib\(name).so Sources/\(type)/*.swift kit.o", in: name)
    }

    @Test func `a source in Swift is checked and run`() throws {
        #expect(try scaffold("rain-radar").status == 0)
        try build("rain-radar", "RainRadar")
        try triedSource("rain-radar")
    }

    @Test func `a source in C is checked and run`() throws {
        #expect(try scaffold("counter", "--language", "c").status == 0)
        _ = try run(
            "cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -I \(packageFolder)/Modules/CConnector/include -o counter.so connector.c",
            in: "counter")
        try triedSource("counter")
    }

    private func triedSource(_ name: String) throws {
        let worker = Program.worker.path
        let check = try run("\(worker) connectors check \(name) --config tessera.yaml --promises", in: name)
        #expect(check.contains("There are 1000 messages.") && check.contains("resumesAnywhere"))
        for accepted in [1_000, 0] {
            let told = try run("\(worker) connectors run \(name) --db try.tessera --config tessera.yaml", in: name)
            let json = try #require(try JSONValue(parsing: told).asObject)
            #expect(json["accepted"] == .integer(1_000) && json["messages"] == .integer(1_000), "\(told) (\(accepted) new)")
            let counts = #"{"messages":\#(accepted),"accepted":\#(accepted),"duplicates":0,"quarantined":0}"#
            #expect(json["thisRun"] == (try JSONValue(parsing: counts)), "\(told) (\(accepted) new)")
        }
        let count = try run("\(Program.shell.path) --db try.tessera --format json -c 'count did any'", in: name)
        #expect(count.contains("100"), "\(count)")
    }

    @Test func `a destination is fed by a worker's connector`() throws {
        #expect(try scaffold("out-box", "--kind", "destination").status == 0)
        try build("out-box", "OutBox")
        _ = try run(
            """
            \(Program.worker.path) connectors check out-box --config tessera.yaml
            # It begins with what comes from now on.
            \(Program.worker.path) connectors run out-box --db try.tessera --config tessera.yaml
            printf '%s\\n' '{"type":"track","event":"Sold","userId":"ada","messageId":"m1","timestamp":"2026-06-01T00:00:00Z"}' > in.ndjson
            printf '  - {name: drop, kind: files, path: in.ndjson}\\n' >> tessera.yaml
            \(Program.worker.path) connectors run drop --db try.tessera --config tessera.yaml
            \(Program.worker.path) connectors run out-box --db try.tessera --config tessera.yaml
            """, in: "out-box")
        let text = try String(contentsOfFile: folder / "out-box/out-box.tsv", encoding: .utf8)
        #expect(text.hasPrefix("m1\t{") && text.split(separator: "\n").count == 1, "\(text)")

        try triedDestination("out-box")

        // A crash in the middle of a line leaves its beginning there, and the record comes again.
        _ = try run(
            """
            printf 'm2\\t{"type":"tra' >> out-box.tsv
            printf '%s\\n' '{"type":"track","event":"Sold","userId":"ada","messageId":"m2","timestamp":"2026-06-01T00:00:00Z"}' >> in.ndjson
            \(Program.worker.path) connectors run drop --db try.tessera --config tessera.yaml
            """, in: "out-box")
        let told = try run("\(Program.worker.path) connectors run out-box --db try.tessera --config tessera.yaml", in: "out-box")
        #expect(told.contains(#""thisRun":{"delivered":1,"dead":0}"#), "\(told)")
        let lines = try String(contentsOfFile: folder / "out-box/out-box.tsv", encoding: .utf8).split(separator: "\n")
            .filter { !$0.contains("tessera-check") }
        #expect(lines.count == 2 && lines[1].hasPrefix("m2\t{") && lines[1].hasSuffix("}"), "\(lines)")
    }

    /// Its promises send records of their own: only to whom somebody wants them sent.
    private func triedDestination(_ name: String) throws {
        let file = folder / "\(name)/\(name).tsv"
        func check(_ more: String) throws -> Program.Outcome {
            try Program.bash(
                "\(Program.worker.path) connectors check \(name) --config tessera.yaml --promises \(more)", folder: folder / name)
        }
        let before = try String(contentsOfFile: file, encoding: .utf8)
        let asked = try check("")
        let message = try asked.error["message"]?.asString ?? ""
        #expect(asked.status == 2 && message.contains("10 messages, 20 memberships of the segment `tessera-check`"), "\(asked.errors)")
        #expect(message.hasSuffix("Nothing was sent. Write --send to send them."), "\(message)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == before)
        let sent = try check("--send")
        #expect(sent.status == 0 && sent.output.contains(#""sent":30,"refused":0"#), "\(sent.output) \(sent.errors)")
        // Each once, however often it was sent.
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").filter { $0.contains("tessera-check") }
        #expect(lines.count == 30 && Set(lines.map { $0.prefix { $0 != "\t" } }).count == 30)
    }

    /// The Swift of a page of the documentation, one text for each fence.
    private func snippets(of page: String) throws -> [String] {
        try String(contentsOfFile: packageFolder + "/Documentation/" + page, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
            .map { String($0.prefix(upTo: $0.firstRange(of: "\n```")?.lowerBound ?? $0.endIndex)) + "\n" }
    }

    @Test func `the examples of the page compile, and its source brings a year of weather`() throws {
        #expect(try scaffold("weather").status == 0)
        try buildKit("weather")
        let snippets = try snippets(of: "WriteAConnector.md")
        #expect(snippets.count == 2)
        _ = try folder.write(snippets[0], as: "weather/Sources/Weather/Weather.swift")
        _ = try folder.write(snippets[1], as: "weather/receiver.swift")
        _ = try run("\(Self.options) -warnings-as-errors -typecheck receiver.swift", in: "weather")
        _ = try folder.write(
            "connectors:\n  - {name: weather, kind: library, path: .build/release/libweather.so, settings: {city: Berlin}}\n",
            as: "weather/tessera.yaml")
        try buildLibrary("weather", "Weather")
        _ = try run("\(Program.worker.path) connectors check weather --config tessera.yaml --promises", in: "weather")
        let told = try run("\(Program.worker.path) connectors run weather --db try.tessera --config tessera.yaml", in: "weather")
        let json = try #require(try JSONValue(parsing: told).asObject)
        #expect(json["accepted"] == .integer(365) && json["quarantined"] == .integer(0), "\(told)")
        let described = try run(
            "cp .build/release/libweather.so wind.so && \(Program.worker.path) connectors describe wind.so", in: "weather")
        #expect(described.contains("Brings the weather of a city"), "\(described)")
    }

    @Test func `mistakes of an author are told`() throws {
        #expect(try scaffold("slips").status == 0)
        try buildKit("slips")
        let file = "slips/Sources/Slips/Slips.swift"
        let right = try String(contentsOfFile: folder / file, encoding: .utf8)
        func told(_ old: String, _ new: String, _ command: String) throws -> Program.Outcome {
            #expect(right.contains(old))
            _ = try folder.write(right.replacing(old, with: new), as: file)
            try buildLibrary("slips", "Slips")
            return try Program.bash("\(Program.worker.path) connectors \(command) --config tessera.yaml", folder: folder / "slips")
        }
        let begin = "var last = position.flatMap { Int($0.text) } ?? 0"
        let lossy = try told(begin, begin + "\nif position != nil { last += 1 }", "check slips --promises")
        #expect(lossy.status == 1 && lossy.errors.contains("`slips-3` came where `slips-2` was expected"), "\(lossy.errors)")

        let timeless = try told(#", ("timestamp", "2026-06-01T00:00:00Z")"#, "", "check slips --promises")
        #expect(timeless.errors.contains("1000 of 1000 messages would be quarantined: The message has no time."), "\(timeless.errors)")
        let run = try Program.worker.run(
            "connectors", "run", "slips", "--db", "try.tessera", "--config", "tessera.yaml", folder: folder / "slips")
        let this = try run.json["thisRun"]?.asObject
        #expect(
            this?["quarantined"] == .integer(1_000) && this?["firstQuarantined"]?.asString?.contains("has no time") == true, "\(run.output)"
        )

        let trap = try told(begin, begin + #"; if count == 1_000 { fatalError("my words") }"#, "check slips --promises")
        let message = try trap.error["message"]?.asString ?? ""
        #expect(message.contains("Slips.swift:") && message.contains("Fatal error: my words"), "\(trap.errors)")
        #expect(!trap.errors.contains("tried again"), "\(trap.errors)")

        let empty = try told("while last < count {", "while last < 0 {", "check slips --promises")
        #expect(empty.status == 1 && empty.errors.contains("nothing was given, so nothing could be checked"), "\(empty.errors)")
        let endless = try told(
            "        return .end",
            """
                    if count == 1_000 { batch.reached(Position("0")) }
                    return .more
            """, "check slips --promises --within 3")
        #expect(endless.status == 1 && endless.errors.contains("were not tried to their end in 3 s"), "\(endless.errors)")
    }

    @Test func `what is missing is named`() throws {
        _ = try folder.write("", as: "tessera.yaml")
        for (arguments, problem) in [
            ([String](), "No settings file was given. Write --config tessera.yaml."),
            (["--config", "tessera.yaml"], "tessera.yaml is empty."),
        ] {
            let outcome = try Program.run(Program.worker.path, ["connectors", "check", "wind"] + arguments, folder: folder.path)
            #expect(outcome.status != 0 && outcome.errors.contains(problem), "\(outcome.errors)")
        }
        let kinds = try Program.worker.run("connectors", "describe", "wind")
        let said = try kinds.error["message"]?.asString ?? ""
        #expect(said.contains("webhook") && said.components(separatedBy: "webhook").count == 2, "\(said)")
    }

    /// A plugin is typechecked against the modules that these tests were built with: building all of Tessera a second time takes too long.
    @Test(arguments: ["source", "destination", "format", "enricher"])
    func `a plugin within Tessera fits its doors, has its tests, and is offered by the apps`(kind: String) throws {
        _ = try run(
            "mkdir -p Apps && cp '\(packageFolder)/Package.swift' . && cp -r '\(packageFolder)/Apps/BuiltIn' Apps/ && cp '\(packageFolder)/.swift-format' .",
            in: ".")
        let tool = try Program.run(
            "/usr/bin/env",
            [
                "bash", packageFolder + "/Tools/new-connector", "rain-radar", "--kind", kind, "--way", "builtin", "--tessera", folder.path,
            ])
        #expect(tool.status == 0, "\(tool.errors)")
        let name = "\(kind.capitalized)RainRadar"
        let modules = URL(filePath: Program.worker.path).deletingLastPathComponent().appending(path: "Modules").path
        _ = try folder.write(
            "module CSimdjson { header \"\(packageFolder)/Modules/CSimdjson/include/CSimdjson.h\" export * }", as: "c/module.modulemap")
        _ = try run(
            """
            plugins=$(dirname "$(dirname "$(realpath "$(command -v swiftc)")")")/lib/swift/host/plugins/testing
            options="-swift-version 6 -parse-as-library -warnings-as-errors -package-name tessera -I . -I c -I \(modules)"
            for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility; do options+=" -enable-upcoming-feature $feature"; done
            swiftc $options -enable-testing -emit-module -module-name \(name) Plugins/\(name)/*.swift
            swiftc $options -typecheck -plugin-path "$plugins" -module-name \(name)Tests Tests/\(name)Tests/*.swift
            test -s Plugins/\(name)/README.md && test -s Plugins/\(name)/sample.*
            """, in: ".")
        let map = try String(contentsOfFile: folder / "Package.swift", encoding: .utf8)
        #expect(map.components(separatedBy: "\"\(name)\"").count == 5, "target, app, tests and what these need")
        let list = try String(contentsOfFile: folder / "Apps/BuiltIn/BuiltIn.swift", encoding: .utf8)
        let made = kind == "format" ? "RainRadarFormat" : "RainRadar\(kind.capitalized)Settings"
        #expect(list.contains("import \(name)\n") && list.components(separatedBy: "\(made).self").count == 2)
        let again = try Program.run(
            "/usr/bin/env",
            [
                "bash", packageFolder + "/Tools/new-connector", "rain-radar", "--kind", kind, "--way", "builtin", "--tessera", folder.path,
            ])
        #expect(again.status == 2 && again.errors.contains("names \(name) already"), "\(again.errors)")
    }

    @Test(arguments: [
        (["a", "--kind", "format", "--way", "library"], "has no formats. Write --way builtin"),
        (["a", "--way", "builtin", "--tessera", "."], "is no checkout of Tessera"), (["a", "--way", "out"], "there is no way 'out'"),
        (["Weather"], "is no name"), (["a", "--kind", "sauce"], "there is no kind 'sauce'"), (["a", "--kind"], "needs a value"),
        (["--kind", "source"], "Write a name first"), (["self"], "another's already"), (["source"], "another's already"),
        (["batch", "--kind", "destination"], "another's already"), (["a", "--sort", "b"], "there is no option --sort"),
        (["a", "--language", "c", "--kind", "destination"], "is not offered"),
    ]) func `a mistake is told, and nothing is written`(arguments: [String], problem: String) throws {
        let outcome = try Program.run("/usr/bin/env", ["bash", packageFolder + "/Tools/new-connector"] + arguments, folder: folder.path)
        #expect(outcome.status == 2 && outcome.errors.contains(problem), "\(outcome.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test(.enabled(if: isLong, "the package manager's own build takes minutes: --long"))
    func `its package builds, passes its tests and is small`() throws {
        for (name, kind) in [("rain-radar", "source"), ("out-box", "destination")] {
            #expect(try scaffold(name, "--kind", kind).status == 0)
            _ = try run("swift build -c release -Xswiftc -Osize && swift test", in: name)
            let size = try FileManager.default.attributesOfItem(atPath: folder / "\(name)/.build/release/lib\(name).so")[.size] as? Int
            #expect(size.map { $0 < 100_000 } == true, "\(String(describing: size)) bytes")
        }
    }
}
