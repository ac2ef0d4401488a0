import Foundation
import GRDB
import Storage
import Synchronization

/// Messages of the tail on their way into blocks, which are made on a thread of their own while the writer takes more.
final class Sealing: Sendable {
    struct Done: Sendable {
        let plan: BlockPlan
        let image: StoreDictionaries.Image
        let blocks: [EncodedBlock]
        /// The last one whose log holds messages of these blocks.
        let generation: Int64
    }
    private let done = Mutex<Done?>(nil)
    private let ready = DispatchGroup()

    /// Begins at once.
    ///
    /// - Parameter batches: Settled; nobody changes them any more.
    init(_ batches: [ColumnarBatch], _ image: StoreDictionaries.Image, ownNames: Set<Int32>, generation: Int64) {
        ready.enter()
        let thread = Thread { [self] in
            let plan = BlockPlan(batches: batches, image: image, ownNames: ownNames)
            var blocks: [EncodedBlock] = []
            for index in 0..<plan.count { plan.encode(index) { blocks.append($0) } }
            done.withLock { $0 = Done(plan: plan, image: image, blocks: blocks, generation: generation) }
            ready.leave()
        }
        thread.name = "tessera-seal"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The blocks, once they are made.
    var result: Done? { done.withLock { $0 } }

    /// Waits for the blocks.
    func wait() -> Done? {
        ready.wait()
        return result
    }
}

/// Moves what commits left in the log of SQLite into its file, beside the writer: it would wait for the disk twice otherwise.
final class Checkpoints: Sendable {
    private let path: String
    private let queue = DispatchQueue(label: "tessera.checkpoint", qos: .utility)

    init(path: String) { self.path = path }

    /// Begins one; readers and writers go on meanwhile. Where it cannot be done now, a later one does it.
    func begin() {
        queue.async { [path] in
            guard let connection = try? DatabaseQueue(path: path, configuration: Schema.configuration(readOnly: false)) else { return }
            try? connection.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(PASSIVE)") }
            try? connection.close()
        }
    }

    /// Returns once none is under way.
    func wait() { queue.sync {} }
}

extension SQLiteWriter {
    var isSealing: Bool { sealing != nil }

    func seal() throws(StoreError) {
        try checkUsable()
        if let sealing {
            guard let done = sealing.result else { return }
            try finish(done)
        } else if hasTail {
            if pendingBytes > Self.smallSeal { try commit(source: nil, position: nil) } else { beginSealing() }
        }
    }

    /// What is appended goes on to another log, while blocks are made of what this one holds.
    private func beginSealing() {
        let batches = pending
        sealing = Sealing(batches, dictionaries.image, ownNames: ownNames, generation: tailGeneration)
        settlement.beginSeal()
        (pending, pendingBytes, hasTail, tailRows) = ([], 0, false, 0)
        tailGeneration += 1
        tail = TailLog(store: store.path, generation: tailGeneration)
    }

    /// Seals a long tail; waits for the one before only where it falls far behind.
    func sealLongTail() throws(StoreError) {
        if sealing != nil, tailRows >= 4 * Self.longTail { try finishSealing() }
        try seal()
    }

    /// Waits for what is being sealed, and saves it.
    func finishSealing() throws(StoreError) {
        guard let done = sealing?.wait() else { return }
        try finish(done)
    }

    private func finish(_ done: Sealing.Done) throws(StoreError) {
        sealing = nil
        try save(done)
        checkpoints.begin()
    }
}
