import EventModel
import Foundation
import Storage
import StorageSQLite
import StorageTesting
import TestFolder
import Testing

/// Blocks are made beside the writer.
struct SealingTests {
    @Test(arguments: 0..<UInt64(isLong ? 60 : 4))
    func `what comes while blocks are made is seen, survives a crash, and is stored once`(seed: UInt64) throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder / "s.tessera", mode: .create)
        let writer = try store.makeWriter()
        var random = ContractRandom(seed: 100 + seed)
        var sent: Set<Int> = []
        var (sealed, crashes) = (0, 0)
        for step in 0..<40 {
            switch random.below(8) {
            case 0...3:
                let number = random.below(16)
                let accepted = try writer.appendDurably(OtherProcess.batch(number)).outcome.accepted
                #expect(accepted == (sent.insert(number).inserted ? OtherProcess.batchRows : 0))
            case 4, 5:
                try writer.seal()
                if writer.isSealing { sealed += 1 }
            case 6: if random.below(4) == 0 { try writer.commit(source: nil, position: nil) }
            default:
                crashes += 1
                try Self.expect(sent, afterCrashOf: folder, step: step)
            }
            #expect(try OtherProcess.held(store.snapshot()) == sent)
        }
        #expect(sealed > 0 && crashes > 0)
        while writer.isSealing { try writer.seal() }
        try writer.commit(source: nil, position: nil)
        try writer.close()
        #expect(try OtherProcess.held(store.snapshot()) == sent)
    }

    /// Opens what is on disk at this moment, as after a crash.
    private static func expect(_ sent: Set<Int>, afterCrashOf folder: Folder, step: Int) throws {
        let files = FileManager.default
        for file in try files.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("s.tessera") {
            try files.copyItem(atPath: folder / file, toPath: folder / "crash-\(step)\(file.dropFirst(9))")
        }
        let store = try SQLiteStore(path: folder / "crash-\(step)", mode: .create)
        #expect(try OtherProcess.held(store.snapshot()) == sent)
        let writer = try store.makeWriter()
        #expect(try OtherProcess.held(store.snapshot()) == sent)
        for number in sent { #expect(try writer.appendDurably(OtherProcess.batch(number)).outcome.accepted == 0) }
        try writer.close()
        #expect(try OtherProcess.held(store.snapshot()) == sent)
    }
}
