import EventModel
import Foundation
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

/// Work that other processes do to a store; each exit test below runs it in a process of its own.
enum OtherProcess {
    /// Messages of a batch.
    static let batchRows = 300

    /// Batch number `number`; the same wherever it is made.
    static func batch(_ number: Int) -> MessageBatch {
        MessageBatch(
            lines: (0..<batchRows).map { row in
                """
                {"type":"track","event":"E\(row % 3)","userId":"u\((number * 31 + row) % 200)","anonymousId":"a\(row % 50)",\
                "messageId":"m-\(number)-\(row)","timestamp":"2026-01-\(10 + number % 20)T00:00:00.000Z","properties":{"n":\(number),"t":"\(row)"}}
                """
            }.joined(separator: "\n"))
    }

    /// Commits batches one by one, a position with each, until something ends the process.
    static func write(_ path: String, from first: Int, to last: Int, durably: Bool = false) throws {
        let writer = try SQLiteStore(path: path, mode: .create).makeWriter()
        let decoder = writer.makeDecoder()
        for number in first..<last {
            if durably {
                _ = try writer.appendDurably(batch(number))
                // Begins a seal, or finishes the one that was begun, or finds that it goes on still.
                try writer.seal()
            } else {
                _ = try writer.append(decoder.decode(batch(number)))
                try writer.commit(source: "s", position: ImportPosition(lines: number + 1))
            }
            if number % 7 == 6 { try writer.commit(source: "s", position: ImportPosition(lines: number + 1)) }
        }
        try writer.close()
    }

    /// The batches that a store holds; throws where one is there in part.
    static func held(_ snapshot: any StoreSnapshot) throws -> Set<Int> {
        var rows: [Int: Int] = [:]
        for block in snapshot.blocks {
            let column = try snapshot.read(block, paths: [["properties", "n"]]).columns[0]
            for row in 0..<block.rows { rows[Int(column.numbers[row]), default: 0] += 1 }
            let ids = try snapshot.messageIDs(block)
            for (row, id) in ids.enumerated() {
                guard id.hasPrefix("m-\(Int(column.numbers[row]))-") else {
                    throw StoreError(.damaged, "row \(row) of block \(block.id) is mixed up")
                }
            }
        }
        for (number, count) in rows where count != batchRows { throw StoreError(.damaged, "batch \(number) has \(count) rows") }
        guard snapshot.identifierCount <= 250, try snapshot.canonicalIDs().count == snapshot.profileCount else {
            throw StoreError(.damaged, "the people are mixed up")
        }
        return Set(rows.keys)
    }

    /// Reads again and again until `last` is there; what was seen never goes away.
    static func readUntil(_ last: Int, _ path: String) throws {
        var seen: Set<Int> = []
        let end = Date().addingTimeInterval(90)
        while !seen.contains(last), Date() < end {
            let held = try held(SQLiteStore(path: path, mode: .open).snapshot())
            guard seen.isSubset(of: held), held == Set(0..<held.count) else { throw StoreError(.damaged, "\(held) after \(seen)") }
            seen = held
        }
        guard seen.contains(last) else { throw StoreError(.held, "batch \(last) never came") }
    }

    static func run(_ body: () throws -> Void) -> Never {
        do {
            try body()
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(3)
        }
    }
}

@Suite(.serialized)
struct Processes {
    @Test
    func `two processes read whole states while one writes`() async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        _ = try SQLiteStore(path: path, mode: .create)
        async let one = #expect(processExitsWith: .success) { [path = path as String] in
            OtherProcess.run { try OtherProcess.readUntil(19, path) }
        }
        async let two = #expect(processExitsWith: .success) { [path = path as String] in
            OtherProcess.run { try OtherProcess.readUntil(19, path) }
        }
        async let writing = #expect(processExitsWith: .success) { [path = path as String] in
            OtherProcess.run { try OtherProcess.write(path, from: 0, to: 20) }
        }
        _ = await (one, two, writing)
        #expect(try OtherProcess.held(SQLiteStore(path: path, mode: .open).snapshot()) == Set(0..<20))
    }

    @Test
    func `a second process that wants to write is told who does`() async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        let writer = try SQLiteStore(path: path, mode: .create).makeWriter()
        let own = ProcessInfo.processInfo.processIdentifier
        await #expect(processExitsWith: .success) { [path = path as String, own = own as Int32] in
            OtherProcess.run {
                do throws(StoreError) {
                    _ = try SQLiteStore(path: path, mode: .open).makeWriter()
                } catch {
                    guard error.reason == .held, error.description.contains("process \(own)") else { throw error }
                    return
                }
                throw StoreError(.damaged, "there are two writers")
            }
        }
        try writer.close()
        await #expect(processExitsWith: .success) { [path = path as String] in
            OtherProcess.run { try OtherProcess.write(path, from: 0, to: 1) }
        }
    }

    @Test(arguments: [false, true])
    func `a writer killed at any moment leaves every committed batch whole, and the next one goes on`(durably: Bool) async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        _ = try SQLiteStore(path: path, mode: .create)
        var random = ContractRandom(seed: durably ? 2 : 1)
        var first = 0
        for round in 0..<(isLong ? 50 : 4) {
            let microseconds = UInt32(20_000 + random.below(400_000))
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path as String, first = first as Int, microseconds = microseconds as UInt32, durably = durably as Bool] in
                OtherProcess.run {
                    Thread.detachNewThread {
                        usleep(microseconds)
                        kill(getpid(), SIGKILL)
                    }
                    try OtherProcess.write(path, from: first, to: first + 100_000, durably: durably)
                }
            }
            let store = try SQLiteStore(path: path, mode: .open)
            let held = try OtherProcess.held(store.snapshot())
            #expect(held == Set(0..<held.count) && held.count >= first, "round \(round)")
            let writer = try store.makeWriter()
            let position = try writer.position(of: "s")?.lines ?? 0
            #expect(durably ? position <= held.count : position == held.count)
            // What is there comes again and is known; the next batch is new.
            for number in max(0, held.count - 2)...held.count {
                let outcome = try writer.append(writer.makeDecoder().decode(OtherProcess.batch(number)))
                #expect(outcome.accepted == (number == held.count ? OtherProcess.batchRows : 0))
            }
            try writer.commit(source: "s", position: ImportPosition(lines: held.count + 1))
            try writer.close()
            first = held.count + 1
            #expect(try OtherProcess.held(store.snapshot()) == Set(0..<first))
        }
    }

    @Test(arguments: [600_000, 1_300_000, 2_500_000, 5_000_000])
    func `a full disk is told in a sentence, and what was committed stays`(limit: Int) async throws {
        let folder = try Folder()
        let path = folder / "s.tessera"
        await #expect(processExitsWith: .success) { [path = path as String, limit = limit as Int] in
            OtherProcess.run {
                // The system refuses what passes the limit, as it does on a full disk.
                signal(SIGXFSZ, SIG_IGN)
                try OtherProcess.write(path, from: 0, to: 2)
                var room = rlimit(rlim_cur: rlim_t(limit), rlim_max: rlim_t(limit))
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &room)
                let writer = try SQLiteStore(path: path, mode: .open).makeWriter()
                var told: StoreError?
                var number = 2
                while told == nil, number < 4_000 {
                    do throws(StoreError) {
                        _ = try writer.append(writer.makeDecoder().decode(OtherProcess.batch(number)))
                        try writer.commit(source: "s", position: ImportPosition(lines: number + 1))
                        number += 1
                    } catch { told = error }
                }
                guard let told, told.reason == .disk, told.description.contains(path) else {
                    throw told ?? StoreError(.damaged, "there was room for \(number) batches")
                }
                do throws(StoreError) { try writer.commit(source: nil, position: nil) } catch {
                    guard error.reason == .disk else { throw error }
                }
                try? writer.close()
                let held = try OtherProcess.held(SQLiteStore(path: path, mode: .open).snapshot())
                guard held == Set(0..<number) else { throw StoreError(.damaged, "\(held.count) of \(number) batches are there") }
            }
        }
        let held = try OtherProcess.held(SQLiteStore(path: path, mode: .open).snapshot())
        #expect(held == Set(0..<held.count) && held.count >= 2)
        try OtherProcess.write(path, from: held.count, to: held.count + 1)
        #expect(try OtherProcess.held(SQLiteStore(path: path, mode: .open).snapshot()) == Set(0...held.count))
    }
}
