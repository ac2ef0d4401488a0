import EventModel
import Foundation
import TestFolder
import Testing

/// Bad records are refused one by one and the import goes on; bad files end it, and what was committed stays.
@Suite struct ImportTests {
    static func order(_ number: Int) -> String {
        """
        {"type":"track","messageId":"m\(number)","userId":"u\(number % 50)","event":"Order Completed",\
        "timestamp":"2026-06-0\(1 + number % 9)T10:00:00Z","properties":{"revenue":\(number)}}

        """
    }
    static func orders(_ count: Int, from first: Int = 0) -> String { (first..<first + count).map(order).joined() }

    static let mapping = """
        columns:
          at: time
          price: number
        message:
          - type: track
            event: "Order Completed"
            userId: .user
            timestamp: .at
            properties: {revenue: .price}

        """

    @Test func `bad lines are refused with their numbers and reasons, and the import goes on`() throws {
        let folder = try Folder()
        var bytes = Data(Self.order(1).utf8)
        bytes += Data("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"A\",\"timestamp\":\"yesterday\"}\n".utf8)
        bytes += Data("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"A\",\"timestamp\":\"2026-06-01\",\"properties\":{\"x\":\"".utf8)
        bytes += Data(repeating: UInt8(ascii: "a"), count: 10 << 20) + Data("\"}}\n".utf8)
        bytes +=
            Data("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"".utf8) + Data([0xFF, 0xC0])
            + Data("\",\"timestamp\":\"2026-06-01\"}\n".utf8)
        bytes += Data("not json at all\n".utf8) + Data(Self.order(2).utf8)
        let file = try folder.write(bytes, as: "bad.ndjson")
        let outcome = try Program.archive.run("import", "--db", folder / "a.tessera", "--rejects", folder / "rejects.ndjson", file)
        #expect(outcome.status == 0)
        let json = try outcome.json
        #expect(json["rows"] == .integer(6) && json["accepted"] == .integer(2) && json["rejected"] == .integer(4))
        let rejects = try String(contentsOfFile: folder / "rejects.ndjson", encoding: .utf8).split(separator: "\n")
        let lines = try rejects.map { try JSONValue(parsing: Array($0.utf8)).asObject }
        #expect(lines.map { $0?["line"] } == [.integer(2), .integer(3), .integer(4), .integer(5)])
        #expect(lines.allSatisfy { $0?["reason"]?.asString?.isEmpty == false && $0?["text"] != nil })
    }

    @Test func `ragged and undated rows of a table are refused, and the import goes on`() throws {
        let folder = try Folder()
        let table = "user,at,price\na,2026-01-01,1\nb,2026-01-02\nc,someday,3\nd,2026-01-04,4,5\ne,2026-01-05,6\n"
        let (file, mapping) = (try folder.write(table, as: "t.csv"), try folder.write(Self.mapping, as: "m.yaml"))
        let outcome = try Program.archive.run("import", "--db", folder / "a.tessera", "--mapping", mapping, file)
        #expect(outcome.status == 0)
        let json = try outcome.json
        #expect(json["accepted"] == .integer(2) && json["rejected"] == .integer(3))
    }

    @Test func `an empty file is no messages`() throws {
        let folder = try Folder()
        let outcome = try Program.archive.run("import", "--db", folder / "a.tessera", folder.write("", as: "empty.ndjson"))
        #expect(outcome.status == 0)
        #expect(try outcome.json["messages"] == .integer(0))
    }

    /// What is done to a good gzip file, by a line of bash in its folder.
    static let damages: [(name: String, line: String, says: String)] = [
        ("truncated", "head -c $(($(stat -c %s good.gz) * 3 / 4)) good.gz > bad.gz", "cut off"),
        ("wrong CRC", "n=$(stat -c %s good.gz); { head -c $((n - 8)) good.gz; printf 'ABCD'; tail -c 4 good.gz; } > bad.gz", "damaged"),
        ("bomb", "head -c 300000000 /dev/zero | gzip -9 > bad.gz", "--max-ratio"),
        ("directory", "mkdir bad.gz", "directory"),
        ("missing", "true", "no such file"),
        ("unreadable key", "printf 'TSRE1' > bad.gz; head -c 200 /dev/urandom >> bad.gz", "key"),
    ]

    @Test(arguments: damages.indices)
    func `a bad file ends the import with a sentence and status 1, and the store stays whole`(index: Int) throws {
        let damage = Self.damages[index]
        let folder = try Folder()
        _ = try folder.write(Self.orders(20_000), as: "good")
        #expect(try Program.bash("gzip -k good && \(damage.line)", folder: folder.path).status == 0)
        let store = folder / "a.tessera"
        let first = try folder.write(Self.orders(100, from: 50_000), as: "first.ndjson")
        #expect(try Program.archive.run("import", "--db", store, first).status == 0)
        let outcome = try Program.archive.run("import", "--db", store, folder / "bad.gz")
        #expect(outcome.status == 1, "\(damage.name): \(outcome.errors)")
        #expect(try outcome.error["message"]?.asString?.contains(damage.says) == true, "\(damage.name): \(outcome.errors)")
        let count = try Program.shell.run("--db", store, "-c", #"count did "Order Completed""#)
        #expect(count.status == 0)
        #expect(try count.json["count"]?.asDouble ?? 0 >= 50)
        // The good file still goes in, and nothing twice.
        #expect(try Program.archive.run("import", "--db", store, folder / "good.gz").status == 0)
        let again = try Program.archive.run("import", "--db", store, folder / "good.gz").json
        #expect(again["accepted"] == .integer(0) && again["duplicates"] == .integer(20_000))
    }

    @Test func `keep-going takes every intact member and still says 1`() throws {
        let folder = try Folder()
        for part in 0..<3 { _ = try folder.write(Self.orders(1_000, from: part * 1_000), as: "part\(part)") }
        let line = """
            gzip part0 part1 part2 && n=$(stat -c %s part0.gz) && cat part0.gz part1.gz part2.gz > all.gz &&
            printf 'XXXXXXXX' | dd of=all.gz bs=1 seek=$((n + 2000)) conv=notrunc 2>/dev/null
            """
        #expect(try Program.bash(line, folder: folder.path).status == 0)
        let outcome = try Program.archive.run("import", "--db", folder / "a.tessera", "--keep-going", folder / "all.gz")
        #expect(outcome.status == 1)
        #expect(try outcome.json["accepted"]?.asDouble ?? 0 >= 2_000)
        #expect(try outcome.error["message"]?.asString?.contains("member 2") == true)
        let count = try Program.shell.run("--db", folder / "a.tessera", "-c", "count count(any) >= 40").json
        #expect(count["count"] == .integer(50))
    }

    @Test func `a limit on the size of files ends the import with a sentence, and what was committed is kept`() throws {
        let folder = try Folder()
        let (store, file) = (folder / "a.tessera", try folder.write(Self.orders(60_000), as: "many.ndjson"))
        let first = try folder.write(Self.orders(100), as: "first.ndjson")
        #expect(try Program.archive.run("import", "--db", store, first).status == 0)
        let outcome = try Program.bash("ulimit -f 512; exec '\(Program.archive.path)' import --db '\(store)' '\(file)'")
        #expect(outcome.status == 1 && outcome.signal == nil, "\(outcome.errors)")
        #expect(try outcome.error["code"] == .string("disk"))
        let count = try Program.shell.run("--db", store, "-c", #"count did "Order Completed""#)
        #expect(count.status == 0, "\(count.errors)")
        #expect(try count.json["count"] == .integer(50))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "this system has no /dev/full"))
    func `a result that cannot be written is no success`() throws {
        let folder = try Folder()
        let (store, first) = (folder / "a.tessera", try folder.write(Self.orders(100), as: "first.ndjson"))
        #expect(try Program.archive.run("import", "--db", store, first).status == 0)
        let outcome = try Program.bash("'\(Program.shell.path)' --db '\(store)' -c 'count true' > /dev/full")
        #expect(outcome.status == 1)
        #expect(try outcome.error["code"] == .string("disk"))
    }

    /// Whether this user may mount a small file system to fill up.
    static let mayMount: Bool = {
        let line = "d=$(mktemp -d) && mount -t tmpfs -o size=1m tessera-probe $d 2>/dev/null && umount $d; s=$?; rmdir $d; exit $s"
        return (try? Program.bash(line).status == 0) ?? false
    }()

    @Test(.enabled(if: mayMount, "a full disk is tried on a small tmpfs, which this user may not mount"))
    func `a full disk ends the import with a sentence, and what was committed is kept`() throws {
        let folder = try Folder()
        let (disk, file) = (folder / "disk", try folder.write(Self.orders(400_000), as: "many.ndjson"))
        #expect(try Program.bash("mkdir \(disk) && mount -t tmpfs -o size=6m tessera-test \(disk)").status == 0)
        defer { _ = try? Program.bash("umount \(disk)") }
        let first = try folder.write(Self.orders(100), as: "first.ndjson")
        #expect(try Program.archive.run("import", "--db", disk + "/a.tessera", first).status == 0)
        let outcome = try Program.archive.run("import", "--db", disk + "/a.tessera", file)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(try outcome.error["code"] == .string("disk"))
        let count = try Program.shell.run("--db", disk + "/a.tessera", "-c", #"count did "Order Completed""#)
        #expect(count.status == 0, "\(count.errors)")
        #expect(try count.json["count"] == .integer(50))
    }
}
