import BuiltIn
import EventModel
import Foundation
import Synchronization
import TestFolder
import Testing

@testable import Platform

/// What is said of a settings file that is no YAML, or says more than is understood.
@Suite struct SettingsFileTests {
    private func error(_ text: String) throws -> CommandError {
        let folder = try Folder()
        _ = try folder.write(text, as: "tessera.yaml")
        let error = try #require(throws: CommandError.self) {
            let file = try SettingsFile(path: folder / "tessera.yaml")
            _ = try file.connectors(.builtIn, environment: [:])
        }
        return CommandError(
            error.code, error.message.replacing(folder / "tessera.yaml", with: "tessera.yaml"), line: error.line, column: error.column)
    }

    @Test(arguments: [
        ("http:\n  a: b: hunter2\n", "tessera.yaml:2:7: this is not YAML (mapping values are not allowed in this context). Look at"),
        ("connectors:\n  - name: [hunter2\n", "tessera.yaml:3:1: this is not YAML ("),
        ("http:\n\tport: hunter2\n", "tessera.yaml:2:1: this is not YAML ("),
        ("http: *hunter2\n", "tessera.yaml:1:7: this is not YAML ("),
        ("http: 1\ncache: \"hunter2\u{1}\"\n", "tessera.yaml:2:16: this is not YAML (control characters are not allowed). Write it anew"),
        (
            "connectors:\n  - name: a\n    kind: files\n    path: hunter2\n  - name: b\n    path: x\n    deep:\n      path: y\n    path: z\n",
            "tessera.yaml:9:5: `path` is written a second time, first in line 6. Keep one of them."
        ),
        ("cache: {bytes: hunter2}\nhttp: {}\n\"cache\": {}\n", "tessera.yaml:3:1: `cache` is written a second time, first in line 1."),
        ("connectors:\n- {name: a, kind: files, name: hunter2}\n", "tessera.yaml:2:26: `name` is written a second time, first in line 2."),
        (
            "connectors:\n- &base {name: a, kind: files, path: x}\n- <<: *base\n  name: hunter2\n",
            "tessera.yaml:3:3: merge keys (`<<`) are not understood. Write the settings out where they belong."
        ),
    ])
    func `a broken file is told in one sentence with its place, and shows nothing of its text`(text: String, expected: String) throws {
        let error = try error(text)
        #expect(error.message.hasPrefix(expected), "\(error.message)")
        #expect(!error.message.contains("\n") && !error.message.contains("hunter2"), "\(error.message)")
        #expect(error.code == .syntax && error.line != nil && error.column != nil)
    }

    @Test func `a quoted key that looks like a merge is no merge`() throws {
        #expect(try error("\"<<\": 1\n").message.contains("there is no section `<<`"))
    }

    @Test(arguments: [
        (
            "name: 5, kind: files, path: x",
            "connectors.0.name: this name of a connector is no text; with quotes around it, it is one. Write 1 to 64"
        ),
        (
            "name: ünïcode, kind: files, path: x",
            "connectors.0.name: the name of a connector cannot have other characters than letters, digits, - and _. Write 1 to 64 of the letters a to z"
        ),
        ("kind: files, path: x", "connectors.0.name: this connector needs a name. Write 1 to 64"),
        (
            "name: \(String(repeating: "a", count: 65)), kind: files, path: x",
            "connectors.0.name: this name of a connector has 65 characters."
        ),
        (
            "name: a, kind: files, path: x, retry: {longst: 5}",
            "connectors.0.retry.longst: `retry` has no such setting. Did you mean `longest`? It has: 'first', 'longest'"
        ),
    ])
    func `a name that is none, and an unknown word of retry, are told as what they are`(entry: String, expected: String) throws {
        let error = try error("connectors:\n  - {\(entry)}\n")
        #expect(error.message.hasPrefix("tessera.yaml:2, " + expected), "\(error.message)")
    }

    @Test func `a section is found by its line`() throws {
        let folder = try Folder()
        _ = try folder.write("# mine\ncache: {}\nconnectors: []\n", as: "tessera.yaml")
        let file = try SettingsFile(path: folder / "tessera.yaml")
        #expect(file.place(of: "connectors")?.hasSuffix("tessera.yaml:3") == true && file.place(of: "jobs") == nil)
    }

    @Test func `a worker tells a broken file once`() async throws {
        let bench = try Bench()
        let path = try bench.folder.write("cache: {}\n", as: "tessera.yaml")
        let worker = try bench.worker(settings: path)
        _ = try bench.folder.write("cache: [\n", as: "tessera.yaml")
        for _ in 0..<3 { worker.keepUp() }
        let told = bench.sentences.withLock { $0.filter { $0.contains("this is not YAML") } }
        #expect(told.count == 1 && told.first?.hasPrefix("The settings file could not be taken over") == true, "\(told)")
        await worker.drain()
    }
}
