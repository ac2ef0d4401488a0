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
        _ = try folder.write(
            "module CConnector { header \"\(packageFolder)/Modules/CConnector/include/tessera_connector.h\" export * }",
            as: "c/module.modulemap")
        let options = "swiftc -swift-version 6 -parse-as-library -I ../c -I ."
        _ = try run(
            """
            mkdir -p .build/release
            \(options) -enable-upcoming-feature InternalImportsByDefault -emit-module -emit-object -whole-module-optimization \
            -module-name ConnectorKit -o kit.o \(packageFolder)/Modules/ConnectorKit/*.swift
            \(options) -emit-library -module-name \(type) -o .build/release/lib\(name).so Sources/\(type)/*.swift kit.o
            """, in: name)
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
        (["a", "--sort", "b"], "there is no option --sort"), (["a", "--language", "c", "--kind", "destination"], "is not offered"),
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
