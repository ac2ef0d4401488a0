import EventModel
import Foundation
import TestFolder
import Testing

/// What a person or a script sees: help, statuses, formats, where things are written.
@Suite struct ManualTests {
    @Test(arguments: ["import", "export", "verify", "info", "digest", "rebuild"])
    func `help of every command shows an example and ends with 0`(command: String) throws {
        let outcome = try Program.archive.run(command, "--help")
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.contains("Example") && outcome.output.contains("tessera-archive \(command)"))
    }

    @Test func `help of the programs shows examples`() throws {
        for program in [Program.archive, .shell, .sampleData] {
            let outcome = try program.run("--help")
            #expect(outcome.status == 0 && outcome.output.contains("xample"))
        }
    }

    @Test(arguments: [
        (Program.archive, ["import"]), (.archive, ["import", "--frob", "x"]), (.archive, ["export"]), (.archive, ["frob"]),
        (.archive, ["import", "--threads", "0", "x"]), (.archive, ["export", "--out", "x", "--level", "12"]),
        (.shell, ["--format", "xml"]),
        (.shell, ["--now", "soon"]), (.shell, ["-c", "frobnicate"]), (.archive, ["import", "--input-format", "nonsense", "x.ndjson"]),
        (.archive, ["import", "x.csv"]), (.archive, ["import", "--resume", "-"]),
    ])
    func `wrong usage ends with 2 and nothing on standard output`(program: Program, arguments: [String]) throws {
        let folder = try Folder()
        let outcome = try Program.run(program.path, arguments, folder: folder.path)
        #expect(outcome.status == 2, "\(arguments): \(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(try outcome.error["code"] == .string("usage"))
    }

    @Test func `a refused expression ends with 1, stops the rest, and prints nothing`() throws {
        let folder = try Folder()
        let file = try folder.write(ImportTests.orders(50), as: "a.ndjson")
        let store = folder / "a.tessera"
        #expect(try Program.archive.run("import", "--db", store, file).status == 0)
        let outcome = try Program.shell.run("--db", store, "-c", #"count did "Order Completed" within 7"#, "-c", "count true")
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(try outcome.error["code"] == .string("kind") && outcome.error["line"] == .integer(1))
        let table = try Program.shell.run("--db", store, "--format", "table", "-c", #"count did "Order Completed" within 7"#)
        #expect(table.errors.contains("^"))
        let two = try Program.shell.run("--db", store, "-c", "count true", "-c", "members true limit 1")
        #expect(two.status == 0 && two.output == "{\"count\":50}\n{\"members\":[\"u0\"],\"total\":50}\n")
    }

    @Test func `the store is named by the option, else the environment, else the folder`() throws {
        let folder = try Folder()
        let file = try folder.write(ImportTests.orders(5), as: "a.ndjson")
        #expect(try Program.run(Program.archive.path, ["import", file], folder: folder.path).status == 0)
        #expect(FileManager.default.fileExists(atPath: folder / "customers.tessera"))
        let line = "TESSERA_DB=\(folder / "customers.tessera") \(Program.shell.path) -c 'count true'"
        #expect(try Program.bash(line, folder: "/").output == "{\"count\":5}\n")
        let missing = try Program.shell.run("--db", folder / "none.tessera", "-c", "count true")
        #expect(missing.status == 1)
        #expect(try missing.error["message"]?.asString?.contains("tessera-archive import") == true)
    }

    @Test func `formats carry the same answer`() throws {
        let folder = try Folder()
        let store = folder / "a.tessera"
        #expect(try Program.archive.run("import", "--db", store, folder.write(ImportTests.orders(20), as: "a.ndjson")).status == 0)
        func events(_ format: String) throws -> String { try Program.shell.run("--db", store, "--format", format, "-c", "events").output }
        #expect(try events("json") == "{\"events\":[{\"name\":\"Order Completed\",\"count\":20}]}\n")
        #expect(try events("ndjson") == "{\"name\":\"Order Completed\",\"count\":20}\n")
        #expect(try events("csv") == "name,count\nOrder Completed,20\n")
        #expect(try events("table").contains("Order Completed     20"))
    }

    @Test func `scripts run from files and from standard input, and say where they failed`() throws {
        let folder = try Folder()
        let store = folder / "a.tessera"
        #expect(try Program.archive.run("import", "--db", store, folder.write(ImportTests.orders(20), as: "a.ndjson")).status == 0)
        let script = try folder.write("# sizes\nsegment all = (\n  true\n)\ncount segment \"all\"\n", as: "s")
        #expect(try Program.shell.run("--db", store, "-f", script).output.hasSuffix("{\"count\":20}\n"))
        let nested = try folder.write("source \(script)\ncount nonsense\ncount true\n", as: "n")
        let outcome = try Program.shell.run("--db", store, "-f", nested)
        #expect(outcome.status == 1 && outcome.output.hasSuffix("{\"count\":20}\n"))
        #expect(try outcome.error["message"]?.asString?.contains("n, line 2") == true)
        #expect(try Program.shell.run("--db", store, input: "count true\nquit\ncount false\n").output == "{\"count\":20}\n")
    }

    @Test(.enabled(if: python != nil, "the conversation is driven through a pseudo-terminal by python3, which is not here"))
    func `the conversation completes, remembers, takes several lines, and Ctrl-C cancels no more than a line`() throws {
        let folder = try Folder()
        let store = folder / "a.tessera"
        let plan =
            #"{"type":"identify","messageId":"i1","userId":"u1","timestamp":"2026-01-01T00:00:00Z","traits":{"plan":"pro","age":30}}"#
        let text = ImportTests.orders(20) + plan + "\n"
        #expect(try Program.archive.run("import", "--db", store, folder.write(text, as: "a.ndjson")).status == 0)
        let outcome = try Program.run(python ?? "", [scripts + "/conversation.py", Program.shell.path, store, folder / "history"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
